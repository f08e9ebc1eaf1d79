//! Rows of some keys, from their events in the log, by the batch host in served order.

use std::collections::HashMap;
use std::sync::Arc;

use features::batch::{History, Order, ViewTable, compute};
use features::event::{Event, EventDecoder};
use features::plan::{View, ViewHash};
use features::schema::Stream;
use features::value::{Micros, Value};

use super::super::error::SkewError;
use crate::log::{EventLog, ReadLimit, TopicPartition};

/// Where events stand close together, many are read at a time; elsewhere only the batch with the one that is wanted.
const CLOSE: ReadLimit = ReadLimit { records: 1_024, bytes: 4 << 20 };
const SINGLE: ReadLimit = ReadLimit { records: 1, bytes: 1 };
/// Events are close if one in so many is wanted.
const CLOSENESS: u64 = 8;

/// Events of whole keys, and each view's rows once they were asked for.
#[derive(Debug)]
pub(super) struct Recomputer {
    history: History,
    events: Vec<u64>,
    tables: HashMap<ViewHash, ViewTable>,
}

impl Recomputer {
    /// Reads `events`, which ascend, by their [`Stream::sequence`].
    pub(super) fn read(
        log: &dyn EventLog,
        place: &TopicPartition,
        events: Vec<u64>,
        stream: &Arc<Stream>,
        decoder: &mut EventDecoder,
    ) -> Result<Recomputer, SkewError> {
        let mut redriven = Vec::new();
        let read = read(log, place, &events, stream, decoder, &mut redriven)?;
        let history = History::from_log(stream, read).with_redriven(redriven);
        Ok(Recomputer { history, events, tables: HashMap::new() })
    }

    /// The values of a view's row for an event; `None` where the view has none.
    pub(super) fn row(&mut self, view: &Arc<View>, event: u64) -> Result<Option<Vec<Value>>, SkewError> {
        if !self.tables.contains_key(&view.hash) {
            // A version decides by the rules that it was declared with, as its lane does.
            self.history.stream = Arc::clone(&view.stream);
            let table = compute(view, &self.history, Order::Served)?;
            self.tables.insert(view.hash.clone(), table);
        }
        let table = self.tables.get(&view.hash);
        let row = self.events.binary_search(&event).ok();
        Ok(table.zip(row).and_then(|(table, row)| {
            let at = table.source.binary_search(&row).ok()?;
            Some(table.table.columns.iter().map(|column| column.value(at)).collect())
        }))
    }
}

/// Reads exactly the `wanted` events; those that are dead letters which came back are in `redriven` too.
fn read(
    log: &dyn EventLog,
    place: &TopicPartition,
    wanted: &[u64],
    stream: &Stream,
    decoder: &mut EventDecoder,
    redriven: &mut Vec<u64>,
) -> Result<Vec<(u64, Micros, Event)>, SkewError> {
    let offset_of = |event: u64| stream.offset_and_element(event).0;
    let span = wanted.first().zip(wanted.last()).map_or(0, |(&first, &last)| offset_of(last) - offset_of(first));
    let limit = if span / CLOSENESS <= wanted.len() as u64 { CLOSE } else { SINGLE };
    let mut events = Vec::with_capacity(wanted.len());
    let mut wanted = wanted.iter().copied().peekable();
    while let Some(&first) = wanted.peek() {
        let from = offset_of(first);
        let batches = log.read(place, from, limit)?.batches;
        for record in batches.iter().flat_map(|batch| batch.records_from(from)) {
            if wanted.peek().is_none_or(|&next| offset_of(next) != record.offset) {
                continue;
            }
            decoder.decode_each(record.value, |element, event| {
                let sequence = stream.sequence(record.offset, element.map_or(0, |element| element.index));
                if let (Ok(event), Some(_)) = (event, wanted.next_if_eq(&sequence)) {
                    events.push((sequence, record.append_time, event));
                    redriven.extend(record.redriven.then_some(sequence));
                }
            });
        }
        // What was an event when it was noted is one still.
        if wanted.peek() == Some(&first) {
            return Err(SkewError::Changed { partition: place.partition, offset: from });
        }
    }
    Ok(events)
}
