//! What each group of features is good for: the model without it, on the same validation rows.

use std::sync::Arc;

use features::project::{Algorithm, Model, Stack};
use indexmap::IndexMap;
use models::evaluation::{Estimate, Evaluation, Groups, Metrics, Reference, Resampling, Sample, evaluate};
use smol_str::SmolStr;

use super::cross::{OutOfFold, ValidationError, out_of_fold};
use super::folds::Fold;
use crate::dataset::Dataset;
use crate::progress::Progress;

/// The model with all features, and without each group.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Ablation {
    /// The field whose values make the folds.
    pub by: String,
    pub folds: u64,
    /// With all features, on all rows that were judged.
    pub all: Evaluation,
    pub groups: Vec<AblatedGroup>,
}

/// The model without one group of features.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct AblatedGroup {
    pub group: String,
    /// Those that were left out.
    pub features: Vec<String>,
    pub metrics: Metrics,
    /// By loss: without the group − with it, on the same rows; above 0 the group helps.
    pub differences: IndexMap<String, Estimate>,
}

pub(crate) fn ablate(
    model: &Model,
    dataset: &Dataset,
    folds: &[Fold],
    by: &str,
    progress: &dyn Progress,
) -> Result<Ablation, ValidationError> {
    let used = |columns: &[usize]| columns.iter().any(|column| model.inputs.contains(column));
    let groups: Vec<_> = model.feature_groups.iter().filter(|(_, columns)| used(columns)).collect();
    if groups.is_empty() {
        return Err(ValidationError::NoFeatureGroups);
    }
    let total = folds.len() * (groups.len() + 1);
    let told = |models: usize| move |done: usize| progress.fits((models * folds.len() + done) as u64, total as u64);
    let full = out_of_fold(model, dataset, folds, &told(0))?;
    let judge = Judge::new(dataset, &full);
    let all = judge.evaluate(model, &full.predictions, &[])?;
    let mut ablated = Vec::with_capacity(groups.len());
    for (number, (name, columns)) in groups.into_iter().enumerate() {
        let kept: Vec<usize> = (0..model.inputs.len()).filter(|&at| !columns.contains(&model.inputs[at])).collect();
        let smaller =
            dataset.with_features(&kept).ok_or_else(|| ValidationError::NothingLeft { group: name.to_string() })?;
        let reduced = reduced(model, &kept).ok_or_else(|| ValidationError::NothingLeft { group: name.to_string() })?;
        let without = out_of_fold(&reduced, &smaller, folds, &told(number + 1))?;
        let reference = Reference { name: "all", predictions: &full.predictions };
        let mut evaluation = judge.evaluate(model, &without.predictions, &[reference])?;
        let differences = evaluation.references.swap_remove("all").map(|all| all.differences).unwrap_or_default();
        let left_out = dataset.names.iter().filter(|name| !smaller.names.contains(*name));
        ablated.push(AblatedGroup {
            group: name.to_string(),
            features: left_out.map(ToString::to_string).collect(),
            metrics: evaluation.metrics,
            differences,
        });
    }
    progress.fits(total as u64, total as u64);
    Ok(Ablation { by: by.to_owned(), folds: folds.len() as u64, all, groups: ablated })
}

/// The model as it is declared, over those of its features that are `kept`; so are the models that it is stacked on. `None`
/// where one of them is left without any.
fn reduced(model: &Model, kept: &[usize]) -> Option<Model> {
    let inputs: Vec<usize> = kept.iter().map(|&at| model.inputs[at]).collect();
    let mut reduced = Model { inputs, stack: None, ..model.clone() };
    if let Algorithm::Boosting(boosting) = &mut reduced.algorithm {
        let sees = |name: &SmolStr| reduced.inputs.iter().any(|&input| model.view.columns[input].name == *name);
        boosting.monotone.retain(|(name, _)| sees(name));
    }
    if let Some(stack) = &model.stack {
        let base = |base: &Arc<Model>| {
            let sees = |&at: &usize| reduced.inputs.contains(&base.inputs[at]);
            let kept: Vec<usize> = (0..base.inputs.len()).filter(sees).collect();
            self::reduced(base, &kept).map(Arc::new)
        };
        let bases = stack.bases.iter().map(base).collect::<Option<_>>()?;
        reduced.stack = Some(Stack { bases, own: kept.iter().filter(|at| **at < stack.own).count() });
    }
    (!reduced.inputs.is_empty()).then_some(reduced)
}

/// The rows that every model is judged on.
struct Judge {
    labels: Vec<f64>,
    groups: Groups,
}

impl Judge {
    fn new(dataset: &Dataset, full: &OutOfFold) -> Judge {
        Judge {
            labels: full.rows.iter().map(|&row| dataset.labels[row]).collect(),
            groups: Groups::by_key(full.rows.iter().map(|&row| dataset.groups[row])),
        }
    }

    fn evaluate(
        &self,
        model: &Model,
        predictions: &[f64],
        references: &[Reference<'_>],
    ) -> Result<Evaluation, ValidationError> {
        let sample = Sample::new(model.task, &self.labels, predictions)?;
        Ok(evaluate(&sample, &self.groups, references, &Resampling::new(model.seed))?)
    }
}
