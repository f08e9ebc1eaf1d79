//! The whole report: health, figures, the rule's decision.

use super::calibration::Bin;
use super::estimate::{self, Adjusted, ArmEstimate, Difference, Settings};
use super::health::{Health, Light};
use super::plan::Limit;
use super::rule::{self, Decision, Evidence, GuardEvidence, GuardState};
use super::slices::SliceDifference;
use super::tally::Tally;
use super::{Interval, PlanSpec, holm};

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Verdict {
    pub format: u32,
    pub plan: PlanSpec,
    pub decision: Decision,
    pub health: Health,
    pub challengers: Vec<Challenger>,
    /// The primary one first.
    pub metrics: Vec<MetricReport>,
    /// Where labels are TRUE or FALSE: of each arm.
    pub calibration: Vec<ArmCalibration>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Challenger {
    pub arm: String,
    pub decision: Decision,
    pub guards: Vec<GuardReport>,
    /// The most different first.
    pub slices: Vec<SliceDifference>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct GuardReport {
    pub metric: String,
    pub limit: Limit,
    pub state: GuardState,
    /// How much worse than the champion (of a share: than the champion with the share added); each end holds at all times.
    pub harm: Option<Interval>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct MetricReport {
    pub metric: String,
    pub higher_is_better: bool,
    pub arms: Vec<ArmEstimate>,
    pub differences: Vec<Compared>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Compared {
    pub arm: String,
    /// `None` before there is enough of it.
    pub plain: Option<Difference>,
    /// With CUPED; `None` where the champion's score is missing or says nothing.
    pub adjusted: Option<Adjusted>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ArmCalibration {
    pub arm: String,
    pub bins: Vec<Bin>,
}

/// Of the report's form.
const FORMAT: u32 = 1;

impl Verdict {
    /// `elapsed`: how long the experiment has been running, in seconds.
    pub fn new(mut tally: Tally<'_>, elapsed: Option<f64>) -> Verdict {
        tally.close();
        let plan = tally.plan;
        let health = Health::new(&tally);
        let mut metrics: Vec<MetricReport> =
            (0..plan.metrics().len()).map(|place| metric(&tally, place, elapsed)).collect();
        correct(&mut metrics);
        let challengers: Vec<_> =
            (1..plan.arms()).map(|arm| challenger(&tally, &metrics[0], arm, health.light)).collect();
        let decisions: Vec<_> =
            challengers.iter().map(|(challenger, gain)| (challenger.decision.clone(), *gain)).collect();
        let names = plan.spec().arms.iter().zip(&tally.calibration);
        let calibration = names.map(|(arm, of)| ArmCalibration { arm: arm.clone(), bins: of.bins() });
        Verdict {
            format: FORMAT,
            plan: plan.spec().clone(),
            decision: rule::overall(&decisions),
            health,
            challengers: challengers.into_iter().map(|(challenger, _)| challenger).collect(),
            metrics,
            calibration: calibration.filter(|of| !of.bins.is_empty()).collect(),
        }
    }
}

impl Compared {
    /// What the verdict goes by.
    pub fn decisive(&self, adjusted: bool) -> Option<&Difference> {
        let by_covariate = self.adjusted.as_ref().filter(|_| adjusted).map(|adjusted| &adjusted.difference);
        by_covariate.or(self.plain.as_ref())
    }
}

fn metric(tally: &Tally<'_>, place: usize, elapsed: Option<f64>) -> MetricReport {
    let plan = tally.plan;
    // The primary metric has its own share of what may go wrong; the others are information, corrected as a family.
    let (alpha, sought) =
        if place == 0 { (plan.alpha_of_primary(), plan.spec().sought) } else { (plan.spec().alpha, None) };
    let settings = Settings { plan, alpha, sought, elapsed };
    let metric = plan.metrics()[place];
    let differences = (1..plan.arms()).map(|arm| Compared {
        arm: plan.spec().arms[arm].clone(),
        plain: estimate::plain(tally, place, arm, settings),
        adjusted: estimate::adjusted(tally, place, arm, settings),
    });
    MetricReport {
        metric: plan.name(metric).to_owned(),
        higher_is_better: plan.higher_is_better(metric),
        arms: (0..plan.arms()).map(|arm| estimate::of_arm(tally, place, arm)).collect(),
        differences: differences.collect(),
    }
}

/// Holm over all metrics and challengers, of plain and adjusted differences for themselves.
fn correct(metrics: &mut [MetricReport]) {
    let both: [fn(&mut Compared) -> Option<&mut Difference>; 2] =
        [|of| of.plain.as_mut(), |of| of.adjusted.as_mut().map(|adjusted| &mut adjusted.difference)];
    for pick in both {
        let mut found: Vec<&mut Difference> =
            metrics.iter_mut().flat_map(|metric| &mut metric.differences).filter_map(pick).collect();
        let p_values: Vec<_> = found.iter().map(|difference| difference.always_valid_p_value).collect();
        for (difference, corrected) in found.iter_mut().zip(holm::holm(&p_values)) {
            difference.corrected_p_value = corrected;
        }
    }
}

/// With the gain by which challengers are ranked.
fn challenger(tally: &Tally<'_>, primary: &MetricReport, arm: usize, health: Light) -> (Challenger, Option<f64>) {
    let plan = tally.plan;
    let name = plan.spec().arms[arm].clone();
    let guards: Vec<GuardReport> = plan.guards().iter().map(|guard| guard_report(tally, *guard, arm)).collect();
    let decisive = primary.differences[arm - 1].decisive(plan.spec().adjusted);
    let sign = if primary.higher_is_better { 1.0 } else { -1.0 };
    let gain = decisive.and_then(|difference| difference.always_valid).map(|interval| {
        if primary.higher_is_better { interval } else { Interval { low: -interval.high, high: -interval.low } }
    });
    let evidence = Evidence {
        arm: name.clone(),
        units: primary.arms[0].units.min(primary.arms[arm].units),
        gain,
        guards: guards.iter().map(|g| GuardEvidence { metric: g.metric.clone(), state: g.state }).collect(),
    };
    let decision = rule::of_challenger(&evidence, health, plan.spec().minimum_units);
    let overall = primary.differences[arm - 1].plain.as_ref().map_or(0.0, |difference| difference.difference);
    let slices = tally.slices.differences(plan, arm, overall);
    let gain = decisive.map(|difference| sign * difference.difference);
    (Challenger { arm: name, decision, guards, slices }, gain)
}

fn guard_report(tally: &Tally<'_>, guard: super::plan::Guard, arm: usize) -> GuardReport {
    let plan = tally.plan;
    let (scale, limit) = match guard.limit {
        Limit::By(by) => (1.0, by),
        Limit::Share(share) => (1.0 + share, 0.0),
    };
    let place = plan.metrics().iter().position(|metric| *metric == guard.metric).unwrap_or_default();
    let harm = estimate::harm_bounds(tally, place, arm, scale, plan.alpha_of_guard());
    let metric = plan.name(guard.metric).to_owned();
    GuardReport { metric, limit: guard.limit, state: GuardState::of(harm, limit), harm }
}
