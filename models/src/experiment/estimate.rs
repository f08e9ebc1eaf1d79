//! One metric of two arms: the figures, their difference, and everything that is said of how sure it is.

use super::calibration::CalibrationError;
use super::moments::number;
use super::sequence::{self, Sides};
use super::tally::Tally;
use super::{Belief, Contrast, Form, Interval, Metric, Plan, fixed, normal, power::Reach};

/// The figure of one arm.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ArmEstimate {
    pub arm: String,
    pub units: u64,
    pub rows: u64,
    pub value: Option<f64>,
}

/// Challenger minus champion.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Difference {
    pub difference: f64,
    /// As a share of the champion's figure.
    pub relative: Option<f64>,
    pub standard_error: f64,
    /// Holds at every look; at this metric's level, not corrected for other metrics.
    pub always_valid: Option<Interval>,
    /// Holds if this is the only look.
    pub fixed_sample: Option<Interval>,
    /// That there is no difference.
    pub always_valid_p_value: Option<f64>,
    pub fixed_sample_p_value: Option<f64>,
    /// The first, corrected for the number of metrics and challengers (Holm).
    pub corrected_p_value: Option<f64>,
    pub belief: Option<Belief>,
    pub reach: Option<Reach>,
}

/// The difference after what the champion's score explains has been taken off (CUPED).
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Adjusted {
    #[serde(flatten)]
    pub difference: Difference,
    pub theta: f64,
    /// Between units' metric and what the champion's score said of it.
    pub correlation: f64,
    /// Of the plain difference's variance: so much shorter is the experiment.
    pub variance_left: f64,
}

/// What the figures are made with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings<'a> {
    pub(super) plan: &'a Plan,
    pub(super) alpha: f64,
    pub(super) sought: Option<f64>,
    pub(super) elapsed: Option<f64>,
}

/// A difference that is known to be at least and at most so large, each at all times.
pub(super) fn harm_bounds(
    tally: &Tally<'_>,
    place: usize,
    challenger: usize,
    scale: f64,
    alpha: f64,
) -> Option<Interval> {
    let (plan, metric) = (tally.plan, tally.plan.metrics()[place]);
    let bounds = match metric {
        Metric::LatencyP99 => {
            // Each arm has half of what may go wrong.
            let of = |arm: usize| p99(tally, arm, alpha / 2.0);
            let (champion, challenger) = (of(0)?, of(challenger)?);
            Interval { low: challenger.low - scale * champion.high, high: challenger.high - scale * champion.low }
        }
        Metric::CalibrationError => {
            let [champion, challenger] = errors(tally, challenger)?;
            let allowed = plan.tuning().allowed(champion.units + challenger.units, alpha, Sides::One);
            let variance = challenger.variance + scale * scale * champion.variance;
            around(
                challenger.unbiased - scale * champion.unbiased,
                variance,
                allowed,
                [champion.units, challenger.units],
            )?
        }
        _ => {
            let form = Form { champion_scale: scale, adjusted: false };
            let contrast = Contrast::new(&tally.metrics[place], 0, challenger, form)?;
            // Values that never differed (no error yet in either arm) say nothing of how far they may: no news is no proof.
            if contrast.variance <= 0.0 {
                return None;
            }
            sequence::bounds(&contrast, alpha, plan.tuning())?
        }
    };
    Some(if plan.higher_is_better(metric) { Interval { low: -bounds.high, high: -bounds.low } } else { bounds })
}

pub(super) fn of_arm(tally: &Tally<'_>, place: usize, arm: usize) -> ArmEstimate {
    let name = tally.plan.spec().arms[arm].clone();
    let found = match tally.plan.metrics()[place] {
        Metric::CalibrationError => tally.calibration[arm].error().map(|e| (e.units, e.rows, e.plain)),
        Metric::LatencyP99 => {
            let latency = &tally.latency[arm];
            latency.quantile(0.99).map(|us| (latency.units(), latency.rows(), us / 1000.0))
        }
        _ => {
            let (units, sums) = tally.metrics[place].arm(arm);
            (sums.rows > 0.0).then(|| (units, super::moments::whole(sums.rows), sums.sum / sums.rows))
        }
    };
    let (units, rows, value) = found.map_or((0, 0, None), |(units, rows, value)| (units, rows, Some(value)));
    ArmEstimate { arm: name, units, rows, value }
}

/// As it is, without the covariate.
pub(super) fn plain(tally: &Tally<'_>, place: usize, challenger: usize, settings: Settings<'_>) -> Option<Difference> {
    let champion = of_arm(tally, place, 0).value;
    match tally.plan.metrics()[place] {
        Metric::CalibrationError => calibration(tally, challenger, champion, settings),
        Metric::LatencyP99 => quantile(tally, challenger, champion, settings),
        metric => {
            let contrast = Contrast::new(&tally.metrics[place], 0, challenger, Form::PLAIN)?;
            Some(of_contrast(&contrast, metric, champion, settings))
        }
    }
}

