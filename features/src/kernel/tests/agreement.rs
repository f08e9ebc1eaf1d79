//! The kernel against the naive oracle, over generated windows and events.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::column::Column;
use crate::kernel::{Log, Results};
use crate::program::arbitrary;

fn any_frame() -> impl Strategy<Value = Frame> {
    prop_oneof![
        (0..7_u32).prop_map(Frame::Rows),
        Just(Frame::Unbounded),
        Just(Frame::Rows(u32::MAX)),
        (1..40_i64).prop_map(Frame::Range),
        Just(Frame::Range(i64::MAX)),
    ]
}

fn any_window() -> impl Strategy<Value = Window> {
    let partition = select(vec![&[][..], &[], &[TEAM], &[7], &[TEAM, 7]]);
    (partition, any_frame(), any::<bool>()).prop_map(|(partition, frame, exclude)| window(partition, frame, exclude))
}

fn any_call() -> impl Strategy<Value = Call> {
    let function = prop_oneof![
        Just(WindowFunction::Count),
        Just(WindowFunction::Sum),
        Just(WindowFunction::Sum),
        Just(WindowFunction::Avg),
        Just(WindowFunction::Avg),
        Just(WindowFunction::Min),
        Just(WindowFunction::Max),
        (0..4_u32).prop_map(|offset| WindowFunction::Lag { offset }),
        Just(WindowFunction::FirstValue),
        Just(WindowFunction::LastValue),
        (1..4_u32).prop_map(|n| WindowFunction::NthValue { n }),
        Just(WindowFunction::VarSamp),
        Just(WindowFunction::StddevSamp),
        (1..5_u32).prop_map(|cap| WindowFunction::CountDistinct { cap }),
        (1..4_u32).prop_map(|n| WindowFunction::Ewma { half_life: HalfLife::Rows(n) }),
        (1..20_i64).prop_map(|length| WindowFunction::Ewma { half_life: HalfLife::Time(length) }),
    ];
    let filter = prop_oneof![Just(None), Just(None), Just(Some(KEPT))];
    (0..3_usize, function, any::<bool>(), 0..6_usize, filter).prop_map(|(window, function, any, argument, filter)| {
        let argument = match function {
            WindowFunction::Count if any => None,
            WindowFunction::Sum => Some([INT, FLOAT, 5][argument % 3]),
            WindowFunction::Avg
            | WindowFunction::VarSamp
            | WindowFunction::StddevSamp
            | WindowFunction::Ewma { .. } => Some([INT, FLOAT, 7][argument % 3]),
            _ => Some(argument),
        };
        call(window, function, argument, filter)
    })
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let lateness = prop_oneof![Just(0), 1..20_i64, Just(i64::MAX)];
    let dedupe = prop_oneof![Just(0), 1..40_i64];
    (vec(any_window(), 3), vec(any_call(), 1..7), lateness, dedupe)
        .prop_map(|(windows, calls, lateness, dedupe)| Plan { windows, calls, lateness, dedupe })
}

fn any_fields() -> impl Strategy<Value = Vec<Value>> {
    let team = select(vec![Value::Null, text("KC"), text("DET")]);
    let zero = select(vec![Value::Float(0.0), Value::Float(-0.0), Value::Null]);
    let kept = select(vec![Value::Bool(true), Value::Bool(true), Value::Bool(false), Value::Null]);
    let values: Vec<_> = FIELDS[..6].iter().map(|ty| arbitrary::value(*ty)).collect();
    (values, team, zero, kept).prop_map(|(mut values, team, zero, kept)| {
        values.extend([team, zero, kept]);
        values
    })
}

/// What happens to a key.
#[derive(Debug, Clone)]
struct Step {
    /// Event time against the newest one before; not further back than lateness allows.
    advance: Micros,
    fields: Vec<Value>,
    restart: bool,
    /// A request for one of the events before, or for a new one.
    request: Option<usize>,
}

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    vec(any_step(0.1), 0..45)
}

