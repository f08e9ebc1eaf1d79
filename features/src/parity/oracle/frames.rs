//! What the kernel must compute, recomputed naively: every frame anew from the list of all rows. Shares no code with the
//! kernel but the plan's types, its arithmetic included, so that both can only be wrong in different ways.

mod variance;

use std::cmp::Ordering;

use crate::event::Place;
use crate::plan::{BeforeLayout, Call, Frame, HalfLife, Window, WindowFunction};
use crate::value::{Micros, Type, Value};

/// The plan of a view's windows and every row that was folded, in the order of acceptance.
#[derive(Debug)]
pub struct Frames {
    windows: Vec<Window>,
    calls: Vec<Call>,
    layout: BeforeLayout,
    folded: Vec<Row>,
}

/// A row with its outputs of [`View::before`](crate::plan::View::before).
#[derive(Debug, Clone)]
struct Row {
    place: Place,
    before: Vec<Value>,
}

impl Frames {
    pub fn new(windows: &[Window], calls: &[Call], layout: &BeforeLayout) -> Frames {
        Frames { windows: windows.to_vec(), calls: calls.to_vec(), layout: layout.clone(), folded: Vec::new() }
    }

    /// The results of an accepted row that the filter kept.
    pub fn fold(&mut self, place: Place, before: &[Value]) -> Vec<Value> {
        let results = self.at(place, before);
        self.admit(place, before);
        results
    }

    /// The results that an accepted row would have.
    pub fn at(&self, place: Place, before: &[Value]) -> Vec<Value> {
        let row = Row { place, before: before.to_vec() };
        self.results(&row, |other| other.place < place)
    }

    /// Takes an accepted row that the filter kept, without computing its results.
    pub fn admit(&mut self, place: Place, before: &[Value]) {
        self.folded.push(Row { place, before: before.to_vec() });
    }

    /// The rows that a call sees from `place`, in order, each with what it takes from it: the argument (TRUE where it
    /// has none).
    pub fn frame(&self, call: usize, place: Place, before: &[Value]) -> Vec<(Place, Value)> {
        let row = Row { place, before: before.to_vec() };
        let preceding = self.preceding(|other| other.place < place);
        self.seen(call, &row, &preceding).into_iter().map(|row| (row.place, self.argument(call, row))).collect()
    }

    /// The results of a row that stands last at its timestamp; nothing is folded.
    pub fn peek(&self, time: Micros, own: Option<Place>, before: &[Value]) -> Vec<Value> {
        let row = Row { place: Place { time, offset: u64::MAX }, before: before.to_vec() };
        self.results(&row, |other| other.place.time <= time && Some(other.place) != own)
    }

    fn results(&self, current: &Row, precedes: impl Fn(&Row) -> bool) -> Vec<Value> {
        let preceding = self.preceding(precedes);
        (0..self.calls.len()).map(|call| self.result(call, current, &preceding)).collect()
    }

    fn preceding(&self, precedes: impl Fn(&Row) -> bool) -> Vec<&Row> {
        let mut preceding: Vec<&Row> = self.folded.iter().filter(|row| precedes(row)).collect();
        preceding.sort_by_key(|row| (row.place.time, row.place.offset));
        preceding
    }

    fn result(&self, index: usize, current: &Row, preceding: &[&Row]) -> Value {
        let seen = self.seen(index, current, preceding);
        if let WindowFunction::Ewma { half_life } = self.calls[index].function {
            let rows: Vec<_> = seen.into_iter().map(|row| (row.place.time, self.argument(index, row))).collect();
            return fading(half_life, &rows);
        }
        let values: Vec<Value> = seen.into_iter().map(|row| self.argument(index, row)).collect();
        aggregate(&self.calls[index], &values)
    }

