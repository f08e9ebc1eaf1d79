//! The latest row of a key: as it was computed, and, for views with frames of time, what it takes to look at it later.

use std::sync::Arc;

use super::ViewRow;
use super::stream::Runner;
use crate::kernel::{Kernel, StateError, ViewState};
use crate::plan::View;
use crate::program::Scratch;
use crate::value::{Micros, Type, Value};
use crate::wire::{self, Reader};

/// The latest row of a view for one key, for requests by key.
#[derive(Debug, Clone, PartialEq)]
pub struct Latest {
    pub row: ViewRow,
    /// What [`Ageing`] keeps of the row, in its order; nothing for a view without frames of time.
    kept: Vec<Value>,
}

/// What must be kept of a row so that its frames of time can be looked at later. Made once per view.
///
/// Everything else of the row stays as it was computed, so that neither lags nor frames of rows need to be kept.
#[derive(Debug, Clone, Default)]
pub(super) struct Ageing {
    /// Outputs of `before` that name the partitions of frames of time.
    partitions: Vec<(usize, Type)>,
    /// Fields that `after` reads.
    fields: Vec<(usize, Type)>,
    /// Results of the other window calls.
    results: Vec<(usize, Type)>,
}

impl Ageing {
    /// `None` for a view without frames of time: its rows do not age.
    pub(super) fn of(view: &View, kernel: &Kernel) -> Option<Ageing> {
        let ages = kernel.ages();
        if !ages.contains(&true) {
            return None;
        }
        let expressions = view.before_expressions();
        let fields = &view.stream.schema.fields;
        let others = view.calls.iter().enumerate().filter(|(call, _)| !ages[*call]);
        Some(Ageing {
            partitions: kernel.ageing_partitions().into_iter().flatten().map(|at| (at, expressions[at].ty)).collect(),
            fields: view.after.fields().iter().map(|&field| (field, fields[field].ty)).collect(),
            results: others.map(|(call, of)| (call, of.ty)).collect(),
        })
    }

    /// In the order in which it is kept: partitions, fields, results.
    fn types(&self) -> impl Iterator<Item = Type> {
        self.partitions.iter().chain(&self.fields).chain(&self.results).map(|(_, ty)| *ty)
    }
}

/// Types of the values that are kept beside a view's latest row.
pub(crate) fn kept_of_latest(view: &View, kernel: &Kernel) -> Vec<Type> {
    Ageing::of(view, kernel).iter().flat_map(Ageing::types).collect()
}

impl Latest {
    /// Takes a row that is not older than the one before it; keeps the room that that one took.
    pub(super) fn take(
        latest: &mut Option<Latest>,
        row: &ViewRow,
        ageing: Option<&Ageing>,
        before: &[Value],
        fields: &[Value],
        results: &[Value],
    ) {
        let mut kept = latest.take().map_or_else(Vec::new, |latest| latest.kept);
        kept.clear();
        if let Some(Ageing { partitions, fields: read, results: others }) = ageing {
            let of = |values: &[Value], at: usize| values.get(at).cloned().unwrap_or(Value::Null);
            kept.extend(partitions.iter().map(|(at, _)| of(before, *at)));
            kept.extend(read.iter().map(|(at, _)| of(fields, *at)));
            kept.extend(others.iter().map(|(at, _)| of(results, *at)));
        }
        *latest = Some(Latest { row: row.clone(), kept });
    }

    /// The row at a later time: frames of time as they stand then, all else as it was computed.
    pub(super) fn at(&self, as_of: Micros, state: &ViewState, runner: &Runner, scratch: &mut Scratch) -> ViewRow {
        let Some(Ageing { partitions, fields, results }) = &runner.ageing else { return self.row.clone() };
        let view = &runner.view;
        let mut kept = self.kept.iter();
        let mut spread = |length: usize, places: &[(usize, Type)]| {
            let mut values = vec![Value::Null; length];
            for ((at, _), value) in places.iter().zip(&mut kept) {
                values[*at] = value.clone();
            }
            values
        };
        let before = spread(view.before.outputs(), partitions);
        let fields = spread(view.stream.schema.fields.len(), fields);
        let mut results = spread(view.calls.len(), results);
        runner.kernel.age(state, as_of, &before, &mut results);
        let mut columns = Vec::with_capacity(view.columns.len());
        view.after.eval(scratch, &fields, &results, &mut columns);
        ViewRow { time: self.row.time, columns: Arc::new(columns) }
    }

    pub(super) fn encode(&self, view: &View, ageing: Option<&Ageing>, out: &mut Vec<u8>) {
        wire::put_signed(out, self.row.time);
        for (index, column) in view.columns.iter().enumerate() {
            wire::put_value(out, column.ty, self.row.columns.get(index).unwrap_or(&Value::Null));
        }
        for (index, ty) in ageing.into_iter().flat_map(Ageing::types).enumerate() {
            wire::put_value(out, ty, self.kept.get(index).unwrap_or(&Value::Null));
        }
    }

    pub(super) fn decode(view: &View, ageing: Option<&Ageing>, reader: &mut Reader<'_>) -> Result<Latest, StateError> {
        let time = reader.signed()?;
        let columns = view.columns.iter().map(|column| reader.value(column.ty)).collect::<Result<_, _>>()?;
        let kept = ageing.into_iter().flat_map(Ageing::types).map(|ty| reader.value(ty)).collect::<Result<_, _>>()?;
        Ok(Latest { row: ViewRow { time, columns: Arc::new(columns) }, kept })
    }
}
