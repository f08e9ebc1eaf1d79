//! Typed expressions compiled to straight-line programs, and the two machines that run them: one row at a time, and
//! a column at a time. Both call the same element functions in the same order.

#[cfg(any(test, feature = "test-support"))]
pub mod arbitrary;
mod columns;
mod compile;
mod logic;
mod scalar;
mod set;
mod step;

use std::ops::Range;

pub use self::columns::{ColumnScratch, Target};
use crate::column::{Column, Data};
use crate::plan::Expr;
use crate::value::{Type, Value};
use set::Set;
use step::{Operand, Step};

/// A compiled list of expressions. No jumps: every branch of a CASE is computed, then one is selected, so that both
/// machines count the same overflows.
#[derive(Debug, Clone)]
pub struct Program {
    steps: Vec<Step>,
    constants: Vec<Constant>,
    sets: Vec<Set>,
    /// How many registers the steps write.
    registers: usize,
    outputs: Vec<(Type, Operand)>,
    fields: Vec<usize>,
}

/// A literal, with the type that it has even when it is NULL.
#[derive(Debug, Clone)]
struct Constant {
    ty: Type,
    value: Value,
}

/// Registers of the scalar machine, reused from row to row; a program may be run with any scratch.
#[derive(Debug, Default)]
pub struct Scratch {
    registers: Vec<Value>,
    /// Integer overflows turned into NULL so far.
    pub overflows: u64,
}

impl Program {
    /// Compiles `outputs`; equal subexpressions are computed once.
    pub fn compile(outputs: &[&Expr]) -> Program {
        compile::compile(outputs)
    }

    /// Fields of the event that the program reads, ascending.
    pub fn fields(&self) -> &[usize] {
        &self.fields
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.outputs.len()
    }

    /// Number of operations, after equal ones were merged.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// Computes one row: `out` is cleared and receives one value per output. A field or window that is not there, or
    /// has another type than the expressions say, is NULL.
    pub fn eval(&self, scratch: &mut Scratch, fields: &[Value], windows: &[Value], out: &mut Vec<Value>) {
        scalar::run(self, scratch, fields, windows, out);
    }

    /// Computes `rows` rows at once. `fields[i]` must be present for every `i` in [`Program::fields`]: one that is
    /// not there, or has another type than the expressions say, is NULL. Panics if a column has fewer rows.
    /// Returns the columns and the number of integer overflows.
    pub fn eval_columns(&self, rows: usize, fields: &[Option<&Column>], windows: &[Column]) -> (Vec<Column>, u64) {
        self.eval_range(0..rows, fields, windows)
    }

    /// [`Program::eval_columns`] for some of the rows: what one of several threads does.
    pub fn eval_range(&self, rows: Range<usize>, fields: &[Option<&Column>], windows: &[Column]) -> (Vec<Column>, u64) {
        let mut outputs: Vec<Data> = self.outputs.iter().map(|(ty, _)| Data::blank(*ty, rows.len())).collect();
        let mut targets: Vec<Target<'_>> = outputs
            .iter_mut()
            .map(|data| Target::split(data, rows.len()).pop().unwrap_or_else(Target::nowhere))
            .collect();
        let overflows = self.eval_into(rows.clone(), fields, windows, &mut self.column_scratch(), &mut targets);
        let valid: Vec<_> = targets.into_iter().map(|target| target.into_valid(rows.len())).collect();
        let columns = self.outputs.iter().zip(outputs).zip(valid);
        (columns.map(|(((ty, _), data), valid)| Column { ty: *ty, data, valid }).collect(), overflows)
    }

    /// For [`Program::eval_into`] of this program.
    pub fn column_scratch(&self) -> ColumnScratch {
        ColumnScratch::new(self)
    }

    /// [`Program::eval_range`] into places that are there: one per output, each for as many rows as the range. Returns
    /// the number of integer overflows.
    pub fn eval_into(
        &self,
        rows: Range<usize>,
        fields: &[Option<&Column>],
        windows: &[Column],
        scratch: &mut ColumnScratch,
        outputs: &mut [Target<'_>],
    ) -> u64 {
        columns::run(self, rows, fields, windows, scratch, outputs)
    }
}

#[cfg(test)]
mod tests;
