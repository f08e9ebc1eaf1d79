//! How models are fitted, in checked form.

mod read;
mod tunable;

use smol_str::SmolStr;

pub(super) use read::read;
pub use tunable::{Dimension, Tunable};

/// How a model is fitted, with checked parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum Algorithm {
    /// `algorithm = "logistic"`; `l2` is the penalty ½·l2·‖w‖² on standardised coefficients, summed over rows
    /// (scikit-learn's 1/C). Default 1.
    Logistic { l2: f64 },
    /// `algorithm = "linear"`: ordinary least squares.
    Linear,
    /// `algorithm = "boosting"`
    Boosting(Boosting),
    /// `algorithm = "forest"`
    Forest(Forest),
    /// `algorithm = "mean"`: the mean of the inputs, which in classification are log-odds. Made for what other models say,
    /// where there is too little to learn from how far to trust each.
    Mean,
}

/// Gradient-boosted trees: log loss for classification, squared error for regression. Missing inputs go, at each split,
/// where they lower the loss more.
#[derive(Debug, Clone, PartialEq)]
pub struct Boosting {
    /// Rounds, one tree each; at most, where training stops early.
    pub trees: u32,
    /// What each tree's leaves are multiplied by; above 0, at most 1.
    pub learning_rate: f64,
    pub max_depth: u32,
    /// `None`: as many as the depth allows.
    pub max_leaves: Option<u32>,
    /// The least sum of second derivatives of the loss in a leaf: rows in regression, Σ p(1 − p) in classification.
    pub min_leaf_weight: f64,
    /// What a split must lower the loss by.
    pub min_gain: f64,
    /// Penalties on the leaves' values.
    pub l1: f64,
    pub l2: f64,
    /// The share of rows and of features that each tree sees; above 0, at most 1.
    pub subsample: f64,
    pub colsample: f64,
    /// Values of a feature that splits can tell apart.
    pub bins: u16,
    /// By feature.
    pub monotone: Vec<(SmolStr, Direction)>,
    pub early_stopping: Option<EarlyStopping>,
}

/// How the prediction may change where one input grows and all others stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// `"up"`: it never falls.
    Up,
    /// `"down"`: it never grows.
    Down,
}

/// Rounds are counted on groups that the trees have not seen; the model is then fitted on all of them with the best count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EarlyStopping {
    /// Rounds without a lower loss before it stops.
    pub rounds: u32,
    /// Of the training groups, held out; above 0, below 1.
    pub share: f64,
}

/// The mean of trees that are grown apart, each on what chance gives it. In classification a leaf holds the share of TRUE
/// among its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    pub variant: ForestVariant,
    pub trees: u32,
    pub max_depth: u32,
    /// Rows that a leaf has at least.
    pub min_leaf_rows: u32,
    /// Features tried at each split; `None`: the square root of their number in classification, a third in regression.
    pub split_features: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForestVariant {
    /// `variant = "random"`: rows drawn with replacement, the best threshold at each split.
    Random,
    /// `variant = "extra"`: all rows, one random threshold for each feature tried.
    Extra,
}

/// `calibration = "…"`: what is fitted on held-out groups to make probabilities of margins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalibrationMethod {
    Platt,
    Isotonic,
}

impl Algorithm {
    pub fn name(&self) -> &'static str {
        match self {
            Algorithm::Logistic { .. } => "logistic",
            Algorithm::Linear => "linear",
            Algorithm::Boosting(_) => "boosting",
            Algorithm::Forest(_) => "forest",
            Algorithm::Mean => "mean",
        }
    }

    /// What it runs with, defaults filled in, as projects spell it.
    pub fn parameters(&self) -> Vec<(&'static str, Parameter)> {
        match self {
            Algorithm::Logistic { l2 } => vec![("l2", Parameter::Number(*l2))],
            Algorithm::Linear | Algorithm::Mean => Vec::new(),
            Algorithm::Boosting(boosting) => boosting.parameters(),
            Algorithm::Forest(forest) => forest.parameters(),
        }
    }
}

/// One parameter's value.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub enum Parameter {
    Number(f64),
    Count(u32),
    Text(&'static str),
    Directions(std::collections::BTreeMap<SmolStr, Direction>),
    EarlyStopping { rounds: u32, share: f64 },
}

impl Boosting {
    fn parameters(&self) -> Vec<(&'static str, Parameter)> {
        use Parameter::{Count, Number};
        let mut parameters = vec![
            ("trees", Count(self.trees)),
            ("learning_rate", Number(self.learning_rate)),
            ("max_depth", Count(self.max_depth)),
        ];
        parameters.extend(self.max_leaves.map(|leaves| ("max_leaves", Count(leaves))));
        parameters.extend([
            ("min_leaf_weight", Number(self.min_leaf_weight)),
            ("min_gain", Number(self.min_gain)),
            ("l1", Number(self.l1)),
            ("l2", Number(self.l2)),
            ("subsample", Number(self.subsample)),
            ("colsample", Number(self.colsample)),
            ("bins", Count(u32::from(self.bins))),
        ]);
        if !self.monotone.is_empty() {
            parameters.push(("monotone", Parameter::Directions(self.monotone.iter().cloned().collect())));
        }
        let early = self.early_stopping;
        parameters.extend(
            early.map(|EarlyStopping { rounds, share }| ("early_stopping", Parameter::EarlyStopping { rounds, share })),
        );
        parameters
    }
}

impl Forest {
    fn parameters(&self) -> Vec<(&'static str, Parameter)> {
        let mut parameters = vec![
            ("variant", Parameter::Text(self.variant.name())),
            ("trees", Parameter::Count(self.trees)),
            ("max_depth", Parameter::Count(self.max_depth)),
            ("min_leaf_rows", Parameter::Count(self.min_leaf_rows)),
        ];
        parameters.extend(self.split_features.map(|features| ("split_features", Parameter::Count(features))));
        parameters
    }
}

impl ForestVariant {
    /// As projects spell it.
    pub fn name(self) -> &'static str {
        match self {
            ForestVariant::Random => "random",
            ForestVariant::Extra => "extra",
        }
    }
}

impl Default for Boosting {
    fn default() -> Boosting {
        Boosting {
            trees: 200,
            learning_rate: 0.1,
            max_depth: 5,
            max_leaves: None,
            min_leaf_weight: 10.0,
            min_gain: 0.0,
            l1: 0.0,
            l2: 1.0,
            subsample: 1.0,
            colsample: 1.0,
            bins: 255,
            monotone: Vec::new(),
            early_stopping: None,
        }
    }
}

impl Default for Forest {
    fn default() -> Forest {
        Forest { variant: ForestVariant::Random, trees: 100, max_depth: 12, min_leaf_rows: 20, split_features: None }
    }
}
