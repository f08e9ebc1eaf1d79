//! What a parity check found.

use smol_str::SmolStr;

use crate::value::{Micros, Value};

/// What is compared with the stream host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Host {
    /// The batch host over the whole history, in served order.
    Batch,
    /// The request host, asked for each event before it is folded.
    Request,
    /// The request host, asked for events after they were folded or refused: compared with the oracle.
    Again,
    /// The request host, asked for the key at a time: compared with the oracle.
    AsOf,
    /// The naive computation that shares nothing with the hosts.
    Oracle,
}

impl Host {
    pub fn name(self) -> &'static str {
        match self {
            Host::Batch => "batch",
            Host::Request => "request",
            Host::Again => "request again",
            Host::AsOf => "request by key",
            Host::Oracle => "oracle",
        }
    }

    /// What it is compared with: the stream host gives no rows for events that were decided, nor for other times.
    pub fn against(self) -> &'static str {
        match self {
            Host::Batch | Host::Request | Host::Oracle => "stream",
            Host::Again | Host::AsOf => "oracle",
        }
    }
}

/// How many values were compared: of the stream host's rows with each of the others, and of the request host's answers
/// with the oracle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Compared {
    pub batch: u64,
    pub request: u64,
    pub oracle: u64,
    /// Of requests for events that were folded or refused.
    pub again: u64,
    /// Of requests by key.
    pub as_of: u64,
}

/// The outcome of a check.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParityReport {
    /// Events replayed.
    pub events: u64,
    pub keys: u64,
    /// Rows of the view, from the stream host.
    pub rows: u64,
    /// Values of those rows.
    pub values: u64,
    pub compared: Compared,
    /// Values that differ from what they are compared with, and events of which another host makes something else.
    pub mismatches: u64,
    /// Restarts of the stream host.
    pub restarts: u64,
    /// States of keys that were read back after them.
    pub states_read: u64,
    /// The first rows with a mismatch, in the order of the log.
    pub first: Vec<MismatchedRow>,
}

/// An event of which not all hosts make the same.
#[derive(Debug, Clone, PartialEq)]
pub struct MismatchedRow {
    /// In the history, from 0.
    pub row: usize,
    pub time: Micros,
    /// What the view reads of the event, and the fields that name it.
    pub inputs: Vec<(SmolStr, Value)>,
    pub differences: Vec<Difference>,
    /// What the oracle sees in the frames behind the columns that differ.
    pub frames: Vec<FrameContents>,
    /// Number of the key.
    pub key: usize,
    /// In the key's log.
    pub index: usize,
}

/// Where a host differs from what it is compared with: [`Host::against`].
#[derive(Debug, Clone, PartialEq)]
pub enum Difference {
    /// A value of a row that both have.
    Value {
        host: Host,
        /// Index into the view's columns.
        column: usize,
        name: SmolStr,
        found: Value,
        expected: Value,
    },
    /// Whether there is a row at all, or what was decided.
    Outcome { host: Host, found: String, expected: String },
}

/// The rows that a window call sees.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameContents {
    /// Index into the view's calls.
    pub call: usize,
    /// The newest of them, in order: event time, row of the history, and what the call takes from it.
    pub rows: Vec<(Micros, u64, Value)>,
    /// How many there are in all.
    pub length: usize,
}

impl ParityReport {
    /// With what was found in another part of the history; at most `keep` mismatched rows stay.
    pub(super) fn and(mut self, other: ParityReport, keep: usize) -> ParityReport {
        self.events += other.events;
        self.keys += other.keys;
        self.rows += other.rows;
        self.values += other.values;
        self.compared.batch += other.compared.batch;
        self.compared.request += other.compared.request;
        self.compared.oracle += other.compared.oracle;
        self.compared.again += other.compared.again;
        self.compared.as_of += other.compared.as_of;
        self.mismatches += other.mismatches;
        self.restarts += other.restarts;
        self.states_read += other.states_read;
        self.first.extend(other.first);
        self.first.sort_by_key(|row| row.row);
        self.first.truncate(keep);
        self
    }
}
