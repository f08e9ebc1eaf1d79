//! A worker as a state machine. [`Worker::step`] does one thing at a time, in the order that makes every event count
//! exactly once whatever dies in between:
//!
//! 1. open the log's consumer, which fences the predecessor;
//! 2. put a new claim into the record of each slot: one for each version of a view that is kept, a [`Lane`];
//! 3. read up to where the log has committed, O; the records say up to where each lane has folded, L;
//! 4. fold what lies between in every lane that serves, publishing nothing;
//! 5. then, batch by batch: fold, predict, commit outputs with the offset; states follow, in the same write or in
//!    flushes of their own.
//!
//! A lane that nothing serves from yet is folded from its own L in small portions between the batches ([`course`]). Once
//! it is level it folds each batch like the others, and only then may a version that needs it be made champion. Lanes of
//! versions that nobody keeps any more are removed when there is nothing else to do.
//!
//! Any error is a crash: the lanes go, and the worker begins again at 1.

use std::sync::Arc;
use std::time::{Duration, Instant};

use features::host::ViewRow;
use features::online::{Claim, Counters, Hold, OnlineStore, Removal, Slot};

use super::backend::Backend;
use super::champions::{Champions, Rows};
use super::course::{self, Course, course};
use super::dead_letter::DeadLetter;
use super::decode::{Decoded, DecodedBatch, Decoder};
use super::error::WorkerError;
use super::hand_over::hand_over;
use super::lane::Lane;
use super::plan::StreamPlan;
use super::prediction::Stamp;
use super::step::{Committed, Settings, Step};
use crate::causes::with_causes;
use crate::clock::Clock;
use crate::log::{Entry, EventLog, ReadLimit, RecordBatch, RecordRef, StoredBatch, TopicPartition};
use crate::skew::Tray;

/// The least that a lane which is behind is folded between two batches: a millisecond or so.
const LEAST_PORTION: usize = 256;
/// A lane that is behind is flushed after so many events, so that a crash does not cost it more.
const PORTIONS_PER_FLUSH: u64 = 16 * 1024;
/// How many states of a removed version go in one write.
const REMOVED_AT_ONCE: usize = 5_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Claim,
    ReadCommitted,
    CatchUp,
    Run,
}

/// What became of the events of a batch, before any of it is published.
#[derive(Debug)]
struct Folded<'a> {
    committed: Committed,
    /// The events as the project declares the stream, and then as lanes do that decode for themselves.
    events: Vec<Vec<Decoded<'a>>>,
    /// For each lane its rows; none for a lane that is behind.
    rows: Vec<LaneRows>,
    rejects: Vec<DeadLetter<'a>>,
    /// The offset behind the batch.
    next: u64,
}

/// The rows of one lane: one for each event, `None` where its view keeps none.
#[derive(Debug)]
pub(super) struct LaneRows {
    /// Which of [`Folded::events`].
    pub(super) events: usize,
    pub(super) rows: Vec<Option<ViewRow>>,
}

/// Works one partition.
#[derive(Debug)]
pub struct Worker<L, S> {
    backend: Backend<L, S>,
    plan: Arc<StreamPlan>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    claims: fn() -> Claim,
    decoder: Decoder,
    state: State,
    /// Where the partition stands: the first offset that is not committed.
    next: u64,
    lanes: Vec<Lane>,
    /// As of which change the lanes are those of the versions that are kept, and whether what serves was settled.
    seen: (u64, bool),
    champions: Champions,
    /// Events that a lane which is behind may fold before the next batch.
    owed: usize,
    /// Slots of versions that nobody keeps, and whether they have been looked for.
    unkept: Vec<(Slot, Option<Hold>)>,
    swept: bool,
    /// Batches of the log that were read and are not yet processed to their end.
    read: Vec<StoredBatch>,
    /// Where what was served is left for the stream's skew check.
    tray: Option<Arc<Tray>>,
}

impl<L: EventLog, S: OnlineStore> Worker<L, S> {
    /// `claims` gives a new random claim each time.
    pub fn new(
        backend: Backend<L, S>,
        plan: Arc<StreamPlan>,
        clock: Arc<dyn Clock>,
        settings: Settings,
        claims: fn() -> Claim,
    ) -> Worker<L, S> {
        Worker {
            decoder: Decoder::new(&plan.stream, backend.partition()),
            champions: Champions::now(&plan),
            backend,
            plan,
            clock,
            settings,
            claims,
            state: State::Open,
            next: 0,
            lanes: Vec::new(),
            seen: (0, false),
            owed: 0,
            unkept: Vec::new(),
            swept: false,
            read: Vec::new(),
            tray: None,
        }
    }

