//! Generators: a view over a stream, and what happens to the stream's keys.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::streams::{Fields, any_fields, any_stream};
use crate::batch::History;
use crate::column::Column;
use crate::plan::{self, Call, Expr, Frame, HalfLife, Node, View, ViewHash, Window, WindowFunction};
use crate::program::{Program, arbitrary};
use crate::schema::Stream;
use crate::value::{Type, Value};

fn any_window(types: &[Type]) -> impl Strategy<Value = Window> + use<> {
    let all = types.to_vec();
    let partition = prop_oneof![
        2 => Just(Vec::new()),
        1 => vec(arbitrary::any_expr(types, &[]), 1..3),
        2 => (0..types.len()).prop_map(move |field| vec![Expr::new(all[field], Node::Field(field))]),
    ];
    let frame =
        prop_oneof![(0..7_u32).prop_map(Frame::Rows), (1..40_i64).prop_map(Frame::Range), Just(Frame::Unbounded)];
    (partition, frame, any::<bool>()).prop_map(|(partition, frame, exclude_current)| Window {
        partition,
        frame,
        exclude_current,
    })
}

fn any_call(fields: &[Type], windows: usize) -> impl Strategy<Value = Call> + use<> {
    use WindowFunction::{
        Avg, Count, CountDistinct, Ewma, FirstValue, Lag, LastValue, Max, Min, NthValue, StddevSamp, Sum, VarSamp,
    };
    let function = prop_oneof![
        select(vec![Count, Sum, Avg, Min, Max, FirstValue, LastValue, VarSamp, StddevSamp]),
        (1..4_u32).prop_map(|n| NthValue { n }),
        (1..4_u32).prop_map(|n| Ewma { half_life: HalfLife::Rows(n) }),
        (1..20_i64).prop_map(|length| Ewma { half_life: HalfLife::Time(length) }),
        (1..4_u32).prop_map(|cap| CountDistinct { cap }),
        (0..4_u32).prop_map(|offset| Lag { offset }),
    ];
    let filter = prop::option::weighted(0.3, arbitrary::expr(Type::Bool, fields, &[]));
    let fields = fields.to_vec();
    (0..windows, function, filter).prop_flat_map(move |(window, function, filter)| {
        let types = match function {
            Sum | Avg | VarSamp | StddevSamp | Ewma { .. } => vec![Type::Int, Type::Float],
            _ => arbitrary::FIELD_TYPES.to_vec(),
        };
        let fields = fields.clone();
        let argument = select(types).prop_flat_map(move |ty| arbitrary::expr(ty, &fields, &[]));
        let argument = match function {
            Count => prop::option::of(argument).boxed(),
            _ => argument.prop_map(Some).boxed(),
        };
        argument.prop_map(move |argument| {
            let ty = match (function, &argument) {
                (Count | CountDistinct { .. }, _) | (_, None) => Type::Int,
                (Avg | VarSamp | StddevSamp | Ewma { .. }, _) => Type::Float,
                (_, Some(argument)) => argument.ty,
            };
            Call { window, function, argument, filter: filter.clone(), ty }
        })
    })
}

pub(super) fn any_view() -> impl Strategy<Value = Arc<View>> {
    any_fields().prop_flat_map(|fields| {
        let types = fields.types.clone();
        let calls = types.clone();
        let windows = vec(any_window(&types), 1..4).prop_flat_map(move |windows| {
            let calls = vec(any_call(&calls, windows.len()), 0..6);
            (Just(windows), calls)
        });
        let filter = prop::option::weighted(0.4, arbitrary::expr(Type::Bool, &types, &[]));
        (any_stream(fields), windows, filter).prop_flat_map(move |((stream, _), (windows, calls), filter)| {
            let results: Vec<Type> = calls.iter().map(|call| call.ty).collect();
            let more = vec(arbitrary::any_expr(&types, &results), 1..4);
            let parts = (stream, windows, calls, filter);
            more.prop_map(move |more| Arc::new(view(parts.clone(), &results, more)))
        })
    })
}

