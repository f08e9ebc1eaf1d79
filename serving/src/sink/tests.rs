//! Sinks over a real log, stopped and started again. Stopping writes what is there, so no test waits for time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use features::project::Project;
use fjall::Database;

use super::lines::{LineFile, LineFormat};
use super::position::Position;
use super::{SinkError, SinkParts, Sinks};
use crate::clock::ManualClock;
use crate::log::{EmbeddedLog, Entry, EventLog, MemoryLog, RecordBatch, TopicPartition};
use crate::metrics::Metrics;
use crate::worker::fixture::project_with;

mod told;

const CLOCK: i64 = 1_700_000_000_000_000;

struct Bench {
    dir: tempfile::TempDir,
    parts: SinkParts,
    format: &'static str,
    file: &'static str,
    /// Of the project, beside the sink.
    project: fn(&str) -> Project,
}

/// Its model is no family, its endpoint explains nothing.
fn plain(sink: &str) -> Project {
    project_with(2, sink)
}

impl Bench {
    fn new(format: &'static str, file: &'static str) -> Bench {
        let dir = tempfile::tempdir().expect("folder");
        let database = Database::builder(dir.path().join("db")).open().expect("database");
        let clock = Arc::new(ManualClock::at(CLOCK));
        let log = Arc::new(EmbeddedLog::open(&database, clock.clone(), Box::new(|| None)).expect("log"));
        log.create_topic("plays-win", 2).expect("topic");
        let parts = SinkParts { log, database, clock, metrics: Arc::new(Metrics::new()) };
        Bench { dir, parts, format, file, project: plain }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("out").join(self.file)
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path()).expect("file")
    }

    /// Starts the sink and stops it again: everything that can be written is.
    fn run(&self) {
        let (format, path) = (self.format, self.path());
        let sink = format!("[sinks.out]\nendpoint = \"win\"\nformat = \"{format}\"\npath = {path:?}\n");
        Sinks::start(&(self.project)(&sink), &self.parts).expect("start").stop();
    }

    fn publish(&self, partition: u32, predictions: &[String]) {
        let mut batch = RecordBatch::new();
        for prediction in predictions {
            batch.push(b"g", prediction.as_bytes()).expect("push");
        }
        let place = TopicPartition { topic: "plays-win".into(), partition };
        self.parts.log.append(None, vec![Entry { place, batch }]).expect("append");
    }
}

fn prediction(game: &str, offset: u64) -> String {
    format!(
        r#"{{"prediction_id":"id{offset}","endpoint":"win","model":"win","version":3,"arm":"champion","stream":"plays","partition":0,"offset":{offset},"event_time":"1970-01-01T00:00:00.000020Z","key":{{"game":"{game}"}},"id":{{"game":"{game}","play":2}},"outputs":{{"probability":0.25}},"include":{{"clock":20,"recent":null}},"appended_at":1000,"stages_us":{{"queue":1}}}}"#
    )
}

#[test]
fn offsets_that_the_log_leaves_out_behind_the_last_prediction_leave_no_sink_behind() {
    for (format, file) in [("jsonl", "win.jsonl"), ("parquet", "win")] {
        let mut bench = Bench::new(format, file);
        let log = Arc::new(MemoryLog::sparse(Arc::new(ManualClock::at(CLOCK))));
        log.create_topic("plays-win", 2).expect("topic");
        bench.parts.log = log;
        bench.publish(0, &[prediction("g1", 0)]);
        let sink = format!("[sinks.out]\nendpoint = \"win\"\nformat = \"{format}\"\npath = {:?}\n", bench.path());
        let sinks = Sinks::start(&(bench.project)(&sink), &bench.parts).expect("start");
        sinks.stop();
        let report = &sinks.reports()["out"];
        assert_eq!((report.written, report.behind), (1, 0), "{format}: {report:?}");
    }
}

#[test]
fn a_csv_sink_writes_a_header_and_a_row_for_each_prediction() {
    let bench = Bench::new("csv", "win.csv");
    bench.publish(
        0,
        &[prediction("a", 4), prediction("with \"quotes\\\", commas", 5).replace("with \"quotes\\\"", "with 'quotes'")],
    );
    bench.run();
    let golden = "\
prediction_id,endpoint,model,version,arm,stream,partition,offset,event_time,appended_at,committed_at,game,play,probability,clock,recent
id4,win,win,3,champion,plays,0,4,1970-01-01T00:00:00.000020Z,1970-01-01T00:00:00.001000Z,2023-11-14T22:13:20.000000Z,a,2,0.25,20,
id5,win,win,3,champion,plays,0,5,1970-01-01T00:00:00.000020Z,1970-01-01T00:00:00.001000Z,2023-11-14T22:13:20.000000Z,\"with 'quotes', commas\",2,0.25,20,
";
    assert_eq!(bench.text(), golden);
}

#[test]
fn a_jsonl_sink_writes_the_records_as_they_are() {
    let bench = Bench::new("jsonl", "win.jsonl");
    bench.publish(0, &[prediction("a", 1), prediction("a", 2)]);
    bench.run();
    assert_eq!(bench.text(), format!("{}\n{}\n", prediction("a", 1), prediction("a", 2)));
}

