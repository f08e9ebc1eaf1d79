//! Frames of time looked at later than they were computed: a quiet key's rows leave them one after the other.

use std::ops::Range;

use super::arrange::{Group, Kernel};
use super::fold::{accumulated, answer};
use super::operator::Operator;
use super::state::{Partition, ViewState};
use crate::plan::Frame;
use crate::value::{Micros, Value};

impl Kernel {
    /// For each call whether it has a frame of time.
    pub fn ages(&self) -> Vec<bool> {
        let mut ages = vec![false; self.calls];
        let calls = self.groups.iter().flat_map(Group::ageing).flat_map(|operator| &operator.calls);
        for (call, _) in calls {
            ages[*call] = true;
        }
        ages
    }

    /// The outputs of [`View::before`](crate::plan::View::before) that name the partitions of frames of time.
    pub fn ageing_partitions(&self) -> Vec<Range<usize>> {
        self.groups
            .iter()
            .filter(|group| group.ageing().next().is_some())
            .map(|group| group.partition.clone())
            .collect()
    }

    /// What the frames of time of the newest row hold at `as_of`: rows younger than the frame's width, that row among
    /// them unless it is excluded. Other calls' results are left as they are.
    ///
    /// `before` are the newest row's outputs, of which only [`Kernel::ageing_partitions`] are looked at. In its partitions
    /// that row stands last.
    pub fn age(&self, state: &ViewState, as_of: Micros, before: &[Value], results: &mut [Value]) {
        for (group, partitions) in self.groups.iter().zip(&state.groups) {
            if group.ageing().next().is_some()
                && let Some(partition) = partitions.get(group.key(before))
            {
                group.age(partition, as_of, results);
            }
        }
    }
}

impl Group {
    fn ageing(&self) -> impl Iterator<Item = &Operator> {
        self.operators.iter().filter(|operator| matches!(operator.frame, Frame::Range(_)))
    }

    fn age(&self, partition: &Partition, as_of: Micros, results: &mut [Value]) {
        let rows = &partition.rows;
        for operator in self.ageing() {
            let end = rows.len().saturating_sub(usize::from(operator.exclude_current));
            let frame = operator.start(rows, end, as_of)..end;
            answer(operator, &accumulated(operator, rows, &partition.base, frame, None), results);
        }
    }
}
