//! What is kept of units: for each cell (an arm in a period) the sums, and the sums of products that the variance of any
//! difference between cells is made of. Its size does not depend on how many units there are.

use std::collections::BTreeMap;

/// Of one unit in one cell: the metric's sum, over how many predictions, and the covariate's sum.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct UnitSums {
    pub sum: f64,
    pub rows: f64,
    pub covariate: f64,
}

impl UnitSums {
    pub fn add(&mut self, value: f64, covariate: f64) {
        self.sum += value;
        self.rows += 1.0;
        self.covariate += covariate;
    }
}

/// Σ over units of products of the sums in one cell (left) with the sums in another (right).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Products {
    /// left × right, each of: sum, rows, covariate.
    table: [[f64; 3]; 3],
}

impl Products {
    fn apply(&mut self, left: UnitSums, right: UnitSums, sign: f64) {
        let left = [left.sum, left.rows, left.covariate];
        let right = [right.sum, right.rows, right.covariate];
        for (row, l) in self.table.iter_mut().zip(left) {
            for (cell, r) in row.iter_mut().zip(right) {
                *cell += sign * l * r;
            }
        }
    }

    /// Σ (left · sums)(right · sums), for two linear forms of (sum, rows, covariate).
    pub(super) fn bilinear(&self, left: [f64; 3], right: [f64; 3]) -> f64 {
        let rows = self.table.iter().zip(left);
        rows.map(|(row, l)| l * row.iter().zip(right).map(|(cell, r)| cell * r).sum::<f64>()).sum()
    }
}

/// One arm in one period.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Cell {
    pub(super) units: u64,
    pub(super) total: UnitSums,
    pub(super) products: Products,
}

/// A metric of all arms in all periods.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    arms: usize,
    cells: Vec<Cell>,
    /// Of units that are in two cells, because weights changed while they were there; left below right.
    across: BTreeMap<(usize, usize), Products>,
}

impl Moments {
    pub fn new(arms: usize, periods: usize) -> Moments {
        Moments { arms, cells: vec![Cell::default(); arms * periods], across: BTreeMap::new() }
    }

    pub fn cell(&self, arm: usize, period: usize) -> usize {
        period * self.arms + arm
    }

    pub fn periods(&self) -> usize {
        self.cells.len() / self.arms.max(1)
    }

    /// A unit that is complete: its sums in each cell where it is, each cell at most once.
    pub fn add(&mut self, unit: &[(usize, UnitSums)]) {
        self.apply(unit, 1.0);
        for (cell, _) in unit {
            self.cells[*cell].units += 1;
        }
    }

    /// Takes back what [`Moments::add`] did, for a unit that goes on.
    pub fn remove(&mut self, unit: &[(usize, UnitSums)]) {
        self.apply(unit, -1.0);
        for (cell, _) in unit {
            self.cells[*cell].units -= 1;
        }
    }

    fn apply(&mut self, unit: &[(usize, UnitSums)], sign: f64) {
        for (i, &(cell, sums)) in unit.iter().enumerate() {
            let kept = &mut self.cells[cell];
            kept.total.sum += sign * sums.sum;
            kept.total.rows += sign * sums.rows;
            kept.total.covariate += sign * sums.covariate;
            kept.products.apply(sums, sums, sign);
            for &(other, others) in &unit[i + 1..] {
                let ((left, l), (right, r)) =
                    if cell < other { ((cell, sums), (other, others)) } else { ((other, others), (cell, sums)) };
                self.across.entry((left, right)).or_default().apply(l, r, sign);
            }
        }
    }

    pub(super) fn at(&self, cell: usize) -> &Cell {
        &self.cells[cell]
    }

    /// None, if no unit is in both. The second says whether they were asked for the other way round.
    pub(super) fn between(&self, left: usize, right: usize) -> Option<(&Products, bool)> {
        let swapped = right < left;
        let key = if swapped { (right, left) } else { (left, right) };
        Some((self.across.get(&key)?, swapped))
    }

    /// Over all periods.
    pub(super) fn arm(&self, arm: usize) -> (u64, UnitSums) {
        let mut found = (0, UnitSums::default());
        for cell in self.cells.iter().skip(arm).step_by(self.arms.max(1)) {
            found.0 += cell.units;
            found.1.sum += cell.total.sum;
            found.1.rows += cell.total.rows;
            found.1.covariate += cell.total.covariate;
        }
        found
    }
}

/// A count as a factor.
pub(super) fn number(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of units and rows are below 2^53")]
    let number = count as f64;
    number
}

/// A sum of ones as a count.
pub(super) fn whole(number: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, and the cast saturates")]
    let count = number.round() as u64;
    count
}
