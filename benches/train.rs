//! `clutch train` as a whole process against the same work in pandas and scikit-learn, in the same run.
//!
//!     CLUTCH_DATA=… CLUTCH_PYTHON=… cargo bench --bench train
//!
//! Both sides read the same Parquet files, compute the features of the nfl project's `win_probability` view, fit a
//! logistic regression with the same penalty on the seasons to 2021 and judge it on 2022: later ones are left to the
//! benchmark `quality`. The peer is
//! `benches/peers/train_sklearn.py`, once with scikit-learn's default solver and once with the one that is quickest on
//! such data. Runs alternate, so that a busy machine is busy for all.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints its figures and may fail loudly")]

#[path = "support/plays.rs"]
mod plays;
#[path = "support/scratch_project.rs"]
mod scratch_project;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use plays::{PROJECT, seasons};
use scratch_project::scratch_project;
use serde_json::Value;

const REPETITIONS: usize = 5;
const PEER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/train_sklearn.py");
/// In the years of the data: 2019 to 2022.
const SEASONS: &str = "pbp_20[12][0129].parquet";
const SOLVERS: [&str; 2] = ["lbfgs", "newton-cholesky"];

fn main() {
    let scratch = tempfile::tempdir().expect("temporary folder");
    let plays = seasons(scratch.path());
    let python = python();
    let mut sides = vec![Side::clutch(&plays, scratch.path())];
    match &python {
        Some(python) => sides.extend(SOLVERS.map(|solver| Side::peer(python, solver, &plays))),
        None => println!(
            "NO PEER: set CLUTCH_PYTHON to a Python that has pandas, pyarrow and scikit-learn; only clutch is measured"
        ),
    }
    for side in &mut sides {
        side.run(); // once for the page cache, not counted
        side.seconds.clear();
        side.fits.clear();
    }
    for _ in 0..REPETITIONS {
        for side in &mut sides {
            side.run();
        }
    }
    report(&sides);
}

/// One program that trains, and what it said and took.
struct Side {
    name: String,
    command: Box<dyn Fn() -> Command>,
    seconds: Vec<f64>,
    /// Of the fit alone, as each side tells it: standardising and imputing included.
    fits: Vec<f64>,
    result: Value,
}

impl Side {
    fn clutch(plays: &Path, scratch: &Path) -> Side {
        let data = format!("plays={}", plays.join(SEASONS).display());
        let project = scratch_project(Path::new(PROJECT), &scratch.join("nfl"), |project| {
            project.replace("test_from = 2023", "test_from = 2022")
        });
        let registry = scratch.join("registry");
        let command = move || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_clutch"));
            command
                .args(["train", "--model", "win_probability", "--json", "--data", &data])
                .arg("--project")
                .arg(&project);
            // The peers fit once.
            command.arg("--no-learning-curve");
            command.arg("--registry").arg(&registry);
            command
        };
        Side {
            name: "clutch train".to_owned(),
            command: Box::new(command),
            seconds: Vec::new(),
            fits: Vec::new(),
            result: Value::Null,
        }
    }

    fn peer(python: &Path, solver: &str, plays: &Path) -> Side {
        let (python, plays, solver) = (python.to_path_buf(), plays.to_path_buf(), solver.to_owned());
        let name = format!("pandas + scikit-learn, {solver}");
        let command = move || {
            let mut command = Command::new(&python);
            command.arg(PEER).arg(plays.join(SEASONS)).arg(&solver);
            command
        };
        Side { name, command: Box::new(command), seconds: Vec::new(), fits: Vec::new(), result: Value::Null }
    }

    fn run(&mut self) {
        let start = Instant::now();
        let output = (self.command)().stdin(Stdio::null()).output().expect("the program starts");
        let elapsed: Duration = start.elapsed();
        self.result = last_json_line(&self.name, &output);
        self.seconds.push(elapsed.as_secs_f64());
        self.fits.push(self.result["seconds"]["fit"].as_f64().unwrap_or(f64::NAN));
    }

    fn log_loss(&self) -> f64 {
        self.result["metrics"]["log_loss"].as_f64().unwrap_or(f64::NAN)
    }
}

fn median(seconds: &[f64]) -> f64 {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn report(sides: &[Side]) {
    let ours = &sides[0];
    println!("rows {}, {} features, whole process, {REPETITIONS} runs each", ours.result["rows"], count(&ours.result));
    for side in sides {
        let best = side.seconds.iter().copied().fold(f64::INFINITY, f64::min);
        println!(
            "{:<40} median {:6.3} s   best {best:6.3} s   log loss {:.6}   {:+.6} from clutch   {:.2} x its time",
            side.name,
            median(&side.seconds),
            side.log_loss(),
            side.log_loss() - ours.log_loss(),
            median(&side.seconds) / median(&ours.seconds),
        );
        println!("{:<40} seconds by stage, last run: {}", "", side.result["seconds"]);
        let (fit, our_fit) = (median(&side.fits), median(&ours.fits));
        println!("{:<40} fit alone, median: {fit:.3} s   {:.2} x clutch's", "", fit / our_fit);
        if side.result["rows"] != ours.result["rows"] {
            println!("{:<40} BEWARE: other rows than clutch: {}", "", side.result["rows"]);
        }
    }
    let (quickest, our_fit) = (sides[1..].iter().map(|side| median(&side.fits)), median(&ours.fits));
    if let Some(theirs) = quickest.min_by(f64::total_cmp) {
        let verdict = if our_fit <= theirs { "met" } else { "NOT MET" };
        println!("asked: the fit not slower than scikit-learn's quickest, {our_fit:.3} s and {theirs:.3} s: {verdict}");
    }
}

fn count(result: &Value) -> usize {
    result["features"].as_array().map_or(0, Vec::len)
}

#[track_caller]
fn last_json_line(name: &str, output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().last().unwrap_or_default();
    assert!(output.status.success(), "{name} failed:\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let parsed: Result<Value, _> = serde_json::from_str(line);
    assert!(parsed.is_ok(), "{name} printed `{line}`, which is no JSON");
    parsed.unwrap_or_default()
}

/// The Python to run the peer with, if it has what the peer needs.
fn python() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a benchmark is configured by the environment")]
    let python = std::env::var("CLUTCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut probe = Command::new(&python);
    probe.args([
        "-c",
        "import pandas, pyarrow, sklearn; print('pandas', pandas.__version__, 'scikit-learn', sklearn.__version__)",
    ]);
    let output = probe.output().ok().filter(|output| output.status.success())?;
    print!("peer: {}", String::from_utf8_lossy(&output.stdout));
    Some(PathBuf::from(python))
}
