//! Reports of experiments as HTML pages.

mod shadow;
mod verdict;

pub use shadow::shadow;
pub use verdict::verdict;

use super::{Bin, Interval};
use crate::evaluation::ReliabilityBin;
use crate::page::number;

/// Of calibration, as reliability curves take it: whiskers are two standard errors.
fn reliability(bins: &[Bin]) -> Vec<ReliabilityBin> {
    let of = |bin: &Bin| {
        let half = 1.96 * bin.standard_error;
        ReliabilityBin {
            low: bin.low,
            high: bin.high,
            rows: bin.rows,
            predicted: bin.predicted,
            observed: bin.observed,
            interval: Some(Interval { low: bin.observed - half, high: bin.observed + half }),
        }
    };
    bins.iter().map(of).collect()
}

fn optional(value: Option<f64>) -> String {
    value.map(number).unwrap_or_default()
}

fn range(interval: Option<Interval>) -> String {
    interval.map(|i| format!("{} to {}", number(i.low), number(i.high))).unwrap_or_default()
}

fn p_value(p: Option<f64>) -> String {
    p.map(|p| if p < 0.0001 { "< 0.0001".to_owned() } else { format!("{p:.4}") }).unwrap_or_default()
}

#[cfg(test)]
mod tests;
