use super::sample::DrawnRow;
use crate::evaluation::Histogram;

/// How differently the two spread their scores, whatever the outcomes.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ScoreShift {
    /// Requests that this is told of, drawn at random.
    pub rows: u64,
    /// Population stability index over tenths of the champion's scores: below 0.1 alike, above 0.25 far apart.
    pub psi: f64,
    /// Kolmogorov and Smirnov: the largest gap between the two cumulative distributions.
    pub ks: f64,
    pub champion: Histogram,
    pub challenger: Histogram,
}

const HISTOGRAM_BINS: usize = 20;

impl ScoreShift {
    pub(super) fn new(rows: &[DrawnRow]) -> Option<ScoreShift> {
        let sorted = |of: fn(&DrawnRow) -> f64| {
            let mut scores: Vec<f64> = rows.iter().map(of).collect();
            scores.sort_unstable_by(f64::total_cmp);
            scores
        };
        let (champion, challenger) = (sorted(|row| row.champion), sorted(|row| row.challenger));
        let low = champion.first()?.min(*challenger.first()?);
        let high = champion.last()?.max(*challenger.last()?);
        let histogram = |scores: &[f64]| Histogram::new(low, high, HISTOGRAM_BINS, scores.iter().copied());
        Some(ScoreShift {
            rows: rows.len() as u64,
            psi: psi(&champion, &challenger),
            ks: ks(&champion, &challenger),
            champion: histogram(&champion),
            challenger: histogram(&challenger),
        })
    }
}

fn share(count: usize, of: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are below 2^53")]
    let share = count as f64 / of as f64;
    share
}

/// Σ (q − p) ln(q / p) over tenths of the first. An empty bin counts as half a row.
pub(super) fn psi(first: &[f64], second: &[f64]) -> f64 {
    const TENTHS: usize = 10;
    let mut edges: Vec<f64> = (1..TENTHS).map(|tenth| first[tenth * first.len() / TENTHS]).collect();
    edges.dedup();
    let shares = |values: &[f64]| {
        let mut bounds: Vec<usize> = vec![0];
        bounds.extend(edges.iter().map(|edge| values.partition_point(|value| value < edge)));
        bounds.push(values.len());
        let floor = 0.5 * share(1, values.len());
        bounds.windows(2).map(|pair| share(pair[1] - pair[0], values.len()).max(floor)).collect::<Vec<_>>()
    };
    let both = shares(first).into_iter().zip(shares(second));
    both.map(|(p, q)| (q - p) * (q / p).ln()).sum()
}

/// Both sorted.
pub(super) fn ks(first: &[f64], second: &[f64]) -> f64 {
    let gap = |at: f64| {
        let below = |values: &[f64]| share(values.partition_point(|value| *value <= at), values.len());
        (below(first) - below(second)).abs()
    };
    first.iter().chain(second).map(|at| gap(*at)).fold(0.0, f64::max)
}
