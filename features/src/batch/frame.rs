//! Between polars columns and ours: the only place where either becomes the other.

use polars::prelude::{
    BooleanChunked, ChunkedArray, Column as PolarsColumn, DataFrame, DataType, IntoSeries, NamedFrom, NewChunkedArray,
    PlSmallStr, PolarsNumericType, PolarsResult, Series, StringChunked, TimeUnit,
};

use super::cell;
use super::rows;
use crate::column::{Column, Data, Table};
use crate::schema::Field;
use crate::timestamp::TimeFormat;
use crate::value::{Micros, Type};

/// A value that its field cannot hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CellFault {
    pub(super) row: usize,
    pub(super) reason: String,
}

/// A whole column of another type than its field's.
#[derive(Debug)]
pub(super) enum ColumnFault {
    Mistyped { found: String },
    Polars(polars::error::PolarsError),
}

impl From<polars::error::PolarsError> for ColumnFault {
    fn from(error: polars::error::PolarsError) -> ColumnFault {
        ColumnFault::Polars(error)
    }
}

/// What became of one cell.
enum Cell<T> {
    Value(T),
    Null,
    Fault(String),
}

/// A column of a file as values of a field's type, with the cells that do not fit. Integers widen, whole floats become
/// integers, dates become midnight UTC, text is parsed for timestamps; a column of nothing but NULLs has every type.
pub(super) fn column_of(series: &Series, field: &Field) -> Result<(Column, Vec<CellFault>), ColumnFault> {
    let ty = field.ty;
    if series.null_count() == series.len() {
        return Ok((rows::nulls(ty, series.len()), Vec::new()));
    }
    let mut cells = Cells::new(series.len());
    let data = match ty {
        Type::Bool => match series.dtype() {
            DataType::Boolean => Data::Bool(cells.collect(series.bool()?.iter(), Cell::Value)),
            other => return Err(mistyped(other)),
        },
        Type::Int => Data::Int(integers(series, &mut cells)?),
        Type::Float => Data::Float(floats(series, &mut cells)?),
        Type::String => match series.dtype() {
            DataType::String => {
                Data::String(cells.collect(series.str()?.iter(), |text| cell_of(cell::string(text, field))))
            }
            other => return Err(mistyped(other)),
        },
        Type::Timestamp | Type::Interval => Data::Int(timestamps(series, field, &mut cells)?),
    };
    let valid = cells.valid.contains(&false).then_some(cells.valid);
    Ok((Column { ty, data, valid }, cells.faults))
}

fn integers(series: &Series, cells: &mut Cells) -> Result<Vec<i64>, ColumnFault> {
    Ok(match series.dtype() {
        DataType::Int8 => cells.numbers(series.i8()?, |v| Cell::Value(i64::from(v))),
        DataType::Int16 => cells.numbers(series.i16()?, |v| Cell::Value(i64::from(v))),
        DataType::Int32 => cells.numbers(series.i32()?, |v| Cell::Value(i64::from(v))),
        DataType::Int64 => cells.numbers(series.i64()?, Cell::Value),
        DataType::UInt8 => cells.numbers(series.u8()?, |v| Cell::Value(i64::from(v))),
        DataType::UInt16 => cells.numbers(series.u16()?, |v| Cell::Value(i64::from(v))),
        DataType::UInt32 => cells.numbers(series.u32()?, |v| Cell::Value(i64::from(v))),
        DataType::UInt64 => cells.numbers(series.u64()?, |v| match i64::try_from(v) {
            Ok(v) => Cell::Value(v),
            Err(_) => Cell::Fault(format!("{v} does not fit 64 signed bits")),
        }),
        DataType::Float32 => cells.numbers(series.f32()?, |v| whole(f64::from(v))),
        DataType::Float64 => cells.numbers(series.f64()?, whole),
        other => return Err(mistyped(other)),
    })
}

fn whole(v: f64) -> Cell<i64> {
    if v.is_nan() {
        return Cell::Null;
    }
    cell::whole(v).map_or_else(|| Cell::Fault(format!("{v} is no integer of 64 bits")), Cell::Value)
}

fn floats(series: &Series, cells: &mut Cells) -> Result<Vec<f64>, ColumnFault> {
    #[expect(clippy::cast_precision_loss, reason = "an integer read as a double is rounded beyond 2^53, as SQL does")]
    Ok(match series.dtype() {
        DataType::Int8 => cells.numbers(series.i8()?, |v| Cell::Value(f64::from(v))),
        DataType::Int16 => cells.numbers(series.i16()?, |v| Cell::Value(f64::from(v))),
        DataType::Int32 => cells.numbers(series.i32()?, |v| Cell::Value(f64::from(v))),
        DataType::Int64 => cells.numbers(series.i64()?, |v| Cell::Value(v as f64)),
        DataType::UInt8 => cells.numbers(series.u8()?, |v| Cell::Value(f64::from(v))),
        DataType::UInt16 => cells.numbers(series.u16()?, |v| Cell::Value(f64::from(v))),
        DataType::UInt32 => cells.numbers(series.u32()?, |v| Cell::Value(f64::from(v))),
        DataType::UInt64 => cells.numbers(series.u64()?, |v| Cell::Value(v as f64)),
        DataType::Float32 => cells.numbers(series.f32()?, |v| finite(f64::from(v))),
        DataType::Float64 => cells.numbers(series.f64()?, finite),
        other => return Err(mistyped(other)),
    })
}

/// NaN is how data frames spell NULL; an infinity is nobody's spelling of anything.
fn finite(v: f64) -> Cell<f64> {
    match (v.is_nan(), v.is_finite()) {
        (true, _) => Cell::Null,
        (_, true) => Cell::Value(v),
        _ => Cell::Fault(format!("{v} is not finite")),
    }
}

