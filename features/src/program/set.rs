//! The literals of a long IN list, to be looked up instead of compared one by one.

use std::collections::HashSet;

use smol_str::SmolStr;

use super::logic::membership;
use crate::value::Value;

/// From how many literals on a look-up is quicker than comparisons.
pub(super) const WORTHWHILE: usize = 12;

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Set {
    pub(super) members: Members,
    pub(super) has_null: bool,
}

/// Distinct literals of one representation.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Members {
    /// A list of NULLs.
    #[default]
    None,
    /// Int, Timestamp and Interval.
    Int(HashSet<i64>),
    Float(HashSet<u64>),
    String(HashSet<SmolStr>),
}

/// Equal floats have equal bits, but for the two zeros.
pub(super) fn float_key(x: f64) -> u64 {
    if x == 0.0 { 0 } else { x.to_bits() }
}

impl Set {
    /// `None` where the literals are of a type for which a set is of no use, or of more than one.
    pub(super) fn new<'a>(literals: impl IntoIterator<Item = &'a Value>) -> Option<Set> {
        let mut set = Set::default();
        for literal in literals {
            match (&mut set.members, literal) {
                (_, Value::Null) => set.has_null = true,
                (Members::Int(m), Value::Int(x) | Value::Timestamp(x) | Value::Interval(x)) => _ = m.insert(*x),
                (Members::Float(m), Value::Float(x)) => _ = m.insert(float_key(*x)),
                (Members::String(m), Value::String(x)) => _ = m.insert(x.clone()),
                (m @ Members::None, Value::Int(x) | Value::Timestamp(x) | Value::Interval(x)) => {
                    *m = Members::Int(HashSet::from([*x]));
                }
                (m @ Members::None, Value::Float(x)) => *m = Members::Float(HashSet::from([float_key(*x)])),
                (m @ Members::None, Value::String(x)) => *m = Members::String(HashSet::from([x.clone()])),
                _ => return None,
            }
        }
        Some(set)
    }

    pub(super) fn contains(&self, value: &Value) -> Option<bool> {
        let found = match (&self.members, value) {
            (_, Value::Null) => return None,
            (Members::Int(m), Value::Int(x) | Value::Timestamp(x) | Value::Interval(x)) => m.contains(x),
            (Members::Float(m), Value::Float(x)) => m.contains(&float_key(*x)),
            (Members::String(m), Value::String(x)) => m.contains(x),
            _ => false,
        };
        membership(found, self.has_null)
    }
}
