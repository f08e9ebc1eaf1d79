//! Calibration of an arm: what was predicted beside what happened, in bins of the prediction, and the expected calibration
//! error that follows. Not a mean, so it has an arithmetic of its own: bounded in memory, clustered by unit.

use super::moments::number;
use super::normal;
use crate::evaluation::{ECE_BINS, ece_bin};

/// A unit's predictions in the bins.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct UnitBins {
    rows: [f64; ECE_BINS],
    predicted: [f64; ECE_BINS],
    observed: [f64; ECE_BINS],
}

impl UnitBins {
    pub(super) fn add(&mut self, probability: f64, label: f64) {
        let bin = ece_bin(probability);
        self.rows[bin] += 1.0;
        self.predicted[bin] += probability;
        self.observed[bin] += label;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.iter().all(|rows| *rows == 0.0)
    }
}

/// Predictions of like probability.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Bin {
    pub low: f64,
    pub high: f64,
    pub rows: u64,
    /// Mean probability.
    pub predicted: f64,
    /// Share of TRUE.
    pub observed: f64,
    /// Standard error of predicted − observed, over units.
    pub standard_error: f64,
}

/// Of one arm.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Calibration {
    units: u64,
    sums: UnitBins,
    /// Σ over units: gap in one bin × gap in another, gap × rows, rows².
    gaps: [[f64; ECE_BINS]; ECE_BINS],
    gaps_by_rows: [f64; ECE_BINS],
    squared_rows: f64,
}

/// The calibration error, what its bins promise by chance taken off, and its variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CalibrationError {
    pub(super) units: u64,
    pub(super) rows: u64,
    /// As defined: biased upwards, because chance opens gaps in the best calibrated of models.
    pub(super) plain: f64,
    pub(super) unbiased: f64,
    pub(super) variance: f64,
}

impl Calibration {
    pub(super) fn add(&mut self, unit: &UnitBins) {
        self.units += 1;
        let gap: [f64; ECE_BINS] = std::array::from_fn(|bin| unit.predicted[bin] - unit.observed[bin]);
        let rows: f64 = unit.rows.iter().sum();
        for bin in 0..ECE_BINS {
            self.sums.rows[bin] += unit.rows[bin];
            self.sums.predicted[bin] += unit.predicted[bin];
            self.sums.observed[bin] += unit.observed[bin];
            self.gaps_by_rows[bin] += gap[bin] * rows;
            if gap[bin] != 0.0 {
                for (other, product) in self.gaps[bin].iter_mut().enumerate() {
                    *product += gap[bin] * gap[other];
                }
            }
        }
        self.squared_rows += rows * rows;
    }

    fn gap(&self, bin: usize) -> f64 {
        self.sums.predicted[bin] - self.sums.observed[bin]
    }

    /// Those that hold predictions.
    pub(super) fn bins(&self) -> Vec<Bin> {
        let edge = |bin: usize| number(bin as u64) / number(ECE_BINS as u64);
        let filled = (0..ECE_BINS).filter(|&bin| self.sums.rows[bin] > 0.0);
        let told = filled.map(|bin| {
            let rows = self.sums.rows[bin];
            Bin {
                low: edge(bin),
                high: edge(bin + 1),
                rows: super::moments::whole(rows),
                predicted: self.sums.predicted[bin] / rows,
                observed: self.sums.observed[bin] / rows,
                standard_error: self.gaps[bin][bin].max(0.0).sqrt() / rows,
            }
        });
        told.collect()
    }

    /// `None` before there are two units.
    pub(super) fn error(&self) -> Option<CalibrationError> {
        let rows: f64 = self.sums.rows.iter().sum();
        if self.units < 2 || rows <= 0.0 {
            return None;
        }
        let signs: [f64; ECE_BINS] = std::array::from_fn(|bin| if self.gap(bin) < 0.0 { -1.0 } else { 1.0 });
        let plain = (0..ECE_BINS).map(|bin| self.gap(bin).abs()).sum::<f64>() / rows;
        let (mut squares, mut chance) = (plain * plain * self.squared_rows, 0.0);
        for bin in 0..ECE_BINS {
            squares -= 2.0 * plain * signs[bin] * self.gaps_by_rows[bin];
            squares += (0..ECE_BINS).map(|other| signs[bin] * signs[other] * self.gaps[bin][other]).sum::<f64>();
            chance += by_chance(self.gap(bin).abs(), self.gaps[bin][bin].max(0.0).sqrt());
        }
        let units = number(self.units);
        let variance = squares.max(0.0) / (rows * rows) * units / (units - 1.0);
        let unbiased = plain - chance / rows;
        Some(CalibrationError { units: self.units, rows: super::moments::whole(rows), plain, unbiased, variance })
    }
}

/// By how much |gap| is expected to exceed the gap that it estimates: the mean of a folded normal, minus its centre.
fn by_chance(gap: f64, sd: f64) -> f64 {
    if sd <= 0.0 {
        return 0.0;
    }
    let z = gap / sd;
    2.0 * (sd * normal::density(z) - gap * normal::below(-z))
}
