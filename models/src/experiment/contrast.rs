//! The difference between two arms, and how sure it is: a difference of ratios (sum over predictions), linearised, with
//! the variance taken over units (the delta method; Deng et al. 2018, "Applying the Delta Method in Metric
//! Analytics", section 3), within periods of constant weights.

use super::moments::{Moments, number};

/// Challenger minus champion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrast {
    pub difference: f64,
    /// Of the difference.
    pub variance: f64,
    /// What the variance would be around other differences than the one seen.
    pub(super) spreads: [Spread; 2],
    /// Of both arms, in the periods that count.
    pub units: u64,
    /// Welch's, of the fixed-sample interval.
    pub degrees_of_freedom: f64,
    /// What of the covariate's difference was taken off.
    pub theta: f64,
}

/// If the true difference were `difference − e`, and what is in excess were divided between the arms by their sizes, the
/// variance would come to `constant + slope · e + curvature · e²`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Spread {
    pub(super) constant: f64,
    pub(super) slope: f64,
    pub(super) curvature: f64,
}

impl Spread {
    pub(super) fn at(self, e: f64) -> f64 {
        (self.constant + self.slope * e + self.curvature * e * e).max(0.0)
    }

    fn mix(self, share: f64, other: Spread) -> Spread {
        let mix = |ours: f64, theirs: f64| share * ours + (1.0 - share) * theirs;
        Spread {
            constant: mix(self.constant, other.constant),
            slope: mix(self.slope, other.slope),
            curvature: mix(self.curvature, other.curvature),
        }
    }
}

/// How the difference is to be formed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Form {
    /// The champion's figure is multiplied by this first: 1.1 asks whether the challenger is more than 10 % above.
    pub champion_scale: f64,
    /// Whether to take off what the covariate explains.
    pub adjusted: bool,
}

impl Form {
    pub const PLAIN: Form = Form { champion_scale: 1.0, adjusted: false };
    pub const ADJUSTED: Form = Form { champion_scale: 1.0, adjusted: true };
}

/// A cell's part in the difference.
struct Term {
    cell: usize,
    weight: f64,
    /// What takes the place of weight² where both arms are taken to have one variance.
    pooled: f64,
    /// Linear form of (sum, rows, covariate) whose mean over units is 0: the metric's residual, and the covariate's.
    residual: [f64; 3],
    covariate: [f64; 3],
    /// What of `e` the residual has for each prediction.
    share: f64,
    units: f64,
}

impl Contrast {
    /// Of two arms; `None` before each has two units in the same period.
    pub fn new(moments: &Moments, champion: usize, challenger: usize, form: Form) -> Option<Contrast> {
        let (terms, plain, by_covariate, units) = terms(moments, champion, challenger, form.champion_scale)?;
        let theta = if form.adjusted { theta(moments, &terms) } else { 0.0 };
        let residual = |term: &Term| std::array::from_fn(|i| term.residual[i] - theta * term.covariate[i]);
        let excess = |term: &Term| [0.0, term.share, 0.0];
        let spread = |own: fn(&Term) -> f64| Spread {
            constant: quadratic(moments, &terms, residual, residual, own),
            slope: 2.0 * quadratic(moments, &terms, residual, excess, own),
            curvature: quadratic(moments, &terms, excess, excess, own),
        };
        let (apart, together) = (spread(|term| term.weight.powi(2)), spread(|term| term.pooled));
        Some(Contrast {
            difference: plain - theta * by_covariate,
            variance: quadratic(moments, &terms, residual, residual, unbiased).max(0.0),
            spreads: [apart, apart.mix(1.0 / 3.0, together)],
            units,
            degrees_of_freedom: degrees_of_freedom(moments, &terms, residual),
            theta,
        })
    }

    /// Of one mean that should be `reference` (paired differences: 0).
    pub fn of_mean(moments: &Moments, reference: f64) -> Option<Contrast> {
        let cell = moments.at(0);
        if cell.units < 2 || cell.total.rows <= 0.0 {
            return None;
        }
        let mean = cell.total.sum / cell.total.rows;
        let scale = cell.total.rows.powi(2);
        let units = number(cell.units);
        let (residual, excess) = ([1.0, -mean, 0.0], [0.0, 1.0, 0.0]);
        let spread = Spread {
            constant: cell.products.bilinear(residual, residual) / scale,
            slope: 2.0 * cell.products.bilinear(residual, excess) / scale,
            curvature: cell.products.bilinear(excess, excess) / scale,
        };
        Some(Contrast {
            difference: mean - reference,
            variance: (spread.constant * units / (units - 1.0)).max(0.0),
            spreads: [spread; 2],
            units: cell.units,
            degrees_of_freedom: units - 1.0,
            theta: 0.0,
        })
    }

