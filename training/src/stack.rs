//! Models that learn from other models' predictions (D. Wolpert, "Stacked generalization", Neural Networks 5, 1992).
//!
//! A model is sure of the rows that it was fitted on, so what it says of them is worth nothing to learn from. Each training
//! row therefore gets the margins of fits that had not seen its group: folds of whole groups, each predicted by the bases as
//! fitted on the others. What a version predicts by are the bases as fitted on all of its training rows, and on no other row:
//! so the folds of a cross-validation, the shares of a learning curve and the test part stay unseen by bases too.
//!
//! A mean of the bases learns nothing from what they say, and needs no such folds.

use features::project::{Algorithm, Model, Stack};
use models::artifact::{AlgorithmRecord, Base, BaseRecord, NativeModel, StackRecord, StackedModel, predictor_of};
use models::registry::{Registry, RegistryError};
use rayon::prelude::*;

use crate::algorithm::{self, FitError, Fitted, TrainingRows, folds, others};
use crate::artifact::{fitted_on, parameters};
use crate::dataset::Dataset;
use crate::fit::plainly_made_of;
use crate::inputs::Inputs;
use crate::train::TrainError;

/// Of whole groups.
const FOLDS: usize = 5;

/// Fits bases, and the model on their margins beside its own features. `training` is the model's, over `dataset`.
pub(crate) fn fit(
    model: &Model,
    stack: &Stack,
    dataset: &Dataset,
    training: &TrainingRows<'_>,
) -> Result<(Fitted, StackedModel), FitError> {
    let out_of_fold = OutOfFold::new(model, stack, dataset, training)?;
    let names = fitted_on(model, dataset);
    let own = dataset.inputs.columns().iter().take(stack.own).cloned();
    let seen = Inputs::new(own.chain(out_of_fold.margins).collect()).ok_or(FitError::NothingVaries)?;
    let fitted = algorithm::fit(&model.algorithm, &TrainingRows { names: &names, inputs: &seen, ..*training })?;
    let NativeModel::Linear(meta) = &fitted.native else { return Err(FitError::NotLinear) };
    let bases = stack.bases.iter().zip(out_of_fold.bases);
    let bases = bases.map(|(base, fit)| Base { model: fit, inputs: model.places_of(base) }).collect();
    let stacked = StackedModel::new(dataset.inputs.width(), stack.own, bases, meta.clone())?;
    Ok((fitted, stacked))
}

/// What bases say of rows whose groups they had not seen; for a mean, simply of the rows.
struct OutOfFold {
    /// For each base a column over all rows of the dataset; NaN where a row is not learned from.
    margins: Vec<Vec<f64>>,
    /// As fitted on all rows.
    bases: Vec<NativeModel>,
}

impl OutOfFold {
    fn new(
        model: &Model,
        stack: &Stack,
        dataset: &Dataset,
        training: &TrainingRows<'_>,
    ) -> Result<OutOfFold, FitError> {
        let seen = (0..stack.bases.len()).map(|number| dataset.of_base(model, stack, number));
        let seen: Vec<Dataset> = seen.collect::<Option<_>>().ok_or(FitError::NothingVaries)?;
        let fit_of = |base: usize, rows: &[usize], held_out: bool| {
            plainly_made_of(&stack.bases[base], &seen[base], rows).map(|fitted| fitted.native).map_err(|source| {
                FitError::Base { base: stack.bases[base].name.clone(), held_out, source: Box::new(source) }
            })
        };
        let all: Vec<Result<NativeModel, FitError>> =
            (0..seen.len()).into_par_iter().map(|base| fit_of(base, training.rows, false)).collect();
        let bases: Vec<NativeModel> = all.into_iter().collect::<Result<_, _>>()?;
        let mut margins = vec![vec![f64::NAN; dataset.rows()]; seen.len()];
        if model.algorithm == Algorithm::Mean {
            for ((base, seen), margins) in bases.iter().zip(&seen).zip(&mut margins) {
                let mut told = vec![0.0; training.rows.len()];
                predictor_of(base).margins(&seen.inputs.row_major(training.rows), &mut told);
                training.rows.iter().zip(told).for_each(|(&row, margin)| margins[row] = margin);
            }
            return Ok(OutOfFold { margins, bases });
        }
        let held_out = folds(training.groups, training.rows, FOLDS, training.seed)
            .ok_or(FitError::OneGroup { purpose: "`stack`" })?;
        let learned: Vec<Vec<usize>> = (0..held_out.len()).map(|number| others(&held_out, number)).collect();
        let jobs: Vec<(usize, usize)> =
            (0..seen.len()).flat_map(|base| (0..held_out.len()).map(move |fold| (base, fold))).collect();
        let told: Vec<Result<Vec<f64>, FitError>> = jobs
            .par_iter()
            .map(|&(base, fold)| {
                let mut margins = vec![0.0; held_out[fold].len()];
                let fitted = predictor_of(&fit_of(base, &learned[fold], true)?);
                fitted.margins(&seen[base].inputs.row_major(&held_out[fold]), &mut margins);
                Ok(margins)
            })
            .collect();
        for (&(base, fold), told) in jobs.iter().zip(told) {
            for (&row, margin) in held_out[fold].iter().zip(told?) {
                margins[base][row] = margin;
            }
        }
        Ok(OutOfFold { margins, bases })
    }
}

/// What is kept of the bases of the model to register.
pub(crate) fn record(
    model: &Model,
    registered: Option<&StackedModel>,
    registry: &dyn Registry,
) -> Result<Option<StackRecord>, TrainError> {
    let (Some(stack), Some(stacked)) = (&model.stack, registered) else { return Ok(None) };
    let mut bases = Vec::with_capacity(stack.bases.len());
    for (base, fitted) in stack.bases.iter().zip(stacked.bases()) {
        let features = base.inputs.iter().map(|&input| base.view.columns[input].name.to_string());
        bases.push(BaseRecord {
            model: base.name.to_string(),
            version: version_of(registry, &base.name, &fitted.model)?,
            algorithm: algorithm_of(base, &fitted.model),
            features: features.collect(),
            digest: fitted.model.digest()?,
        });
    }
    let folds = if model.algorithm == Algorithm::Mean { 0 } else { FOLDS as u64 };
    Ok(Some(StackRecord { own: stack.own, folds, bases }))
}

/// A base predicts by its margin, so nothing calibrates it.
fn algorithm_of(base: &Model, fitted: &NativeModel) -> AlgorithmRecord {
    let stopped_at = match (&base.algorithm, fitted) {
        (Algorithm::Boosting(boosting), NativeModel::Trees(trees)) if boosting.early_stopping.is_some() => {
            u32::try_from(trees.trees().len()).ok()
        }
        _ => None,
    };
    let base = Model { calibration: None, ..base.clone() };
    AlgorithmRecord { name: base.algorithm.name().to_owned(), parameters: parameters(&base, stopped_at, None) }
}

/// The newest registered version of a model that is this one, whatever calibrates it there.
fn version_of(registry: &dyn Registry, name: &str, model: &NativeModel) -> Result<Option<u32>, RegistryError> {
    let versions = match registry.versions(name) {
        Err(RegistryError::UnknownModel { .. }) => return Ok(None),
        versions => versions?,
    };
    for number in versions.into_iter().rev() {
        match registry.load(name, number) {
            Ok(version) if version.artifact.members().is_none() && version.artifact.model().native() == Some(model) => {
                return Ok(Some(number));
            }
            Ok(_) | Err(RegistryError::Broken { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
