use proptest::prelude::*;

use super::*;
use crate::contract;
use crate::signature::Output;

fn model(link: Link, intercept: f64, coefficients: &[f64], imputation: &[f64]) -> LinearModel {
    LinearModel::new(link, intercept, coefficients.to_vec(), imputation.to_vec()).unwrap()
}

fn predict(model: &LinearModel, row: &[f64]) -> f64 {
    let mut out = [f64::NAN];
    model.predict(row, &mut out);
    out[0]
}

#[test]
fn keeps_the_contract() {
    let typical = [3.0, -0.5, 1200.0];
    for (coefficients, imputation) in [
        ([0.25, -2.0, 0.001], [1.0, 0.0, 1800.0]),
        ([1e300, -1e300, 1e300], [1e300, 1e300, 1e300]),
        ([0.0, -0.0, f64::MIN_POSITIVE], [0.0, -0.0, f64::MAX]),
    ] {
        for intercept in [0.0, -0.7, 1e308, f64::MIN] {
            contract::predictor(&model(Link::Identity, intercept, &coefficients, &imputation), Output::Value, &typical);
            contract::predictor(
                &model(Link::Logit, intercept, &coefficients, &imputation),
                Output::Probability,
                &typical,
            );
        }
    }
    contract::predictor(&model(Link::Logit, 0.3, &[], &[]), Output::Probability, &[]);
}

#[test]
fn a_missing_input_takes_its_imputation() {
    let model = model(Link::Identity, 1.0, &[2.0, 3.0], &[10.0, 100.0]);
    assert_eq!(predict(&model, &[f64::NAN, 1.0]), 1.0 + 20.0 + 3.0);
    assert_eq!(predict(&model, &[f64::INFINITY, f64::NEG_INFINITY]), 1.0 + 20.0 + 300.0);
}

#[test]
fn contributions_are_coefficient_times_distance_from_the_mean() {
    let model = model(Link::Logit, -1.0, &[2.0, 3.0], &[10.0, 100.0]);
    let mut contributions = [0.0; 2];
    assert_eq!(model.contributions(&[0.5, f64::NAN], &mut contributions), Some(-1.0 + 20.0 + 300.0));
    assert_eq!(contributions, [2.0 * 0.5 - 20.0, 0.0]);
}

/// Reference: scipy.special.expit, SciPy 1.17.1.
#[test]
fn the_sigmoid_agrees_with_scipy() {
    for (margin, expected) in [
        (0.0, 0.5),
        (1.0, 0.7310585786300049),
        (-1.0, 0.2689414213699951),
        (-36.7, 1.1518409493076095e-16),
        (-700.0, 9.85967654375977e-305),
        (40.0, 1.0),
        (-745.5, 0.0),
    ] {
        let got = sigmoid(margin);
        assert!(
            (got - expected).abs() <= 4.0 * f64::EPSILON * expected,
            "sigmoid({margin}) = {got:e}, not {expected:e}"
        );
    }
}

proptest! {
    #[test]
    fn the_sigmoid_is_a_probability_that_grows(a in prop::num::f64::NORMAL, b in prop::num::f64::NORMAL) {
        let (low, high) = if a < b { (a, b) } else { (b, a) };
        prop_assert!((0.0..=1.0).contains(&sigmoid(low)));
        prop_assert!(sigmoid(low) <= sigmoid(high));
        prop_assert!((sigmoid(low) + sigmoid(-low) - 1.0).abs() <= f64::EPSILON);
    }

    #[test]
    fn any_numbers_keep_the_contract(
        terms in prop::collection::vec((prop::num::f64::NORMAL, prop::num::f64::NORMAL, prop::num::f64::ANY), 0..5),
        intercept in prop::num::f64::NORMAL,
    ) {
        let coefficients: Vec<f64> = terms.iter().map(|t| t.0).collect();
        let imputation: Vec<f64> = terms.iter().map(|t| t.1).collect();
        let typical: Vec<f64> = terms.iter().map(|t| t.2).collect();
        contract::predictor(&model(Link::Identity, intercept, &coefficients, &imputation), Output::Value, &typical);
        contract::predictor(&model(Link::Logit, intercept, &coefficients, &imputation), Output::Probability, &typical);
    }
}
