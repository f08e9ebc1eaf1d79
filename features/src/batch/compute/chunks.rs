//! Programs over chunks of columns, on all cores.

use rayon::prelude::*;

use crate::batch::rows;
use crate::column::{Column, Data};
use crate::plan::View;
use crate::program::Program;
use crate::value::Type;

/// Rows a program computes at a time: few enough that its registers stay in the cache.
const CHUNK: usize = 4096;

/// What a program gave for some rows of the history.
#[derive(Debug)]
pub(super) struct Outputs {
    /// Rows of the history, ascending.
    pub(super) rows: Vec<usize>,
    /// One column per output, a value per row of `rows`.
    pub(super) columns: Vec<Column>,
    pub(super) overflows: u64,
}

/// Runs `before` over the rows `accepted` (ascending) and keeps those for which the filter is TRUE.
pub(super) fn before(view: &View, columns: &[Column], accepted: &[usize]) -> Outputs {
    let types: Vec<Type> = view.before_expressions().iter().map(|expr| expr.ty).collect();
    join(&types, accepted.par_chunks(CHUNK).map(|chunk| before_chunk(view, columns, chunk)).collect())
}

/// Runs `after` over the rows `kept` with the windows' results for them.
pub(super) fn after(view: &View, columns: &[Column], kept: &[usize], windows: &[Column]) -> Outputs {
    let chunk_of = |(number, chunk): (usize, &[usize])| {
        let places: Vec<usize> = (number * CHUNK..number * CHUNK + chunk.len()).collect();
        let windows: Vec<Column> = windows.iter().map(|column| column.take(&places)).collect();
        run(&view.after, columns, chunk, &windows)
    };
    join(&column_types(view), kept.par_chunks(CHUNK).enumerate().map(chunk_of).collect())
}

/// Both programs in one go, for a view without windows.
pub(super) fn row_by_row(view: &View, columns: &[Column], accepted: &[usize]) -> Outputs {
    let chunk_of = |chunk: &[usize]| {
        let kept = before_chunk(view, columns, chunk);
        let mut outputs = run(&view.after, columns, &kept.rows, &[]);
        outputs.overflows += kept.overflows;
        outputs
    };
    join(&column_types(view), accepted.par_chunks(CHUNK).map(chunk_of).collect())
}

fn column_types(view: &View) -> Vec<Type> {
    view.columns.iter().map(|column| column.ty).collect()
}

fn before_chunk(view: &View, columns: &[Column], chunk: &[usize]) -> Outputs {
    let mut outputs = run(&view.before, columns, chunk, &[]);
    if let Some(filter) = view.before_layout().filter {
        let places = true_places(&outputs.columns[filter]);
        if places.len() < chunk.len() {
            outputs.rows = places.iter().map(|&place| chunk[place]).collect();
            outputs.columns = outputs.columns.iter().map(|column| column.take(&places)).collect();
        }
    }
    outputs
}

/// Runs a program over some rows of the history's columns.
fn run(program: &Program, columns: &[Column], chosen: &[usize], windows: &[Column]) -> Outputs {
    let taken: Vec<Column> = program.fields().iter().map(|&field| columns[field].take(chosen)).collect();
    let mut fields: Vec<Option<&Column>> = vec![None; columns.len()];
    for (&field, column) in program.fields().iter().zip(&taken) {
        fields[field] = Some(column);
    }
    let (columns, overflows) = program.eval_columns(chosen.len(), &fields, windows);
    Outputs { rows: chosen.to_vec(), columns, overflows }
}

/// The rows for which a condition is TRUE.
fn true_places(condition: &Column) -> Vec<usize> {
    match &condition.data {
        Data::Bool(v) => (0..v.len()).filter(|&row| v[row] && condition.is_valid(row)).collect(),
        _ => Vec::new(),
    }
}

fn join(types: &[Type], parts: Vec<Outputs>) -> Outputs {
    let (mut rows, mut columns, mut overflows) = (Vec::new(), Vec::with_capacity(parts.len()), 0);
    for part in parts {
        rows.extend(part.rows);
        columns.push(part.columns);
        overflows += part.overflows;
    }
    Outputs { rows, columns: rows::concat_all(types, columns), overflows }
}
