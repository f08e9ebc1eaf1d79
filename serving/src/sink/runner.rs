//! A sink at work: takes what is due from the log, writes it, notes it; after a failure it begins from its note.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use features::project::{Sink, SinkFormat};
use features::value::Micros;
use smol_str::SmolStr;

use super::columns::{SinkColumn, begun_with};
use super::error::SinkError;
use super::lines::{LineFile, LineFormat};
use super::parquet::ParquetFolder;
use super::position::{Position, Positions};
use crate::back_off::BackOff;
use crate::clock::Clock;
use crate::log::{EventLog, LogError, Read, ReadLimit, RecordRef, StoredBatch, TopicPartition};
use crate::metrics::SinkMetrics;
use crate::stop::Stop;

/// How long a sink waits for predictions before it looks whether it is to stop.
const IDLE: Duration = Duration::from_millis(100);
/// What comes within this time after a write is written together: the disk is asked to synchronise ten times a second.
const GATHER: Duration = Duration::from_millis(100);
/// The most that one write holds of each partition.
const LINES: ReadLimit = ReadLimit { records: 10_000, bytes: 8 << 20 };
/// A Parquet file is begun when this many predictions wait, or the oldest has waited for [`PARQUET_AGE`].
const PARQUET_ROWS: usize = 50_000;
const PARQUET_AGE: Micros = 60_000_000;
const PARQUET: ReadLimit = ReadLimit { records: PARQUET_ROWS, bytes: 64 << 20 };
/// The first wait after a failure, and the longest.
const FIRST_BACK_OFF: Duration = Duration::from_millis(200);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(30);

/// A sink on its thread.
pub(super) struct Runner {
    pub(super) sink: Sink,
    pub(super) key: String,
    pub(super) topic: SmolStr,
    pub(super) columns: Vec<SinkColumn>,
    pub(super) log: Arc<dyn EventLog>,
    pub(super) positions: Positions,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) metrics: SinkMetrics,
    pub(super) stop: Arc<Stop>,
    pub(super) progress: Arc<Mutex<Progress>>,
}

/// The open file or folder.
enum Target {
    Lines(LineFile),
    Parquet(ParquetFolder),
}

impl Runner {
    pub(super) fn run(self) {
        let mut back_off = BackOff::new(FIRST_BACK_OFF, LONGEST_BACK_OFF);
        loop {
            let Err(error) = self.write_until_stopped(&mut back_off) else { return };
            let wait = back_off.failed();
            self.failed(&error, wait);
            if self.stop.wait(wait) {
                return;
            }
        }
    }

    /// Returns once it was stopped and everything is written.
    fn write_until_stopped(&self, back_off: &mut BackOff) -> Result<(), SinkError> {
        let (mut target, mut position) = self.recover()?;
        self.note(&position);
        loop {
            let stopping = self.stop.requested();
            let parts = self.due(&target, &position, stopping)?;
            if parts.is_empty() {
                if stopping {
                    return Ok(());
                }
                self.wait(&target, &position)?;
                continue;
            }
            let more = self.write(&mut target, &parts, &mut position)?;
            back_off.went_well();
            if !more && !stopping {
                self.stop.wait(GATHER);
            }
        }
    }

    fn recover(&self) -> Result<(Target, Position), SinkError> {
        let partitions = ends(&*self.log, &self.topic)?.len();
        let found = self.positions.get(&self.key)?;
        let path = &self.sink.path;
        let columns = self.columns_to_go_on_with(found.as_ref());
        let names = columns.iter().map(|column| column.name.to_string()).collect();
        let start = Position::start(&self.topic, names, partitions);
        let lines = |format| LineFile::recover(path, format, columns.clone(), found.clone(), start.clone());
        let (target, position) = match self.sink.format {
            SinkFormat::Csv => lines(LineFormat::Csv).map(|(file, position)| (Target::Lines(file), position))?,
            SinkFormat::Jsonl => lines(LineFormat::Jsonl).map(|(file, position)| (Target::Lines(file), position))?,
            SinkFormat::Parquet => {
                let position = match found.clone() {
                    Some(found) if !found.continues(&start) && self.taken_away() => start.clone(),
                    Some(found) if !found.continues(&start) => {
                        return Err(SinkError::Changed { path: PathBuf::from(path) });
                    }
                    Some(found) => found,
                    None => start.clone(),
                };
                (Target::Parquet(ParquetFolder::open(path, columns)?), position)
            }
        };
        // Noted before the first write: a file that has grown without a note would be taken for somebody else's.
        self.positions.put(&self.key, &position)?;
        Ok((target, position))
    }

    /// A file goes on with the columns that it was begun with where they differ in optional ones only.
    fn columns_to_go_on_with(&self, found: Option<&Position>) -> Vec<SinkColumn> {
        let kept = found.and_then(|found| begun_with(&self.columns, &found.columns));
        let Some(kept) = kept.filter(|_| !self.taken_away()) else { return self.columns.clone() };
        let lacks = |column: &&SinkColumn| !kept.iter().any(|kept| kept.name == column.name);
        let missing: Vec<&str> = self.columns.iter().filter(lacks).map(|column| column.name.as_str()).collect();
        if !missing.is_empty() && self.sink.format != SinkFormat::Jsonl {
            tracing::warn!(
                sink = %self.sink.name,
                path = %self.sink.path.display(),
                missing = missing.join(", "),
                "a sink's file was begun without some columns and goes on without them: give the sink another path to \
                 have all predictions written with them"
            );
        }
        kept
    }

