//! The matrix of model inputs: a column per feature, NaN where a value is NULL.

/// Columns of equal length, in the order in which the model takes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Inputs {
    columns: Vec<Vec<f64>>,
    rows: usize,
}

impl Inputs {
    /// `None` if there is no column, or columns differ in length.
    pub fn new(columns: Vec<Vec<f64>>) -> Option<Inputs> {
        let rows = columns.first()?.len();
        columns.iter().all(|c| c.len() == rows).then_some(Inputs { columns, rows })
    }

    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// The given rows one after the other, as predictors take them.
    pub fn row_major(&self, rows: &[usize]) -> Vec<f64> {
        let mut out = Vec::with_capacity(rows.len() * self.width());
        for &row in rows {
            out.extend(self.columns.iter().map(|column| column[row]));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::Inputs;

    #[test]
    fn rows_come_out_whole_and_in_the_order_asked_for() {
        let inputs = Inputs::new(vec![vec![1.0, 2.0, 3.0], vec![10.0, 20.0, 30.0]]).unwrap();
        assert_eq!(inputs.row_major(&[2, 0]), [3.0, 30.0, 1.0, 10.0]);
    }

    #[test]
    fn ragged_columns_are_refused() {
        assert_eq!(Inputs::new(vec![vec![1.0], vec![]]), None);
        assert_eq!(Inputs::new(vec![]), None);
    }
}
