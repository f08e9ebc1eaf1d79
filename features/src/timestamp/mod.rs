//! Points in time as text and as numbers: the spellings that are read everywhere, and those that a field declares.

mod explain;
mod format;
mod rfc2822;
mod spelling;

pub use explain::why_no_timestamp;
pub use format::{FormatError, TimeFormat};
pub use spelling::parse_timestamp;

#[cfg(test)]
mod tests;
