//! Choosing and joining rows of columns.

use rayon::prelude::*;

use crate::column::{Column, Data};
use crate::value::Type;

/// The rows from 0 that are not among `without`, which ascends.
pub(super) fn all_but(rows: usize, without: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut without = without.peekable();
    (0..rows).filter(|row| without.next_if_eq(row).is_none()).collect()
}

/// NULL in every row.
pub(super) fn nulls(ty: Type, rows: usize) -> Column {
    Column { ty, data: Data::blank(ty, rows), valid: (rows > 0).then(|| vec![false; rows]) }
}

/// Columns of one type, one after the other.
pub(super) fn concat(ty: Type, parts: Vec<Column>) -> Column {
    let rows = parts.iter().map(Column::len).sum();
    let any_null = parts.iter().any(|part| part.valid.is_some());
    let mut parts = parts.into_iter();
    let Some(mut whole) = parts.next() else { return nulls(ty, 0) };
    if any_null && whole.valid.is_none() {
        whole.valid = Some(vec![true; whole.len()]);
    }
    reserve(&mut whole, rows);
    for part in parts {
        if let Some(valid) = &mut whole.valid {
            match part.valid {
                Some(more) => valid.extend(more),
                None => valid.resize(valid.len() + part.len(), true),
            }
        }
        match (&mut whole.data, part.data) {
            (Data::Bool(v), Data::Bool(more)) => v.extend(more),
            (Data::Int(v), Data::Int(more)) => v.extend(more),
            (Data::Float(v), Data::Float(more)) => v.extend(more),
            (Data::String(v), Data::String(more)) => v.extend(more),
            _ => unreachable!("parts of one column have one type"),
        }
    }
    whole
}

fn reserve(column: &mut Column, rows: usize) {
    let more = rows - column.len();
    match &mut column.data {
        Data::Bool(v) => v.reserve_exact(more),
        Data::Int(v) => v.reserve_exact(more),
        Data::Float(v) => v.reserve_exact(more),
        Data::String(v) => v.reserve_exact(more),
    }
    if let Some(valid) = &mut column.valid {
        valid.reserve_exact(more);
    }
}

/// Joins parts that all have the columns `types`, a column at a time on all cores.
pub(super) fn concat_all(types: &[Type], parts: Vec<Vec<Column>>) -> Vec<Column> {
    let mut by_column: Vec<Vec<Column>> = types.iter().map(|_| Vec::with_capacity(parts.len())).collect();
    for part in parts {
        for (column, slot) in part.into_iter().zip(&mut by_column) {
            slot.push(column);
        }
    }
    by_column.into_par_iter().zip(types).map(|(parts, &ty)| concat(ty, parts)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn parts_with_and_without_nulls_are_joined() {
        let part = |values: &[Value]| Column::from_values(Type::Int, values);
        let (whole, holes) = ([Value::Int(1), Value::Int(2)], [Value::Null, Value::Int(4)]);
        for parts in [[&whole, &holes], [&holes, &whole], [&whole, &whole]] {
            let joined = concat(Type::Int, parts.iter().map(|values| part(*values)).collect());
            let expected: Vec<Value> = parts.iter().flat_map(|values| values.iter().cloned()).collect();
            assert_eq!((0..joined.len()).map(|row| joined.value(row)).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn no_parts_make_an_empty_column() {
        let columns = concat_all(&[Type::String, Type::Bool], Vec::new());
        assert_eq!(
            columns.iter().map(|column| (column.ty, column.len())).collect::<Vec<_>>(),
            [(Type::String, 0), (Type::Bool, 0)]
        );
    }

    #[test]
    fn the_rows_left_are_those_not_named() {
        assert_eq!(all_but(5, [0, 3].into_iter()), [1, 2, 4]);
        assert_eq!(all_but(2, [0, 1].into_iter()), [] as [usize; 0]);
    }
}
