//! What is learned of each input before any fit: what stands in for NULL, and the location and scale that make inputs
//! comparable. Learned on the training part only.

use ndarray::{Array2, ShapeBuilder};

use crate::inputs::Inputs;

/// One input's distribution over the rows it was learned from, after imputation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moments {
    /// Takes the place of NULL: the mean of the values that are not; 0 where there are none.
    pub(crate) imputation: f64,
    pub(crate) mean: f64,
    pub(crate) spread: Spread,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Spread {
    /// The population standard deviation (divisor n, as scikit-learn's `StandardScaler`).
    Varies { sd: f64 },
    /// One value in every row.
    Constant,
    /// NULL in every row.
    Missing,
}

/// The inputs that vary, imputed and standardised, ready to be fitted.
#[derive(Debug, Clone)]
pub(crate) struct Standardised {
    /// Of every input, in the model's order.
    pub(crate) moments: Vec<Moments>,
    /// The inputs that vary, ascending: the columns of `matrix`.
    pub(crate) kept: Vec<usize>,
    /// Rows × kept inputs, mean 0 and standard deviation 1. Columns are contiguous: the gradient's `xᵀr` then runs
    /// along memory, which makes linfa's logistic regression twice as fast.
    pub(crate) matrix: Array2<f64>,
}

impl Standardised {
    pub(crate) fn new(inputs: &Inputs, rows: &[usize]) -> Standardised {
        let moments: Vec<Moments> = inputs.columns().iter().map(|column| Moments::of(column, rows)).collect();
        let kept: Vec<usize> =
            (0..moments.len()).filter(|&i| matches!(moments[i].spread, Spread::Varies { .. })).collect();
        let mut matrix = Array2::zeros((rows.len(), kept.len()).f());
        for (mut target, &input) in matrix.columns_mut().into_iter().zip(&kept) {
            let moments = moments[input];
            let sd = moments.scale();
            let column = &inputs.columns()[input];
            for (place, &row) in target.iter_mut().zip(rows) {
                let x = column[row];
                *place = (if x.is_nan() { moments.imputation } else { x } - moments.mean) / sd;
            }
        }
        Standardised { moments, kept, matrix }
    }

    /// Coefficients of the standardised columns `columns` (indices into `kept`) in the inputs' own units, 0 for every
    /// other input, and the intercept that goes with them.
    pub(crate) fn restore(&self, columns: &[usize], weights: &[f64], intercept: f64) -> (f64, Vec<f64>) {
        let mut coefficients = vec![0.0; self.moments.len()];
        let mut intercept = intercept;
        for (&column, &weight) in columns.iter().zip(weights) {
            let input = self.kept[column];
            let moments = self.moments[input];
            let coefficient = weight / moments.scale();
            coefficients[input] = coefficient;
            intercept -= coefficient * moments.mean;
        }
        (intercept, coefficients)
    }
}

impl Moments {
    pub(crate) fn of(column: &[f64], rows: &[usize]) -> Moments {
        let present = || rows.iter().map(|&row| column[row]).filter(|x| !x.is_nan());
        let count = present().count();
        if count == 0 {
            return Moments { imputation: 0.0, mean: 0.0, spread: Spread::Missing };
        }
        let (low, high) = present().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
        if low.to_bits() == high.to_bits() || low == high {
            return Moments { imputation: low, mean: low, spread: Spread::Constant };
        }
        // Shifted by the first value, so that a large common offset costs no digits; scaled against overflow.
        let shift = present().next().unwrap_or(0.0);
        let mean = shift + present().map(|x| (x - shift) / as_float(count)).sum::<f64>();
        let squares: f64 = present().map(|x| (x - mean) * (x - mean)).sum();
        // Imputed rows stand at the mean: they add nothing to the sum of squares, but count as rows.
        let sd = (squares / as_float(rows.len())).sqrt();
        // A spread that is only rounding would be blown up to 1.
        let noise = 1e-13 * low.abs().max(high.abs());
        let spread = if sd.is_finite() && sd > noise { Spread::Varies { sd } } else { Spread::Constant };
        Moments { imputation: mean, mean, spread }
    }

    fn scale(self) -> f64 {
        match self.spread {
            Spread::Varies { sd } => sd,
            Spread::Constant | Spread::Missing => 1.0,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
pub(crate) fn as_float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(columns: &[&[f64]]) -> Inputs {
        Inputs::new(columns.iter().map(|c| c.to_vec()).collect()).unwrap()
    }

    #[test]
    fn nulls_take_the_mean_of_the_training_rows() {
        let table = inputs(&[&[1.0, f64::NAN, 3.0, 100.0]]);
        let standardised = Standardised::new(&table, &[0, 1, 2]);
        assert_eq!(standardised.moments[0].imputation, 2.0);
        assert_eq!(standardised.matrix[[1, 0]], 0.0);
    }

    #[test]
    fn columns_come_out_with_mean_zero_and_population_sd_one() {
        let table = inputs(&[&[1.0, 2.0, 3.0, 6.0]]);
        let matrix = Standardised::new(&table, &[0, 1, 2, 3]).matrix;
        let mean = matrix.column(0).sum() / 4.0;
        let variance = matrix.column(0).mapv(|x| x * x).sum() / 4.0;
        assert!(mean.abs() < 1e-15 && (variance - 1.0).abs() < 1e-15, "{mean} {variance}");
    }

    #[test]
    fn constant_and_missing_inputs_are_left_out() {
        let nan = f64::NAN;
        let table = inputs(&[&[0.1, 0.1, 0.1], &[nan, nan, nan], &[1.0, 2.0, 3.0], &[5.0, nan, 5.0]]);
        let standardised = Standardised::new(&table, &[0, 1, 2]);
        assert_eq!(standardised.kept, [2]);
        assert_eq!(standardised.moments[0].spread, Spread::Constant);
        assert_eq!(standardised.moments[1], Moments { imputation: 0.0, mean: 0.0, spread: Spread::Missing });
        assert_eq!(standardised.moments[3].imputation, 5.0);
    }

    #[test]
    fn a_large_offset_costs_no_digits() {
        let column: Vec<f64> = (0..1000).map(|i| 1.7e12 + f64::from(i % 2)).collect();
        let rows: Vec<usize> = (0..1000).collect();
        let moments = Moments::of(&column, &rows);
        assert_eq!(moments.mean, 1.7e12 + 0.5);
        assert_eq!(moments.spread, Spread::Varies { sd: 0.5 });
    }

    #[test]
    fn coefficients_return_to_the_inputs_units() {
        let table = inputs(&[&[10.0, 20.0, 30.0], &[7.0, 7.0, 7.0]]);
        let standardised = Standardised::new(&table, &[0, 1, 2]);
        let (intercept, coefficients) = standardised.restore(&[0], &[2.0], 1.0);
        let sd = (200.0_f64 / 3.0).sqrt();
        assert_eq!(coefficients, [2.0 / sd, 0.0]);
        assert!((intercept - (1.0 - 2.0 / sd * 20.0)).abs() < 1e-12);
    }
}
