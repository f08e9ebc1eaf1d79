//! Which rows of history are events: required fields, declared checks and the event time, a column at a time.

use std::sync::Arc;

use crate::column::{Column, Data};
use crate::event::EventDecoder;
use crate::schema::{EventTime, Stream};
use crate::value::{Micros, Value};

/// What validation found.
#[derive(Debug)]
pub(super) struct Validity {
    /// The event time of every row; unspecified where the row is no event.
    pub(super) times: Vec<Micros>,
    /// Rows that are no events, ascending, with the field at fault and the reason.
    pub(super) invalid: Vec<InvalidRow>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InvalidRow {
    pub(super) row: usize,
    pub(super) field: Option<String>,
    pub(super) reason: String,
}

/// `columns`: one per field of the schema, all of `rows` rows.
pub(super) fn validate(stream: &Arc<Stream>, columns: &[Column], rows: usize) -> Validity {
    let fields: Vec<Option<&Column>> = columns.iter().map(Some).collect();
    let mut good = vec![true; rows];
    for (index, (field, column)) in stream.schema.fields.iter().zip(columns).enumerate() {
        if stream.must_have(index)
            && let Some(valid) = &column.valid
        {
            mark(&mut good, valid.iter().copied());
        }
        if let Some(check) = &field.check {
            for verdict in &check.program.eval_columns(rows, &fields, &[]).0 {
                mark(&mut good, (0..rows).map(|row| verdict.value(row) != Value::Bool(false)));
            }
        }
    }
    let times = event_times(stream, &fields, rows, &mut good);
    let bad: Vec<usize> = (0..rows).filter(|row| !good[*row]).collect();
    Validity { times, invalid: reasons(stream, columns, &bad) }
}

fn mark(good: &mut [bool], verdicts: impl Iterator<Item = bool>) {
    for (good, verdict) in good.iter_mut().zip(verdicts) {
        *good &= verdict;
    }
}

fn event_times(stream: &Stream, fields: &[Option<&Column>], rows: usize, good: &mut [bool]) -> Vec<Micros> {
    let computed;
    let column = match &stream.event_time {
        EventTime::Order { field } => fields[*field],
        EventTime::Time { program, .. } => {
            computed = program.eval_columns(rows, fields, &[]).0;
            computed.first()
        }
    };
    let Some(Column { data: Data::Int(times), valid, .. }) = column else {
        good.fill(false);
        return vec![0; rows];
    };
    if let Some(valid) = valid {
        mark(good, valid.iter().copied());
    }
    times.clone()
}

/// The reasons that a live event of the same values would be refused for.
fn reasons(stream: &Arc<Stream>, columns: &[Column], bad: &[usize]) -> Vec<InvalidRow> {
    let mut decoder = EventDecoder::new(Arc::clone(stream));
    let mut explain = |row: usize| {
        let values: Box<[Value]> = columns.iter().map(|column| column.value(row)).collect();
        match decoder.validate(values) {
            Err(invalid) => InvalidRow { row, field: invalid.field, reason: invalid.reason },
            Ok(_) => InvalidRow { row, field: None, reason: "the row is no event of the stream".to_owned() },
        }
    };
    bad.iter().map(|&row| explain(row)).collect()
}
