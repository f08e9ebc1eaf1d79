//! Late, duplicate, future, from the list of everything that was accepted before.

use std::collections::HashMap;

use super::LoggedEvent;
use crate::event::{Decision, Place};
use crate::schema::Stream;
use crate::value::{Micros, Value};

/// What becomes of an event, and whether the key starts anew with it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ruling {
    pub(super) decision: Decision,
    pub(super) anew: bool,
    /// The newest event time that is accepted, this event included.
    pub(super) newest: Option<i128>,
    /// Where an event of this id stands that is accepted and remembered, this event included.
    pub(super) own: Option<Place>,
}

/// For each event of a key's log, in log order.
pub(super) fn decide(stream: &Stream, log: &[LoggedEvent]) -> Vec<Ruling> {
    let mut newest: Option<i128> = None;
    // Where each id was accepted.
    let mut accepted: HashMap<String, Vec<Place>> = HashMap::new();
    let mut rule = |event: &LoggedEvent| {
        let time = i128::from(event.place.time);
        let limit = event.append_time.map(|append| i128::from(append) + i128::from(stream.max_ahead));
        if let Some(limit) = limit.filter(|limit| time > *limit) {
            let decision = Decision::Future { by: micros(time - limit) };
            return Ruling { decision, anew: false, newest, own: None };
        }
        let anew = newest.is_some_and(|newest| is_idle(stream, newest, time));
        if anew {
            newest = None;
            accepted.clear();
        }
        let oldest = newest.map(|newest| newest - i128::from(stream.lateness));
        if let Some(oldest) = oldest.filter(|oldest| time < *oldest) {
            return Ruling { decision: Decision::Late { by: micros(oldest - time) }, anew, newest, own: None };
        }
        let now = newest.map_or(time, |newest| newest.max(time));
        let id = id_of(stream, &event.fields);
        let remembered = |place: &Place| now - i128::from(place.time) <= i128::from(stream.dedupe);
        let places = id.as_ref().and_then(|id| accepted.get(id));
        if let Some(own) = places.and_then(|places| places.iter().copied().find(remembered)) {
            return Ruling { decision: Decision::Duplicate, anew, newest, own: Some(own) };
        }
        newest = Some(now);
        let own = id.is_some().then_some(event.place).filter(remembered);
        if let Some(id) = id {
            accepted.entry(id).or_default().push(event.place);
        }
        Ruling { decision: Decision::Accept, anew, newest, own }
    };
    log.iter().map(&mut rule).collect()
}

/// Whether a key whose newest event is of one time has been idle for too long at another.
pub(super) fn is_idle(stream: &Stream, newest: i128, time: i128) -> bool {
    stream.retention.is_some_and(|kept| time - newest > i128::from(kept))
}

/// Exact values, floats by their bits; `None` where the stream has no ids or a value is NULL.
fn id_of(stream: &Stream, fields: &[Value]) -> Option<String> {
    let mut id = String::new();
    for field in &stream.id {
        match &fields[*field] {
            Value::Null => return None,
            Value::Float(x) => id.push_str(&format!("{:x};", x.to_bits())),
            other => id.push_str(&format!("{other:?};")),
        }
    }
    Some(id).filter(|id| !id.is_empty())
}

fn micros(length: i128) -> Micros {
    Micros::try_from(length).unwrap_or(Micros::MAX)
}
