//! The stream host on one core: JSON to typed events, and events to the rows of the nfl project's views.
//!
//!     CLUTCH_DATA=… cargo bench --bench stream_host
//!
//! Beside decoding stand two parses of the same bytes that keep nothing (the limit of the parser) and everything (what
//! an intermediate tree costs); beside the host stands the evaluation of the same row expressions without windows,
//! decisions or state. Every figure is the median of several repetitions, taken in turn.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints its figures and may fail loudly")]

#[path = "support/plays.rs"]
mod plays;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use features::batch::read_history;
use features::event::{Event, EventDecoder};
use features::host::{KeyState, Position, RequestHost, StreamHost};
use features::plan::View;
use features::program::Scratch;
use features::project::Project;
use features::schema::Stream;
use features::sql::{Catalog, view};
use features::value::Value;
use serde::de::IgnoredAny;

use self::plays::{PROJECT, seasons};

const REPETITIONS: usize = 11;
/// A worker gets its events from where the log has just put them, not from far memory: so few plays are measured at a
/// time, so many times over.
const PLAYS: usize = 1_000;
const ROUNDS: usize = 20;
/// What nflverse writes beside the fields that the project declares: 66 columns in all.
const UNDECLARED: [(&str, &str); 31] = [
    ("is_home", "1.0"),
    ("half_seconds_remaining", "1558"),
    ("posteam_score_post", "13.0"),
    ("defteam_score_post", "10.0"),
    ("home_timeouts_remaining", "3.0"),
    ("away_timeouts_remaining", "2.0"),
    ("pass_attempt", "1.0"),
    ("rush_attempt", "0.0"),
    ("qb_scramble", "0"),
    ("complete_pass", "1.0"),
    ("incomplete_pass", "0.0"),
    ("touchdown", "0.0"),
    ("fumble", "0.0"),
    ("penalty", "0.0"),
    ("penalty_yards", "null"),
    ("air_yards", "-3.0"),
    ("yards_after_catch", "1.0"),
    ("cpoe", "18.9109077454"),
    ("success", "0.0"),
    ("ep", "4.2455525398"),
    ("epa", "-1.1006828547"),
    ("wpa", "-0.0324282646"),
    ("wp_exact", "true"),
    ("overtime", "0"),
    ("div_game", "0"),
    ("location", "\"Home\""),
    ("roof", "\"outdoors\""),
    ("surface", "\"\""),
    ("temp", "null"),
    ("passer_player_id", "\"00-0033949\""),
    ("receiver_player_id", "\"00-0033553\""),
];

fn main() {
    let project = Project::load(Path::new(PROJECT), &|_| None).expect("the nfl project");
    let stream = Arc::clone(&project.streams["plays"]);
    let views = project.views_of("plays");
    let events = events(&stream);
    println!("{} plays, one core, medians of {REPETITIONS}", events.len());
    decoding(&stream, &events);
    hosting(&stream, &views, &events);
    together(&stream, &views, &events);
}

/// What a worker does of a message before its predictions: from JSON to the rows of every view.
fn together(stream: &Arc<Stream>, views: &[Arc<View>], events: &[Event]) {
    let events = &events[..events.len().min(PLAYS)];
    let lines: Vec<String> = events.iter().map(|event| json(stream, event, &[])).collect();
    let mut figures = Figures::new("JSON to rows: decode and host together", events.len() * ROUNDS);
    let win_probability = views.iter().filter(|view| view.name == "win_probability").cloned().collect();
    for (title, views) in [("win_probability", win_probability), ("every view of the stream", views.to_vec())] {
        let mut host = StreamHost::new(Arc::clone(stream), views);
        let keys = keys(&host, events);
        let (mut decoder, lines) = (EventDecoder::new(Arc::clone(stream)), lines.as_slice());
        figures.add(title, move || {
            for _ in 0..ROUNDS {
                let mut states = vec![KeyState::default(); keys.iter().max().map_or(0, |last| last + 1)];
                for ((offset, line), key) in (0..).zip(lines).zip(&keys) {
                    let event = decoder.decode(line.as_bytes()).expect("an event");
                    let position = Position { partition: 0, offset, append_time: None };
                    black_box(host.process(&mut states[*key], &event, position));
                }
            }
        });
    }
    figures.report();
}

