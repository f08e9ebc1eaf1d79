//! One key's log through the hosts, compared event by event.

use std::sync::Arc;

use super::hosts::KeyHosts;
use super::oracle::{self, Answer, LoggedEvent, Verdict};
use super::questions::Times;
use super::report::{Difference, Host, MismatchedRow, ParityReport};
use super::restarts::Restarts;
use crate::batch::{History, ViewTable};
use crate::event::{Decision, Event, EventDecoder, Place};
use crate::host::{Accepted, Position, RequestError, ViewRow};
use crate::plan::View;
use crate::value::Value;

/// What all keys share.
pub(super) struct Replay<'a> {
    /// What the rows should be.
    pub(super) view: &'a Arc<View>,
    pub(super) history: &'a History,
    pub(super) batch: &'a ViewTable,
    /// For each row of the history its row in `batch`.
    pub(super) batch_row: Vec<Option<usize>>,
    pub(super) restarts: Restarts,
    pub(super) times: Times,
    /// So many mismatched rows are kept.
    pub(super) keep: usize,
}

/// What the hosts make of one event.
struct Answers {
    stream: Accepted,
    request: Result<ViewRow, RequestError>,
}

impl Replay<'_> {
    /// `rows` are the key's rows of the history; `wanted` says which of them the oracle computes.
    pub(super) fn key(
        &self,
        hosts: &mut dyn KeyHosts,
        decoder: &mut EventDecoder,
        key: usize,
        rows: &[usize],
        wanted: Option<&[bool]>,
    ) -> ParityReport {
        let log = self.log(rows);
        let questions = wanted.map(|wanted| self.times.questions(key, &log, wanted)).unwrap_or_default();
        let verdicts = wanted.map(|_| oracle::judge(self.view, &log, |index| questions[index]));
        let mut report = ParityReport { events: rows.len() as u64, keys: 1, ..ParityReport::default() };
        hosts.begin();
        for (index, (&row, logged)) in rows.iter().zip(&log).enumerate() {
            let mut differences = Vec::new();
            if index > 0 && self.restarts.between(rows[index - 1], row) {
                report.states_read += 1;
                if let Err(error) = hosts.restart() {
                    differences.push(outcome(Host::Oracle, "a state that can be read back", &error.to_string()));
                }
            }
            let event = decode(decoder, logged, &mut differences);
            let request = hosts.ask(&event);
            let position = Position { partition: 0, offset: row as u64, append_time: logged.append_time };
            let answers = Answers { request, stream: hosts.process(&event, position) };
            if let Some(row) = answers.stream.row() {
                report.rows += 1;
                report.values += row.columns.len() as u64;
            }
            self.with_batch(&answers, row, &mut report, &mut differences);
            self.with_request(&answers, &mut report, &mut differences);
            if let Some(verdict) = verdicts.as_ref().and_then(|verdicts| verdicts.get(index)) {
                self.with_oracle(&answers, verdict, &mut report, &mut differences);
                if let Some(expected) = &verdict.again {
                    let found = hosts.ask(&event).map_err(Answer::from);
                    report.compared.again += self.answer(Host::Again, &found, expected, &mut differences);
                }
                if let (Some(expected), Some(as_of)) = (&verdict.as_of, questions[index].as_of) {
                    let found = hosts.ask_key(as_of).map_err(Answer::from);
                    report.compared.as_of += self.answer(Host::AsOf, &found, expected, &mut differences);
                }
            }
            if !differences.is_empty() {
                report.mismatches += differences.len() as u64;
                if report.first.len() < self.keep {
                    let (inputs, frames) = (self.inputs(logged), Vec::new());
                    let time = logged.place.time;
                    report.first.push(MismatchedRow { row, time, inputs, differences, frames, key, index });
                }
            }
        }
        report
    }

    /// The events of some rows of the history.
    pub(super) fn log(&self, rows: &[usize]) -> Vec<LoggedEvent> {
        let fields = self.history.stream.schema.fields.len();
        let event = |&row: &usize| LoggedEvent {
            place: Place { time: self.history.times[row], offset: row as u64 },
            fields: (0..fields).map(|field| self.history.table.columns[field].value(row)).collect(),
            append_time: None,
        };
        rows.iter().map(event).collect()
    }

    fn with_batch(&self, answers: &Answers, row: usize, report: &mut ParityReport, differences: &mut Vec<Difference>) {
        let found = self.batch_row[row].map(|at| {
            let values: Vec<Value> = self.batch.table.columns.iter().map(|column| column.value(at)).collect();
            values
        });
        match (found, answers.stream.row()) {
            (Some(found), Some(stream)) => {
                report.compared.batch += self.compare(Host::Batch, &found, &stream.columns, differences);
            }
            (None, None) => {}
            (found, _) => {
                let found = if found.is_some() { "a row" } else { "no row" };
                differences.push(outcome(Host::Batch, found, &answers.stream.says()));
            }
        }
    }

    /// An event that is about to be folded is the last at its timestamp, as a request is. The stream host does not say what
    /// a request for a duplicate should: the oracle does, once the event was decided. History has no events from the future.
    fn with_request(&self, answers: &Answers, report: &mut ParityReport, differences: &mut Vec<Difference>) {
        let found = match (&answers.request, answers.stream.decision, answers.stream.row()) {
            (Ok(found), Decision::Accept, Some(stream)) => {
                report.compared.request += self.compare(Host::Request, &found.columns, &stream.columns, differences);
                return;
            }
            (Err(RequestError::Dropped), Decision::Accept, None) => return,
            (Err(RequestError::Late { .. }), Decision::Late { .. }, _) => return,
            (_, Decision::Duplicate | Decision::Future { .. }, _) => return,
            (Ok(_), ..) => "a row".to_owned(),
            (Err(error), ..) => error.to_string(),
        };
        differences.push(outcome(Host::Request, &found, &answers.stream.says()));
    }

    fn with_oracle(
        &self,
        answers: &Answers,
        verdict: &Verdict,
        report: &mut ParityReport,
        differences: &mut Vec<Difference>,
    ) {
        let stream = answers.stream.row();
        if verdict.decision != answers.stream.decision || verdict.kept != stream.is_some() {
            let found = says(verdict.decision, verdict.kept);
            differences.push(outcome(Host::Oracle, &found, &answers.stream.says()));
        } else if let (Some(found), Some(stream)) = (&verdict.columns, stream) {
            report.compared.oracle += self.compare(Host::Oracle, found, &stream.columns, differences);
        }
    }

    /// Compares the answer to a request with the oracle's; returns how many values were compared.
    fn answer(
        &self,
        host: Host,
        found: &Result<ViewRow, Answer>,
        expected: &Answer,
        differences: &mut Vec<Difference>,
    ) -> u64 {
        match (found, expected) {
            (Ok(found), Answer::Row(expected)) => return self.compare(host, &found.columns, expected, differences),
            (Err(found), expected) if found == expected => {}
            (found, expected) => {
                let found = found.as_ref().map_or_else(Answer::says, |_| "a row");
                differences.push(outcome(host, found, expected.says()));
            }
        }
        0
    }

    /// Returns how many values were compared.
    fn compare(&self, host: Host, found: &[Value], expected: &[Value], differences: &mut Vec<Difference>) -> u64 {
        let of = |values: &[Value], index: usize| values.get(index).cloned().unwrap_or(Value::Null);
        for (index, column) in self.view.columns.iter().enumerate() {
            let same = matches!((found.get(index), expected.get(index)), (Some(a), Some(b)) if a.same_bits(b));
            if !same {
                let (name, found, expected) = (column.name.clone(), of(found, index), of(expected, index));
                differences.push(Difference::Value { host, column: index, name, found, expected });
            }
        }
        self.view.columns.len() as u64
    }

    /// What names the event, then what the view reads of it.
    fn inputs(&self, event: &LoggedEvent) -> Vec<(smol_str::SmolStr, Value)> {
        let stream = &self.view.stream;
        let mut fields: Vec<usize> = Vec::new();
        let read = self.view.before.fields().iter().chain(self.view.after.fields());
        for &field in stream.key.iter().chain(&stream.id).chain(read) {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        let named = |field: usize| (stream.schema.fields[field].name.clone(), event.fields[field].clone());
        fields.into_iter().map(named).collect()
    }
}

