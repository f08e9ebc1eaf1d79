use super::Sample;
use super::sample::count;

/// A place on the receiver operating characteristic: what share of FALSE and of TRUE labels has at least this probability.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct RocPoint {
    pub threshold: f64,
    pub false_positive_rate: f64,
    pub true_positive_rate: f64,
}

/// From (0, 0) to (1, 1), thinned to at most `points` places that lie evenly along the rows. `None` where labels are all of
/// one class.
pub fn roc(sample: &Sample<'_>, points: usize) -> Option<Vec<RocPoint>> {
    let positives = sample.labels().iter().filter(|label| **label == 1.0).count();
    let negatives = sample.rows() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    let mut pairs: Vec<(f64, f64)> = sample.pairs().map(|(label, prediction)| (prediction, label)).collect();
    pairs.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let step = pairs.len().div_ceil(points.saturating_sub(2).max(1));
    let mut curve = vec![RocPoint { threshold: 1.0, false_positive_rate: 0.0, true_positive_rate: 0.0 }];
    let (mut hits, mut misses, mut since) = (0, 0, 0);
    for (row, &(threshold, label)) in pairs.iter().enumerate() {
        if label == 1.0 {
            hits += 1;
        } else {
            misses += 1;
        }
        since += 1;
        // Between equal probabilities no threshold can lie.
        let next = pairs.get(row + 1);
        if next.is_none_or(|(p, _)| *p != threshold && since >= step) {
            let false_positive_rate = count(misses) / count(negatives);
            curve.push(RocPoint { threshold, false_positive_rate, true_positive_rate: count(hits) / count(positives) });
            since = 0;
        }
    }
    Some(curve)
}

#[cfg(test)]
mod tests {
    use features::project::Task;

    use super::*;

    #[test]
    fn a_perfect_order_goes_up_before_it_goes_right() {
        let sample = Sample::new(Task::Classification, &[1.0, 1.0, 0.0, 0.0], &[0.9, 0.8, 0.2, 0.1]).unwrap();
        let curve: Vec<(f64, f64)> =
            roc(&sample, 100).unwrap().iter().map(|p| (p.false_positive_rate, p.true_positive_rate)).collect();
        assert_eq!(curve, [(0.0, 0.0), (0.0, 0.5), (0.0, 1.0), (0.5, 1.0), (1.0, 1.0)]);
    }

    #[test]
    fn equal_probabilities_are_passed_together() {
        let sample = Sample::new(Task::Classification, &[1.0, 0.0, 0.0], &[0.5; 3]).unwrap();
        assert_eq!(roc(&sample, 100).unwrap().len(), 2);
    }

    #[test]
    fn a_long_curve_is_thinned_and_still_ends_at_one() {
        let predictions: Vec<f64> = (0..1000).map(|i| f64::from(i) / 1000.0).collect();
        let labels: Vec<f64> = (0..1000).map(|i| f64::from(i % 3 == 0)).collect();
        let curve = roc(&Sample::new(Task::Classification, &labels, &predictions).unwrap(), 50).unwrap();
        assert!(curve.len() <= 50);
        assert_eq!(curve.last().map(|p| (p.false_positive_rate, p.true_positive_rate)), Some((1.0, 1.0)));
    }

    #[test]
    fn one_class_has_no_curve() {
        assert_eq!(roc(&Sample::new(Task::Classification, &[1.0], &[0.5]).unwrap(), 10), None);
    }
}
