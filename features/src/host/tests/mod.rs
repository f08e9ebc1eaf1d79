//! The hosts over a small project, from JSON to rows.

mod as_of;
mod keys;
mod requests;
mod restarts;
mod streams;

use std::sync::{Arc, LazyLock};

use super::*;
use crate::event::{Event, EventDecoder};
use crate::project::Project;
use crate::value::{Micros, Value};

const SECOND: Micros = 1_000_000;

const PROJECT: &str = r#"
[project]
name = "football"

[streams.plays]
topic      = "plays"
key        = ["game"]
event_time = "at"
id         = ["game", "play"]
lateness   = "10s"
dedupe     = "1m"
max_ahead  = "5s"
retention  = "1h"

[streams.plays.fields]
game  = "string"
play  = "int"
at    = "timestamp"
team  = "string"
kind  = "string"
yards = "float"
"#;

const RECENT: &str = "
CREATE VIEW recent AS
SELECT game, play, yards * 2.0 AS doubled, sum(yards) OVER form AS yards_recent, avg(yards) OVER all_plays AS mean_yards,
       lag(yards, 1) OVER all_plays AS yards_before
FROM plays
WHERE kind <> 'kickoff'
WINDOW form AS (PARTITION BY game, team ORDER BY event_time ROWS 2 PRECEDING EXCLUDE CURRENT ROW),
       all_plays AS (PARTITION BY game ORDER BY event_time)";

const TOTALS: &str = "
CREATE VIEW totals AS
SELECT game, play, count(*) OVER (PARTITION BY game ORDER BY event_time) AS plays FROM plays";

fn project(views: &[(&str, &str)]) -> Project {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("clutch.toml"), PROJECT).unwrap();
    std::fs::create_dir(dir.path().join("views")).unwrap();
    for (name, sql) in views {
        std::fs::write(dir.path().join("views").join(format!("{name}.sql")), sql).unwrap();
    }
    Project::load(dir.path(), &|_| None).unwrap_or_else(|problems| panic!("{problems}"))
}

fn host_of(views: &[(&str, &str)]) -> StreamHost {
    let project = project(views);
    StreamHost::new(Arc::clone(&project.streams["plays"]), project.views_of("plays"))
}

fn host() -> StreamHost {
    static BOTH: LazyLock<Project> = LazyLock::new(|| project(&[("recent", RECENT), ("totals", TOTALS)]));
    StreamHost::new(Arc::clone(&BOTH.streams["plays"]), BOTH.views_of("plays"))
}

/// A play of the team KC; NULL where the kind is empty.
fn play(number: i64, at: Micros, kind: &str, yards: f64) -> Event {
    let fields = vec![
        Value::String("KC-DET".into()),
        Value::Int(number),
        Value::Timestamp(at),
        Value::String("KC".into()),
        if kind.is_empty() { Value::Null } else { Value::String(kind.into()) },
        Value::Float(yards),
    ];
    Event { fields: fields.into(), time: at }
}

fn at(offset: u64) -> Position {
    Position { partition: 0, offset, append_time: None }
}

/// A key's life: offsets count from 0.
struct Key {
    state: KeyState,
    offset: u64,
}

impl Key {
    fn new() -> Key {
        Key { state: KeyState::default(), offset: 0 }
    }

    fn process(&mut self, host: &mut StreamHost, event: &Event) -> Accepted {
        self.offset += 1;
        host.process(&mut self.state, event, at(self.offset - 1))
    }
}

/// The columns of the row that view `index` gave.
#[track_caller]
fn columns(accepted: &Accepted, index: usize) -> &[Value] {
    &accepted.rows[index].as_ref().expect("a row").columns
}
