//! Folding a whole log at once: the rows of one key in the total order, a call at a time. For history, whose rows are
//! all known and stand in columns; every value is what [`Kernel::fold`] gives event by event, by the same accumulators.

use std::cmp::Ordering;
use std::ops::Range;

use super::arrange::{Group, Kernel};
use super::decaying::Decaying;
use super::operator::{Accumulator, FloatSum, IntegerSum, Operator, Reading};
use super::state::{PartitionKey, compare_keys, same_partition};
use crate::column::{Column, Data};
use crate::event::Place;
use crate::value::{Micros, Value};

/// Rows of one key that the filter kept.
#[derive(Debug, Clone, Copy)]
pub struct Log<'a> {
    /// The outputs of [`View::before`](crate::plan::View::before).
    pub before: &'a [Column],
    /// Where each row stands in `before`, rows in the total order.
    pub rows: &'a [usize],
    /// The event time of each of `rows`.
    pub times: &'a [Micros],
}

/// Takes the results of a log: of a call, for one of its rows (counted in the log).
pub trait Results {
    /// Comes once for each call and row, in any order.
    fn put(&mut self, call: usize, row: usize, result: Value);
}

impl Kernel {
    /// For each of so many outputs of [`View::before`](crate::plan::View::before) whether folding reads it.
    pub fn reads(&self, outputs: usize) -> Vec<bool> {
        let of_group = |group: &Group| {
            let carried = group.carried.iter().flat_map(|carried| [carried.argument, carried.filter]).flatten();
            let columns = group.columns.iter().map(|column| column.output);
            group.partition.clone().chain(columns).chain(carried).collect::<Vec<_>>()
        };
        let mut reads = vec![false; outputs];
        for output in self.groups.iter().flat_map(of_group) {
            if let Some(read) = reads.get_mut(output) {
                *read = true;
            }
        }
        reads
    }

    /// Folds a log whose key has no state before it, and keeps none after it.
    pub fn fold_log(&self, log: Log<'_>, results: &mut impl Results) {
        let mut values: Vec<Vec<Value>> = Vec::new();
        for group in &self.groups {
            let partitions = Partitions::of(log, group.partition.clone());
            values.resize_with(group.columns.len().max(values.len()), Vec::new);
            for range in &partitions.ranges {
                let partition = Partition { log, rows: &partitions.rows[range.clone()] };
                for (column, values) in group.columns.iter().zip(&mut values) {
                    partition.read(column.output, values);
                }
                group.fold_partition(partition, &values, results);
                group.carry_partition(partition, results);
            }
        }
    }
}

/// One partition of a log.
#[derive(Clone, Copy)]
struct Partition<'a> {
    log: Log<'a>,
    /// Counted in the log.
    rows: &'a [usize],
}

impl Partition<'_> {
    fn time(&self, row: usize) -> Option<Micros> {
        self.rows.get(row).map(|&row| self.log.times[row])
    }

    fn read(&self, output: usize, values: &mut Vec<Value>) {
        values.clear();
        match self.log.before.get(output) {
            Some(column) => values.extend(self.rows.iter().map(|&row| column.value(self.log.rows[row]))),
            None => values.resize(self.rows.len(), Value::Null),
        }
    }
}

impl Group {
    /// `values`: of each column of the group, a value per row.
    fn fold_partition(&self, partition: Partition<'_>, values: &[Vec<Value>], results: &mut impl Results) {
        for operator in &self.operators {
            let walk = Walk { operator, partition, values };
            // The usual ones apart, so that what a row costs is seen through by the compiler.
            match operator.accumulator() {
                Accumulator::Count(a) => {
                    walk.run(a, |a, _, v| a.enter(v), |a, _, v| a.leave(v), |a, _| a.read(), results);
                }
                Accumulator::IntegerSum(a) => {
                    let read = |a: &IntegerSum, reading| a.read(operator.ty, reading);
                    walk.run(a, |a, _, v| a.enter(v), |a, _, v| a.leave(v), read, results);
                }
                Accumulator::FloatSum(a) => {
                    walk.run(a, |a, _, v| a.enter(v), |a, _, v| a.leave(v), FloatSum::read, results);
                }
                other => {
                    let read = |a: &Accumulator, reading| a.read(operator.ty, reading);
                    walk.run(other, Accumulator::enter, Accumulator::leave, read, results);
                }
            }
        }
    }

