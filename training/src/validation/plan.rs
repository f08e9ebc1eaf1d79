//! What a training run is asked to validate, and what came of it.

use features::batch::History;
use features::project::Model;
use features::schema::Compiled;

use super::ablation::{Ablation, ablate};
use super::cross::{CrossValidation, ValidationError, cross_validate};
use super::folds::{Fold, FoldsError, leave_one_out, rolling_origin};
use crate::dataset::Dataset;
use crate::progress::{Progress, Stage};
use crate::slices::SliceColumn;
use crate::tune::{TuneError, TunePlan, Tuning, tune};

/// What to find out within the training part, beside the evaluation on the test part.
#[derive(Debug, Clone, Default)]
pub struct Validations {
    /// Folds of rolling-origin cross-validation, if not as the model declares.
    pub cross_validate: Option<usize>,
    pub leave_one_out: Option<LeaveOneOut>,
    /// What each group of features is good for.
    pub ablate: bool,
    /// Search for the parameters to train with.
    pub tune: Option<TunePlan>,
}

/// Both over the stream's fields, outcomes included.
#[derive(Debug, Clone)]
pub struct LeaveOneOut {
    /// Whose values are left out, one after the other.
    pub by: Compiled,
    /// Within whose values the weighted calibration error bins probabilities; none: all rows together.
    pub stratum: Option<Compiled>,
}

/// What was found; nothing that was not asked for.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Validation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cross_validation: Option<CrossValidation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leave_one_out: Option<CrossValidation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ablation: Option<Ablation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tuning: Option<Tuning>,
}

/// Where nobody says how many.
const FOLDS: usize = 4;

/// The training part, and what folds are made by.
#[derive(Debug)]
pub(crate) struct Within<'a> {
    pub(crate) dataset: &'a Dataset,
    /// Of the training part.
    pub(crate) rows: &'a [usize],
    times: Option<SliceColumn>,
    /// What is left out, and the stratum.
    left_out: Option<(SliceColumn, SliceColumn)>,
}

impl<'a> Within<'a> {
    pub(crate) fn new(
        model: &Model,
        dataset: &'a Dataset,
        rows: &'a [usize],
        history: &History,
        asked: &Validations,
    ) -> Within<'a> {
        let times = model.split.as_ref().map(|split| {
            let field = &model.view.stream.schema.fields[split.time].name;
            SliceColumn::distinct(field.clone(), &dataset.times)
        });
        let left_out = asked.leave_one_out.as_ref().map(|LeaveOneOut { by, stratum }| {
            let stratum = match stratum {
                Some(stratum) => dataset.told_apart(stratum, history),
                None => {
                    SliceColumn { name: "all".into(), values: vec![String::new()], of_row: vec![0; dataset.rows()] }
                }
            };
            (dataset.told_apart(by, history), stratum)
        });
        Within { dataset, rows, times, left_out }
    }

    /// Blocks of time that follow each other.
    pub(crate) fn rolling(&self, count: usize) -> Result<(Vec<Fold>, &str), FoldsError> {
        let times = self.times.as_ref().ok_or(FoldsError::NoTime)?;
        Ok((rolling_origin(times, &self.dataset.groups, self.rows, count)?, times.name.as_str()))
    }

    /// As many as were asked for; else [`FOLDS`], or as many as there can be.
    fn rolling_or_fewer(&self, asked: Option<usize>) -> Result<(Vec<Fold>, &str), FoldsError> {
        match asked {
            Some(count) => self.rolling(count),
            None => (1..=FOLDS)
                .rev()
                .map(|count| self.rolling(count))
                .find(Result::is_ok)
                .unwrap_or_else(|| self.rolling(1)),
        }
    }
}

/// The model with the parameters that were found, where they were asked for.
pub(crate) fn tuned(
    model: &Model,
    within: &Within<'_>,
    asked: &Validations,
    progress: &dyn Progress,
) -> Result<Option<(Model, Tuning)>, TuneError> {
    let Some(plan) = &asked.tune else { return Ok(None) };
    progress.stage(Stage::Tune);
    let folds = within.rolling_or_fewer(asked.cross_validate.or(model.cross_validate));
    let folds = folds.map_err(ValidationError::from).map_err(TuneError::Declared)?;
    tune(model, within.dataset, within.rows, (&folds.0, folds.1), plan, progress).map(Some)
}

/// Everything else that was asked for; the test part takes no part in it.
pub(crate) fn validate(
    model: &Model,
    within: &Within<'_>,
    asked: &Validations,
    progress: &dyn Progress,
) -> Result<Validation, ValidationError> {
    let mut found = Validation::default();
    let dataset = within.dataset;
    if let Some(count) = asked.cross_validate.or(model.cross_validate) {
        progress.stage(Stage::Validate);
        let (folds, by) = within.rolling(count)?;
        found.cross_validation = Some(cross_validate(model, dataset, &folds, by, None, progress)?);
    }
    if let Some((by, stratum)) = &within.left_out {
        progress.stage(Stage::Validate);
        let folds = leave_one_out(by, &dataset.groups, within.rows)?;
        found.leave_one_out = Some(cross_validate(model, dataset, &folds, &by.name, Some(stratum), progress)?);
    }
    if asked.ablate {
        progress.stage(Stage::Ablate);
        let (folds, by) = within.rolling_or_fewer(asked.cross_validate.or(model.cross_validate))?;
        found.ablation = Some(ablate(model, dataset, &folds, by, progress)?);
    }
    Ok(found)
}
