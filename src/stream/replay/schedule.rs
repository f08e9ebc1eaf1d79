//! In which order events are sent, and when.

use std::time::Duration;

use super::rate::Rate;
use super::selection::Selection;

/// One event of the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Due {
    /// Its place in the selection.
    pub(super) item: usize,
    /// When, after the start.
    pub(super) at: Duration,
    /// No later event of its key follows: its outcomes are known then.
    pub(super) ends_key: bool,
}

#[derive(Debug)]
pub(super) struct Schedule {
    pub(super) events: Vec<Due>,
}

impl Schedule {
    /// At full speed file order; at a rate every key begins at the start and keeps the pace, and events that are due at
    /// the same time stand in file order. The order within a key is always that of the files.
    pub(super) fn new(selection: &Selection, rate: Rate) -> Schedule {
        let mut seen = vec![0_u32; selection.keys.len()];
        let mut events: Vec<Due> = Vec::with_capacity(selection.rows.len());
        for (item, &key) in selection.key_of.iter().enumerate() {
            let at = match rate {
                Rate::Max => Duration::ZERO,
                Rate::Every(gap) => gap.saturating_mul(seen[key]),
            };
            seen[key] += 1;
            events.push(Due { item, at, ends_key: false });
        }
        events.sort_by_key(|due| due.at);
        let mut ended = vec![false; selection.keys.len()];
        for due in events.iter_mut().rev() {
            let key = selection.key_of[due.item];
            due.ends_key = !std::mem::replace(&mut ended[key], true);
        }
        Schedule { events }
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// How many events from `next` on are due after `elapsed`, at most `limit`.
    pub(super) fn due(&self, next: usize, elapsed: Duration, limit: usize) -> usize {
        self.events[next..].iter().take(limit).take_while(|due| due.at <= elapsed).count()
    }
}

#[cfg(test)]
mod tests {
    use super::super::selection::Key;
    use super::*;

    fn schedule(key_of: &[usize], rate: Rate) -> Schedule {
        let keys = key_of.iter().max().map_or(0, |max| max + 1);
        let keys = (0..keys).map(|_| Key { message: Vec::new() }).collect();
        Schedule::new(&Selection { rows: (0..key_of.len()).collect(), key_of: key_of.to_vec(), keys }, rate)
    }

    fn items(schedule: &Schedule) -> Vec<usize> {
        schedule.events.iter().map(|due| due.item).collect()
    }

    #[test]
    fn at_full_speed_events_go_in_file_order() {
        let schedule = schedule(&[0, 0, 1, 1], Rate::Max);
        assert_eq!(items(&schedule), [0, 1, 2, 3]);
        assert_eq!(schedule.due(1, Duration::ZERO, 2), 2);
    }

    #[test]
    fn at_a_rate_keys_run_side_by_side() {
        let schedule = schedule(&[0, 0, 0, 1, 1], Rate::Every(Duration::from_secs(1)));
        assert_eq!(items(&schedule), [0, 3, 1, 4, 2]);
        assert_eq!(schedule.due(0, Duration::from_millis(999), 9), 2);
        assert_eq!(schedule.due(2, Duration::from_millis(999), 9), 0);
        assert_eq!(schedule.due(2, Duration::from_secs(5), 9), 3);
    }

    #[test]
    fn the_last_event_of_each_key_ends_it() {
        let schedule = schedule(&[0, 1, 0, 1, 2], Rate::Max);
        let ends: Vec<usize> = schedule.events.iter().filter(|due| due.ends_key).map(|due| due.item).collect();
        assert_eq!(ends, [2, 3, 4]);
    }
}
