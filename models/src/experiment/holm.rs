//! Several questions asked at once.

/// Holm 1979: p-values such that the chance of any false finding among them all is kept. `None` stays so.
pub(super) fn holm(p_values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> =
        p_values.iter().enumerate().filter_map(|(place, p)| Some((place, (*p)?))).collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let (mut adjusted, mut least) = (vec![None; p_values.len()], 0.0_f64);
    let mut left = order.len();
    for (place, p) in order {
        #[expect(clippy::cast_precision_loss, reason = "a handful of questions")]
        let factor = left as f64;
        least = least.max((p * factor).min(1.0));
        adjusted[place] = Some(least);
        left -= 1;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// statsmodels 0.15.0: multipletests([0.01, 0.04, 0.03, 0.005], method="holm").
    #[test]
    fn agrees_with_statsmodels() {
        let adjusted = holm(&[Some(0.01), None, Some(0.04), Some(0.03), Some(0.005)]);
        let expected = [Some(0.03), None, Some(0.06), Some(0.06), Some(0.02)];
        for (got, expected) in adjusted.iter().zip(expected) {
            match (got, expected) {
                (Some(got), Some(expected)) => assert!((got - expected).abs() < 1e-12, "{got} is not {expected}"),
                (got, expected) => assert_eq!(*got, expected),
            }
        }
    }

    #[test]
    fn never_above_one() {
        assert_eq!(holm(&[Some(0.9), Some(0.8)]), [Some(1.0), Some(1.0)]);
        assert!(holm(&[]).is_empty());
    }
}
