//! A worker as a state machine. [`Worker::step`] does one thing at a time, in the order that makes every event count
//! exactly once whatever dies in between:
//!
//! 1. open the log's consumer, which fences the predecessor;
//! 2. put a new claim into the slot's record;
//! 3. read up to where the log has committed, O;
//! 4. read up to where the record says that states have folded, L;
//! 5. fold what lies between, publishing nothing;
//! 6. then, batch by batch: fold, predict, commit outputs with the offset; states follow, in the same write or in a
//!    flush of their own.
//!
//! Any error is a crash: the cache goes, and the worker begins again at 1.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use features::online::{Claim, Flush, OnlineStore};

use super::backend::Backend;
use super::cache::StateCache;
use super::dead_letter::DeadLetter;
use super::error::WorkerError;
use super::fold::{Folder, Row, Tally};
use super::plan::StreamPlan;
use super::prediction::{Champions, Stamp};
use super::step::{Committed, Settings, Step};
use crate::clock::Clock;
use crate::log::{Entry, EventLog, RecordBatch, StoredBatch, TopicPartition};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Claim,
    ReadCommitted,
    ReadRecord { committed: u64 },
    CatchUp { committed: u64 },
    Run,
}

/// What became of the events of a batch, before any of it is published.
#[derive(Debug)]
struct Folded<'a> {
    committed: Committed,
    rows: Vec<Row<'a>>,
    rejects: Vec<DeadLetter<'a>>,
    /// The offset behind the batch.
    next: u64,
    /// With the batch.
    tally: Tally,
}

