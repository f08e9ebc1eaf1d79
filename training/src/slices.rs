//! Rows told apart by the values of an expression, for reports.

use std::cmp::Ordering;

use features::column::Column;
use features::value::Value;
use smol_str::SmolStr;

use crate::split::show;

/// One expression over all rows of a dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct SliceColumn {
    pub name: SmolStr,
    /// The distinct values, in order.
    pub values: Vec<String>,
    /// For each row the place of its value in `values`.
    pub of_row: Vec<u32>,
}

/// Numbers with more values than this are cut into [`BANDS`] bands.
const MOST_VALUES: usize = 12;
const BANDS: usize = 5;

impl SliceColumn {
    /// Of the given rows of `column`.
    pub(crate) fn new(name: SmolStr, column: &Column, rows: &[usize]) -> SliceColumn {
        let of_row: Vec<Value> = rows.iter().map(|&row| column.value(row)).collect();
        let alone = SliceColumn::distinct(name.clone(), &of_row);
        if column.ty.is_numeric() && alone.values.len() > MOST_VALUES { bands(name, &of_row) } else { alone }
    }

    /// Every value by itself, however many there are.
    pub(crate) fn distinct(name: SmolStr, of_row: &[Value]) -> SliceColumn {
        let mut values = of_row.to_vec();
        values.sort_by(order);
        values.dedup_by(|a, b| order(a, b) == Ordering::Equal);
        let place = |value: &Value| values.binary_search_by(|other| order(other, value)).unwrap_or_default();
        SliceColumn {
            name,
            of_row: of_row.iter().map(|value| number(place(value))).collect(),
            values: values.iter().map(shown).collect(),
        }
    }
}

/// Bands of about equally many rows; NULLs have one of their own, behind the others.
fn bands(name: SmolStr, of_row: &[Value]) -> SliceColumn {
    let mut sorted: Vec<f64> = of_row.iter().filter_map(as_float).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut uppers: Vec<f64> = (1..=BANDS).map(|band| sorted[(sorted.len() * band / BANDS).max(1) - 1]).collect();
    uppers.dedup();
    let lowest = sorted.first().copied().unwrap_or_default();
    let mut values: Vec<String> = Vec::new();
    for (band, upper) in uppers.iter().enumerate() {
        let lower = if band == 0 { format!("{lowest}") } else { format!("above {}", uppers[band - 1]) };
        values.push(if band == 0 { format!("{lower} to {upper}") } else { format!("{lower}, to {upper}") });
    }
    let nulls = values.len();
    let band = |value: &Value| match as_float(value) {
        Some(x) => uppers.partition_point(|upper| *upper < x),
        None => nulls,
    };
    let of_row: Vec<u32> = of_row.iter().map(|value| number(band(value))).collect();
    if of_row.contains(&number(nulls)) {
        values.push("NULL".to_owned());
    }
    SliceColumn { name, values, of_row }
}

fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "bands need no more than a double's digits")]
fn as_float(value: &Value) -> Option<f64> {
    match value {
        Value::Int(i) => Some(*i as f64),
        Value::Float(x) => Some(*x),
        _ => None,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        Value::Bool(b) => (if *b { "TRUE" } else { "FALSE" }).to_owned(),
        other => show(other),
    }
}

/// Values of one column; NULL stands last.
fn order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Greater,
        (_, Value::Null) => Ordering::Less,
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b))
        | (Value::Timestamp(a), Value::Timestamp(b))
        | (Value::Interval(a), Value::Interval(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        _ => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use features::value::Type;

    use super::*;

    fn slices(ty: Type, values: &[Value]) -> SliceColumn {
        let rows: Vec<usize> = (0..values.len()).collect();
        SliceColumn::new("x".into(), &Column::from_values(ty, values), &rows)
    }

    #[test]
    fn few_values_stand_by_themselves_and_null_is_one_of_them() {
        let found = slices(Type::Int, &[Value::Int(3), Value::Null, Value::Int(1), Value::Int(3)]);
        assert_eq!(found.values, ["1", "3", "NULL"]);
        assert_eq!(found.of_row, [1, 2, 0, 1]);
    }

    #[test]
    fn many_numbers_are_cut_into_bands() {
        let numbers: Vec<Value> = (0..100).map(|i| Value::Float(f64::from(i))).chain([Value::Null]).collect();
        let found = slices(Type::Float, &numbers);
        assert_eq!(
            found.values,
            ["0 to 19", "above 19, to 39", "above 39, to 59", "above 59, to 79", "above 79, to 99", "NULL"]
        );
        assert_eq!((found.of_row[19], found.of_row[20], found.of_row[100]), (0, 1, 5));
    }
}
