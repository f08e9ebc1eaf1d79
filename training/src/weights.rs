//! How much each training row counts.

use features::batch::History;
use features::project::{Model, Task};

use crate::algorithm::{FitError, as_float};
use crate::dataset::Dataset;
use crate::split::show;

/// Rows to learn from whose weight is none.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "{rows} training rows have no usable weight, the first is the event {first}, where `{weight}` is {found}: a weight is \
     a number from 0 up, never NULL (as what is infinite becomes); COALESCE(…, 1) gives NULLs one"
)]
pub struct UnusableWeight {
    rows: usize,
    /// The event's id.
    first: String,
    weight: String,
    found: String,
}

/// Whether every row of `rows` has a weight, where the model declares one; `history` is what the dataset was picked from.
pub(crate) fn check(model: &Model, dataset: &Dataset, rows: &[usize], history: &History) -> Result<(), UnusableWeight> {
    let (Some(declared), Some(weights)) = (&model.weight, &dataset.weights) else { return Ok(()) };
    let unusable = || rows.iter().copied().filter(|&row| !(weights[row].is_finite() && weights[row] >= 0.0));
    let Some(first) = unusable().next() else { return Ok(()) };
    let stream = &model.view.stream;
    let named = |&field: &usize| {
        let value = history.table.columns[field].value(dataset.event_of(first));
        format!("{} = {}", stream.schema.fields[field].name, show(&value))
    };
    Err(UnusableWeight {
        rows: unusable().count(),
        first: stream.id.iter().map(named).collect::<Vec<_>>().join(", "),
        weight: declared.text.to_string(),
        found: if weights[first].is_nan() { "NULL".to_owned() } else { weights[first].to_string() },
    })
}

/// A weight for each row of the dataset, with mean 1 over `rows`, which have been [`check`]ed; `None` where all count
/// alike.
///
/// `class_weight = "balanced"` multiplies by what makes both classes weigh the same.
pub(crate) fn row_weights(model: &Model, dataset: &Dataset, rows: &[usize]) -> Result<Option<Vec<f64>>, FitError> {
    if model.weight.is_none() && !model.balanced {
        return Ok(None);
    }
    let mut weights = dataset.weights.clone().unwrap_or_else(|| vec![1.0; dataset.rows()]);
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
