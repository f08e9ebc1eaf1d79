//! Short simulations: what `make statistics` shows at length.

use crate::experiment::simulation::{Peeking, World};

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
