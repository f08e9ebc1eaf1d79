//! What is computed over frames: an accumulator per call, fed row by row.
//!
//! A family of functions is one file and one arm here. An accumulator knows neither frames nor filters: rows that enter
//! and leave are handed to it in the total order, with the value of the call's argument.

mod count;
mod extreme;
mod first;
mod lag;
mod last;
mod sum;

use std::cmp::Ordering;

use self::count::Count;
use self::extreme::Extreme;
use self::first::First;
use self::lag::Lag;
use self::last::Last;
use self::sum::{FloatSum, IntegerSum};
use crate::plan::Frame;
use crate::value::{Type, Value};
use crate::wire::{Reader, StateError};

/// One accumulator of a group: the calls that it answers see the same rows of the same argument.
#[derive(Debug, Clone)]
pub(super) struct Operator {
    pub(super) kind: Kind,
    /// The column of its argument; `None`: every row counts.
    pub(super) argument: Option<usize>,
    pub(super) filter: Option<usize>,
    /// The argument's type.
    pub(super) ty: Type,
    pub(super) frame: Frame,
    pub(super) exclude_current: bool,
    /// Where its base stands among those of the group, if its frame is unbounded.
    pub(super) base: Option<usize>,
    /// The calls of the view that it answers.
    pub(super) calls: Vec<(usize, Reading)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Count,
    /// Of Int and Interval: exact in 128 bits.
    IntegerSum,
    FloatSum,
    Min,
    Max,
    First,
    Last,
    /// How many rows back, at least one.
    Lag(u32),
}

/// What a call wants of its accumulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Value,
    Mean,
}

impl Operator {
    /// How many rows before the current one the frame holds; `None`: all.
    pub(super) fn rows_before(&self) -> Option<usize> {
        match self.frame {
            Frame::Rows(n) => Some(n as usize),
            Frame::Unbounded => None,
        }
    }

    /// How many rows the frame holds; `None`: all.
    pub(super) fn rows_held(&self) -> Option<usize> {
        self.rows_before().map(|n| n + usize::from(!self.exclude_current))
    }

    /// The value with which a row enters, or `None` if the filter keeps it out. `column` gives the row's values.
    #[inline]
    pub(super) fn entering<'a>(&self, column: impl Fn(usize) -> &'a Value) -> Option<&'a Value> {
        if let Some(filter) = self.filter
            && *column(filter) != Value::Bool(true)
        {
            return None;
        }
        Some(self.argument.map_or(&Value::Bool(true), column))
    }

    pub(super) fn accumulator(&self) -> Accumulator {
        let sliding = self.rows_held().is_some();
        match self.kind {
            Kind::Count => Accumulator::Count(Count::default()),
            Kind::IntegerSum => Accumulator::IntegerSum(IntegerSum::default()),
            Kind::FloatSum => Accumulator::FloatSum(FloatSum::default()),
            Kind::Min => Accumulator::Extreme(Extreme::new(Ordering::Less, sliding)),
            Kind::Max => Accumulator::Extreme(Extreme::new(Ordering::Greater, sliding)),
            Kind::First => Accumulator::First(First::new(sliding)),
            Kind::Last => Accumulator::Last(Last::default()),
            Kind::Lag(offset) => Accumulator::Lag(Lag::new(offset)),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Accumulator {
    Count(Count),
    IntegerSum(IntegerSum),
    FloatSum(FloatSum),
    Extreme(Extreme),
    First(First),
    Last(Last),
    Lag(Lag),
}

impl Accumulator {
    /// A row enters. `row` counts rows: higher than any before.
    #[inline]
    pub(super) fn enter(&mut self, row: u64, value: &Value) {
        match self {
            Accumulator::Count(a) => a.enter(value),
            Accumulator::IntegerSum(a) => a.enter(value),
            Accumulator::FloatSum(a) => a.enter(value),
            Accumulator::Extreme(a) => a.enter(row, value),
            Accumulator::First(a) => a.enter(row, value),
            Accumulator::Last(a) => a.enter(row, value),
            Accumulator::Lag(a) => a.enter(value),
        }
    }

    /// The oldest row of those that entered leaves; `row` and `value` are what it entered with.
    #[inline]
    pub(super) fn leave(&mut self, row: u64, value: &Value) {
        match self {
            Accumulator::Count(a) => a.leave(value),
            Accumulator::IntegerSum(a) => a.leave(value),
            Accumulator::FloatSum(a) => a.leave(value),
            Accumulator::Extreme(a) => a.leave(row),
            Accumulator::First(a) => a.leave(row),
            Accumulator::Last(a) => a.leave(row),
            // lag sees every row before the current one: none leaves.
            Accumulator::Lag(_) => {}
        }
    }

    #[inline]
    pub(super) fn read(&self, ty: Type, reading: Reading) -> Value {
        match self {
            Accumulator::Count(a) => a.read(),
            Accumulator::IntegerSum(a) => a.read(ty, reading),
            Accumulator::FloatSum(a) => a.read(reading),
            Accumulator::Extreme(a) => a.read(),
            Accumulator::First(a) => a.read(),
            Accumulator::Last(a) => a.read(),
            Accumulator::Lag(a) => a.read(),
        }
    }

    /// Only accumulators that see everything are stored.
    pub(super) fn encode(&self, ty: Type, out: &mut Vec<u8>) {
        match self {
            Accumulator::Count(a) => a.encode(out),
            Accumulator::IntegerSum(a) => a.encode(out),
            Accumulator::FloatSum(a) => a.encode(out),
            Accumulator::Extreme(a) => a.encode(ty, out),
            Accumulator::First(a) => a.encode(ty, out),
            Accumulator::Last(a) => a.encode(ty, out),
            Accumulator::Lag(a) => a.encode(ty, out),
        }
    }

    pub(super) fn decode(operator: &Operator, reader: &mut Reader<'_>) -> Result<Accumulator, StateError> {
        let ty = operator.ty;
        Ok(match operator.kind {
            Kind::Count => Accumulator::Count(Count::decode(reader)?),
            Kind::IntegerSum => Accumulator::IntegerSum(IntegerSum::decode(reader)?),
            Kind::FloatSum => Accumulator::FloatSum(FloatSum::decode(reader)?),
            Kind::Min => Accumulator::Extreme(Extreme::decode(Ordering::Less, ty, reader)?),
            Kind::Max => Accumulator::Extreme(Extreme::decode(Ordering::Greater, ty, reader)?),
            Kind::First => Accumulator::First(First::decode(ty, reader)?),
            Kind::Last => Accumulator::Last(Last::decode(ty, reader)?),
            Kind::Lag(offset) => Accumulator::Lag(Lag::decode(offset, ty, reader)?),
        })
    }
}

/// A total order of values of one type: -0.0 before 0.0, text by its bytes, false before true.
#[inline]
pub(super) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.total_cmp(b),
        (Value::Int(a), Value::Int(b))
        | (Value::Timestamp(a), Value::Timestamp(b))
        | (Value::Interval(a), Value::Interval(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        // A column has one type, and NULL enters no comparison.
        _ => Ordering::Equal,
    }
}
