use features::project::Task;

use crate::experiment::{Call, GuardSpec, GuardState, Light, Observation, Plan, PlanError, PlanSpec, Tally, Verdict};

fn spec() -> PlanSpec {
    PlanSpec {
        experiment: "boosted".to_owned(),
        task: Task::Classification,
        arms: vec!["champion".to_owned(), "boosted".to_owned()],
        periods: vec![vec![0.5, 0.5]],
        primary: "brier".to_owned(),
        metrics: ["log_loss", "accuracy", "calibration_error", "latency_ms", "error_rate"].map(str::to_owned).to_vec(),
        reversed: Vec::new(),
        guards: vec![GuardSpec { metric: "latency_ms_p99".to_owned(), max_worse: None, max_worse_share: Some(1.0) }],
        alpha: 0.05,
        power: 0.8,
        minimum_units: 100,
        planned_units: 1000,
        sought: Some(0.01),
        prior: 0.1,
        adjusted: true,
        slices: vec!["quarter".to_owned()],
        values: Vec::new(),
    }
}

/// What one play of a simulated experiment is like; the challenger knows more by `better`.
struct Play {
    arm: usize,
    score: f64,
    covariate: f64,
    outcome: f64,
    quarter: &'static str,
    latency_us: f64,
}

/// Four plays a game, by a formula; games alternate between the arms.
fn plays(games: u32, better: f64) -> Vec<(String, Vec<Play>)> {
    let noise = |i: u32, salt: u32| f64::from((i * 7919 + salt * 104_729) % 10_007) / 10_007.0;
    let game = |game: u32| {
        let arm = (noise(game, 5) * 2.0) as usize;
        let play = |play: u32| {
            let truth = noise(game * 4 + play, 1);
            let outcome = f64::from(u8::from(noise(game * 4 + play, 2) < truth));
            let covariate = (0.5 + 0.6 * (truth - 0.5)).clamp(0.01, 0.99);
            let score = if arm == 1 { covariate + better * (truth - covariate) } else { covariate };
            let quarter = ["1", "2", "3", "4"][play as usize];
            Play { arm, score, covariate, outcome, quarter, latency_us: 800.0 + 400.0 * noise(game * 4 + play, 3) }
        };
        (format!("game-{game:05}"), (0..4).map(play).collect())
    };
    (0..games).map(game).collect()
}

fn judged(spec: PlanSpec, games: &[(String, Vec<Play>)], change: impl Fn(&mut Observation<'_>, u32)) -> Verdict {
    let plan = Plan::new(spec).unwrap();
    let mut tally = Tally::new(&plan);
    let mut number = 0;
    for (unit, plays) in games {
        for play in plays {
            let slices = [play.quarter];
            let mut observation = Observation::new(unit, play.arm);
            observation.score = Some(play.score);
            observation.covariate = Some(play.covariate);
            observation.outcome = Some(play.outcome);
            observation.outcome_delay = Some(600.0);
            observation.latency_us = Some(play.latency_us);
            observation.slices = &slices;
            change(&mut observation, number);
            number += 1;
            tally.push(&observation);
        }
    }
    Verdict::new(tally, Some(86_400.0))
}

#[test]
fn a_better_challenger_is_shipped() {
    let verdict = judged(spec(), &plays(3000, 1.0), |_, _| ());
    assert_eq!(verdict.decision.call, Call::Ship, "{:?}", verdict.decision);
    assert_eq!(verdict.decision.arm.as_deref(), Some("boosted"));
    assert_eq!(verdict.health.light, Light::Green, "{:?}", verdict.health.findings);
    let brier = &verdict.metrics[0];
    assert_eq!(brier.metric, "brier");
    let adjusted = brier.differences[0].adjusted.as_ref().unwrap();
    assert!(adjusted.variance_left < 1.0 && adjusted.difference.difference < 0.0);
    assert!(0.99 < adjusted.difference.belief.unwrap().probability_better);
    assert_eq!(verdict.challengers[0].guards[0].state, GuardState::Kept);
}

#[test]
fn a_worse_challenger_is_rolled_back() {
    let verdict = judged(spec(), &plays(3000, -1.0), |_, _| ());
    assert_eq!(verdict.decision.call, Call::RollBack, "{:?}", verdict.decision);
}

#[test]
fn a_slow_challenger_is_rolled_back_by_its_guard() {
    let slow = |observation: &mut Observation<'_>, _| {
        if observation.arm == 1 {
            observation.latency_us = observation.latency_us.map(|us| us * 3.0);
        }
    };
    let verdict = judged(spec(), &plays(3000, 1.0), slow);
    assert_eq!(verdict.decision.call, Call::RollBack);
    assert!(verdict.decision.reason.contains("latency_ms_p99"), "{}", verdict.decision.reason);
}

#[test]
fn a_guard_on_errors_stays_open_where_nobody_has_made_one() {
    let guarded = || {
        let errors = GuardSpec { metric: "error_rate".to_owned(), max_worse: Some(0.01), max_worse_share: None };
        PlanSpec { guards: vec![errors], ..spec() }
    };
    let verdict = judged(guarded(), &plays(3000, 1.0), |_, _| ());
    assert_eq!(verdict.challengers[0].guards[0].state, GuardState::Open);
    assert_eq!(verdict.decision.call, Call::KeepGoing, "{:?}", verdict.decision);
}

#[test]
fn two_alike_go_on() {
    let verdict = judged(spec(), &plays(1000, 0.0), |_, _| ());
    assert_eq!(verdict.decision.call, Call::KeepGoing, "{:?}", verdict.decision);
    let too_few = judged(spec(), &plays(40, 1.0), |_, _| ());
    assert_eq!(too_few.decision.call, Call::KeepGoing);
    assert!(too_few.decision.reason.contains("of the 100 units"), "{}", too_few.decision.reason);
}

