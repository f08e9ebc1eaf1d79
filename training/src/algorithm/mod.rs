//! How models are fitted: from the training rows to a model that predicts.
//!
//! Linear algorithms see imputed, standardised inputs and give back coefficients in the inputs' own units. Trees see
//! inputs rounded as their predictor rounds them.

mod held_out;
mod linear;
mod logistic;
mod mean;
mod polish;
mod rank;
mod standardise;
mod trees;

use features::project::{Algorithm, Task};
use models::artifact::{InvalidLinearModel, InvalidStack, InvalidTrees, LinearModel, Link, NativeModel};
use smol_str::SmolStr;

pub(crate) use held_out::{folds, others};
pub use linear::Linear;
pub use logistic::{InvalidPenalty, Logistic, LogisticSpec};
use mean::mean;
pub(crate) use polish::polish;
pub(crate) use standardise::as_float;

use crate::inputs::Inputs;
use standardise::{Spread, Standardised};

/// What an algorithm sees. All slices but `rows` are over all rows of `inputs`.
#[derive(Debug, Clone, Copy)]
pub struct TrainingRows<'a> {
    pub task: Task,
    /// Of the inputs.
    pub names: &'a [SmolStr],
    pub inputs: &'a Inputs,
    /// 0 or 1 for classification.
    pub labels: &'a [f64],
    /// 0 or more, finite; the rows' mean is 1.
    pub weights: Option<&'a [f64]>,
    /// Rows of equal number share fate.
    pub groups: &'a [u32],
    /// The rows to learn from, ascending.
    pub rows: &'a [usize],
    pub seed: u64,
}

/// What a fit came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    pub native: NativeModel,
    /// Of linear models.
    pub linear: Option<LinearFit>,
    /// Rounds of boosting that were best on held-out groups.
    pub stopped_at: Option<u32>,
    pub warnings: Vec<Warning>,
}

/// A linear fit in the inputs' own units: margin = intercept + Σ coefficient × input.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearFit {
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
    /// NULL in every training row: not used.
    Missing { feature: usize },
    /// One value in every training row: not used.
    Constant { feature: usize },
    /// A combination of earlier features: coefficient 0.
    Collinear { feature: usize, of: Vec<usize> },
    /// No more rows than features: only the penalty determines the coefficients.
    FewRows { rows: usize, features: usize },
    /// Every training row is on its label's side.
    Separated { penalised: bool },
    /// The largest component of the mean gradient where the fit ended.
    NotConverged { gradient: f64 },
    /// No tree splits.
    NoSplit,
}

