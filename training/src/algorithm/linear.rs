//! Linear regression by ordinary least squares, fitted by linfa.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_linear::LinearRegression;
use ndarray::{Array2, ArrayView1, aview1};

use super::logistic::select_columns;
use super::rank::dependent_columns;
use super::standardise::Standardised;
use super::{FitError, Solution, Warning};

/// Ordinary least squares with an intercept, by QR decomposition. It has no parameters.
///
/// linfa takes only an exact zero for rank deficiency and otherwise answers with weights of 10¹²; so columns that
/// repeat earlier ones are taken out first. Their coefficient is 0, and a warning names them and what they repeat:
/// predictions are those of any other least-squares solution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Linear;

impl Linear {
    pub(crate) fn fit(
        self,
        data: &Standardised,
        labels: &[f64],
        row_weights: Option<&[f64]>,
    ) -> Result<Solution, FitError> {
        let (rows, features) = (labels.len(), data.kept.len());
        if rows <= features {
            return Err(FitError::TooFewRows { rows, features });
        }
        let (columns, dependent) = dependent_columns(data.matrix.view());
        let warnings = dependent.iter().map(|d| Warning::collinear(d, &data.kept)).collect();
        let matrix = select_columns(data.matrix.view(), &columns);
        let (weights, intercept) = match row_weights {
            Some(row_weights) => weighted(matrix, aview1(labels), aview1(row_weights))?,
            None => {
                let fitted = LinearRegression::new().fit(&DatasetBase::new(matrix, aview1(labels)))?;
                (fitted.params().to_vec(), fitted.intercept())
            }
        };
        Ok(Solution { columns, weights, intercept, warnings })
    }
}

/// Minimises Σ vᵢ (yᵢ − xᵢ·w − intercept)²: taken from the weighted means, and each row scaled by √v, it is an ordinary
/// problem without intercept.
fn weighted(
    mut matrix: Array2<f64>,
    labels: ArrayView1<'_, f64>,
    row_weights: ArrayView1<'_, f64>,
) -> Result<(Vec<f64>, f64), FitError> {
    let total = row_weights.sum();
    let roots = row_weights.mapv(f64::sqrt);
    let label_mean = labels.dot(&row_weights) / total;
    let mut means = Vec::with_capacity(matrix.ncols());
    for mut column in matrix.columns_mut() {
        let mean = column.dot(&row_weights) / total;
        column.zip_mut_with(&roots, |x, root| *x = (*x - mean) * root);
        means.push(mean);
    }
    let labels = (&labels - label_mean) * &roots;
    let fitted = LinearRegression::new().with_intercept(false).fit(&DatasetBase::new(matrix, labels))?;
    let weights = fitted.params().to_vec();
    let intercept = weights.iter().zip(means).fold(label_mean, |rest, (weight, mean)| rest - weight * mean);
    Ok((weights, intercept))
}
