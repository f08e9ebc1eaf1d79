//! How good the models of the ready-made projects are on real data, and which of the figures that were asked of them they
//! reach.
//!
//!     CLUTCH_DATA=… CLUTCH_PYTHON=… cargo bench --bench quality
//!     CLUTCH_FINAL=1 CLUTCH_DATA=… cargo bench --bench quality
//!
//! Football is judged within the seasons to 2022, by leave-one-season-out: the later ones are not read. With CLUTCH_FINAL=1
//! the same models are trained on 2019 to 2022 and judged on 2023 and 2024 too; who looks at that figure and then changes a
//! model has spent it. League of Legends is judged on the newest fifth of the games, against scikit-learn's logistic
//! regression on the same rows and features. Intervals are 95 %, of a bootstrap over games.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints its figures and may fail loudly")]

#[path = "support/judged.rs"]
mod judged;
#[path = "support/peers.rs"]
mod peers;
#[path = "support/scratch_project.rs"]
mod scratch_project;

use std::path::Path;
use std::sync::Arc;

use features::batch::{Order, compute, read_history};
use features::project::{Algorithm, Model, Project};
use judged::{Judged, Part, Target, assess, print_table, print_targets, train};
use models::artifact::predictor_of;
use models::evaluation::{Groups, Reference, Resampling, Sample, evaluate};
use peers::{environment, python, real_data, write_rows};
use scratch_project::scratch_project;
use training::algorithm::{TrainingRows, fit};
use training::dataset::Dataset;

const PROJECTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/notebooks-data");
const PEER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/quality_sklearn.py");
/// In the years of the data: 2019 to 2022.
const SEASONS_TO_2022: &str = "nfl_pbp/pbp_20[12][0129].parquet";
const ALL_SEASONS: &str = "nfl_pbp/pbp_*.parquet";
const SPLIT_OF_SEASONS: &str = r#"split     = { time = "season", test_from = 2023 }"#;

fn main() {
    let Some(data) = real_data() else {
        println!(
            "NO REAL DATA: CLUTCH_DATA names none, and simulated games say nothing of quality; nothing is measured"
        );
        return;
    };
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let last = environment("CLUTCH_FINAL").is_some_and(|asked| asked == "1");
    let mut targets = football(&data, scratch.path(), last);
    targets.extend(league(&data, scratch.path()));
    print_targets(&targets);
}

fn football(data: &Path, scratch: &Path, last: bool) -> Vec<Target> {
    let (seasons, mended): (_, fn(String) -> String) = if last {
        println!(
            "\nnfl: trained on 2019 to 2022, judged on 2023 and 2024; calibration by leave-one-season-out before 2023"
        );
        (ALL_SEASONS, |project| project)
    } else {
        println!("\nnfl: 2019 to 2022 by leave-one-season-out; 2023 and 2024 are not read");
        (SEASONS_TO_2022, |project| {
            assert!(project.contains(SPLIT_OF_SEASONS), "the nfl project splits otherwise than this benchmark knows");
            project.replace(SPLIT_OF_SEASONS, "")
        })
    };
    let folder = scratch_project(&Path::new(PROJECTS).join("nfl"), &scratch.join("nfl"), mended);
    let part = if last { Part::Test } else { Part::LeftOut };
    let data = format!("plays={}", data.join(seasons).display());
    let judged: Vec<Judged> = models_of(&folder)
        .iter()
        .map(|model| train(&folder, model, Some(&data), &["--leave-one-out", "season", "--stratum", "qtr"], part))
        .collect();
    print_table(&judged);

    let best = judged.iter().filter(|model| model.difference("vegas_wp").is_some());
    let best = best.min_by(|a, b| a.metric("log_loss").total_cmp(&b.metric("log_loss"))).expect("a classification");
    let (mean, _, high) = best.difference("vegas_wp").unwrap_or_default();
    let mut targets = vec![
        Target::at_most(format!("{}: log loss over vegas_wp's", best.model), mean, 0.0),
        Target::at_most(format!("{}: its upper end", best.model), high, 0.003),
    ];
    let without = judged.iter().find(|judged| judged.model == "win_probability_without_spread");
    let (mean, _, _) = without.and_then(|judged| judged.difference("wp")).unwrap_or((f64::NAN, f64::NAN, f64::NAN));
    targets.push(Target::below("without the spread: log loss over wp's".to_owned(), mean, 0.0));
    let calibration = best.weighted_calibration_error.unwrap_or(f64::NAN);
    targets.push(Target::at_most(format!("{}: weighted calibration error", best.model), calibration, 0.0055));
    let margins = judged.iter().filter(|judged| judged.model.starts_with("final_margin"));
    let margin = margins.map(|judged| judged.metric("rmse")).fold(f64::INFINITY, f64::min);
    targets.push(Target::at_most("final margin: RMSE".to_owned(), margin, 8.8));
    targets
}

