//! The most memory that `clutch train` holds while it learns from a million plays, over the size of the same plays as
//! columns in memory: every field of the stream, as clutch keeps history.
//!
//! Run: `cargo bench --bench train_memory` (Linux: the peak is read from /proc)

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints its figures and may fail loudly")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use features::batch::read_history;
use features::column::{Column, Data};
use features::project::Project;
use features::value::Micros;
use smol_str::SmolStr;

/// A simulated season has some 43,000 plays.
const SEASONS: &str = "24";
const FIRST: &str = "2001";
/// What was asked for.
const TIMES: f64 = 3.0;
const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/notebooks-data/nfl");

fn main() {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let out = scratch.path().join("plays");
    let mut simulate =
        clutch(&["data", "simulate", "nfl", "--seasons", SEASONS, "--first-season", FIRST, "--seed", "7"]);
    let status =
        simulate.arg("--no-import").arg("--out").arg(&out).stdout(Stdio::null()).status().expect("clutch starts");
    assert!(status.success(), "the simulator failed");
    let files = out.join("*.parquet").display().to_string();
    let (rows, bytes) = size_in_memory(&files);
    println!("{rows} simulated plays, {:.0} MiB as columns in memory", mebibytes(bytes));
    let registry = scratch.path().join("registry");
    let mut worst: f64 = 0.0;
    for model in ["win_probability", "win_probability_boosted", "final_margin"] {
        let mut train =
            clutch(&["train", "--model", model, "--no-learning-curve", "--data", &format!("plays={files}")]);
        train.arg("--registry").arg(&registry).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let (peak, success) = peak_of(train.spawn().expect("clutch starts"));
        assert!(success, "`clutch train --model {model}` failed");
        let times = peak as f64 / bytes as f64;
        worst = worst.max(times);
        let (peak, seconds) = (mebibytes(peak), start.elapsed().as_secs_f64());
        println!("{model:<28} peak {peak:>6.0} MiB   {times:.2} x the data   {seconds:.1} s");
    }
    let verdict = if worst <= TIMES { "met" } else { "NOT MET" };
    println!("asked: at most {TIMES} times the size of the data: {worst:.2}: {verdict}");
}

/// Rows, and the bytes of their columns: values, marks of what is NULL, and times.
fn size_in_memory(files: &str) -> (usize, usize) {
    let project = Project::load(Path::new(PROJECT), &|_| None).expect("the nfl project");
    let history = read_history(&project.streams["plays"], files, &|_| ()).expect("plays");
    let columns: usize = history.table.columns.iter().map(bytes_of).sum();
    (history.len(), columns + history.times.len() * size_of::<Micros>())
}

fn bytes_of(column: &Column) -> usize {
    let values = match &column.data {
        Data::Bool(values) => values.len(),
        Data::Int(values) => values.len() * size_of::<i64>(),
        Data::Float(values) => values.len() * size_of::<f64>(),
        Data::String(values) => values.len() * size_of::<SmolStr>(),
    };
    values + column.valid.as_ref().map_or(0, Vec::len)
}

/// The most that a process ever held, by the kernel's own high-water mark, looked at until it ends.
fn peak_of(mut child: Child) -> (usize, bool) {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        if let Some(kibibytes) = std::fs::read_to_string(&status).ok().as_deref().and_then(high_water_mark) {
            peak = peak.max(kibibytes * 1024);
        }
        if let Some(ended) = child.try_wait().expect("a child process") {
            assert!(peak > 0, "{status} cannot be read: the peak is measured on Linux only");
            return (peak, ended.success());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn high_water_mark(status: &str) -> Option<usize> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn mebibytes(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn clutch(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clutch"));
    command.args(arguments).args(["--project", PROJECT]).stdin(Stdio::null());
    command
}
