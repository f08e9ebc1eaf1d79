//! The column machine: runs a program over a chunk of rows at a time, each step over the whole chunk.

use std::ops::Range;

use smol_str::SmolStr;

use super::set::{Members, Set, float_key};
use super::step::{Operand, Operation, Step};
use super::{Constant, Program, logic};
use crate::column::{Column, Data};
use crate::element::{CHUNK, Lane, Register, Slice, Stored, View};
use crate::value::{Type, Value};

/// Registers of the column machine for one program, reused from range to range.
#[derive(Debug)]
pub struct ColumnScratch {
    constants: Vec<Register>,
    registers: Vec<Register>,
}

impl ColumnScratch {
    pub(super) fn new(program: &Program) -> ColumnScratch {
        let mut registers: Vec<Register> = Vec::new();
        registers.resize_with(program.registers, Register::default);
        ColumnScratch { constants: program.constants.iter().map(splat).collect(), registers }
    }
}

/// A chunk of the input, and everything computed from it so far.
struct Chunk<'a> {
    registers: &'a [Register],
    constants: &'a [Register],
    fields: &'a [Option<&'a Column>],
    windows: &'a [Column],
    start: usize,
    rows: usize,
}

pub(super) fn run(
    program: &Program,
    range: Range<usize>,
    fields: &[Option<&Column>],
    windows: &[Column],
    scratch: &mut ColumnScratch,
    outputs: &mut [Target<'_>],
) -> u64 {
    let ColumnScratch { constants, registers } = scratch;
    let mut overflows = 0;
    for start in range.clone().step_by(CHUNK) {
        let rows = CHUNK.min(range.end - start);
        for step in &program.steps {
            // Out of the file while it is written: a step never reads its own target.
            let mut target = std::mem::take(&mut registers[step.target]);
            let chunk = Chunk { registers, constants, fields, windows, start, rows };
            overflows += chunk.step(program, step, &mut target);
            registers[step.target] = target;
        }
        let chunk = Chunk { registers, constants, fields, windows, start, rows };
        for (output, (_, operand)) in outputs.iter_mut().zip(&program.outputs) {
            output.write(&chunk.slice(*operand), start - range.start, rows);
        }
    }
    overflows
}

impl Chunk<'_> {
    fn slice(&self, operand: Operand) -> Slice<'_> {
        let column = match operand {
            Operand::Register(i) => return self.registers[i].slice(self.rows),
            Operand::Constant(i) => return self.constants[i].slice(self.rows),
            Operand::Field(i) => self.fields.get(i).copied().flatten(),
            Operand::Window(i) => self.windows.get(i),
        };
        let Some(column) = column else { return Slice::Absent };
        let range = self.start..self.start + self.rows;
        let valid = column.valid.as_ref().map(|valid| &valid[range.clone()]);
        match &column.data {
            Data::Bool(data) => Slice::Bool(View { data: &data[range], valid }),
            Data::Int(data) => Slice::Int(View { data: &data[range], valid }),
            Data::Float(data) => Slice::Float(View { data: &data[range], valid }),
            Data::String(data) => Slice::String(View { data: &data[range], valid }),
        }
    }

    fn step(&self, program: &Program, step: &Step, target: &mut Register) -> u64 {
        let [a, b, c] = step.arguments.map(|operand| self.slice(operand));
        let rows = self.rows;
        match step.operation {
            Operation::Call(element) => return element.chunk()(&[a, b, c], rows, target),
            Operation::And => combine(&a, &b, rows, logic::and, target),
            Operation::Or => combine(&a, &b, rows, logic::or, target),
            Operation::IsNull => is_null(&a, rows, target),
            Operation::Select => match step.ty {
                Type::Bool => select::<bool>(&a, &b, &c, rows, target),
                Type::Int | Type::Timestamp | Type::Interval => select::<i64>(&a, &b, &c, rows, target),
                Type::Float => select::<f64>(&a, &b, &c, rows, target),
                Type::String => select::<SmolStr>(&a, &b, &c, rows, target),
            },
            Operation::Coalesce => match step.ty {
                Type::Bool => coalesce::<bool>(&a, &b, rows, target),
                Type::Int | Type::Timestamp | Type::Interval => coalesce::<i64>(&a, &b, rows, target),
                Type::Float => coalesce::<f64>(&a, &b, rows, target),
                Type::String => coalesce::<SmolStr>(&a, &b, rows, target),
            },
            Operation::In(set) => match program.sets.get(set) {
                Some(set) => contains(set, &a, rows, target),
                None => write(target, rows, |_| None::<bool>),
            },
        }
        0
    }
}

impl<T: Clone> View<'_, T> {
    #[inline(always)]
    fn at(&self, row: usize) -> Option<&T> {
        self.valid.is_none_or(|valid| valid[row]).then(|| &self.data[row])
    }
}

/// Writes one optional value per row.
#[inline(always)]
fn write<T: Stored>(target: &mut Register, rows: usize, value: impl Fn(usize) -> Option<T>) {
    T::write(target, |lane: &mut Lane<T>| {
        let mut complete = true;
        for (row, (slot, valid)) in lane.data[..rows].iter_mut().zip(&mut lane.valid[..rows]).enumerate() {
            let value = value(row);
            *valid = value.is_some();
            complete &= *valid;
            *slot = value.unwrap_or_default();
        }
        lane.nulls = !complete;
        0
    });
}

fn combine(
    a: &Slice<'_>,
    b: &Slice<'_>,
    rows: usize,
    f: impl Fn(Option<bool>, Option<bool>) -> Option<bool>,
    target: &mut Register,
) {
    let (a, b) = (bool::view(a, rows), bool::view(b, rows));
    write(target, rows, |row| f(a.at(row).copied(), b.at(row).copied()));
}

