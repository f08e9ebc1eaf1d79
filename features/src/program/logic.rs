//! Three-valued logic on single values, for both machines.

/// FALSE if either is, else NULL if either is.
#[inline(always)]
pub(super) fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// TRUE if either is, else NULL if either is.
#[inline(always)]
pub(super) fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// What IN gives for a value that is not NULL.
#[inline(always)]
pub(super) fn membership(found: bool, list_has_null: bool) -> Option<bool> {
    if found {
        Some(true)
    } else if list_has_null {
        None
    } else {
        Some(false)
    }
}