/// Works one partition.
#[derive(Debug)]
pub struct Worker<L, S> {
    backend: Backend<L, S>,
    plan: Arc<StreamPlan>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    claims: fn() -> Claim,
    folder: Folder,
    cache: StateCache,
    state: State,
    /// The next offset to fold.
    next: u64,
    /// Up to the last batch boundary.
    tally: Tally,
    /// States of committed batches that the store does not hold, and whether anything else has changed since the last
    /// flush.
    unflushed: HashMap<Vec<u8>, Vec<u8>>,
    flush_due: bool,
    /// Batches of the log that were read and are not yet processed to their end.
    read: Vec<StoredBatch>,
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
            folder: Folder::new(&plan, backend.partition()),
            backend,
            plan,
            clock,
            settings,
            claims,
            cache: StateCache::default(),
            state: State::Open,
            next: 0,
            tally: Tally::default(),
            unflushed: HashMap::new(),
            flush_due: false,
            read: Vec::new(),
        }
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
        self.cache.clear();
        self.unflushed.clear();
        self.flush_due = false;
        self.read.clear();
        self.state = State::Open;
    }

    /// Whether batches are being processed: everything committed before is folded.
    pub fn is_ready(&self) -> bool {
        self.state == State::Run
    }

    /// The next offset to fold.
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
        self.cache.len()
    }

    /// Integer overflows turned into NULL so far.
    pub fn overflows(&self) -> u64 {
        self.folder.host().overflows()
    }

    fn advance(&mut self) -> Result<Step, WorkerError> {
        match self.state {
            State::Open => {
                self.backend.open()?;
                self.state = State::Claim;
            }
            State::Claim => {
                self.backend.claim((self.claims)())?;
                self.state = State::ReadCommitted;
            }
            State::ReadCommitted => {
                self.state = State::ReadRecord { committed: self.backend.committed()? };
            }
            State::ReadRecord { committed } => {
                let record = self.backend.record()?;
                if record.folded > committed {
                    return Err(WorkerError::Ahead { folded: record.folded, committed });
                }
                self.next = record.folded;
                self.tally = Tally { counters: record.counters, newest: record.newest };
                self.state = State::CatchUp { committed };
            }
            State::CatchUp { committed } => return self.catch_up(committed),
            State::Run => return self.run(),
        }
        Ok(Step::Taking)
    }

    /// Step 5. With nothing between L and O this is where the partition becomes ready.
    fn catch_up(&mut self, committed: u64) -> Result<Step, WorkerError> {
        if self.next >= committed {
            self.state = State::Run;
            return Ok(Step::Ready);
        }
        self.process_next(Some(committed))?;
        if self.backend.commits_states() || self.unflushed.len() >= self.settings.flush_keys {
            self.flush()?;
        }
        Ok(Step::CatchingUp)
    }

    /// Step 6.
    fn run(&mut self) -> Result<Step, WorkerError> {
        if self.unflushed.len() >= self.settings.flush_keys.max(1) {
            self.flush()?;
            return Ok(Step::Flushed);
        }
        if let Some(committed) = self.process_next(None)? {
            return Ok(Step::Committed(committed));
        }
        if self.flush_due {
            self.flush()?;
            return Ok(Step::Flushed);
        }
        Ok(Step::Idle)
    }

    /// Processes the next events of the log; `None` if there are none.
    fn process_next(&mut self, until: Option<u64>) -> Result<Option<Committed>, WorkerError> {
        let mut batches = std::mem::take(&mut self.read);
        if batches.is_empty() {
            batches = self.backend.read(self.next, self.settings.batch)?;
        }
        if batches.is_empty() {
            return Ok(None);
        }
        let committed = self.process(&batches, until)?;
        batches.retain(|batch| batch.end() > self.next);
        self.read = batches;
        Ok(Some(committed))
    }

    /// Folds the events of `batches` from the next offset on. Without `until` it predicts, publishes and commits; with
    /// it, it folds what was committed before that offset, and publishes nothing.
    fn process(&mut self, batches: &[StoredBatch], until: Option<u64>) -> Result<Committed, WorkerError> {
        let read_at = self.clock.now();
        let champions = Champions::now(&self.plan);
        let folded = self.fold(batches, until.unwrap_or(u64::MAX), &champions)?;
        let Some(Folded { mut committed, rows, mut rejects, next, tally }) = folded else {
            return Ok(Committed::default());
        };
        if until.is_some() {
            self.boundary(next, tally);
        } else {
            let started = Instant::now();
            let outputs = champions.predict(&self.plan, &rows);
            committed.predict = started.elapsed();
            let started = Instant::now();
            let stamp = Stamp::new(self.backend.partition(), read_at, &committed);
            let mut entries = champions.write(&self.plan, &rows, &outputs, &stamp)?;
            entries.extend(self.dead_letters(&mut rejects)?);
            self.boundary(next, tally);
            self.commit(entries)?;
            champions.published(&self.plan, &rows);
            committed.commit = started.elapsed();
        }
        self.cache.shrink(self.settings.cached_keys);
        Ok(committed)
    }

    /// Decodes, decides and folds the events of `batches` from the next offset to before `end`, no more than one batch
    /// of this worker holds; `None` if there are none.
    fn fold<'a>(
        &mut self,
        batches: &'a [StoredBatch],
        end: u64,
        champions: &Champions,
    ) -> Result<Option<Folded<'a>>, WorkerError> {
        let records = batches.iter().flat_map(|batch| batch.records_from(self.next)).take_while(|r| r.offset < end);
        let records: Vec<_> = records.take(self.settings.batch.records.max(1)).collect();
        let (Some(first), Some(last)) = (records.first(), records.last()) else { return Ok(None) };
        let (appended_at, next, events) = (first.append_time, last.offset + 1, records.len() as u64);
        let (mut tally, mut rejects) = (self.tally, Vec::new());

        let started = Instant::now();
        let decoded = self.folder.decode(records.into_iter(), &mut rejects);
        tally.counters.invalid += rejects.len() as u64;
        let decode = started.elapsed();

        let started = Instant::now();
        let load = |key: &[u8]| self.backend.state(key);
        let rows = self.folder.fold(decoded, &mut self.cache, load, &mut tally, &mut rejects)?;
        let (predictions, unserved) = champions.count(&self.plan, &rows);
        tally.counters.predictions += predictions;
        tally.counters.unserved += unserved;
        let features = started.elapsed();

        let decided = tally.counters.since(&self.tally.counters);
        let committed = Committed { events, decided, appended_at, decode, features, ..Committed::default() };
        Ok(Some(Folded { committed, rows, rejects, next, tally }))
    }

    /// Publishes the batch that has just ended; its states go with it where one write holds both.
    fn commit(&mut self, outputs: Vec<Entry>) -> Result<(), WorkerError> {
        if !self.backend.commits_states() {
            return self.backend.commit(outputs, self.next, &Flush::default());
        }
        let flush = self.take_unflushed();
        self.backend.commit(outputs, self.next, &flush)?;
        self.cache.flushed();
        self.flush_due = false;
        Ok(())
    }

    /// The records of `rejects`, in the order of the log; `None` if there are none.
    fn dead_letters(&self, rejects: &mut [DeadLetter<'_>]) -> Result<Option<Entry>, WorkerError> {
        rejects.sort_by_key(|reject| reject.record.offset);
        let now = self.clock.now();
        let mut batch = RecordBatch::new();
        for reject in rejects.iter() {
            let write = |out: &mut Vec<u8>| reject.write(&self.plan.topic, self.backend.partition(), now, out);
            batch.push_with(reject.record.key, write)?;
        }
        let place = TopicPartition { topic: self.plan.dead_letters.clone(), partition: self.backend.partition() };
        Ok((!batch.is_empty()).then_some(Entry { place, batch }))
    }

    /// A batch ends before `next`: the states of its keys may be flushed once it is committed.
    fn boundary(&mut self, next: u64, tally: Tally) {
        let Worker { cache, unflushed, folder, .. } = self;
        cache.boundary(|key, state| {
            unflushed.insert(key.to_vec(), state.encode(folder.host()));
        });
        self.next = next;
        self.tally = tally;
        self.flush_due = true;
    }

    fn take_unflushed(&mut self) -> Flush {
        let Tally { counters, newest } = self.tally;
        Flush { folded: self.next, newest, counters, states: std::mem::take(&mut self.unflushed).into_iter().collect() }
    }

    fn flush(&mut self) -> Result<(), WorkerError> {
        let flush = self.take_unflushed();
        self.backend.flush(&flush)?;
        self.cache.flushed();
        self.flush_due = false;
        Ok(())
    }
}
