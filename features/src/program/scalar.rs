//! The scalar machine: one row, values in registers that are reused from row to row.

use super::step::{Operand, Operation, Step};
use super::{Program, Scratch, logic};
use crate::element::Scalar;
use crate::value::Value;

static NULL: Value = Value::Null;

/// Everything a step can read.
struct Row<'a> {
    program: &'a Program,
    registers: &'a [Value],
    fields: &'a [Value],
    windows: &'a [Value],
}

pub(super) fn run(program: &Program, scratch: &mut Scratch, fields: &[Value], windows: &[Value], out: &mut Vec<Value>) {
    let Scratch { registers, overflows } = scratch;
    if registers.len() < program.registers {
        registers.resize(program.registers, Value::Null);
    }
    for step in &program.steps {
        let value = Row { program, registers, fields, windows }.step(step, overflows);
        registers[step.target] = value;
    }
    let row = Row { program, registers, fields, windows };
    out.clear();
    out.extend(program.outputs.iter().map(|(ty, operand)| {
        let value = row.get(*operand);
        if value.ty() == Some(*ty) { value.clone() } else { Value::Null }
    }));
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
    fn step(&self, step: &Step, overflows: &mut u64) -> Value {
        let [a, b, c] = step.arguments;
        match step.operation {
            Operation::Call(element) => match element.scalar() {
                Scalar::Unary(f) => f(self.get(a), overflows),
                Scalar::Binary(f) => f(self.get(a), self.get(b), overflows),
                Scalar::Ternary(f) => f([self.get(a), self.get(b), self.get(c)], overflows),
            },
            Operation::And => boolean(logic::and(self.truth(a), self.truth(b))),
            Operation::Or => boolean(logic::or(self.truth(a), self.truth(b))),
            Operation::IsNull => Value::Bool(self.get(a).is_null()),
            Operation::Select => self.get(if self.truth(a) == Some(true) { b } else { c }).clone(),
            Operation::Coalesce => self.get(if self.get(a).is_null() { b } else { a }).clone(),
            Operation::In(set) => boolean(self.program.sets.get(set).and_then(|s| s.contains(self.get(a)))),
        }
    }
}

#[inline(always)]
fn boolean(truth: Option<bool>) -> Value {
    truth.map_or(Value::Null, Value::Bool)
}
