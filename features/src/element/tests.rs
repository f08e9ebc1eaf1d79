use super::{Element, NullRule, ResolveError, format_timestamp, parse_timestamp};
use crate::value::{Type, Value};

const DAY: i64 = 86_400_000_000;

/// Resolves `name` for the arguments' types, widens them as a plan does, and applies it; with the overflows counted.
fn counted(name: &str, arguments: &[Value]) -> (Value, u64) {
    let types: Vec<Type> = arguments.iter().map(|a| a.ty().expect("typed argument")).collect();
    let overload = Element::resolve(name, &types).expect(name);
    let widened = arguments.iter().zip(overload.parameters).map(|(argument, wanted)| match (argument, wanted) {
        (Value::Int(i), Type::Float) => float(super::cast::int_to_float(*i)),
        _ => argument.clone(),
    });
    let mut overflows = 0;
    (overload.element.apply(&widened.collect::<Vec<_>>(), &mut overflows), overflows)
}

#[track_caller]
fn check(name: &str, arguments: &[Value], expected: &Value) {
    let (value, overflows) = counted(name, arguments);
    assert!(value.same_bits(expected), "{name}({arguments:?}) is {value:?}, not {expected:?}");
    assert_eq!(overflows, 0, "{name}({arguments:?}) counted an overflow");
}

#[track_caller]
fn check_overflows(name: &str, arguments: &[Value]) {
    assert_eq!(counted(name, arguments), (Value::Null, 1), "{name}({arguments:?})");
}

fn int(x: i64) -> Value {
    Value::Int(x)
}

fn float(x: f64) -> Value {
    Value::Float(x)
}

fn text(x: &str) -> Value {
    Value::String(x.into())
}

fn time(spelling: &str) -> Value {
    Value::Timestamp(parse_timestamp(spelling).expect(spelling))
}

fn truth(x: bool) -> Value {
    Value::Bool(x)
}

