//! Generated expressions: what is typed can be run, written back and read again as the same plan.

use proptest::prelude::*;

use super::{column, lone, plays, read};
use crate::program::Scratch;
use crate::sql::{Catalog, describe, view};
use crate::value::{Type, Value};

/// Text of an expression of type `ty`, `depth` levels deep at most.
fn expression(ty: Type, depth: u32) -> BoxedStrategy<String> {
    let leaf = leaf(ty);
    if depth == 0 {
        return leaf;
    }
    let of = |ty: Type| expression(ty, depth - 1);
    let case = (of(Type::Bool), of(ty), of(ty)).prop_map(|(c, a, b)| format!("CASE WHEN {c} THEN {a} ELSE {b} END"));
    let chosen = (of(ty), of(ty), prop::sample::select(vec!["coalesce", "nullif", "least", "greatest"]))
        .prop_map(|(a, b, f)| format!("{f}({a}, {b})"));
    prop_oneof![2 => leaf, 1 => case, 1 => chosen, 4 => own(ty, depth)].boxed()
}

fn leaf(ty: Type) -> BoxedStrategy<String> {
    let texts: &[&str] = match ty {
        Type::Bool => &["scoring", "true", "false"],
        Type::Int => &["down", "play", "7", "-3", "9223372036854775807", "-9223372036854775808"],
        Type::Float => &["yards", "0.5", "-2.25", "1e300", "0.0", "-0.0"],
        Type::String => &["team", "'it''s'", "'12'", "''", "'2024-09-05'"],
        Type::Timestamp => &["at", "event_time", "TIMESTAMP '2024-09-05 20:20:00'"],
        Type::Interval => &["INTERVAL '5 minutes'", "INTERVAL '-90 s'", "(at - event_time)"],
    };
    prop::sample::select(texts.to_vec()).prop_map(str::to_owned).boxed()
}

/// Expressions that give this type only.
fn own(ty: Type, depth: u32) -> BoxedStrategy<String> {
    let of = move |ty: Type| expression(ty, depth - 1);
    let pair = |ty: Type, operators: &[&'static str]| {
        let operators = prop::sample::select(operators.to_vec());
        (of(ty), operators, of(ty)).prop_map(|(a, op, b)| format!("({a} {op} {b})"))
    };
    let one = |ty: Type, forms: &[&'static str]| {
        (of(ty), prop::sample::select(forms.to_vec()))
            .prop_map(|(a, form)| format!("({})", form.replace('?', &format!("({a})"))))
    };
    match ty {
        Type::Bool => prop_oneof![
            pair(Type::Bool, &["AND", "OR", "=", "<>"]),
            pair(Type::Int, &["=", "<", ">="]),
            pair(Type::String, &["=", "<"]),
            pair(Type::Timestamp, &["<=", ">"]),
            one(Type::Bool, &["NOT ?", "? IS NULL"]),
            one(
                Type::Int,
                &[
                    "? IN (1, 2, NULL)",
                    "? NOT IN (1)",
                    "? BETWEEN 1 AND 4",
                    "? NOT BETWEEN -1 AND 2.5",
                    "? IS NOT NULL"
                ]
            ),
        ]
        .boxed(),
        Type::Int => prop_oneof![
            pair(Type::Int, &["+", "-", "*", "%"]),
            one(Type::Int, &["- ?", "abs?", "CASE ? WHEN 1 THEN 2 WHEN 3 THEN 4 END"]),
            one(Type::String, &["length?", "CAST(? AS int)"]),
            one(Type::Timestamp, &["extract(hour FROM ?)"]),
        ]
        .boxed(),
        Type::Float => prop_oneof![
            pair(Type::Float, &["+", "-", "*", "/", "%"]),
            (of(Type::Int), of(Type::Float)).prop_map(|(a, b)| format!("({a} + {b})")),
            one(Type::Float, &["sqrt?", "exp?", "round?", "-?", "power(?, 2)", "clamp(?, -1, 1.5)"]),
            one(Type::Interval, &["extract(epoch FROM ?)"]),
        ]
        .boxed(),
        Type::String => prop_oneof![
            one(Type::String, &["lower?", "upper?"]),
            one(Type::Timestamp, &["CAST(? AS text)"]),
            one(Type::Float, &["CAST(? AS string)"]),
        ]
        .boxed(),
        Type::Timestamp => prop_oneof![
            (of(Type::Timestamp), of(Type::Interval)).prop_map(|(a, b)| format!("({a} + {b})")),
            one(Type::String, &["CAST(? AS timestamp)"]),
        ]
        .boxed(),
        Type::Interval => prop_oneof![
            (of(Type::Int), of(Type::Interval)).prop_map(|(a, b)| format!("({a} * {b})")),
            (of(Type::Timestamp), of(Type::Timestamp)).prop_map(|(a, b)| format!("({a} - {b})")),
        ]
        .boxed(),
    }
}

