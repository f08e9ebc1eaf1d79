//! What is wrong with a piece of SQL, and where in it.

use std::ops::Range;

use sqlparser::tokenizer::{Location, Span};

/// One thing wrong: the bytes at fault, why, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    pub span: Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

/// The SQL at hand, and what was found wrong with it so far.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) text: String,
    line_starts: Vec<usize>,
    faults: Vec<Fault>,
    /// Something is wrong that is told elsewhere.
    tainted: bool,
    /// Where a fault goes whose own place the parser does not tell.
    fallback: Range<usize>,
}

impl Report {
    pub(super) fn new(text: &str) -> Report {
        let line_starts = [0].into_iter().chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect();
        let trimmed = text.trim();
        let start = text.len() - text.trim_start().len();
        Report {
            text: text.to_owned(),
            line_starts,
            faults: Vec::new(),
            tainted: false,
            fallback: start..start + trimmed.len(),
        }
    }

    /// Faults without a place of their own are shown at `span` from here on.
    pub(super) fn within(&mut self, span: Span) {
        if let Some(range) = self.range(span) {
            self.fallback = range;
        }
    }

    pub(super) fn fault(&mut self, span: Span, message: impl Into<String>, help: impl Into<Option<String>>) {
        let range = self.range(span).unwrap_or_else(|| self.fallback.clone());
        self.fault_at(range, message, help);
    }

    pub(super) fn fault_at(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<Option<String>>) {
        let fault = Fault { span, message: message.into(), help: help.into() };
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// The text cannot be used, for a reason that is told elsewhere.
    pub(super) fn taint(&mut self) {
        self.tainted = true;
    }

    pub(super) fn is_clean(&self) -> bool {
        self.faults.is_empty() && !self.tainted
    }

    /// In the order of the text.
    pub(super) fn into_faults(mut self) -> Vec<Fault> {
        self.faults.sort_by_key(|fault| fault.span.start);
        self.faults
    }

    /// The bytes of a span; `None` for the parser's "nowhere".
    pub(super) fn range(&self, span: Span) -> Option<Range<usize>> {
        let start = self.offset(span.start)?;
        let end = self.offset(span.end).unwrap_or(start);
        Some(start..end.max(start))
    }

    /// The byte at a line and column; the parser counts columns in characters.
    pub(super) fn offset(&self, location: Location) -> Option<usize> {
        let line = usize::try_from(location.line).ok()?.checked_sub(1)?;
        let column = usize::try_from(location.column).ok()?.checked_sub(1)?;
        let start = *self.line_starts.get(line)?;
        let rest = &self.text[start..];
        Some(start + rest.char_indices().nth(column).map_or(rest.len(), |(i, _)| i))
    }
}