fn any_step(restarts: f64) -> impl Strategy<Value = Step> {
    let advance = prop_oneof![Just(0_i64), 0..10_i64, -25..5_i64];
    let step = (advance, any_fields(), prop::bool::weighted(restarts), prop::option::of(0..40_usize));
    step.prop_map(|(advance, fields, restart, request)| Step { advance, fields, restart, request })
}

/// Frames of more rows than are looked at one by one, and events of which many are out of order.
fn any_long_log() -> impl Strategy<Value = (Plan, Vec<Step>)> {
    let frame =
        prop_oneof![(60..150_u32).prop_map(Frame::Rows), (100..600_i64).prop_map(Frame::Range), Just(Frame::Unbounded)];
    let window = (select(vec![&[][..], &[], &[TEAM]]), frame, any::<bool>())
        .prop_map(|(partition, frame, exclude)| window(partition, frame, exclude));
    let lateness = select(vec![25, 300, i64::MAX]);
    (vec(window, 3), vec(any_call(), 4..9), lateness, vec(any_step(0.005), 120..220))
        .prop_map(|(windows, calls, lateness, steps)| (Plan { windows, calls, lateness, dedupe: 0 }, steps))
}

/// The times of accepted events, from their advances.
fn times(plan: &Plan, steps: &[Step]) -> Vec<Micros> {
    let mut newest = None;
    let mut time = |step: &Step| {
        let time = newest.map_or(0, |newest: i64| newest + step.advance.max(plan.lateness.saturating_neg()));
        newest = newest.max(Some(time));
        time
    };
    steps.iter().map(&mut time).collect()
}

/// The results of a log by row and call.
struct Found(Vec<Vec<Option<Value>>>);

