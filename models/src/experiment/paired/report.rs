use super::distribution::ScoreShift;
use super::examples::Example;
use super::explain::{Explanation, explain};
use super::mcnemar::McNemar;
use super::tally::{MILLION, PairedSpec, PairedTally};
use crate::experiment::calibration::Bin;
use crate::experiment::moments::{Moments, number};
use crate::experiment::{Contrast, Interval, Tuning, fixed, holm, sequence};

/// Everything that is said of two versions on the same requests.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ShadowReport {
    pub format: u32,
    pub spec: PairedSpec,
    /// Requests, and those where one had no answer.
    pub rows: u64,
    pub unanswered_by_champion: u64,
    pub unanswered_by_challenger: u64,
    pub invalid: u64,
    pub outcomes: u64,
    pub units: u64,
    pub agreement: Option<Agreement>,
    pub metrics: Vec<PairedMetric>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mcnemar: Option<McNemar>,
    pub scores: Option<ScoreShift>,
    pub champion: Side,
    pub challenger: Side,
    pub latency: Option<Latency>,
    pub explanations: Vec<Explanation>,
    pub examples: Vec<Example>,
}

/// How far the two are from saying the same, whatever the outcome.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Agreement {
    /// Of classification: the share of requests where both are on the same side of one half.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_call: Option<f64>,
    pub correlation: Option<f64>,
    /// Challenger minus champion.
    pub mean_difference: f64,
    pub mean_difference_interval: Option<Interval>,
    pub mean_absolute: f64,
    pub median_absolute: f64,
    pub p90_absolute: f64,
    pub p99_absolute: f64,
    pub largest: f64,
}

/// A metric of both on the same outcomes.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct PairedMetric {
    pub metric: String,
    pub higher_is_better: bool,
    pub champion: f64,
    pub challenger: f64,
    /// Challenger minus champion.
    pub difference: f64,
    pub standard_error: Option<f64>,
    /// Holds at every look, from a hundred units on.
    pub always_valid: Option<Interval>,
    /// Holds if this is the only look.
    pub fixed_sample: Option<Interval>,
    pub always_valid_p_value: Option<f64>,
    /// Corrected for the number of metrics (Holm).
    pub corrected_p_value: Option<f64>,
}

/// Calibration of one of the two.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Side {
    pub calibration_error: Option<f64>,
    /// The same, what chance opens taken off.
    pub calibration_error_unbiased: Option<f64>,
    pub bins: Vec<Bin>,
    pub latency_p50_ms: Option<f64>,
    pub latency_p99_ms: Option<f64>,
}

/// The challenger's time over the champion's, for the same request.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Latency {
    /// The geometric mean.
    pub ratio: f64,
    pub interval: Option<Interval>,
}

const FORMAT: u32 = 1;

/// Paired differences may lean to one side without any effect (seldom and much on the one, often and little on the other),
/// and no randomisation evens that out: before so many units no interval is given that should hold at all times.
const FIRST_UNITS: u64 = 100;

impl ShadowReport {
    pub fn new(mut tally: PairedTally) -> ShadowReport {
        tally.close();
        let spec = tally.spec.clone();
        let classes = spec.task == features::project::Task::Classification;
        let side = |side: usize| {
            let error = tally.calibration[side].error();
            let latency = |share: f64| tally.latency[side].quantile(share).map(|us| us / 1000.0);
            Side {
                calibration_error: error.map(|error| error.plain),
                calibration_error_unbiased: error.map(|error| error.unbiased),
                bins: tally.calibration[side].bins(),
                latency_p50_ms: latency(0.5),
                latency_p99_ms: latency(0.99),
            }
        };
        ShadowReport {
            format: FORMAT,
            rows: tally.rows,
            unanswered_by_champion: tally.unanswered[0],
            unanswered_by_challenger: tally.unanswered[1],
            invalid: tally.invalid,
            outcomes: tally.outcomes,
            units: tally.units,
            agreement: agreement(&tally, classes),
            metrics: metrics(&tally),
            mcnemar: (classes && 0 < tally.outcomes).then(|| McNemar::new(tally.calls)),
            scores: ScoreShift::new(&tally.drawn.rows),
            champion: side(0),
            challenger: side(1),
            latency: latency(&tally),
            explanations: explain(&spec.features, &tally.drawn.rows),
            examples: tally.examples,
            spec,
        }
    }
}