    pub fn standard_error(&self) -> f64 {
        self.variance.sqrt()
    }

    /// The variance if the true difference were `difference − e`.
    pub(super) fn variance_at(&self, e: f64) -> f64 {
        self.spreads.iter().map(|spread| spread.at(e)).fold(0.0, f64::max)
    }
}

type Terms = (Vec<Term>, f64, f64, u64);

/// The terms, the metric's difference, the covariate's, and the units behind them. A period weighs by how much it can
/// tell, n₀n₁ / (n₀ + n₁): unbiased whatever changed between periods, and the best weights where the effect did not
/// (Cochran 1954).
fn terms(moments: &Moments, champion: usize, challenger: usize, scale: f64) -> Option<Terms> {
    let mut periods = Vec::new();
    for period in 0..moments.periods() {
        let cells = [moments.cell(champion, period), moments.cell(challenger, period)];
        let rows = cells.map(|cell| moments.at(cell).total.rows);
        if cells.iter().all(|&cell| 2 <= moments.at(cell).units) && rows.iter().all(|&rows| rows > 0.0) {
            periods.push((cells, rows, rows[0] * rows[1] / (rows[0] + rows[1])));
        }
    }
    let all: f64 = periods.iter().map(|(_, _, weight)| weight).sum();
    if periods.is_empty() {
        return None;
    }
    let (mut terms, mut plain, mut by_covariate, mut units) = (Vec::new(), 0.0, 0.0, 0);
    for (cells, rows, weight) in periods {
        let weight = weight / all;
        for (side, sign) in [(0, -scale), (1, 1.0)] {
            let cell = moments.at(cells[side]);
            let mean = cell.total.sum / rows[side];
            let covariate = cell.total.covariate / rows[side];
            plain += sign * weight * mean;
            by_covariate += sign * weight * covariate;
            units += cell.units;
            terms.push(Term {
                cell: cells[side],
                weight: sign * weight / rows[side],
                pooled: weight * weight * (scale * scale * rows[1] + rows[0])
                    / ((rows[0] + rows[1]) * rows[0] * rows[1]),
                residual: [1.0, -mean, 0.0],
                covariate: [0.0, -covariate, 1.0],
                // The challenger's mean would be lower by the champion's share of e, the champion's higher by the rest.
                share: sign.signum() * rows[1 - side] / (rows[0] + rows[1]),
                units: number(cell.units),
            });
        }
    }
    Some((terms, plain, by_covariate, units))
}

/// The multiple of the covariate whose removal leaves the least variance (Deng et al. 2013, "Improving the Sensitivity of
/// Online Controlled Experiments by Utilizing Pre-Experiment Data").
fn theta(moments: &Moments, terms: &[Term]) -> f64 {
    let covariate = |term: &Term| term.covariate;
    let spread = quadratic(moments, terms, covariate, covariate, unbiased);
    let shared = quadratic(moments, terms, |term| term.residual, covariate, unbiased);
    if spread > 0.0 { shared / spread } else { 0.0 }
}

/// Of a cell's own squares: weight², with Bessel's correction.
fn unbiased(term: &Term) -> f64 {
    term.weight.powi(2) * term.units / (term.units - 1.0)
}

/// Σ over units of (Σ weight × left form)(Σ weight × right form), over the cells where a unit is; `own` in place of
/// weight² for products of a cell with itself.
fn quadratic(
    moments: &Moments,
    terms: &[Term],
    left: impl Fn(&Term) -> [f64; 3],
    right: impl Fn(&Term) -> [f64; 3],
    own: impl Fn(&Term) -> f64,
) -> f64 {
    let mut sum = 0.0;
    for (i, a) in terms.iter().enumerate() {
        sum += own(a) * moments.at(a.cell).products.bilinear(left(a), right(a));
        for b in &terms[i + 1..] {
            if let Some((products, swapped)) = moments.between(a.cell, b.cell) {
                let (low, high) = if swapped { (b, a) } else { (a, b) };
                let both = products.bilinear(left(low), right(high)) + products.bilinear(right(low), left(high));
                sum += a.weight * b.weight * both;
            }
        }
    }
    sum
}

/// Welch 1947 and Satterthwaite 1946, over cells.
fn degrees_of_freedom(moments: &Moments, terms: &[Term], residual: impl Fn(&Term) -> [f64; 3]) -> f64 {
    let (mut variance, mut squares) = (0.0, 0.0);
    for term in terms {
        let form = residual(term);
        let own =
            term.weight.powi(2) * term.units / (term.units - 1.0) * moments.at(term.cell).products.bilinear(form, form);
        variance += own;
        squares += own * own / (term.units - 1.0);
    }
    if squares > 0.0 { variance * variance / squares } else { terms.iter().map(|term| term.units - 1.0).sum() }
}
