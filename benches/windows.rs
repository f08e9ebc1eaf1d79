//! Windows over six seasons of plays: the batch host beside DuckDB, which runs the same SQL, and pandas, which computes
//! the same columns; their values are compared with ours: bit for bit where both compute the same exactly, and within a
//! tolerance where a sum is rounded more than once or a logarithm is another library's. Everybody starts from columns in
//! memory in the order of the files, and has as many threads as the machine has cores.
//!
//! Run: `cargo bench --bench windows`. CLUTCH_DATA points at real plays (`nfl_pbp/*.parquet` below it); without it, plays
//! are simulated. CLUTCH_PYTHON names a Python with the packages of benches/peers/requirements.txt.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints its figures and may fail loudly")]

#[path = "support/environment.rs"]
mod environment;
#[path = "support/plays.rs"]
mod plays;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use features::batch::{Order, compute, read_history, write_table};
use features::plan::{Call, Column, Node, View, WindowFunction};
use features::project::Project;
use features::sql::{Catalog, view};
use features::value::Type;
use serde::Deserialize;

use self::environment::environment;
use self::plays::{PROJECT, seasons};

const REPETITIONS: usize = 9;
const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers");

/// A view, where its SQL stands, and where its rows were written for the peers.
struct Measured {
    view: Arc<View>,
    sql: PathBuf,
    rows: PathBuf,
    seconds: f64,
}

/// What windows.py says of an engine and a view.
#[derive(Deserialize)]
struct Peer {
    seconds: f64,
    /// The same with rows sorted and filtered beforehand.
    sorted_seconds: Option<f64>,
    values: u64,
    /// By column, those that differ.
    differing: BTreeMap<String, Differing>,
}

#[derive(Deserialize)]
struct Differing {
    /// Values that differ in any bit.
    unequal: u64,
    /// Values that are NULL in only one of both.
    nulls: u64,
    /// The largest difference, relative to the larger value.
    largest: f64,
}

/// How near a peer's column must come.
#[derive(Clone, Copy, PartialEq)]
enum Tolerance {
    /// The same bits: whole numbers, truth values, `min`, `max`, `lag`, first and last values, and arithmetic of those.
    Exact,
    /// Of the larger value.
    Relative(f64),
}

impl Tolerance {
    /// Of DuckDB, which computes the same expressions: sums and what derives from them are rounded once by us and at each
    /// step by it, and functions that IEEE 754 leaves open are another library's.
    fn of_duckdb(view: &View, column: &Column) -> Tolerance {
        let mut rounded = false;
        column.expr.walk(&mut |expr| match &expr.node {
            Node::WindowResult(call) => rounded |= is_rounded(&view.calls[*call]),
            Node::Call(element, _) => rounded |= ["exp", "ln", "power"].contains(&element.sql_name()),
            _ => {}
        });
        let exact = column.ty != Type::Float || !rounded;
        if exact { Tolerance::Exact } else { Tolerance::Relative(1e-12) }
    }

    /// Of pandas, whose expressions are written anew, and whose rolling sums drift: only windows that are copied or counted
    /// are the same bits.
    fn of_pandas(view: &View, column: &Column) -> Tolerance {
        let copied = matches!(column.expr.node, Node::WindowResult(call) if !is_rounded(&view.calls[call]));
        if copied || column.ty != Type::Float { Tolerance::Exact } else { Tolerance::Relative(1e-9) }
    }

    fn allows(self, found: &Differing) -> bool {
        let near = match self {
            Tolerance::Exact => found.unequal == 0,
            Tolerance::Relative(largest) => found.largest <= largest,
        };
        near && found.nulls == 0
    }
}

