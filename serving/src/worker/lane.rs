//! One version of a view in one partition: its slot, its states, and how far it has folded the log. The lanes of a
//! partition know nothing of each other; each decides and folds for itself, and equal rules decide alike. A version from
//! before the stream was declared otherwise decodes and decides as the stream was declared then.

use std::collections::HashMap;
use std::sync::Arc;

use features::host::{KeyState, Position, StreamHost, ViewRow};
use features::online::{Claim, Counters, Flush, Hold, Slot, SlotFlush};

use features::schema::Stream;

use super::backend::Backend;
use super::cache::StateCache;
use super::dead_letter::DeadLetter;
use super::decode::{Decoded, Decoder, Tally};
use super::error::WorkerError;
use crate::log::{RecordRef, StoredBatch};
use crate::views::{Standing, ViewVersion};

/// The fold of one version of a view.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) version: Arc<ViewVersion>,
    slot: Slot,
    hold: Hold,
    /// Of a version whose stream is not declared as the project's.
    pub(super) decoder: Option<Decoder>,
    host: StreamHost,
    cache: StateCache,
    /// The next offset to fold.
    pub(super) next: u64,
    /// Up to the last batch boundary.
    tally: Tally,
    /// With the batch that is being folded.
    folding: Tally,
    /// States of committed batches that the store does not hold, and whether anything else has changed since the last
    /// flush.
    unflushed: HashMap<Vec<u8>, Vec<u8>>,
    flush_due: bool,
    /// Events folded since the last flush.
    since_flush: u64,
    /// Batches of the log that were read while it was behind, and are not yet folded to their end.
    pub(super) read: Vec<StoredBatch>,
    /// Whether it is one of those that fold each batch as it is published.
    pub(super) live: bool,
    /// Why it gets no further, where that is its own trouble and not the partition's.
    pub(super) stuck: Option<String>,
}

impl Lane {
    /// Takes the version's slot. `stream` is the project's.
    pub(super) fn take(
        version: &Arc<ViewVersion>,
        stream: &Arc<Stream>,
        backend: &Backend,
        claim: Claim,
    ) -> Result<Lane, WorkerError> {
        let own = &version.view.stream;
        let decoder = (!Arc::ptr_eq(own, stream)).then(|| Decoder::new(own, backend.partition()));
        let slot = Slot::of(&version.view, backend.partition());
        let record = backend.claim(&slot, claim)?;
        let tally = Tally { counters: record.counters, newest: record.newest };
        Ok(Lane {
            decoder,
            host: StreamHost::new(Arc::clone(own), vec![Arc::clone(&version.view)]),
            version: Arc::clone(version),
            hold: record.hold(),
            next: record.folded,
            slot,
            cache: StateCache::default(),
            tally,
            folding: tally,
            unflushed: HashMap::new(),
            flush_due: false,
            since_flush: 0,
            read: Vec::new(),
            live: false,
            stuck: None,
        })
    }

    /// Decides and folds in the order of the log: for each event the view's row, `None` where the event was not accepted
    /// or the view's WHERE dropped it. Events that were not accepted go to `rejects` too, where there is somebody to
    /// publish them.
    pub(super) fn fold<'a>(
        &mut self,
        backend: &Backend,
        events: &[Decoded<'a>],
        invalid: u64,
        mut rejects: Option<&mut Vec<DeadLetter<'a>>>,
    ) -> Result<Vec<Option<ViewRow>>, WorkerError> {
        let Lane { slot, hold, host, cache, .. } = self;
        let mut tally = self.tally;
        tally.counters.invalid += invalid;
        let mut rows = Vec::with_capacity(events.len());
        // All at once: the store may be a network away.
        let missing = cache.missing(events.iter().map(|event| event.key.as_slice()));
        let found = if missing.is_empty() { Vec::new() } else { backend.states(slot, *hold, &missing)? };
        let mut found: HashMap<&[u8], Option<Vec<u8>>> = missing.into_iter().zip(found).collect();
        for Decoded { record, element, key, event, .. } in events {
            let state = cache.state(key, || match found.remove(key.as_slice()).flatten() {
                None => Ok(KeyState::default()),
                Some(bytes) => KeyState::decode(&bytes, host).map_err(|error| WorkerError::State {
                    key: String::from_utf8_lossy(key).into_owned(),
                    source: error,
                }),
            })?;
            let RecordRef { offset, append_time, .. } = *record;
            let offset = host.stream().sequence(offset, element.map_or(0, |element| element.index));
            let position = Position { partition: slot.partition, offset, append_time: Some(append_time) };
            let mut accepted = match record.redriven {
                false => host.process(state, event, position),
                true => host.process_redriven(state, event, position),
            };
            tally.count(accepted.decision, event.time);
            if let Some(rejects) = rejects.as_deref_mut() {
                rejects.extend(DeadLetter::decided(*record, *element, accepted.decision));
            }
            rows.push(accepted.rows.pop().flatten());
        }
        self.folding = tally;
        self.since_flush += events.len() as u64;
        Ok(rows)
    }

    /// Counts rows of the batch that is being folded: with a prediction, and without one for want of a model.
    pub(super) fn count(&mut self, predictions: u64, unserved: u64) {
        self.folding.counters.predictions += predictions;
        self.folding.counters.unserved += unserved;
    }

    /// What the batch that is being folded adds to the counters.
    pub(super) fn folding(&self) -> Counters {
        self.folding.counters.since(&self.tally.counters)
    }

    /// A batch ends before `next`: the states of its keys may be flushed once it is committed.
    pub(super) fn boundary(&mut self, next: u64) {
        let Lane { cache, unflushed, host, .. } = self;
        cache.boundary(|key, state| {
            unflushed.insert(key.to_vec(), state.encode(host));
        });
        self.next = next;
        self.tally = self.folding;
        self.flush_due = true;
    }

    /// Everything up to the last boundary, to be written.
    pub(super) fn flush(&mut self) -> SlotFlush {
        let Tally { counters, newest } = self.tally;
        let states = std::mem::take(&mut self.unflushed).into_iter().collect();
        let flush = Flush { folded: self.next, newest, counters, states };
        SlotFlush { slot: self.slot.clone(), hold: self.hold, flush }
    }

    /// What [`Lane::flush`] gave is written.
    pub(super) fn flushed(&mut self, hold: Hold) {
        self.hold = hold;
        self.cache.flushed();
        self.flush_due = false;
        self.since_flush = 0;
    }

    pub(super) fn flush_due(&self) -> bool {
        self.flush_due
    }

    /// Keys whose newest states wait for a flush.
    pub(super) fn unflushed(&self) -> usize {
        self.unflushed.len()
    }

    pub(super) fn since_flush(&self) -> u64 {
        self.since_flush
    }

    pub(super) fn slot(&self) -> &Slot {
        &self.slot
    }

    pub(super) fn shrink(&mut self, keys: usize) {
        self.cache.shrink(keys);
    }

    pub(super) fn cached_keys(&self) -> usize {
        self.cache.len()
    }

    pub(super) fn overflows(&self) -> u64 {
        self.host.overflows()
    }

    /// Tells whoever waits for the version how far it is, in a partition that stands at `of`.
    pub(super) fn report(&self, of: u64) {
        let Lane { live, next, .. } = *self;
        self.version.report(self.slot.partition, Standing { live, folded: next, of, problem: self.stuck.clone() });
    }
}
