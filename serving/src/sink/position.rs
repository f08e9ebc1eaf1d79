//! How far a sink has got, kept in the database.

use fjall::{Database, Keyspace, KeyspaceCreateOptions};

use super::error::SinkError;

/// What of a topic is in a sink's files, and how long its file was then.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Position {
    pub(super) version: u32,
    pub(super) topic: String,
    pub(super) columns: Vec<String>,
    /// Bytes of the file; 0 for a folder of files.
    pub(super) length: u64,
    /// Per partition: the first offset that is not in the files.
    pub(super) offsets: Vec<u64>,
    /// Records in the files.
    #[serde(default)]
    pub(super) records: u64,
}

impl Position {
    const VERSION: u32 = 1;

    /// Nothing written.
    pub(super) fn start(topic: &str, columns: Vec<String>, partitions: usize) -> Position {
        Position {
            version: Position::VERSION,
            topic: topic.to_owned(),
            columns,
            length: 0,
            offsets: vec![0; partitions],
            records: 0,
        }
    }

    /// Whether it is about the same topic and columns.
    pub(super) fn continues(&self, other: &Position) -> bool {
        (self.version, &self.topic, &self.columns, self.offsets.len())
            == (other.version, &other.topic, &other.columns, other.offsets.len())
    }
}

/// The positions of all sinks, under a sink's name and its path: a sink with a new path begins anew.
#[derive(Clone)]
pub(super) struct Positions {
    keyspace: Keyspace,
}

impl Positions {
    pub(super) fn open(database: &Database) -> Result<Positions, SinkError> {
        let keyspace = database.keyspace("sinks", KeyspaceCreateOptions::default);
        Ok(Positions { keyspace: keyspace.map_err(|source| failed("opened", source))? })
    }

    pub(super) fn get(&self, sink: &str) -> Result<Option<Position>, SinkError> {
        let bytes = self.keyspace.get(sink).map_err(|source| failed("read", source))?;
        bytes.map(|bytes| decode(&bytes).map_err(|source| failed("read", source))).transpose()
    }

    pub(super) fn put(&self, sink: &str, position: &Position) -> Result<(), SinkError> {
        let bytes = serde_json::to_vec(position).map_err(|source| failed("written", source))?;
        self.keyspace.insert(sink, bytes).map_err(|source| failed("written", source))
    }
}

fn decode(bytes: &[u8]) -> serde_json::Result<Position> {
    let mut position: Position = serde_json::from_slice(bytes)?;
    // Before records were counted, they were as many as offsets.
    let Counted { records } = serde_json::from_slice(bytes)?;
    position.records = records.unwrap_or_else(|| position.offsets.iter().sum());
    Ok(position)
}

#[derive(serde::Deserialize)]
struct Counted {
    records: Option<u64>,
}

fn failed(action: &'static str, source: impl std::error::Error + Send + Sync + 'static) -> SinkError {
    SinkError::Position { action, source: Box::new(source) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_persisted_form_stays_as_it_is() {
        let position = Position { length: 7, ..Position::start("plays-win", vec!["offset".into()], 2) };
        let golden = r#"{"version":1,"topic":"plays-win","columns":["offset"],"length":7,"offsets":[0,0],"records":0}"#;
        assert_eq!(serde_json::to_string(&position).expect("JSON"), golden);
        assert_eq!(decode(golden.as_bytes()).expect("position"), position);
    }

    #[test]
    fn a_position_from_before_records_were_counted_had_one_for_each_offset() {
        let old = r#"{"version":1,"topic":"plays-win","columns":["offset"],"length":7,"offsets":[2,3]}"#;
        assert_eq!(decode(old.as_bytes()).expect("position").records, 5);
    }
}
