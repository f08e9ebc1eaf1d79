use std::collections::HashMap;
use std::hash::Hash;

/// Which rows share fate (the plays of one match): they are drawn together when intervals are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    of_row: Vec<u32>,
    count: usize,
}

impl Groups {
    /// Every row for itself.
    pub fn each_row(rows: usize) -> Groups {
        Groups { of_row: (0..rows).map(number).collect(), count: rows }
    }

    /// Rows with equal keys belong together; groups are numbered as they first appear.
    pub fn by_key<K: Hash + Eq>(keys: impl IntoIterator<Item = K>) -> Groups {
        let mut numbers: HashMap<K, u32> = HashMap::new();
        let mut of_row = Vec::new();
        for key in keys {
            let next = number(numbers.len());
            of_row.push(*numbers.entry(key).or_insert(next));
        }
        Groups { of_row, count: numbers.len() }
    }

    /// All rows together.
    pub(super) fn one(rows: usize) -> Groups {
        Groups { of_row: vec![0; rows], count: 1 }
    }

    /// The rows where `keep` says so, in the same groups: one that loses all its rows still counts.
    pub(super) fn select(&self, keep: &[bool]) -> Groups {
        let kept = self.of_row.iter().zip(keep).filter(|(_, keep)| **keep);
        Groups { of_row: kept.map(|(group, _)| *group).collect(), count: self.count }
    }

    pub fn count(&self) -> usize {
        self.count
    }

    pub fn rows(&self) -> usize {
        self.of_row.len()
    }

    /// The group of each row, below [`Groups::count`].
    pub fn of_rows(&self) -> impl Iterator<Item = usize> {
        self.of_row.iter().map(|group| *group as usize)
    }

    pub(super) fn numbers(&self) -> &[u32] {
        &self.of_row
    }

    /// The rows of each group: where those of group g begin and end in the list, and the list.
    pub(super) fn rows_by_group(&self) -> (Vec<usize>, Vec<usize>) {
        let mut ends = vec![0; self.count + 1];
        for group in self.of_rows() {
            ends[group + 1] += 1;
        }
        for group in 0..self.count {
            ends[group + 1] += ends[group];
        }
        let (mut next, mut rows) = (ends.clone(), vec![0; self.rows()]);
        for (row, group) in self.of_rows().enumerate() {
            rows[next[group]] = row;
            next[group] += 1;
        }
        (ends, rows)
    }
}

/// Four billion rows are more than memory holds with all that belongs to them.
fn number(group: usize) -> u32 {
    u32::try_from(group).unwrap_or(u32::MAX)
}