    fn carry_partition(&self, partition: Partition<'_>, results: &mut impl Results) {
        let Log { before, rows, times } = partition.log;
        for carried in &self.carried {
            let value =
                |output: Option<usize>, row: usize| output.and_then(|o| before.get(o)).map(|c| c.value(rows[row]));
            let mut decaying = Decaying::default();
            for &row in partition.rows {
                let (argument, filter) = (value(carried.argument, row), value(carried.filter, row));
                let result = carried.step(&mut decaying, times[row], argument.as_ref(), filter.as_ref());
                results.put(carried.call, row, result);
            }
        }
    }
}

/// An operator's way through a partition.
struct Walk<'a> {
    operator: &'a Operator,
    partition: Partition<'a>,
    /// Of each column of the group.
    values: &'a [Vec<Value>],
}

impl Walk<'_> {
    #[inline]
    fn run<A>(
        &self,
        mut accumulator: A,
        enter: impl Fn(&mut A, Place, &Value),
        leave: impl Fn(&mut A, Place, &Value),
        read: impl Fn(&A, Reading) -> Value,
        results: &mut impl Results,
    ) {
        let Walk { operator, partition, values } = *self;
        let value_at = |row: usize| operator.entering(|column| &values[column][row]);
        let mut answer = |accumulator: &A, row: usize| {
            for (call, reading) in &operator.calls {
                results.put(*call, row, read(accumulator, *reading));
            }
        };
        let mut start = 0;
        for (last, &row) in partition.rows.iter().enumerate() {
            let time = partition.log.times[row];
            let until = operator.start_after(|row| partition.time(row), start, last, time);
            while start < until {
                if let Some(value) = value_at(start) {
                    leave(&mut accumulator, numbered(start), value);
                }
                start += 1;
            }
            if operator.exclude_current {
                answer(&accumulator, row);
            }
            if let Some(value) = value_at(last) {
                enter(&mut accumulator, numbered(last), value);
            }
            if !operator.exclude_current {
                answer(&accumulator, row);
            }
        }
    }
}

/// Rows are told apart by their number: they are in order.
fn numbered(row: usize) -> Place {
    Place { time: 0, offset: row as u64 }
}

/// The rows of a log, gathered by partition.
struct Partitions {
    /// Counted in the log: a partition's rows together, in the log's order.
    rows: Vec<usize>,
    ranges: Vec<Range<usize>>,
}

impl Partitions {
    /// `by`: the outputs that name the partition.
    fn of(log: Log<'_>, by: Range<usize>) -> Partitions {
        let columns = log.before.get(by).unwrap_or_default();
        let mut known: Vec<(PartitionKey, usize)> = Vec::new();
        let mut numbers: Vec<usize> = Vec::with_capacity(log.rows.len());
        let mut sizes: Vec<usize> = Vec::new();
        for (row, &place) in log.rows.iter().enumerate() {
            // Neighbours mostly share a partition: that is seen without making a key.
            let number = match row.checked_sub(1) {
                Some(previous) if columns.iter().all(|column| same(column, log.rows[previous], place)) => {
                    numbers[previous]
                }
                _ => number_of(&mut known, &mut sizes, columns, place),
            };
            numbers.push(number);
            sizes[number] += 1;
        }
        let mut ranges: Vec<Range<usize>> = Vec::with_capacity(sizes.len());
        for size in sizes {
            let start = ranges.last().map_or(0, |last| last.end);
            ranges.push(start..start + size);
        }
        let mut next: Vec<usize> = ranges.iter().map(|range| range.start).collect();
        let mut rows = vec![0; numbers.len()];
        for (row, number) in numbers.into_iter().enumerate() {
            rows[next[number]] = row;
            next[number] += 1;
        }
        Partitions { rows, ranges }
    }
}

/// The number of a row's partition; a new one has no rows yet.
fn number_of(
    known: &mut Vec<(PartitionKey, usize)>,
    sizes: &mut Vec<usize>,
    columns: &[Column],
    place: usize,
) -> usize {
    let key: PartitionKey = columns.iter().map(|column| same_partition(&column.value(place))).collect();
    match known.binary_search_by(|(other, _)| compare_keys(other, &key)) {
        Ok(at) => known[at].1,
        Err(at) => {
            known.insert(at, (key, sizes.len()));
            sizes.push(0);
            sizes.len() - 1
        }
    }
}

/// Whether two values name the same partition; may be false although they do.
fn same(column: &Column, a: usize, b: usize) -> bool {
    if !(column.is_valid(a) && column.is_valid(b)) {
        return false;
    }
    match &column.data {
        Data::Bool(v) => v[a] == v[b],
        Data::Int(v) => v[a] == v[b],
        Data::Float(v) => v[a].total_cmp(&v[b]) == Ordering::Equal,
        Data::String(v) => v[a] == v[b],
    }
}
