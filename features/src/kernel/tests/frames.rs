//! What single calls see, by example.

use super::*;

/// Folds rows in order and gives the results of one call.
#[track_caller]
fn results(frame: Frame, exclude: bool, one: Call, rows: &[Vec<Value>]) -> Vec<Value> {
    let plan = Plan { windows: vec![window(&[], frame, exclude)], calls: vec![one], lateness: 0, dedupe: 0 };
    let mut fold = Fold::new(&plan);
    rows.iter().enumerate().map(|(time, fields)| fold.fold(time as i64, fields).remove(0)).collect()
}

fn ints(values: &[Option<i64>]) -> Vec<Vec<Value>> {
    values.iter().map(|i| row(&[(INT, i.map_or(Value::Null, Value::Int))])).collect()
}

fn of_int(function: WindowFunction) -> Call {
    call(0, function, Some(INT), None)
}

const NULL: Value = Value::Null;

#[test]
fn a_frame_of_rows_holds_the_current_row_and_those_before() {
    let found =
        results(Frame::Rows(1), false, of_int(WindowFunction::Sum), &ints(&[Some(1), Some(2), Some(4), Some(8)]));
    assert_eq!(found, [1, 3, 6, 12].map(Value::Int));
}

#[test]
fn the_current_row_may_be_left_out() {
    let rows = ints(&[Some(1), Some(2), Some(4)]);
    assert_eq!(results(Frame::Rows(1), true, of_int(WindowFunction::Sum), &rows), [NULL, Value::Int(1), Value::Int(2)]);
    assert_eq!(
        results(Frame::Unbounded, true, of_int(WindowFunction::Sum), &rows),
        [NULL, Value::Int(1), Value::Int(3)]
    );
    assert_eq!(results(Frame::Rows(0), true, of_int(WindowFunction::Count), &rows), [0, 0, 0].map(Value::Int));
}

#[test]
fn aggregates_skip_nulls_and_of_nothing_are_null() {
    let rows = ints(&[None, Some(4), None, Some(1)]);
    let over_all = |function| results(Frame::Unbounded, false, of_int(function), &rows);
    assert_eq!(over_all(WindowFunction::Count), [0, 1, 1, 2].map(Value::Int));
    assert_eq!(over_all(WindowFunction::Sum), [NULL, Value::Int(4), Value::Int(4), Value::Int(5)]);
    assert_eq!(over_all(WindowFunction::Avg), [NULL, Value::Float(4.0), Value::Float(4.0), Value::Float(2.5)]);
    assert_eq!(over_all(WindowFunction::Min), [NULL, Value::Int(4), Value::Int(4), Value::Int(1)]);
    assert_eq!(over_all(WindowFunction::Max), [NULL, Value::Int(4), Value::Int(4), Value::Int(4)]);
}

#[test]
fn positions_do_not_skip_nulls() {
    let rows = ints(&[None, Some(4), None, Some(1)]);
    let over_two = |function| results(Frame::Rows(1), false, of_int(function), &rows);
    assert_eq!(over_two(WindowFunction::FirstValue), [NULL, NULL, Value::Int(4), NULL]);
    assert_eq!(over_two(WindowFunction::LastValue), [NULL, Value::Int(4), NULL, Value::Int(1)]);
    assert_eq!(over_two(WindowFunction::Lag { offset: 2 }), [NULL, NULL, NULL, Value::Int(4)]);
    assert_eq!(over_two(WindowFunction::Lag { offset: 0 }), [NULL, Value::Int(4), NULL, Value::Int(1)]);
}

#[test]
fn filtered_rows_do_not_enter() {
    let kept = |i, kept| row(&[(INT, Value::Int(i)), (KEPT, kept)]);
    let rows =
        [kept(1, Value::Bool(true)), kept(2, Value::Bool(false)), kept(4, Value::Null), kept(8, Value::Bool(true))];
    let filtered = |function, argument| results(Frame::Rows(2), false, call(0, function, argument, Some(KEPT)), &rows);
    assert_eq!(filtered(WindowFunction::Sum, Some(INT)), [Value::Int(1), Value::Int(1), Value::Int(1), Value::Int(8)]);
    assert_eq!(filtered(WindowFunction::Count, None), [1, 1, 1, 1].map(Value::Int));
    assert_eq!(filtered(WindowFunction::LastValue, Some(INT)), [1, 1, 1, 8].map(Value::Int));
    let lag = filtered(WindowFunction::Lag { offset: 1 }, Some(INT));
    assert_eq!(lag, [NULL, Value::Int(1), Value::Int(1), Value::Int(1)], "the last row that the filter kept");
}

#[test]
fn an_integer_sum_that_does_not_fit_is_null_and_comes_back() {
    let rows = ints(&[Some(i64::MAX), Some(1), Some(-1), Some(0)]);
    let expected = [Value::Int(i64::MAX), NULL, Value::Int(0), Value::Int(-1)];
    assert_eq!(results(Frame::Rows(1), false, of_int(WindowFunction::Sum), &rows), expected);
    let mean = results(Frame::Unbounded, false, of_int(WindowFunction::Avg), &rows);
    assert_eq!(mean[1], Value::Float(4_611_686_018_427_387_904.0), "a mean is exact whatever the sum");
}

