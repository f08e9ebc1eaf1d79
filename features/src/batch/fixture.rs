//! A small stream for the tests of this folder: points scored in a match, ordered by a counter.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::schema::{EventTime, Field, Schema, Stream};
use crate::value::Type;

/// match_id (key), seq (order, id), points, odds, team, home and at; only `match_id` and `seq` are needed.
pub(super) fn stream() -> Arc<Stream> {
    let field = |name: &str, ty: Type| Field::new(name, ty);
    let fields = vec![
        field("match_id", Type::String),
        field("seq", Type::Int),
        field("points", Type::Int),
        field("odds", Type::Float),
        field("team", Type::String),
        field("home", Type::Bool),
        field("at", Type::Timestamp),
    ];
    Arc::new(Stream {
        name: "scores".into(),
        topic: "scores".to_owned(),
        outcomes_topic: "scores-outcomes".to_owned(),
        partitions: 4,
        schema: Arc::new(Schema::new(fields)),
        key: vec![0],
        id: vec![0, 1],
        event_time: EventTime::Order { field: 1 },
        lateness: 10,
        dedupe: 10,
        max_ahead: 10,
        retention: None,
        explode: None,
    })
}

/// A folder that is removed at the end of the test.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(super) fn write_gzip(&self, name: &str, content: &str) -> PathBuf {
        self.write(name, gzip(content.as_bytes()))
    }

    /// Every file of the folder whose name matches.
    pub(super) fn pattern(&self, pattern: &str) -> String {
        self.path(pattern).display().to_string()
    }

    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(self.0.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub(super) fn dir(&self) -> &Path {
        self.0.path()
    }
}

pub(super) fn gzip(content: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}