    /// What is served is handed over to a skew check.
    pub fn checked_by(self, tray: Option<Arc<Tray>>) -> Worker<L, S> {
        Worker { tray, ..self }
    }

    /// Does one thing. After an error the next step begins to take the partition again.
    pub fn step(&mut self) -> Result<Step, WorkerError> {
        let step = self.advance();
        if step.is_err() {
            self.retake();
        }
        step
    }

    /// Forgets everything, as a crash would; the next step begins to take the partition again.
    pub fn retake(&mut self) {
        self.lanes.clear();
        self.unkept.clear();
        self.swept = false;
        self.owed = 0;
        self.read.clear();
        self.state = State::Open;
    }

    /// Whether batches are being processed: everything committed before is folded in every lane that serves.
    pub fn is_ready(&self) -> bool {
        self.state == State::Run
    }

    /// The next offset to publish for.
    pub fn next_offset(&self) -> u64 {
        self.next
    }

    /// Waits for events, at most for `timeout`.
    pub fn wait(&self, timeout: Duration) -> Result<bool, WorkerError> {
        self.backend.wait(self.next, timeout)
    }

    /// Events that are in the log and not committed.
    pub fn lag(&self) -> Result<u64, WorkerError> {
        Ok(self.backend.end()?.saturating_sub(self.next))
    }

    pub fn cached_keys(&self) -> usize {
        self.lanes.iter().map(Lane::cached_keys).max().unwrap_or_default()
    }

    /// Integer overflows turned into NULL so far.
    pub fn overflows(&self) -> u64 {
        self.lanes.iter().map(Lane::overflows).sum()
    }

    fn advance(&mut self) -> Result<Step, WorkerError> {
        match self.state {
            State::Open => {
                self.backend.open()?;
                self.state = State::Claim;
            }
            State::Claim => {
                self.champions = Champions::now(&self.plan);
                self.take_lanes()?;
                self.state = State::ReadCommitted;
            }
            State::ReadCommitted => {
                self.next = self.backend.committed()?;
                for place in 0..self.lanes.len() {
                    self.join(place)?;
                }
                self.state = State::CatchUp;
            }
            State::CatchUp => return self.catch_up(),
            State::Run => return self.run(),
        }
        Ok(Step::Taking)
    }

    /// Step 4. With nothing between L and O this is where the partition becomes ready.
    fn catch_up(&mut self) -> Result<Step, WorkerError> {
        match course(&self.standings(), 0) {
            Course::CatchUp(lane) => {
                self.fold_behind(lane, self.settings.batch.records, self.backend.commits_states())?;
                Ok(Step::CatchingUp)
            }
            Course::Bootstrap { .. } | Course::Publish => {
                self.state = State::Run;
                Ok(Step::Ready)
            }
        }
    }

    /// Step 5.
    fn run(&mut self) -> Result<Step, WorkerError> {
        self.champions.refresh(&self.plan);
        if self.seen != (self.plan.views.changes(), self.plan.is_settled()) {
            self.take_lanes()?;
            for place in 0..self.lanes.len() {
                self.join(place)?;
            }
        }
        match course(&self.standings(), self.owed) {
            Course::CatchUp(_) => {
                self.state = State::CatchUp;
                return Ok(Step::CatchingUp);
            }
            Course::Bootstrap { lane, events } => return self.bootstrap(lane, events),
            Course::Publish => {}
        }
        let full = |lane: &Lane| lane.live && lane.unflushed() >= self.settings.flush_keys.max(1);
        if self.lanes.iter().any(full) {
            self.flush()?;
            return Ok(Step::Flushed);
        }
        if let Some(committed) = self.publish_next()? {
            self.owed = course::owed(committed.events, LEAST_PORTION);
            return Ok(Step::Committed(committed));
        }
        if self.lanes.iter().any(|lane| lane.live && lane.flush_due()) {
            self.flush()?;
            return Ok(Step::Flushed);
        }
        if let Course::Bootstrap { lane, events } = course(&self.standings(), self.settings.batch.records.max(1)) {
            return self.bootstrap(lane, events);
        }
        self.remove_unkept()
    }

    fn standings(&self) -> Vec<course::Standing> {
        let standing = |lane: &Lane| course::Standing {
            live: lane.live,
            required: self.champions.need(&self.plan, &lane.version),
            stuck: lane.stuck.is_some(),
        };
        self.lanes.iter().map(standing).collect()
    }

