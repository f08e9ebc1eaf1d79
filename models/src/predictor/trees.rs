//! Ensembles of decision trees, laid out for walking many trees at once.

mod explain;
mod layout;

use super::{Predictor, rows_of};
use crate::artifact::{Aggregation, Link, TreeModel};
use explain::Explainer;
use layout::{Layout, fill_slots, slots_of};

/// Rows that are taken through a tree together: their slots stay in the fastest cache with the tree.
const BLOCK: usize = 64;

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

    /// Rows of at most `S` slots, a power of two.
    fn narrow<const S: usize>(&self, inputs: &[f64], out: &mut [f64]) {
        let width = self.model.width();
        let slots_of_row = |row: &[f64]| {
            let mut slots = [0.0; S];
            fill_slots(row, &mut slots[..slots_of(width)]);
            slots
        };
        if let [place] = out {
            *place = self.finish(self.layout.sum_over_trees(&slots_of_row(&inputs[..width])));
            return;
        }
        for (rows, out) in inputs.chunks(width * BLOCK).zip(out.chunks_mut(BLOCK)) {
            let slots: Vec<[f32; S]> = rows.chunks_exact(width).map(slots_of_row).collect();
            self.layout.sums_over_rows(&slots.iter().collect::<Vec<_>>(), out);
            out.iter_mut().for_each(|place| *place = self.finish(*place));
        }
    }

    fn wide(&self, inputs: &[f64], out: &mut [f64]) {
        let mut slots = vec![0.0; slots_of(self.model.width())];
        for (row, place) in inputs.chunks_exact(self.model.width()).zip(out) {
            fill_slots(row, &mut slots);
            *place = self.finish(self.layout.sum_over_trees(slots.as_slice()));
        }
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
        match slots_of(width) {
            // No input, so every row is the same.
            1 => out.fill(self.finish(self.layout.sum_over_trees(&[f32::NEG_INFINITY]))),
            2..=32 => self.narrow::<32>(inputs, out),
            33..=64 => self.narrow::<64>(inputs, out),
            65..=128 => self.narrow::<128>(inputs, out),
            129..=256 => self.narrow::<256>(inputs, out),
            _ => self.wide(inputs, out),
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
