//! What a view means, computed naively: expressions straight from their trees with definitions of their own, decisions
//! and frames from the whole log of a key. Slow, plain, and independent of the hosts.

mod calendar;
mod decisions;
mod element;
mod expression;
mod frames;

pub use element::element;
pub use expression::meaning;
pub use frames::Frames;

use crate::event::{Decision, Place};
use crate::plan::View;
use crate::value::{Micros, Value};

/// An event of a key's log.
#[derive(Debug, Clone)]
pub struct LoggedEvent {
    pub place: Place,
    /// One value per field of the schema.
    pub fields: Box<[Value]>,
    /// When the log took it; `None` for history from files.
    pub append_time: Option<Micros>,
}

/// What becomes of an event of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub decision: Decision,
    /// Whether the view keeps the event: it was accepted, and WHERE is TRUE.
    pub kept: bool,
    /// The view's columns, if the event is kept and they were asked for.
    pub columns: Option<Vec<Value>>,
}

/// The verdict on each event of a key's whole log, in log order; columns for the events that `wanted` names.
pub fn judge(view: &View, log: &[LoggedEvent], wanted: impl Fn(usize) -> bool) -> Vec<Verdict> {
    let mut key = Key::new(view);
    let rulings = decisions::decide(&view.stream, log);
    let judge = |(index, (event, ruling)): (usize, (&LoggedEvent, decisions::Ruling))| {
        let Some(before) = key.take(event, &ruling) else {
            return Verdict { decision: ruling.decision, kept: false, columns: None };
        };
        let columns = wanted(index).then(|| key.columns(event, &before));
        key.frames.admit(event.place, &before);
        Verdict { decision: ruling.decision, kept: true, columns }
    };
    log.iter().zip(rulings).enumerate().map(judge).collect()
}

/// What the call `call` sees from the event at `index` of the log: rows in order, each with what is taken from it.
pub fn frame(view: &View, log: &[LoggedEvent], index: usize, call: usize) -> Vec<(Place, Value)> {
    let mut key = Key::new(view);
    let rulings = decisions::decide(&view.stream, log);
    for (at, (event, ruling)) in log.iter().zip(rulings).enumerate().take(index + 1) {
        let Some(before) = key.take(event, &ruling) else { continue };
        if at == index {
            return key.frames.frame(call, event.place, &before);
        }
        key.frames.admit(event.place, &before);
    }
    Vec::new()
}

/// A key's rows so far.
struct Key<'a> {
    view: &'a View,
    frames: Frames,
}

impl<'a> Key<'a> {
    fn new(view: &'a View) -> Key<'a> {
        Key { view, frames: Frames::new(&view.windows, &view.calls, &view.before_layout()) }
    }

    /// What stands before the windows, if the event is accepted and WHERE keeps it.
    fn take(&mut self, event: &LoggedEvent, ruling: &decisions::Ruling) -> Option<Vec<Value>> {
        if ruling.anew {
            self.frames = Frames::new(&self.view.windows, &self.view.calls, &self.view.before_layout());
        }
        if ruling.decision != Decision::Accept {
            return None;
        }
        let of = |expr| meaning(expr, &event.fields, &[]);
        if self.view.filter.as_ref().is_some_and(|filter| of(filter) != Value::Bool(true)) {
            return None;
        }
        Some(self.view.before_expressions().into_iter().map(of).collect())
    }

    fn columns(&self, event: &LoggedEvent, before: &[Value]) -> Vec<Value> {
        let results = self.frames.at(event.place, before);
        self.view.columns.iter().map(|column| meaning(&column.expr, &event.fields, &results)).collect()
    }
}

#[cfg(test)]
mod tests;
