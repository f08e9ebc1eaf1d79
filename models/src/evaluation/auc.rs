use super::Sample;
use super::bootstrap::{LANES, Lanes, Statistic};
use super::groups::Groups;

/// The area under the ROC curve: the probability that a TRUE row was given more than a FALSE one, ties counting half.
/// Undefined where all labels are equal. O(n log n).
pub fn auc(sample: &Sample<'_>) -> Option<f64> {
    GroupAuc::new(sample, &Groups::one(sample.rows())).plain()
}

/// Of resamples: rows are sorted once, and each batch of resamples is one pass over them with the groups' counts as
/// weights.
pub(super) struct GroupAuc {
    /// By ascending prediction.
    ranked: Vec<Ranked>,
}

#[derive(Debug, Clone, Copy)]
struct Ranked {
    /// 1 for TRUE, 0 for FALSE.
    label: f64,
    group: u32,
    /// The next row has a larger prediction.
    ends_tie: bool,
}

impl GroupAuc {
    pub(super) fn new(sample: &Sample<'_>, groups: &Groups) -> GroupAuc {
        let rows = sample.pairs().zip(groups.numbers());
        let mut rows: Vec<(f64, f64, u32)> = rows.map(|((label, p), group)| (p, label, *group)).collect();
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.2.cmp(&b.2)));
        let next = rows.iter().skip(1).map(|row| Some(row.0)).chain([None]);
        // −0.0 and 0.0 are neighbours in the order and equal here.
        let ranked = rows.iter().zip(next).map(|(&(p, label, group), next)| {
            let ends_tie = next.is_none_or(|next| p < next);
            Ranked { label, group, ends_tie }
        });
        GroupAuc { ranked: ranked.collect() }
    }
}

impl Statistic for GroupAuc {
    /// Whole numbers throughout, and so exact up to 2⁵³ pairs of rows; no branch depends on a label.
    fn values(&self, counts: &[Lanes]) -> Lanes {
        let (mut positives, mut negatives, mut twice_the_area) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        let (mut tied_positives, mut tied_negatives) = ([0.0; LANES], [0.0; LANES]);
        for row in &self.ranked {
            let count = &counts[row.group as usize];
            for lane in 0..LANES {
                let positive = count[lane] * row.label;
                tied_positives[lane] += positive;
                tied_negatives[lane] += count[lane] - positive;
            }
            if row.ends_tie {
                for lane in 0..LANES {
                    let below = 2.0 * negatives[lane] + tied_negatives[lane];
                    twice_the_area[lane] += tied_positives[lane] * below;
                    positives[lane] += tied_positives[lane];
                    negatives[lane] += tied_negatives[lane];
                }
                (tied_positives, tied_negatives) = ([0.0; LANES], [0.0; LANES]);
            }
        }
        // No pairs: 0 / 0.
        std::array::from_fn(|lane| twice_the_area[lane] / (2.0 * positives[lane] * negatives[lane]))
    }
}
