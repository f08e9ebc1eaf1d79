//! The names of metrics and of the losses that are compared row by row.

use features::project::Task;

use super::log_loss::row_loss;
use super::{Sample, accuracy, auc, brier, ece, log_loss, mae, r2, rmse};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    LogLoss,
    Brier,
    Auc,
    Accuracy,
    Ece,
    Rmse,
    Mae,
    R2,
}

impl Metric {
    /// Those that a task is judged by, the most telling first.
    pub fn of(task: Task) -> &'static [Metric] {
        match task {
            Task::Classification => &[Metric::LogLoss, Metric::Brier, Metric::Auc, Metric::Accuracy, Metric::Ece],
            Task::Regression => &[Metric::Rmse, Metric::Mae, Metric::R2],
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Metric::LogLoss => "log_loss",
            Metric::Brier => "brier",
            Metric::Auc => "auc",
            Metric::Accuracy => "accuracy",
            Metric::Ece => "ece",
            Metric::Rmse => "rmse",
            Metric::Mae => "mae",
            Metric::R2 => "r2",
        }
    }

    /// Whether a larger value is the better one.
    pub fn higher_is_better(self) -> bool {
        matches!(self, Metric::Auc | Metric::Accuracy | Metric::R2)
    }

    /// `None` where the metric is undefined on these rows.
    pub fn of_sample(self, sample: &Sample<'_>) -> Option<f64> {
        match self {
            Metric::LogLoss => Some(log_loss(sample)),
            Metric::Brier => Some(brier(sample)),
            Metric::Auc => auc(sample),
            Metric::Accuracy => Some(accuracy(sample)),
            Metric::Ece => Some(ece(sample)),
            Metric::Rmse => Some(rmse(sample)),
            Metric::Mae => Some(mae(sample)),
            Metric::R2 => r2(sample),
        }
    }
}

/// What a single prediction costs; the mean over rows is compared between two predictors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Loss {
    Log,
    Brier,
    Squared,
    Absolute,
}

impl Loss {
    pub fn of(task: Task) -> &'static [Loss] {
        match task {
            Task::Classification => &[Loss::Log, Loss::Brier],
            Task::Regression => &[Loss::Squared, Loss::Absolute],
        }
    }

    /// The name of its mean: `log_loss`, `brier`, `mse`, `mae`.
    pub fn name(self) -> &'static str {
        match self {
            Loss::Log => "log_loss",
            Loss::Brier => "brier",
            Loss::Squared => "mse",
            Loss::Absolute => "mae",
        }
    }

    pub fn of_row(self, label: f64, prediction: f64) -> f64 {
        match self {
            Loss::Log => row_loss(label, prediction),
            Loss::Brier | Loss::Squared => (prediction - label).powi(2),
            Loss::Absolute => (prediction - label).abs(),
        }
    }
}
