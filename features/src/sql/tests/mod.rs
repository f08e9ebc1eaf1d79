//! The front end from the outside: SQL in, plans or faults out.

/// Compares with a file in `snapshots/`.
macro_rules! golden {
    ($text:expr) => {
        insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!($text) })
    };
}

mod hash;
mod hostile;
mod refusals;
mod roundtrip;
mod typing;
mod windows;

use std::path::Path;
use std::sync::Arc;

use super::{Catalog, Fault, Scope, scalar_of, view};
use crate::diagnostic::{Problem, Problems};
use crate::plan::View;
use crate::schema::{Compiled, EventTime, Field, Schema, Stream};
use crate::value::Type;

/// A stream with a field of every type.
fn plays() -> Arc<Stream> {
    let field = |name: &str, ty| Field::new(name, ty);
    let schema = Schema::new(vec![
        field("game", Type::String),
        field("play", Type::Int),
        field("team", Type::String),
        field("at", Type::Timestamp),
        field("day", Type::String),
        field("down", Type::Int),
        field("yards", Type::Float),
        field("scoring", Type::Bool),
        Field { outcome: true, ..field("result", Type::Int) },
    ]);
    let event_time =
        scalar_of("at", &Scope::fields(&schema), Some((Type::Timestamp, "event_time"))).expect("event time");
    Arc::new(Stream {
        name: "plays".into(),
        topic: "plays".to_owned(),
        outcomes_topic: "plays-outcomes".to_owned(),
        partitions: 4,
        schema: Arc::new(schema),
        key: vec![0],
        id: vec![0, 1],
        event_time: EventTime::Time { text: event_time.text, program: event_time.program },
        lateness: 30_000_000,
        dedupe: 30_000_000,
        max_ahead: 30_000_000,
        retention: None,
        explode: None,
    })
}

fn read(text: &str) -> Result<View, Vec<Fault>> {
    view(text, &Catalog::from(plays())).view
}

/// A view of one column.
fn column(expression: &str) -> Result<View, Vec<Fault>> {
    read(&format!("CREATE VIEW v AS SELECT {expression} AS x FROM plays"))
}

fn rendered(text: &str, faults: Vec<Fault>) -> String {
    let text: Arc<str> = Arc::from(text);
    let problem = |f: Fault| Problem::at(Path::new("views/v.sql"), &text, f.span, f.message, f.help);
    Problems(faults.into_iter().map(problem).collect()).render(false)
}

/// What `check` would print for the view; it must be faulty.
#[track_caller]
fn explained(text: &str) -> String {
    match read(text) {
        Ok(view) => panic!("accepted: {}", super::canonical(&view)),
        Err(faults) => rendered(text, faults),
    }
}

/// As [`explained`], for the one column of a view.
#[track_caller]
fn explained_column(expression: &str) -> String {
    explained(&format!("CREATE VIEW v AS\nSELECT {expression} AS x\nFROM plays"))
}

fn lone(text: &str) -> Result<Compiled, Vec<Fault>> {
    let stream = plays();
    super::scalar(text, &Scope::training(&stream))
}
