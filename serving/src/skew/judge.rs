//! What was served against what is recomputed: a pure comparison.

use std::sync::Arc;

use features::host::ViewRow;
use features::plan::{View, ViewHash};
use features::value::{Micros, Value};
use indexmap::IndexMap;

use super::index::Unchecked;

/// What a pass has found, before it is told.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) views: IndexMap<ViewHash, ViewFound>,
    /// The first differences, at most as many as a pass tells one by one.
    pub(super) differences: Vec<Difference>,
    /// How many more there were.
    pub(super) further: u64,
    /// Rows that could not be recomputed.
    pub(super) history: u64,
    pub(super) long: u64,
    pub(super) share: u64,
}

/// Of one view.
#[derive(Debug)]
pub(super) struct ViewFound {
    pub(super) view: Arc<View>,
    pub(super) rows: u64,
    pub(super) not_recomputed: u64,
    pub(super) not_served: u64,
    /// One per column.
    pub(super) features: Vec<FeatureFound>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct FeatureFound {
    pub(super) mismatches: u64,
    pub(super) nulls_served: u64,
    pub(super) nulls_recomputed: u64,
}

/// An event in the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) partition: u32,
    /// [`features::schema::Stream::sequence`]
    pub(super) sequence: u64,
    pub(super) key: &'a [u8],
}

/// One value, or one whole row, that is not the same on both sides.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Difference {
    pub(super) view: ViewName,
    pub(super) partition: u32,
    pub(super) sequence: u64,
    pub(super) key: Vec<u8>,
    /// Event time, where there is a served row.
    pub(super) time: Option<Micros>,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct ViewName {
    pub(super) name: String,
    pub(super) hash: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Value { feature: String, served: Value, recomputed: Value },
    NotRecomputed,
    NotServed,
}

/// Differences that a pass tells one by one; all are counted.
pub(super) const TOLD: usize = 1_000;

impl Found {
    /// Compares the rows that one view has for one event.
    pub(super) fn compare(
        &mut self,
        view: &Arc<View>,
        place: Place<'_>,
        served: Option<&ViewRow>,
        recomputed: Option<&[Value]>,
    ) {
        let found = self.views.entry(view.hash.clone()).or_insert_with(|| ViewFound::new(view));
        let mut differences = Vec::new();
        match (served, recomputed) {
            (None, None) => return,
            (Some(_), None) => {
                found.not_recomputed += 1;
                differences.push(Kind::NotRecomputed);
            }
            (None, Some(_)) => {
                found.not_served += 1;
                differences.push(Kind::NotServed);
            }
            (Some(served), Some(recomputed)) => found.values(&served.columns, recomputed, &mut differences),
        }
        found.rows += 1;
        for kind in differences {
            if self.differences.len() >= TOLD {
                self.further += 1;
                continue;
            }
            self.differences.push(Difference {
                view: ViewName { name: view.name.to_string(), hash: view.hash.to_string() },
                partition: place.partition,
                sequence: place.sequence,
                key: place.key.to_vec(),
                time: served.map(|row| row.time),
                kind,
            });
        }
    }

    pub(super) fn unchecked(&mut self, why: Unchecked, rows: u64) {
        *match why {
            Unchecked::History => &mut self.history,
            Unchecked::Long => &mut self.long,
            Unchecked::Share => &mut self.share,
        } += rows;
    }
}

impl ViewFound {
    fn new(view: &Arc<View>) -> ViewFound {
        let features = vec![FeatureFound::default(); view.columns.len()];
        ViewFound { view: Arc::clone(view), rows: 0, not_recomputed: 0, not_served: 0, features }
    }

    fn values(&mut self, served: &[Value], recomputed: &[Value], differences: &mut Vec<Kind>) {
        for (index, (found, column)) in self.features.iter_mut().zip(&self.view.columns).enumerate() {
            let value = |row: &[Value]| row.get(index).cloned().unwrap_or(Value::Null);
            let (served, recomputed) = (value(served), value(recomputed));
            found.nulls_served += u64::from(served.is_null());
            found.nulls_recomputed += u64::from(recomputed.is_null());
            if !served.same_bits(&recomputed) {
                found.mismatches += 1;
                differences.push(Kind::Value { feature: column.name.to_string(), served, recomputed });
            }
        }
    }
}
