//! Who waits for which prediction, and since when.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Predictions that are due. Those of one key come in the order of its events.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    due: HashMap<Arc<str>, VecDeque<u64>>,
    outstanding: u64,
    /// By the partition of their events: the offset that was predicted last.
    last: HashMap<u32, u64>,
    pub(super) seen: u64,
    pub(super) doubled: u64,
    /// Predictions that nobody waits for, of keys of this run.
    pub(super) unexpected: u64,
    pub(super) most_outstanding: u64,
}

/// What a prediction says of itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) partition: u32,
    pub(super) offset: u64,
}

impl Ledger {
    /// A prediction for `key` is due; `intended`: when its event was to be sent, in microseconds after the start.
    pub(super) fn expect(&mut self, key: &Arc<str>, intended: u64) {
        match self.due.get_mut(key) {
            Some(waiting) => waiting.push_back(intended),
            None => {
                self.due.insert(Arc::clone(key), VecDeque::from([intended]));
            }
        }
        self.outstanding += 1;
        self.most_outstanding = self.most_outstanding.max(self.outstanding);
    }

    pub(super) fn outstanding(&self) -> u64 {
        self.outstanding
    }

    /// A prediction is there; says since when it was waited for. One of an offset that lies behind is there for the second
    /// time: in a partition they come in the order of their events. A key that nobody knows is another run's.
    pub(super) fn seen(&mut self, key: &str, origin: Origin) -> Option<u64> {
        let waiting = self.due.get_mut(key)?;
        let Origin { partition, offset } = origin;
        match self.last.get(&partition) {
            Some(last) if offset <= *last => {
                self.doubled += 1;
                return None;
            }
            _ => self.last.insert(partition, offset),
        };
        let Some(intended) = waiting.pop_front() else {
            self.unexpected += 1;
            return None;
        };
        self.seen += 1;
        self.outstanding -= 1;
        Some(intended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: u64) -> Origin {
        Origin { partition: 0, offset }
    }

    #[test]
    fn predictions_of_a_key_are_taken_in_the_order_of_its_events() {
        let mut ledger = Ledger::default();
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        for (key, intended) in [(&a, 10), (&b, 20), (&a, 30)] {
            ledger.expect(key, intended);
        }
        assert_eq!(ledger.outstanding(), 3);
        assert_eq!(ledger.seen("a", at(0)), Some(10));
        assert_eq!(ledger.seen("b", at(1)), Some(20));
        assert_eq!(ledger.seen("a", at(2)), Some(30));
        assert_eq!((ledger.seen, ledger.outstanding(), ledger.most_outstanding), (3, 0, 3));
    }

    #[test]
    fn a_second_prediction_for_an_event_is_told_and_takes_nobody_elses_place() {
        let mut ledger = Ledger::default();
        let key: Arc<str> = "a".into();
        ledger.expect(&key, 1);
        ledger.expect(&key, 2);
        assert_eq!(ledger.seen("a", at(5)), Some(1));
        assert_eq!(ledger.seen("a", at(5)), None);
        assert_eq!((ledger.doubled, ledger.outstanding()), (1, 1));
    }

    #[test]
    fn a_prediction_that_nobody_waits_for_is_told_and_that_of_another_run_is_not() {
        let mut ledger = Ledger::default();
        let key: Arc<str> = "a".into();
        ledger.expect(&key, 1);
        assert_eq!(ledger.seen("a", at(0)), Some(1));
        assert_eq!(ledger.seen("a", at(1)), None);
        assert_eq!(ledger.seen("other", at(0)), None);
        assert_eq!((ledger.unexpected, ledger.doubled), (1, 0));
    }
}
