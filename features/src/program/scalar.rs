//! The scalar machine: one row, values in registers that are reused from row to row.

use smol_str::SmolStr;

use super::step::{Operand, Operation, Step};
use super::{Program, Scratch, logic};
use crate::element::{Effects, Scalar};
use crate::value::{Type, Value};

static NULL: Value = Value::Null;

/// Everything a step can read.
struct Row<'a> {
    program: &'a Program,
    registers: &'a [Value],
    fields: &'a [Value],
    windows: &'a [Value],
}

pub(super) fn run(program: &Program, scratch: &mut Scratch, fields: &[Value], windows: &[Value], out: &mut Vec<Value>) {
    let registers = &mut scratch.registers;
    if registers.len() < program.registers {
        registers.resize(program.registers, Value::Null);
    }
    let mut effects = Effects::default();
    for step in &program.steps {
        let row = Row { program, registers, fields, windows };
        match row.step(step, &mut effects) {
            Outcome::Word(word) => effects.write(&mut registers[step.target], step.ty, word),
            Outcome::Text(text) => registers[step.target] = Value::String(text),
        }
    }
    let row = Row { program, registers, fields, windows };
    // Every slot is written: what stands there from the row before need not be taken out first.
    out.resize(program.outputs.len(), Value::Null);
    for (slot, (ty, operand)) in out.iter_mut().zip(&program.outputs) {
        match chosen(row.get(*operand), *ty) {
            Outcome::Word(word) => effects.write(slot, *ty, word),
            Outcome::Text(text) => *slot = Value::String(text),
        }
    }
    scratch.overflows += effects.overflows;
}

/// What a step gives: a word, or a text that it merely chose.
enum Outcome {
    Word(Option<u64>),
    Text(SmolStr),
}

impl<'a> Row<'a> {
    #[inline(always)]
    fn get(&self, operand: Operand) -> &'a Value {
        let value = match operand {
            Operand::Register(i) => self.registers.get(i),
            Operand::Constant(i) => return self.program.constants.get(i).map_or(&NULL, |c| &c.value),
            Operand::Field(i) => self.fields.get(i),
            Operand::Window(i) => self.windows.get(i),
        };
        value.unwrap_or(&NULL)
    }

    fn truth(&self, operand: Operand) -> Option<bool> {
        if let Value::Bool(b) = self.get(operand) { Some(*b) } else { None }
    }

    #[inline(always)]
    fn step(&self, step: &Step, effects: &mut Effects) -> Outcome {
        let [a, b, c] = step.arguments;
        let word = match step.operation {
            Operation::Call(element) => match element.scalar() {
                Scalar::Unary(f) => f(self.get(a), effects),
                Scalar::Binary(f) => f(self.get(a), self.get(b), effects),
                Scalar::Ternary(f) => f([self.get(a), self.get(b), self.get(c)], effects),
            },
            Operation::And => logic::and(self.truth(a), self.truth(b)).map(u64::from),
            Operation::Or => logic::or(self.truth(a), self.truth(b)).map(u64::from),
            Operation::IsNull => Some(u64::from(self.get(a).is_null())),
            Operation::In(set) => self.program.sets.get(set).and_then(|s| s.contains(self.get(a))).map(u64::from),
            Operation::Select => return chosen(self.get(if self.truth(a) == Some(true) { b } else { c }), step.ty),
            Operation::Coalesce => return chosen(self.get(if self.get(a).is_null() { b } else { a }), step.ty),
        };
        Outcome::Word(word)
    }
}

/// The value as it is; NULL if it has another type than it should.
#[inline(always)]
fn chosen(value: &Value, ty: Type) -> Outcome {
    Outcome::Word(match (value, ty) {
        (Value::Bool(b), Type::Bool) => Some(u64::from(*b)),
        (Value::Int(x), Type::Int) | (Value::Timestamp(x), Type::Timestamp) | (Value::Interval(x), Type::Interval) => {
            Some(x.cast_unsigned())
        }
        (Value::Float(x), Type::Float) => Some(x.to_bits()),
        (Value::String(text), Type::String) => return Outcome::Text(text.clone()),
        _ => None,
    })
}
