//! What `clutch train` is asked to find out within the training part, and how it is told.

use features::project::Model;
use features::schema::Compiled;
use features::sql::{Scope, scalar_of};
use training::validation::{CrossValidation, LeaveOneOut, Validation, Validations};

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
}

impl Args {
    pub(super) fn asked(&self, model: &Model) -> Result<Validations, UsageError> {
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
        Ok(Validations { cross_validate: self.cross_validate, leave_one_out: by.map(|by| LeaveOneOut { by, stratum }) })
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
