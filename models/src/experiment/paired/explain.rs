use super::sample::DrawnRow;

/// A feature by which requests can be parted into those where the two agree and those where they do not.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Explanation {
    pub feature: String,
    /// Share of the variance of |difference| that one split by the feature takes away.
    pub explains: f64,
    /// The split: below it, and from it on; absent where rows without the feature are the one side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    pub rows_below: u64,
    /// Mean |difference|.
    pub below: f64,
    pub rows_above: u64,
    pub above: f64,
}

/// The most telling first; what explains less than a thousandth is left out.
pub(super) fn explain(names: &[String], rows: &[DrawnRow]) -> Vec<Explanation> {
    let gaps: Vec<f64> = rows.iter().map(|row| (row.challenger - row.champion).abs()).collect();
    let all = Part::of(gaps.iter());
    let spread = gaps.iter().map(|gap| (gap - all.mean()).powi(2)).sum::<f64>();
    if spread <= 0.0 {
        return Vec::new();
    }
    let mut found: Vec<Explanation> = names
        .iter()
        .enumerate()
        .filter_map(|(feature, name)| {
            let mut pairs: Vec<(f64, f64)> =
                rows.iter().zip(&gaps).filter_map(|(row, gap)| Some((*row.features.get(feature)?, *gap))).collect();
            // NaN, of either sign, to the end.
            pairs.sort_unstable_by(|a, b| a.0.is_nan().cmp(&b.0.is_nan()).then(a.0.total_cmp(&b.0)));
            let (place, gain) = best_split(&pairs, all)?;
            let (left, right) = pairs.split_at(place);
            let (below, above) =
                (Part::of(left.iter().map(|(_, gap)| gap)), Part::of(right.iter().map(|(_, gap)| gap)));
            Some(Explanation {
                feature: name.clone(),
                explains: gain / spread,
                threshold: Some(right.first()?.0).filter(|x| !x.is_nan()),
                rows_below: left.len() as u64,
                below: below.mean(),
                rows_above: right.len() as u64,
                above: above.mean(),
            })
        })
        .filter(|explanation| 0.001 <= explanation.explains)
        .collect();
    found.sort_by(|a, b| b.explains.total_cmp(&a.explains));
    found
}

#[derive(Debug, Clone, Copy, Default)]
struct Part {
    rows: f64,
    sum: f64,
}

impl Part {
    fn of<'a>(gaps: impl Iterator<Item = &'a f64>) -> Part {
        gaps.fold(Part::default(), |part, gap| Part { rows: part.rows + 1.0, sum: part.sum + gap })
    }

    fn mean(self) -> f64 {
        if self.rows > 0.0 { self.sum / self.rows } else { 0.0 }
    }

    /// Σ² / n, larger the more the parts differ.
    fn weight(self) -> f64 {
        self.sum * self.mean()
    }
}

/// Where to cut, between different values, and the variance (a sum of squares) that it takes away.
fn best_split(pairs: &[(f64, f64)], all: Part) -> Option<(usize, f64)> {
    let (mut left, mut best) = (Part::default(), None);
    for (place, pair) in pairs.windows(2).enumerate() {
        left = Part { rows: left.rows + 1.0, sum: left.sum + pair[0].1 };
        let differ = pair[0].0 != pair[1].0 && !(pair[0].0.is_nan() && pair[1].0.is_nan());
        if !differ {
            continue;
        }
        let right = Part { rows: all.rows - left.rows, sum: all.sum - left.sum };
        let gain = left.weight() + right.weight() - all.weight();
        if best.is_none_or(|(_, most)| most < gain) {
            best = Some((place + 1, gain));
        }
    }
    best
}