#[test]
fn a_float_sum_does_not_depend_on_what_has_left() {
    let rows: Vec<_> = [1e300, 0.1, 0.2, 0.3].map(|x| row(&[(FLOAT, Value::Float(x))])).into();
    let found = results(Frame::Rows(1), false, call(0, WindowFunction::Sum, Some(FLOAT), None), &rows);
    assert_eq!(found[2..], [Value::Float(0.1 + 0.2), Value::Float(0.5)]);
}

#[test]
fn negative_zero_is_less_than_zero() {
    let rows: Vec<_> = [0.0, -0.0, 0.0].map(|x| row(&[(FLOAT, Value::Float(x))])).into();
    let least = results(Frame::Unbounded, false, call(0, WindowFunction::Min, Some(FLOAT), None), &rows);
    assert!(least[1].same_bits(&Value::Float(-0.0)));
    let most = results(Frame::Unbounded, false, call(0, WindowFunction::Max, Some(FLOAT), None), &rows);
    assert!(most[1].same_bits(&Value::Float(0.0)));
}

#[test]
fn texts_have_a_least_and_a_greatest() {
    let rows: Vec<_> = ["b", "a", "ä"].map(|s| row(&[(TEXT, text(s))])).into();
    let found = results(Frame::Unbounded, false, call(0, WindowFunction::Max, Some(TEXT), None), &rows);
    assert_eq!(found, ["b", "b", "ä"].map(text));
}

#[test]
fn partitions_do_not_mix_and_null_is_one() {
    let plan = Plan {
        windows: vec![window(&[TEAM], Frame::Unbounded, false)],
        calls: vec![call(0, WindowFunction::Count, None, None)],
        lateness: 0,
        dedupe: 0,
    };
    let mut fold = Fold::new(&plan);
    let teams = [text("KC"), text("DET"), NULL, text("KC"), NULL, text("KC")];
    let found: Vec<_> = teams.map(|team| fold.fold(0, &row(&[(TEAM, team)])).remove(0)).into();
    assert_eq!(found, [1, 1, 1, 2, 2, 3].map(Value::Int));
}

#[test]
fn an_event_out_of_order_sees_what_precedes_it_and_is_seen_by_what_follows() {
    let plan = Plan {
        windows: vec![window(&[], Frame::Rows(1), false)],
        calls: vec![of_int(WindowFunction::Sum), call(0, WindowFunction::Lag { offset: 1 }, Some(INT), None)],
        lateness: 10,
        dedupe: 0,
    };
    let mut fold = Fold::new(&plan);
    let mut at = |time, i| fold.fold(time, &row(&[(INT, Value::Int(i))]));
    assert_eq!(at(10, 1), [Value::Int(1), NULL]);
    assert_eq!(at(20, 2), [Value::Int(3), Value::Int(1)]);
    assert_eq!(at(15, 4), [Value::Int(5), Value::Int(1)]);
    assert_eq!(at(15, 8), [Value::Int(12), Value::Int(4)], "after the event of the same time");
    assert_eq!(at(20, 16), [Value::Int(18), Value::Int(2)]);
    assert_eq!(at(10, 32), [Value::Int(33), Value::Int(1)]);
}

#[test]
fn a_frame_of_time_leaves_out_what_is_exactly_as_old() {
    let plan = |exclude| Plan {
        windows: vec![window(&[], Frame::Range(10), exclude)],
        calls: vec![of_int(WindowFunction::Sum), of_int(WindowFunction::Count)],
        lateness: 5,
        dedupe: 0,
    };
    let results = |exclude| {
        let mut fold = Fold::new(&plan(exclude));
        let rows = [(0, 1), (9, 2), (10, 4), (10, 8), (7, 16), (19, 32), (40, 64)];
        rows.map(|(time, i)| fold.fold(time, &row(&[(INT, Value::Int(i))])).remove(0))
    };
    assert_eq!(results(false), [1, 3, 6, 14, 17, 44, 64].map(Value::Int));
    assert_eq!(
        results(true),
        [NULL, Value::Int(1), Value::Int(2), Value::Int(6), Value::Int(1), Value::Int(12), NULL],
        "the current row is left out, others of its time are not"
    );
}

#[test]
fn a_frame_of_time_empties_while_its_key_is_quiet() {
    let plan = Plan {
        windows: vec![window(&[], Frame::Range(10), true)],
        calls: vec![call(0, WindowFunction::Count, None, None)],
        lateness: 0,
        dedupe: 0,
    };
    let mut fold = Fold::new(&plan);
    for time in 0..5 {
        fold.fold(time, &row(&[]));
    }
    let asked = [4, 10, 12, 14, 1000].map(|time| fold.peek(time, None, &row(&[])).remove(0));
    assert_eq!(asked, [5, 4, 2, 0, 0].map(Value::Int));
}

