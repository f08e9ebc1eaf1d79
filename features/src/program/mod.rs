//! Typed expressions compiled to straight-line programs, and the two machines that run them: one row at a time, and
//! a column at a time. Both call the same element functions in the same order.

use crate::column::Column;
use crate::plan::Expr;
use crate::value::Value;

/// A compiled list of expressions. No jumps: every branch of a CASE is computed, then one is selected, so that both
/// machines count the same overflows.
#[derive(Debug, Clone)]
pub struct Program {
    // Skeleton.
}

/// Registers of the scalar machine, reused from row to row; a program may be run with any scratch.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Integer overflows turned into NULL so far.
    pub overflows: u64,
}

impl Program {
    /// Compiles `outputs`; equal subexpressions are computed once.
    pub fn compile(outputs: &[&Expr]) -> Program {
        todo!("{outputs:?}")
    }

    /// Fields of the event that the program reads, ascending.
    pub fn fields(&self) -> &[usize] {
        todo!()
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        todo!()
    }

    /// Computes one row: `out` is cleared and receives one value per output.
    pub fn eval(&self, scratch: &mut Scratch, fields: &[Value], windows: &[Value], out: &mut Vec<Value>) {
        todo!("{scratch:?} {fields:?} {windows:?} {out:?}")
    }

    /// Computes `rows` rows at once. `fields[i]` must be present for every `i` in [`Program::fields`].
    /// Returns the columns and the number of integer overflows.
    pub fn eval_columns(&self, rows: usize, fields: &[Option<&Column>], windows: &[Column]) -> (Vec<Column>, u64) {
        todo!("{rows} {fields:?} {windows:?}")
    }
}
