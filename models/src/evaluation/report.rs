//! What an evaluation says, in the form in which manifests keep it and commands print it.

use indexmap::IndexMap;

/// By metric name, in order of importance. A metric that is undefined on the rows (AUC with one class) is absent.
pub type Metrics = IndexMap<String, f64>;

/// How good predictions are on one set of rows.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Evaluation {
    pub rows: u64,
    /// Sets of rows that share fate; equals `rows` where the project names no group.
    pub groups: u64,
    pub metrics: Metrics,
    /// 95 % by group bootstrap; absent for a metric whose resamples were undefined too often.
    pub intervals: IndexMap<String, Interval>,
    /// By reference field.
    pub references: IndexMap<String, ReferenceReport>,
}

#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// A mean with its interval, flat in JSON: `{"mean", "low", "high"}`.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Estimate {
    pub mean: f64,
    /// Absent with fewer than two groups, from which nothing can be learned about others.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
}

/// Somebody else's predictions on the rows where they are known, beside the model's on the same rows.
/// In JSON one flat object: `{"rows": …, "log_loss": …, "paired_log_loss_difference": {"mean", "low", "high"}}`.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(into = "Flat", from = "Flat")]
pub struct ReferenceReport {
    /// Rows on which the reference has a prediction.
    pub rows: u64,
    /// The reference's own.
    pub metrics: Metrics,
    /// By metric name: the mean over rows of the model's loss − the reference's loss; below 0 the model is better.
    pub differences: IndexMap<String, Estimate>,
}

impl Evaluation {
    /// Every number with its name, for checks.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = (String, f64)> {
        let of_reference = |(name, report): (&String, &ReferenceReport)| {
            let differences = report.differences.values().flat_map(Estimate::numbers);
            let numbers: Vec<f64> = report.metrics.values().copied().chain(differences).collect();
            let what = format!("a number of the reference `{name}`");
            numbers.into_iter().map(move |x| (what.clone(), x))
        };
        let metrics = self.metrics.iter().map(|(name, x)| (format!("the metric `{name}`"), *x));
        let intervals = self
            .intervals
            .iter()
            .flat_map(|(name, i)| [i.low, i.high].map(|x| (format!("the interval of `{name}`"), x)));
        metrics.chain(intervals).chain(self.references.iter().flat_map(of_reference))
    }
}

impl Estimate {
    fn numbers(&self) -> impl Iterator<Item = f64> + use<> {
        [self.mean].into_iter().chain(self.interval.into_iter().flat_map(|i| [i.low, i.high]))
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Flat {
    rows: u64,
    #[serde(flatten)]
    figures: IndexMap<String, Figure>,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
enum Figure {
    Metric(f64),
    Difference(Estimate),
}

impl From<ReferenceReport> for Flat {
    fn from(report: ReferenceReport) -> Flat {
        let metrics = report.metrics.into_iter().map(|(name, x)| (name, Figure::Metric(x)));
        let differences = report
            .differences
            .into_iter()
            .map(|(name, d)| (format!("paired_{name}_difference"), Figure::Difference(d)));
        Flat { rows: report.rows, figures: metrics.chain(differences).collect() }
    }
}

impl From<Flat> for ReferenceReport {
    fn from(flat: Flat) -> ReferenceReport {
        let mut report = ReferenceReport { rows: flat.rows, ..ReferenceReport::default() };
        for (name, figure) in flat.figures {
            match figure {
                Figure::Metric(x) => {
                    report.metrics.insert(name, x);
                }
                Figure::Difference(d) => {
                    let metric = name.strip_prefix("paired_").and_then(|n| n.strip_suffix("_difference"));
                    report.differences.insert(metric.unwrap_or(&name).to_owned(), d);
                }
            }
        }
        report
    }
}
