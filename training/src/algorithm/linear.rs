//! Linear regression by ordinary least squares, fitted by linfa.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_linear::LinearRegression;
use ndarray::aview1;

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
    pub(crate) fn fit(self, data: &Standardised, labels: &[f64]) -> Result<Solution, FitError> {
        let (rows, features) = (labels.len(), data.kept.len());
        if rows <= features {
            return Err(FitError::TooFewRows { rows, features });
        }
        let (columns, dependent) = dependent_columns(data.matrix.view());
        let warnings = dependent.iter().map(|d| Warning::collinear(d, &data.kept)).collect();
        let matrix = select_columns(data.matrix.view(), &columns);
        let fitted = LinearRegression::new().fit(&DatasetBase::new(matrix, aview1(labels)))?;
        Ok(Solution { columns, weights: fitted.params().to_vec(), intercept: fitted.intercept(), warnings })
    }
}
