//! What the page tells beyond the manifest.

use models::evaluation::{Estimate, Evaluation, Histogram, ReliabilityBin, RocPoint};

use crate::validation::Validation;

/// All but the validation is of the test part; empty where there is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    pub reliability: Vec<ReliabilityBin>,
    /// Of the project's references, by name.
    pub reference_reliability: Vec<(String, Vec<ReliabilityBin>)>,
    /// Of a classification: predictions where the label is FALSE, and where it is TRUE.
    pub scores: Option<(Histogram, Histogram)>,
    /// Of a classification with both classes.
    pub roc: Vec<RocPoint>,
    /// Of a regression: label − prediction.
    pub residuals: Option<Histogram>,
    pub slices: Vec<Slice>,
    pub learning_curve: Vec<CurvePoint>,
    /// Within the training part.
    pub validation: Validation,
}

/// The rows of the test part, told apart by one expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    pub name: String,
    pub values: Vec<SliceValue>,
    /// Rows whose value is too rare for a line of its own.
    pub rest: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SliceValue {
    pub value: String,
    pub evaluation: Evaluation,
}

/// The test part's loss after fitting on a share of the training groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    pub groups: u64,
    pub rows: u64,
    /// Log loss or RMSE.
    pub loss: Estimate,
}