#[test]
fn the_nth_row_of_a_frame_may_be_null_or_not_be_there() {
    let rows = ints(&[Some(1), None, Some(4), Some(8)]);
    let second = of_int(WindowFunction::NthValue { n: 2 });
    assert_eq!(results(Frame::Unbounded, false, second.clone(), &rows), [NULL, NULL, NULL, NULL]);
    assert_eq!(results(Frame::Rows(1), false, second, &rows), [NULL, NULL, Value::Int(4), Value::Int(8)]);
}

/// Values: the definition in exact fractions (Python's `fractions`), rounded once by `float`.
#[test]
fn the_variance_is_exact_and_rounded_once() {
    let variance = |values: &[f64]| {
        let rows: Vec<_> = values.iter().map(|x| row(&[(FLOAT, Value::Float(*x))])).collect();
        results(Frame::Unbounded, false, call(0, WindowFunction::VarSamp, Some(FLOAT), None), &rows).pop()
    };
    assert_eq!(variance(&[0.1]), Some(NULL), "one value has no spread");
    assert_eq!(variance(&[0.1, 0.2, 0.4]), Some(Value::Float(0.023333333333333334)));
    assert_eq!(variance(&[1e9 + 1.0, 1e9 + 2.0, 1e9 + 4.0]), Some(Value::Float(7.0 / 3.0)));
    assert_eq!(variance(&[1e300, 1e300, 1e300]), Some(Value::Float(0.0)), "squares beyond the largest double");
    assert_eq!(variance(&[1e300, -1e300]), Some(NULL), "a variance beyond the largest double");
    assert_eq!(variance(&[5e-324, 0.0]), Some(Value::Float(0.0)), "squares below the smallest");
    assert_eq!(variance(&[3e-162, 0.0]), Some(Value::Float(5e-324)));
}

#[test]
fn the_deviation_is_the_root_of_the_variance() {
    let found = results(Frame::Rows(2), false, of_int(WindowFunction::StddevSamp), &ints(&[Some(1), Some(3), None]));
    assert_eq!(found, [NULL, Value::Float(2_f64.sqrt()), Value::Float(2_f64.sqrt())]);
    let extremes = ints(&[Some(i64::MAX), Some(i64::MIN)]);
    let found = results(Frame::Unbounded, false, of_int(WindowFunction::VarSamp), &extremes);
    assert_eq!(found[1], Value::Float(2_f64.powi(127)), "integers are squared exactly");
}

#[test]
fn different_values_are_counted_up_to_the_cap() {
    let rows = ints(&[Some(1), Some(1), None, Some(2), Some(3), Some(1)]);
    let capped = |frame, cap| results(frame, false, of_int(WindowFunction::CountDistinct { cap }), &rows);
    assert_eq!(capped(Frame::Unbounded, 10), [1, 1, 1, 2, 3, 3].map(Value::Int));
    assert_eq!(capped(Frame::Unbounded, 2), [1, 1, 1, 2, 2, 2].map(Value::Int));
    assert_eq!(capped(Frame::Rows(1), 10), [1, 1, 1, 1, 2, 2].map(Value::Int));
    let zeros: Vec<_> = [0.0, -0.0].map(|x| row(&[(FLOAT, Value::Float(x))])).into();
    let call = call(0, WindowFunction::CountDistinct { cap: 10 }, Some(FLOAT), None);
    assert_eq!(results(Frame::Unbounded, false, call, &zeros), [1, 1].map(Value::Int), "the zeros are one value");
}

/// Values: pandas 3.1, `Series([1, 5, 2]).ewm(halflife=2).mean()`; by time, `ewm(halflife="2us", times=…)`.
#[test]
fn values_fade_by_rows_or_by_time() {
    let fading = |half_life, exclude, rows: &[(i64, Option<f64>)]| {
        let plan = Plan {
            windows: vec![window(&[], Frame::Unbounded, exclude)],
            calls: vec![call(0, WindowFunction::Ewma { half_life }, Some(FLOAT), None)],
            lateness: 100,
            dedupe: 0,
        };
        let mut fold = Fold::new(&plan);
        let means = rows.iter().map(|(time, x)| {
            let found = fold.fold(*time, &row(&[(FLOAT, x.map_or(NULL, Value::Float))])).remove(0);
            match found {
                Value::Float(mean) => (mean * 1e9).round() / 1e9,
                _ => -1.0,
            }
        });
        means.collect::<Vec<f64>>()
    };
    let rows = [(0, Some(1.0)), (1, Some(5.0)), (2, None), (6, Some(2.0))];
    assert_eq!(fading(HalfLife::Rows(2), false, &rows), [1.0, 3.343145751, 3.343145751, 2.734590803]);
    assert_eq!(fading(HalfLife::Time(2), false, &rows), [1.0, 3.343145751, 3.343145751, 2.311366832]);
    assert_eq!(
        fading(HalfLife::Rows(2), true, &rows),
        [-1.0, 1.0, 3.343145751, 3.343145751],
        "what stood before the current row"
    );
    let late = [rows[0], rows[3], rows[1]];
    let expected = fading(HalfLife::Time(2), false, &rows).pop();
    assert_eq!(fading(HalfLife::Time(2), false, &late).pop(), expected, "the weight that it would have by now");
}
