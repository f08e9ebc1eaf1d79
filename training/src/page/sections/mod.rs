//! The page's sections, from what matters most to where it came from.

mod family;
mod head;
mod model;
mod parts;
mod quality;
mod validation;

pub(super) use family::family;
pub(super) use head::{head, warnings};
pub(super) use model::{coefficients, distributions, importances, origin};
pub(super) use parts::{learning_curve, slices};
pub(super) use quality::{calibration, discrimination, quality, references, residuals};
pub(super) use validation::validation;

use models::evaluation::{Estimate, Interval};

fn interval(interval: &Interval) -> String {
    format!("[{:.4}, {:.4}]", interval.low, interval.high)
}

fn range(estimate: &Estimate) -> String {
    estimate.interval.map(|i| format!("[{:+.4}, {:+.4}]", i.low, i.high)).unwrap_or_default()
}

/// Metrics as people write them.
fn title_of(metric: &str) -> &str {
    match metric {
        "log_loss" => "Log loss",
        "brier" => "Brier score",
        "auc" => "AUC",
        "accuracy" => "Accuracy",
        "ece" => "Calibration error (ECE)",
        "rmse" => "RMSE",
        "mse" => "Squared error",
        "mae" => "Absolute error",
        "r2" => "R²",
        other => other,
    }
}
