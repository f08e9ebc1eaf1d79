//! From expressions to a program: lowers to a handful of operations, merges equal ones, and gives out registers.

use std::collections::{BTreeSet, HashMap};

use smol_str::SmolStr;

use super::set::{Set, WORTHWHILE};
use super::step::{Operand, Operation, Step};
use super::{Constant, Program};
use crate::element::Element;
use crate::plan::{Expr, Node};
use crate::value::{Type, Value};

/// The place of a computed value in [`Lowering::entries`].
type Number = usize;

/// What makes two values the same: merged by equality.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Constant(Literal, Type),
    Field(usize, Type),
    Window(usize, Type),
    Operation(Operation, Vec<Number>, Type),
}

/// A literal by its bits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Float(u64),
    String(SmolStr),
}

struct Entry {
    ty: Type,
    source: Source,
}

enum Source {
    Operand(Operand),
    Operation(Operation, Vec<Number>),
}

#[derive(Default)]
struct Lowering {
    numbers: HashMap<Key, Number>,
    /// Operands before what reads them.
    entries: Vec<Entry>,
    constants: Vec<Constant>,
    sets: Vec<Set>,
    fields: BTreeSet<usize>,
}

pub(super) fn compile(outputs: &[&Expr]) -> Program {
    let mut lowering = Lowering::default();
    let results: Vec<Number> = outputs.iter().map(|expr| lowering.lower(expr)).collect();
    let (steps, operands, registers) = allocate(&lowering.entries, &results);
    Program {
        steps,
        registers,
        outputs: outputs.iter().zip(&results).map(|(expr, number)| (expr.ty, operands[*number])).collect(),
        constants: lowering.constants,
        sets: lowering.sets,
        fields: lowering.fields.into_iter().collect(),
    }
}

impl Lowering {
    fn lower(&mut self, expr: &Expr) -> Number {
        let ty = expr.ty;
        match &expr.node {
            Node::Literal(value) => self.constant(ty, value),
            Node::Field(index) => {
                self.fields.insert(*index);
                self.leaf(Key::Field(*index, ty), ty, Operand::Field(*index))
            }
            Node::WindowResult(index) => self.leaf(Key::Window(*index, ty), ty, Operand::Window(*index)),
            Node::Call(element, arguments) => {
                let arguments: Vec<Number> = arguments.iter().map(|a| self.lower(a)).collect();
                self.call(*element, arguments)
            }
            Node::And(a, b) => self.binary(Operation::And, a, b),
            Node::Or(a, b) => self.binary(Operation::Or, a, b),
            Node::IsNull(a) => {
                let a = self.lower(a);
                self.operation(Operation::IsNull, vec![a], Type::Bool)
            }
            Node::Case { branches, otherwise } => self.case(ty, branches, otherwise),
            Node::In { value, list } => self.membership(value, list),
            Node::Coalesce(list) => self.fold(ty, list, |this, a, b| this.coalesce(ty, a, b)),
            Node::NullIf(a, b) => {
                let (a, b) = (self.lower(a), self.lower(b));
                let equal = self.pair("=", a, b);
                let null = self.constant(ty, &Value::Null);
                self.operation(Operation::Select, vec![equal, null, a], ty)
            }
            Node::Least(list) => self.fold(ty, list, |this, a, b| this.extreme("least", ty, a, b)),
            Node::Greatest(list) => self.fold(ty, list, |this, a, b| this.extreme("greatest", ty, a, b)),
        }
    }

    fn binary(&mut self, operation: Operation, a: &Expr, b: &Expr) -> Number {
        let arguments = vec![self.lower(a), self.lower(b)];
        self.operation(operation, arguments, Type::Bool)
    }

    /// From the last branch to the first, each choosing between its own value and what follows.
    fn case(&mut self, ty: Type, branches: &[(Expr, Expr)], otherwise: &Expr) -> Number {
        let last = self.lower(otherwise);
        branches.iter().rev().fold(last, |rest, (when, then)| {
            let arguments = vec![self.lower(when), self.lower(then), rest];
            self.operation(Operation::Select, arguments, ty)
        })
    }

    fn membership(&mut self, value: &Expr, list: &[Expr]) -> Number {
        let value = self.lower(value);
        let literals: Option<Vec<&Value>> = list.iter().map(as_literal).collect();
        let set = literals.filter(|literals| literals.len() >= WORTHWHILE).and_then(Set::new);
        if let Some(set) = set {
            let index = self.sets.iter().position(|s| *s == set).unwrap_or_else(|| {
                self.sets.push(set);
                self.sets.len() - 1
            });
            return self.operation(Operation::In(index), vec![value], Type::Bool);
        }
        let found: Vec<Number> = list
            .iter()
            .map(|item| {
                let item = self.lower(item);
                self.pair("=", value, item)
            })
            .collect();
        let any = found.into_iter().reduce(|a, b| self.operation(Operation::Or, vec![a, b], Type::Bool));
        any.unwrap_or_else(|| self.constant(Type::Bool, &Value::Bool(false)))
    }

    fn fold(&mut self, ty: Type, list: &[Expr], mut step: impl FnMut(&mut Self, Number, Number) -> Number) -> Number {
        let mut result = None;
        for item in list {
            let item = self.lower(item);
            result = Some(match result {
                None => item,
                Some(before) => step(self, before, item),
            });
        }
        result.unwrap_or_else(|| self.constant(ty, &Value::Null))
    }

