//! A linear model of other models' margins.

use super::{Predictor, rows_of};
use crate::artifact::{LinearModel, Link, StackedModel, predictor_of};

/// A [`StackedModel`], ready to predict.
#[derive(Debug)]
pub struct StackedPredictor {
    width: usize,
    own: usize,
    bases: Vec<Base>,
    meta: LinearModel,
}

#[derive(Debug)]
struct Base {
    model: Box<dyn Predictor>,
    /// For each of its inputs, which of the stacked model's it is.
    inputs: Vec<usize>,
}

impl StackedPredictor {
    pub fn new(model: &StackedModel) -> StackedPredictor {
        let base =
            |base: &crate::artifact::Base| Base { model: predictor_of(&base.model), inputs: base.inputs.clone() };
        StackedPredictor {
            width: model.width(),
            own: model.own(),
            bases: model.bases().iter().map(base).collect(),
            meta: model.meta().clone(),
        }
    }

    /// What the linear model sees of each row: the own features, and a margin of each base.
    fn seen(&self, inputs: &[f64], rows: usize) -> Vec<f64> {
        let terms = self.own + self.bases.len();
        let mut seen = vec![0.0; rows * terms];
        for (row, place) in inputs.chunks_exact(self.width).zip(seen.chunks_exact_mut(terms)) {
            place[..self.own].copy_from_slice(&row[..self.own]);
        }
        let (mut given, mut margins) = (Vec::new(), vec![0.0; rows]);
        for (number, base) in self.bases.iter().enumerate() {
            given.clear();
            for row in inputs.chunks_exact(self.width).take(rows) {
                given.extend(base.inputs.iter().map(|&input| row[input]));
            }
            base.model.margins(&given, &mut margins);
            for (place, margin) in seen.chunks_exact_mut(terms).zip(&margins) {
                place[self.own + number] = *margin;
            }
        }
        seen
    }
}

impl Predictor for StackedPredictor {
    fn width(&self) -> usize {
        self.width
    }

    fn link(&self) -> Link {
        Predictor::link(&self.meta)
    }

    fn margins(&self, inputs: &[f64], out: &mut [f64]) {
        let out = rows_of(self.width, inputs, out);
        self.meta.margins(&self.seen(inputs, out.len()), out);
    }

    /// Each base's explanation times its coefficient, and the own features' terms as linear models have them: the margin is a
    /// sum, so what adds up to its parts adds up to it.
    fn contributions(&self, row: &[f64], out: &mut [f64]) -> Option<f64> {
        let (coefficients, weights) = self.meta.coefficients().split_at(self.own);
        let mut sums = vec![0.0; self.width];
        let mut base = self.meta.intercept();
        for (place, ((&x, &coefficient), &typical)) in
            row.iter().zip(coefficients).zip(self.meta.imputation()).enumerate()
        {
            base += coefficient * typical;
            sums[place] = if x.is_finite() { coefficient * x - coefficient * typical } else { 0.0 };
        }
        let mut parts = Vec::new();
        for (of, &weight) in self.bases.iter().zip(weights) {
            let given: Vec<f64> = of.inputs.iter().map(|&input| row[input]).collect();
            parts.clear();
            parts.resize(given.len(), 0.0);
            base += weight * of.model.contributions(&given, &mut parts)?;
            for (&input, part) in of.inputs.iter().zip(&parts) {
                sums[input] += weight * part;
            }
        }
        let mut margin = [0.0];
        self.meta.margins(&self.seen(row, 1), &mut margin);
        if !explains(base, &sums, margin[0]) {
            // A row so extreme that its parts do not fit into doubles: nothing is told apart.
            sums.fill(0.0);
            base = margin[0];
        }
        out.copy_from_slice(&sums);
        Some(base)
    }
}