/// Whether the call's results come from adding floats.
fn is_rounded(call: &Call) -> bool {
    match call.function {
        WindowFunction::Sum => call.ty == Type::Float,
        WindowFunction::Avg | WindowFunction::VarSamp | WindowFunction::StddevSamp | WindowFunction::Ewma { .. } => {
            true
        }
        WindowFunction::Count
        | WindowFunction::CountDistinct { .. }
        | WindowFunction::Min
        | WindowFunction::Max
        | WindowFunction::Lag { .. }
        | WindowFunction::FirstValue
        | WindowFunction::LastValue
        | WindowFunction::NthValue { .. } => false,
    }
}

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let plays = seasons(folder.path());
    let project = Project::load(Path::new(PROJECT), &|_| None).expect("the nfl project");
    let stream = Arc::clone(&project.streams["plays"]);
    let form = Path::new(PEERS).join("form.sql");
    let text = std::fs::read_to_string(&form).expect("form.sql");
    let views = [
        (view(&text, &Catalog::from(Arc::clone(&stream))).view.map(Arc::new).expect("form.sql"), form),
        (Arc::clone(&project.views["win_probability"]), Path::new(PROJECT).join("views/win_probability.sql")),
    ];
    let pattern = plays.join("*.parquet").display().to_string();
    let history = read_history(&stream, &pattern, &|_| ()).expect("plays");
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{} plays, {threads} threads, medians of {REPETITIONS}", history.len());

    let measured = views.map(|(view, sql)| {
        let computed = compute(&view, &history, Order::Ideal).expect("rows");
        let rows = folder.path().join(format!("{}.parquet", view.name));
        write_table(&rows, &computed.table).expect("a file");
        let seconds = median(|| drop(black_box(compute(&view, black_box(&history), Order::Ideal).expect("rows"))));
        let (name, calls) = (&view.name, view.calls.len());
        println!(
            "{name}, {calls} window calls: {:.1} ms, {:.0} plays/s",
            seconds * 1e3,
            history.len() as f64 / seconds
        );
        Measured { view, sql, rows, seconds }
    });
    match environment("CLUTCH_PYTHON") {
        Some(python) => peers(&python, &plays, threads, &measured),
        None => println!("DuckDB and pandas: left out (CLUTCH_PYTHON names no Python that has them)"),
    }
}

fn median(mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..REPETITIONS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[REPETITIONS / 2]
}

fn peers(python: &str, plays: &Path, threads: usize, measured: &[Measured]) {
    let mut command = Command::new(python);
    command.arg(Path::new(PEERS).join("windows.py")).arg(plays).arg(PROJECT).arg(threads.to_string());
    command.args(measured.iter().map(|m| format!("{}={}", m.sql.display(), m.rows.display())));
    let output = command.output().expect("the peers");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let peers: BTreeMap<String, Peer> = serde_json::from_slice(&output.stdout).expect("figures of the peers");
    println!(
        "\n{:<28} {:>10} {:>12} {:>14} {:>12} {:>8} {:>10}",
        "", "ms", "our speed", "from sorted", "values", "unequal", "by at most"
    );
    let mut too_far = Vec::new();
    for (name, peer) in &peers {
        let ours = measured.iter().find(|m| name.ends_with(&format!("/{}", m.view.name))).expect("a view of ours");
        let times = |seconds: f64| format!("{:.1}x", seconds / ours.seconds);
        let sorted = peer.sorted_seconds.map_or_else(String::new, times);
        let unequal: u64 = peer.differing.values().map(|column| column.unequal).sum();
        let largest = peer.differing.values().map(|column| column.largest).fold(0.0, f64::max);
        println!(
            "{name:<28} {:>10.1} {:>12} {sorted:>14} {:>12} {unequal:>8} {:>10.1e}",
            peer.seconds * 1e3,
            times(peer.seconds),
            peer.values,
            largest,
        );
        for (column, found) in &peer.differing {
            let of = ours.view.columns.iter().find(|of| of.name == *column).expect("a column of the view");
            let tolerance = match name.starts_with("duckdb") {
                true => Tolerance::of_duckdb(&ours.view, of),
                false => Tolerance::of_pandas(&ours.view, of),
            };
            let allowed = match tolerance {
                Tolerance::Exact => "none may".to_owned(),
                Tolerance::Relative(largest) => format!("{largest:.0e} is allowed"),
            };
            let Differing { unequal, nulls, largest } = found;
            println!(
                "    {column}: {unequal} values differ in some bit, by {largest:.1e} at most ({allowed}), {nulls} in NULL"
            );
            if !tolerance.allows(found) {
                too_far.push(format!("{name} {column}"));
            }
        }
    }
    assert!(too_far.is_empty(), "values differ by more than is allowed: {}", too_far.join(", "));
}
