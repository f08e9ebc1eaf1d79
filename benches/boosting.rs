//! Fitting boosted trees on real plays, against LightGBM with the same settings on the same rows in the same run.
//!
//!     CLUTCH_DATA=… CLUTCH_PYTHON=… cargo bench --bench boosting
//!
//! The time is that of the fit alone, binning included: five seasons of plays × 13 features of the nfl project's
//! `win_probability` view, 200 trees of depth 5. The log loss is of other fits, on four games in five of the seasons
//! before 2023, judged on the fifth. Runs alternate, so that a busy machine is busy for both.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints its figures and may fail loudly")]

#[path = "support/peers.rs"]
mod peers;

use std::path::Path;
use std::time::Instant;

use features::batch::{Order, compute, read_history};
use features::project::{Algorithm, Boosting, Model, Project, Task};
use features::value::Value;
use models::artifact::predictor_of;
use peers::{python, real_data, write_rows};
use training::algorithm::{TrainingRows, fit};
use training::dataset::Dataset;

const REPETITIONS: usize = 5;
const PEER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/boosting_lightgbm.py");
const FEATURES: [&str; 13] = [
    "time_remaining_pct",
    "score_differential",
    "is_home_team",
    "field_position_pct",
    "down",
    "distance",
    "expected_lead",
    "expected_lead_with_ball",
    "scaled_lead",
    "spread_to_come",
    "receives_second_half",
    "timeouts_late",
    "yards_recent",
];

/// As LightGBM spells them in the peer.
fn settings() -> Boosting {
    Boosting { trees: 200, learning_rate: 0.1, max_depth: 5, min_leaf_weight: 1.0, ..Boosting::default() }
}

fn main() {
    let Some(plays) = real_data().map(|data| data.join("nfl_pbp")) else {
        println!("NO REAL DATA: CLUTCH_DATA names none; nothing is measured");
        return;
    };
    let dataset = dataset(&plays);
    let season = |row: usize| if let Value::Int(season) = dataset.times[row] { season } else { 0 };
    let timed: Vec<usize> = (0..dataset.rows()).filter(|&row| season(row) < 2024).collect();
    let judged: Vec<usize> = timed.iter().copied().filter(|&row| season(row) < 2023).collect();
    let (held_out, fitted): (Vec<usize>, Vec<usize>) =
        judged.iter().partition(|&&row| dataset.groups[row].is_multiple_of(5));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{} plays × {} features, {} trees, {cores} cores", timed.len(), FEATURES.len(), settings().trees);

    let scratch = tempfile::tempdir().expect("a temporary folder");
    write_rows(&scratch.path().join("timed.bin"), &dataset, &timed);
    write_rows(&scratch.path().join("fitted.bin"), &dataset, &fitted);
    write_rows(&scratch.path().join("held_out.bin"), &dataset, &held_out);
    let peer = python("numpy, lightgbm", "lightgbm");
    let (mut ours, mut theirs, mut their_loss) = (Vec::new(), Vec::new(), f64::NAN);
    for _ in 0..REPETITIONS {
        let start = Instant::now();
        grow(&dataset, &timed);
        ours.push(start.elapsed().as_secs_f64());
        if let Some(python) = &peer {
            let told: serde_json::Value =
                serde_json::from_str(&peers::run(python, PEER, scratch.path())).expect("figures of the peer");
            theirs.push(told["seconds"].as_f64().expect("seconds"));
            their_loss = told["log_loss"].as_f64().expect("a log loss");
        }
    }
    let our_loss = log_loss(&dataset, &fitted, &held_out);
    println!("{:<10} median {:.3} s   best {:.3} s   log loss {our_loss:.5}", "clutch", median(&ours), best(&ours));
    if theirs.is_empty() {
        println!("NO PEER: set CLUTCH_PYTHON to a Python that has lightgbm and numpy");
        return;
    }
    println!(
        "{:<10} median {:.3} s   best {:.3} s   log loss {their_loss:.5}   {:.2} x clutch's time, log loss {:+.5}",
        "lightgbm",
        median(&theirs),
        best(&theirs),
        median(&theirs) / median(&ours),
        their_loss - our_loss,
    );
    let met = median(&ours) <= median(&theirs) && our_loss - their_loss <= 0.001;
    let verdict = if met { "met" } else { "NOT MET" };
    println!("asked: not slower than LightGBM, log loss within 0.001 of its: {verdict}");
}

fn dataset(plays: &Path) -> Dataset {
    let nfl = Path::new(env!("CARGO_MANIFEST_DIR")).join("notebooks-data/nfl");
    let project = Project::load(&nfl, &|_| None).expect("the nfl project");
    let model = &project.models["win_probability"];
    let view = &model.view;
    let place = |name: &str| view.columns.iter().position(|column| column.name == name).expect(name);
    let model = Model { inputs: FEATURES.iter().map(|name| place(name)).collect(), ..Model::clone(model) };
    let pattern = plays.join("*.parquet").display().to_string();
    let history = read_history(&view.stream, &pattern, &|_| ()).expect("plays");
    let table = compute(view, &history, Order::Ideal).expect("rows");
    Dataset::new(&model, &history, &table).expect("a dataset")
}

fn grow(dataset: &Dataset, rows: &[usize]) -> Box<dyn models::predictor::Predictor> {
    let training = TrainingRows {
        task: Task::Classification,
        names: &dataset.names,
        inputs: &dataset.inputs,
        labels: &dataset.labels,
        weights: None,
        groups: &dataset.groups,
        rows,
        seed: 0,
    };
    predictor_of(&fit(&Algorithm::Boosting(settings()), &training).expect("a fit").native)
}

fn log_loss(dataset: &Dataset, fitted: &[usize], held_out: &[usize]) -> f64 {
    let mut predictions = vec![f64::NAN; held_out.len()];
    grow(dataset, fitted).predict(&dataset.inputs.row_major(held_out), &mut predictions);
    let losses = held_out.iter().zip(&predictions).map(|(&row, p)| {
        let right = if dataset.labels[row] > 0.5 { *p } else { 1.0 - p };
        -right.ln()
    });
    losses.sum::<f64>() / held_out.len() as f64
}

fn median(seconds: &[f64]) -> f64 {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn best(seconds: &[f64]) -> f64 {
    seconds.iter().copied().fold(f64::INFINITY, f64::min)
}