impl Results for Found {
    fn put(&mut self, call: usize, row: usize, result: Value) {
        assert!(self.0[row][call].replace(result).is_none());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn long_frames_give_what_the_oracle_recomputes((plan, steps) in any_long_log()) {
        let (mut fold, mut oracle) = (Fold::new(&plan), plan.oracle());
        for (time, step) in times(&plan, &steps).into_iter().zip(&steps) {
            if step.restart {
                fold.restart();
            }
            let place = Place { time, offset: fold.offset };
            let found = fold.fold(time, &step.fields);
            assert_same_bits(&found, &oracle.fold(place, &plan.before(&step.fields)), &(&plan, place));
        }
    }
}

proptest! {
    #[test]
    fn folding_gives_what_the_oracle_recomputes(plan in any_plan(), steps in any_steps()) {
        let (mut fold, mut oracle) = (Fold::new(&plan), plan.oracle());
        for (time, step) in times(&plan, &steps).into_iter().zip(&steps) {
            if step.restart {
                fold.restart();
            }
            let before = plan.before(&step.fields);
            let place = Place { time, offset: fold.offset };
            // The event about to be folded stands last at its timestamp, as a request does.
            let asked = fold.peek(time, None, &step.fields);
            let found = fold.fold(time, &step.fields);
            let expected = oracle.fold(place, &before);
            assert_same_bits(&found, &expected, &(&plan, place));
            assert_same_bits(&asked, &expected, &("asked before", &plan, place));
        }
    }

    #[test]
    fn a_log_at_once_gives_what_the_oracle_recomputes(plan in any_plan(), steps in any_steps()) {
        let mut times = times(&plan, &steps);
        times.sort_unstable();
        let before: Vec<Vec<Value>> = steps.iter().map(|step| plan.before(&step.fields)).collect();
        // The log's rows stand in the columns in another order.
        let rows: Vec<usize> = (0..steps.len()).rev().collect();
        let columns: Vec<Column> = plan.types().into_iter().enumerate().map(|(output, ty)| {
            let values: Vec<Value> = rows.iter().map(|row| before[*row][output].clone()).collect();
            Column::from_values(ty, &values)
        }).collect();
        let mut found = Found(vec![vec![None; plan.calls.len()]; steps.len()]);
        plan.kernel().fold_log(Log { before: &columns, rows: &rows, times: &times }, &mut found);
        let mut oracle = plan.oracle();
        for (row, results) in found.0.into_iter().enumerate() {
            let place = Place { time: times[row], offset: row as u64 };
            let results: Vec<Value> = results.into_iter().map(Option::unwrap).collect();
            assert_same_bits(&results, &oracle.fold(place, &before[row]), &(&plan, place));
        }
    }

    #[test]
    fn requests_leave_out_their_own_event(plan in any_plan(), steps in any_steps()) {
        let (mut fold, mut oracle) = (Fold::new(&plan), plan.oracle());
        let times = times(&plan, &steps);
        for (at, step) in steps.iter().enumerate() {
            fold.fold(times[at], &step.fields);
            oracle.fold(Place { time: times[at], offset: at as u64 }, &plan.before(&step.fields));
            let Some(own) = step.request.filter(|own| *own <= at) else { continue };
            let oldest = fold.newest.unwrap_or(0).saturating_sub(plan.lateness);
            let remembered = fold.newest.unwrap_or(0).saturating_sub(plan.lateness.max(plan.dedupe));
            let own = Some(Place { time: times[own], offset: own as u64 }).filter(|own| own.time >= remembered);
            for time in [oldest, times[at].max(oldest), fold.newest.unwrap_or(0) + 1] {
                let expected = oracle.peek(time, own, &plan.before(&step.fields));
                assert_same_bits(&fold.peek(time, own, &step.fields), &expected, &(&plan, time, own));
            }
        }
    }

    #[test]
    fn frames_of_rows_leave_out_any_event(plan in any_plan(), steps in any_steps()) {
        let bounded = |window: &Window| Window { frame: Frame::Rows(3), ..window.clone() };
        let lags = |call: &Call| matches!(call.function, WindowFunction::Lag { .. });
        let calls: Vec<Call> = plan.calls.iter().filter(|call| !lags(call)).cloned().collect();
        let plan = Plan { windows: plan.windows.iter().map(bounded).collect(), calls, ..plan };
        let (mut fold, mut oracle) = (Fold::new(&plan), plan.oracle());
        let times = times(&plan, &steps);
        for (at, step) in steps.iter().enumerate() {
            fold.fold(times[at], &step.fields);
            oracle.fold(Place { time: times[at], offset: at as u64 }, &plan.before(&step.fields));
            let own = step.request.filter(|own| *own <= at).map(|own| Place { time: times[own], offset: own as u64 });
            let newest = fold.newest.unwrap_or(0);
            for time in [newest.saturating_sub(plan.lateness), newest] {
                let expected = oracle.peek(time, own, &plan.before(&step.fields));
                assert_same_bits(&fold.peek(time, own, &step.fields), &expected, &(&plan, time, own));
            }
        }
    }

    #[test]
    fn restarts_leave_no_trace(plan in any_plan(), steps in any_steps()) {
        let (mut undisturbed, mut restarted) = (Fold::new(&plan), Fold::new(&plan));
        for (time, step) in times(&plan, &steps).into_iter().zip(&steps) {
            if step.restart {
                restarted.restart();
                assert_eq!(restarted.state, undisturbed.state);
            }
            assert_same_bits(&restarted.fold(time, &step.fields), &undisturbed.fold(time, &step.fields), &plan);
        }
        assert_eq!(restarted.bytes(), undisturbed.bytes());
    }

    #[test]
    fn the_buffer_keeps_what_may_still_be_needed_and_no_more(plan in any_plan(), steps in any_steps()) {
        let mut fold = Fold::new(&plan);
        for (time, step) in times(&plan, &steps).into_iter().zip(&steps) {
            fold.fold(time, &step.fields);
        }
        for (group, partitions) in fold.kernel.groups.iter().zip(&fold.state.groups) {
            let oldest = fold.newest.unwrap_or(0).saturating_sub(group.unsettled).saturating_sub(group.span);
            let rows = times(&plan, &steps).iter().filter(|time| **time >= oldest).count();
            // A partition settles when it gets an event; the last event's has.
            let key = steps.last().map(|step| plan.before(&step.fields)[group.partition.clone()].to_vec());
            let last = key.and_then(|key| partitions.get(&key).map(|partition| partition.rows.len()));
            assert!(last.unwrap_or(0) <= rows + group.reach, "{last:?} rows, {rows} of them new, reach {}", group.reach);
        }
    }
}
