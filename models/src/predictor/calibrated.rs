//! A calibration behind a model.

use super::{Predictor, rows_of, sigmoid};
use crate::artifact::{Calibration, Isotonic, Link, Platt};

/// Tells `model`'s margin as the probability that `calibration` makes of it. Margins and contributions stay the model's.
#[derive(Debug)]
pub struct Calibrated {
    model: Box<dyn Predictor>,
    calibration: Calibration,
}

impl Calibrated {
    pub fn new(model: Box<dyn Predictor>, calibration: Calibration) -> Calibrated {
        Calibrated { model, calibration }
    }
}

impl Predictor for Calibrated {
    fn width(&self) -> usize {
        self.model.width()
    }

    fn link(&self) -> Link {
        self.model.link()
    }

    fn margins(&self, inputs: &[f64], out: &mut [f64]) {
        self.model.margins(inputs, out);
    }

    fn predict(&self, inputs: &[f64], out: &mut [f64]) {
        let out = rows_of(self.width(), inputs, out);
        self.model.margins(inputs, out);
        self.calibration.apply(out);
    }

    fn contributions(&self, row: &[f64], out: &mut [f64]) -> Option<f64> {
        self.model.contributions(row, out)
    }
}

impl Calibration {
    /// Margins become probabilities.
    pub fn apply(&self, margins: &mut [f64]) {
        match self {
            Calibration::Platt(platt) => margins.iter_mut().for_each(|x| *x = platt.probability(*x)),
            Calibration::Isotonic(isotonic) => margins.iter_mut().for_each(|x| *x = isotonic.probability(*x)),
        }
    }
}

impl Platt {
    fn probability(&self, margin: f64) -> f64 {
        sigmoid(self.intercept() + self.slope() * margin)
    }
}

impl Isotonic {
    fn probability(&self, margin: f64) -> f64 {
        let (margins, probabilities) = (self.margins(), self.probabilities());
        let above = margins.partition_point(|&x| x <= margin);
        match above {
            0 => probabilities[0],
            above if above == margins.len() => probabilities[above - 1],
            above => {
                let (low, high) = (probabilities[above - 1], probabilities[above]);
                // Halves, so that no difference of two doubles overflows.
                let [from, to, at] = [margins[above - 1], margins[above], margin].map(|x| x / 2.0);
                (low + (at - from) / (to - from) * (high - low)).clamp(low, high)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::artifact::LinearModel;
    use crate::contract;
    use crate::signature::Output;

    fn calibrated(calibration: Calibration) -> Calibrated {
        let model = LinearModel::new(Link::Logit, 0.5, vec![1.0, -2.0], vec![0.0, 1.0]).unwrap();
        Calibrated::new(Box::new(model), calibration)
    }

    fn isotonic(points: &[(f64, f64)]) -> Isotonic {
        let (margins, probabilities) = points.iter().copied().unzip();
        Isotonic::new(margins, probabilities).unwrap()
    }

    #[test]
    fn platt_bends_the_margin() {
        let calibrated = calibrated(Calibration::Platt(Platt::new(-1.0, 2.0).unwrap()));
        let mut out = [f64::NAN; 2];
        calibrated.predict(&[1.0, 0.5], &mut out);
        assert_eq!(out[0], sigmoid(-1.0 + 2.0 * 0.5));
        assert!(out[1].is_nan(), "a place beyond the rows is left alone");
        calibrated.margins(&[1.0, 0.5], &mut out);
        assert_eq!(out[0], 0.5);
    }

    #[test]
    fn isotonic_goes_straight_between_points_and_stays_beyond_them() {
        let isotonic = isotonic(&[(-1.0, 0.1), (1.0, 0.5), (f64::MAX, 0.5)]);
        let probabilities = [f64::MIN, -1.0, 0.0, 1.0, 2.0, f64::MAX].map(|x| isotonic.probability(x));
        for (found, expected) in probabilities.into_iter().zip([0.1, 0.1, 0.3, 0.5, 0.5, 0.5]) {
            assert!((found - expected).abs() < 1e-15, "{probabilities:?}");
        }
    }

    #[test]
    fn calibrated_models_keep_the_contract() {
        let widest = isotonic(&[(f64::MIN, 0.0), (f64::MAX, 1.0)]);
        for calibration in [
            Calibration::Platt(Platt::new(1e308, f64::MAX).unwrap()),
            Calibration::Platt(Platt::new(-0.1, 0.0).unwrap()),
            Calibration::Isotonic(isotonic(&[(0.0, 0.25)])),
            Calibration::Isotonic(widest),
        ] {
            contract::predictor(&calibrated(calibration), Output::Probability, &[1.0, 2.0]);
        }
    }

    proptest! {
        #[test]
        fn calibration_keeps_the_order_of_rows(
            steps in prop::collection::vec((1e-3..10.0_f64, 0.0..1.0_f64), 1..8),
            a in -50.0..50.0_f64,
            b in -50.0..50.0_f64,
        ) {
            let total: f64 = steps.iter().map(|step| step.1).sum::<f64>().max(1.0);
            let points = steps.iter().scan((-20.0, 0.0), |at, step| {
                *at = (at.0 + step.0, (at.1 + step.1 / total).min(1.0));
                Some(*at)
            });
            let isotonic = isotonic(&points.collect::<Vec<_>>());
            let (low, high) = if a < b { (a, b) } else { (b, a) };
            prop_assert!(isotonic.probability(low) <= isotonic.probability(high));
        }
    }
}