/// The mean, and what is known of it.
fn mean(tally: &PairedTally, moments: &Moments) -> Option<(Contrast, Option<Interval>)> {
    let contrast = Contrast::of_mean(moments, 0.0)?;
    let tuning = Tuning { units: number(tally.spec.planned_units) };
    let interval =
        if contrast.units < FIRST_UNITS { None } else { sequence::interval(&contrast, tally.spec.alpha, tuning) };
    Some((contrast, interval))
}

fn metrics(tally: &PairedTally) -> Vec<PairedMetric> {
    let tuning = Tuning { units: number(tally.spec.planned_units) };
    if tally.outcomes == 0 {
        return Vec::new();
    }
    let rows = number(tally.outcomes);
    let each = tally.spec.metrics().iter().zip(tally.sums.iter().zip(&tally.differences));
    let mut found: Vec<PairedMetric> = each
        .map(|(metric, ([ours, theirs], moments))| {
            let known = mean(tally, moments);
            let contrast = known.as_ref().map(|(contrast, _)| contrast);
            let late = contrast.filter(|contrast| FIRST_UNITS <= contrast.units);
            let p_value = late.map(|contrast| sequence::p_value(contrast, tally.spec.alpha, tuning));
            PairedMetric {
                metric: metric.name(&[]).to_owned(),
                higher_is_better: metric.higher_is_better(),
                champion: ours / rows,
                challenger: theirs / rows,
                difference: (theirs - ours) / rows,
                standard_error: contrast.map(Contrast::standard_error),
                always_valid: known.as_ref().and_then(|(_, interval)| *interval),
                fixed_sample: contrast.and_then(|contrast| fixed::interval(contrast, tally.spec.alpha)),
                always_valid_p_value: p_value.filter(|p| p.is_finite()),
                corrected_p_value: None,
            }
        })
        .collect();
    let p_values: Vec<_> = found.iter().map(|metric| metric.always_valid_p_value).collect();
    for (metric, corrected) in found.iter_mut().zip(holm::holm(&p_values)) {
        metric.corrected_p_value = corrected;
    }
    found
}

fn agreement(tally: &PairedTally, classes: bool) -> Option<Agreement> {
    let [same, absolute, difference, _] = &tally.within;
    let plain = |moments: &Moments| {
        let (_, sums) = moments.arm(0);
        (sums.rows > 0.0).then(|| sums.sum / sums.rows)
    };
    let rows = absolute.arm(0).1.rows;
    let tail = |share: f64| tally.gaps.quantile(share).map(|x| ((x - 1.0) / MILLION).max(0.0));
    let [x, y, xx, yy, xy] = tally.scores;
    let spread = ((xx - x * x / rows) * (yy - y * y / rows)).sqrt();
    Some(Agreement {
        same_call: plain(same).filter(|_| classes),
        correlation: (spread > 0.0).then(|| (xy - x * y / rows) / spread),
        mean_difference: plain(difference)?,
        mean_difference_interval: mean(tally, difference).and_then(|(_, interval)| interval),
        mean_absolute: plain(absolute)?,
        median_absolute: tail(0.5)?,
        p90_absolute: tail(0.9)?,
        p99_absolute: tail(0.99)?,
        largest: tally.examples.first().map(|example| (example.challenger - example.champion).abs())?,
    })
}

fn latency(tally: &PairedTally) -> Option<Latency> {
    let (_, sums) = tally.within[3].arm(0);
    let ratio = (sums.rows > 0.0).then(|| (sums.sum / sums.rows).exp())?;
    let interval = mean(tally, &tally.within[3]).and_then(|(_, interval)| interval);
    Some(Latency { ratio, interval: interval.map(|i| Interval { low: i.low.exp(), high: i.high.exp() }) })
}
