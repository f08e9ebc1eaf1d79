//! Logistic regression with an L2 penalty, fitted by linfa.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, ArrayView2, Axis, Slice};

use super::polish::{OPTIMUM, polish};
use super::rank::dependent_columns;
use super::standardise::{Standardised, as_float};
use super::{FitError, Solution, Warning};

/// Unchecked parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogisticSpec {
    /// See [`Logistic`].
    pub l2: f64,
}

/// Checked parameters: minimises Σ log loss + ½·l2·‖w‖² over the weights w of the standardised inputs; the intercept
/// is not penalised. `l2` is scikit-learn's 1/C and linfa's alpha; 0 or more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Logistic {
    l2: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("l2 must be a number from 0 up, not {l2}")]
pub struct InvalidPenalty {
    pub l2: f64,
}

impl TryFrom<LogisticSpec> for Logistic {
    type Error = InvalidPenalty;

    fn try_from(LogisticSpec { l2 }: LogisticSpec) -> Result<Logistic, InvalidPenalty> {
        if l2.is_finite() && l2 >= 0.0 { Ok(Logistic { l2 }) } else { Err(InvalidPenalty { l2 }) }
    }
}

/// On the norm of the mean gradient. [`polish`] goes the rest of the way in fewer passes than L-BFGS would need.
const GRADIENT_TOLERANCE: f64 = 1e-3;
const MAX_ITERATIONS: u64 = 200;
/// Above twice as many rows, a sample of about so many finds the start: iterations over all rows cost most of the time.
const SAMPLE: usize = 32_768;

impl Logistic {
    /// `labels` are 0 or 1, one per row of the matrix.
    pub(crate) fn fit(
        &self,
        data: &Standardised,
        labels: &[f64],
        row_weights: Option<&[f64]>,
    ) -> Result<Solution, FitError> {
        let positives = labels.iter().filter(|&&y| y > 0.5).count();
        if positives == 0 || positives == labels.len() {
            return Err(FitError::OneClass { label: positives > 0, rows: labels.len() });
        }
        let mut warnings = Vec::new();
        let (rows, features) = (labels.len(), data.kept.len());
        if rows <= features {
            if self.l2 == 0.0 {
                return Err(FitError::TooFewRows { rows, features });
            }
            warnings.push(Warning::FewRows { rows, features });
        }
        // Without a penalty, columns that repeat others leave the optimum undetermined; with one, it is unique.
        let columns: Vec<usize> = if self.l2 > 0.0 {
            (0..data.kept.len()).collect()
        } else {
            let (independent, dependent) = dependent_columns(data.matrix.view());
            warnings.extend(dependent.into_iter().map(|d| Warning::collinear(&d, &data.kept)));
            independent
        };
        let selected;
        let matrix = if columns.len() == data.kept.len() {
            data.matrix.view()
        } else {
            selected = select_columns(data.matrix.view(), &columns);
            selected.view()
        };
        let classes: Array1<bool> = labels.iter().map(|&y| y > 0.5).collect();
        // linfa knows no weights: with them it finds where Newton's method begins, no more.
        let start = self.start(matrix, &classes);
        let near = run(matrix, classes, self.l2, start)?;
        let polished = polish(matrix, ndarray::aview1(labels), row_weights.map(ndarray::aview1), self.l2, near);
        if polished.gradient > OPTIMUM {
            warnings.push(Warning::NotConverged { gradient: polished.gradient });
        }
        let weights = polished.parameters.iter().take(columns.len()).copied().collect::<Vec<f64>>();
        let intercept = polished.parameters[columns.len()];
        if separates(matrix, labels, &weights, intercept) {
            warnings.push(Warning::Separated { penalised: self.l2 > 0.0 });
        }
        Ok(Solution { columns, weights, intercept, warnings })
    }

    /// A start from every k-th row, where there are rows enough that the detour pays.
    fn start(&self, matrix: ArrayView2<'_, f64>, classes: &Array1<bool>) -> Option<Array1<f64>> {
        let every = classes.len() / SAMPLE;
        if every < 2 {
            return None;
        }
        let step = isize::try_from(every).ok()?;
        let sample = matrix.slice_axis(Axis(0), Slice::new(0, None, step));
        let sample = select_columns(sample, &(0..sample.ncols()).collect::<Vec<_>>());
        let classes: Array1<bool> = classes.iter().step_by(every).copied().collect();
        // A sample of one class finds nothing; the full fit then begins at zero.
        run(sample.view(), classes, self.l2 / as_float(every), None).ok()
    }
}

/// One run of linfa's L-BFGS: a weight per column, then the intercept.
fn run(
    matrix: ArrayView2<'_, f64>,
    classes: Array1<bool>,
    l2: f64,
    start: Option<Array1<f64>>,
) -> Result<Array1<f64>, FitError> {
    let mut parameters = LogisticRegression::default()
        .alpha(l2)
        .max_iterations(MAX_ITERATIONS)
        .gradient_tolerance(GRADIENT_TOLERANCE * as_float(classes.len()));
    if let Some(start) = start {
        parameters = parameters.initial_params(start);
    }
    let fitted = parameters.fit(&DatasetBase::new(matrix, classes))?;
    let mut solution = fitted.params().to_vec();
    solution.push(fitted.intercept());
    Ok(Array1::from(solution))
}

/// A copy of some columns, contiguous each.
pub(crate) fn select_columns(matrix: ArrayView2<'_, f64>, columns: &[usize]) -> ndarray::Array2<f64> {
    let mut selected = ndarray::Array2::zeros(ndarray::ShapeBuilder::f((matrix.nrows(), columns.len())));
    for (mut target, &column) in selected.columns_mut().into_iter().zip(columns) {
        target.assign(&matrix.column(column));
    }
    selected
}

/// Whether every row is on its label's side: then only the penalty keeps the weights finite.
fn separates(matrix: ArrayView2<'_, f64>, labels: &[f64], weights: &[f64], intercept: f64) -> bool {
    let margins = matrix.dot(&ndarray::aview1(weights)) + intercept;
    margins.iter().zip(labels).all(|(&z, &y)| if y > 0.5 { z > 0.0 } else { z < 0.0 })
}
