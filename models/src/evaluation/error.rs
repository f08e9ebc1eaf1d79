/// Why predictions cannot be judged.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EvaluationError {
    #[error("there are no rows to evaluate")]
    Empty,
    #[error("there are {rows} labels, but {found} {what}")]
    Lengths { rows: usize, what: &'static str, found: usize },
    #[error("the {what} of row {row} is {value}, which is not a finite number")]
    NotFinite { what: &'static str, row: usize, value: f64 },
    #[error("the label of row {row} is {value}; in classification it is 0 or 1")]
    Label { row: usize, value: f64 },
    #[error("the prediction of row {row} is {value}; a probability lies between 0 and 1")]
    Probability { row: usize, value: f64 },
    #[error("reference `{name}`: {reason}")]
    Reference { name: String, reason: Box<EvaluationError> },
}
