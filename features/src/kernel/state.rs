//! What is kept of one key's rows for one view.

use std::cmp::Ordering;

use smallvec::SmallVec;

use super::arrange::Group;
use super::decaying::Decaying;
use super::operator::Accumulator;
use super::rows::Rows;
use super::runs::Runs;
use crate::value::Value;

/// The window state of one key for one view. Only the [`Kernel`](super::Kernel) of that view may read or change it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ViewState {
    /// One per group of the kernel, or none before the first event.
    pub(super) groups: Vec<Partitions>,
}

impl ViewState {
    /// See [`crate::host::KeyState::number_offsets`].
    pub(crate) fn number_offsets(&mut self) {
        for (_, partition) in self.groups.iter_mut().flat_map(|group| &mut group.entries) {
            partition.rows.number_offsets();
        }
    }
}

/// A group's partitions, ordered by key: there are few of them in a key.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Partitions {
    pub(super) entries: Vec<(PartitionKey, Box<Partition>)>,
}

pub(super) type PartitionKey = SmallVec<[Value; 1]>;

#[derive(Debug, Clone)]
pub(super) struct Partition {
    pub(super) rows: Rows,
    /// What is left of the rows that have left the buffer: one per operator that sees all rows, in their order; empty
    /// as long as nothing has left.
    pub(super) base: Vec<Accumulator>,
    /// One per call that is folded in the order of acceptance.
    pub(super) decaying: Vec<Decaying>,
    /// One per operator, or empty: to be derived from base and rows before the next event in order.
    pub(super) heads: Vec<Head>,
    /// How many rows have left the buffer since this value was made: counts rows, for `heads` only.
    pub(super) left: u64,
}

/// What a frame holds before the next row.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) accumulator: Accumulator,
    /// The first row in it, counted with those that have left the buffer; 0 for ever where no row leaves.
    pub(super) start: u64,
    /// For `min` and `max` of rows out of order.
    pub(super) runs: Runs,
}

impl Partitions {
    pub(super) fn get(&self, key: &[Value]) -> Option<&Partition> {
        let at = self.find(key).ok()?;
        self.entries.get(at).map(|(_, partition)| partition.as_ref())
    }

    pub(super) fn get_or_insert(&mut self, key: &[Value], group: &Group) -> &mut Partition {
        let at = self.find(key).unwrap_or_else(|at| {
            let decaying = vec![Decaying::default(); group.carried.len()];
            let partition = Box::new(Partition { decaying, ..Partition::new(Rows::new(group.columns.len())) });
            self.entries.insert(at, (key.iter().map(same_partition).collect(), partition));
            at
        });
        &mut self.entries[at].1
    }

    fn find(&self, key: &[Value]) -> Result<usize, usize> {
        self.entries.binary_search_by(|(known, _)| compare_keys(known, key))
    }
}

impl Partition {
    pub(super) fn new(rows: Rows) -> Partition {
        Partition { rows, base: Vec::new(), decaying: Vec::new(), heads: Vec::new(), left: 0 }
    }
}

/// Heads are derived.
impl PartialEq for Partition {
    fn eq(&self, other: &Partition) -> bool {
        self.rows == other.rows && self.base == other.base && self.decaying == other.decaying
    }
}

pub(super) fn compare_keys(a: &[Value], b: &[Value]) -> Ordering {
    let pairs = a.iter().zip(b).map(|(a, b)| compare_partition_values(a, b));
    pairs.fold(Ordering::Equal, Ordering::then)
}

/// As SQL's `=` sees them, and NULL as one value before all others: the zeros are one partition.
fn compare_partition_values(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (a, b) => super::operator::compare(a, b),
    }
}

/// The one form of values that name the same partition.
pub(super) fn same_partition(value: &Value) -> Value {
    match value {
        Value::Float(x) => Value::Float(x + 0.0),
        other => other.clone(),
    }
}
