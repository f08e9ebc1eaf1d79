use super::sample::count;

/// How many values lie in each of some bins of equal width.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Histogram {
    pub low: f64,
    pub high: f64,
    pub counts: Vec<u64>,
}

impl Histogram {
    /// Values outside [low, high] count in the bin at their end; NaN is left out.
    pub fn new(low: f64, high: f64, bins: usize, values: impl IntoIterator<Item = f64>) -> Histogram {
        let mut counts = vec![0; bins.max(1)];
        let last = counts.len() - 1;
        let width = (high - low) / count(counts.len());
        for value in values {
            if value.is_nan() {
                continue;
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 0, and saturates")]
            let bin = if width > 0.0 { ((value - low) / width).max(0.0) as usize } else { 0 };
            counts[bin.min(last)] += 1;
        }
        Histogram { low, high, counts }
    }

    /// Where bin `i` begins and ends.
    pub fn edges(&self, i: usize) -> (f64, f64) {
        let width = (self.high - self.low) / count(self.counts.len());
        (self.low + width * count(i), self.low + width * count(i + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_beyond_the_ends_are_counted_there() {
        let histogram = Histogram::new(0.0, 1.0, 4, [-3.0, 0.0, 0.3, 0.99, 1.0, 7.0, f64::NAN]);
        assert_eq!(histogram.counts, [2, 1, 0, 3]);
        assert_eq!(histogram.edges(1), (0.25, 0.5));
    }

    #[test]
    fn values_that_are_all_equal_fill_one_bin() {
        assert_eq!(Histogram::new(2.0, 2.0, 3, [2.0, 2.0]).counts, [2, 0, 0]);
    }
}