#[test]
fn units_that_get_lost_make_it_unhealthy() {
    let lost = plays(3000, 1.0).into_iter().enumerate();
    let kept = lost.filter(|(i, game)| game.1[0].arm == 0 || i % 3 != 0).map(|(_, game)| game).collect::<Vec<_>>();
    let verdict = judged(spec(), &kept, |_, _| ());
    assert_eq!(verdict.decision.call, Call::Unhealthy);
    assert_eq!(verdict.health.findings[0].light, Light::Red, "{:?}", verdict.health.findings);
}

#[test]
fn outcomes_that_are_missing_in_one_arm_make_it_unhealthy() {
    let lose = |observation: &mut Observation<'_>, number: u32| {
        if observation.arm == 1 && number.is_multiple_of(5) {
            observation.outcome = None;
        }
    };
    let verdict = judged(spec(), &plays(3000, 1.0), lose);
    assert_eq!(verdict.decision.call, Call::Unhealthy);
    assert!(verdict.health.findings.iter().any(|f| f.check == "coverage" && f.light == Light::Red));
}

#[test]
fn units_in_two_arms_are_left_out_and_told_of() {
    let cross = |observation: &mut Observation<'_>, number: u32| {
        if number < 400 && number.is_multiple_of(4) {
            observation.arm = 1 - observation.arm;
        }
    };
    let verdict = judged(spec(), &plays(3000, 0.0), cross);
    assert_eq!(verdict.health.crossed, 100);
    assert_eq!(verdict.decision.call, Call::Unhealthy);
    let units: u64 = verdict.metrics[0].arms.iter().map(|arm| arm.units).sum();
    assert_eq!(units, 2900);
}

#[test]
fn what_is_forced_repeated_or_no_number_is_counted_and_left_out() {
    let odd = |observation: &mut Observation<'_>, number: u32| match number {
        0..10 => observation.forced = true,
        10..20 => observation.duplicate = true,
        20..25 => observation.score = Some(1.5),
        25..30 => observation.outcome = Some(f64::NAN),
        _ => (),
    };
    let verdict = judged(spec(), &plays(500, 0.0), odd);
    let sum = |of: fn(&crate::experiment::Counts) -> u64| -> u64 {
        verdict.health.arms.iter().map(|arm| of(&arm.counts)).sum()
    };
    assert_eq!((sum(|c| c.rows), sum(|c| c.forced), sum(|c| c.duplicates), sum(|c| c.invalid)), (2000, 10, 10, 10));
    let rows: u64 = verdict.metrics[0].arms.iter().map(|arm| arm.rows).sum();
    assert_eq!(rows, 1970);
}

#[test]
fn the_slice_where_arms_differ_comes_first() {
    let only_there = |observation: &mut Observation<'_>, _| {
        if observation.arm == 1 && observation.slices == ["3"] {
            observation.score = Some(observation.outcome.unwrap() * 0.8 + 0.1);
        }
    };
    let verdict = judged(spec(), &plays(2000, 0.0), only_there);
    let first = &verdict.challengers[0].slices[0];
    assert_eq!((first.slice.as_str(), first.value.as_str()), ("quarter", "3"));
    assert!(first.p_value.unwrap() < 0.01);
}

#[test]
fn nothing_at_all_is_no_error() {
    let verdict = judged(spec(), &[], |_, _| ());
    assert_eq!(verdict.decision.call, Call::KeepGoing);
    serde_json::to_string(&verdict).unwrap();
}

#[test]
fn bad_plans_are_refused_with_what_would_be_right() {
    let refused = |change: fn(&mut PlanSpec)| {
        let mut changed = spec();
        change(&mut changed);
        Plan::new(changed).unwrap_err()
    };
    assert_eq!(refused(|plan| plan.arms.truncate(1)), PlanError::Arms);
    assert_eq!(refused(|plan| plan.alpha = 1.0), PlanError::Share("alpha"));
    assert!(matches!(refused(|plan| plan.periods = vec![vec![0.5, 0.6]]), PlanError::Weights { period: 0, .. }));
    assert!(refused(|plan| plan.primary = "auc".to_owned()).to_string().contains("log_loss"));
    assert!(matches!(refused(|plan| plan.task = Task::Regression), PlanError::Classes(_)));
    assert!(matches!(refused(|plan| plan.guards[0].max_worse = Some(1.0)), PlanError::Guard(_)));
}

/// What `GET /experiments/{id}` and `clutch compare live --json` answer.
#[test]
fn the_report_has_the_form_that_others_rely_on() {
    let verdict = judged(spec(), &plays(300, 0.5), |_, _| ());
    let json = serde_json::to_string_pretty(&verdict).unwrap() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/experiment/golden/verdict.json");
    if std::env::var_os("CLUTCH_GOLDEN").is_some() {
        std::fs::write(path, &json).unwrap();
    }
    let golden: serde_json::Value = serde_json::from_str(include_str!("../golden/verdict.json")).unwrap();
    alike("", &serde_json::from_str(&json).unwrap(), &golden);
}

/// Equal but for the last digits, which may differ between machines.
pub(super) fn alike(path: &str, got: &serde_json::Value, expected: &serde_json::Value) {
    use serde_json::Value;
    match (got, expected) {
        (Value::Object(a), Value::Object(b)) => {
            assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>(), "{path}");
            a.iter().for_each(|(key, value)| alike(&format!("{path}.{key}"), value, &b[key]));
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{path}");
            a.iter().zip(b).for_each(|(a, b)| alike(path, a, b));
        }
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            assert!((a - b).abs() <= 1e-9 * b.abs().max(1e-6), "{path}: {a} is not {b}");
        }
        (a, b) => assert_eq!(a, b, "{path}"),
    }
}