#[derive(Debug, thiserror::Error)]
pub enum FitError {
    #[error("the training part has no rows")]
    NoRows,
    #[error(
        "the label is {label} in all {rows} training rows: there is nothing to tell apart. Check `label` and `where`, or \
         give more history"
    )]
    OneClass { label: bool, rows: usize },
    #[error(
        "no feature varies in the training part: all are constant or NULL. Check the view and the model's `features`, or \
         give more history"
    )]
    NothingVaries,
    #[error("{rows} training rows cannot determine {features} features: give more history or fewer features")]
    TooFewRows { rows: usize, features: usize },
    #[error("all {rows} training rows have weight 0: let `weight` be above 0 where a row is to count")]
    NoWeight { rows: usize },
    #[error(
        "all training rows share one fate (one group), so none can be held out: leave out {purpose}, or set `group` to \
         what rows share"
    )]
    OneGroup { purpose: &'static str },
    #[error("with some groups held out, the label is {label} in all {rows} rows that are left: leave out {purpose}")]
    OneClassLeft { label: bool, rows: usize, purpose: &'static str },
    #[error("the model `{base}`, which this one is stacked on, cannot be fitted{}", without(*held_out))]
    Base {
        base: SmolStr,
        held_out: bool,
        #[source]
        source: Box<FitError>,
    },
    #[error("only linear and logistic models can be stacked on others")]
    NotLinear,
    #[error("the fits of a stacked model cannot be put together")]
    Stack(#[from] InvalidStack),
    #[error(transparent)]
    Penalty(#[from] InvalidPenalty),
    #[error("the boosting library refused its parameters or data")]
    Boosting(#[from] forust_ml::errors::ForustError),
    #[error("the forest library failed")]
    Forest(#[from] smartcore::error::Failed),
    #[error("the forest library's trees cannot be read")]
    ForestTrees(#[source] serde_json::Error),
    #[error("the fit gave coefficients that cannot be used")]
    Coefficients(#[from] InvalidLinearModel),
    #[error("the fit gave trees that cannot be used")]
    Trees(#[from] InvalidTrees),
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

/// Fits `algorithm`. Equal arguments give equal bits, whatever the number of threads.
pub fn fit(algorithm: &Algorithm, training: &TrainingRows<'_>) -> Result<Fitted, FitError> {
    // A row without weight has no part in anything that is learned.
    let weighing: Vec<usize>;
    let training = match training.weights {
        Some(weights) if training.rows.iter().any(|&row| weights[row] == 0.0) => {
            weighing = training.rows.iter().copied().filter(|&row| weights[row] > 0.0).collect();
            if weighing.is_empty() {
                return Err(FitError::NoWeight { rows: training.rows.len() });
            }
            TrainingRows { rows: &weighing, ..*training }
        }
        _ => *training,
    };
    if training.rows.is_empty() {
        return Err(FitError::NoRows);
    }
    match algorithm {
        Algorithm::Logistic { .. } | Algorithm::Linear | Algorithm::Mean => {
            let fitted = match algorithm {
                Algorithm::Mean => mean(training.inputs, training.rows),
                _ => fit_linear(algorithm, &training)?,
            };
            let LinearFit { intercept, ref coefficients, ref imputation, ref warnings, .. } = fitted;
            let model = LinearModel::new(training.link(), intercept, coefficients.clone(), imputation.clone())?;
            let warnings = warnings.clone();
            Ok(Fitted { native: NativeModel::Linear(model), linear: Some(fitted), stopped_at: None, warnings })
        }
        Algorithm::Boosting(boosting) => trees::boosting(boosting, &training),
        Algorithm::Forest(forest) => trees::forest(forest, &training),
    }
}

impl TrainingRows<'_> {
    /// Of models whose margin is on the scale of log-odds in classification.
    fn link(&self) -> Link {
        match self.task {
            Task::Classification => Link::Logit,
            Task::Regression => Link::Identity,
        }
    }

    /// Both classes are there, where there are classes.
    fn check_classes(&self) -> Result<(), FitError> {
        match (self.task, one_class(self.rows.iter().map(|&row| self.labels[row]))) {
            (Task::Classification, Some(label)) => Err(FitError::OneClass { label, rows: self.rows.len() }),
            _ => Ok(()),
        }
    }

    fn weights_of(&self, rows: &[usize]) -> Option<Vec<f64>> {
        self.weights.map(|weights| rows.iter().map(|&row| weights[row]).collect())
    }
}

fn without(held_out: bool) -> &'static str {
    if held_out { " with some groups held out" } else { "" }
}

/// The label that all have, if all have one; labels are 0 or 1.
fn one_class(mut labels: impl Iterator<Item = f64>) -> Option<bool> {
    let first = labels.next()? > 0.5;
    labels.all(|label| (label > 0.5) == first).then_some(first)
}

/// Coefficients of a linear algorithm, in the inputs' own units.
fn fit_linear(algorithm: &Algorithm, training: &TrainingRows<'_>) -> Result<LinearFit, FitError> {
    let TrainingRows { inputs, rows, .. } = *training;
    let data = Standardised::new(inputs, rows);
    if data.kept.is_empty() {
        return Err(FitError::NothingVaries);
    }
    let labels: Vec<f64> = rows.iter().map(|&row| training.labels[row]).collect();
    let weights = training.weights_of(rows);
    let solution = match algorithm {
        Algorithm::Logistic { l2 } => {
            Logistic::try_from(LogisticSpec { l2: *l2 })?.fit(&data, &labels, weights.as_deref())?
        }
        _ => Linear.fit(&data, &labels, weights.as_deref())?,
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
    Ok(LinearFit { intercept, coefficients, standardised, imputation, warnings })
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
                format!("`{}` is NULL in every training row: the model does not use it", name(*feature))
            }
            Warning::Constant { feature } => {
                format!("`{}` has one value in every training row: the model does not use it", name(*feature))
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
            Warning::NoSplit => {
                "no tree found a split: every row is predicted alike. Lower the least size of a leaf, or \
                                 give more rows"
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
