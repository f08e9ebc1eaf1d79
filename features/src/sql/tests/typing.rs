use super::{column, lone, plays, read};
use crate::plan::Node;
use crate::program::Scratch;
use crate::value::{Type, Value};

/// The value of an expression without names.
#[track_caller]
fn check(expression: &str, expected: Value) {
    let compiled = lone(expression).unwrap_or_else(|faults| panic!("{expression}: {faults:?}"));
    let mut out = Vec::new();
    compiled.program.eval(&mut Scratch::default(), &vec![Value::Null; 9], &[], &mut out);
    assert!(out[0].same_bits(&expected), "{expression} is {:?}, not {expected:?}", out[0]);
}

#[track_caller]
fn check_type(expression: &str, expected: Type) {
    let view = column(expression).unwrap_or_else(|faults| panic!("{expression}: {faults:?}"));
    assert_eq!(view.columns[0].ty, expected, "{expression}");
}

#[test]
fn numbers_are_int_or_float_as_written() {
    check("7", Value::Int(7));
    check("-7", Value::Int(-7));
    check("-9223372036854775808", Value::Int(i64::MIN));
    check("7.0", Value::Float(7.0));
    check(".5", Value::Float(0.5));
    check("1e3", Value::Float(1000.0));
    check("-0.0", Value::Float(-0.0));
}

#[test]
fn int_becomes_float_where_float_is_needed() {
    check("1 + 0.5", Value::Float(1.5));
    check("7 / 2", Value::Float(3.5));
    check("coalesce(1, 0.5)", Value::Float(1.0));
    check("CASE WHEN false THEN 0.5 ELSE 2 END", Value::Float(2.0));
    check("greatest(1, 2.5, 3)", Value::Float(3.0));
    check("1 IN (1.0, 2.5)", Value::Bool(true));
    check("sqrt(9)", Value::Float(3.0));
    check_type("down + yards", Type::Float);
    check_type("down + 1", Type::Int);
}

#[test]
fn operators_bind_as_in_sql() {
    check("1 + 2 * 3", Value::Int(7));
    check("(1 + 2) * 3", Value::Int(9));
    check("-2 * 3 - -4", Value::Int(-2));
    check("10 - 4 - 3", Value::Int(3));
    check("7 % 4 * 2", Value::Int(6));
    check("NOT 1 = 2", Value::Bool(true));
    check("true OR false AND false", Value::Bool(true));
    check("1 + 1 = 2 AND NOT false", Value::Bool(true));
    check("3 BETWEEN 1 AND 5 AND false", Value::Bool(false));
    check("2*-3", Value::Int(-6));
}

#[test]
fn tests_are_three_valued() {
    check("3 BETWEEN 1 AND 5", Value::Bool(true));
    check("3 NOT BETWEEN 1 AND 5", Value::Bool(false));
    check("NULL BETWEEN 1 AND 5", Value::Null);
    check("9 BETWEEN 10 AND NULL", Value::Bool(false));
    check("1 IN (1, NULL)", Value::Bool(true));
    check("2 IN (1, NULL)", Value::Null);
    check("2 NOT IN (1, NULL)", Value::Null);
    check("NULL AND false", Value::Bool(false));
    check("NULL OR true", Value::Bool(true));
    check("down IS NULL", Value::Bool(true));
    check("1 IS NOT NULL", Value::Bool(true));
    check("NULL = NULL", Value::Null);
    check("NULL IN (NULL)", Value::Null);
}

#[test]
fn case_chooses_the_first_that_is_true() {
    check("CASE WHEN NULL THEN 1 WHEN true THEN 2 ELSE 3 END", Value::Int(2));
    check("CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END", Value::String("b".into()));
    check("CASE 3 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END", Value::Null);
    check("CASE WHEN false THEN 1 ELSE NULL END", Value::Null);
    check("coalesce(CASE WHEN true THEN NULL END, 5)", Value::Int(5));
}