    /// The rows of the frame that enter the call.
    fn seen<'a>(&'a self, index: usize, current: &'a Row, preceding: &[&'a Row]) -> Vec<&'a Row> {
        let call = &self.calls[index];
        let window = &self.windows[call.window];
        let key = |row: &'a Row| &row.before[self.layout.partitions[call.window].clone()];
        let own = key(current);
        let mut partition: Vec<&Row> = preceding.iter().copied().filter(|row| same_partition(key(row), own)).collect();
        let enters = |row: &Row| self.layout.filters[index].is_none_or(|at| row.before[at] == Value::Bool(true));

        if let WindowFunction::Ewma { .. } = call.function {
            // Every row, in the order of acceptance.
            let own_row = (!window.exclude_current).then_some(current);
            let all = self.folded.iter().filter(|row| same_partition(key(row), own)).chain(own_row);
            return all.filter(|row| enters(row)).collect();
        }
        if let WindowFunction::Lag { offset } = call.function {
            let offset = offset as usize;
            if offset == 0 {
                return if enters(current) { vec![current] } else { Vec::new() };
            }
            let entered: Vec<&Row> = partition.into_iter().filter(|row| enters(row)).collect();
            return entered.iter().rev().nth(offset - 1).copied().into_iter().collect();
        }

        match window.frame {
            Frame::Rows(n) => {
                let reached = partition.len().saturating_sub(n as usize);
                partition.drain(..reached);
            }
            Frame::Range(width) => {
                let age = |row: &Row| i128::from(current.place.time) - i128::from(row.place.time);
                partition.retain(|row| age(row) < i128::from(width));
            }
            Frame::Unbounded => {}
        }
        if !window.exclude_current {
            partition.push(current);
        }
        partition.into_iter().filter(|row| enters(row)).collect()
    }

    fn argument(&self, index: usize, row: &Row) -> Value {
        self.layout.arguments[index].map_or(Value::Bool(true), |at| row.before[at].clone())
    }
}

fn aggregate(call: &Call, values: &[Value]) -> Value {
    let present: Vec<&Value> = values.iter().filter(|value| !value.is_null()).collect();
    match call.function {
        WindowFunction::Count => Value::Int(present.len() as i64),
        WindowFunction::FirstValue => values.first().cloned().unwrap_or(Value::Null),
        WindowFunction::LastValue => values.last().cloned().unwrap_or(Value::Null),
        WindowFunction::NthValue { n } => {
            (n as usize).checked_sub(1).and_then(|at| values.get(at)).cloned().unwrap_or(Value::Null)
        }
        WindowFunction::VarSamp => variance::of(&present).map_or(Value::Null, Value::float),
        WindowFunction::StddevSamp => variance::of(&present).map_or(Value::Null, |v| Value::float(v.sqrt())),
        WindowFunction::CountDistinct { cap } => {
            let mut different: Vec<&Value> = Vec::new();
            for value in present {
                if !different.contains(&value) {
                    different.push(value);
                }
            }
            Value::Int(different.len().min(cap as usize) as i64)
        }
        WindowFunction::Min => best(&present, Ordering::Less),
        WindowFunction::Max => best(&present, Ordering::Greater),
        WindowFunction::Sum | WindowFunction::Avg if present.is_empty() => Value::Null,
        WindowFunction::Sum if call.argument.as_ref().is_some_and(|e| e.ty == Type::Float) => {
            Big::total(&present).divided(1)
        }
        WindowFunction::Sum => {
            let total: i128 = present.iter().map(|value| i128::from(whole(value))).sum();
            match i64::try_from(total) {
                Ok(total) if call.argument.as_ref().is_some_and(|e| e.ty == Type::Interval) => Value::Interval(total),
                Ok(total) => Value::Int(total),
                Err(_) => Value::Null,
            }
        }
        WindowFunction::Avg => Big::total(&present).divided(present.len() as u64),
        // It sees one row at most.
        WindowFunction::Lag { .. } => values.first().cloned().unwrap_or(Value::Null),
        // Its values have times: [`fading`].
        WindowFunction::Ewma { .. } => Value::Null,
    }
}

/// The recurrence of `ewma` over all rows, in the order of acceptance: its roundings are part of what it is.
fn fading(half_life: HalfLife, rows: &[(Micros, Value)]) -> Value {
    let (mut mean, mut weight, mut newest) = (0.0, 0.0, None);
    for (time, value) in rows {
        let x = match value {
            Value::Float(x) => *x,
            Value::Int(i) => *i as f64,
            _ => continue,
        };
        let since = (i128::from(*time) - i128::from(newest.unwrap_or(*time))) as f64;
        let (old, own) = match half_life {
            HalfLife::Rows(n) => (libm::exp2(-1.0 / f64::from(n)), 1.0),
            HalfLife::Time(length) => {
                let half_lives = since / length as f64;
                (libm::exp2(-half_lives.max(0.0)), libm::exp2(half_lives.min(0.0)))
            }
        };
        weight = weight * old + own;
        let share = own / weight;
        let moved = mean + (x - mean) * share;
        mean = match newest {
            None => x,
            Some(_) if f64::is_finite(moved) => moved,
            Some(_) => mean * (1.0 - share) + x * share,
        };
        newest = newest.max(Some(*time));
    }
    newest.map_or(Value::Null, |_| Value::float(mean))
}

fn whole(value: &Value) -> i64 {
    match value {
        Value::Int(i) | Value::Interval(i) => *i,
        _ => 0,
    }
}

