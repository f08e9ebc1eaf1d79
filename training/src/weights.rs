//! How much each training row counts.

use features::project::{Model, Task};

use crate::algorithm::{FitError, as_float};
use crate::dataset::Dataset;

/// A weight for each row of the dataset, with mean 1 over `rows`; `None` where all count alike.
///
/// `class_weight = "balanced"` multiplies by what makes both classes weigh the same.
pub(crate) fn row_weights(model: &Model, dataset: &Dataset, rows: &[usize]) -> Result<Option<Vec<f64>>, FitError> {
    if model.weight.is_none() && !model.balanced {
        return Ok(None);
    }
    let mut weights = dataset.weights.clone().unwrap_or_else(|| vec![1.0; dataset.rows()]);
    let unusable = rows.iter().filter(|&&row| !(weights[row].is_finite() && weights[row] >= 0.0)).count();
    if unusable > 0 {
        return Err(FitError::Weight { rows: unusable });
    }
    scale_to_mean_one(&mut weights, rows)?;
    if model.balanced && model.task == Task::Classification {
        let sum = |class: bool| {
            rows.iter().filter(|&&row| (dataset.labels[row] > 0.5) == class).map(|&row| weights[row]).sum::<f64>()
        };
        let sums = [sum(false), sum(true)];
        // With one class only, the fit says so.
        if sums.iter().all(|sum| *sum > 0.0) {
            for (weight, label) in weights.iter_mut().zip(&dataset.labels) {
                *weight /= sums[usize::from(*label > 0.5)];
            }
            scale_to_mean_one(&mut weights, rows)?;
        }
    }
    Ok(Some(weights))
}

fn scale_to_mean_one(weights: &mut [f64], rows: &[usize]) -> Result<(), FitError> {
    // By the largest first: sums of the largest doubles overflow.
    let largest = rows.iter().map(|&row| weights[row]).fold(0.0, f64::max);
    if largest == 0.0 {
        return Err(FitError::NoWeight { rows: rows.len() });
    }
    let mean = rows.iter().map(|&row| weights[row] / largest).sum::<f64>() / as_float(rows.len());
    weights.iter_mut().for_each(|weight| *weight = *weight / largest / mean);
    Ok(())
}
