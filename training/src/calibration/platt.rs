//! A logistic regression of the label on the margin, after J. Platt (1999), with its targets: (n₊ + 1) / (n₊ + 2) for
//! TRUE and 1 / (n₋ + 2) for FALSE keep margins that separate the classes from certainty.

use models::artifact::{InvalidCalibration, Platt};
use ndarray::{Array1, Array2};

use super::Point;
use crate::algorithm::polish;

pub(super) fn fit(points: &[Point]) -> Result<Platt, InvalidCalibration> {
    let total: f64 = points.iter().map(|point| point.weight).sum();
    let positive: f64 = points.iter().map(|point| point.label * point.weight).sum();
    let targets = [1.0 / (total - positive + 2.0), (positive + 1.0) / (positive + 2.0)];
    let labels: Array1<f64> = points.iter().map(|point| targets[usize::from(point.label > 0.5)]).collect();
    let weights: Array1<f64> = points.iter().map(|point| point.weight).collect();
    // Standardised, so that the method needs few steps whatever the margins' scale.
    let mean = points.iter().map(|point| point.weight / total * point.margin).sum::<f64>();
    let variance = points.iter().map(|point| point.weight / total * (point.margin - mean).powi(2)).sum::<f64>();
    let scale = variance.sqrt();
    let base = (positive + 1.0) / (total + 2.0);
    let flat = Platt::new((base / (1.0 - base)).ln(), 0.0);
    if !(scale.is_finite() && scale > 0.0) {
        return flat;
    }
    let matrix = Array2::from_shape_fn((points.len(), 1), |(row, _)| (points[row].margin - mean) / scale);
    let fitted = polish(matrix.view(), labels.view(), Some(weights.view()), 0.0, Array1::zeros(2)).parameters;
    let slope = fitted[0] / scale;
    // A model that is right the wrong way round has nothing to tell.
    if slope > 0.0 { Platt::new(fitted[1] - slope * mean, slope) } else { flat }
}
