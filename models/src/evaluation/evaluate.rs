//! Everything that is said of predictions, in one go.

use features::project::Task;
use indexmap::IndexMap;

use super::accuracy::row_hit;
use super::auc::GroupAuc;
use super::bootstrap::{Resampling, Statistic, intervals};
use super::ece::GroupEce;
use super::mean::GroupMean;
use super::r2::GroupR2;
use super::rmse::GroupRmse;
use super::{Estimate, Evaluation, EvaluationError, Groups, Interval, Loss, Metric, Metrics, ReferenceReport, Sample};

/// Somebody else's predictions of the same rows; NaN where there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reference<'a> {
    pub name: &'a str,
    pub predictions: &'a [f64],
}

/// How far outside [0, 1] a reference's probability may lie to be taken as 0 or 1: others' single-precision models give
/// −2e-8. Our own predictions get no such grace.
const REFERENCE_GRACE: f64 = 1e-6;

/// All metrics with their intervals, and the comparison with each reference on the rows that it predicts.
pub fn evaluate(
    sample: &Sample<'_>,
    groups: &Groups,
    references: &[Reference<'_>],
    resampling: &Resampling,
) -> Result<Evaluation, EvaluationError> {
    let rows = sample.rows();
    if groups.rows() != rows {
        return Err(EvaluationError::Lengths { rows, what: "group numbers", found: groups.rows() });
    }
    let metrics = metrics(sample);
    let mut statistics: Vec<Box<dyn Statistic>> = Vec::new();
    let defined: Vec<Metric> =
        Metric::of(sample.task()).iter().copied().filter(|m| metrics.contains_key(m.name())).collect();
    for &metric in &defined {
        statistics.push(statistic(metric, sample, groups));
    }

    let mut comparisons = Vec::new();
    for reference in references {
        let (comparison, differences) = Comparison::new(sample, groups, reference)?;
        comparisons.push(comparison);
        statistics.extend(differences.into_iter().map(|mean| -> Box<dyn Statistic> { Box::new(mean) }));
    }

    let mut found = intervals(groups.count(), resampling, &statistics).into_iter();
    let named = defined.iter().zip(found.by_ref()).filter_map(|(m, i)| Some((m.name().to_owned(), i?))).collect();
    let references = comparisons.into_iter().map(|c| c.report(&mut found)).collect();
    Ok(Evaluation { rows: rows as u64, groups: groups.count() as u64, metrics, intervals: named, references })
}

fn metrics(sample: &Sample<'_>) -> Metrics {
    let of = |metric: &Metric| Some((metric.name().to_owned(), metric.of_sample(sample)?));
    Metric::of(sample.task()).iter().filter_map(of).collect()
}

pub(super) fn statistic(metric: Metric, sample: &Sample<'_>, groups: &Groups) -> Box<dyn Statistic> {
    let mean = |loss: Loss| GroupMean::new(sample, groups, |label, prediction| loss.of_row(label, prediction));
    match metric {
        Metric::LogLoss => Box::new(mean(Loss::Log)),
        Metric::Brier => Box::new(mean(Loss::Brier)),
        Metric::Auc => Box::new(GroupAuc::new(sample, groups)),
        Metric::Accuracy => Box::new(GroupMean::new(sample, groups, row_hit)),
        Metric::Ece => Box::new(GroupEce::new(sample, groups)),
        Metric::Rmse => Box::new(GroupRmse(mean(Loss::Squared))),
        Metric::Mae => Box::new(mean(Loss::Absolute)),
        Metric::R2 => Box::new(GroupR2::new(sample, groups)),
    }
}

/// The model beside a reference, on the rows that the reference predicts.
struct Comparison {
    name: String,
    report: ReferenceReport,
    losses: &'static [Loss],
    /// The mean difference for each loss.
    means: Vec<f64>,
}

impl Comparison {
    /// With what resamples need to know of each mean difference.
    fn new(
        sample: &Sample<'_>,
        groups: &Groups,
        reference: &Reference<'_>,
    ) -> Result<(Comparison, Vec<GroupMean>), EvaluationError> {
        let name = reference.name.to_owned();
        let losses = Loss::of(sample.task());
        let known: Vec<bool> = reference.predictions.iter().map(|p| !p.is_nan()).collect();
        if known.len() == sample.rows() && !known.contains(&true) {
            let nothing = Comparison { name, report: ReferenceReport::default(), losses, means: Vec::new() };
            return Ok((nothing, Vec::new()));
        }
        let wrap = |reason| EvaluationError::Reference { name: name.clone(), reason: Box::new(reason) };
        let (labels, ours, theirs) = matched(sample, reference, &known).map_err(wrap)?;
        let ours = Sample::new(sample.task(), &labels, &ours).map_err(wrap)?;
        let theirs = Sample::new(sample.task(), &labels, &theirs).map_err(wrap)?;
        let groups = groups.select(&known);
        let report =
            ReferenceReport { rows: theirs.rows() as u64, metrics: metrics(&theirs), differences: IndexMap::new() };
        let (mut means, mut differences) = (Vec::new(), Vec::new());
        for &loss in losses {
            let pairs = ours.pairs().zip(theirs.predictions());
            let values = pairs.map(|((label, our), their)| loss.of_row(label, our) - loss.of_row(label, *their));
            let values: Vec<f64> = values.collect();
            means.push(values.iter().sum::<f64>() / super::sample::count(values.len()));
            differences.push(GroupMean::of_values(values.into_iter(), &groups));
        }
        Ok((Comparison { name, report, losses, means }, differences))
    }

    /// Takes one interval for each difference.
    fn report(mut self, intervals: &mut impl Iterator<Item = Option<Interval>>) -> (String, ReferenceReport) {
        for (loss, mean) in self.losses.iter().zip(self.means) {
            let interval = intervals.next().flatten();
            self.report.differences.insert(loss.name().to_owned(), Estimate { mean, interval });
        }
        (self.name, self.report)
    }
}

type Matched = (Vec<f64>, Vec<f64>, Vec<f64>);

/// Labels, our predictions and the reference's, of the rows that the reference knows.
fn matched(sample: &Sample<'_>, reference: &Reference<'_>, known: &[bool]) -> Result<Matched, EvaluationError> {
    if reference.predictions.len() != sample.rows() {
        let found = reference.predictions.len();
        return Err(EvaluationError::Lengths { rows: sample.rows(), what: "predictions", found });
    }
    let pick = |numbers: &[f64]| numbers.iter().zip(known).filter(|(_, known)| **known).map(|(x, _)| *x).collect();
    let mut theirs: Vec<f64> = pick(reference.predictions);
    if sample.task() == Task::Classification {
        for p in &mut theirs {
            let nearest = p.clamp(0.0, 1.0);
            if (*p - nearest).abs() <= REFERENCE_GRACE {
                *p = nearest;
            }
        }
    }
    Ok((pick(sample.labels()), pick(sample.predictions()), theirs))
}
