//! The best value of runs of rows, so that the best of any rows that stand together is found without a look at each.
//!
//! Only events out of order ask for it, and only what they ask about is summed up: where all events are in order there is
//! nothing here. Runs are counted with the rows that have left the buffer, so that they stay when rows leave.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::ops::Range;

use super::operator::keep_better;
use crate::value::Value;

/// Rows in a run, runs in a run of runs, and so on.
const LENGTH: u64 = 32;

/// Of one argument, those rows left out that a filter keeps out.
#[derive(Debug, Clone, Default)]
pub(super) struct Runs {
    /// Each of runs that are [`LENGTH`] times as long as those before.
    levels: Vec<Level>,
}

#[derive(Debug, Clone, Default)]
struct Level {
    /// The number of the first run.
    first: u64,
    best: VecDeque<Value>,
}

impl Level {
    fn get(&self, run: u64) -> Option<&Value> {
        self.best.get(usize::try_from(run.checked_sub(self.first)?).ok()?)
    }
}

/// The rows of a run, by the level that it is of.
fn length(level: usize) -> u64 {
    u32::try_from(level + 1).map_or(u64::MAX, |power| LENGTH.saturating_pow(power))
}

impl Runs {
    /// The best of `rows`. `buffered` is the first row that is still there, `value` what a row enters with.
    pub(super) fn best<'a>(
        &mut self,
        beats: Ordering,
        rows: Range<u64>,
        buffered: u64,
        value: impl Fn(u64) -> Option<&'a Value>,
    ) -> Value {
        self.sum_up(beats, buffered..rows.end, &value);
        let mut best = Value::Null;
        let mut row = rows.start;
        while row < rows.end {
            let run = (0..self.levels.len()).rev().find_map(|level| {
                let length = length(level);
                let fits = row.is_multiple_of(length) && length <= rows.end - row;
                fits.then(|| Some((length, self.levels[level].get(row / length)?))).flatten()
            });
            let (length, found) = run.map_or_else(|| (1, value(row)), |(length, found)| (length, Some(found)));
            if let Some(found) = found {
                keep_better(beats, &mut best, found);
            }
            row += length;
        }
        best
    }

    /// A row was put in: it and those behind it stand elsewhere now.
    pub(super) fn forget_from(&mut self, row: u64) {
        for (index, level) in self.levels.iter_mut().enumerate() {
            let whole = (row / length(index)).saturating_sub(level.first);
            level.best.truncate(usize::try_from(whole).unwrap_or(usize::MAX));
        }
    }

    /// Sums up the runs that lie in `rows` and were not; forgets those before them. The first run may have lost rows:
    /// nobody asks for it, since nobody asks for these.
    fn sum_up<'a>(&mut self, beats: Ordering, rows: Range<u64>, value: &impl Fn(u64) -> Option<&'a Value>) {
        for index in 0.. {
            let length = length(index);
            if length > rows.end - rows.start {
                return;
            }
            if index == self.levels.len() {
                self.levels.push(Level::default());
            }
            let (below, level) = self.levels.split_at_mut(index);
            let level = &mut level[0];
            let first = rows.start / length;
            let gone = first.saturating_sub(level.first).min(level.best.len() as u64);
            level.best.drain(..gone as usize);
            level.first = if level.best.is_empty() { first } else { level.first + gone };
            for run in level.first + level.best.len() as u64..rows.end / length {
                let mut best = Value::Null;
                let mut take = |found: Option<&Value>| {
                    if let Some(found) = found {
                        keep_better(beats, &mut best, found);
                    }
                };
                match below.last() {
                    None => (run * length..(run + 1) * length)
                        .filter(|row| *row >= rows.start)
                        .for_each(|row| take(value(row))),
                    Some(below) => (run * LENGTH..(run + 1) * LENGTH).for_each(|run| take(below.get(run))),
                }
                level.best.push_back(best);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What happens to rows that are numbered from the first that ever was.
    #[derive(Debug, Clone)]
    enum Step {
        Insert(prop::sample::Index, Option<i64>),
        Leave(usize),
        Ask(prop::sample::Index, prop::sample::Index),
    }

    fn any_step() -> impl Strategy<Value = Step> {
        let value = prop_oneof![Just(None), (0..9_i64).prop_map(Some), any::<i64>().prop_map(Some)];
        prop_oneof![
            2 => (any::<prop::sample::Index>(), value).prop_map(|(at, value)| Step::Insert(at, value)),
            1 => (0..90_usize).prop_map(Step::Leave),
            3 => (any::<prop::sample::Index>(), any::<prop::sample::Index>()).prop_map(|(a, b)| Step::Ask(a, b)),
        ]
    }

    proptest! {
        #[test]
        fn the_best_of_any_rows_is_the_best_of_each(
            start in 0..2_000_u64,
            values in prop::collection::vec(any::<i16>(), 0..3_000),
            steps in prop::collection::vec(any_step(), 0..60),
        ) {
            let mut rows: VecDeque<Value> = values.into_iter().map(|i| Value::Int(i.into())).collect();
            let (mut left, mut runs) = (start, Runs::default());
            for step in steps {
                match step {
                    Step::Insert(at, value) => {
                        let at = at.index(rows.len() + 1);
                        rows.insert(at, value.map_or(Value::Null, Value::Int));
                        runs.forget_from(left + at as u64);
                    }
                    Step::Leave(count) => {
                        left += rows.drain(..count.min(rows.len())).count() as u64;
                    }
                    Step::Ask(a, b) => {
                        let (a, b) = (a.index(rows.len() + 1), b.index(rows.len() + 1));
                        let asked = a.min(b)..a.max(b);
                        let expected = rows.range(asked.clone()).filter_map(|value| match value {
                            Value::Int(i) => Some(*i),
                            _ => None,
                        }).max();
                        let of = left + asked.start as u64..left + asked.end as u64;
                        let found = runs.best(Ordering::Greater, of, left, |row| rows.get((row - left) as usize));
                        prop_assert_eq!(found, expected.map_or(Value::Null, Value::Int));
                    }
                }
            }
        }
    }
}
