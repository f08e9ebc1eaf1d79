//! Followers of topics: what they make of the records and how far they have got are in the tables by one transaction, so that
//! each record counts once.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use features::project::Project;
use features::schema::Stream;
use features::value::Micros;
use smol_str::{SmolStr, format_smolstr};

use super::keep::oldest_kept;
use super::store::Store;
use super::streamed::record_of;
use super::writer::opened;
use crate::back_off::BackOff;
use crate::causes::with_causes;
use crate::clock::Clock;
use crate::log::{EventLog, LogError, Read, ReadLimit, StoredBatch, TopicPartition};
use crate::metrics::Metrics;
use crate::outcome::{Labels, outcomes_of};
use crate::stop::Stop;
use crate::tables::{Cell, Statements, Tables, TablesError, TablesPlace, transact};

/// How long a follower waits for records before it looks whether it is to stop.
const IDLE: Duration = Duration::from_millis(100);
/// What comes within this time is written together.
const GATHER: Duration = Duration::from_millis(100);
/// What one transaction takes of a partition.
const LIMIT: ReadLimit = ReadLimit { records: 4_000, bytes: 8 << 20 };
const FIRST_BACK_OFF: Duration = Duration::from_millis(200);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(10);

/// What followers are made from.
#[derive(Debug, Clone)]
pub struct FollowerParts {
    pub place: TablesPlace,
    pub log: Arc<dyn EventLog>,
    pub labels: Arc<Labels>,
    pub clock: Arc<dyn Clock>,
    pub metrics: Arc<Metrics>,
}

/// One for each endpoint's topic and each stream's outcomes.
#[derive(Debug)]
pub struct Followers {
    stop: Arc<Stop>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Followers {
    /// The topics must be there.
    pub fn start(project: &Project, parts: &FollowerParts) -> Result<Followers, FollowError> {
        let followers = Followers { stop: Arc::default(), threads: Mutex::default() };
        let predictions = project.endpoints.values().map(|endpoint| {
            (format!("predictions of {}", endpoint.name), SmolStr::from(&endpoint.topic), Records::Predictions)
        });
        let streams = project.streams.values().filter(|stream| {
            let has_outcomes = stream.schema.fields.iter().any(|field| field.outcome);
            has_outcomes && project.models.values().any(|model| model.view.stream.name == stream.name)
        });
        let outcomes = streams.map(|stream| {
            let records = Records::Outcomes(Arc::clone(stream));
            (format!("outcomes of {}", stream.name), SmolStr::from(&stream.outcomes_topic), records)
        });
        for (name, topic, records) in predictions.chain(outcomes) {
            let follower = Follower {
                name: name.clone(),
                topic,
                records,
                keep: project.prediction_log.keep,
                parts: parts.clone(),
                stop: Arc::clone(&followers.stop),
                tables: None,
                store: Store::default(),
                failing: false,
            };
            let thread = std::thread::Builder::new().name(format!("log {name}"));
            let thread = thread.spawn(move || follower.run()).map_err(FollowError::Thread)?;
            followers.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        }
        Ok(followers)
    }

    /// Has what is there written, once, and ends.
    pub fn stop(&self) {
        self.stop.request();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread that follows a topic for the tables panicked");
            }
        }
    }
}

impl Drop for Followers {
    fn drop(&mut self) {
        self.stop();
    }
}

