//! Errors in one line, for logs and statuses.

use std::error::Error;

/// The error and what caused it: `could not write: no space left on device`.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
