use super::Sample;
use super::bootstrap::Statistic;
use super::groups::Groups;

/// The area under the ROC curve: the probability that a TRUE row was given more than a FALSE one, ties counting half.
/// Undefined where all labels are equal. O(n log n).
pub fn auc(sample: &Sample<'_>) -> Option<f64> {
    GroupAuc::new(sample, &Groups::one(sample.rows())).value(&[1])
}

/// Of resamples: rows are sorted once, and each resample is one pass over them with the groups' counts as weights.
pub(super) struct GroupAuc {
    /// By ascending prediction.
    ranked: Vec<Ranked>,
}

#[derive(Debug, Clone, Copy)]
struct Ranked {
    group: u32,
    positive: bool,
    /// The next row has a larger prediction.
    ends_tie: bool,
}

impl GroupAuc {
    pub(super) fn new(sample: &Sample<'_>, groups: &Groups) -> GroupAuc {
        let rows = sample.pairs().zip(groups.numbers());
        let mut rows: Vec<(f64, bool, u32)> = rows.map(|((label, p), group)| (p, label == 1.0, *group)).collect();
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.2.cmp(&b.2)));
        let next = rows.iter().skip(1).map(|row| Some(row.0)).chain([None]);
        // −0.0 and 0.0 are neighbours in the order and equal here.
        let ranked = rows.iter().zip(next).map(|(&(p, positive, group), next)| {
            let ends_tie = next.is_none_or(|next| p < next);
            Ranked { group, positive, ends_tie }
        });
        GroupAuc { ranked: ranked.collect() }
    }
}

impl Statistic for GroupAuc {
    /// Exact in integers until the last division.
    fn value(&self, counts: &[u32]) -> Option<f64> {
        let (mut positives, mut negatives) = (0_u64, 0_u64);
        let (mut tied_positives, mut tied_negatives) = (0_u64, 0_u64);
        let mut twice_the_area = 0_u128;
        for row in &self.ranked {
            let weight = u64::from(counts[row.group as usize]);
            let positive = weight * u64::from(row.positive);
            tied_positives += positive;
            tied_negatives += weight - positive;
            if row.ends_tie {
                twice_the_area += u128::from(tied_positives) * u128::from(2 * negatives + tied_negatives);
                positives += tied_positives;
                negatives += tied_negatives;
                (tied_positives, tied_negatives) = (0, 0);
            }
        }
        let twice_the_pairs = 2 * u128::from(positives) * u128::from(negatives);
        #[expect(clippy::cast_precision_loss, reason = "the quotient is rounded to a double in any case")]
        let area = twice_the_area as f64 / twice_the_pairs as f64;
        (twice_the_pairs != 0).then_some(area)
    }
}
