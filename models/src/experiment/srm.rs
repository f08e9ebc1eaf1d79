//! Sample-ratio mismatch: whether units arrived at the arms in the shares that were declared. If they did not, something
//! loses or misroutes them, and what is left can no longer be compared.

use statrs::distribution::{ChiSquared, ContinuousCDF};
use statrs::function::gamma::ln_gamma;

use super::moments::number;

/// Units that first appeared in a period of constant weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Intake {
    /// Share of each arm; they sum to 1.
    pub shares: Vec<f64>,
    pub units: Vec<u64>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RatioTest {
    pub observed: Vec<u64>,
    /// Summed over periods, each with its own weights.
    pub expected: Vec<f64>,
    pub chi_square: f64,
    pub degrees_of_freedom: u64,
    /// Of the chi-square test: right if one looks once.
    pub p_value: f64,
    /// Right however often one looks; health is judged by this one.
    pub always_valid_p_value: f64,
}

impl RatioTest {
    pub fn new(periods: &[Intake]) -> RatioTest {
        let arms = periods.iter().map(|period| period.shares.len()).max().unwrap_or(0);
        let mut observed = vec![0; arms];
        let mut expected = vec![0.0; arms];
        for period in periods {
            let arrived = number(period.units.iter().sum());
            for (arm, (units, share)) in period.units.iter().zip(&period.shares).enumerate() {
                observed[arm] += units;
                expected[arm] += arrived * share;
            }
        }
        let (chi_square, degrees) = chi_square(periods, &observed, &expected);
        let p_value = match ChiSquared::new(number(degrees)) {
            // No unit may go to an arm without a share.
            _ if chi_square.is_infinite() => 0.0,
            Ok(distribution) if chi_square > 0.0 => distribution.sf(chi_square),
            _ => 1.0,
        };
        let always_valid_p_value = always_valid(periods);
        RatioTest { observed, expected, chi_square, degrees_of_freedom: degrees, p_value, always_valid_p_value }
    }
}

/// (O − E)ᵀ Σ⁻ (O − E) with the covariance of counts that are sums of one multinomial a period: Pearson's statistic where
/// weights never changed.
fn chi_square(periods: &[Intake], observed: &[u64], expected: &[f64]) -> (f64, u64) {
    let open: Vec<usize> = (0..expected.len()).filter(|&arm| expected[arm] > 0.0).collect();
    if (0..expected.len()).any(|arm| expected[arm] <= 0.0 && 0 < observed[arm]) {
        return (f64::INFINITY, 1);
    }
    let Some((_, free)) = open.split_last().filter(|(_, free)| !free.is_empty()) else { return (0.0, 0) };
    let gap: Vec<f64> = free.iter().map(|&arm| number(observed[arm]) - expected[arm]).collect();
    let mut covariance = vec![vec![0.0; free.len()]; free.len()];
    for period in periods {
        let arrived = number(period.units.iter().sum());
        for (i, &a) in free.iter().enumerate() {
            for (j, &b) in free.iter().enumerate() {
                let own = if i == j { period.shares[a] } else { 0.0 };
                covariance[i][j] += arrived * (own - period.shares[a] * period.shares[b]);
            }
        }
    }
    let Some(solved) = solve(covariance, gap.clone()) else { return (0.0, 0) };
    let statistic = gap.iter().zip(solved).map(|(gap, solved)| gap * solved).sum::<f64>();
    (statistic.max(0.0), free.len() as u64)
}

/// Gauss, of a positive definite matrix; `None` if it is singular.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let size = right.len();
    for pivot in 0..size {
        if matrix[pivot][pivot] <= 0.0 {
            return None;
        }
        for row in pivot + 1..size {
            let factor = matrix[row][pivot] / matrix[pivot][pivot];
            let above = matrix[pivot].clone();
            matrix[row].iter_mut().zip(above).skip(pivot).for_each(|(below, above)| *below -= factor * above);
            right[row] -= factor * right[pivot];
        }
    }
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|column| matrix[row][column] * right[column]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    Some(right)
}

/// How firmly the alternatives' shares lie around the declared ones: gross errors are found early by the first, one in a
/// hundred by the last.
const CONCENTRATIONS: [f64; 3] = [10.0, 1_000.0, 100_000.0];

/// Lindon and Malek 2022 ("Anytime-valid inference for multinomial count data"): the Bayes factor of shares drawn from a
/// Dirichlet distribution around the declared ones, against the declared ones, is a martingale if those hold; a mean of
/// three is one too, and so is a product over periods. It exceeds 1/p with chance at most p, ever.
fn always_valid(periods: &[Intake]) -> f64 {
    let evidence = CONCENTRATIONS.map(|concentration| periods.iter().map(|p| log_bayes_factor(p, concentration)).sum());
    let most = evidence.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if most == f64::INFINITY {
        return 0.0;
    }
    let mean = evidence.iter().map(|log: &f64| (log - most).exp()).sum::<f64>() / number(evidence.len() as u64);
    (-(most + mean.ln())).exp().min(1.0)
}

fn log_bayes_factor(period: &Intake, concentration: f64) -> f64 {
    let arrived = number(period.units.iter().sum());
    let mut log = ln_gamma(concentration) - ln_gamma(concentration + arrived);
    for (&units, &share) in period.units.iter().zip(&period.shares) {
        if share <= 0.0 {
            if 0 < units {
                return f64::INFINITY;
            }
            continue;
        }
        let (units, prior) = (number(units), concentration * share);
        log += ln_gamma(prior + units) - ln_gamma(prior) - units * share.ln();
    }
    log
}