fn best(values: &[&Value], wanted: Ordering) -> Value {
    let mut best: Option<&Value> = None;
    for value in values {
        if best.is_none_or(|best| order(value, best) == wanted) {
            best = Some(value);
        }
    }
    best.cloned().unwrap_or(Value::Null)
}

fn order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => {
            a.partial_cmp(b).unwrap_or(Ordering::Equal).then(b.is_sign_negative().cmp(&a.is_sign_negative()))
        }
        (
            Value::Int(a) | Value::Timestamp(a) | Value::Interval(a),
            Value::Int(b) | Value::Timestamp(b) | Value::Interval(b),
        ) => a.cmp(b),
        _ => Ordering::Equal,
    }
}

/// NULL is a partition of its own; the zeros are equal.
fn same_partition(a: &[Value], b: &[Value]) -> bool {
    a == b
}

/// A fixed-point number wide enough for any sum of doubles, and 128 bits finer than the finest of them.
struct Big {
    negative: bool,
    /// Lowest first; bit 0 weighs 2^-1202.
    limbs: [u32; LIMBS],
}

const LIMBS: usize = 78;
const UNIT: i32 = -1202;

impl Big {
    fn total(values: &[&Value]) -> Big {
        let (mut plus, mut minus) = ([0; LIMBS], [0; LIMBS]);
        for value in values {
            let (negative, mantissa, exponent) = parts(value);
            let side = if negative { &mut minus } else { &mut plus };
            for bit in 0..64 {
                if mantissa >> bit & 1 == 1 {
                    let at = usize::try_from(exponent + bit - UNIT).unwrap_or(0);
                    add_bit(side, at);
                }
            }
        }
        let negative = plus.iter().rev().lt(minus.iter().rev());
        let (mut limbs, less) = if negative { (minus, plus) } else { (plus, minus) };
        let mut borrow = 0;
        for (limb, less) in limbs.iter_mut().zip(less) {
            let difference = i64::from(*limb) - i64::from(less) - borrow;
            *limb = (difference & 0xffff_ffff) as u32;
            borrow = i64::from(difference < 0);
        }
        Big { negative, limbs }
    }

    /// The nearest double to this over `count`, the even one of two; NULL beyond them.
    fn divided(mut self, count: u64) -> Value {
        let mut remainder = 0_u128;
        for limb in self.limbs.iter_mut().rev() {
            remainder = remainder << 32 | u128::from(*limb);
            *limb = (remainder / u128::from(count)) as u32;
            remainder %= u128::from(count);
        }
        let Some(top) = (0..LIMBS * 32).rev().find(|bit| self.bit(*bit)) else {
            return Value::Float(if self.negative { -0.0 } else { 0.0 });
        };
        // The last bit of the double: 53 bits from the top, and never finer than 2^-1074.
        let last = (top as i32 - 52).max(-1074 - UNIT) as usize;
        let mut mantissa = (last..=top.max(last)).rev().fold(0_u64, |m, bit| m << 1 | u64::from(self.bit(bit)));
        let half = self.bit(last - 1);
        let below = remainder != 0 || (0..last - 1).any(|bit| self.bit(bit));
        if half && (below || mantissa & 1 == 1) {
            mantissa += 1;
        }
        // Powers of two by repeated exact steps.
        let mut x = mantissa as f64;
        for _ in 0..(last as i32 + UNIT).unsigned_abs() {
            x *= if last as i32 + UNIT < 0 { 0.5 } else { 2.0 };
        }
        Value::float(if self.negative { -x } else { x })
    }

    fn bit(&self, at: usize) -> bool {
        self.limbs[at / 32] >> (at % 32) & 1 == 1
    }
}

fn add_bit(limbs: &mut [u32; LIMBS], at: usize) {
    let mut carry = 1 << (at % 32);
    for limb in &mut limbs[at / 32..] {
        let (sum, overflow) = limb.overflowing_add(carry);
        *limb = sum;
        if !overflow {
            return;
        }
        carry = 1;
    }
}

/// Sign, mantissa and exponent: the value is mantissa·2^exponent.
fn parts(value: &Value) -> (bool, u64, i32) {
    match value {
        Value::Float(x) => {
            let (bits, sign) = (x.to_bits() & !(1 << 63), x.is_sign_negative());
            match (bits >> 52) as i32 {
                0 => (sign, bits, -1074),
                field => (sign, bits & ((1 << 52) - 1) | 1 << 52, field - 1075),
            }
        }
        other => (whole(other) < 0, whole(other).unsigned_abs(), 0),
    }
}
