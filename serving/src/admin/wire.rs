//! What goes over the admin socket.

use features::online::Counters;
use features::value::Micros;
use indexmap::IndexMap;
use serde_json::value::RawValue;

use crate::routing::Awaited;
use crate::skew::SkewReport;
use crate::views::Progress;
use crate::worker::PartitionStatus;

/// `GET /status`
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Status {
    /// Whether every partition is taken and caught up.
    pub ready: bool,
    pub streams: IndexMap<String, StreamReport>,
    pub endpoints: IndexMap<String, EndpointReport>,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub requests: IndexMap<String, RequestsReport>,
    pub sinks: IndexMap<String, SinkReport>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct StreamReport {
    pub topic: String,
    pub totals: Totals,
    /// Events in the dead letters' topic, where the log can tell without reading it.
    pub dead_letters: Option<u64>,
    /// What the skew check has found since the server started; only where one is declared and a server runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew: Option<SkewReport>,
    /// Differences on the skew topic, of earlier servers too, where the log can tell without reading it.
    #[serde(default)]
    pub skew_records: Option<u64>,
    /// The versions of its views whose states are kept, those that the project declares first. None where nobody works
    /// the stream.
    #[serde(default)]
    pub views: Vec<ViewReport>,
    pub partitions: Vec<PartitionReport>,
    /// Over all keys and their states, in the order of the keys; 32 hex digits. Only where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_hash: Option<String>,
}

/// A version of a view.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ViewReport {
    pub view: String,
    pub view_hash: String,
    /// Whether it is the one that the project declares; else a model in use was trained on it.
    pub declared: bool,
    /// Whether its states are level with the stream, so that it can be served from.
    pub live: bool,
    #[serde(flatten)]
    pub progress: Progress,
}

/// Sums over a stream's partitions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Totals {
    pub end: u64,
    pub committed: u64,
    pub lag: u64,
    /// Keys with a state; only where the states' hash was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<u64>,
    #[serde(flatten)]
    pub counters: Counters,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PartitionReport {
    pub partition: u32,
    /// Where the log ends.
    pub end: u64,
    /// The first offset not committed.
    pub committed: u64,
    pub lag: u64,
    #[serde(flatten)]
    pub counters: Counters,
    /// The newest event time less the lateness.
    pub watermark: Option<Micros>,
    /// `None` where the stream has no endpoint, and so no worker, or no server runs.
    pub worker: Option<PartitionStatus>,
}

/// A request stream.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RequestsReport {
    pub topic: String,
    /// The topic of its answers.
    pub answers: String,
    /// Records on it, where the log can tell without reading it.
    pub answered: Option<u64>,
    /// Questions without an answer.
    pub lag: u64,
    /// Why a partition of it was last taken again, while it is.
    pub error: Option<String>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct EndpointReport {
    pub topic: String,
    pub model: String,
    /// `None` while no version serves.
    pub version: Option<u32>,
    /// The champion, while its version of the view is built up and an older version serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaited: Option<Awaited>,
    /// Why the champion is not what serves.
    pub refused: Option<String>,
    /// Records on its topic, where the log can tell without reading it.
    pub predictions: Option<u64>,
    /// How `clutch stream watch` prints a prediction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SinkReport {
    pub endpoint: String,
    pub path: String,
    /// Records written and safe on the disk.
    pub written: u64,
    /// Records on the endpoint's topic that are not; an upper bound where the log leaves out offsets.
    pub behind: u64,
    /// Why the last attempt failed; kept until one succeeds.
    pub error: Option<String>,
}

/// `POST /topics/{topic}/records`
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AppendAnswer {
    /// 0 if the append was in the log already.
    pub appended: u64,
    pub repeated: bool,
}

/// `GET /producers/{id}`
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct ProducerAnswer {
    pub(super) last_sequence: u64,
}

/// `POST /forget?unit=…`
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct ForgetAnswer {
    pub(super) predictions: u64,
}

/// `GET /topics/{topic}/records`
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ReadAnswer {
    pub records: Vec<StoredRecord>,
    /// Where the next read goes on.
    #[serde(default)]
    pub next: u64,
    /// No record of the partition lies at or beyond it.
    pub end: u64,
}

/// One record of a topic whose values are JSON.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct StoredRecord {
    pub partition: u32,
    pub offset: u64,
    /// When the log took it: for predictions, when they were committed.
    pub appended_at: Micros,
    /// As it stands in the log; `null` where that is no JSON.
    pub value: Box<RawValue>,
}

/// A line of `GET /topics/{topic}/tail`: a [`StoredRecord`], or `{"missed":NUMBER}`.
#[derive(Debug, Clone)]
pub enum TailLine {
    Record(StoredRecord),
    /// The client was too slow: so many records were left out.
    Missed(u64),
}

#[derive(serde::Serialize, serde::Deserialize)]
struct MissedLine {
    missed: u64,
}

impl TailLine {
    /// Writes the line with its end.
    pub(super) fn write(&self, lines: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        match self {
            TailLine::Record(record) => serde_json::to_writer(&mut *lines, record)?,
            TailLine::Missed(missed) => serde_json::to_writer(&mut *lines, &MissedLine { missed: *missed })?,
        }
        lines.push(b'\n');
        Ok(())
    }

    pub(super) fn parse(line: &[u8]) -> Result<TailLine, serde_json::Error> {
        match serde_json::from_slice(line) {
            Ok(record) => Ok(TailLine::Record(record)),
            Err(error) => match serde_json::from_slice::<MissedLine>(line) {
                Ok(MissedLine { missed }) => Ok(TailLine::Missed(missed)),
                Err(_) => Err(error),
            },
        }
    }
}

/// Where a dead letter stands in its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct LetterPlace {
    pub partition: u32,
    pub offset: u64,
}

/// `POST /streams/{stream}/redrive`: what became of the letters that were asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RedriveAnswer {
    /// Given back to their stream.
    pub redriven: u64,
    /// Had been given back before.
    pub before: u64,
    /// There is no such letter, or it is of a single element of a message.
    pub unusable: u64,
}

/// Where a tail begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Position {
    Start,
    #[default]
    End,
}

/// Why the server refused: its HTTP status says what kind of refusal it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct RefusalBody {
    pub(super) code: String,
    pub(super) message: String,
}
