use crate::predictor::Predictor;
use crate::signature::Output;

/// Runs every promise of [`Predictor`] on a model that means `output`. Inputs are drawn around `typical`, one row.
pub fn predictor(model: &dyn Predictor, output: Output, typical: &[f64]) {
    assert_eq!(typical.len(), model.width(), "a typical row has one number for each input");
    let rows = rows(typical);
    let flat = rows.concat();
    let together = predict(model, &flat, rows.len());
    rows_do_not_influence_each_other(model, &rows, &together);
    equal_input_gives_equal_bits(model, &flat, &together);
    places_beyond_the_rows_are_left_alone(model, typical);
    for (row, prediction) in rows.iter().zip(&together) {
        assert!(prediction.is_finite(), "{row:?} gives {prediction}");
        if output == Output::Probability {
            assert!((0.0..=1.0).contains(prediction), "{row:?} gives the probability {prediction}");
        }
        let mut margin = [f64::NAN];
        model.margins(row, &mut margin);
        assert!(margin[0].is_finite(), "{row:?} has the margin {}", margin[0]);
        contributions_explain_the_margin(model, row, margin[0]);
    }
}

/// The typical row, and it with each value missing, zero, extreme and infinite in turn, alone and all together.
fn rows(typical: &[f64]) -> Vec<Vec<f64>> {
    let strange =
        [f64::NAN, 0.0, -0.0, 1e-310, 1.0, -1.0, 1e17, 1e300, f64::MAX, f64::MIN, f64::INFINITY, f64::NEG_INFINITY];
    let mut rows = vec![typical.to_vec()];
    for value in strange {
        rows.push(vec![value; typical.len()]);
        for place in 0..typical.len() {
            let mut row = typical.to_vec();
            row[place] = value;
            rows.push(row);
        }
    }
    rows
}

fn predict(model: &dyn Predictor, inputs: &[f64], rows: usize) -> Vec<f64> {
    let mut out = vec![f64::NAN; rows];
    model.predict(inputs, &mut out);
    out
}

fn rows_do_not_influence_each_other(model: &dyn Predictor, rows: &[Vec<f64>], together: &[f64]) {
    for (row, expected) in rows.iter().zip(together) {
        let alone = predict(model, row, 1)[0];
        assert_eq!(alone.to_bits(), expected.to_bits(), "{row:?} gives {alone} alone and {expected} among others");
    }
}

fn equal_input_gives_equal_bits(model: &dyn Predictor, inputs: &[f64], first: &[f64]) {
    let second = predict(model, inputs, first.len());
    assert!(first.iter().zip(&second).all(|(a, b)| a.to_bits() == b.to_bits()), "{first:?} and then {second:?}");
}

fn places_beyond_the_rows_are_left_alone(model: &dyn Predictor, typical: &[f64]) {
    if model.width() != 0 {
        let mut out = [7.0; 3];
        model.predict(typical, &mut out);
        assert_eq!(out[1..], [7.0, 7.0]);
    }
}

fn contributions_explain_the_margin(model: &dyn Predictor, row: &[f64], margin: f64) {
    let mut contributions = vec![f64::NAN; row.len()];
    let Some(base) = model.contributions(row, &mut contributions) else {
        assert!(contributions.iter().all(|x| x.is_nan()), "nothing is written by a predictor that cannot tell");
        return;
    };
    assert!(base.is_finite() && contributions.iter().all(|x| x.is_finite()), "{row:?}: {base}, {contributions:?}");
    let explained = contributions.iter().fold(base, |sum, x| sum + x);
    // Where large contributions cancel, their rounding stays.
    let size = contributions.iter().fold(base.abs().max(1.0), |size, x| size.max(x.abs()));
    assert!((explained - margin).abs() <= 1e-9 * size, "{row:?}: {explained} explained, the margin is {margin}");
}