fn decoding(stream: &Arc<Stream>, events: &[Event]) {
    for (title, undeclared) in [("66 members", &UNDECLARED[..]), ("declared members only", &[])] {
        let events = &events[..events.len().min(PLAYS)];
        let lines: Vec<String> = events.iter().map(|event| json(stream, event, undeclared)).collect();
        let bytes: usize = lines.iter().map(String::len).sum();
        let mut decoder = EventDecoder::new(Arc::clone(stream));
        let lines = lines.as_slice();
        let mut figures =
            Figures::new(&format!("JSON, {title}, {} bytes an event", bytes / lines.len()), lines.len() * ROUNDS);
        figures.add("parse, keep nothing (limit)", || {
            for line in std::iter::repeat_n(lines, ROUNDS).flatten() {
                black_box(serde_json::from_str::<IgnoredAny>(line).expect("JSON"));
            }
        });
        figures.add("decode and validate", move || {
            for line in std::iter::repeat_n(lines, ROUNDS).flatten() {
                black_box(decoder.decode(line.as_bytes()).expect("an event"));
            }
        });
        let mut validator = EventDecoder::new(Arc::clone(stream));
        figures.add("  of it validate", move || {
            for event in std::iter::repeat_n(events, ROUNDS).flatten() {
                black_box(validator.validate(event.fields.clone()).expect("an event"));
            }
        });
        figures.add("parse into a tree", || {
            for line in std::iter::repeat_n(lines, ROUNDS).flatten() {
                black_box(serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
            }
        });
        figures.report();
    }
}

fn hosting(stream: &Arc<Stream>, views: &[Arc<View>], events: &[Event]) {
    let named = |name: &str| views.iter().find(|view| view.name == name).cloned().expect(name);
    let win_probability = named("win_probability");
    let plain = Arc::new(without_windows(&win_probability));
    let season = events;
    let events = &season[..season.len().min(PLAYS)];
    let mut figures = Figures::new("stream host, decoded events", events.len() * ROUNDS);
    let (mut scratch, mut before, mut columns) = (Scratch::default(), Vec::new(), Vec::new());
    let expressions = Arc::clone(&plain);
    figures.add("row expressions alone (limit)", move || {
        for event in std::iter::repeat_n(events, ROUNDS).flatten() {
            expressions.before.eval(&mut scratch, &event.fields, &[], &mut before);
            if before.first() == Some(&Value::Bool(true)) {
                expressions.after.eval(&mut scratch, &event.fields, &[], &mut columns);
            }
            black_box(&columns);
        }
    });
    for (title, views) in [
        ("win_probability without its windows", vec![plain.clone()]),
        ("win_probability", vec![Arc::clone(&win_probability)]),
        ("win_probability and game_score", vec![Arc::clone(&win_probability), named("game_score")]),
    ] {
        let mut host = StreamHost::new(Arc::clone(stream), views);
        let keys = keys(&host, events);
        figures.add(title, move || {
            for _ in 0..ROUNDS {
                black_box(run(&mut host, events, &keys));
            }
        });
    }
    figures.report();
    states(stream, &win_probability, season);
}

/// What stands around the host: the state's bytes, and requests.
fn states(stream: &Arc<Stream>, view: &Arc<View>, events: &[Event]) {
    let mut host = StreamHost::new(Arc::clone(stream), vec![Arc::clone(view)]);
    let keys = keys(&host, events);
    let states = run(&mut host, events, &keys);
    let mut blobs: Vec<Vec<u8>> = states.iter().map(|state| state.encode(&host)).collect();
    let mut figures = Figures::new("state of a key, win_probability", states.len());
    figures.add("encode", || {
        for state in &states {
            black_box(state.encode(&host));
        }
    });
    figures.add("decode", || {
        for blob in &blobs {
            black_box(KeyState::decode(blob, &host).expect("a state"));
        }
    });
    figures.report();
    let mut requests = RequestHost::new(Arc::clone(view), 0);
    // The last play of each game that the view keeps.
    let mut last = HashMap::new();
    for (event, key) in events.iter().zip(&keys) {
        if requests.row(Some(&states[*key]), event).is_ok() {
            last.insert(*key, event);
        }
    }
    let mut figures = Figures::new("request against the state of its key", last.len());
    figures.add("row", || {
        for (key, event) in &last {
            black_box(requests.row(Some(&states[*key]), event).ok());
        }
    });
    figures.report();
    blobs.sort_by_key(Vec::len);
    println!(
        "bytes of a key's state: median {}, largest {}",
        blobs[blobs.len() / 2].len(),
        blobs[blobs.len() - 1].len()
    );
}

/// The key of each event, numbered.
fn keys(host: &StreamHost, events: &[Event]) -> Vec<usize> {
    let mut known: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut number = |event: &Event| {
        let next = known.len();
        *known.entry(host.key_of(event)).or_insert(next)
    };
    events.iter().map(&mut number).collect()
}

fn run(host: &mut StreamHost, events: &[Event], keys: &[usize]) -> Vec<KeyState> {
    let mut states = vec![KeyState::default(); keys.iter().max().map_or(0, |last| last + 1)];
    for ((offset, event), key) in (0..).zip(events).zip(keys) {
        let position = Position { partition: 0, offset, append_time: None };
        black_box(host.process(&mut states[*key], event, position));
    }
    states
}

/// The same view without the columns that look at windows.
fn without_windows(full: &View) -> View {
    let select = full.text.split("\nWINDOW ").next().unwrap_or_default();
    let lines: Vec<&str> =
        select.lines().filter(|line| !line.contains(" OVER ") && !line.trim().starts_with("--")).collect();
    let text = lines.join("\n").replace(",\nFROM", "\nFROM").replace(",\n\nFROM", "\nFROM");
    let catalog = Catalog::from(Arc::clone(&full.stream));
    view(&text, &catalog).view.expect("a view without windows")
}

fn events(stream: &Arc<Stream>) -> Vec<Event> {
    let scratch = tempfile::tempdir().expect("temporary folder");
    // One season is enough.
    let pattern = seasons(scratch.path()).join("*2023*.parquet");
    let history = read_history(stream, &pattern.display().to_string(), &|_| {}).expect("plays");
    let mut decoder = EventDecoder::new(Arc::clone(stream));
    let rows = (0..history.len()).map(|row| history.table.columns.iter().map(|column| column.value(row)).collect());
    let mut events: Vec<Event> = rows.filter_map(|fields: Box<[Value]>| decoder.validate(fields).ok()).collect();
    // As games are played: all games of a day at once, play by play.
    events.sort_by_key(|event| event.time);
    events
}

fn json(stream: &Stream, event: &Event, undeclared: &[(&str, &str)]) -> String {
    let mut json = String::from("{");
    let mut more = undeclared.iter();
    for (field, value) in stream.schema.fields.iter().zip(&event.fields) {
        if let Some((name, value)) = more.next() {
            let _ = write!(json, "\"{name}\":{value},");
        }
        let _ = match value {
            Value::Null => write!(json, "\"{}\":null,", field.name),
            Value::Bool(b) => write!(json, "\"{}\":{b},", field.name),
            Value::Int(i) | Value::Timestamp(i) | Value::Interval(i) => write!(json, "\"{}\":{i},", field.name),
            Value::Float(x) => write!(json, "\"{}\":{x:?},", field.name),
            Value::String(text) => write!(json, "\"{}\":{text:?},", field.name),
        };
    }
    json.pop();
    json.push('}');
    json
}

/// Things measured in turn, so that a busy machine is busy for all of them.
struct Figures<'a> {
    title: String,
    events: usize,
    runs: Vec<(String, Box<dyn FnMut() + 'a>)>,
}

impl<'a> Figures<'a> {
    fn new(title: &str, events: usize) -> Figures<'a> {
        Figures { title: title.to_owned(), events, runs: Vec::new() }
    }

    fn add(&mut self, name: &str, run: impl FnMut() + 'a) {
        self.runs.push((name.to_owned(), Box::new(run)));
    }

    fn report(mut self) {
        let mut seconds = vec![Vec::new(); self.runs.len()];
        for repetition in 0..=REPETITIONS {
            for ((_, run), seconds) in self.runs.iter_mut().zip(&mut seconds) {
                let start = Instant::now();
                run();
                // The first time fills caches and is not counted.
                if repetition > 0 {
                    seconds.push(start.elapsed().as_secs_f64());
                }
            }
        }
        println!("\n{:<44} {:>12} {:>10} {:>12}", self.title, "a second", "ns each", "times first");
        let medians: Vec<f64> = seconds
            .iter_mut()
            .map(|seconds| {
                seconds.sort_by(f64::total_cmp);
                seconds[seconds.len() / 2]
            })
            .collect();
        for ((name, _), median) in self.runs.iter().zip(&medians) {
            let (rate, each) = (self.events as f64 / median, median * 1e9 / self.events as f64);
            println!("  {name:<42} {rate:>12.0} {each:>10.0} {:>12.2}", median / medians[0]);
        }
    }
}
