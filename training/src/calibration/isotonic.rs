//! The growing function of the margin that is nearest to the labels, by pooling adjacent violators; between its steps it
//! goes straight, as scikit-learn's `IsotonicRegression`.

use models::artifact::{InvalidCalibration, Isotonic};

use super::Point;

/// Neighbouring margins with one mean.
#[derive(Debug, Clone, Copy)]
struct Block {
    first: f64,
    last: f64,
    weight: f64,
    /// Of labels, weighted.
    sum: f64,
}

impl Block {
    fn mean(&self) -> f64 {
        self.sum / self.weight
    }

    /// Certainty is what a block of one class cannot give: half a row of the other class is taken to be there.
    fn probability(&self) -> f64 {
        let unsure = 0.5 / (self.weight + 1.0);
        self.mean().clamp(unsure, 1.0 - unsure)
    }
}

pub(super) fn fit(mut points: Vec<Point>) -> Result<Isotonic, InvalidCalibration> {
    points.sort_unstable_by(|a, b| a.margin.total_cmp(&b.margin));
    let mut blocks: Vec<Block> = Vec::new();
    for Point { margin, label, weight } in points {
        match blocks.last_mut() {
            // Equal margins are one, whatever came first.
            Some(last) if last.last == margin && last.first == margin => {
                last.weight += weight;
                last.sum += label * weight;
            }
            _ => blocks.push(Block { first: margin, last: margin, weight, sum: label * weight }),
        }
    }
    let mut pooled: Vec<Block> = Vec::new();
    for mut block in blocks {
        while let Some(before) = pooled.pop() {
            if before.mean() < block.mean() {
                pooled.push(before);
                break;
            }
            block = Block {
                first: before.first,
                last: block.last,
                weight: before.weight + block.weight,
                sum: before.sum + block.sum,
            };
        }
        pooled.push(block);
    }
    let (mut margins, mut probabilities) = (Vec::new(), Vec::new());
    let mut least = 0.0_f64;
    for (index, block) in pooled.iter().enumerate() {
        // What keeps the ends from certainty must not put them out of order.
        let most = pooled[index + 1..].iter().map(Block::probability).fold(1.0, f64::min);
        let probability = block.probability().min(most).max(least);
        least = probability;
        for margin in [block.first, block.last] {
            if margins.last().is_none_or(|last| *last < margin) {
                margins.push(margin);
                probabilities.push(probability);
            }
        }
    }
    Isotonic::new(margins, probabilities)
}
