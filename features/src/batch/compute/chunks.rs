//! Programs over chunks of columns, on all cores.

use rayon::prelude::*;

use crate::batch::rows;
use crate::column::{Column, Data};
use crate::plan::View;
use crate::program::Program;
use crate::value::Type;

/// Rows a program computes at a time: few enough that its registers stay in the cache.
pub(super) const CHUNK: usize = 4096;

/// The events that the filter kept, and the values of the `before` program for them.
#[derive(Debug)]
pub(super) struct Kept {
    /// Rows of the history, ascending.
    pub(super) rows: Vec<usize>,
    /// One column per output of the program, a value per row of `rows`.
    pub(super) before: Vec<Column>,
    pub(super) overflows: u64,
}

/// Runs `before` over the rows `accepted` (ascending) and keeps those for which the filter is TRUE.
pub(super) fn before(view: &View, columns: &[Column], accepted: &[usize]) -> Kept {
    let types: Vec<Type> = view.before_expressions().iter().map(|expr| expr.ty).collect();
    let parts: Vec<Kept> = accepted.par_chunks(CHUNK).map(|chunk| before_chunk(view, columns, chunk)).collect();
    let mut kept = Kept { rows: Vec::with_capacity(accepted.len()), before: Vec::new(), overflows: 0 };
    let mut outputs = Vec::with_capacity(parts.len());
    for part in parts {
        kept.rows.extend(part.rows);
        kept.overflows += part.overflows;
        outputs.push(part.before);
    }
    kept.before = rows::concat_all(&types, outputs);
    kept
}

fn before_chunk(view: &View, columns: &[Column], chunk: &[usize]) -> Kept {
    let (outputs, overflows) = run(&view.before, columns, chunk, &[]);
    let Some(filter) = view.before_layout().filter else {
        return Kept { rows: chunk.to_vec(), before: outputs, overflows };
    };
    let places = true_places(&outputs[filter]);
    if places.len() == chunk.len() {
        return Kept { rows: chunk.to_vec(), before: outputs, overflows };
    }
    Kept {
        rows: places.iter().map(|&place| chunk[place]).collect(),
        before: outputs.iter().map(|column| column.take(&places)).collect(),
        overflows,
    }
}

/// Runs `after` over the rows `kept` with the windows' results for them.
pub(super) fn after(view: &View, columns: &[Column], kept: &[usize], windows: &[Column]) -> (Vec<Column>, u64) {
    let chunk_of = |(number, chunk): (usize, &[usize])| {
        let places: Vec<usize> = (number * CHUNK..number * CHUNK + chunk.len()).collect();
        let windows: Vec<Column> = windows.iter().map(|column| column.take(&places)).collect();
        run(&view.after, columns, chunk, &windows)
    };
    join(view, kept.par_chunks(CHUNK).enumerate().map(chunk_of).collect())
}

/// Both programs in one go, for a view without windows: the rows kept, their columns and the overflows.
pub(super) fn row_by_row(view: &View, columns: &[Column], accepted: &[usize]) -> (Vec<usize>, Vec<Column>, u64) {
    let chunk_of = |chunk: &[usize]| {
        let kept = before_chunk(view, columns, chunk);
        let (outputs, overflows) = run(&view.after, columns, &kept.rows, &[]);
        (kept.rows, (outputs, overflows + kept.overflows))
    };
    let parts: Vec<(Vec<usize>, (Vec<Column>, u64))> = accepted.par_chunks(CHUNK).map(chunk_of).collect();
    let (kept, outputs): (Vec<Vec<usize>>, Vec<(Vec<Column>, u64)>) = parts.into_iter().unzip();
    let (columns, overflows) = join(view, outputs);
    (kept.concat(), columns, overflows)
}

fn join(view: &View, parts: Vec<(Vec<Column>, u64)>) -> (Vec<Column>, u64) {
    let types: Vec<Type> = view.columns.iter().map(|column| column.ty).collect();
    let overflows = parts.iter().map(|(_, overflows)| overflows).sum();
    (rows::concat_all(&types, parts.into_iter().map(|(columns, _)| columns).collect()), overflows)
}

/// Runs a program over some rows of the history's columns.
fn run(program: &Program, columns: &[Column], chosen: &[usize], windows: &[Column]) -> (Vec<Column>, u64) {
    let taken: Vec<Column> = program.fields().iter().map(|&field| columns[field].take(chosen)).collect();
    let mut fields: Vec<Option<&Column>> = vec![None; columns.len()];
    for (&field, column) in program.fields().iter().zip(&taken) {
        fields[field] = Some(column);
    }
    program.eval_columns(chosen.len(), &fields, windows)
}

/// The rows for which a condition is TRUE.
fn true_places(condition: &Column) -> Vec<usize> {
    match &condition.data {
        Data::Bool(v) => (0..v.len()).filter(|&row| v[row] && condition.is_valid(row)).collect(),
        _ => Vec::new(),
    }
}
