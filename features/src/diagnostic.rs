//! Problems in a project: each with file, line, column, what is wrong and what would be right.

use std::path::PathBuf;

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    pub file: PathBuf,
    /// From 1; 0 where the file as a whole is at fault.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// The offending line and the marked part of it, for rendering.
    #[serde(skip)]
    pub source: Option<Excerpt>,
}

/// The text of the file and the bytes at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    pub text: std::sync::Arc<str>,
    pub span: std::ops::Range<usize>,
}

/// All problems of a project, never empty. Displayed like a good compiler's errors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} problems", .0.len())]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// All problems as text for a terminal, with colour if `colour`.
    pub fn render(&self, colour: bool) -> String {
        todo!("{colour}")
    }
}
