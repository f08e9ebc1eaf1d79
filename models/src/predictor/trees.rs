//! Ensembles of decision trees, laid out for walking many trees at once.

mod explain;
mod layout;

use super::{Predictor, rows_of};
use crate::artifact::{Aggregation, Link, TreeModel};
use explain::Explainer;
use layout::{Layout, fill_slots, slots_of};

/// Rows that are taken through a tree together: their slots stay in the fastest cache with the tree.
const BLOCK: usize = 64;
/// Slots of a row that are kept on the stack.
const STACK: usize = 256;

/// A [`TreeModel`], ready to predict.
#[derive(Debug, Clone)]
pub struct TreePredictor {
    model: TreeModel,
    layout: Layout,
    explainer: Explainer,
}

impl TreePredictor {
    pub fn new(model: &TreeModel) -> TreePredictor {
        TreePredictor { layout: Layout::new(model), explainer: Explainer::new(model), model: model.clone() }
    }

    fn finish(&self, sum: f64) -> f64 {
        self.model.base() + self.aggregate(sum)
    }

    fn aggregate(&self, sum: f64) -> f64 {
        match self.model.aggregation() {
            Aggregation::Sum => sum,
            #[expect(clippy::cast_precision_loss, reason = "a count of trees is far below 2^53")]
            Aggregation::Mean => sum / self.model.trees().len() as f64,
        }
    }

    fn row(&self, row: &[f64], slots: &mut [f32]) -> f64 {
        fill_slots(row, slots);
        self.finish(self.layout.sum_over_trees(slots))
    }
}

impl Predictor for TreePredictor {
    fn width(&self) -> usize {
        self.model.width()
    }

    fn link(&self) -> Link {
        self.model.link()
    }

    fn margins(&self, inputs: &[f64], out: &mut [f64]) {
        let width = self.width();
        let out = rows_of(width, inputs, out);
        let stride = slots_of(width);
        if width == 0 {
            out.fill(self.row(&[], &mut vec![0.0; stride]));
            return;
        }
        if let ([place], true) = (&mut *out, stride <= STACK) {
            *place = self.row(&inputs[..width], &mut [0.0; STACK][..stride]);
            return;
        }
        let mut slots = vec![0.0; stride * out.len().min(BLOCK)];
        for (rows, out) in inputs.chunks(width * BLOCK).zip(out.chunks_mut(BLOCK)) {
            for (row, slots) in rows.chunks_exact(width).zip(slots.chunks_exact_mut(stride)) {
                fill_slots(row, slots);
            }
            self.layout.sums_over_rows(&slots[..stride * out.len()], stride, out);
            out.iter_mut().for_each(|place| *place = self.finish(*place));
        }
    }

    fn contributions(&self, row: &[f64], out: &mut [f64]) -> Option<f64> {
        let expected = self.explainer.explain(&self.model, row, out);
        out.iter_mut().for_each(|place| *place = self.aggregate(*place));
        Some(self.finish(expected))
    }
}

#[cfg(test)]
mod tests;