    fn coalesce(&mut self, ty: Type, a: Number, b: Number) -> Number {
        self.operation(Operation::Coalesce, vec![a, b], ty)
    }

    /// The pair's function where both are there, else whichever is.
    fn extreme(&mut self, name: &str, ty: Type, a: Number, b: Number) -> Number {
        let both = self.pair(name, a, b);
        let left = self.coalesce(ty, both, a);
        self.coalesce(ty, left, b)
    }

    /// A call of the overload for two values; NULL if there is none, which a checked plan does not contain.
    fn pair(&mut self, name: &str, a: Number, b: Number) -> Number {
        match Element::resolve(name, &[self.entries[a].ty, self.entries[b].ty]) {
            Ok(overload) => self.call(overload.element, vec![a, b]),
            Err(_) => self.constant(Type::Bool, &Value::Null),
        }
    }

    fn call(&mut self, element: Element, arguments: Vec<Number>) -> Number {
        match arguments.as_slice() {
            [argument] if element.is_identity() && self.entries[*argument].ty == element.result() => *argument,
            given if given.len() == element.parameters().len() => {
                self.operation(Operation::Call(element), arguments, element.result())
            }
            _ => self.constant(element.result(), &Value::Null),
        }
    }

    fn constant(&mut self, ty: Type, value: &Value) -> Number {
        let literal = match value {
            Value::Null => Literal::Null,
            Value::Bool(b) => Literal::Bool(*b),
            Value::Int(i) | Value::Timestamp(i) | Value::Interval(i) => Literal::Int(*i),
            Value::Float(x) => Literal::Float(x.to_bits()),
            Value::String(s) => Literal::String(s.clone()),
        };
        let index = self.constants.len();
        let number = self.leaf(Key::Constant(literal, ty), ty, Operand::Constant(index));
        if matches!(self.entries[number].source, Source::Operand(Operand::Constant(i)) if i == index) {
            self.constants.push(Constant { ty, value: value.clone() });
        }
        number
    }

    fn leaf(&mut self, key: Key, ty: Type, operand: Operand) -> Number {
        self.merge(key, || Entry { ty, source: Source::Operand(operand) })
    }

    fn operation(&mut self, operation: Operation, arguments: Vec<Number>, ty: Type) -> Number {
        let key = Key::Operation(operation, arguments.clone(), ty);
        self.merge(key, || Entry { ty, source: Source::Operation(operation, arguments) })
    }

    fn merge(&mut self, key: Key, entry: impl FnOnce() -> Entry) -> Number {
        let entries = &mut self.entries;
        *self.numbers.entry(key).or_insert_with(|| {
            entries.push(entry());
            entries.len() - 1
        })
    }
}

fn as_literal(expr: &Expr) -> Option<&Value> {
    if let Node::Literal(value) = &expr.node { Some(value) } else { None }
}

/// Gives each operation a register, and each register back once nothing reads it any more: few registers stay in the
/// nearest caches. Returns the steps, where each value is found, and the number of registers.
fn allocate(entries: &[Entry], results: &[Number]) -> (Vec<Step>, Vec<Operand>, usize) {
    let last_use = last_uses(entries, results);
    // A register keeps its representation, so that its memory is used again as it is.
    let mut free: HashMap<Representation, Vec<usize>> = HashMap::new();
    let mut registers = 0;
    let mut steps = Vec::new();
    let mut operands: Vec<Operand> = Vec::with_capacity(entries.len());
    for (number, entry) in entries.iter().enumerate() {
        let (operation, arguments) = match &entry.source {
            Source::Operand(operand) => {
                operands.push(*operand);
                continue;
            }
            Source::Operation(operation, arguments) => (*operation, arguments),
        };
        let target = free.get_mut(&representation(entry.ty)).and_then(Vec::pop).unwrap_or_else(|| {
            registers += 1;
            registers - 1
        });
        operands.push(Operand::Register(target));
        let argument = |i: usize| operands[*arguments.get(i).unwrap_or(&arguments[0])];
        steps.push(Step { operation, arguments: [argument(0), argument(1), argument(2)], target, ty: entry.ty });
        // The target was taken before these are given back, so that no step writes what it reads.
        let mut done: Vec<Number> = arguments.iter().copied().filter(|a| last_use[*a] == number).collect();
        done.sort_unstable();
        done.dedup();
        for argument in done {
            if let Operand::Register(register) = operands[argument] {
                free.entry(representation(entries[argument].ty)).or_default().push(register);
            }
        }
    }
    (steps, operands, registers)
}

/// The last operation that reads each value; none reads it after the outputs are written.
fn last_uses(entries: &[Entry], results: &[Number]) -> Vec<Number> {
    let mut last: Vec<Number> = (0..entries.len()).collect();
    for (number, entry) in entries.iter().enumerate() {
        if let Source::Operation(_, arguments) = &entry.source {
            for argument in arguments {
                last[*argument] = number;
            }
        }
    }
    for result in results {
        last[*result] = entries.len();
    }
    last
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Representation {
    Bool,
    Int,
    Float,
    String,
}

fn representation(ty: Type) -> Representation {
    match ty {
        Type::Bool => Representation::Bool,
        Type::Int | Type::Timestamp | Type::Interval => Representation::Int,
        Type::Float => Representation::Float,
        Type::String => Representation::String,
    }
}
