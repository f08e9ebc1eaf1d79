//! What a model takes and gives.

use features::project::Task;
use features::value::Type;

/// The inputs, in the order in which the predictor takes them, and the output.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Signature {
    pub features: Vec<Feature>,
    pub output: Output,
}

impl Signature {
    pub fn new(features: Vec<Feature>, task: Task) -> Signature {
        Signature { features, output: Output::of(task) }
    }

    /// The number of inputs of one row.
    pub fn width(&self) -> usize {
        self.features.len()
    }

    /// Names of the view's columns that are inputs, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.features.iter().map(|f| f.name.as_str())
    }

    pub fn position(&self, name: &str) -> Option<usize> {
        self.features.iter().position(|f| f.name == name)
    }
}

/// One input: a column of the view.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Feature {
    pub name: String,
    #[serde(rename = "type")]
    pub ty: Type,
}

impl Feature {
    pub fn new(name: impl Into<String>, ty: Type) -> Feature {
        Feature { name: name.into(), ty }
    }
}

/// What the one number of a prediction means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Output {
    /// The probability that the label is TRUE.
    Probability,
    /// The expected value of the label.
    Value,
}

impl Output {
    pub fn of(task: Task) -> Output {
        match task {
            Task::Classification => Output::Probability,
            Task::Regression => Output::Value,
        }
    }

    /// The key of the prediction in every answer and record: `probability` or `value`.
    pub fn name(self) -> &'static str {
        match self {
            Output::Probability => "probability",
            Output::Value => "value",
        }
    }
}