fn is_null(a: &Slice<'_>, rows: usize, target: &mut Register) {
    let valid = match a {
        Slice::Bool(view) => view.valid,
        Slice::Int(view) => view.valid,
        Slice::Float(view) => view.valid,
        Slice::String(view) => view.valid,
        Slice::Absent => Some(&<bool as Stored>::BLANK[..rows]),
    };
    write(target, rows, |row| Some(valid.is_some_and(|valid| !valid[row])));
}

fn select<T: Stored>(
    condition: &Slice<'_>,
    then: &Slice<'_>,
    otherwise: &Slice<'_>,
    rows: usize,
    target: &mut Register,
) {
    let condition = bool::view(condition, rows);
    let (then, otherwise) = (T::view(then, rows), T::view(otherwise, rows));
    write(target, rows, |row| {
        if condition.at(row) == Some(&true) { then.at(row).cloned() } else { otherwise.at(row).cloned() }
    });
}

fn coalesce<T: Stored>(a: &Slice<'_>, b: &Slice<'_>, rows: usize, target: &mut Register) {
    let (a, b) = (T::view(a, rows), T::view(b, rows));
    write(target, rows, |row| a.at(row).or_else(|| b.at(row)).cloned());
}

fn contains(set: &Set, a: &Slice<'_>, rows: usize, target: &mut Register) {
    let answer = |found: bool| logic::membership(found, set.has_null);
    match &set.members {
        Members::Int(members) => {
            let a = i64::view(a, rows);
            write(target, rows, |row| a.at(row).and_then(|x| answer(members.contains(x))));
        }
        Members::Float(members) => {
            let a = f64::view(a, rows);
            write(target, rows, |row| a.at(row).and_then(|x| answer(members.contains(&float_key(*x)))));
        }
        Members::String(members) => {
            let a = SmolStr::view(a, rows);
            write(target, rows, |row| a.at(row).and_then(|x| answer(members.contains(x))));
        }
        Members::None => write(target, rows, |_| None::<bool>),
    }
}

/// A chunk full of the constant.
fn splat(constant: &Constant) -> Register {
    fn fill<T: Stored>(value: Option<T>) -> Register {
        let mut register = Register::default();
        write(&mut register, CHUNK, |_| value.clone());
        register
    }
    match (constant.ty, &constant.value) {
        (Type::Bool, Value::Bool(b)) => fill(Some(*b)),
        (Type::Int | Type::Timestamp | Type::Interval, Value::Int(i) | Value::Timestamp(i) | Value::Interval(i)) => {
            fill(Some(*i))
        }
        (Type::Float, Value::Float(x)) => fill(Some(*x)),
        (Type::String, Value::String(s)) => fill(Some(s.clone())),
        (Type::Bool, _) => fill::<bool>(None),
        (Type::Int | Type::Timestamp | Type::Interval, _) => fill::<i64>(None),
        (Type::Float, _) => fill::<f64>(None),
        (Type::String, _) => fill::<SmolStr>(None),
    }
}

/// Where an output's values go: a place for each row.
#[derive(Debug)]
pub struct Target<'a> {
    place: TargetData<'a>,
    /// As long as the rows up to the last chunk that had a mask.
    valid: Vec<bool>,
}

#[derive(Debug)]
enum TargetData<'a> {
    Bool(&'a mut [bool]),
    Int(&'a mut [i64]),
    Float(&'a mut [f64]),
    String(&'a mut [SmolStr]),
    /// Nobody wants it.
    Nowhere,
}

impl<'a> Target<'a> {
    /// The values go nowhere.
    pub fn nowhere() -> Target<'a> {
        Target { place: TargetData::Nowhere, valid: Vec::new() }
    }

    /// One for each `rows` rows of the data, the last for what is left.
    pub fn split(data: &'a mut Data, rows: usize) -> Vec<Target<'a>> {
        fn each<'a, T>(data: &'a mut [T], rows: usize, place: fn(&'a mut [T]) -> TargetData<'a>) -> Vec<Target<'a>> {
            data.chunks_mut(rows.max(1)).map(|data| Target { place: place(data), valid: Vec::new() }).collect()
        }
        match data {
            Data::Bool(data) => each(data, rows, TargetData::Bool),
            Data::Int(data) => each(data, rows, TargetData::Int),
            Data::Float(data) => each(data, rows, TargetData::Float),
            Data::String(data) => each(data, rows, TargetData::String),
        }
    }

    fn write(&mut self, slice: &Slice<'_>, start: usize, rows: usize) {
        let valid = &mut self.valid;
        match &mut self.place {
            TargetData::Bool(data) => put(&mut data[start..start + rows], valid, start, &bool::view(slice, rows)),
            TargetData::Int(data) => put(&mut data[start..start + rows], valid, start, &i64::view(slice, rows)),
            TargetData::Float(data) => put(&mut data[start..start + rows], valid, start, &f64::view(slice, rows)),
            TargetData::String(data) => put(&mut data[start..start + rows], valid, start, &SmolStr::view(slice, rows)),
            TargetData::Nowhere => {}
        }
    }

    /// Which of the `rows` rows are not NULL; `None`: all.
    pub fn into_valid(mut self, rows: usize) -> Option<Vec<bool>> {
        self.valid.contains(&false).then(|| {
            self.valid.resize(rows, true);
            self.valid
        })
    }
}

fn put<T: Clone>(data: &mut [T], valid: &mut Vec<bool>, start: usize, view: &View<'_, T>) {
    if let Some(mask) = view.valid {
        valid.resize(start, true);
        valid.extend_from_slice(mask);
    }
    data.clone_from_slice(view.data);
}
