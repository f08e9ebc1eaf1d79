//! The batch host: six seasons of plays from Parquet files to columns, and from columns to a view's rows. All cores.
//!
//! Run: `cargo bench --bench batch_host`. CLUTCH_DATA points at real plays (`nfl_pbp/*.parquet` below it); without it,
//! plays are simulated. CLUTCH_PYTHON names a Python with pandas, which then computes the same view in the same run.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints its figures and may fail loudly")]

#[path = "support/environment.rs"]
mod environment;
#[path = "support/plays.rs"]
mod plays;

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use features::batch::{History, Order, compute, read_history, write_table};
use features::plan::{Expr, Node, View};
use features::program::Program;
use features::project::Project;

use self::environment::environment;
use self::plays::{PROJECT, seasons};

const REPETITIONS: usize = 9;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let plays = seasons(folder.path());
    let project = Project::load(Path::new(PROJECT), &|_| None).expect("the nfl project");
    let windowed = &project.views["win_probability"];
    let row_by_row = Arc::new(without_windows(windowed));
    let pattern = plays.join("*.parquet").display().to_string();
    let history = read_history(&windowed.stream, &pattern, &|_| ()).expect("plays");
    let rows = history.len();
    println!(
        "{rows} plays of {} fields; {} columns, {} of them without windows; {} cores",
        history.table.columns.len(),
        windowed.columns.len(),
        row_by_row.columns.len(),
        std::thread::available_parallelism().map_or(1, usize::from),
    );

    let read = || drop(black_box(read_history(&windowed.stream, &pattern, &|_| ()).expect("plays")));
    report("read Parquet files", rows, median(read));
    report("row expressions", rows, median(|| run(&row_by_row, &history, Order::Ideal)));
    report("with windows, ideal order", rows, median(|| run(windowed, &history, Order::Ideal)));
    report("with windows, served order", rows, median(|| run(windowed, &history, Order::Served)));
    let computed = compute(windowed, &history, Order::Ideal).expect("rows");
    let out = folder.path().join("out.parquet");
    report("write the rows as Parquet", rows, median(|| write_table(&out, &computed.table).expect("a file")));
    peer(&plays, rows);
}

fn run(view: &Arc<View>, history: &History, order: Order) {
    drop(black_box(compute(view, black_box(history), order).expect("rows")));
}

fn median(mut run: impl FnMut()) -> Duration {
    run();
    let mut times: Vec<Duration> = (0..REPETITIONS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[REPETITIONS / 2]
}

fn report(what: &str, rows: usize, time: Duration) {
    let seconds = time.as_secs_f64();
    println!("{what:<40} {:>8.1} ms {:>12.0} plays/s", seconds * 1e3, rows as f64 / seconds);
}

/// The view without the columns that read a window.
fn without_windows(view: &View) -> View {
    let reads_window = |expr: &Expr| {
        let mut found = false;
        expr.walk(&mut |part| found |= matches!(part.node, Node::WindowResult(_)));
        found
    };
    let mut view = view.clone();
    view.columns.retain(|column| !reads_window(&column.expr));
    view.windows.clear();
    view.calls.clear();
    view.before = Program::compile(&view.before_expressions());
    view.after = Program::compile(&view.columns.iter().map(|column| &column.expr).collect::<Vec<_>>());
    view
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The same columns in pandas.
fn peer(plays: &Path, rows: usize) {
    let Some(python) = environment("CLUTCH_PYTHON") else {
        println!("pandas: left out (CLUTCH_PYTHON names no Python that has it)");
        return;
    };
    let script = repository().join("benches/peers/batch_pandas.py");
    let output = Command::new(python).arg(script).arg(plays).output().expect("the peer");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let seconds: serde_json::Value = serde_json::from_slice(&output.stdout).expect("figures of the peer");
    for (key, what) in [("load", "pandas: read, sort and filter"), ("features", "pandas: the same rows with windows")] {
        report(what, rows, Duration::from_secs_f64(seconds[key].as_f64().expect("seconds")));
    }
}
