//! The bytes of a hundred thousand keys' states as they are stored, and what it takes to make them: games of the nfl
//! project, each broken off at some play, one core. In memory a state takes more: rows are not packed there, and the
//! accumulators that are ready for the next event come on top.
//!
//! Run: `cargo bench --bench key_states`. CLUTCH_DATA points at real plays (`nfl_pbp/*.parquet` below it); without it, plays
//! are simulated.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints its figures and may fail loudly")]

#[path = "support/plays.rs"]
mod plays;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use features::batch::{History, read_history};
use features::event::Event;
use features::host::{KeyState, Position, StreamHost};
use features::plan::View;
use features::project::Project;
use features::value::Value;

use self::plays::{PROJECT, seasons};

const KEYS: usize = 100_000;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pattern = seasons(folder.path()).join("*.parquet").display().to_string();
    let project = Project::load(Path::new(PROJECT), &|_| None).expect("the nfl project");
    let stream = Arc::clone(&project.streams["plays"]);
    let history = read_history(&stream, &pattern, &|_| ()).expect("plays");
    let win_probability = Arc::clone(&project.views["win_probability"]);
    let games = games(&history, &StreamHost::new(Arc::clone(&stream), Vec::new()));
    println!("{KEYS} keys, each one of {} games, broken off anywhere", games.len());
    println!(
        "{:<36} {:>8} {:>8} {:>8} {:>8} {:>14}",
        "stored bytes a key", "median", "p90", "p99", "largest", "events/s"
    );
    report("win_probability", vec![win_probability], &games);
    report("every view of the stream", project.views_of("plays"), &games);
}

/// The events of each game, in the order of the file.
fn games(history: &History, host: &StreamHost) -> Vec<Vec<Event>> {
    let mut games: HashMap<Vec<u8>, Vec<Event>> = HashMap::new();
    for (row, time) in history.times.iter().enumerate() {
        let fields: Box<[Value]> = history.table.columns.iter().map(|column| column.value(row)).collect();
        let event = Event { fields, time: *time };
        games.entry(host.key_of(&event)).or_default().push(event);
    }
    let mut games: Vec<_> = games.into_iter().collect();
    games.sort_by(|a, b| a.0.cmp(&b.0));
    games.into_iter().map(|(_, events)| events).collect()
}

fn report(title: &str, views: Vec<Arc<View>>, games: &[Vec<Event>]) {
    let stream = Arc::clone(&views.first().expect("a view").stream);
    let mut host = StreamHost::new(stream, views);
    let (mut sizes, mut events, mut seconds) = (Vec::with_capacity(KEYS), 0_u64, 0.0);
    for key in 0..KEYS {
        let game = &games[key % games.len()];
        // A fraction of the golden ratio: every part of a game alike, without chance.
        let part = (key as f64 * 0.618_033_988_749_895).fract();
        let broken_off = 1 + (part * game.len() as f64) as usize;
        let mut state = KeyState::default();
        let start = Instant::now();
        for (event, offset) in game.iter().take(broken_off).zip(0..) {
            host.process(&mut state, event, Position { partition: 0, offset, append_time: None });
            events += 1;
        }
        seconds += start.elapsed().as_secs_f64();
        sizes.push(state.encode(&host).len());
    }
    sizes.sort_unstable();
    let at = |share: f64| sizes[((sizes.len() - 1) as f64 * share) as usize];
    let rate = events as f64 / seconds;
    println!("{title:<36} {:>8} {:>8} {:>8} {:>8} {rate:>14.0}", at(0.5), at(0.9), at(0.99), at(1.0));
}
