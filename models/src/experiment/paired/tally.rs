//! What is kept of pairs, in bounded memory. Units come one after another, each with all its pairs.

use features::project::Task;

use super::examples::{self, Example};
use super::sample::Drawn;
use crate::evaluation::Loss;
use crate::experiment::calibration::{Calibration, UnitBins};
use crate::experiment::moments::{Moments, UnitSums};
use crate::experiment::quantile::{Quantiles, bucket};
use crate::experiment::{Metric, PairedObservation};

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct PairedSpec {
    pub champion: String,
    pub challenger: String,
    pub task: Task,
    /// Names of the features that observations bring.
    pub features: Vec<String>,
    pub alpha: f64,
    /// At how many units intervals are to be tightest.
    pub planned_units: u64,
    /// Of the requests that are drawn for distributions and explanations.
    pub seed: u64,
}

impl PairedSpec {
    /// 95 %, tightest at 1,000 units.
    pub fn new(champion: String, challenger: String, task: Task) -> PairedSpec {
        PairedSpec { champion, challenger, task, features: Vec::new(), alpha: 0.05, planned_units: 1000, seed: 0 }
    }

    /// What both are judged by, the most telling first.
    pub(super) fn metrics(&self) -> &'static [Metric] {
        match self.task {
            Task::Classification => &[Metric::LogLoss, Metric::Brier, Metric::Accuracy, Metric::AbsoluteError],
            Task::Regression => &[Metric::SquaredError, Metric::AbsoluteError],
        }
    }
}

/// Requests that distributions and explanations are told of.
const DRAWN: usize = 20_000;
/// Differences are counted in millionths.
pub(super) const MILLION: f64 = 1e6;

#[derive(Debug)]
pub struct PairedTally {
    pub(super) spec: PairedSpec,
    pub(super) rows: u64,
    /// One of the two has no answer.
    pub(super) unanswered: [u64; 2],
    pub(super) invalid: u64,
    pub(super) outcomes: u64,
    pub(super) units: u64,
    /// Σ of each metric, of champion and challenger.
    pub(super) sums: Vec<[f64; 2]>,
    /// Challenger minus champion, of each metric.
    pub(super) differences: Vec<Moments>,
    /// The same call, |difference|, difference, ln(challenger's latency / champion's).
    pub(super) within: [Moments; 4],
    pub(super) gaps: Quantiles,
    /// Σ x, y, x², y², xy of the scores.
    pub(super) scores: [f64; 5],
    pub(super) calibration: [Calibration; 2],
    pub(super) calls: [[u64; 2]; 2],
    pub(super) latency: [Quantiles; 2],
    pub(super) drawn: Drawn,
    pub(super) examples: Vec<Example>,
    unit: PairedUnit,
}

#[derive(Debug, Default)]
struct PairedUnit {
    name: Option<String>,
    differences: Vec<UnitSums>,
    within: [UnitSums; 4],
    gaps: Vec<u16>,
    bins: [UnitBins; 2],
    latency: [Vec<u16>; 2],
}

impl PairedTally {
    pub fn new(spec: PairedSpec) -> PairedTally {
        let metrics = spec.metrics().len();
        let one = || Moments::new(1, 1);
        PairedTally {
            rows: 0,
            unanswered: [0; 2],
            invalid: 0,
            outcomes: 0,
            units: 0,
            sums: vec![[0.0; 2]; metrics],
            differences: vec![one(); metrics],
            within: std::array::from_fn(|_| one()),
            gaps: Quantiles::default(),
            scores: [0.0; 5],
            calibration: Default::default(),
            calls: [[0; 2]; 2],
            latency: Default::default(),
            drawn: Drawn::new(DRAWN, spec.seed),
            examples: Vec::new(),
            unit: PairedUnit::default(),
            spec,
        }
    }

