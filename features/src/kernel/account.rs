//! What a view's windows keep of a key, and what an event costs them: read off the arrangement that folds.

use super::arrange::{Group, Kernel};
use super::operator::{Kind, Operator};
use crate::plan::Frame;
use crate::value::{Micros, Type};

/// Of windows that divide a key's rows alike: they share one buffer of rows for each partition.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Types of the values that name a partition; empty: the key is one partition.
    pub partition: Vec<Type>,
    /// Types of what the buffer keeps of a row, each once whichever calls use it.
    pub columns: Vec<Type>,
    /// So many rows are kept before the place where an event may still be put.
    pub reach: usize,
    /// Rows of so much time are kept before the time at which an event may still come.
    pub span: Micros,
    pub accumulators: Vec<Accumulates>,
}

/// One accumulator, and the calls that share it.
#[derive(Debug, Clone, PartialEq)]
pub struct Accumulates {
    /// Indices of the view's calls that it answers.
    pub calls: Vec<usize>,
    /// Bytes stored of it whatever the rows, about; 0 where all of it is derived from the buffer.
    pub stored: usize,
    /// Of an event that is the newest of its partition.
    pub in_order: Cost,
    /// Of an event that is not.
    pub out_of_order: Cost,
    /// Of a request, after its key's state was read.
    pub request: Cost,
}

/// How the work of one event grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cost {
    /// O(1), each row entering and leaving once.
    Constant,
    /// O(log n) in the number of different values.
    Logarithmic,
    /// O(n) in the rows that stand behind the event, whatever the frame holds; of `min` and `max` O(log n) in the latter.
    Behind,
    /// O(n) in the rows that the frame holds.
    Frame,
    /// O(n) in the rows that the buffer holds; what is older is in one accumulator.
    Buffer,
}

/// Bytes that a value takes in a stored state, about: whole numbers take as many as they need.
pub(crate) fn value_bytes(ty: Type) -> usize {
    match ty {
        Type::Bool => 1,
        Type::Int => 2,
        Type::Float | Type::Interval => 5,
        Type::String | Type::Timestamp => 8,
    }
}

impl Kernel {
    /// One for each buffer that the view's windows need.
    pub fn accounts(&self) -> Vec<Account> {
        self.groups.iter().map(Group::account).collect()
    }
}

impl Group {
    fn account(&self) -> Account {
        let carried = self.carried.iter().map(|carried| Accumulates {
            calls: vec![carried.call],
            // Mean, weight and the time of the newest row.
            stored: 25,
            in_order: Cost::Constant,
            out_of_order: Cost::Constant,
            request: Cost::Constant,
        });
        Account {
            partition: self.partition_types.clone(),
            columns: self.columns.iter().map(|column| column.ty).collect(),
            reach: self.reach,
            span: self.span,
            accumulators: self.operators.iter().map(accumulates).chain(carried).collect(),
        }
    }
}

fn accumulates(operator: &Operator) -> Accumulates {
    Accumulates {
        calls: operator.calls.iter().map(|(call, _)| *call).collect(),
        stored: if operator.base.is_some() { stored(operator) } else { 0 },
        in_order: if matches!(operator.kind, Kind::Distinct(_)) { Cost::Logarithmic } else { Cost::Constant },
        out_of_order: if in_passing(operator) { Cost::Behind } else { pass(operator) },
        request: if operator.filter.is_none() && operator.kind.looks_at_few() {
            Cost::Constant
        } else {
            pass(operator)
        },
    }
}

/// Whether a row out of order is answered without a look at each row of its frame.
fn in_passing(operator: &Operator) -> bool {
    let looks_at_few = operator.filter.is_none() && operator.kind.looks_at_few();
    operator.is_reversible() || operator.kind.beats().is_some() || looks_at_few
}

fn pass(operator: &Operator) -> Cost {
    if operator.frame == Frame::Unbounded { Cost::Buffer } else { Cost::Frame }
}

/// Of an accumulator that sees everything.
fn stored(operator: &Operator) -> usize {
    // An exact sum keeps the words that are not zero.
    const EXACT_SUM: usize = 14;
    const COUNT: usize = 2;
    let value = value_bytes(operator.ty);
    match operator.kind {
        Kind::Count => COUNT,
        Kind::IntegerSum => COUNT + 4,
        Kind::FloatSum => COUNT + EXACT_SUM,
        Kind::Min | Kind::Max | Kind::First | Kind::Last => value + 1,
        Kind::Nth(_) => COUNT + value,
        Kind::Spread => COUNT + 2 * EXACT_SUM,
        Kind::Distinct(cap) => 1 + cap as usize * value,
        Kind::Lag(offset) => 1 + offset as usize * value,
    }
}
