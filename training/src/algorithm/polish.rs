//! Carries a logistic regression from near its optimum to the optimum, by Newton's method.
//!
//! linfa's L-BFGS adds up costs over all rows; near the optimum its line search can no longer tell them apart, and where
//! features are nearly collinear it stops with coefficients that are good for two digits only. Newton's method needs
//! three or four more passes, ends at the same point wherever it began, and its gradient proves that it is the optimum.

use linfa_linalg::cholesky::SolveC;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, Slice};
use rayon::prelude::*;

use super::standardise::as_float;

/// Where the method ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Polished {
    /// One weight per column, then the intercept.
    pub(crate) parameters: Array1<f64>,
    /// The largest component of the mean gradient at `parameters`.
    pub(crate) gradient: f64,
    pub(crate) steps: u32,
}

/// Mean gradient below which the parameters are the optimum, for every purpose of a double.
pub(crate) const OPTIMUM: f64 = 1e-9;

const MAX_STEPS: u32 = 30;
/// Rows of one block: sums are taken block by block, in order, so that the number of threads changes no bit.
const BLOCK: usize = 8192;

/// Minimises Σ vᵢ log(1 + exp(∓zᵢ)) + ½·l2·‖w‖² from `start`, with z = x·w + intercept; the intercept is not penalised.
/// `labels` are 0 or 1, or between where a row stands for both; v are 1 without `row_weights`. Ends where it cannot step on, which [`Polished::gradient`] tells from the optimum.
pub(crate) fn polish(
    matrix: ArrayView2<'_, f64>,
    labels: ArrayView1<'_, f64>,
    row_weights: Option<ArrayView1<'_, f64>>,
    l2: f64,
    start: Array1<f64>,
) -> Polished {
    let rows = as_float(labels.len().max(1));
    let mut parameters = start;
    let weights = row_weights.as_ref().map(|weights| weights.view());
    let rows_of = Rows { matrix: matrix.view(), labels: labels.view(), weights };
    let mut here = Objective::at(&rows_of, l2, &parameters);
    let mut steps = 0;
    while steps < MAX_STEPS && here.gradient_size() / rows > OPTIMUM {
        let Some(direction) = here.newton_direction() else { break };
        let Some((next, there)) = descend(&here, &parameters, &direction, |p| Objective::at(&rows_of, l2, p)) else {
            break;
        };
        parameters = next;
        here = there;
        steps += 1;
    }
    Polished { gradient: here.gradient_size() / rows, parameters, steps }
}

/// The longest of the steps 1, ½, ¼ … that does not raise the cost.
fn descend(
    here: &Objective,
    from: &Array1<f64>,
    direction: &Array1<f64>,
    at: impl Fn(&Array1<f64>) -> Objective,
) -> Option<(Array1<f64>, Objective)> {
    let rounding = 1e-12 * here.cost.abs();
    (0..20).find_map(|halvings| {
        let next = from - &(direction * 0.5_f64.powi(halvings));
        let there = at(&next);
        (there.cost <= here.cost + rounding).then_some((next, there))
    })
}

/// What the sums go over.
struct Rows<'a> {
    matrix: ArrayView2<'a, f64>,
    labels: ArrayView1<'a, f64>,
    weights: Option<ArrayView1<'a, f64>>,
}

impl Rows<'_> {
    fn slice(&self, part: Slice) -> Rows<'_> {
        Rows {
            matrix: self.matrix.slice_axis(Axis(0), part),
            labels: self.labels.slice_axis(Axis(0), part),
            weights: self.weights.as_ref().map(|weights| weights.slice_axis(Axis(0), part)),
        }
    }
}

/// Cost, gradient and Hessian at one point, summed over rows.
struct Objective {
    cost: f64,
    gradient: Array1<f64>,
    hessian: Array2<f64>,
}

impl Objective {
    fn at(all: &Rows<'_>, l2: f64, parameters: &Array1<f64>) -> Objective {
        let (rows, columns) = all.matrix.dim();
        let weights = weights_of(parameters, columns);
        let blocks: Vec<Objective> = (0..rows.div_ceil(BLOCK))
            .into_par_iter()
            .map(|block| {
                let part = Slice::from(block * BLOCK..((block + 1) * BLOCK).min(rows));
                Objective::of_block(&all.slice(part), parameters)
            })
            .collect();
        let mut total = Objective {
            cost: 0.5 * l2 * weights.dot(&weights),
            gradient: Array1::zeros(columns + 1),
            hessian: Array2::zeros((columns + 1, columns + 1)),
        };
        for (column, &weight) in weights.iter().enumerate() {
            total.gradient[column] = l2 * weight;
            total.hessian[[column, column]] = l2;
        }
        for block in blocks {
            total.cost += block.cost;
            total.gradient += &block.gradient;
            total.hessian += &block.hessian;
        }
        total
    }

