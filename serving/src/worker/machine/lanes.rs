//! The lanes of a worker: taken, built up between the batches, and removed.

use std::sync::Arc;

use features::online::Removal;

use super::super::course;
use super::super::decode::DecodedBatch;
use super::super::error::WorkerError;
use super::super::lane::Lane;
use super::super::step::Step;
use super::{Worker, records};
use crate::causes::with_causes;
use crate::log::ReadLimit;

/// A lane that is behind is flushed after so many events, so that a crash does not cost it more.
const PORTIONS_PER_FLUSH: u64 = 16 * 1024;
/// How many states of a removed version go in one write.
const REMOVED_AT_ONCE: usize = 5_000;

impl Worker {
    /// An endpoint without a champion holds up nobody. Only where nothing serves at all some lane has to be level, to decide
    /// what goes to the dead letters.
    pub(super) fn standings(&self) -> Vec<course::Standing> {
        let undecided = self.champions.are_none() && !self.lanes.iter().any(|lane| lane.live);
        let standing = |lane: &Lane| course::Standing {
            live: lane.live,
            required: self.champions.serve_from(&lane.version)
                || (undecided && self.champions.need(&self.plan, &lane.version)),
            stuck: lane.stuck.is_some(),
        };
        self.lanes.iter().map(standing).collect()
    }

    /// Brings the lanes in line with the versions that are kept: takes the slots of new ones, lets go of others.
    pub(super) fn take_lanes(&mut self) -> Result<(), WorkerError> {
        // Counted first: what changes meanwhile is seen again.
        self.seen = (self.plan.views.changes(), self.plan.is_settled());
        let (_, settled) = self.seen;
        let next = self.next;
        let before = self.lanes.len();
        self.lanes.retain(|lane| {
            if !settled || lane.version.is_kept() {
                return true;
            }
            // Not to be asked for any more, before its states begin to go. Who has come to need it meanwhile either has
            // seen this, or is seen here.
            let live = lane.live;
            lane.version.report(lane.slot().partition, crate::views::Standing::default());
            let needed = lane.version.is_kept();
            if needed && live {
                lane.report(next);
            }
            needed
        });
        self.swept &= self.lanes.len() == before;
        for version in self.plan.views.kept(&self.plan.stream.name) {
            if self.lanes.iter().any(|lane| Arc::ptr_eq(&lane.version, &version)) {
                continue;
            }
            let lane = Lane::take(&version, &self.plan.stream, &self.backend, (self.claims)())?;
            self.unkept.retain(|(slot, _)| slot != lane.slot());
            self.lanes.push(lane);
        }
        Ok(())
    }

    /// Finds out how a lane that was just taken stands.
    pub(super) fn join(&mut self, place: usize) -> Result<(), WorkerError> {
        let lane = &mut self.lanes[place];
        if lane.next > self.next {
            return Err(WorkerError::Ahead { folded: lane.next, committed: self.next });
        }
        lane.live = lane.next == self.next;
        lane.report(self.next);
        Ok(())
    }

    /// Folds a portion of a lane that nothing serves from. Trouble of its own leaves it where it is.
    pub(super) fn bootstrap(&mut self, place: usize, events: usize) -> Result<Step, WorkerError> {
        self.owed = 0;
        if let Err(error) = self.fold_behind(place, events, false) {
            if !error.is_of_one_version() {
                return Err(error);
            }
            let lane = &mut self.lanes[place];
            tracing::error!(
                view = %lane.version.view.name,
                hash = %lane.version.view.hash,
                partition = self.backend.partition(),
                error = &error as &dyn std::error::Error,
                "a version of a view cannot be built up"
            );
            lane.stuck = Some(with_causes(&error));
            lane.report(self.next);
        }
        Ok(Step::Bootstrapping)
    }

    /// Folds at most so many events of a lane that is behind, publishing nothing. Once it is level it is live.
    pub(super) fn fold_behind(&mut self, place: usize, events: usize, flush: bool) -> Result<(), WorkerError> {
        let Worker { lanes, backend, decoder, champions, plan, settings, .. } = self;
        let lane = &mut lanes[place];
        let mut batches = std::mem::take(&mut lane.read);
        let mut reached = self.next;
        if batches.is_empty() {
            let limit = ReadLimit { records: events.max(1), bytes: settings.batch.bytes };
            let read = backend.read(lane.next, limit)?;
            (batches, reached) = (read.batches, read.next);
        }
        let records = records(&batches, lane.next, self.next);
        let mut rejects = Vec::new();
        match lane.decoder.as_mut().unwrap_or(decoder).decode(records, events, &mut rejects) {
            Some(DecodedBatch { events, next, .. }) => {
                let rows = lane.fold(backend, &events, rejects.len() as u64, None)?;
                let (predictions, unserved) = champions.count(plan, &lane.version, &rows);
                lane.count(predictions, unserved);
                lane.boundary(next);
            }
            None if reached < self.next => return Err(backend.truncated(lane.next, self.next)),
            // The log leaves out what lies between.
            None => lane.boundary(self.next.max(lane.next)),
        }
        batches.retain(|batch| batch.end() > lane.next);
        lane.read = batches;
        let level = lane.next >= self.next;
        let due = flush || lane.unflushed() >= settings.flush_keys || lane.since_flush() >= PORTIONS_PER_FLUSH;
        if lane.flush_due() && (level || due) {
            let hold = backend.flush(&lane.flush())?;
            lane.flushed(hold);
        }
        lane.shrink(settings.cached_keys);
        if level {
            lane.live = true;
            lane.read.clear();
        }
        lane.report(self.next);
        Ok(())
    }

    /// Removes states of versions that nobody keeps any more, some at a time.
    pub(super) fn remove_unkept(&mut self) -> Result<Step, WorkerError> {
        if !self.swept && self.plan.is_settled() {
            let slots = self.backend.slots(&self.plan.stream.name)?;
            let unkept = slots.into_iter().filter(|slot| self.lanes.iter().all(|lane| lane.slot() != slot));
            self.unkept = unkept.map(|slot| (slot, None)).collect();
            self.swept = true;
        }
        let Some((slot, hold)) = self.unkept.pop() else { return Ok(Step::Idle) };
        let hold = match hold {
            Some(hold) => hold,
            None => self.backend.claim(&slot, (self.claims)())?.hold(),
        };
        match self.backend.remove(&slot, hold, REMOVED_AT_ONCE)? {
            Removal::Begun(hold) => self.unkept.push((slot, Some(hold))),
            Removal::Done => tracing::info!(%slot, "the states of a version that nobody needs are removed"),
        }
        Ok(Step::Removed)
    }
}