fn any_expression() -> impl Strategy<Value = (Type, String)> {
    let types = vec![Type::Bool, Type::Int, Type::Float, Type::String, Type::Timestamp];
    prop::sample::select(types).prop_flat_map(|ty| expression(ty, 3).prop_map(move |text| (ty, text)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_well_typed_expression_is_accepted_and_has_its_type((ty, text) in any_expression()) {
        let view = column(&text).map_err(|faults| TestCaseError::fail(format!("{text}: {faults:?}")))?;
        prop_assert_eq!(view.columns[0].ty, ty);
        let mut out = Vec::new();
        view.after.eval(&mut Scratch::default(), &vec![Value::Null; 9], &[], &mut out);
        prop_assert!(out[0].is_null() || out[0].ty() == Some(ty), "{} is {:?}", text, out[0]);
    }

    #[test]
    fn a_plan_written_back_is_read_as_the_same_plan((_, text) in any_expression()) {
        let first = column(&text).map_err(|faults| TestCaseError::fail(format!("{text}: {faults:?}")))?;
        let written = describe(&first, &first.columns[0].expr);
        let second = column(&written).map_err(|faults| TestCaseError::fail(format!("{written}: {faults:?}")))?;
        prop_assert_eq!(&second.columns[0].expr, &first.columns[0].expr, "{} became {}", text, written);
        prop_assert_eq!(second.hash, first.hash);
    }

    #[test]
    fn a_word_out_of_place_is_answered((_, text) in any_expression(), at in 0..400_usize, length in 1..12_usize) {
        let mut cut: Vec<char> = text.chars().collect();
        let start = at % cut.len();
        cut.drain(start..(start + length).min(cut.len()));
        let cut: String = cut.into_iter().collect();
        let _ = lone(&cut);
        let _ = read(&format!("CREATE VIEW v AS SELECT {cut} AS x FROM plays WHERE {cut}"));
    }
}

#[test]
fn windows_written_back_are_read_as_the_same_windows() {
    let calls = [
        "sum(yards * 2) FILTER (WHERE scoring)",
        "nth_value(team, 3)",
        "var_samp(down)",
        "stddev_samp(yards)",
        "count_distinct(team, 7)",
    ];
    let frames = ["ROWS UNBOUNDED PRECEDING", "ROWS 3 PRECEDING", "RANGE INTERVAL '5 minutes' PRECEDING"];
    let fading = ["ewma(down, 3)", "ewma(yards, INTERVAL '90 s')"].map(|call| (call, frames[0]));
    for (call, frame) in calls.iter().flat_map(|call| frames.map(|frame| (*call, frame))).chain(fading) {
        let text = format!(
            "CREATE VIEW v AS SELECT {call} OVER (PARTITION BY game, down % 2 \
             ORDER BY event_time {frame} EXCLUDE CURRENT ROW) AS x FROM plays"
        );
        let first = read(&text).expect("view");
        let call = crate::sql::describe_call(&first, &first.calls[0]);
        let window = crate::sql::describe_window(&first, &first.windows[0]);
        let again = format!("CREATE VIEW v AS SELECT {call} OVER ({window}) AS x FROM plays");
        assert_eq!(view(&again, &Catalog::from(plays())).view.expect("view").hash, first.hash, "{again}");
    }
}
