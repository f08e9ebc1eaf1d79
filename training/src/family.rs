//! Families: a fit for each value of a column that has rows enough, beside the general one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use features::project::{Model, Task};
use models::artifact::{Family, FamilyRecord, Member, MemberRecord, Rows, family_predictor};
use models::evaluation::{Metric, Sample};
use models::predictor::Predictor;
use rayon::prelude::*;
use smol_str::SmolStr;

use crate::calibration::Calibrated;
use crate::dataset::Dataset;
use crate::fit::{ModelError, Tell, made_of};
use crate::progress::Progress;
use crate::remark::Remark;
use crate::split::Parts;

/// The general fit, which has seen every row, and where declared those of the members.
#[derive(Debug)]
pub(crate) struct Fit {
    pub(crate) general: Calibrated,
    pub(crate) family: Option<Family>,
    pub(crate) remarks: Vec<Remark>,
}

impl Fit {
    pub(crate) fn predictor(&self) -> Box<dyn Predictor> {
        let general = self.general.predictor();
        match &self.family {
            Some(family) => family_predictor(general, family),
            None => general,
        }
    }
}

/// Fits on the given rows; members in parallel. A member that cannot be fitted is left to the general model.
pub(crate) fn fit(
    model: &Model,
    dataset: &Dataset,
    rows: &[usize],
    tell: Tell,
    progress: &dyn Progress,
) -> Result<Fit, ModelError> {
    let general = made_of(model, dataset, rows, tell)?;
    let mut remarks: Vec<Remark> = general.fitted.warnings.iter().cloned().map(Remark::Fit).collect();
    let (Some(per), Some(values)) = (&model.per, &dataset.members) else {
        return Ok(Fit { general, family: None, remarks });
    };
    let mut by_value: BTreeMap<&SmolStr, Vec<usize>> = BTreeMap::new();
    for &row in rows {
        if let Some(value) = &values[row] {
            by_value.entry(value).or_default().push(row);
        }
    }
    let found = by_value.len() as u64;
    by_value.retain(|_, rows| per.min_rows <= rows.len() as u64);
    let (total, done) = (by_value.len() as u64, AtomicU64::new(0));
    let fits: Vec<(&SmolStr, Result<Calibrated, ModelError>)> = by_value
        .into_par_iter()
        .map(|(value, rows)| {
            let fitted = made_of(model, dataset, &rows, Tell::Nothing);
            progress.members(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            (value, fitted)
        })
        .collect();
    let (mut members, mut not_fitted, mut first) = (Vec::new(), 0, String::new());
    for (value, fitted) in fits {
        match fitted {
            Ok(Calibrated { fitted, calibration, .. }) => {
                members.push(Member { value: value.to_string(), model: fitted.native, calibration });
            }
            Err(error) => {
                not_fitted += 1;
                if first.is_empty() {
                    first = format!("`{value}`: {error}");
                }
            }
        }
    }
    if not_fitted > 0 {
        remarks.push(Remark::MembersNotFitted { members: not_fitted, first });
    }
    if members.is_empty() {
        remarks.push(Remark::NoMembers { values: found, min_rows: per.min_rows });
    }
    let family = Family::new(members).map_err(models::artifact::ArtifactError::from)?;
    Ok(Fit { general, family: Some(family), remarks })
}

/// What is kept of the `registered` family: its members with their rows, and how those that were `evaluated` did.
pub(crate) fn record(
    model: &Model,
    dataset: &Dataset,
    parts: &Parts,
    evaluated: &Fit,
    registered: &Fit,
) -> Option<FamilyRecord> {
    let (per, values) = (model.per.as_ref()?, dataset.members.as_ref()?);
    let (judged, registered) = (evaluated.family.as_ref()?, registered.family.as_ref()?);
    let predict = |predictor: &dyn Predictor, family: Option<&Family>| {
        let mut predictions = vec![0.0; parts.test.len()];
        predictor.predict(&dataset.predictor_rows(&parts.test, family), &mut predictions);
        predictions
    };
    let ours = predict(&*evaluated.predictor(), Some(judged));
    let general = predict(&*evaluated.general.predictor(), None);
    let metric = match model.task {
        Task::Classification => Metric::LogLoss,
        Task::Regression => Metric::Rmse,
    };
    let of = |value: &str, belongs: &dyn Fn(Option<&str>) -> bool, own: bool| {
        let here = |row: usize| belongs(values[row].as_deref());
        let places: Vec<usize> = (0..parts.test.len()).filter(|&place| here(parts.test[place])).collect();
        let labels: Vec<f64> = places.iter().map(|&place| dataset.labels[parts.test[place]]).collect();
        let judge = |predictions: &[f64]| {
            let predictions: Vec<f64> = places.iter().map(|&place| predictions[place]).collect();
            metric.of_sample(&Sample::new(model.task, &labels, &predictions).ok()?)
        };
        let train = parts.train.iter().filter(|&&row| here(row)).count() as u64;
        MemberRecord {
            value: value.to_owned(),
            rows: Rows { train, test: places.len() as u64 },
            observed: if own { judge(&ours) } else { None },
            general: judge(&general),
        }
    };
    let members = registered.members().iter().map(|member| {
        let own = !judged.code(&member.value).is_nan();
        of(&member.value, &|value| value == Some(member.value.as_str()), own)
    });
    let rest = of("", &|value| value.is_none_or(|value| registered.code(value).is_nan()), false);
    Some(FamilyRecord {
        per: model.view.columns[per.column].name.to_string(),
        min_rows: per.min_rows,
        metric: metric.name().to_owned(),
        members: members.collect(),
        rest,
    })
}