    pub fn push(&mut self, observation: &PairedObservation<'_>) {
        self.rows += 1;
        let (Some(champion), Some(challenger)) = (observation.champion, observation.challenger) else {
            self.unanswered[0] += u64::from(observation.champion.is_none());
            self.unanswered[1] += u64::from(observation.challenger.is_none());
            return;
        };
        if !self.is_valid(observation, champion, challenger) {
            self.invalid += 1;
            return;
        }
        if self.unit.name.as_deref() != Some(observation.unit) {
            self.close();
            self.unit.name = Some(observation.unit.to_owned());
            self.unit.differences = vec![UnitSums::default(); self.differences.len()];
        }
        self.agree(champion, challenger);
        if let Some(outcome) = observation.outcome {
            self.judge(outcome, champion, challenger);
        }
        if let (Some(ours), Some(theirs)) = (observation.champion_latency_us, observation.challenger_latency_us) {
            if ours > 0.0 && theirs > 0.0 {
                self.unit.within[3].add((theirs / ours).ln(), 0.0);
            }
            self.unit.latency[0].push(bucket(ours));
            self.unit.latency[1].push(bucket(theirs));
        }
        self.drawn.offer(champion, challenger, observation.features);
        examples::offer(&mut self.examples, observation, champion, challenger);
    }

    fn is_valid(&self, observation: &PairedObservation<'_>, champion: f64, challenger: f64) -> bool {
        let scores = [champion, challenger];
        match self.spec.task {
            Task::Regression => scores.iter().all(|x| x.is_finite()) && observation.outcome.is_none_or(f64::is_finite),
            Task::Classification => {
                scores.iter().all(|p| (0.0..=1.0).contains(p))
                    && observation.outcome.is_none_or(|y| y == 0.0 || y == 1.0)
            }
        }
    }

    fn agree(&mut self, champion: f64, challenger: f64) {
        let difference = challenger - champion;
        let same = f64::from(u8::from((0.5 < champion) == (0.5 < challenger)));
        for (sums, value) in self.unit.within.iter_mut().zip([same, difference.abs(), difference]) {
            sums.add(value, 0.0);
        }
        self.unit.gaps.push(bucket(1.0 + difference.abs() * MILLION));
        let products = [champion, challenger, champion * champion, challenger * challenger, champion * challenger];
        self.scores.iter_mut().zip(products).for_each(|(sum, product)| *sum += product);
    }

    fn judge(&mut self, outcome: f64, champion: f64, challenger: f64) {
        self.outcomes += 1;
        for (place, metric) in self.spec.metrics().iter().enumerate() {
            let of = |score: f64| match metric {
                Metric::LogLoss => Loss::Log.of_row(outcome, score),
                Metric::Accuracy => crate::evaluation::row_hit(outcome, score),
                Metric::AbsoluteError => Loss::Absolute.of_row(outcome, score),
                _ => Loss::Squared.of_row(outcome, score),
            };
            let (ours, theirs) = (of(champion), of(challenger));
            self.sums[place][0] += ours;
            self.sums[place][1] += theirs;
            self.unit.differences[place].add(theirs - ours, 0.0);
        }
        if self.spec.task == Task::Classification {
            self.unit.bins[0].add(champion, outcome);
            self.unit.bins[1].add(challenger, outcome);
            let right = |score: f64| usize::from((0.5 < score) == (outcome == 1.0));
            self.calls[right(champion)][right(challenger)] += 1;
        }
    }

    /// The last unit is complete.
    pub(super) fn close(&mut self) {
        let unit = &mut self.unit;
        if unit.name.take().is_none() {
            return;
        }
        self.units += 1;
        for (moments, sums) in
            self.differences.iter_mut().zip(&unit.differences).chain(self.within.iter_mut().zip(&unit.within))
        {
            if sums.rows > 0.0 {
                moments.add(&[(0, *sums)]);
            }
        }
        for side in 0..2 {
            if !unit.bins[side].is_empty() {
                self.calibration[side].add(&unit.bins[side]);
            }
            if !unit.latency[side].is_empty() {
                self.latency[side].add(&mut unit.latency[side]);
            }
            unit.latency[side].clear();
        }
        self.gaps.add(&mut unit.gaps);
        unit.gaps.clear();
        (unit.bins, unit.within) = Default::default();
    }
}