const MICROS_PER_DAY: Micros = 86_400_000_000;

fn cell_of<T>(read: Result<T, String>) -> Cell<T> {
    read.map_or_else(Cell::Fault, Cell::Value)
}

fn timestamps(series: &Series, field: &Field, cells: &mut Cells) -> Result<Vec<Micros>, ColumnFault> {
    let scaled = |v: i64, factor: i64| match v.checked_mul(factor) {
        Some(micros) => Cell::Value(micros),
        None => Cell::Fault("the time is out of range".to_owned()),
    };
    Ok(match series.dtype() {
        DataType::Date => cells.numbers(series.date()?.physical(), |days| scaled(i64::from(days), MICROS_PER_DAY)),
        DataType::Datetime(TimeUnit::Microseconds, _) => cells.numbers(series.datetime()?.physical(), Cell::Value),
        DataType::Datetime(TimeUnit::Milliseconds, _) => {
            cells.numbers(series.datetime()?.physical(), |v| scaled(v, 1000))
        }
        DataType::Datetime(TimeUnit::Nanoseconds, _) => {
            cells.numbers(series.datetime()?.physical(), |v| Cell::Value(v.div_euclid(1000)))
        }
        DataType::String => cells.collect(series.str()?.iter(), |text| cell_of(cell::timestamp(text, field))),
        // A number is a time where the field says what it counts.
        _ if field.format != TimeFormat::Usual => {
            let counted = |time: Option<Micros>, shown: String| {
                time.map_or_else(
                    || Cell::Fault(format!("{shown} is no time of the format {}", field.format)),
                    Cell::Value,
                )
            };
            if series.dtype().is_float() {
                cells.numbers(series.cast(&DataType::Float64)?.f64()?, |v| match v.is_nan() {
                    true => Cell::Null,
                    false => counted(field.format.float(v), v.to_string()),
                })
            } else {
                let mut numbers = Cells::new(series.len());
                let whole = integers(series, &mut numbers)?;
                let whole = whole.into_iter().zip(numbers.valid).map(|(number, valid)| valid.then_some(number));
                cells.faults.append(&mut numbers.faults);
                cells.collect(whole, |number| counted(field.format.whole(number), number.to_string()))
            }
        }
        other => return Err(mistyped(other)),
    })
}

fn mistyped(found: &DataType) -> ColumnFault {
    ColumnFault::Mistyped { found: found.to_string() }
}

/// Collects cells, noting NULLs and faults by row.
struct Cells {
    valid: Vec<bool>,
    faults: Vec<CellFault>,
}

impl Cells {
    fn new(rows: usize) -> Cells {
        Cells { valid: Vec::with_capacity(rows), faults: Vec::new() }
    }

    fn numbers<N, T>(&mut self, numbers: &ChunkedArray<N>, convert: impl Fn(N::Native) -> Cell<T>) -> Vec<T>
    where
        N: PolarsNumericType,
        T: Default,
    {
        let cells = numbers.downcast_iter().flat_map(|chunk| chunk.iter().map(|v| v.copied()));
        self.collect(cells, convert)
    }

    fn collect<S, T: Default>(
        &mut self,
        cells: impl Iterator<Item = Option<S>>,
        convert: impl Fn(S) -> Cell<T>,
    ) -> Vec<T> {
        let mut values = Vec::with_capacity(self.valid.capacity());
        for (row, cell) in cells.enumerate() {
            let value = match cell.map_or(Cell::Null, &convert) {
                Cell::Value(value) => Some(value),
                Cell::Null => None,
                Cell::Fault(reason) => {
                    self.faults.push(CellFault { row, reason });
                    None
                }
            };
            self.valid.push(value.is_some());
            values.push(value.unwrap_or_default());
        }
        values
    }
}

/// A table as polars has it. Timestamps become `Datetime(µs, UTC)`.
pub(super) fn frame_of(table: &Table) -> PolarsResult<DataFrame> {
    let columns = table.names.iter().zip(&table.columns).map(|(name, column)| series_of(name, column));
    let columns = columns.map(|series| series.map(PolarsColumn::from)).collect::<PolarsResult<Vec<_>>>()?;
    DataFrame::new(table.rows, columns)
}

fn series_of(name: &str, column: &Column) -> PolarsResult<Series> {
    let name = PlSmallStr::from_str(name);
    let options = |row: usize| column.is_valid(row);
    Ok(match &column.data {
        Data::Bool(v) => {
            let cells = v.iter().enumerate().map(|(row, value)| options(row).then_some(*value));
            BooleanChunked::from_iter_options(name, cells).into_series()
        }
        Data::Float(v) => match &column.valid {
            None => Series::new(name, v.as_slice()),
            Some(_) => {
                let cells = v.iter().enumerate().map(|(row, value)| options(row).then_some(*value));
                polars::prelude::Float64Chunked::from_iter_options(name, cells).into_series()
            }
        },
        Data::String(v) => {
            let cells = v.iter().enumerate().map(|(row, value)| options(row).then_some(value.as_str()));
            StringChunked::from_iter_options(name, cells).into_series()
        }
        Data::Int(v) => {
            let cells = v.iter().enumerate().map(|(row, value)| options(row).then_some(*value));
            let numbers = polars::prelude::Int64Chunked::from_iter_options(name, cells).into_series();
            match column.ty {
                Type::Timestamp => {
                    numbers.cast(&DataType::Datetime(TimeUnit::Microseconds, Some(polars::prelude::TimeZone::UTC)))?
                }
                _ => numbers,
            }
        }
    })
}
