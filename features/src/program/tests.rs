use proptest::collection::vec;
use proptest::prelude::*;
use smol_str::format_smolstr;

use super::arbitrary::{any_expr, row};
use super::{Program, Scratch};
use crate::column::Column;
use crate::element::{CHUNK, Element};
use crate::parity::oracle::meaning;
use crate::plan::{Expr, Node};
use crate::value::{Type, Value};

const FIELDS: [Type; 7] = [Type::Bool, Type::Int, Type::Int, Type::Float, Type::Float, Type::String, Type::Timestamp];
const WINDOWS: [Type; 3] = [Type::Float, Type::Int, Type::String];

fn columns(types: &[Type], rows: &[Vec<Value>]) -> Vec<Column> {
    let column = |i: usize| rows.iter().map(|row| row[i].clone()).collect::<Vec<_>>();
    types.iter().enumerate().map(|(i, ty)| Column::from_values(*ty, &column(i))).collect()
}

fn same(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same_bits(b))
}

/// Runs both machines and the meaning over the rows, and compares every bit and the overflows.
fn check(exprs: &[Expr], rows: &[(Vec<Value>, Vec<Value>)]) {
    let program = Program::compile(&exprs.iter().collect::<Vec<_>>());
    let mut scratch = Scratch::default();
    let mut out = Vec::new();
    let mut by_row = Vec::new();
    for (fields, windows) in rows {
        program.eval(&mut scratch, fields, windows, &mut out);
        let expected: Vec<Value> = exprs.iter().map(|e| meaning(e, fields, windows)).collect();
        assert!(same(&out, &expected), "{out:?} is not {expected:?}");
        by_row.push(out.clone());
    }
    let (fields, windows): (Vec<_>, Vec<_>) = rows.iter().cloned().unzip();
    let (fields, windows) = (columns(&FIELDS, &fields), columns(&WINDOWS, &windows));
    let present: Vec<Option<&Column>> =
        fields.iter().enumerate().map(|(i, c)| program.fields().contains(&i).then_some(c)).collect();
    let (by_column, overflows) = program.eval_columns(rows.len(), &present, &windows);
    for (i, row) in by_row.iter().enumerate() {
        let values: Vec<Value> = by_column.iter().map(|c| c.value(i)).collect();
        assert!(same(&values, row), "row {i}: columns give {values:?}, one by one {row:?}");
    }
    assert_eq!(overflows, scratch.overflows);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn both_machines_compute_what_the_expression_means(
        exprs in vec(any_expr(&FIELDS, &WINDOWS), 1..5),
        rows in vec((row(&FIELDS), row(&WINDOWS)), 1..12),
    ) {
        check(&exprs, &rows);
    }

    #[test]
    fn chunks_and_ranges_do_not_show(
        exprs in vec(any_expr(&FIELDS, &WINDOWS), 1..3),
        rows in vec((row(&FIELDS), row(&WINDOWS)), 5),
        cut in 0..CHUNK + 200,
    ) {
        let program = Program::compile(&exprs.iter().collect::<Vec<_>>());
        let many: Vec<_> = rows.iter().cycle().take(CHUNK + 200).cloned().collect();
        let (fields, windows): (Vec<_>, Vec<_>) = many.into_iter().unzip();
        let (fields, windows) = (columns(&FIELDS, &fields), columns(&WINDOWS, &windows));
        let fields: Vec<Option<&Column>> = fields.iter().map(Some).collect();
        let (whole, overflows) = program.eval_columns(CHUNK + 200, &fields, &windows);
        let (head, before) = program.eval_range(0..cut, &fields, &windows);
        let (tail, after) = program.eval_range(cut..CHUNK + 200, &fields, &windows);
        prop_assert_eq!(overflows, before + after);
        for ((whole, head), tail) in whole.iter().zip(&head).zip(&tail) {
            for i in 0..CHUNK + 200 {
                let part = if i < cut { head.value(i) } else { tail.value(i - cut) };
                prop_assert!(whole.value(i).same_bits(&part));
                prop_assert!(whole.value(i).same_bits(&whole.value(i % 5)));
            }
        }
    }
}

fn literal(value: Value) -> Expr {
    Expr::new(value.ty().unwrap_or(Type::Int), Node::Literal(value))
}

fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    let types: Vec<Type> = arguments.iter().map(|a| a.ty).collect();
    let overload = Element::resolve(name, &types).expect(name);
    Expr::new(overload.result, Node::Call(overload.element, arguments))
}

fn field(index: usize, ty: Type) -> Expr {
    Expr::new(ty, Node::Field(index))
}

