//! Models as `clutch train` judges them: trained in a folder of their own, and put beside what was asked of them.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// What clutch said of a model.
pub(crate) struct Judged {
    pub(crate) model: String,
    algorithm: String,
    /// Metrics, intervals and references of the rows that are judged.
    evaluation: Value,
    /// Of the rows left out one season after the other.
    pub(crate) weighted_calibration_error: Option<f64>,
}

/// Which rows the figures are of.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    /// Left out one after the other.
    LeftOut,
    Test,
}

impl Judged {
    pub(crate) fn metric(&self, name: &str) -> f64 {
        self.evaluation["metrics"][name].as_f64().unwrap_or(f64::NAN)
    }

    /// The mean difference of log losses to a reference, and the ends of its interval.
    pub(crate) fn difference(&self, reference: &str) -> Option<(f64, f64, f64)> {
        let difference = &self.evaluation["references"][reference]["paired_log_loss_difference"];
        let number = |name: &str| difference[name].as_f64();
        Some((number("mean")?, number("low")?, number("high")?))
    }

    fn with_interval(&self, metric: &str) -> String {
        let interval = &self.evaluation["intervals"][metric];
        let end = |name: &str| interval[name].as_f64().unwrap_or(f64::NAN);
        format!("{:.4} [{:.4}, {:.4}]", self.metric(metric), end("low"), end("high"))
    }
}

/// Trains a model over the given files, or over imported history.
pub(crate) fn train(folder: &Path, model: &str, data: Option<&str>, asked: &[&str], part: Part) -> Judged {
    let mut arguments = vec!["train", "--model", model, "--no-learning-curve", "--json"];
    arguments.extend(data.iter().flat_map(|data| ["--data", *data]));
    arguments.extend(asked);
    let told = clutch(folder, &arguments);
    let evaluation = match part {
        Part::LeftOut => told["validation"]["leave_one_out"]["together"].clone(),
        Part::Test => told.clone(),
    };
    let weighted = &told["validation"]["leave_one_out"]["weighted_calibration_error"]["value"];
    Judged {
        model: model.to_owned(),
        algorithm: told["algorithm"].as_str().unwrap_or_default().to_owned(),
        evaluation,
        weighted_calibration_error: weighted.as_f64(),
    }
}

/// Runs clutch in a project; the last line that it printed.
pub(crate) fn clutch(folder: &Path, arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clutch"));
    command.args(arguments).arg("--project").arg(folder).stdin(Stdio::null());
    let output = command.output().expect("clutch starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "clutch {} failed:\n{said}", arguments.join(" "));
    text.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default()
}

/// Classifications, then regressions.
pub(crate) fn print_table(judged: &[Judged]) {
    let (regressions, classifications): (Vec<&Judged>, Vec<&Judged>) =
        judged.iter().partition(|judged| judged.metric("log_loss").is_nan());
    println!(
        "{:<32} {:<10} {:>25} {:>7} {:>7} {:>8}  {:<28} {:<28} {:>9}",
        "model",
        "algorithm",
        "log loss",
        "Brier",
        "AUC",
        "accuracy",
        "log loss over vegas_wp's",
        "over wp's",
        "weighted"
    );
    for model in classifications {
        let over = |reference: &str| model.difference(reference).map(assess).unwrap_or_default();
        let weighted = model.weighted_calibration_error.map_or(String::new(), |error| format!("{error:.4}"));
        println!(
            "{:<32} {:<10} {:>25} {:>7.4} {:>7.4} {:>8.4}  {:<28} {:<28} {weighted:>9}",
            model.model,
            model.algorithm,
            model.with_interval("log_loss"),
            model.metric("brier"),
            model.metric("auc"),
            model.metric("accuracy"),
            over("vegas_wp"),
            over("wp"),
        );
    }
    for model in regressions {
        println!(
            "{:<32} {:<10} RMSE {}   MAE {}   R² {:.4}",
            model.model,
            model.algorithm,
            model.with_interval("rmse"),
            model.with_interval("mae"),
            model.metric("r2"),
        );
    }
}

/// A mean difference with its interval.
pub(crate) fn assess((mean, low, high): (f64, f64, f64)) -> String {
    format!("{mean:+.5} [{low:+.4}, {high:+.4}]")
}

/// What was asked of a figure.
pub(crate) struct Target {
    what: String,
    figure: f64,
    limit: f64,
    /// The limit itself will not do.
    strictly: bool,
}

impl Target {
    pub(crate) fn at_most(what: String, figure: f64, limit: f64) -> Target {
        Target { what, figure, limit, strictly: false }
    }

    pub(crate) fn below(what: String, figure: f64, limit: f64) -> Target {
        Target { what, figure, limit, strictly: true }
    }

    /// A figure that is missing meets nothing.
    fn met(&self) -> bool {
        if self.strictly { self.figure < self.limit } else { self.figure <= self.limit }
    }
}

pub(crate) fn print_targets(targets: &[Target]) {
    println!("\n{:<64} {:>10} {:>12}", "asked", "figure", "limit");
    for target in targets {
        let sign = if target.strictly { "<" } else { "≤" };
        let verdict = if target.met() { "met" } else { "NOT MET" };
        println!("{:<64} {:>10.5} {sign:>4} {:>7}  {verdict}", target.what, target.figure, target.limit);
    }
}
