//! What arms are compared by.

use features::project::Task;

use super::Observation;
use crate::evaluation::Loss;

/// A quantity of a prediction. The figure of an arm is its mean over predictions, but for [`Metric::CalibrationError`]
/// and [`Metric::LatencyP99`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    LogLoss,
    Brier,
    Accuracy,
    CalibrationError,
    AbsoluteError,
    SquaredError,
    /// Of the answer, in milliseconds.
    Latency,
    LatencyP99,
    ErrorRate,
    /// The outcome itself: what follows from having acted on one model or the other.
    Outcome,
    /// A further outcome that the plan names.
    Value(usize),
}

impl Metric {
    /// Those with names of their own.
    const NAMED: [(&'static str, Metric); 10] = [
        ("log_loss", Metric::LogLoss),
        ("brier", Metric::Brier),
        ("accuracy", Metric::Accuracy),
        ("calibration_error", Metric::CalibrationError),
        ("absolute_error", Metric::AbsoluteError),
        ("squared_error", Metric::SquaredError),
        ("latency_ms", Metric::Latency),
        ("latency_ms_p99", Metric::LatencyP99),
        ("error_rate", Metric::ErrorRate),
        ("outcome", Metric::Outcome),
    ];

    /// By name; `values` are the further outcomes.
    pub fn parse(name: &str, values: &[String]) -> Option<Metric> {
        let named = Metric::NAMED.iter().find(|(known, _)| *known == name).map(|(_, metric)| *metric);
        named.or_else(|| values.iter().position(|value| value == name).map(Metric::Value))
    }

    pub fn name(self, values: &[String]) -> &str {
        let named = Metric::NAMED.iter().find(|(_, metric)| *metric == self).map(|(name, _)| *name);
        match self {
            Metric::Value(index) => values.get(index).map_or("value", String::as_str),
            _ => named.unwrap_or("metric"),
        }
    }

    pub fn names() -> impl Iterator<Item = &'static str> {
        Metric::NAMED.iter().map(|(name, _)| *name)
    }

    /// Unless the plan says otherwise.
    pub fn higher_is_better(self) -> bool {
        matches!(self, Metric::Accuracy | Metric::Outcome | Metric::Value(_))
    }

    /// Whether it has a meaning only where labels are TRUE or FALSE.
    pub fn needs_classes(self) -> bool {
        matches!(self, Metric::LogLoss | Metric::Brier | Metric::Accuracy | Metric::CalibrationError)
    }

    /// Whether the figure is a mean over predictions.
    pub fn is_mean(self) -> bool {
        !matches!(self, Metric::CalibrationError | Metric::LatencyP99)
    }

    /// Of one prediction; `None` where what it needs is not known.
    pub fn of(self, observation: &Observation<'_>) -> Option<f64> {
        let Observation { score, outcome, .. } = *observation;
        let loss = |loss: Loss| Some(loss.of_row(outcome?, score?));
        match self {
            Metric::LogLoss => loss(Loss::Log),
            Metric::Brier => loss(Loss::Brier),
            Metric::Accuracy => Some(crate::evaluation::row_hit(outcome?, score?)),
            Metric::AbsoluteError => loss(Loss::Absolute),
            Metric::SquaredError => loss(Loss::Squared),
            Metric::Latency => observation.latency_us.map(|us| us / 1000.0),
            Metric::ErrorRate => Some(f64::from(u8::from(observation.failed))),
            Metric::Outcome => outcome,
            Metric::Value(index) => observation.values.get(index).copied().flatten(),
            Metric::CalibrationError | Metric::LatencyP99 => None,
        }
    }

    /// What the champion's score leads one to expect of the metric, whatever the outcome and whichever arm answered: the
    /// covariate that explains away how hard the request was.
    pub fn expected(self, champion: f64, task: Task) -> Option<f64> {
        let p = champion;
        match (self, task) {
            (Metric::Outcome, _) | (Metric::AbsoluteError | Metric::SquaredError, Task::Regression) => Some(p),
            (Metric::LogLoss, Task::Classification) => {
                let loss = |label: f64| Loss::Log.of_row(label, p);
                Some(p * loss(1.0) + (1.0 - p) * loss(0.0))
            }
            (Metric::Brier | Metric::SquaredError, Task::Classification) => Some(p * (1.0 - p)),
            (Metric::AbsoluteError, Task::Classification) => Some(2.0 * p * (1.0 - p)),
            (Metric::Accuracy, Task::Classification) => Some(p.max(1.0 - p)),
            _ => None,
        }
    }
}