    fn of_block(rows: &Rows<'_>, parameters: &Array1<f64>) -> Objective {
        let Rows { matrix, labels, weights } = rows;
        let columns = matrix.ncols();
        let margins = matrix.dot(&weights_of(parameters, columns)) + parameters[columns];
        let probabilities = margins.mapv(logistic);
        let mut residuals = &probabilities - labels;
        if let Some(weights) = weights {
            residuals *= weights;
        }
        let mut gradient = matrix.t().dot(&residuals).to_vec();
        gradient.push(residuals.sum());

        let mut roots = probabilities.mapv(|p| (p * (1.0 - p)).sqrt());
        if let Some(weights) = weights {
            roots *= &weights.mapv(f64::sqrt);
        }
        let mut scaled = Array2::zeros((columns + 1, matrix.nrows()));
        for (mut row, column) in scaled.rows_mut().into_iter().zip(matrix.columns()) {
            row.assign(&(&column * &roots));
        }
        scaled.row_mut(columns).assign(&roots);
        let hessian = scaled.dot(&scaled.t());
        let costs = margins.iter().zip(labels).map(|(&z, &y)| softplus(z) - y * z);
        let cost = match weights {
            Some(weights) => costs.zip(weights).map(|(cost, weight)| cost * weight).sum(),
            None => costs.sum(),
        };
        Objective { cost, gradient: Array1::from(gradient), hessian }
    }

    fn gradient_size(&self) -> f64 {
        self.gradient.iter().fold(0.0, |largest, g| g.abs().max(largest))
    }

    /// Hessian⁻¹ · gradient; `None` where the Hessian is singular.
    fn newton_direction(&self) -> Option<Array1<f64>> {
        let gradient = self.gradient.view().insert_axis(Axis(1));
        let direction = self.hessian.clone().solvec(&gradient).ok()?.remove_axis(Axis(1));
        direction.iter().all(|d| d.is_finite()).then_some(direction)
    }
}

/// All parameters but the intercept.
fn weights_of(parameters: &Array1<f64>, columns: usize) -> ArrayView1<'_, f64> {
    parameters.slice_axis(Axis(0), Slice::from(..columns))
}

fn logistic(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// log(1 + exp(z)) without overflow.
fn softplus(z: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem() -> (Array2<f64>, Array1<f64>) {
        let x = Array2::from_shape_fn((400, 2), |(i, j)| ((i * (j + 3)) as f64 * 0.7).sin());
        let y = Array1::from_shape_fn(400, |i| f64::from(u8::from(x[[i, 0]] + (i as f64 * 1.3).cos() > 0.1)));
        (x, y)
    }

    #[test]
    fn the_end_does_not_depend_on_the_beginning() {
        let (x, y) = problem();
        let ends = [Array1::zeros(3), Array1::from(vec![1.0, -1.0, 0.5])].map(|start| {
            let polished = polish(x.view(), y.view(), None, 1.0, start);
            assert!(polished.gradient <= OPTIMUM && polished.steps < 10, "{polished:?}");
            polished.parameters
        });
        assert!(ends[0].iter().zip(&ends[1]).all(|(a, b)| (a - b).abs() < 1e-8), "{ends:?}");
    }

    #[test]
    fn a_start_far_away_is_brought_home() {
        let (x, y) = problem();
        let polished = polish(x.view(), y.view(), None, 1.0, Array1::from(vec![50.0, -80.0, 30.0]));
        assert!(polished.gradient <= OPTIMUM, "{polished:?}");
    }

    #[test]
    fn a_weight_counts_as_so_many_rows() {
        let (x, y) = problem();
        let weights = Array1::from_shape_fn(400, |i| (i % 3) as f64);
        let repeated: Vec<usize> = (0..400).flat_map(|i| std::iter::repeat_n(i, i % 3)).collect();
        let (many_x, many_y) = (x.select(Axis(0), &repeated), y.select(Axis(0), &repeated));
        let weighted = polish(x.view(), y.view(), Some(weights.view()), 1.0, Array1::zeros(3)).parameters;
        let repeated = polish(many_x.view(), many_y.view(), None, 1.0, Array1::zeros(3)).parameters;
        assert!(weighted.iter().zip(&repeated).all(|(a, b)| (a - b).abs() < 1e-8), "{weighted} {repeated}");
    }

    #[test]
    fn a_singular_hessian_ends_it_without_an_optimum() {
        let x = Array2::from_shape_fn((10, 2), |(i, _)| i as f64);
        let y = Array1::from_shape_fn(10, |i| f64::from(u8::from(i % 3 == 0)));
        let polished = polish(x.view(), y.view(), None, 0.0, Array1::from(vec![0.3, -0.2, 0.0]));
        assert!(polished.parameters.iter().all(|p| p.is_finite()));
    }
}
