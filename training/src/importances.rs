//! What moves a model's predictions, over all of its rows.

use models::artifact::{Importance, Importances};
use models::predictor::Predictor;

use crate::algorithm::{TrainingRows, as_float};

/// Rows that the means go over: enough for two digits.
const SAMPLE: usize = 1000;

/// The mean of |contribution| of each feature, over rows drawn evenly from the training part. `None` where the model
/// cannot tell.
pub(crate) fn importances(predictor: &dyn Predictor, training: &TrainingRows<'_>) -> Option<Importances> {
    let step = training.rows.len().div_ceil(SAMPLE).max(1);
    let rows: Vec<usize> = training.rows.iter().copied().step_by(step).collect();
    let width = training.inputs.width();
    let mut sums = vec![0.0; width];
    let (mut base, mut contributions) = (0.0, vec![0.0; width]);
    for row in training.inputs.row_major(&rows).chunks_exact(width) {
        base = predictor.contributions(row, &mut contributions)?;
        for (sum, contribution) in sums.iter_mut().zip(&contributions) {
            *sum += contribution.abs() / as_float(rows.len());
        }
    }
    let importance = |(name, mean_contribution): (&smol_str::SmolStr, f64)| Importance {
        feature: name.to_string(),
        mean_contribution,
    };
    let features = training.names.iter().zip(sums).map(importance).collect();
    Some(Importances { rows: rows.len() as u64, base, features })
}