#[test]
fn a_restart_adds_what_came_meanwhile_and_nothing_twice() {
    let bench = Bench::new("jsonl", "win.jsonl");
    bench.publish(0, &[prediction("a", 1)]);
    bench.run();
    bench.publish(1, &[prediction("b", 2)]);
    bench.publish(0, &[prediction("a", 3)]);
    bench.run();
    bench.run();
    let mut lines: Vec<String> = bench.text().lines().map(str::to_owned).collect();
    lines[1..].sort_unstable();
    assert_eq!(lines, [prediction("a", 1), prediction("b", 2), prediction("a", 3)]);
}

#[test]
fn what_a_crash_left_behind_the_position_is_cut_off() {
    let bench = Bench::new("csv", "win.csv");
    bench.publish(0, &[prediction("a", 1)]);
    bench.run();
    let whole = bench.text();
    std::fs::write(bench.path(), format!("{whole}id2,win,wi")).expect("write");
    bench.run();
    assert_eq!(bench.text(), whole);
}

#[test]
fn a_crash_before_the_first_position_leaves_no_file_that_would_be_foreign() {
    let bench = Bench::new("csv", "win.csv");
    bench.run();
    // The position says that nothing is written; this is what a write cut short leaves.
    std::fs::write(bench.path(), "prediction_id,endp").expect("write");
    bench.publish(0, &[prediction("a", 1)]);
    bench.run();
    assert_eq!(bench.text().lines().count(), 2);
}

#[test]
fn a_file_taken_away_is_written_anew() {
    let bench = Bench::new("jsonl", "win.jsonl");
    bench.publish(0, &[prediction("a", 1)]);
    bench.run();
    std::fs::remove_file(bench.path()).expect("remove");
    bench.publish(0, &[prediction("a", 2)]);
    bench.run();
    assert_eq!(bench.text().lines().count(), 2);
}

#[test]
fn somebody_elses_file_is_left_alone() {
    let bench = Bench::new("jsonl", "win.jsonl");
    std::fs::create_dir_all(bench.path().parent().expect("folder")).expect("folder");
    std::fs::write(bench.path(), "mine").expect("write");
    bench.publish(0, &[prediction("a", 1)]);
    bench.run();
    assert_eq!(bench.text(), "mine");
    std::fs::remove_file(bench.path()).expect("remove");
    bench.run();
    assert_eq!(bench.text().lines().count(), 1);
}

#[test]
fn a_file_that_was_shortened_or_begun_otherwise_is_refused() {
    let dir = tempfile::tempdir().expect("folder");
    let path = dir.path().join("win.jsonl");
    let start = Position::start("plays-win", vec!["offset".into()], 2);
    let recover = |path: &Path, found: Position| {
        LineFile::recover(path, LineFormat::Jsonl, Vec::new(), Some(found), start.clone())
    };
    std::fs::write(&path, "12345").expect("write");
    let error = recover(&path, Position { length: 9, ..start.clone() }).expect_err("shorter");
    assert!(matches!(error, SinkError::Shorter { found: 5, expected: 9, .. }), "{error}");
    let other = Position { length: 5, ..Position::start("plays-win", vec!["other".into()], 2) };
    let error = recover(&path, other).expect_err("changed");
    assert!(matches!(error, SinkError::Changed { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(&path).expect("file"), "12345");
}

#[test]
fn a_prediction_that_cannot_be_read_stops_its_sink_and_says_where() {
    let bench = Bench::new("csv", "win.csv");
    bench.publish(1, &["no JSON".to_owned()]);
    bench.run();
    assert_eq!(bench.text(), "");
}

#[cfg(feature = "parquet")]
#[test]
fn a_parquet_sink_names_each_file_by_partition_and_first_offset() {
    let bench = Bench::new("parquet", "win");
    bench.publish(0, &[prediction("a", 1), prediction("a", 2)]);
    bench.publish(1, &[prediction("b", 3)]);
    bench.run();
    bench.publish(0, &[prediction("a", 4)]);
    bench.run();
    let entries = std::fs::read_dir(bench.path()).expect("folder");
    let mut names: Vec<String> =
        entries.map(|e| e.expect("entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    let expected = ["0000-0000000000000000.parquet", "0000-0000000000000002.parquet", "0001-0000000000000000.parquet"];
    assert_eq!(names, expected);
    for name in names {
        features::batch::check_parquet_ends(&bench.path().join(name)).expect("whole");
    }
}

#[cfg(not(feature = "parquet"))]
#[test]
fn without_parquet_such_a_sink_is_refused_at_the_start() {
    let sink = "[sinks.out]\nendpoint = \"win\"\nformat = \"parquet\"\npath = \"out\"\n";
    let bench = Bench::new("parquet", "win");
    let refused = Sinks::start(&project_with(2, sink), &bench.parts).expect_err("no Parquet");
    assert!(matches!(refused, super::SinkStartError::NoParquet { .. }), "{refused}");
}

#[test]
fn a_sink_goes_on_with_what_the_log_still_has() {
    let mut bench = Bench::new("jsonl", "win.jsonl");
    let log = Arc::new(MemoryLog::new(Arc::new(ManualClock::at(CLOCK))));
    log.create_topic("plays-win", 2).expect("topic");
    bench.parts.log = Arc::<MemoryLog>::clone(&log);
    bench.publish(0, &[prediction("g1", 0)]);
    bench.publish(0, &[prediction("g2", 1)]);
    log.forget_before(&TopicPartition { topic: "plays-win".into(), partition: 0 }, 1);
    bench.run();
    assert_eq!(bench.text().lines().count(), 1);
    assert!(bench.text().contains("g2"));
}
