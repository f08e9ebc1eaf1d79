use features::project::Task;

use super::EvaluationError;

/// Labels beside predictions of them, checked: as many, at least one, all finite; in classification labels are 0 or 1
/// and predictions probabilities. (Row weights, once there are any, will be a third slice here.)
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample<'a> {
    task: Task,
    labels: &'a [f64],
    predictions: &'a [f64],
}

impl<'a> Sample<'a> {
    pub fn new(task: Task, labels: &'a [f64], predictions: &'a [f64]) -> Result<Sample<'a>, EvaluationError> {
        if predictions.len() != labels.len() {
            let found = predictions.len();
            return Err(EvaluationError::Lengths { rows: labels.len(), what: "predictions", found });
        }
        if labels.is_empty() {
            return Err(EvaluationError::Empty);
        }
        for (what, numbers) in [("label", labels), ("prediction", predictions)] {
            if let Some((row, &value)) = numbers.iter().enumerate().find(|(_, x)| !x.is_finite()) {
                return Err(EvaluationError::NotFinite { what, row, value });
            }
        }
        if task == Task::Classification {
            if let Some((row, &value)) = labels.iter().enumerate().find(|(_, y)| **y != 0.0 && **y != 1.0) {
                return Err(EvaluationError::Label { row, value });
            }
            if let Some((row, &value)) = predictions.iter().enumerate().find(|(_, p)| !(0.0..=1.0).contains(*p)) {
                return Err(EvaluationError::Probability { row, value });
            }
        }
        Ok(Sample { task, labels, predictions })
    }

    pub fn task(&self) -> Task {
        self.task
    }

    pub fn labels(&self) -> &'a [f64] {
        self.labels
    }

    pub fn predictions(&self) -> &'a [f64] {
        self.predictions
    }

    pub fn rows(&self) -> usize {
        self.labels.len()
    }

    /// (label, prediction) of each row.
    pub fn pairs(&self) -> impl Iterator<Item = (f64, f64)> + 'a {
        self.labels.iter().copied().zip(self.predictions.iter().copied())
    }

    /// The mean over rows of `f(label, prediction)`.
    pub(super) fn mean_of(&self, f: impl Fn(f64, f64) -> f64) -> f64 {
        self.pairs().map(|(label, prediction)| f(label, prediction)).sum::<f64>() / count(self.rows())
    }
}

/// A number of rows as a divisor.
pub(super) fn count(rows: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a count of rows is below 2^53")]
    let count = rows as f64;
    count
}