    /// Brings the lanes in line with the versions that are kept: takes the slots of new ones, lets go of others.
    fn take_lanes(&mut self) -> Result<(), WorkerError> {
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
    fn join(&mut self, place: usize) -> Result<(), WorkerError> {
        let lane = &mut self.lanes[place];
        if lane.next > self.next {
            return Err(WorkerError::Ahead { folded: lane.next, committed: self.next });
        }
        lane.live = lane.next == self.next;
        lane.report(self.next);
        Ok(())
    }

    /// Folds a portion of a lane that nothing serves from. Trouble of its own leaves it where it is.
    fn bootstrap(&mut self, place: usize, events: usize) -> Result<Step, WorkerError> {
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
    fn fold_behind(&mut self, place: usize, events: usize, flush: bool) -> Result<(), WorkerError> {
        let Worker { lanes, backend, decoder, champions, plan, settings, .. } = self;
        let lane = &mut lanes[place];
        let mut batches = std::mem::take(&mut lane.read);
        if batches.is_empty() {
            let limit = ReadLimit { records: events.max(1), bytes: settings.batch.bytes };
            batches = backend.read(lane.next, limit)?;
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
            None if lane.next < self.next => return Err(backend.truncated(lane.next, self.next)),
            None => {}
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

    /// Processes the next events of the log; `None` if there are none.
    fn publish_next(&mut self) -> Result<Option<Committed>, WorkerError> {
        let mut batches = std::mem::take(&mut self.read);
        if batches.is_empty() {
            batches = self.backend.read(self.next, self.settings.batch)?;
        }
        if batches.is_empty() {
            return Ok(None);
        }
        let committed = self.publish(&batches)?;
        batches.retain(|batch| batch.end() > self.next);
        self.read = batches;
        Ok(Some(committed))
    }

    /// Folds the events of `batches` from the next offset on, predicts, publishes and commits.
    fn publish(&mut self, batches: &[StoredBatch]) -> Result<Committed, WorkerError> {
        let read_at = self.clock.now();
        let Some(folded) = self.fold(batches)? else { return Ok(Committed::default()) };
        let Folded { mut committed, events, rows, mut rejects, next } = folded;
        let rows_of = |lane: usize| {
            let (events, rows) = (&events[rows[lane].events], &rows[lane].rows);
            Rows { events, rows }
        };
        let assigned: Vec<Option<usize>> = {
            let lane = |version: &Arc<_>| self.lanes.iter().position(|lane| Arc::ptr_eq(&lane.version, version));
            self.champions.versions().map(|version| version.and_then(lane)).collect()
        };
        let assigned_rows: Vec<_> = assigned.into_iter().map(|lane| lane.map(rows_of)).collect();
        let started = Instant::now();
        let outputs = self.champions.predict(&self.plan, &assigned_rows);
        committed.predict = started.elapsed();
        let started = Instant::now();
        let stamp = Stamp::new(self.backend.partition(), read_at, &committed);
        let mut entries = self.champions.write(&self.plan, &assigned_rows, &outputs, &stamp)?;
        entries.extend(self.dead_letters(&mut rejects)?);
        for lane in self.lanes.iter_mut().filter(|lane| lane.live) {
            lane.boundary(next);
        }
        let offsets = std::mem::replace(&mut self.next, next)..next;
        self.commit(entries)?;
        self.champions.published(&outputs);
        if let Some(tray) = &self.tray {
            hand_over(tray, &self.plan.stream, self.backend.partition(), offsets, &self.lanes, &events[0], &rows);
        }
        committed.commit = started.elapsed();
        for lane in &mut self.lanes {
            lane.shrink(self.settings.cached_keys);
        }
        Ok(committed)
    }

    /// Decodes, decides and folds the events of `batches` from the next offset on, no more than one batch of this worker
    /// holds (and what is left of its last record), in every lane that is live; `None` if there are no records.
    fn fold<'a>(&mut self, batches: &'a [StoredBatch]) -> Result<Option<Folded<'a>>, WorkerError> {
        let mut rejects = Vec::new();

        let started = Instant::now();
        let limit = self.settings.batch.records;
        let coming = records(batches, self.next, u64::MAX);
        let Some(decoded) = self.decoder.decode(coming, limit, &mut rejects) else { return Ok(None) };
        let DecodedBatch { events, count, next, appended_at } = decoded;
        let invalid = rejects.len() as u64;
        let mut decoded = vec![events];
        let decode = started.elapsed();

        let started = Instant::now();
        let mut rows = Vec::with_capacity(self.lanes.len());
        let mut decided = Counters::default();
        let published_by = self.lead();
        for (place, lane) in self.lanes.iter_mut().enumerate() {
            if !lane.live {
                rows.push(LaneRows { events: 0, rows: Vec::new() });
                continue;
            }
            let (events, mut own, invalid) = match &mut lane.decoder {
                None => (0, None, invalid),
                Some(decoder) => {
                    let mut own = Vec::new();
                    let again = decoder.decode(records(batches, self.next, next), usize::MAX, &mut own);
                    decoded.push(again.map(|batch| batch.events).unwrap_or_default());
                    let invalid = own.len() as u64;
                    (decoded.len() - 1, Some(own), invalid)
                }
            };
            // Equal rules decide alike: what one lane refuses is published for all.
            let leads = published_by == Some(place);
            let refused = if leads { Some(own.as_mut().unwrap_or(&mut rejects)) } else { None };
            let lane_rows = lane.fold(&self.backend, &decoded[events], invalid, refused)?;
            let (predictions, unserved) = self.champions.count(&self.plan, &lane.version, &lane_rows);
            lane.count(predictions, unserved);
            let counted = (decided.predictions + predictions, decided.unserved + unserved);
            if leads {
                decided = lane.folding();
                rejects = own.unwrap_or(rejects);
            }
            (decided.predictions, decided.unserved) = counted;
            rows.push(LaneRows { events, rows: lane_rows });
        }
        let features = started.elapsed();

        let committed =
            Committed { events: count as u64, decided, appended_at, decode, features, ..Committed::default() };
        Ok(Some(Folded { committed, events: decoded, rows, rejects, next }))
    }

    /// The lane that says which events cannot be used: one by the rules that the project declares, or, while there is none,
    /// one by those that serve.
    fn lead(&self) -> Option<usize> {
        let by_the_project = |lane: &Lane| lane.live && lane.decoder.is_none();
        let lead = self.lanes.iter().position(by_the_project);
        lead.or_else(|| self.lanes.iter().position(|lane| lane.live))
    }

    /// Publishes the batch that has just ended; the states of the lanes go with it where one write holds both.
    fn commit(&mut self, outputs: Vec<Entry>) -> Result<(), WorkerError> {
        if !self.backend.commits_states() {
            self.backend.commit(outputs, self.next, &[])?;
            return Ok(());
        }
        let flushes: Vec<_> = self.lanes.iter_mut().filter(|lane| lane.live).map(Lane::flush).collect();
        let holds = self.backend.commit(outputs, self.next, &flushes)?;
        for (lane, hold) in self.lanes.iter_mut().filter(|lane| lane.live).zip(holds) {
            lane.flushed(hold);
        }
        Ok(())
    }

    /// The records of `rejects`, in the order of the log; `None` if there are none.
    fn dead_letters(&self, rejects: &mut [DeadLetter<'_>]) -> Result<Option<Entry>, WorkerError> {
        rejects.sort_by_key(|reject| (reject.record.offset, reject.element.map(|element| element.index)));
        let now = self.clock.now();
        let mut batch = RecordBatch::new();
        for reject in rejects.iter() {
            let write = |out: &mut Vec<u8>| reject.write(&self.plan.topic, self.backend.partition(), now, out);
            batch.push_with(reject.record.key, write)?;
        }
        let place = TopicPartition { topic: self.plan.dead_letters.clone(), partition: self.backend.partition() };
        Ok((!batch.is_empty()).then_some(Entry { place, batch }))
    }

    /// Flushes the lanes that are live, each in a write of its own.
    fn flush(&mut self) -> Result<(), WorkerError> {
        for lane in self.lanes.iter_mut().filter(|lane| lane.live && lane.flush_due()) {
            let hold = self.backend.flush(&lane.flush())?;
            lane.flushed(hold);
        }
        Ok(())
    }

    /// Removes states of versions that nobody keeps any more, some at a time.
    fn remove_unkept(&mut self) -> Result<Step, WorkerError> {
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

/// The records of `batches` from `from` to before `end`, at most so many.
fn records(batches: &[StoredBatch], from: u64, end: u64) -> impl Iterator<Item = RecordRef<'_>> {
    batches.iter().flat_map(move |batch| batch.records_from(from)).take_while(move |record| record.offset < end)
}
