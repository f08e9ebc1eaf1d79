//! Programs over chunks of columns, on all cores.

use rayon::prelude::*;

use crate::batch::rows;
use crate::column::{Column, Data};
use crate::plan::View;
use crate::program::{ColumnScratch, Program, Target};
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

/// Runs `before` over the rows `accepted` (ascending) and keeps those for which the filter is TRUE. An output that
/// nobody `reads` has no values.
pub(super) fn before(view: &View, columns: &[Column], accepted: &[usize], reads: &[bool]) -> Outputs {
    let types: Vec<Type> = view.before_expressions().iter().map(|expr| expr.ty).collect();
    let scratch = || view.before.column_scratch();
    let chunk_of =
        |scratch: &mut ColumnScratch, chunk: &[usize]| before_chunk(view, columns, chunk, scratch, &types, reads);
    join(&types, accepted.par_chunks(CHUNK).map_init(scratch, chunk_of).collect())
}

/// Runs `after` over the rows `kept` with the windows' results for them.
pub(super) fn after(view: &View, columns: &[Column], kept: Vec<usize>, windows: &[Column]) -> Outputs {
    let types = column_types(view);
    let mut outputs: Vec<Data> = types.par_iter().map(|ty| Data::blank(*ty, kept.len())).collect();
    let mut targets: Vec<Vec<Target<'_>>> = Vec::new();
    targets.resize_with(kept.len().div_ceil(CHUNK), || Vec::with_capacity(types.len()));
    for data in &mut outputs {
        for (target, chunk) in Target::split(data, CHUNK).into_iter().zip(&mut targets) {
            chunk.push(target);
        }
    }
    let scratch = || view.after.column_scratch();
    let chunk_of = |scratch: &mut ColumnScratch,
                    ((number, chunk), mut targets): ((usize, &[usize]), Vec<Target<'_>>)| {
        let start = number * CHUNK;
        let windows: Vec<Column> = windows.iter().map(|column| column.slice(start..start + chunk.len())).collect();
        let overflows = run(&view.after, columns, chunk, &windows, scratch, &mut targets);
        (targets.into_iter().map(|target| target.into_valid(chunk.len())).collect(), overflows)
    };
    let done: Vec<(Vec<Option<Vec<bool>>>, u64)> =
        kept.par_chunks(CHUNK).enumerate().zip(targets).map_init(scratch, chunk_of).collect();
    let overflows = done.iter().map(|(_, overflows)| overflows).sum();
    let column = |(output, (ty, data)): (usize, (&Type, Data))| {
        let masks =
            || done.iter().zip(kept.chunks(CHUNK)).map(|((valid, _), chunk)| (valid[output].as_ref(), chunk.len()));
        let valid = masks().any(|(mask, _)| mask.is_some()).then(|| {
            let mut valid = Vec::with_capacity(kept.len());
            for (mask, rows) in masks() {
                match mask {
                    Some(mask) => valid.extend_from_slice(mask),
                    None => valid.resize(valid.len() + rows, true),
                }
            }
            valid
        });
        Column { ty: *ty, data, valid }
    };
    let columns = types.iter().zip(outputs).enumerate().map(column).collect();
    Outputs { rows: kept, columns, overflows }
}

/// Both programs, for a view without windows.
pub(super) fn row_by_row(view: &View, columns: &[Column], accepted: &[usize]) -> Outputs {
    let kept = before(view, columns, accepted, &[]);
    let overflows = kept.overflows;
    let outputs = after(view, columns, kept.rows, &[]);
    Outputs { overflows: outputs.overflows + overflows, ..outputs }
}

fn column_types(view: &View) -> Vec<Type> {
    view.columns.iter().map(|column| column.ty).collect()
}

fn before_chunk(
    view: &View,
    columns: &[Column],
    chunk: &[usize],
    scratch: &mut ColumnScratch,
    types: &[Type],
    reads: &[bool],
) -> Outputs {
    let filter = view.before_layout().filter;
    let wanted = |output: usize| filter == Some(output) || reads.get(output) == Some(&true);
    let blank = |(output, ty): (usize, &Type)| Data::blank(*ty, if wanted(output) { chunk.len() } else { 0 });
    let mut outputs: Vec<Data> = types.iter().enumerate().map(blank).collect();
    let mut targets: Vec<Target<'_>> =
        outputs.iter_mut().map(|data| Target::split(data, chunk.len()).pop().unwrap_or_else(Target::nowhere)).collect();
    let overflows = run(&view.before, columns, chunk, &[], scratch, &mut targets);
    let valid: Vec<Option<Vec<bool>>> = targets.into_iter().map(|target| target.into_valid(chunk.len())).collect();
    let columns = types.iter().zip(outputs).zip(valid);
    let columns = columns.map(|((ty, data), valid)| Column { ty: *ty, data, valid }).collect();
    let mut outputs = Outputs { rows: chunk.to_vec(), columns, overflows };
    if let Some(filter) = filter {
        let places = true_places(&outputs.columns[filter]);
        if places.len() < chunk.len() {
            outputs.rows = places.iter().map(|&place| chunk[place]).collect();
            let taken = |column: &Column| if column.is_empty() { column.clone() } else { column.take(&places) };
            outputs.columns = outputs.columns.iter().map(taken).collect();
        }
    }
    outputs
}

/// Runs a program over some rows (ascending) of the history's columns. Returns the number of integer overflows.
fn run(
    program: &Program,
    columns: &[Column],
    chosen: &[usize],
    windows: &[Column],
    scratch: &mut ColumnScratch,
    outputs: &mut [Target<'_>],
) -> u64 {
    let mut fields: Vec<Option<&Column>> = vec![None; columns.len()];
    if windows.is_empty()
        && let (Some(&first), Some(&last)) = (chosen.first(), chosen.last())
        && last - first + 1 == chosen.len()
    {
        // Rows that stand together are read where they are.
        for &field in program.fields() {
            fields[field] = Some(&columns[field]);
        }
        return program.eval_into(first..last + 1, &fields, &[], scratch, outputs);
    }
    let taken: Vec<Column> = program.fields().iter().map(|&field| columns[field].take(chosen)).collect();
    for (&field, column) in program.fields().iter().zip(&taken) {
        fields[field] = Some(column);
    }
    program.eval_into(0..chosen.len(), &fields, windows, scratch, outputs)
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
