//! Everything that is kept of an experiment's observations. Units come one after another, each with all its observations;
//! memory is bounded by arms, periods, metrics and slices, whatever the number of observations.

use super::calibration::{Calibration, UnitBins};
use super::moments::{Moments, UnitSums, number};
use super::quantile::{Quantiles, bucket};
use super::slices::Slices;
use super::srm::Intake;
use super::unit::Unit;
use super::{Metric, Observation, Plan};

/// Counts of an arm, beside what is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Counts {
    /// Observations, of whatever kind.
    pub rows: u64,
    /// Left out because the request asked for the arm.
    pub forced: u64,
    /// Left out because they were recorded before.
    pub duplicates: u64,
    /// Scores or outcomes that are no numbers, or no probabilities where they should be; left out.
    pub invalid: u64,
    pub failed: u64,
    /// With an outcome.
    pub outcomes: u64,
}

#[derive(Debug)]
pub struct Tally<'p> {
    pub(super) plan: &'p Plan,
    pub(super) counts: Vec<Counts>,
    /// For each metric of the plan that is a mean.
    pub(super) metrics: Vec<Moments>,
    /// Observations of each metric that lack the covariate: with any of them, nothing is taken off.
    pub(super) without_covariate: Vec<u64>,
    /// Whether there is an outcome, and how long it took (as a logarithm).
    pub(super) coverage: Moments,
    pub(super) delay: Moments,
    pub(super) delays: Vec<Quantiles>,
    pub(super) calibration: Vec<Calibration>,
    pub(super) latency: Vec<Quantiles>,
    pub(super) slices: Slices,
    /// Units by the period and arm of their first appearance.
    pub(super) intake: Vec<Intake>,
    pub(super) units: u64,
    /// Units that two arms answered while weights did not change.
    pub(super) crossed: u64,
    /// Units that a change of weights moved.
    pub(super) moved: u64,
    unit: Unit,
}

impl<'p> Tally<'p> {
    pub fn new(plan: &'p Plan) -> Tally<'p> {
        let (arms, periods) = (plan.arms(), plan.periods());
        let even = 1.0 / number(arms as u64);
        let shares = |period: usize| plan.spec().periods.get(period).cloned().unwrap_or_else(|| vec![even; arms]);
        let moments = Moments::new(arms, periods);
        Tally {
            plan,
            counts: vec![Counts::default(); arms],
            metrics: vec![moments.clone(); plan.metrics().len()],
            without_covariate: vec![0; plan.metrics().len()],
            coverage: moments.clone(),
            delay: moments,
            delays: vec![Quantiles::default(); arms],
            calibration: vec![Calibration::default(); arms],
            latency: vec![Quantiles::default(); arms],
            slices: Slices::new(plan),
            intake: (0..periods).map(|p| Intake { shares: shares(p), units: vec![0; arms] }).collect(),
            units: 0,
            crossed: 0,
            moved: 0,
            unit: Unit::default(),
        }
    }

    /// The next observation: of the same unit as the last one, or of one that has not been seen before. Arms and periods
    /// that the plan does not know are left out and counted with arm 0 as invalid.
    pub fn push(&mut self, observation: &Observation<'_>) {
        let known = observation.arm < self.plan.arms() && observation.period < self.plan.periods();
        let Some(counts) = self.counts.get_mut(if known { observation.arm } else { 0 }) else { return };
        counts.rows += 1;
        if observation.duplicate {
            counts.duplicates += 1;
        } else if observation.forced {
            counts.forced += 1;
        } else if !known || !is_valid(self.plan, observation) {
            counts.invalid += 1;
        } else {
            counts.failed += u64::from(observation.failed);
            counts.outcomes += u64::from(observation.outcome.is_some());
            self.take(observation);
        }
    }

    fn take(&mut self, observation: &Observation<'_>) {
        if self.unit.is_other(observation.unit) {
            self.close();
            self.unit.begin(observation.unit);
        }
        let metrics = self.plan.metrics();
        let cell = self.coverage.cell(observation.arm, observation.period);
        let part = self.unit.part(cell, observation.arm, observation.period, metrics.len());
        for (place, metric) in metrics.iter().enumerate() {
            let Some(value) = metric.of(observation) else { continue };
            let expected = observation.covariate.and_then(|score| metric.expected(score, self.plan.spec().task));
            self.without_covariate[place] += u64::from(expected.is_none());
            part.metrics[place].add(value, expected.unwrap_or_default());
        }
        part.coverage.add(f64::from(u8::from(observation.outcome.is_some())), 0.0);
        if let (Some(outcome), Some(score)) = (observation.outcome, observation.score)
            && metrics.contains(&Metric::CalibrationError)
        {
            part.bins.add(score, outcome);
        }
        if let Some(seconds) = observation.outcome_delay {
            part.delay.add(seconds.max(0.0).ln_1p(), 0.0);
            // From a millisecond to eleven days.
            part.delays.push(bucket(seconds * 1000.0));
        }
        if let Some(us) = observation.latency_us
            && metrics.contains(&Metric::LatencyP99)
        {
            part.latencies.push(bucket(us));
        }
        if let Some(value) = self.plan.primary().of(observation) {
            self.slices.take(&mut self.unit, cell, observation.slices, value);
        }
    }

    /// The last unit is complete. To be called once at the end.
    pub fn close(&mut self) {
        let Some((first_arm, first_period)) = self.unit.first() else { return };
        self.units += 1;
        if self.unit.crossed() {
            self.crossed += 1;
            self.unit.end();
            return;
        }
        self.moved += u64::from(self.unit.moved());
        if let Some(count) = self.intake[first_period].units.get_mut(first_arm) {
            *count += 1;
        }
        let with_rows = |sums: UnitSums| 0.0 < sums.rows;
        for (place, moments) in self.metrics.iter_mut().enumerate() {
            self.unit.add_to(moments, |part| Some(part.metrics[place]).filter(|sums| with_rows(*sums)));
        }
        self.unit.add_to(&mut self.coverage, |part| Some(part.coverage));
        self.unit.add_to(&mut self.delay, |part| Some(part.delay).filter(|sums| with_rows(*sums)));
        self.slices.close(&mut self.unit);
        for part in self.unit.parts_mut() {
            if !part.bins.is_empty() {
                self.calibration[part.arm].add(&part.bins);
            }
            if !part.latencies.is_empty() {
                self.latency[part.arm].add(&mut part.latencies);
            }
            if !part.delays.is_empty() {
                self.delays[part.arm].add(&mut part.delays);
            }
            part.bins = UnitBins::default();
        }
        self.unit.end();
    }
}

/// Numbers are numbers, and where labels are TRUE or FALSE scores are probabilities.
fn is_valid(plan: &Plan, observation: &Observation<'_>) -> bool {
    let finite = |value: Option<f64>| value.is_none_or(f64::is_finite);
    let Observation { score, outcome, covariate, latency_us, outcome_delay, values, .. } = *observation;
    let numbers = [score, outcome, covariate, latency_us, outcome_delay];
    if !numbers.into_iter().all(finite) || !values.iter().all(|value| finite(*value)) {
        return false;
    }
    plan.spec().task == features::project::Task::Regression
        || (score.is_none_or(|p| (0.0..=1.0).contains(&p)) && outcome.is_none_or(|y| y == 0.0 || y == 1.0))
}