/// `None` where the covariate is missing, or says nothing of the metric.
pub(super) fn adjusted(tally: &Tally<'_>, place: usize, challenger: usize, settings: Settings<'_>) -> Option<Adjusted> {
    if 0 < tally.without_covariate[place] {
        return None;
    }
    let plain = Contrast::new(&tally.metrics[place], 0, challenger, Form::PLAIN)?;
    let contrast = Contrast::new(&tally.metrics[place], 0, challenger, Form::ADJUSTED)?;
    if contrast.theta == 0.0 || plain.variance <= 0.0 {
        return None;
    }
    let left = contrast.variance / plain.variance;
    let champion = of_arm(tally, place, 0).value;
    Some(Adjusted {
        difference: of_contrast(&contrast, tally.plan.metrics()[place], champion, settings),
        theta: contrast.theta,
        correlation: (1.0 - left).max(0.0).sqrt() * contrast.theta.signum(),
        variance_left: left,
    })
}

fn of_contrast(contrast: &Contrast, metric: Metric, champion: Option<f64>, settings: Settings<'_>) -> Difference {
    let Settings { plan, alpha, sought, elapsed } = settings;
    let tuning = plan.tuning();
    let reach =
        (contrast.variance > 0.0).then(|| Reach::new(contrast, alpha, plan.spec().power, tuning, sought, elapsed));
    let prior = champion.map(|value| value.abs() * plan.spec().prior);
    Difference {
        difference: contrast.difference,
        relative: relative(contrast.difference, champion),
        standard_error: contrast.standard_error(),
        always_valid: sequence::interval(contrast, alpha, tuning),
        fixed_sample: fixed::interval(contrast, alpha),
        always_valid_p_value: Some(sequence::p_value(contrast, alpha, tuning)).filter(|p| p.is_finite()),
        fixed_sample_p_value: fixed::p_value(contrast),
        corrected_p_value: None,
        belief: prior.and_then(|prior| Belief::new(contrast, prior, plan.higher_is_better(metric))),
        reach,
    }
}

fn errors(tally: &Tally<'_>, challenger: usize) -> Option<[CalibrationError; 2]> {
    Some([tally.calibration[0].error()?, tally.calibration[challenger].error()?])
}

/// Both with chance's share taken off, or the smaller arm would look the worse.
fn calibration(
    tally: &Tally<'_>,
    challenger: usize,
    champion: Option<f64>,
    settings: Settings<'_>,
) -> Option<Difference> {
    let [ours, theirs] = errors(tally, challenger)?;
    let (difference, variance) = (theirs.unbiased - ours.unbiased, ours.variance + theirs.variance);
    let (units, alpha) = ([ours.units, theirs.units], settings.alpha);
    let allowed = settings.plan.tuning().allowed(units[0] + units[1], alpha, Sides::Two);
    let half = normal::quantile(1.0 - alpha / 2.0) * variance.sqrt();
    Some(Difference {
        difference,
        relative: relative(difference, champion),
        standard_error: variance.sqrt(),
        always_valid: around(difference, variance, allowed, units),
        fixed_sample: Some(Interval { low: difference - half, high: difference + half }),
        always_valid_p_value: None,
        fixed_sample_p_value: (variance > 0.0).then(|| 2.0 * normal::below(-difference.abs() / variance.sqrt())),
        corrected_p_value: None,
        belief: None,
        reach: None,
    })
}

/// The boundary around an estimate that is asymptotically a mean of units.
fn around(estimate: f64, variance: f64, allowed: f64, units: [u64; 2]) -> Option<Interval> {
    let [a, b] = units.map(number);
    // As for means: what the variance grows by around another difference.
    let leading = 1.0 - allowed * (a.powi(3) + b.powi(3)) / (a * b * (a + b).powi(2));
    if leading.is_nan() || leading <= 0.0 {
        return None;
    }
    let radius = (allowed * variance / leading).sqrt();
    Some(Interval { low: estimate - radius, high: estimate + radius })
}

/// From the two arms' own intervals, so wider than it need be.
fn quantile(tally: &Tally<'_>, challenger: usize, champion: Option<f64>, settings: Settings<'_>) -> Option<Difference> {
    let [ours, theirs] = [0, challenger].map(|arm| tally.latency[arm].quantile(0.99));
    let difference = (theirs? - ours?) / 1000.0;
    let alpha = settings.alpha;
    let z = normal::quantile(1.0 - alpha / 2.0);
    let error = |arm: usize| {
        let interval = tally.latency[arm].interval(0.99, z * z)?;
        Some((interval.high - interval.low) / 1000.0 / (2.0 * z))
    };
    let error = error(0)?.hypot(error(challenger)?);
    let at_all_times = p99(tally, 0, alpha / 2.0).zip(p99(tally, challenger, alpha / 2.0));
    Some(Difference {
        difference,
        relative: relative(difference, champion),
        standard_error: error,
        always_valid: at_all_times.map(|(a, b)| Interval { low: b.low - a.high, high: b.high - a.low }),
        fixed_sample: Some(Interval { low: difference - z * error, high: difference + z * error }),
        always_valid_p_value: None,
        fixed_sample_p_value: (error > 0.0).then(|| 2.0 * normal::below(-difference.abs() / error)),
        corrected_p_value: None,
        belief: None,
        reach: None,
    })
}

/// Of an arm at all times, in milliseconds.
fn p99(tally: &Tally<'_>, arm: usize, alpha: f64) -> Option<Interval> {
    let latency = &tally.latency[arm];
    let allowed = tally.plan.tuning().allowed(latency.units(), alpha, Sides::Two);
    let Interval { low, high } = latency.interval(0.99, allowed)?;
    Some(Interval { low: low / 1000.0, high: high / 1000.0 })
}

fn relative(difference: f64, champion: Option<f64>) -> Option<f64> {
    champion.filter(|value| *value != 0.0).map(|value| difference / value.abs())
}
