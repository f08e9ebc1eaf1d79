//! Ten million logged predictions, as analysis reads them: how long it takes, and what it holds in memory. The same rows are
//! written first, by the store that the server writes with. A plain scan of the file is the limit that the disk sets.
//!
//! Run: `cargo bench --bench observations`, with another number of predictions as `cargo bench --bench observations -- 1000000`

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::cast_precision_loss,
    reason = "a benchmark prints its figures and may fail loudly"
)]

use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use serving::outcome::Labels;
use serving::prediction_log::{Range, Record, Store, observations};
use serving::tables::{SqliteTables, transact};
use uuid::Uuid;

/// Plays of a game follow each other, and many games go on at once.
const AT_ONCE: u64 = 64;
const PLAYS: u64 = 170;
const BATCH: u64 = 4_000;
/// 2025-11-28T00:00:00Z; the predictions are spread over thirty days.
const START: i64 = 1_764_288_000_000_000;
const DAYS: i64 = 30 * 86_400_000_000;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--test");
    let given = std::env::args().find_map(|argument| argument.parse::<u64>().ok());
    let count = given.unwrap_or(if quick { 1_000 } else { 10_000_000 });
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("tables.db");

    let start = Instant::now();
    write(&path, count);
    told("written", count, start.elapsed());
    let bytes = std::fs::metadata(&path).expect("file").len();
    println!("the file has {:.2} GB", bytes as f64 / 1e9);

    let start = Instant::now();
    let mut file = std::fs::File::open(&path).expect("file");
    let mut buffer = vec![0; 1 << 20];
    while file.read(&mut buffer).expect("read") > 0 {}
    told("the file alone", count, start.elapsed());

    for _ in 0..3 {
        let before = resident();
        let start = Instant::now();
        let (read, units, sum) = read(&path);
        told("read by unit", read, start.elapsed());
        let grown = resident().saturating_sub(before);
        println!("  {units} units, mean score {:.4}, {:.1} MB more in memory", sum / read as f64, grown as f64 / 1e6);
        assert_eq!(read, count, "each once");
    }
}

fn told(what: &str, count: u64, took: Duration) {
    println!("{what:<16} {:>7.2} s   {:>9.0} rows/s", took.as_secs_f64(), count as f64 / took.as_secs_f64());
}

fn write(path: &Path, count: u64) {
    let mut tables = SqliteTables::open(path).expect("tables");
    let (mut store, labels) = (Store::default(), Labels::default());
    let mut from = 0;
    while from < count {
        let to = count.min(from + BATCH);
        let records: Vec<Record> = (from..to).map(|n| record(n, count)).collect();
        transact(&mut tables, |statements| store.write(statements, &records, &labels)).expect("written");
        from = to;
    }
}

fn record(n: u64, count: u64) -> Record {
    let game = n / (AT_ONCE * PLAYS) * AT_ONCE + n % AT_ONCE;
    let share = n as f64 / count as f64;
    #[expect(clippy::cast_possible_truncation, reason = "within thirty days")]
    let time = START + (share * DAYS as f64) as i64;
    let unit = format!("2025_{game:08}");
    let micros = time.unsigned_abs();
    let seconds = uuid::Timestamp::from_unix(uuid::NoContext, micros / 1_000_000, 0);
    Record {
        id: Uuid::new_v7(seconds),
        time,
        endpoint: "win_probability".into(),
        experiment: Some("boosted".into()),
        arm: if game.is_multiple_of(2) { "champion" } else { "boosted" }.into(),
        period: 0,
        forced: false,
        shadow_of: None,
        key: unit.as_str().into(),
        unit: Some(unit.into()),
        model: "win_probability".into(),
        version: 3,
        digest: "c0ffee".into(),
        view_hash: "5eed".into(),
        features: "[0.1,2.0,3,null,-0.5,7]".to_owned(),
        imputed: 1,
        age_ms: Some(40),
        fields: Some(r#"{"posteam":"PHI","home_team":"PHI"}"#.to_owned()),
        output: Some(share),
        error: None,
        latency_us: 40,
        phases: r#"{"parse":10,"features":20,"predict":5,"encode":5}"#.to_owned(),
        place: None,
    }
}

fn read(path: &Path) -> (u64, u64, f64) {
    let mut tables = SqliteTables::open(path).expect("tables");
    let range = Range { endpoint: "win_probability".into(), experiment: Some("boosted".into()), from: 0, to: i64::MAX };
    let (mut count, mut units, mut sum) = (0, 0, 0.0);
    let mut last = String::new();
    observations(&mut tables, &range, &mut |observation| {
        let unit = observation.unit.unwrap_or_default();
        if unit != last {
            units += 1;
            last.clear();
            last.push_str(unit);
        }
        count += 1;
        sum += observation.score.unwrap_or_default();
        ControlFlow::Continue(())
    })
    .expect("read");
    (count, units, sum)
}

/// Bytes of this process in memory (Linux); 0 where the system does not tell.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1_024
}