#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    #[error(transparent)]
    Tables(#[from] TablesError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("a thread could not be started")]
    Thread(#[source] std::io::Error),
}

/// What the records of a topic are.
#[derive(Debug)]
enum Records {
    Predictions,
    Outcomes(Arc<Stream>),
}

#[derive(Debug)]
struct Follower {
    name: String,
    topic: SmolStr,
    records: Records,
    keep: Micros,
    parts: FollowerParts,
    stop: Arc<Stop>,
    tables: Option<Box<dyn Tables>>,
    store: Store,
    failing: bool,
}

impl Follower {
    fn run(mut self) {
        let mut back_off = BackOff::new(FIRST_BACK_OFF, LONGEST_BACK_OFF);
        loop {
            let Err(error) = self.follow(&mut back_off) else { return };
            // Whatever is wrong with this connection, the next one may be well.
            self.tables = None;
            self.store.forget();
            if !std::mem::replace(&mut self.failing, true) {
                let error = with_causes(&error);
                tracing::error!(
                    follower = self.name,
                    error,
                    "the tables do not get what a topic holds; it stays there"
                );
            }
            self.parts.metrics.prediction_log.failures.inc();
            if self.stop.wait(back_off.failed()) {
                return;
            }
        }
    }

    /// Returns once it was stopped and everything that was there is written.
    fn follow(&mut self, back_off: &mut BackOff) -> Result<(), FollowError> {
        let partitions = self.parts.log.partitions(&self.topic)?;
        let mut positions = self.positions(partitions)?;
        loop {
            let stopping = self.stop.requested();
            let mut more = false;
            for (partition, position) in (0..).zip(&mut positions) {
                let place = TopicPartition { topic: self.topic.clone(), partition };
                let read = match self.parts.log.read(&place, *position, LIMIT) {
                    Err(LogError::Truncated { start, .. }) => {
                        tracing::warn!(topic = %self.topic, partition, from = *position, start, "records are gone that the tables lack");
                        *position = start;
                        more = true;
                        continue;
                    }
                    read => read?,
                };
                if read.batches.is_empty() {
                    *position = read.next.max(*position);
                    continue;
                }
                let records: usize = read.batches.iter().map(|batch| batch.records_from(*position).count()).sum();
                self.write(partition, *position, &read)?;
                *position = read.next;
                more |= records >= LIMIT.records;
            }
            back_off.went_well();
            if std::mem::take(&mut self.failing) {
                tracing::info!(follower = self.name, "the tables get what a topic holds again");
            }
            if stopping && !more {
                return Ok(());
            }
            if !more && !stopping {
                self.stop.wait(GATHER);
                let after: Vec<(u32, u64)> = (0..).zip(positions.iter().copied()).collect();
                self.parts.log.wait(&self.topic, &after, IDLE)?;
            }
        }
    }

    fn positions(&mut self, partitions: u32) -> Result<Vec<u64>, FollowError> {
        let name = self.name.as_str();
        let tables = opened(&mut self.tables, &self.parts.place)?;
        let sql = "SELECT part, next FROM positions WHERE follower = $1";
        let rows = transact(tables, |statements| statements.query(sql, &[name.into()]))?;
        let mut positions = vec![0; usize::try_from(partitions).unwrap_or_default()];
        for row in rows {
            let place = row.first().and_then(|part| usize::try_from(part.int()?).ok());
            let next = row.get(1).and_then(|next| u64::try_from(next.int()?).ok());
            if let (Some(position), Some(next)) = (place.and_then(|place| positions.get_mut(place)), next) {
                *position = next;
            }
        }
        Ok(positions)
    }

    fn write(&mut self, partition: u32, from: u64, read: &Read) -> Result<(), FollowError> {
        let Follower { name, topic, records, keep, parts, tables, store, .. } = self;
        let now = parts.clock.now();
        let tables = opened(tables, &parts.place)?;
        let next = i64::try_from(read.next).unwrap_or(i64::MAX);
        let (mut streamed, mut invalid, mut verdicts) = (0, 0, Vec::new());
        transact(tables, |statements| {
            (streamed, invalid) = (0, 0);
            verdicts.clear();
            match records {
                Records::Predictions => {
                    let mut found = Vec::new();
                    for record in records_of(&read.batches, from) {
                        match record_of(record.value) {
                            Ok(record) => found.extend(record),
                            Err(_) => invalid += 1,
                        }
                    }
                    streamed = store.write(statements, &found, &parts.labels)?;
                }
                Records::Outcomes(stream) => {
                    let oldest = oldest_kept(now, *keep);
                    for record in records_of(&read.batches, from) {
                        let source = format_smolstr!("{topic}/{partition}/{}", record.offset).to_string();
                        match outcomes_of(record.value, stream, source) {
                            Ok(told) => verdicts.push(parts.labels.take(statements, &told, now, oldest)?),
                            Err(_) => invalid += 1,
                        }
                    }
                }
            }
            note(statements, name, partition, next)
        })?;
        parts.metrics.prediction_log.streamed.inc_by(streamed);
        verdicts.iter().for_each(|verdict| parts.metrics.outcomes.told(verdict));
        if invalid > 0 {
            parts.metrics.outcomes.invalid.inc_by(invalid);
            tracing::warn!(topic = %topic, partition, invalid, "records that cannot be understood were left out of the tables");
        }
        Ok(())
    }
}

fn records_of(batches: &[StoredBatch], from: u64) -> impl Iterator<Item = crate::log::RecordRef<'_>> {
    batches.iter().flat_map(move |batch| batch.records_from(from))
}

fn note(statements: &mut dyn Statements, follower: &str, partition: u32, next: i64) -> Result<(), TablesError> {
    let sql = "INSERT INTO positions (follower, part, next) VALUES ($1, $2, $3) \
               ON CONFLICT (follower, part) DO UPDATE SET next = excluded.next";
    statements.execute(sql, &[follower.into(), partition.into(), Cell::Int(next)]).map(|_| ())
}