    /// Where the file, or the folder, is gone or empty there is nothing to go on with.
    fn taken_away(&self) -> bool {
        let path = &self.sink.path;
        match self.sink.format {
            SinkFormat::Csv | SinkFormat::Jsonl => std::fs::metadata(path).map_or(true, |file| file.len() == 0),
            SinkFormat::Parquet => std::fs::read_dir(path).map_or(true, |mut files| files.next().is_none()),
        }
    }

    /// What is to be written now.
    fn due(&self, target: &Target, position: &Position, stopping: bool) -> Result<Vec<Part>, SinkError> {
        let ends = ends(&*self.log, &self.topic)?;
        let mut parts = Vec::new();
        for ((partition, end), from) in (0..).zip(ends).zip(position.offsets.iter().copied()) {
            if end <= from {
                continue;
            }
            let place = TopicPartition { topic: self.topic.clone(), partition };
            let limit = match target {
                Target::Lines(_) => LINES,
                Target::Parquet(_) => {
                    let waited = |batch: &StoredBatch| self.clock.now().saturating_sub(batch.append_time());
                    let aged = match self.log.read(&place, from, ReadLimit { records: 1, bytes: 1 }) {
                        Err(LogError::Truncated { .. }) => true,
                        first => first?.batches.first().is_some_and(|batch| waited(batch) >= PARQUET_AGE),
                    };
                    if !stopping && !aged && end - from < PARQUET_ROWS as u64 {
                        continue;
                    }
                    PARQUET
                }
            };
            let (from, Read { batches, next }) = match self.log.read(&place, from, limit) {
                // Predictions that the log no longer has: those behind them are still due.
                Err(LogError::Truncated { start, .. }) => {
                    tracing::warn!(sink = %self.sink.name, partition, from, start, "predictions are gone unwritten");
                    (start, self.log.read(&place, start, limit)?)
                }
                read => (from, read?),
            };
            // Behind the last record there may be offsets that the log leaves out: past them there is nothing to wait for.
            if !batches.is_empty() || next > from {
                parts.push(Part { partition, from, next, batches });
            }
        }
        Ok(parts)
    }

    /// Writes `parts` and notes it; true if there was more than one write may hold.
    fn write(&self, target: &mut Target, parts: &[Part], position: &mut Position) -> Result<bool, SinkError> {
        match target {
            Target::Lines(file) => {
                if parts.iter().any(|part| part.len() > 0) {
                    position.length = file.write(parts, position.length)?;
                }
                for part in parts {
                    advance(position, part);
                }
                self.positions.put(&self.key, position)?;
            }
            Target::Parquet(folder) => {
                for part in parts {
                    if part.len() > 0 {
                        folder.write(part)?;
                    }
                    advance(position, part);
                    self.positions.put(&self.key, position)?;
                }
            }
        }
        self.metrics.written.inc_by(parts.iter().map(|part| part.len() as u64).sum());
        self.note(position);
        Ok(parts.iter().any(|part| part.len() >= LINES.records))
    }

    fn wait(&self, target: &Target, position: &Position) -> Result<(), SinkError> {
        match target {
            Target::Lines(_) => {
                let after: Vec<(u32, u64)> = (0..).zip(position.offsets.iter().copied()).collect();
                self.log.wait(&self.topic, &after, IDLE)?;
            }
            // Waits for time as much as for predictions.
            Target::Parquet(_) => {
                self.stop.wait(IDLE);
            }
        }
        Ok(())
    }

    fn note(&self, position: &Position) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        *progress = Progress { written: position.records, offsets: position.offsets.iter().sum(), error: None };
    }

    fn failed(&self, error: &SinkError, back_off: Duration) {
        let text = crate::causes::with_causes(error);
        tracing::warn!(sink = %self.sink.name, error = text, wait_ms = back_off.as_millis() as u64, "a sink could not write");
        self.metrics.failures.inc();
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).error = Some(text);
    }
}

fn advance(position: &mut Position, part: &Part) {
    let offset = usize::try_from(part.partition).ok().and_then(|index| position.offsets.get_mut(index));
    if let Some(offset) = offset {
        *offset = part.next;
        position.records += part.len() as u64;
    }
}

/// How far a sink has got, for those who ask.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Records written, and the sum of the partitions' offsets behind them.
    pub(super) written: u64,
    pub(super) offsets: u64,
    pub(super) error: Option<String>,
}

/// Records of one partition on their way into files.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) partition: u32,
    pub(super) from: u64,
    /// Where the next part begins.
    next: u64,
    batches: Vec<StoredBatch>,
}

impl Part {
    pub(super) fn records(&self) -> impl Iterator<Item = RecordRef<'_>> {
        self.batches.iter().flat_map(|batch| batch.records_from(self.from))
    }

    pub(super) fn len(&self) -> usize {
        self.records().count()
    }
}

/// Where each partition of a topic ends.
pub(super) fn ends(log: &dyn EventLog, topic: &SmolStr) -> Result<Vec<u64>, SinkError> {
    let end = |partition| log.end(&TopicPartition { topic: topic.clone(), partition });
    Ok((0..log.partitions(topic)?).map(end).collect::<Result<_, _>>()?)
}
