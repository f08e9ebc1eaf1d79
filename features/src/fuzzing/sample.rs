//! The project that hostile input is tried on: a field of every type and spelling, a list that is exploded, and a view of
//! every window call.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use crate::host::StreamHost;
use crate::project::{Project, SourceFile, Sources};
use crate::schema::Stream;

const MANIFEST: &str = r#"
[project]
name = "sample"

[streams.plays]
topic      = "plays"
key        = ["game"]
event_time = "at"
id         = ["game", "play"]
lateness   = "30s"
dedupe     = "10m"
retention  = "7d"

[streams.plays.fields]
game    = "string"
play    = "int"
at      = "timestamp"
team    = "string"
down    = { type = "int", check = "down BETWEEN 1 AND 4" }
yards   = "float"
score   = { type = "float", path = "/data/score" }
scoring = "bool"
result  = { type = "int", outcome = true }

[streams.matches]
topic      = "matches"
key        = ["match"]
event_time = "started"
id         = ["match"]

[streams.matches.fields]
match   = { type = "string", path = "/metadata/id" }
started = { type = "timestamp", format = "epoch_ms", path = "/info/start" }
day     = { type = "timestamp", format = "%m/%d/%Y %H:%M", path = "/info/day" }

[streams.seats]
explode    = { stream = "matches", list = "/info/seats" }
key        = ["match"]
event_time = "started"

[streams.seats.fields]
match   = { parent = "match" }
started = { parent = "started" }
day     = { parent = "day" }
seat    = { element = "index" }
name    = { element = "name" }
side    = { type = "enum", values = ["blue", "red", "?"], other = "?" }
lane    = { type = "enum", values = ["top", "bottom"], path = "/at/lane" }
joined  = { type = "timestamp", format = "epoch_ns" }
gold    = { type = "float", path = "/at/gold", check = "gold >= 0" }
"#;

/// Every window call over every frame, and a column of every type.
const EVERYTHING: &str = "
CREATE VIEW everything AS
SELECT game, play, at, team, scoring, yards / 3 AS third,
       count(*) OVER game AS plays, sum(down) OVER game AS downs, sum(yards) OVER game AS gained,
       avg(yards) OVER game AS mean, min(yards) OVER game AS least, max(team) OVER game AS most,
       var_samp(yards) OVER game AS variance, stddev_samp(down) OVER game AS deviation,
       first_value(team) OVER game AS opener, last_value(yards) OVER game AS latest, nth_value(down, 3) OVER game AS third_down,
       lag(yards, 2) OVER game AS before, count_distinct(team, 3) OVER game AS teams,
       ewma(yards, 3) OVER game AS form, ewma(down, INTERVAL '90 s') OVER game AS fading,
       time_since_last() OVER game AS pause,
       sum(yards) FILTER (WHERE scoring) OVER recent AS recent_gained, avg(down) OVER recent AS recent_downs,
       min(at) OVER recent AS recent_start, var_samp(yards) OVER recent AS recent_variance,
       count_distinct(down, 2) OVER recent AS recent_distinct, nth_value(team, 2) OVER recent AS recent_second,
       max(yards) OVER minutes AS minutes_best, sum(down) OVER minutes AS minutes_downs,
       first_value(play) OVER minutes AS minutes_first, count(yards) OVER minutes AS minutes_count
FROM plays
WHERE down IS NOT NULL OR yards IS NOT NULL
WINDOW game    AS (PARTITION BY game ORDER BY event_time),
       recent  AS (PARTITION BY game, team ORDER BY event_time ROWS 2 PRECEDING EXCLUDE CURRENT ROW),
       minutes AS (PARTITION BY game, yards > 0.0 ORDER BY event_time RANGE INTERVAL '2 minutes' PRECEDING)
";

const COUNTED: &str =
    "CREATE VIEW counted AS SELECT count(*) OVER (PARTITION BY game ORDER BY event_time) AS plays FROM plays";

pub(super) fn sources(manifest: &str, views: &[&str]) -> Sources {
    let file = |path: String, text: &str| SourceFile { path: path.into(), text: text.to_owned() };
    Sources {
        manifest: file("clutch.toml".to_owned(), manifest),
        views: views.iter().enumerate().map(|(i, text)| file(format!("views/{i}.sql"), text)).collect(),
    }
}

fn sample() -> &'static Project {
    static SAMPLE: LazyLock<Project> = LazyLock::new(|| {
        match Project::check(Path::new("/sample"), &sources(MANIFEST, &[EVERYTHING, COUNTED]), &|_| None) {
            Ok(project) => project,
            Err(problems) => panic!("{problems}"),
        }
    });
    &SAMPLE
}

pub(super) fn stream() -> &'static Arc<Stream> {
    &sample().streams["plays"]
}

/// Of elements of a list, with enumerations and times in formats.
pub(super) fn exploded() -> &'static Arc<Stream> {
    &sample().streams["seats"]
}

pub(super) fn host() -> StreamHost {
    StreamHost::new(Arc::clone(stream()), sample().views_of("plays"))
}