/// A state of League of Legends that has a table of real games: the linear model, the boosted one, where the games are.
const STATES: [(&str, &str, &str); 2] = [
    ("win_at_10", "win_at_10_boosted", "lol_10min_highdiamond/games_dev.parquet"),
    ("win_at_15", "win_at_15_boosted", "lol_15min_kr/games_dev.parquet"),
];

fn league(data: &Path, scratch: &Path) -> Vec<Target> {
    println!("\nlol: the newest fifth of the games; no real matches by the minute are at hand for `win_probability`");
    let folder = scratch_project(&Path::new(PROJECTS).join("lol"), &scratch.join("lol"), |project| project);
    let games = data.join("lol_15min_kr/games_dev.parquet").display().to_string();
    judged::clutch(&folder, &["data", "import", "--format", "lol-games", &games]);
    let project = Project::load(&folder, &|_| None).expect("the lol project");
    let mut judged: Vec<Judged> = Vec::new();
    for (linear, boosted, games) in STATES {
        for name in [linear, boosted] {
            let source = format!("{}={}", project.models[name].view.stream.name, data.join(games).display());
            judged.push(train(&folder, name, Some(&source), &[], Part::Test));
        }
    }
    judged.push(train(&folder, "champion_win", None, &[], Part::Test));
    print_table(&judged);

    let Some(python) = python("numpy, sklearn", "scikit-learn") else {
        println!("NO PEER: set CLUTCH_PYTHON to a Python that has numpy and scikit-learn");
        return Vec::new();
    };
    let found = STATES.iter().map(|(linear, boosted, games)| {
        let models = [linear, boosted].map(|name| Arc::clone(&project.models[*name]));
        let (over_peer, boosting) = against_peer(&python, &models, &data.join(games), scratch);
        println!("{linear}: log loss over scikit-learn's {}", assess(over_peer));
        println!("{boosted}: log loss over {linear}'s {}", assess(boosting));
        // Both minimise the same strictly convex loss: what is left between them is where they stopped.
        Target::at_most(format!("{linear}: log loss over scikit-learn's"), over_peer.0, 1e-4)
    });
    found.collect()
}

type Difference = (f64, f64, f64);

/// The mean difference of log losses with its interval: of the first model to scikit-learn's, of the second to the first.
fn against_peer(python: &str, models: &[Arc<Model>; 2], games: &Path, scratch: &Path) -> (Difference, Difference) {
    let [linear, boosted] = models.each_ref().map(|model| dataset(model, games));
    let parts = linear.split(&models[0]).expect("a split");
    write_rows(&scratch.join("train.bin"), &linear, &parts.train);
    write_rows(&scratch.join("test.bin"), &linear, &parts.test);
    peers::run(python, PEER, scratch);
    let theirs: Vec<f64> = std::fs::read(scratch.join("predictions.bin"))
        .expect("predictions of the peer")
        .as_chunks()
        .0
        .iter()
        .map(|bytes| f64::from_le_bytes(*bytes))
        .collect();
    let ours = predictions(&models[0], &linear, &parts.train, &parts.test);
    let trees = predictions(&models[1], &boosted, &parts.train, &parts.test);
    let labels: Vec<f64> = parts.test.iter().map(|&row| linear.labels[row]).collect();
    let compare = |ours: &[f64], theirs: &[f64]| {
        let sample = Sample::new(models[0].task, &labels, ours).expect("probabilities");
        let reference = Reference { name: "other", predictions: theirs };
        let games = Groups::by_key(parts.test.iter().map(|&row| linear.groups[row]));
        let found = evaluate(&sample, &games, &[reference], &Resampling::new(0)).expect("an evaluation");
        let difference = found.references["other"].differences["log_loss"];
        let interval = difference.interval.expect("many games");
        (difference.mean, interval.low, interval.high)
    };
    (compare(&ours, &theirs), compare(&trees, &ours))
}

fn dataset(model: &Model, games: &Path) -> Dataset {
    let history = read_history(&model.view.stream, &games.display().to_string(), &|_| ()).expect("games");
    let table = compute(&model.view, &history, Order::Ideal).expect("rows");
    Dataset::new(model, &history, &table).expect("a dataset")
}

fn predictions(model: &Model, dataset: &Dataset, train: &[usize], test: &[usize]) -> Vec<f64> {
    assert!(model.calibration.is_none(), "`{}` is calibrated, which is left out here", model.name);
    let rows = TrainingRows {
        task: model.task,
        names: &dataset.names,
        inputs: &dataset.inputs,
        labels: &dataset.labels,
        weights: None,
        groups: &dataset.groups,
        rows: train,
        seed: model.seed,
    };
    let algorithm: &Algorithm = &model.algorithm;
    let mut predictions = vec![f64::NAN; test.len()];
    let predictor = predictor_of(&fit(algorithm, &rows).expect("a fit").native);
    predictor.predict(&dataset.inputs.row_major(test), &mut predictions);
    predictions
}

fn models_of(folder: &Path) -> Vec<String> {
    let project = Project::load(folder, &|_| None).expect("a project");
    project.models.keys().map(ToString::to_string).collect()
}
