//! The compact binary form of persisted state: varints, and values whose type the reader knows.

mod read;
mod time_unit;
mod write;

pub(crate) use read::Reader;
pub(crate) use time_unit::TimeUnit;
pub(crate) use write::{put_bytes, put_count, put_signed, put_signed_wide, put_unsigned, put_value};

/// A persisted state that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    #[error("state is truncated at byte {at}")]
    Truncated { at: usize },
    #[error("state has format version {found}; this binary reads {supported}")]
    Version { found: u32, supported: u32 },
    #[error("state is corrupt: {0}")]
    Corrupt(&'static str),
}

#[cfg(test)]
mod tests;