#[test]
fn stable_names_are_unique() {
    let mut names: Vec<_> = Element::all().map(Element::name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn every_function_is_documented_in_one_line_and_says_where_it_is_null() {
    for element in Element::all() {
        let doc = element.doc();
        assert!(doc.ends_with('.') && !doc.contains('\n'), "{element:?}: {doc}");
        match element.null_rule() {
            NullRule::Strict => assert!(!doc.contains("is NULL"), "{element:?} is never NULL: {doc}"),
            NullRule::Finite => {}
            NullRule::Partial => assert!(doc.contains("NULL"), "{element:?}: {doc}"),
            NullRule::Overflow | NullRule::PartialOverflow => {
                assert!(doc.contains("NULL and counted"), "{element:?}: {doc}");
            }
        }
    }
}

#[test]
fn every_function_is_null_where_an_argument_is() {
    for element in Element::all() {
        let example = |ty: &Type| match ty {
            Type::Bool => truth(true),
            Type::Int => int(1),
            Type::Float => float(1.0),
            Type::String => text("1"),
            Type::Timestamp => Value::Timestamp(0),
            Type::Interval => Value::Interval(1),
        };
        for null in 0..element.parameters().len() {
            let mut arguments: Vec<Value> = element.parameters().iter().map(example).collect();
            arguments[null] = Value::Null;
            assert_eq!(element.apply(&arguments, &mut 0), Value::Null, "{element:?}");
        }
    }
}

#[test]
fn a_wrong_number_or_type_of_arguments_gives_null() {
    let add = Element::resolve("+", &[Type::Int, Type::Int]).expect("resolved").element;
    assert_eq!(add.apply(&[int(1)], &mut 0), Value::Null);
    assert_eq!(add.apply(&[int(1), float(1.0)], &mut 0), Value::Null);
}

#[test]
fn integer_arithmetic_that_does_not_fit_is_null_and_counted() {
    check("+", &[int(2), int(3)], &int(5));
    check("-", &[int(2), int(3)], &int(-1));
    check("*", &[int(-2), int(3)], &int(-6));
    check("neg", &[int(i64::MAX)], &int(-i64::MAX));
    check_overflows("+", &[int(i64::MAX), int(1)]);
    check_overflows("-", &[int(i64::MIN), int(1)]);
    check_overflows("*", &[int(i64::MIN), int(-1)]);
    check_overflows("neg", &[int(i64::MIN)]);
    check_overflows("abs", &[int(i64::MIN)]);
}

#[test]
fn float_results_that_are_not_finite_are_null_and_not_counted() {
    check("+", &[float(f64::MAX), float(f64::MAX)], &Value::Null);
    check("*", &[float(1e200), float(-1e200)], &Value::Null);
    check("exp", &[float(1000.0)], &Value::Null);
    check("sqrt", &[float(-1.0)], &Value::Null);
    check("ln", &[float(0.0)], &Value::Null);
    check("ln", &[float(-1.0)], &Value::Null);
    check("power", &[float(-8.0), float(1.0 / 3.0)], &Value::Null);
    check("power", &[float(0.0), float(-1.0)], &Value::Null);
}

#[test]
fn division_is_of_floats_and_by_zero_null() {
    check("/", &[int(7), int(2)], &float(3.5));
    check("/", &[int(1), int(0)], &Value::Null);
    check("/", &[float(0.0), float(0.0)], &Value::Null);
    // Not a multiplication by the reciprocal, which gives 0.9991666666666666.
    check("/", &[float(3597.0), float(3600.0)], &float(0.999_166_666_666_666_7));
}

#[test]
fn a_remainder_has_the_sign_of_the_dividend() {
    check("%", &[int(-7), int(2)], &int(-1));
    check("%", &[int(7), int(-2)], &int(1));
    check("%", &[int(7), int(0)], &Value::Null);
    check("%", &[int(i64::MIN), int(-1)], &int(0));
    check("%", &[float(-7.5), float(2.0)], &float(-1.5));
    check("%", &[float(7.5), float(0.0)], &Value::Null);
}

#[test]
fn rounding_goes_half_away_from_zero() {
    check("round", &[float(2.5)], &float(3.0));
    check("round", &[float(-2.5)], &float(-3.0));
    check("round", &[float(0.499_999_999_999_999_94)], &float(0.0));
    check("round", &[int(7)], &float(7.0));
    check("ceil", &[float(-0.5)], &float(-0.0));
    check("floor", &[float(-0.5)], &float(-1.0));
}

#[test]
fn rounding_to_digits_works_on_both_sides_of_the_point() {
    check("round", &[float(2.345), int(1)], &float(2.3));
    check("round", &[float(-2.25), int(1)], &float(-2.3));
    check("round", &[float(1250.0), int(-2)], &float(1300.0));
    check("round", &[int(1250), int(-2)], &float(1300.0));
    check("round", &[float(0.1), int(0)], &float(0.0));
    // Nothing to round, or nothing left.
    check("round", &[float(1e300), int(20)], &float(1e300));
    check("round", &[float(0.1), int(i64::MAX)], &float(0.1));
    check("round", &[float(0.1), int(i64::MIN)], &float(0.0));
}

#[test]
fn elementary_functions_have_the_bits_of_libm() {
    // libm is within one unit in the last place, not always the nearest: pinned, since views depend on the bits.
    check("exp", &[float(1.0)], &float(std::f64::consts::E.next_up()));
    check("ln", &[float(2.0)], &float(std::f64::consts::LN_2));
    check("sqrt", &[float(2.0)], &float(std::f64::consts::SQRT_2));
    check("power", &[int(2), int(10)], &float(1024.0));
    check("power", &[float(0.0), float(0.0)], &float(1.0));
    check("abs", &[float(-0.0)], &float(0.0));
}

#[test]
fn comparisons_work_for_every_type() {
    let ascending = [
        (truth(false), truth(true)),
        (int(-1), int(2)),
        (float(-1.5), float(2.0)),
        (text("Z"), text("a")),
        (Value::Timestamp(-1), Value::Timestamp(1)),
        (Value::Interval(-1), Value::Interval(1)),
        (int(1), float(1.5)),
    ];
    for (low, high) in ascending {
        for (name, forward, backward, equal) in [
            ("=", false, false, true),
            ("<>", true, true, false),
            ("<", true, false, false),
            ("<=", true, false, true),
            (">", false, true, false),
            (">=", false, true, true),
        ] {
            check(name, &[low.clone(), high.clone()], &truth(forward));
            check(name, &[high.clone(), low.clone()], &truth(backward));
            check(name, &[low.clone(), low.clone()], &truth(equal));
        }
        if low.ty() == high.ty() {
            check("least", &[high.clone(), low.clone()], &low);
            check("greatest", &[low.clone(), high.clone()], &high);
        }
    }
    check("not", &[truth(true)], &truth(false));
}

#[test]
fn the_two_zeros_are_equal_and_the_first_of_them_is_kept() {
    check("=", &[float(0.0), float(-0.0)], &truth(true));
    check("least", &[float(0.0), float(-0.0)], &float(0.0));
    check("least", &[float(-0.0), float(0.0)], &float(-0.0));
    check("greatest", &[float(-0.0), float(0.0)], &float(-0.0));
}

#[test]
fn clamp_holds_between_and_is_null_for_crossed_limits() {
    check("clamp", &[int(5), int(0), int(3)], &int(3));
    check("clamp", &[int(-5), int(0), int(3)], &int(0));
    check("clamp", &[float(1.5), int(0), int(3)], &float(1.5));
    check("clamp", &[int(1), int(3), int(0)], &Value::Null);
}

#[test]
fn text_functions_count_characters_and_know_unicode() {
    check("lower", &[text("ÀB")], &text("àb"));
    check("upper", &[text("straße")], &text("STRASSE"));
    check("length", &[text("žluť")], &int(4));
    check("length", &[text("")], &int(0));
}

#[test]
fn casts_of_numbers() {
    check("cast:int", &[float(2.5)], &int(3));
    check("cast:int", &[float(-2.5)], &int(-3));
    check("cast:int", &[float(-9_223_372_036_854_775_808.0)], &int(i64::MIN));
    check_overflows("cast:int", &[float(9_223_372_036_854_775_808.0)]);
    check_overflows("cast:int", &[float(-1e19)]);
    check("cast:float", &[int(i64::MAX)], &float(9_223_372_036_854_775_808.0));
    check("cast:int", &[truth(true)], &int(1));
    check("cast:float", &[truth(false)], &float(0.0));
    check("cast:bool", &[int(-3)], &truth(true));
    check("cast:bool", &[float(-0.0)], &truth(false));
}

#[test]
fn casts_from_text_are_strict() {
    check("cast:int", &[text("-17")], &int(-17));
    check("cast:int", &[text("+17")], &int(17));
    for bad in ["", " 1", "1 ", "1.0", "1e3", "9223372036854775808", "0x10", "-"] {
        check("cast:int", &[text(bad)], &Value::Null);
    }
    check("cast:float", &[text("-1.5e3")], &float(-1500.0));
    check("cast:float", &[text("7")], &float(7.0));
    for bad in ["", " 1", "1,5", "NaN", "Infinity", "-inf", "1e999"] {
        check("cast:float", &[text(bad)], &Value::Null);
    }
    check("cast:bool", &[text("true")], &truth(true));
    for bad in ["True", "1", "yes", ""] {
        check("cast:bool", &[text(bad)], &Value::Null);
    }
}

#[test]
fn casts_to_text_read_back_as_the_same_value() {
    check("cast:string", &[int(i64::MIN)], &text("-9223372036854775808"));
    check("cast:string", &[truth(false)], &text("false"));
    check("cast:string", &[time("2024-02-29 07:05:03.25")], &text("2024-02-29 07:05:03.250000"));
    for x in [0.1, -0.0, 1.0, 1e300, 5e-324, f64::MAX] {
        let (written, _) = counted("cast:string", &[float(x)]);
        check("cast:float", &[written], &float(x));
    }
}

#[test]
fn casts_read_timestamps_as_everybody_does() {
    let noon = 19_782 * DAY + DAY / 2;
    for spelling in [
        "2024-02-29 12:00:00",
        "2024-02-29T12:00:00",
        "2024-02-29T12:00:00Z",
        "2024-02-29T14:00:00.000+02:00",
        "2024-02-29 06:30:00-05:30",
        "2024-02-29 12:00:00.0000009",
    ] {
        assert_eq!(parse_timestamp(spelling), Some(noon), "{spelling}");
    }
    assert_eq!(parse_timestamp("2024-02-29"), Some(19_782 * DAY));
    assert_eq!(parse_timestamp("1969-12-31 23:59:59.999999"), Some(-1));
    assert_eq!(parse_timestamp("0000-01-01"), Some(-719_528 * DAY));
    for bad in [
        "",
        "2024",
        "2024-2-9",
        "2023-02-29",
        "2024-13-01",
        "2024/02/29",
        " 2024-02-29",
        "2024-02-29 ",
        "2024-02-29 24:00:00",
        "2024-02-29 23:59:60",
        "2024-02-29 12:00:00.",
        "+2024-02-29",
        "２０２４-02-29",
    ] {
        assert_eq!(parse_timestamp(bad), None, "{bad}");
    }
}

#[test]
fn timestamps_without_a_spelling_of_four_digits_have_no_text() {
    assert_eq!(format_timestamp(0).as_deref(), Some("1970-01-01 00:00:00"));
    assert_eq!(format_timestamp(-1).as_deref(), Some("1969-12-31 23:59:59.999999"));
    assert_eq!(format_timestamp(253_402_300_800_000_000), None);
    assert_eq!(format_timestamp(i64::MIN), None);
}

#[test]
fn times_and_intervals_add_up() {
    let (start, end) = (time("2024-03-01 00:00:00"), time("2024-03-01 01:00:00"));
    let hour = Value::Interval(3_600_000_000);
    check("+", &[start.clone(), hour.clone()], &end);
    check("+", &[hour.clone(), start.clone()], &end);
    check("-", &[end.clone(), hour.clone()], &start);
    check("-", &[end, start], &hour);
    check("+", &[hour.clone(), hour.clone()], &Value::Interval(7_200_000_000));
    check("-", &[hour.clone(), hour.clone()], &Value::Interval(0));
    check("neg", std::slice::from_ref(&hour), &Value::Interval(-3_600_000_000));
    check("*", &[hour.clone(), int(-2)], &Value::Interval(-7_200_000_000));
    check("*", &[int(2), hour.clone()], &Value::Interval(7_200_000_000));
    check("*", &[hour.clone(), float(0.5)], &Value::Interval(1_800_000_000));
    check("*", &[float(2.5), Value::Interval(1)], &Value::Interval(3));
    check("/", &[hour.clone(), int(2)], &Value::Interval(1_800_000_000));
    check("/", &[hour.clone(), int(0)], &Value::Null);
    check_overflows("+", &[Value::Timestamp(i64::MAX), hour.clone()]);
    check_overflows("-", &[Value::Timestamp(i64::MIN), Value::Timestamp(1)]);
    check_overflows("*", &[hour.clone(), float(1e300)]);
    check_overflows("/", &[hour, float(1e-300)]);
}

#[test]
fn parts_of_a_time() {
    let moment = time("2024-12-31 23:59:58.5");
    for (unit, expected) in [
        ("year", int(2024)),
        ("month", int(12)),
        ("day", int(31)),
        ("hour", int(23)),
        ("minute", int(59)),
        ("second", float(58.5)),
        ("dow", int(2)),
        ("doy", int(366)),
        ("epoch", float(1_735_689_598.5)),
    ] {
        check(&format!("extract:{unit}"), std::slice::from_ref(&moment), &expected);
    }
    check("extract:epoch", &[Value::Interval(1_500_000)], &float(1.5));
    // Before 1970 the parts still run forward.
    let before = time("1969-12-28 22:00:01");
    check("extract:dow", std::slice::from_ref(&before), &int(0));
    check("extract:hour", std::slice::from_ref(&before), &int(22));
    check("extract:second", &[before], &float(1.0));
    check("extract:year", &[Value::Timestamp(i64::MAX)], &Value::Null);
}

#[test]
fn resolving_takes_the_types_as_they_are_before_it_converts() {
    let overload = |name, given: &[Type]| Element::resolve(name, given).expect(name);
    assert_eq!(overload("+", &[Type::Int, Type::Int]).result, Type::Int);
    let mixed = overload("+", &[Type::Int, Type::Float]);
    assert_eq!((mixed.parameters, mixed.result), ([Type::Float, Type::Float].as_slice(), Type::Float));
    assert_eq!(overload("round", &[Type::Int, Type::Int]).parameters, [Type::Float, Type::Int]);
    assert_eq!(overload("*", &[Type::Interval, Type::Int]).element.name(), "mul_interval_int");
}

#[test]
fn a_misspelt_name_offers_the_nearest() {
    let nearest = |name| match Element::resolve(name, &[Type::Float]) {
        Err(ResolveError::Unknown { nearest, .. }) => nearest,
        other => panic!("{other:?}"),
    };
    assert_eq!(nearest("sqr"), Some("sqrt"));
    assert_eq!(nearest("lenght"), Some("length"));
    assert_eq!(nearest("extract:hours"), Some("extract:hour"));
    assert_eq!(nearest("frobnicate"), None);
}

#[test]
fn arguments_that_do_not_fit_list_what_would() {
    let error = Element::resolve("-", &[Type::String, Type::Int]).expect_err("no such overload");
    assert_eq!(error.to_string(), "`-` does not take (string, int)");
    let ResolveError::Mismatch { accepted, .. } = error else { panic!("{error:?}") };
    assert!(accepted.contains(&"timestamp - interval".to_owned()), "{accepted:?}");
    let ResolveError::Mismatch { accepted, .. } =
        Element::resolve("round", &[Type::String]).expect_err("no such overload")
    else {
        panic!("a mismatch");
    };
    assert_eq!(accepted, ["round(float)", "round(float, int)"]);
}
