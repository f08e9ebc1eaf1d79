//! What `clutch train` is asked to find out within the training part, and how it is told.

use std::time::Duration;

use features::project::{Model, Project};
use features::schema::Compiled;
use features::sql::{Scope, scalar_of};
use models::evaluation::Estimate;
use training::tune::{TunePlan, Tuning};
use training::validation::{Ablation, CrossValidation, LeaveOneOut, Validation, Validations};

use crate::figures;
use crate::output::UsageError;
use crate::table::{count, table};

#[derive(Debug, clap::Args)]
#[group(id = "validations")]
pub(super) struct Args {
    /// Rolling-origin cross-validation within the training part: N blocks of the split's time, each judged by a fit on all
    /// that is older.
    #[arg(long, value_name = "N")]
    cross_validate: Option<usize>,
    /// Judge each value of a field (or expression over fields) within the training part by a fit on the others.
    #[arg(long, value_name = "FIELD")]
    leave_one_out: Option<String>,
    /// With --leave-one-out: the field within whose values the weighted calibration error is measured.
    #[arg(long, value_name = "FIELD", requires = "leave_one_out")]
    stratum: Option<String>,
    /// What each of the model's feature_groups is good for: trains without it and compares on the folds' validation rows.
    #[arg(long)]
    ablate: bool,
    /// Search for better parameters by successive halving within the training part, and train with what is found.
    #[arg(long)]
    tune: bool,
    /// With --tune: parameters tried in each round of halving [default: 27].
    #[arg(long, value_name = "N", requires = "tune", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    trials: Option<u32>,
    /// With --tune: go on with rounds until this long has passed (30s, 5m, 2h); a run that was stopped goes on where it was.
    #[arg(long, value_name = "TIME", requires = "tune", value_parser = time)]
    budget: Option<Duration>,
}

fn time(text: &str) -> Result<Duration, String> {
    let length = features::duration::parse(text).map_err(|error| error.to_string())?;
    u64::try_from(length).map(Duration::from_micros).map_err(|_| "a time to search cannot be negative".to_owned())
}

impl Args {
    pub(super) fn asked(&self, project: &Project, model: &Model) -> Result<Validations, UsageError> {
        let expression = |option: &str, text: &String| {
            scalar_of(text, &Scope::training(&model.view.stream), None).map_err(|faults| {
                let told = faults.into_iter().map(|fault| match fault.help {
                    Some(help) => format!("{} ({help})", fault.message),
                    None => fault.message,
                });
                let told: Vec<String> = told.collect();
                UsageError::new(format!("{option} {text}: {}", told.join("; ")))
            })
        };
        let by = self.leave_one_out.as_ref().map(|text| expression("--leave-one-out", text)).transpose()?;
        let stratum: Option<Compiled> = self.stratum.as_ref().map(|text| expression("--stratum", text)).transpose()?;
        Ok(Validations {
            cross_validate: self.cross_validate,
            leave_one_out: by.map(|by| LeaveOneOut { by, stratum }),
            ablate: self.ablate,
            tune: self.tune.then(|| TunePlan {
                trials: self.trials,
                budget: self.budget,
                journals: Some(project.state_dir().join("tuning")),
            }),
        })
    }
}

pub(super) fn describe(validation: &Validation) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(cross) = &validation.cross_validation {
        lines.push(String::new());
        lines.push(format!("  cross-validation by {}, within the training part", cross.by));
        lines.extend(folds(cross));
    }
    if let Some(cross) = &validation.leave_one_out {
        lines.push(String::new());
        lines.push(format!("  leaving out one {} after the other, within the training part", cross.by));
        lines.extend(folds(cross));
    }
    if let Some(found) = &validation.ablation {
        lines.push(String::new());
        lines.push(format!("  without each group of features, on {} by {}", folds_of(found.folds), found.by));
        lines.extend(ablation(found));
    }
    if let Some(found) = &validation.tuning {
        lines.push(String::new());
        lines.extend(tuning(found));
    }
    lines
}

fn folds_of(folds: u64) -> String {
    if folds == 1 { "1 fold".to_owned() } else { format!("{folds} folds") }
}

/// One line a group and loss.
fn ablation(found: &Ablation) -> Vec<String> {
    let header = ["without", "metric", "value", "without - with", "95 % interval", "features"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for group in &found.groups {
        for (loss, Estimate { mean, interval }) in &group.differences {
            let value = group.metrics.get(loss).map(|x| format!("{x:.4}")).unwrap_or_default();
            let range = interval.as_ref().map(figures::interval).unwrap_or_default();
            let features = group.features.join(", ");
            rows.push(vec![group.group.clone(), loss.clone(), value, format!("{mean:+.4}"), range, features]);
        }
    }
    table(&rows)
}

/// The best trials, and the lines to paste.
fn tuning(found: &Tuning) -> Vec<String> {
    let resumed = match found.resumed {
        0 => String::new(),
        resumed => format!(", {} results of an earlier run taken over", count(resumed)),
    };
    let mut lines = vec![format!(
        "  tuned on {} by {}: {} points tried{resumed}",
        folds_of(found.folds),
        found.by,
        count(found.trials),
    )];
    let names: Vec<String> =
        found.best.first().map(|trial| trial.parameters.keys().cloned().collect()).unwrap_or_default();
    let mut rows = vec![[String::new(), found.metric.clone()].into_iter().chain(names).collect::<Vec<_>>()];
    for (place, trial) in found.best.iter().enumerate() {
        let first = [(place + 1).to_string(), format!("{:.5}", trial.loss)];
        rows.push(first.into_iter().chain(trial.parameters.values().map(ToString::to_string)).collect());
    }
    rows.push(vec!["declared".to_owned(), format!("{:.5}", found.declared)]);
    lines.extend(table(&rows));
    lines.push(String::new());
    match found.best.first().filter(|_| !found.kept) {
        Some(best) => {
            lines.push("  This version runs with the best. To keep it, write into clutch.toml:".to_owned());
            lines.extend(best.parameters.iter().map(|(name, value)| format!("    {name} = {value}")));
        }
        None => lines.push("  Nothing tried was better than what is declared, which stays.".to_owned()),
    }
    lines
}

/// One line a fold, and one for all of them.
fn folds(cross: &CrossValidation) -> Vec<String> {
    let metrics: Vec<&String> = cross.together.metrics.keys().collect();
    let header = ["fold", "trained on", "rows"].map(str::to_owned).into_iter();
    let mut rows: Vec<Vec<String>> = vec![header.chain(metrics.iter().map(|name| (*name).clone())).collect()];
    for fold in &cross.folds {
        let evaluation = &fold.evaluation;
        let values = metrics.iter().map(|name| evaluation.metrics.get(*name).map(|x| format!("{x:.4}")));
        let names = [fold.fold.clone(), count(fold.trained_on), count(evaluation.rows)];
        rows.push(names.into_iter().chain(values.map(Option::unwrap_or_default)).collect());
    }
    let mut lines = table(&rows);
    lines.push(String::new());
    lines.push(format!("  together: {} rows in {} groups", count(cross.together.rows), count(cross.together.groups)));
    lines.extend(figures::metrics(&cross.together));
    if !cross.together.references.is_empty() {
        lines.push(String::new());
        lines.extend(figures::references(&cross.together));
    }
    if let Some(error) = &cross.weighted_calibration_error {
        lines.push(String::new());
        lines.push(format!("  weighted calibration error by {}: {:.4}", error.stratum, error.value));
    }
    lines
}