fn eval(expr: &Expr, fields: &[Value]) -> Value {
    let mut out = Vec::new();
    Program::compile(&[expr]).eval(&mut Scratch::default(), fields, &[], &mut out);
    out.remove(0)
}

#[test]
fn equal_subexpressions_are_computed_once() {
    let sum = || call("+", vec![field(0, Type::Int), field(1, Type::Int)]);
    let square = call("*", vec![sum(), sum()]);
    let program = Program::compile(&[&square, &sum()]);
    assert_eq!(program.steps(), 2);
    assert_eq!(program.fields(), [0, 1]);
}

#[test]
fn an_overflow_in_a_branch_not_taken_is_counted_by_both_machines() {
    let big = call("+", vec![literal(Value::Int(i64::MAX)), field(0, Type::Int)]);
    let guarded = Expr::new(
        Type::Int,
        Node::Case { branches: vec![(literal(Value::Bool(false)), big)], otherwise: Box::new(literal(Value::Int(0))) },
    );
    let program = Program::compile(&[&guarded]);
    let mut scratch = Scratch::default();
    let mut out = Vec::new();
    program.eval(&mut scratch, &[Value::Int(1)], &[], &mut out);
    assert_eq!((out, scratch.overflows), (vec![Value::Int(0)], 1));
    let column = Column::from_values(Type::Int, &[Value::Int(1), Value::Null]);
    assert_eq!(program.eval_columns(2, &[Some(&column)], &[]).1, 1);
}

#[test]
fn least_and_greatest_skip_nulls() {
    let list = || vec![field(0, Type::Int), field(1, Type::Int), field(2, Type::Int)];
    let least = Expr::new(Type::Int, Node::Least(list()));
    let greatest = Expr::new(Type::Int, Node::Greatest(list()));
    let row = [Value::Null, Value::Int(4), Value::Int(2)];
    assert_eq!(eval(&least, &row), Value::Int(2));
    assert_eq!(eval(&greatest, &row), Value::Int(4));
    assert_eq!(eval(&least, &[Value::Null, Value::Null, Value::Null]), Value::Null);
}

#[test]
fn a_long_list_answers_as_a_short_one_does() {
    for length in [2, 40] {
        let mut list: Vec<Expr> = (0..length).map(|i| literal(Value::String(format_smolstr!("t{i}")))).collect();
        let within = |list: &[Expr], text: Value| {
            let value = Box::new(field(0, Type::String));
            eval(&Expr::new(Type::Bool, Node::In { value, list: list.to_vec() }), &[text])
        };
        assert_eq!(within(&list, Value::String("t1".into())), Value::Bool(true));
        assert_eq!(within(&list, Value::String("x".into())), Value::Bool(false));
        assert_eq!(within(&list, Value::Null), Value::Null);
        list.push(Expr::new(Type::String, Node::Literal(Value::Null)));
        assert_eq!(within(&list, Value::String("t1".into())), Value::Bool(true));
        assert_eq!(within(&list, Value::String("x".into())), Value::Null);
    }
}

#[test]
fn an_input_that_is_absent_or_of_another_type_is_null_in_both_machines() {
    let expr = call("+", vec![field(0, Type::Int), literal(Value::Int(1))]);
    assert_eq!(eval(&expr, &[]), Value::Null);
    assert_eq!(eval(&expr, &[Value::Float(1.0)]), Value::Null);
    assert_eq!(eval(&field(0, Type::Int), &[Value::Float(1.0)]), Value::Null);
    let program = Program::compile(&[&expr]);
    let floats = Column::from_values(Type::Float, &[Value::Float(1.0)]);
    assert!(!program.eval_columns(1, &[None], &[]).0[0].is_valid(0));
    assert!(!program.eval_columns(1, &[Some(&floats)], &[]).0[0].is_valid(0));
}

#[test]
fn a_scratch_serves_programs_of_any_size() {
    let small = Program::compile(&[&field(0, Type::Int)]);
    let large = Program::compile(&[&call("neg", vec![call("abs", vec![field(0, Type::Int)])])]);
    let mut scratch = Scratch::default();
    let mut out = Vec::new();
    for (program, expected) in [(&small, 3), (&large, -3), (&small, 3)] {
        program.eval(&mut scratch, &[Value::Int(3)], &[], &mut out);
        assert_eq!(out, [Value::Int(expected)]);
    }
}

#[test]
fn no_rows_give_empty_columns() {
    let program = Program::compile(&[&literal(Value::Int(1)), &field(0, Type::String)]);
    let (columns, overflows) = program.eval_columns(0, &[None], &[]);
    assert_eq!((columns.len(), overflows), (2, 0));
    assert!(columns.iter().all(Column::is_empty));
}
