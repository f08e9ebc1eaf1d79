//! Short simulations: what `make statistics` shows at length.

use crate::experiment::simulation::{Peeking, World, alarms, cuped, power};

const AA: Peeking = Peeking {
    world: World::Games,
    experiments: 100,
    units: 80,
    share: 0.5,
    alpha: 0.05,
    tuned_to: 500.0,
    effect: 0.0,
    adjusted: false,
    seed: 7,
};

/// Of 100 experiments 5 may be misled; 12 are so many that the chance is below one in two hundred.
#[track_caller]
fn keeps_its_level(peeking: Peeking) {
    let peeked = peeking.run();
    assert!(peeked.always_valid <= 11, "{peeked:?}");
    assert!(peeked.always_valid < peeked.fixed_sample, "looking repeatedly must mislead the other one: {peeked:?}");
}

#[test]
fn no_false_verdict_on_clustered_data_however_often_one_looks() {
    keeps_its_level(AA);
    keeps_its_level(Peeking { adjusted: true, ..AA });
}

#[test]
fn no_false_verdict_on_a_skewed_loss() {
    keeps_its_level(Peeking { world: World::SkewedLoss, units: 400, ..AA });
    keeps_its_level(Peeking { world: World::SkewedLoss, units: 1000, share: 0.1, ..AA });
}

#[test]
fn no_false_verdict_on_rare_outcomes() {
    keeps_its_level(Peeking { world: World::RareOutcome, units: 1200, ..AA });
    keeps_its_level(Peeking { world: World::RareOutcome, units: 1200, share: 0.1, ..AA });
}

#[test]
fn a_true_difference_is_found() {
    let peeked = Peeking { world: World::Normal, units: 400, effect: 0.5, ..AA }.run();
    assert!(95 <= peeked.found_at_end, "{peeked:?}");
    assert!(peeked.always_valid <= 11, "{peeked:?}");
}

#[test]
fn the_fixed_test_has_the_power_that_theory_promises() {
    let found = power(400, 100, 0.4, 3);
    assert!((found.found - found.theory).abs() < 0.08, "{found:?}");
    assert!(0.92 <= found.covered, "{found:?}");
}

#[test]
fn the_covariate_saves_what_its_correlation_predicts() {
    let saving = cuped(300, 40, 5);
    assert!((saving.measured / saving.predicted - 1.0).abs() < 0.25, "{saving:?}");
    assert!(saving.predicted < 0.95, "{saving:?}");
}

#[test]
fn lost_units_raise_an_alarm_and_chance_does_not() {
    assert_eq!(alarms(100, 10_000, 0.5, 100, 1).always_valid, 0.0);
    assert!(0.95 <= alarms(20, 50_000, 0.52, 20, 1).always_valid);
}