/// Every call's result is a column, beside some expressions of them.
fn view(
    (stream, windows, calls, filter): (Stream, Vec<Window>, Vec<Call>, Option<Expr>),
    results: &[Type],
    more: Vec<Expr>,
) -> View {
    let plain = results.iter().enumerate().map(|(index, ty)| Expr::new(*ty, Node::WindowResult(index)));
    let column = |(index, expr): (usize, Expr)| plan::Column {
        name: format!("c{index}").into(),
        ty: expr.ty,
        expr,
        identity: false,
    };
    let columns: Vec<plan::Column> = plain.chain(more).enumerate().map(column).collect();
    let after = Program::compile(&columns.iter().map(|column| &column.expr).collect::<Vec<_>>());
    let mut view = View {
        name: "view".into(),
        text: String::new(),
        stream: Arc::new(stream),
        columns,
        filter,
        windows,
        calls,
        hash: ViewHash("0".repeat(32)),
        before: Program::compile(&[]),
        after,
    };
    view.before = Program::compile(&view.before_expressions());
    view
}

/// Of one event.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// Whose it is, of three.
    key: usize,
    /// How far it is from the newest before it.
    advance: i64,
    number: i64,
    /// Choices from which the other fields' values are made.
    fields: Vec<Value>,
    /// How far behind it the log's clock is, if the log has one.
    pub(super) ahead: i64,
    pub(super) restart: bool,
}

/// A view, and the events of its stream with the first time of each key: everyday ones, and those where times end.
pub(super) fn any_log() -> impl Strategy<Value = (Arc<View>, Vec<Step>, i64)> {
    any_view().prop_flat_map(|view| {
        let steps = any_steps(&view.stream);
        (Just(view), steps, any_start())
    })
}

pub(super) fn any_start() -> impl Strategy<Value = i64> {
    prop_oneof![6 => Just(0_i64), 1 => Just(i64::MIN), 1 => Just(i64::MAX - 300), 1 => any::<i64>()]
}

pub(super) fn any_steps(stream: &Stream) -> impl Strategy<Value = Vec<Step>> + use<> {
    let others = Fields::of(stream).others().to_vec();
    let advance = prop_oneof![
        3 => Just(0_i64),
        4 => 0..10_i64,
        2 => -30..0_i64,
        1 => 10..200_i64,
    ];
    let number = prop_oneof![0..40_i64, 0..8_i64];
    let ahead = prop_oneof![3 => -5..5_i64, 1 => 0..40_i64];
    let step = (0..3_usize, advance, number, arbitrary::row(&others), ahead, prop::bool::weighted(0.15));
    let step = step.prop_map(|(key, advance, number, fields, ahead, restart)| Step {
        key,
        advance,
        number,
        fields,
        ahead,
        restart,
    });
    vec(step, 0..60)
}

/// The fields of each event.
pub(super) fn rows(stream: &Stream, steps: &[Step], start: i64) -> Vec<Vec<Value>> {
    let types = Fields::of(stream).types;
    let mut newest = [start; 3];
    let row = |step: &Step| {
        let time = newest[step.key].saturating_add(step.advance);
        newest[step.key] = newest[step.key].max(time);
        let key = types[..stream.key.len()].iter().map(|ty| match ty {
            Type::String => Value::String(["a", "b", ""][step.key].into()),
            Type::Bool => Value::Bool(step.key == 0),
            _ => Value::Int(step.key as i64 % 2),
        });
        key.chain([Value::Int(time), Value::Int(step.number)]).chain(step.fields.iter().cloned()).collect()
    };
    steps.iter().map(row).collect()
}

pub(super) fn history(stream: &Arc<Stream>, rows: &[Vec<Value>]) -> History {
    let column = |(index, ty): (usize, &Type)| {
        Column::from_values(*ty, &rows.iter().map(|row| row[index].clone()).collect::<Vec<_>>())
    };
    History::from_columns(stream, Fields::of(stream).types.iter().enumerate().map(column).collect(), "test".as_ref())
}
