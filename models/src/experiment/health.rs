//! Whether an experiment can be trusted at all. Looked at first, and all the time: every test here holds at all times.

use super::moments::number;
use super::srm::RatioTest;
use super::tally::{Counts, Tally};
use super::{Contrast, Form, Moments, sequence};

/// How sure one must be before health is called into question: one false alarm in a thousand experiments.
const ALARM: f64 = 0.001;
/// Share of units in two arms, or of observations recorded twice, from which on they are more than a curiosity.
const ODD: f64 = 0.01;
/// Below so many of them nothing is said.
const FEW: u64 = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    Green,
    /// To be looked into; the verdict stands.
    Yellow,
    /// There is no verdict.
    Red,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Health {
    /// The worst of the findings.
    pub light: Light,
    pub findings: Vec<Finding>,
    pub ratio: RatioTest,
    pub units: u64,
    /// Units that two arms answered while weights did not change; left out.
    pub crossed: u64,
    /// Units that a change of weights moved from one arm to another; each counts where it was.
    pub moved: u64,
    pub arms: Vec<ArmHealth>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Finding {
    pub check: &'static str,
    pub light: Light,
    pub says: String,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ArmHealth {
    pub arm: String,
    pub units: u64,
    pub counts: Counts,
    /// Share of the predictions whose outcome is known.
    pub coverage: Option<f64>,
    /// From the prediction to its outcome, in seconds.
    pub delay_median: Option<f64>,
    pub delay_p90: Option<f64>,
}

impl Health {
    pub(super) fn new(tally: &Tally<'_>) -> Health {
        let ratio = RatioTest::new(&tally.intake);
        let mut findings = vec![shares(tally, &ratio), crossing(tally), duplicates(tally)];
        findings.push(difference(
            tally,
            &tally.coverage,
            "coverage",
            Light::Red,
            "outcomes are known of a different share of predictions",
        ));
        findings.push(difference(tally, &tally.delay, "delay", Light::Yellow, "outcomes take differently long"));
        let light = findings.iter().map(|finding| finding.light).max().unwrap_or(Light::Green);
        let names = tally.plan.spec().arms.iter().enumerate();
        let arms = names.map(|(arm, name)| ArmHealth::new(tally, arm, name)).collect();
        Health { light, findings, ratio, units: tally.units, crossed: tally.crossed, moved: tally.moved, arms }
    }
}

impl ArmHealth {
    fn new(tally: &Tally<'_>, arm: usize, name: &str) -> ArmHealth {
        let (units, sums) = tally.coverage.arm(arm);
        let delay = |share: f64| tally.delays[arm].quantile(share).map(|ms| ms / 1000.0);
        ArmHealth {
            arm: name.to_owned(),
            units,
            counts: tally.counts[arm],
            coverage: (sums.rows > 0.0).then(|| sums.sum / sums.rows),
            delay_median: delay(0.5),
            delay_p90: delay(0.9),
        }
    }
}

fn shares(tally: &Tally<'_>, ratio: &RatioTest) -> Finding {
    let p = ratio.always_valid_p_value;
    let all = number(ratio.observed.iter().sum::<u64>().max(1));
    let names = tally.plan.spec().arms.iter().zip(ratio.observed.iter().zip(&ratio.expected));
    let told = names.map(|(name, (seen, expected))| {
        format!("{name} {:.2} % of units, declared {:.2} %", number(*seen) / all * 100.0, expected / all * 100.0)
    });
    let told = told.collect::<Vec<_>>().join("; ");
    let light = if p < ALARM { Light::Red } else { Light::Green };
    let verdict = if light == Light::Red { "units are lost or misrouted" } else { "as declared" };
    Finding { check: "sample_ratio", light, says: format!("{verdict}: {told} (p = {p:.2e} at all times)") }
}

fn crossing(tally: &Tally<'_>) -> Finding {
    let light = odd(tally.crossed, tally.units, Light::Red);
    let says = format!("{} of {} units were answered by two arms at the same weights", tally.crossed, tally.units);
    Finding { check: "crossover", light, says }
}

fn duplicates(tally: &Tally<'_>) -> Finding {
    let (twice, rows) = tally.counts.iter().fold((0, 0), |sum, arm| (sum.0 + arm.duplicates, sum.1 + arm.rows));
    let says = format!("{twice} of {rows} predictions were recorded more than once; each counts once");
    Finding { check: "duplicates", light: odd(twice, rows, Light::Yellow), says }
}

fn odd(count: u64, of: u64, light: Light) -> Light {
    if FEW <= count && ODD * number(of) <= number(count) { light } else { Light::Green }
}

/// Whether an arm differs from the champion in what should not depend on the arm.
fn difference(tally: &Tally<'_>, moments: &Moments, check: &'static str, light: Light, meaning: &str) -> Finding {
    let challengers = 1..tally.plan.arms();
    let alpha = ALARM / number(challengers.len().max(1) as u64);
    for arm in challengers {
        let Some(contrast) = Contrast::new(moments, 0, arm, Form::PLAIN) else { continue };
        if contrast.variance > 0.0 && sequence::p_value(&contrast, alpha, tally.plan.tuning()) < alpha {
            let names = &tally.plan.spec().arms;
            let says = format!("{meaning}: {} against {} (sure at all times)", names[arm], names[0]);
            return Finding { check, light, says };
        }
    }
    Finding { check, light: Light::Green, says: "no difference between arms".to_owned() }
}
