//! What the kernel computes, and what it stores.

mod agreement;
mod frames;
mod stored;

use super::{Kernel, ViewState};
use crate::event::Place;
use crate::parity::oracle::Frames;
use crate::plan::{BeforeLayout, Call, Expr, Frame, HalfLife, Node, Window, WindowFunction};
use crate::value::{Micros, Type, Value};

/// The fields of the rows that the tests fold, by type.
const FIELDS: [Type; 9] = [
    Type::Int,
    Type::Float,
    Type::String,
    Type::Bool,
    Type::Timestamp,
    Type::Interval,
    Type::String,
    Type::Float,
    Type::Bool,
];
const INT: usize = 0;
const FLOAT: usize = 1;
const TEXT: usize = 2;
const TEAM: usize = 6;
const KEPT: usize = 8;

fn field(index: usize) -> Expr {
    Expr::new(FIELDS[index], Node::Field(index))
}

fn window(partition: &[usize], frame: Frame, exclude_current: bool) -> Window {
    Window { partition: partition.iter().map(|f| field(*f)).collect(), frame, exclude_current }
}

fn call(window: usize, function: WindowFunction, argument: Option<usize>, filter: Option<usize>) -> Call {
    // The kernel takes the type of a result from the argument.
    Call { window, function, argument: argument.map(field), filter: filter.map(field), ty: Type::Int }
}

/// The windows of a view without the view.
#[derive(Debug, Clone)]
struct Plan {
    windows: Vec<Window>,
    calls: Vec<Call>,
    lateness: Micros,
    dedupe: Micros,
}

impl Plan {
    fn layout(&self) -> BeforeLayout {
        BeforeLayout::of(false, &self.windows, &self.calls)
    }

    fn kernel(&self) -> Kernel {
        Kernel::arrange(&self.windows, &self.calls, &self.layout(), self.lateness, self.dedupe)
    }

    fn oracle(&self) -> Frames {
        Frames::new(&self.windows, &self.calls, &self.layout())
    }

    /// What a view of these windows would compute from a row before them.
    fn before(&self, fields: &[Value]) -> Vec<Value> {
        let value = |e: &Expr| match e.node {
            Node::Field(index) => fields[index].clone(),
            _ => Value::Null,
        };
        self.expressions().map(value).collect()
    }

    /// Of what is computed before the windows.
    fn types(&self) -> Vec<Type> {
        self.expressions().map(|e| e.ty).collect()
    }

    fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let windows = self.windows.iter().flat_map(|w| &w.partition);
        windows.chain(self.calls.iter().flat_map(|c| c.argument.iter().chain(&c.filter)))
    }
}

/// Folds rows of one key, offsets counting from 0.
#[derive(Debug, Clone)]
struct Fold {
    plan: Plan,
    kernel: Kernel,
    state: ViewState,
    newest: Option<Micros>,
    offset: u64,
}

impl Fold {
    fn new(plan: &Plan) -> Fold {
        Fold { plan: plan.clone(), kernel: plan.kernel(), state: ViewState::default(), newest: None, offset: 0 }
    }

    fn fold(&mut self, time: Micros, fields: &[Value]) -> Vec<Value> {
        let newest = self.newest.map_or(time, |newest| newest.max(time));
        self.newest = Some(newest);
        let place = Place { time, offset: self.offset };
        self.offset += 1;
        let mut results = Vec::new();
        self.kernel.fold(&mut self.state, place, newest, &self.plan.before(fields), &mut results);
        results
    }

    fn peek(&self, time: Micros, own: Option<Place>, fields: &[Value]) -> Vec<Value> {
        let mut results = Vec::new();
        self.kernel.peek(&self.state, time, own, &self.plan.before(fields), &mut results);
        results
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.kernel.encode(&self.state, &mut bytes);
        bytes
    }

    /// Stores the state and reads it back.
    fn restart(&mut self) {
        self.state = self.kernel.decode(&self.bytes()).unwrap();
    }
}

/// A row with these values and NULLs elsewhere.
fn row(values: &[(usize, Value)]) -> Vec<Value> {
    let mut fields = vec![Value::Null; FIELDS.len()];
    for (index, value) in values {
        fields[*index] = value.clone();
    }
    fields
}

fn text(text: &str) -> Value {
    Value::String(text.into())
}

#[track_caller]
fn assert_same_bits(found: &[Value], expected: &[Value], context: &dyn std::fmt::Debug) {
    let same = found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| a.same_bits(b));
    assert!(same, "found {found:?}, expected {expected:?}: {context:?}");
}