/// Whether a base and contributions give the margin, as far as sums of doubles of their size can.
fn explains(base: f64, contributions: &[f64], margin: f64) -> bool {
    let sum = contributions.iter().fold(base, |sum, x| sum + x);
    let size = contributions.iter().fold(base.abs().max(1.0), |size, x| size.max(x.abs()));
    size.is_finite() && (sum - margin).abs() <= 1e-9 * size
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Aggregation, Base, NativeModel, Node, Side, TreeModel};
    use crate::contract;
    use crate::signature::Output;

    fn linear(intercept: f64, coefficients: &[f64], imputation: &[f64]) -> LinearModel {
        LinearModel::new(Link::Logit, intercept, coefficients.to_vec(), imputation.to_vec()).unwrap()
    }

    fn trees() -> NativeModel {
        let leaf = |value, cover| Node::Leaf { value, cover };
        let split =
            |feature, threshold, left, right| Node::Split { feature, threshold, left, right, missing: Side::Left };
        let trees = vec![
            vec![split(0, 0.5, 1, 2), leaf(-1.0, 3.0), split(1, 2.0, 3, 4), leaf(0.25, 2.0), leaf(1.5, 5.0)],
            vec![split(1, -1.0, 1, 2), leaf(0.125, 4.0), leaf(-0.5, 6.0)],
        ];
        NativeModel::Trees(TreeModel::new(Link::Logit, 0.1, Aggregation::Sum, 2, trees).unwrap())
    }

    /// Three inputs: the first is its own, one base takes the last two, the other all of them in another order.
    fn stacked() -> StackedPredictor {
        let bases = vec![
            Base { model: trees(), inputs: vec![2, 1] },
            Base {
                model: NativeModel::Linear(linear(-0.5, &[1.0, 2.0, 0.5], &[0.1, 0.2, 0.3])),
                inputs: vec![1, 0, 2],
            },
        ];
        StackedPredictor::new(
            &StackedModel::new(3, 1, bases, linear(0.25, &[0.5, 0.75, 0.3], &[1.0, 0.4, 0.2])).unwrap(),
        )
    }

    fn margin(model: &dyn Predictor, row: &[f64]) -> f64 {
        let mut out = [f64::NAN];
        model.margins(row, &mut out);
        out[0]
    }

    #[test]
    fn margins_of_bases_are_added_with_their_weights() {
        let row = [2.0, 3.0, f64::NAN];
        let base = linear(-0.5, &[1.0, 2.0, 0.5], &[0.1, 0.2, 0.3]);
        let by_trees = margin(&*predictor_of(&trees()), &[f64::NAN, 3.0]);
        let by_linear = margin(&base, &[3.0, 2.0, f64::NAN]);
        let expected = 0.25 + 0.5 * 2.0 + 0.75 * by_trees + 0.3 * by_linear;
        assert!((margin(&stacked(), &row) - expected).abs() < 1e-12);
    }

    #[test]
    fn explanations_of_bases_are_added_with_their_weights() {
        let row = [2.0, 3.0, 1.0];
        let (mut all, mut by_trees, mut by_linear) = ([0.0; 3], [0.0; 2], [0.0; 3]);
        let base = stacked().contributions(&row, &mut all).unwrap();
        let of_trees = predictor_of(&trees()).contributions(&[1.0, 3.0], &mut by_trees).unwrap();
        let of_linear = linear(-0.5, &[1.0, 2.0, 0.5], &[0.1, 0.2, 0.3]);
        let of_linear = of_linear.contributions(&[3.0, 2.0, 1.0], &mut by_linear).unwrap();
        let expected = [
            // Its own: coefficient times what it differs from the mean by.
            0.5 * (2.0 - 1.0) + 0.3 * by_linear[1],
            0.75 * by_trees[1] + 0.3 * by_linear[0],
            0.75 * by_trees[0] + 0.3 * by_linear[2],
        ];
        for (found, expected) in all.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{all:?}");
        }
        assert!((base - (0.25 + 0.5 * 1.0 + 0.75 * of_trees + 0.3 * of_linear)).abs() < 1e-12);
        assert!((base + all.iter().sum::<f64>() - margin(&stacked(), &row)).abs() < 1e-12);
    }

    #[test]
    fn stacked_models_keep_the_contract() {
        contract::predictor(&stacked(), Output::Probability, &[1.0, 2.0, 0.5]);
    }
}
