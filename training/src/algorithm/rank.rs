//! Which columns of a matrix repeat what columns before them already say.

use ndarray::{Array2, ArrayView2};

use super::standardise::as_float;

/// A column that is a linear combination of independent columns before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependent {
    pub(crate) column: usize,
    /// The columns that it combines, ascending.
    pub(crate) of: Vec<usize>,
}

/// A column counts as dependent when the columns before it explain all but this share of its variance: a little
/// above what rounding leaves of an exact dependence in the correlation matrix.
const UNEXPLAINED: f64 = 1e-10;

/// Splits the columns of a standardised matrix (mean 0, standard deviation 1) into independent ones and the rest,
/// earlier columns first, as R's `lm` does: a Cholesky decomposition of the correlation matrix that skips columns
/// whose pivot vanishes.
pub(crate) fn dependent_columns(matrix: ArrayView2<'_, f64>) -> (Vec<usize>, Vec<Dependent>) {
    let gram = matrix.t().dot(&matrix);
    let rows = as_float(matrix.nrows().max(1));
    let mut independent: Vec<usize> = Vec::new();
    let mut dependent = Vec::new();
    // Row i of `factor`: the decomposition's row of independent[i].
    let mut factor: Vec<Vec<f64>> = Vec::new();
    for column in 0..matrix.ncols() {
        let row = factor_row(&gram, rows, column, &independent, &factor);
        let pivot = gram[[column, column]] / rows - row.iter().map(|x| x * x).sum::<f64>();
        if pivot > UNEXPLAINED {
            let mut row = row;
            row.push(pivot.sqrt());
            factor.push(row);
            independent.push(column);
        } else {
            dependent.push(Dependent { column, of: combination(&row, &independent, &factor) });
        }
    }
    (independent, dependent)
}

/// The decomposition's row of `column` against the independent columns so far.
fn factor_row(gram: &Array2<f64>, rows: f64, column: usize, independent: &[usize], factor: &[Vec<f64>]) -> Vec<f64> {
    let mut row: Vec<f64> = Vec::with_capacity(independent.len() + 1);
    for (i, &other) in independent.iter().enumerate() {
        let known: f64 = row.iter().zip(&factor[i]).map(|(a, b)| a * b).sum();
        row.push((gram[[column, other]] / rows - known) / factor[i][i]);
    }
    row
}

/// The columns that take part in the combination, from the weights of a regression on the independent columns.
fn combination(row: &[f64], independent: &[usize], factor: &[Vec<f64>]) -> Vec<usize> {
    let mut weights = row.to_vec();
    for i in (0..weights.len()).rev() {
        let known: f64 = (i + 1..weights.len()).map(|k| factor[k][i] * weights[k]).sum();
        weights[i] = (weights[i] - known) / factor[i][i];
    }
    independent.iter().zip(&weights).filter(|(_, w)| w.abs() > 1e-6).map(|(&column, _)| column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::standardise::Standardised;
    use crate::inputs::Inputs;

    #[track_caller]
    fn check(columns: Vec<Vec<f64>>, expected: &[Dependent]) {
        let rows: Vec<usize> = (0..columns[0].len()).collect();
        let standardised = Standardised::new(&Inputs::new(columns).unwrap(), &rows);
        let (independent, dependent) = dependent_columns(standardised.matrix.view());
        assert_eq!(dependent, expected);
        assert_eq!(independent.len() + dependent.len(), standardised.kept.len());
    }

    fn wave(frequency: f64) -> Vec<f64> {
        (0..200).map(|i| (f64::from(i) * frequency).sin()).collect()
    }

    fn mix(a: &[f64], b: &[f64], weight: f64) -> Vec<f64> {
        a.iter().zip(b).map(|(x, y)| x - weight * y).collect()
    }

    #[test]
    fn a_complement_depends_on_its_counterpart() {
        let half: Vec<f64> = (0..200).map(|i| f64::from(i % 2)).collect();
        let other = half.iter().map(|x| 1.0 - x).collect();
        check(vec![wave(0.1), half, other], &[Dependent { column: 2, of: vec![1] }]);
    }

    #[test]
    fn a_difference_depends_on_both_its_terms() {
        let (a, b, c) = (wave(0.1), wave(0.37), wave(0.9));
        let difference = mix(&a, &b, 3.0);
        check(vec![a, c, b, difference], &[Dependent { column: 3, of: vec![0, 2] }]);
    }

    #[test]
    fn strongly_correlated_columns_are_independent() {
        let a = wave(0.1);
        let nearly = mix(&a, &wave(0.37), 1e-4);
        check(vec![a, nearly], &[]);
    }

    #[test]
    fn more_columns_than_rows_leave_rank_many() {
        let columns = (1..=6).map(|k| (0..4).map(|i| (f64::from(i) * f64::from(k) * 0.7).sin()).collect()).collect();
        let rows: Vec<usize> = (0..4).collect();
        let standardised = Standardised::new(&Inputs::new(columns).unwrap(), &rows);
        let (independent, _) = dependent_columns(standardised.matrix.view());
        assert_eq!(independent.len(), 3);
    }
}
