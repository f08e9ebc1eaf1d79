//! Cells on their way to PostgreSQL and back.

use bytes::BytesMut;
use postgres::Row;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::tables::{Cell, Column, Kind};

type Problem = Box<dyn std::error::Error + Sync + Send>;

pub(super) fn references<'a>(cells: &'a [Cell<'_>]) -> Vec<&'a (dyn ToSql + Sync)> {
    cells.iter().map(|cell| cell as &(dyn ToSql + Sync)).collect()
}

impl ToSql for Cell<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Problem> {
        match self {
            Cell::Null => Ok(IsNull::Yes),
            Cell::Int(int) => int.to_sql(&Type::INT8, out),
            Cell::Real(real) => real.to_sql(&Type::FLOAT8, out),
            Cell::Text(text) => storable(text).to_sql(ty, out),
            Cell::Bytes(bytes) => (&**bytes).to_sql(&Type::BYTEA, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT8 | Type::FLOAT8 | Type::TEXT | Type::VARCHAR | Type::BYTEA)
    }

    to_sql_checked!();
}

/// PostgreSQL's text has no U+0000.
fn storable(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// The rows of `cells` by column: each column's type, and its values as one parameter.
pub(super) fn arrays<'a>(
    columns: &[Column],
    cells: &'a [Cell<'_>],
) -> (Vec<&'static str>, Vec<Box<dyn ToSql + Sync + 'a>>) {
    let width = columns.len();
    let array = |(place, Column(_, kind)): (usize, &Column)| -> (&'static str, Box<dyn ToSql + Sync + 'a>) {
        let column = cells.iter().skip(place).step_by(width);
        match kind {
            Kind::Int => ("BIGINT", Box::new(column.map(Cell::int).collect::<Vec<_>>())),
            Kind::Real => ("DOUBLE PRECISION", Box::new(column.map(Cell::real).collect::<Vec<_>>())),
            Kind::Text => ("TEXT", Box::new(column.map(|cell| cell.text().map(storable)).collect::<Vec<_>>())),
            Kind::Bytes => ("BYTEA", Box::new(column.map(Cell::bytes).collect::<Vec<_>>())),
        }
    };
    columns.iter().enumerate().map(array).unzip()
}

pub(super) fn cell(row: &Row, column: usize) -> Result<Cell<'static>, postgres::Error> {
    Ok(match *row.columns()[column].type_() {
        Type::FLOAT8 => row.try_get::<_, Option<f64>>(column)?.into(),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(column)?.map_or(Cell::Null, |bytes| Cell::Bytes(bytes.into())),
        Type::TEXT | Type::VARCHAR => row.try_get::<_, Option<String>>(column)?.into(),
        Type::INT4 => row.try_get::<_, Option<i32>>(column)?.map(i64::from).into(),
        _ => row.try_get::<_, Option<i64>>(column)?.into(),
    })
}
