//! Text functions.

use smol_str::{SmolStr, StrExt};

pub(super) fn lower(text: &str) -> SmolStr {
    text.to_lowercase_smolstr()
}

pub(super) fn upper(text: &str) -> SmolStr {
    text.to_uppercase_smolstr()
}

/// In characters (Unicode scalar values).
pub(super) fn length(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}