/// The event as the stream host's decoder takes it; that history gave it another time is a difference.
fn decode(decoder: &mut EventDecoder, logged: &LoggedEvent, differences: &mut Vec<Difference>) -> Event {
    let as_logged = || Event { fields: logged.fields.clone(), time: logged.place.time };
    match decoder.validate(logged.fields.clone()) {
        Ok(event) if event.time == logged.place.time => event,
        Ok(event) => {
            let times = [logged.place.time, event.time].map(|time| format!("event time {time}"));
            differences.push(outcome(Host::Batch, &times[0], &times[1]));
            as_logged()
        }
        Err(invalid) => {
            differences.push(outcome(Host::Batch, "a valid event", &invalid.to_string()));
            as_logged()
        }
    }
}

fn outcome(host: Host, found: &str, expected: &str) -> Difference {
    Difference::Outcome { host, found: found.to_owned(), expected: expected.to_owned() }
}

impl Answer {
    fn says(&self) -> &'static str {
        match self {
            Answer::Row(_) => "a row",
            Answer::Late => "late",
            Answer::Dropped => "dropped by WHERE",
            Answer::Nothing => "the key has no row",
            Answer::Idle => "the key is idle",
            Answer::TooEarly => "before the latest row",
        }
    }
}

impl Accepted {
    /// Of the only view.
    fn row(&self) -> Option<&ViewRow> {
        self.rows.first().and_then(Option::as_ref)
    }

    fn says(&self) -> String {
        says(self.decision, self.row().is_some())
    }
}

fn says(decision: Decision, kept: bool) -> String {
    match decision {
        Decision::Accept if kept => "a row".to_owned(),
        Decision::Accept => "dropped by WHERE".to_owned(),
        Decision::Late { by } => format!("late by {by} µs"),
        Decision::Duplicate => "a duplicate".to_owned(),
        Decision::Future { by } => format!("in the future by {by} µs"),
    }
}
