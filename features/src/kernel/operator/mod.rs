//! What is computed over frames: an accumulator per call, fed row by row.
//!
//! A family of functions is one file and one arm here. An accumulator knows neither frames nor filters: rows that enter
//! and leave are handed to it in the total order, with the value of the call's argument.

mod count;
mod distinct;
mod extreme;
mod first;
mod kind;
mod lag;
mod last;
mod nth;
mod spread;
mod sum;

use std::cmp::Ordering;
use std::collections::VecDeque;

use self::count::Count;
use self::distinct::Distinct;
use self::extreme::Extreme;
pub(super) use self::extreme::keep_better;
use self::first::First;
pub(super) use self::kind::{Kind, Reading};
use self::lag::Lag;
use self::last::Last;
use self::nth::Nth;
use self::spread::Spread;
pub(super) use self::sum::{FloatSum, IntegerSum};
use super::rows::Rows;
use crate::event::Place;
use crate::plan::Frame;
use crate::value::{Micros, Type, Value};
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

impl Operator {
    /// The first of the rows `..end` that stand in the frame of a row at `time` behind them.
    pub(super) fn start(&self, rows: &Rows, end: usize, time: Micros) -> usize {
        match self.frame {
            Frame::Rows(n) => end.saturating_sub(n as usize),
            Frame::Range(width) => time.checked_sub(width).map_or(0, |last_out| rows.until(last_out).min(end)),
            Frame::Unbounded => 0,
        }
    }

    /// [`Operator::start`] of a row in order, found by walking on from the start of the row before it.
    #[inline]
    pub(super) fn start_after(
        &self,
        time_of: impl Fn(usize) -> Option<Micros>,
        previous: usize,
        end: usize,
        time: Micros,
    ) -> usize {
        match self.frame {
            Frame::Rows(n) => end.saturating_sub(n as usize),
            Frame::Range(width) => {
                let out = |row: &usize| {
                    let age = time_of(*row).and_then(|entered| time.checked_sub(entered));
                    *row < end && age.is_none_or(|age| age >= width)
                };
                previous + (previous..end).take_while(out).count()
            }
            Frame::Unbounded => 0,
        }
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

    /// Whether rows can be taken back out of its accumulator in any order.
    pub(super) fn is_reversible(&self) -> bool {
        match self.kind {
            Kind::Count | Kind::IntegerSum | Kind::FloatSum | Kind::Spread => true,
            // Where it sees everything it forgets how often it saw a value.
            Kind::Distinct(_) => self.frame != Frame::Unbounded,
            Kind::Min | Kind::Max | Kind::First | Kind::Last | Kind::Nth(_) | Kind::Lag(_) => false,
        }
    }

    pub(super) fn accumulator(&self) -> Accumulator {
        let sliding = self.frame != Frame::Unbounded;
        match self.kind {
            Kind::Count => Accumulator::Count(Count::default()),
            Kind::IntegerSum => Accumulator::IntegerSum(IntegerSum::default()),
            Kind::FloatSum => Accumulator::FloatSum(FloatSum::default()),
            Kind::Min => Accumulator::Extreme(Extreme::new(Ordering::Less, sliding)),
            Kind::Max => Accumulator::Extreme(Extreme::new(Ordering::Greater, sliding)),
            Kind::First => Accumulator::First(First::new(sliding)),
            Kind::Last => Accumulator::Last(Last::default()),
            Kind::Nth(n) => Accumulator::Nth(Nth::new(n, sliding)),
            Kind::Spread => Accumulator::Spread(Spread::default()),
            Kind::Distinct(cap) => Accumulator::Distinct(Distinct::new(cap, sliding)),
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
    Nth(Nth),
    Spread(Spread),
    Distinct(Distinct),
    Lag(Lag),
}

impl Accumulator {
    /// A row enters that stands behind all that have entered.
    #[inline]
    pub(super) fn enter(&mut self, place: Place, value: &Value) {
        match self {
            Accumulator::Count(a) => a.enter(value),
            Accumulator::IntegerSum(a) => a.enter(value),
            Accumulator::FloatSum(a) => a.enter(value),
            Accumulator::Extreme(a) => a.enter(place, value),
            Accumulator::First(a) => a.enter(place, value),
            Accumulator::Last(a) => a.enter(place, value),
            Accumulator::Nth(a) => a.enter(place, value),
            Accumulator::Spread(a) => a.enter(value),
            Accumulator::Distinct(a) => a.enter(value),
            Accumulator::Lag(a) => a.enter(place, value),
        }
    }

    /// A row enters that stands behind some of those that have entered, and before others. False if the accumulator cannot
    /// tell what it would be, and has to be made anew.
    pub(super) fn insert(&mut self, place: Place, value: &Value) -> bool {
        match self {
            Accumulator::Extreme(a) => a.insert(place, value),
            Accumulator::First(a) => a.insert(place, value),
            Accumulator::Last(a) => a.insert(place, value),
            Accumulator::Nth(a) => return a.insert(place, value),
            Accumulator::Lag(a) => a.insert(place, value),
            // Of these the order does not show.
            Accumulator::Count(_)
            | Accumulator::IntegerSum(_)
            | Accumulator::FloatSum(_)
            | Accumulator::Spread(_)
            | Accumulator::Distinct(_) => self.enter(place, value),
        }
        true
    }

    /// The first row of those that entered leaves; `place` and `value` are what it entered with.
    #[inline]
    pub(super) fn leave(&mut self, place: Place, value: &Value) {
        #[cfg(test)]
        if super::planted::forgets_evictions() {
            return;
        }
        match self {
            Accumulator::Count(a) => a.leave(value),
            Accumulator::IntegerSum(a) => a.leave(value),
            Accumulator::FloatSum(a) => a.leave(value),
            Accumulator::Extreme(a) => a.leave(place),
            Accumulator::First(a) => a.leave(place),
            Accumulator::Last(a) => a.leave(place),
            Accumulator::Nth(a) => a.leave(place),
            Accumulator::Spread(a) => a.leave(value),
            Accumulator::Distinct(a) => a.leave(value),
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
            Accumulator::Nth(a) => a.read(),
            Accumulator::Spread(a) => a.read(reading),
            Accumulator::Distinct(a) => a.read(),
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
            Accumulator::Nth(a) => a.encode(ty, out),
            Accumulator::Spread(a) => a.encode(out),
            Accumulator::Distinct(a) => a.encode(ty, out),
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
            Kind::Nth(n) => Accumulator::Nth(Nth::decode(n, ty, reader)?),
            Kind::Spread => Accumulator::Spread(Spread::decode(reader)?),
            Kind::Distinct(cap) => Accumulator::Distinct(Distinct::decode(cap, ty, reader)?),
            Kind::Lag(offset) => Accumulator::Lag(Lag::decode(offset, ty, reader)?),
        })
    }
}

/// The place of rows that have left the buffer: before all rows that are in it, whatever their own places.
pub(super) const FOREMOST: Place = Place { time: Micros::MIN, offset: 0 };

fn insert_by_place(queue: &mut VecDeque<(Place, Value)>, place: Place, value: &Value) {
    let at = queue.partition_point(|(known, _)| *known <= place);
    queue.insert(at, (place, value.clone()));
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
