//! How coefficients are found. Every algorithm sees imputed, standardised inputs and gives back coefficients in the
//! inputs' own units.

mod linear;
mod logistic;
mod polish;
mod rank;
mod standardise;

use features::project::Algorithm;

pub use linear::Linear;
pub use logistic::{InvalidPenalty, Logistic, LogisticSpec};

use crate::inputs::Inputs;
use standardise::{Spread, Standardised};

/// A fitted model in the inputs' own units: margin = intercept + Σ coefficient × input.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    pub intercept: f64,
    /// One per input; 0 for inputs that were left out.
    pub coefficients: Vec<f64>,
    /// The change of the margin by one standard deviation of the input: comparable between inputs.
    pub standardised: Vec<f64>,
    /// What stands in for NULL, one per input: the training mean.
    pub imputation: Vec<f64>,
    pub warnings: Vec<Warning>,
}

/// Something about a fit that its reader should know; features by index.
#[derive(Debug, Clone, PartialEq)]
pub enum Warning {
    /// NULL in every training row: coefficient 0.
    Missing { feature: usize },
    /// One value in every training row: coefficient 0.
    Constant { feature: usize },
    /// A combination of earlier features: coefficient 0.
    Collinear { feature: usize, of: Vec<usize> },
    /// No more rows than features: only the penalty determines the coefficients.
    FewRows { rows: usize, features: usize },
    /// Every training row is on its label's side.
    Separated { penalised: bool },
    /// The largest component of the mean gradient where the fit ended.
    NotConverged { gradient: f64 },
}

#[derive(Debug, thiserror::Error)]
pub enum FitError {
    #[error("the training part has no rows")]
    NoRows,
    #[error("the label is {label} in all {rows} training rows: there is nothing to tell apart")]
    OneClass { label: bool, rows: usize },
    #[error("no feature varies in the training part: all are constant or NULL")]
    NothingVaries,
    #[error("{rows} training rows cannot determine {features} features: give more history or fewer features")]
    TooFewRows { rows: usize, features: usize },
    #[error(transparent)]
    Penalty(#[from] InvalidPenalty),
    #[error("the logistic solver failed")]
    Logistic(#[from] linfa_logistic::error::Error),
    #[error("the least-squares solver failed")]
    Linear(#[from] linfa_linear::LinearError<f64>),
}

/// Weights of standardised columns.
#[derive(Debug)]
pub(crate) struct Solution {
    /// Indices into [`Standardised::kept`].
    columns: Vec<usize>,
    weights: Vec<f64>,
    intercept: f64,
    warnings: Vec<Warning>,
}

/// Fits `algorithm` on the given rows. `labels` are those of all rows of `inputs`: 0 or 1 for classification.
/// Equal arguments give equal bits, whatever the number of threads.
pub fn fit(algorithm: &Algorithm, inputs: &Inputs, labels: &[f64], rows: &[usize]) -> Result<Fitted, FitError> {
    if rows.is_empty() {
        return Err(FitError::NoRows);
    }
    let data = Standardised::new(inputs, rows);
    if data.kept.is_empty() {
        return Err(FitError::NothingVaries);
    }
    let labels: Vec<f64> = rows.iter().map(|&row| labels[row]).collect();
    let solution = match algorithm {
        Algorithm::Logistic { l2 } => Logistic::try_from(LogisticSpec { l2: *l2 })?.fit(&data, &labels)?,
        Algorithm::Linear => Linear.fit(&data, &labels)?,
    };
    let (intercept, coefficients) = data.restore(&solution.columns, &solution.weights, solution.intercept);
    let mut standardised = vec![0.0; inputs.width()];
    for (&column, &weight) in solution.columns.iter().zip(&solution.weights) {
        standardised[data.kept[column]] = weight;
    }
    let left_out = data.moments.iter().enumerate().filter_map(|(feature, moments)| match moments.spread {
        Spread::Varies { .. } => None,
        Spread::Constant => Some(Warning::Constant { feature }),
        Spread::Missing => Some(Warning::Missing { feature }),
    });
    let warnings = left_out.chain(solution.warnings).collect();
    let imputation = data.moments.iter().map(|m| m.imputation).collect();
    Ok(Fitted { intercept, coefficients, standardised, imputation, warnings })
}

impl Warning {
    fn collinear(dependent: &rank::Dependent, kept: &[usize]) -> Warning {
        Warning::Collinear {
            feature: kept[dependent.column],
            of: dependent.of.iter().map(|&column| kept[column]).collect(),
        }
    }

    /// The warning in words, with the features' names.
    pub fn describe(&self, names: &[impl AsRef<str>]) -> String {
        let name = |feature: usize| names.get(feature).map_or("?", AsRef::as_ref);
        match self {
            Warning::Missing { feature } => {
                format!("`{}` is NULL in every training row: its coefficient is 0", name(*feature))
            }
            Warning::Constant { feature } => {
                format!("`{}` has one value in every training row: its coefficient is 0", name(*feature))
            }
            Warning::Collinear { feature, of } => {
                let of: Vec<String> = of.iter().map(|&f| format!("`{}`", name(f))).collect();
                format!("`{}` repeats what {} say already: its coefficient is 0", name(*feature), of.join(", "))
            }
            Warning::FewRows { rows, features } => {
                format!("{rows} training rows for {features} features: only the penalty l2 determines the coefficients")
            }
            Warning::Separated { penalised: true } => {
                "the features tell the labels of the training part apart without an error: only the penalty l2 keeps \
                 the coefficients finite. Is one of them known only afterwards?"
                    .to_owned()
            }
            Warning::Separated { penalised: false } => {
                "the features tell the labels of the training part apart without an error, and no penalty keeps the \
                 coefficients finite: set l2 above 0. Is one of them known only afterwards?"
                    .to_owned()
            }
            Warning::NotConverged { gradient } => format!(
                "the fit did not converge: the mean gradient is still {gradient:.1e}. Raise l2, or leave out features \
                 that nearly repeat others"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
