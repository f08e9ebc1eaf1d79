//! Reliability: what was predicted beside what happened, bin by bin.

use features::project::Task;

use super::bootstrap::{Resampling, Statistic, intervals};
use super::ece::{BINS, bin_of};
use super::mean::GroupMean;
use super::sample::count;
use super::{EvaluationError, Groups, Interval, Sample};

/// Rows of similar prediction.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ReliabilityBin {
    /// The bin's edges: of classification ten of equal width, those of the calibration error; of regression the smallest
    /// and the largest prediction of each tenth of the rows.
    pub low: f64,
    pub high: f64,
    pub rows: u64,
    /// The mean prediction.
    pub predicted: f64,
    /// The mean label: of classification the share of TRUE.
    pub observed: f64,
    /// Of the mean label, by group bootstrap; absent where most resamples have no row in the bin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
}

/// Bins that hold rows, by prediction.
pub fn reliability(
    sample: &Sample<'_>,
    groups: &Groups,
    resampling: &Resampling,
) -> Result<Vec<ReliabilityBin>, EvaluationError> {
    if groups.rows() != sample.rows() {
        let found = groups.rows();
        return Err(EvaluationError::Lengths { rows: sample.rows(), what: "group numbers", found });
    }
    let (of_row, edges) = match sample.task() {
        Task::Classification => equal_width(sample.predictions()),
        Task::Regression => equal_count(sample.predictions()),
    };
    let mut bins = Vec::new();
    let mut statistics: Vec<Box<dyn Statistic>> = Vec::new();
    for (bin, &(low, high)) in edges.iter().enumerate() {
        let inside: Vec<bool> = of_row.iter().map(|&of| of == bin).collect();
        let rows = || sample.pairs().zip(&inside).filter(|(_, inside)| **inside).map(|(pair, _)| pair);
        let size = rows().count();
        if size == 0 {
            continue;
        }
        statistics.push(Box::new(GroupMean::of_values(rows().map(|(label, _)| label), &groups.select(&inside))));
        bins.push(ReliabilityBin {
            low,
            high,
            rows: size as u64,
            predicted: rows().map(|(_, prediction)| prediction).sum::<f64>() / count(size),
            observed: rows().map(|(label, _)| label).sum::<f64>() / count(size),
            interval: None,
        });
    }
    for (bin, interval) in bins.iter_mut().zip(intervals(groups.count(), resampling, &statistics)) {
        bin.interval = interval;
    }
    Ok(bins)
}

type Binned = (Vec<usize>, Vec<(f64, f64)>);

fn equal_width(probabilities: &[f64]) -> Binned {
    let edge = |bin: usize| count(bin) / count(BINS);
    let edges = (0..BINS).map(|bin| (edge(bin), edge(bin + 1))).collect();
    (probabilities.iter().map(|&p| bin_of(p)).collect(), edges)
}

/// Tenths of the rows; equal predictions stay together, in the lower bin.
fn equal_count(predictions: &[f64]) -> Binned {
    let mut sorted = predictions.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return (Vec::new(), Vec::new()) };
    let mut uppers: Vec<f64> =
        (1..=BINS).map(|bin| sorted[(bin * sorted.len() / BINS).min(last + 1).max(1) - 1]).collect();
    uppers.dedup();
    let of_row: Vec<usize> = predictions.iter().map(|p| uppers.partition_point(|upper| upper < p)).collect();
    let mut edges = vec![(f64::INFINITY, f64::NEG_INFINITY); uppers.len()];
    for (&bin, &p) in of_row.iter().zip(predictions) {
        edges[bin] = (edges[bin].0.min(p), edges[bin].1.max(p));
    }
    (of_row, edges)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins(task: Task, labels: &[f64], predictions: &[f64]) -> Vec<ReliabilityBin> {
        let sample = Sample::new(task, labels, predictions).unwrap();
        reliability(&sample, &Groups::each_row(labels.len()), &Resampling::new(1)).unwrap()
    }

    #[test]
    fn a_bin_tells_what_was_predicted_and_what_happened() {
        let found = bins(Task::Classification, &[0.0, 1.0, 1.0, 1.0], &[0.12, 0.18, 0.9, 1.0]);
        assert_eq!(found.len(), 2, "bins without rows are left out");
        assert_eq!((found[0].low, found[0].high, found[0].rows), (0.1, 0.2, 2));
        assert!((found[0].predicted - 0.15).abs() < 1e-12);
        assert_eq!(found[0].observed, 0.5);
        assert_eq!((found[1].rows, found[1].observed), (2, 1.0));
    }

    #[test]
    fn tenths_of_a_regression_hold_equally_many_rows() {
        let predictions: Vec<f64> = (0..100).map(f64::from).collect();
        let found = bins(Task::Regression, &predictions, &predictions);
        assert_eq!(found.iter().map(|bin| bin.rows).collect::<Vec<_>>(), [10; 10]);
        assert_eq!((found[3].low, found[3].high, found[3].observed), (30.0, 39.0, 34.5));
    }

    #[test]
    fn equal_predictions_share_a_bin() {
        let found = bins(Task::Regression, &[1.0, 2.0, 3.0, 4.0], &[5.0; 4]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].rows, found[0].observed), (4, 2.5));
    }

    #[test]
    fn the_interval_spans_the_groups() {
        let labels: Vec<f64> = (0..200).map(|i| f64::from(i % 2)).collect();
        let found = bins(Task::Classification, &labels, &[0.55; 200]);
        let interval = found[0].interval.unwrap();
        // Binomial: 0.5 ± 1.96 · sqrt(0.25 / 200) = 0.431 to 0.569.
        assert!((interval.low - 0.431).abs() < 0.01 && (interval.high - 0.569).abs() < 0.01, "{interval:?}");
    }
}
