//! A checked view: the SQL text, its typed plan and its programs.

use std::sync::Arc;

use smol_str::SmolStr;

use super::{Call, Expr, Window};
use crate::program::Program;
use crate::schema::Stream;
use crate::value::Type;

/// Covers the plan, the stream's rules and the kernel's version: equal hashes compute equal rows. 32 hex digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct ViewHash(pub String);

impl std::fmt::Display for ViewHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One output column.
#[derive(Debug, Clone)]
pub struct Column {
    pub name: SmolStr,
    pub ty: Type,
    /// Over fields and window results.
    pub expr: Expr,
    /// The column merely repeats a key or id field of the stream: it names the row and is no feature.
    pub identity: bool,
}

/// A SQL definition over a stream, ready to run.
#[derive(Debug, Clone)]
pub struct View {
    pub name: SmolStr,
    /// The SQL as written.
    pub text: String,
    pub stream: Arc<Stream>,
    pub columns: Vec<Column>,
    pub filter: Option<Expr>,
    pub windows: Vec<Window>,
    pub calls: Vec<Call>,
    pub hash: ViewHash,
    /// Over the event's fields. Outputs: the filter (one Bool; absent without WHERE), then per window its partition
    /// expressions, then per call its argument (if any) and its filter (if any): [`View::before_layout`].
    pub before: Program,
    /// Over the event's fields and the calls' results. Outputs: one per column.
    pub after: Program,
}

/// Where the outputs of [`View::before`] stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BeforeLayout {
    pub filter: Option<usize>,
    /// Per window: the outputs of its partition expressions.
    pub partitions: Vec<std::ops::Range<usize>>,
    /// Per call.
    pub arguments: Vec<Option<usize>>,
    /// Per call.
    pub filters: Vec<Option<usize>>,
    pub outputs: usize,
}

impl BeforeLayout {
    /// Of a view with or without WHERE.
    pub fn of(filtered: bool, windows: &[Window], calls: &[Call]) -> BeforeLayout {
        let mut next = 0;
        let mut take = |n: usize| {
            let start = next;
            next += n;
            start..next
        };
        let filter = filtered.then(|| take(1).start);
        let partitions = windows.iter().map(|w| take(w.partition.len())).collect();
        let mut arguments = Vec::new();
        let mut filters = Vec::new();
        for call in calls {
            arguments.push(call.argument.as_ref().map(|_| take(1).start));
            filters.push(call.filter.as_ref().map(|_| take(1).start));
        }
        let outputs = take(0).start;
        BeforeLayout { filter, partitions, arguments, filters, outputs }
    }
}

impl View {
    /// Where the outputs of `before` stand; a pure function of the plan.
    pub fn before_layout(&self) -> BeforeLayout {
        BeforeLayout::of(self.filter.is_some(), &self.windows, &self.calls)
    }

    /// The expressions whose values [`View::before`] outputs, in its order.
    pub fn before_expressions(&self) -> Vec<&Expr> {
        let calls = self.calls.iter().flat_map(|c| c.argument.iter().chain(&c.filter));
        self.filter.iter().chain(self.windows.iter().flat_map(|w| &w.partition)).chain(calls).collect()
    }

    /// Columns that can be model inputs: not identity, not text.
    pub fn features(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, c)| !c.identity && c.ty != Type::String)
    }
}