#[test]
fn null_takes_its_type_from_where_it_stands() {
    check("NULL + 1", Value::Null);
    check("coalesce(NULL, 5)", Value::Int(5));
    check("nullif(5, NULL)", Value::Int(5));
    check("abs(NULL)", Value::Null);
    check("lower(NULL)", Value::Null);
    check_type("CAST(NULL AS timestamp)", Type::Timestamp);
    check_type("nullif(team, NULL)", Type::String);
}

#[test]
fn lengths_of_time_are_read_in_every_spelling() {
    let minutes_5 = Value::Interval(300_000_000);
    for text in [
        "INTERVAL '5 minutes'",
        "INTERVAL '5' MINUTE",
        "INTERVAL 5 MINUTE",
        "5 * INTERVAL '1 minute'",
        "INTERVAL '4 min 60 s'",
    ] {
        check(text, minutes_5.clone());
    }
    check("extract(epoch FROM INTERVAL '1 day')", Value::Float(86_400.0));
    check("TIMESTAMP '2024-09-05 20:20:00' + 0.5 * INTERVAL '1 second'", Value::Timestamp(1_725_567_600_500_000));
}

#[test]
fn text_and_time_are_cast_both_ways() {
    check("CAST('2024-09-05' AS timestamp)", Value::Timestamp(1_725_494_400_000_000));
    check("'2024-09-05'::timestamp", Value::Timestamp(1_725_494_400_000_000));
    check("CAST(TIMESTAMP '2024-09-05' AS text)", Value::String("2024-09-05 00:00:00".into()));
    check("CAST('12' AS bigint)", Value::Int(12));
    check("CAST('nonsense' AS double precision)", Value::Null);
    check("extract(hour FROM TIMESTAMP '2024-09-05 20:20:00')", Value::Int(20));
    check("CAST(2.5 AS int)", Value::Int(3));
}

#[test]
fn long_chains_of_conditions_are_fine() {
    let text = ["down = 1"; 90].join(" OR ");
    check_type(&text, Type::Bool);
    let list: Vec<String> = (0..10_000).map(|i| i.to_string()).collect();
    check_type(&format!("down IN ({})", list.join(", ")), Type::Bool);
}

#[test]
fn event_time_is_a_value_too() {
    check_type("extract(hour FROM event_time)", Type::Int);
    check_type("event_time > at - INTERVAL '1 hour'", Type::Bool);
}

#[test]
fn bare_key_and_id_columns_name_the_row() {
    let view = read("CREATE VIEW v AS SELECT game, play AS p, play + 0 AS q, plays.down, p.yards FROM plays p");
    assert!(view.is_err(), "an alias hides the stream's own name");
    let view =
        read("CREATE VIEW v AS SELECT game, play AS p, play + 0 AS q, plays.down, \"yards\" FROM plays").expect("view");
    let identity: Vec<_> = view.columns.iter().map(|c| (c.name.as_str(), c.identity)).collect();
    assert_eq!(identity, [("game", true), ("p", true), ("q", false), ("down", false), ("yards", false)]);
    assert_eq!(view.features().map(|(_, c)| c.name.as_str()).collect::<Vec<_>>(), ["q", "down", "yards"]);
}

#[test]
fn the_filter_is_the_first_output_of_before() {
    let view = read("CREATE VIEW v AS SELECT down FROM plays WHERE down IS NOT NULL").expect("view");
    assert_eq!(view.before_layout().filter, Some(0));
    assert_eq!(view.before.outputs(), 1);
    assert_eq!(view.after.outputs(), 1);
}

#[test]
fn outcomes_are_for_training_only() {
    assert!(lone("result > 0").is_ok());
    let stream = plays();
    assert!(super::super::scalar("result > 0", &super::Scope::fields(&stream.schema)).is_err());
    assert!(column("result").is_err());
}

#[test]
fn equal_subexpressions_stay_equal_nodes() {
    let view = column("abs(down) + abs( down )").expect("view");
    let Node::Call(_, operands) = &view.columns[0].expr.node else { panic!("a sum") };
    assert_eq!(operands[0], operands[1]);
}
