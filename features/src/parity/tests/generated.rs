//! Generated views over generated logs: the hosts agree with each other and with the oracle.
//!
//! Schemas, event times, checks, expressions, frames and filters are any; events tie, repeat, come late, out of order, after
//! long gaps and from the future; values are NULL, the largest and smallest there are, subnormal, and zeros of either sign.

mod logs;
mod streams;

use std::sync::Arc;

use proptest::prelude::*;

use self::logs::{any_log, any_start, any_steps, history, rows};
use self::streams::{any_fields, any_stream, json};
use super::super::hosts::{KeyHosts, Served};
use super::super::oracle::{self, Answer, LoggedEvent, Questions};
use super::super::questions::Times;
use crate::batch::{self, History, Order};
use crate::event::{Decision, Event, EventDecoder, Place};
use crate::host::{Position, ViewRow};
use crate::parity::{Options, check};
use crate::value::Value;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn three_hosts_and_the_oracle_agree((view, steps, start) in any_log(), seed in any::<u64>(), restarts in 0..30_usize) {
        let history = history(&view.stream, &rows(&view.stream, &steps, start));
        let options = Options { seed, restarts: Some(restarts), ..Options::default() };
        let report = check(&view, &history, &options, &|_| ()).unwrap();
        prop_assert_eq!(report.mismatches, 0, "{:#?}", report.first);
        prop_assert_eq!(report.compared.oracle, report.values);
        prop_assert_eq!(report.events, history.len() as u64);
    }

    /// Rows in columns and single rows, taken for events by the same rules, which the oracle has as expressions.
    #[test]
    fn what_is_an_event_and_when_is_what_the_oracle_says(
        ((stream, rules), steps, start) in any_fields().prop_flat_map(any_stream).prop_flat_map(|(stream, rules)| {
            let steps = any_steps(&stream);
            (Just((stream, rules)), steps, any_start())
        })
    ) {
        let stream = Arc::new(stream);
        let rows = rows(&stream, &steps, start);
        let expected: Vec<_> = rows.iter().map(|row| rules.time_of(&stream, row)).collect();
        let mut decoder = EventDecoder::new(Arc::clone(&stream));
        let decoded: Vec<_> = rows.iter().map(|row| Some(decoder.validate(row.clone().into()).ok()?.time)).collect();
        prop_assert_eq!(&decoded, &expected);
        prop_assert_eq!(history(&stream, &rows).times, expected.into_iter().flatten().collect::<Vec<_>>());
        for row in &rows {
            let expected = rules.read(&stream, row).filter(|row| rules.time_of(&stream, row).is_some());
            let found = decoder.decode(json(&stream, row).as_bytes()).ok().map(|event| event.fields.into_vec());
            let alike = match (&found, &expected) {
                (Some(found), Some(expected)) => same(found, expected),
                (found, expected) => found.is_none() && expected.is_none(),
            };
            prop_assert!(alike, "{:?}, expected {:?} of {}", found, expected, json(&stream, row));
        }
    }

    /// Only a log knows when it took an event, and so which are from the future.
    #[test]
    fn all_hosts_agree_with_the_oracle_over_a_log((view, steps, start) in any_log(), seed in any::<u64>()) {
        let mut decoder = EventDecoder::new(Arc::clone(&view.stream));
        let key: Vec<Value> = rows(&view.stream, &steps, start).first().map_or_else(Vec::new, |row| row[..view.stream.key.len()].to_vec());
        let mut log = Vec::new();
        let mut restarts = Vec::new();
        for ((row, step), offset) in rows(&view.stream, &steps, start).into_iter().zip(&steps).zip(0..) {
            let Ok(event) = decoder.validate(row.into()) else { continue };
            if event.fields[..key.len()] == key[..] {
                let append_time = Some(event.time.saturating_sub(step.ahead));
                log.push(LoggedEvent { place: Place { time: event.time, offset }, fields: event.fields, append_time });
                restarts.push(step.restart);
            }
        }
        let questions = Times::new(&view, seed).questions(0, &log, &vec![true; log.len()]);
        let verdicts = oracle::judge(&view, &log, |index| questions[index]);
        let events = log.iter().map(|logged: &LoggedEvent| {
            let event = Event { fields: logged.fields.clone(), time: logged.place.time };
            (logged.place.offset, logged.append_time.unwrap(), event)
        });
        let batch = batch::compute(&view, &History::from_log(&view.stream, events), Order::Served).unwrap();
        let mut of_batch = batch.source.iter().enumerate().map(|(at, row)| (*row, at)).peekable();
        let mut hosts = Served::new(&view);
        for (index, (logged, verdict)) in log.iter().zip(&verdicts).enumerate() {
            if restarts[index] {
                hosts.restart().unwrap();
            }
            let event = Event { fields: logged.fields.clone(), time: logged.place.time };
            let asked = hosts.ask(&event);
            let position = Position { partition: 0, offset: logged.place.offset, append_time: logged.append_time };
            let accepted = hosts.process(&event, position);
            prop_assert_eq!(accepted.decision, verdict.decision);
            let row = accepted.rows[0].as_ref();
            prop_assert_eq!(row.is_some(), verdict.kept);
            if let (Some(row), Some(expected)) = (row, &verdict.columns) {
                prop_assert!(same(&row.columns, expected), "{:?}, expected {:?}", row, expected);
                prop_assert!(same(&asked.unwrap().columns, expected));
            }
            let found = of_batch.next_if(|(row, _)| *row == index).map(|(_, at)| {
                batch.table.columns.iter().map(|column| column.value(at)).collect::<Vec<_>>()
            });
            prop_assert_eq!(found.is_some(), verdict.kept, "in batch");
            if let (Some(found), Some(expected)) = (&found, &verdict.columns) {
                prop_assert!(same(found, expected), "{:?} in batch, expected {:?}", found, expected);
            }
            let Questions { as_of, .. } = questions[index];
            // A request knows no append time, and is refused nothing for being ahead.
            if !matches!(verdict.decision, Decision::Future { .. }) {
                prop_assert!(agree(&hosts.ask(&event).map_err(Answer::from), verdict.again.as_ref().unwrap()));
            }
            if let Some(as_of) = as_of {
                let found = hosts.ask_key(as_of).map_err(Answer::from);
                let expected = verdict.as_of.as_ref().unwrap();
                prop_assert!(agree(&found, expected), "as of {}: {:?}, expected {:?}", as_of, found, expected);
            }
        }
        prop_assert!(of_batch.next().is_none());
    }
}

fn same(found: &[Value], expected: &[Value]) -> bool {
    found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| a.same_bits(b))
}

fn agree(found: &Result<ViewRow, Answer>, expected: &Answer) -> bool {
    match (found, expected) {
        (Ok(row), Answer::Row(expected)) => same(&row.columns, expected),
        (Ok(_), _) => false,
        (Err(found), expected) => found == expected,
    }
}
