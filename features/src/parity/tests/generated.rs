//! Generated views over generated logs: the hosts agree with each other and with the oracle.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::batch::History;
use crate::column::Column;
use crate::parity::{Options, check};
use crate::plan::{self, Call, Expr, Frame, HalfLife, Node, View, ViewHash, Window, WindowFunction};
use crate::program::{Program, arbitrary};
use crate::schema::{EventTime, Field, Schema, Stream};
use crate::value::{Type, Value};

/// match, time, number within the match, and five fields of any value.
const FIELDS: [Type; 8] =
    [Type::String, Type::Int, Type::Int, Type::Bool, Type::Int, Type::Float, Type::String, Type::Timestamp];

fn stream(lateness: i64, dedupe: i64, retention: Option<i64>) -> Stream {
    let field = |(index, ty): (usize, &Type)| Field::new(format!("f{index}"), *ty);
    Stream {
        name: "events".into(),
        topic: "events".into(),
        outcomes_topic: "events-outcomes".into(),
        partitions: 1,
        schema: Arc::new(Schema::new(FIELDS.iter().enumerate().map(field).collect())),
        key: vec![0],
        id: vec![0, 2],
        event_time: EventTime::Order { field: 1 },
        lateness,
        dedupe,
        max_ahead: lateness,
        retention,
        explode: None,
    }
}

fn any_stream() -> impl Strategy<Value = Stream> {
    let lateness = prop_oneof![Just(0), 1..20_i64, Just(1_000_000)];
    (lateness, 0..30_i64, prop::option::of(5..60_i64))
        .prop_map(|(lateness, dedupe, retention)| stream(lateness, dedupe, retention))
}

fn any_window() -> impl Strategy<Value = Window> {
    let partition = prop_oneof![
        2 => Just(Vec::new()),
        1 => vec(arbitrary::any_expr(&FIELDS, &[]), 1..3),
        2 => select(vec![3_usize, 5, 6]).prop_map(|field| vec![Expr::new(FIELDS[field], Node::Field(field))]),
    ];
    let frame =
        prop_oneof![(0..7_u32).prop_map(Frame::Rows), (1..40_i64).prop_map(Frame::Range), Just(Frame::Unbounded),];
    (partition, frame, any::<bool>()).prop_map(|(partition, frame, exclude_current)| Window {
        partition,
        frame,
        exclude_current,
    })
}

fn any_call(windows: usize) -> impl Strategy<Value = Call> {
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
    let filter = prop::option::weighted(0.3, arbitrary::expr(Type::Bool, &FIELDS, &[]));
    (0..windows, function, filter).prop_flat_map(|(window, function, filter)| {
        let types = match function {
            Sum | Avg | VarSamp | StddevSamp | Ewma { .. } => vec![Type::Int, Type::Float],
            _ => arbitrary::FIELD_TYPES.to_vec(),
        };
        let argument = select(types).prop_flat_map(|ty| arbitrary::expr(ty, &FIELDS, &[]));
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

fn any_view() -> impl Strategy<Value = Arc<View>> {
    let windows = vec(any_window(), 1..4).prop_flat_map(|windows| {
        let calls = vec(any_call(windows.len()), 0..6);
        (Just(windows), calls)
    });
    let filter = prop::option::weighted(0.4, arbitrary::expr(Type::Bool, &FIELDS, &[]));
    (any_stream(), windows, filter).prop_flat_map(|(stream, (windows, calls), filter)| {
        let results: Vec<Type> = calls.iter().map(|call| call.ty).collect();
        let more = vec(arbitrary::any_expr(&FIELDS, &results), 1..4);
        let parts = (stream, windows, calls, filter);
        more.prop_map(move |more| Arc::new(view(parts.clone(), &results, more)))
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

/// Of one event: whose, how far it is from the newest before it, its number, and its fields.
type Step = (usize, i64, i64, Vec<Value>);

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let advance = prop_oneof![3 => Just(0_i64), 4 => 0..10_i64, 2 => -30..0_i64, 1 => 10..200_i64];
    vec((0..3_usize, advance, 0..40_i64, arbitrary::row(&FIELDS[3..])), 0..60)
}

fn history(view: &View, steps: &[Step]) -> History {
    let mut newest = [0_i64; 3];
    let rows: Vec<Vec<Value>> = steps
        .iter()
        .map(|(key, advance, number, fields)| {
            let time = newest[*key] + advance;
            newest[*key] = newest[*key].max(time);
            let names = [Value::String("a".into()), Value::String("b".into()), Value::String("".into())];
            let own = [names[*key].clone(), Value::Int(time), Value::Int(*number)];
            own.into_iter().chain(fields.iter().cloned()).collect()
        })
        .collect();
    let column = |(index, ty): (usize, &Type)| {
        Column::from_values(*ty, &rows.iter().map(|row| row[index].clone()).collect::<Vec<_>>())
    };
    History::from_columns(&view.stream, FIELDS.iter().enumerate().map(column).collect(), "test".as_ref())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn three_hosts_and_the_oracle_agree(view in any_view(), steps in any_steps(), seed in any::<u64>(), restarts in 0..30_usize) {
        let history = history(&view, &steps);
        let options = Options { seed, restarts: Some(restarts), ..Options::default() };
        let report = check(&view, &history, &options, &|_| ()).unwrap();
        prop_assert_eq!(report.mismatches, 0, "{:#?}", report.first);
        prop_assert_eq!(report.compared.oracle, report.values);
        prop_assert_eq!(report.events, steps.len() as u64);
    }
}
