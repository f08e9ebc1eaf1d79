//! What a view means, computed naively: expressions straight from their trees with definitions of their own, decisions
//! and frames from the whole log of a key, and so the answers to requests. Slow, plain, and independent of the hosts.

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

/// What the oracle is asked about an event of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Questions {
    /// The row of the event, and that of a request for it after it was decided and perhaps folded.
    pub rows: bool,
    /// The row of a request by key after the event, at this time.
    pub as_of: Option<Micros>,
}

/// What becomes of an event of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub decision: Decision,
    /// Whether the view keeps the event: it was accepted, and WHERE is TRUE.
    pub kept: bool,
    /// The view's columns, if the event is kept and they were asked for.
    pub columns: Option<Vec<Value>>,
    /// What a request for the event is answered after it, if it was asked for.
    pub again: Option<Answer>,
    /// What a request by key is answered after it, if it was asked for.
    pub as_of: Option<Answer>,
}

/// The row of a request, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Row(Vec<Value>),
    Late,
    Dropped,
    /// The key has no row.
    Nothing,
    /// The key has been idle for longer than retention.
    Idle,
    /// The time asked about is before the key's latest row.
    TooEarly,
}

/// The verdict on each event of a key's whole log, in log order.
pub fn judge(view: &View, log: &[LoggedEvent], asked: impl Fn(usize) -> Questions) -> Vec<Verdict> {
    let mut key = Key::new(view);
    let rulings = decisions::decide(&view.stream, log);
    let judge = |(index, (event, ruling)): (usize, (&LoggedEvent, decisions::Ruling))| {
        let Questions { rows, as_of } = asked(index);
        let taken = key.take(event, &ruling);
        let columns = taken.as_ref().filter(|_| rows).map(|before| key.columns(event, before));
        if let Some(before) = &taken {
            key.admit(event, before);
        }
        Verdict {
            decision: ruling.decision,
            kept: taken.is_some(),
            columns,
            again: rows.then(|| key.again(event, &ruling)),
            as_of: as_of.map(|as_of| key.at(as_of, &ruling)),
        }
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
        key.admit(event, &before);
    }
    Vec::new()
}

/// A key's rows so far.
struct Key<'a> {
    view: &'a View,
    frames: Frames,
    latest: Option<Latest>,
}

/// The last row in the order.
struct Latest {
    place: Place,
    fields: Box<[Value]>,
    before: Vec<Value>,
    /// How many rows had been taken before it.
    taken: usize,
}

impl<'a> Key<'a> {
    fn new(view: &'a View) -> Key<'a> {
        Key { view, frames: Frames::new(&view.windows, &view.calls, &view.before_layout()), latest: None }
    }

    /// What stands before the windows, if the event is accepted and WHERE keeps it.
    fn take(&mut self, event: &LoggedEvent, ruling: &decisions::Ruling) -> Option<Vec<Value>> {
        if ruling.anew {
            *self = Key::new(self.view);
        }
        if ruling.decision == Decision::Accept { self.before(event) } else { None }
    }

    /// What stands before the windows, if WHERE keeps the event.
    fn before(&self, event: &LoggedEvent) -> Option<Vec<Value>> {
        let of = |expr| meaning(expr, &event.fields, &[]);
        if self.view.filter.as_ref().is_some_and(|filter| of(filter) != Value::Bool(true)) {
            return None;
        }
        Some(self.view.before_expressions().into_iter().map(of).collect())
    }

    fn columns(&self, event: &LoggedEvent, before: &[Value]) -> Vec<Value> {
        self.after(&event.fields, &self.frames.at(event.place, before))
    }

    fn after(&self, fields: &[Value], results: &[Value]) -> Vec<Value> {
        self.view.columns.iter().map(|column| meaning(&column.expr, fields, results)).collect()
    }

    fn admit(&mut self, event: &LoggedEvent, before: &[Value]) {
        if self.latest.as_ref().is_none_or(|latest| latest.place < event.place) {
            let (fields, before, taken) = (event.fields.clone(), before.to_vec(), self.frames.taken());
            self.latest = Some(Latest { place: event.place, fields, before, taken });
        }
        self.frames.admit(event.place, before);
    }

    /// A request for an event that was decided.
    fn again(&self, event: &LoggedEvent, ruling: &decisions::Ruling) -> Answer {
        if matches!(ruling.decision, Decision::Late { .. }) {
            return Answer::Late;
        }
        let Some(before) = self.before(event) else { return Answer::Dropped };
        Answer::Row(self.after(&event.fields, &self.frames.peek(event.place.time, ruling.own, &before)))
    }

    /// A request by key.
    fn at(&self, as_of: Micros, ruling: &decisions::Ruling) -> Answer {
        let Some(Latest { place, fields, before, taken }) = &self.latest else { return Answer::Nothing };
        if as_of < place.time {
            return Answer::TooEarly;
        }
        if ruling.newest.is_some_and(|newest| decisions::is_idle(&self.view.stream, newest, i128::from(as_of))) {
            return Answer::Idle;
        }
        let results = self.frames.then(*taken, *place, before);
        Answer::Row(self.after(fields, &self.frames.aged(*place, before, as_of, &results)))
    }
}

#[cfg(test)]
mod tests;
