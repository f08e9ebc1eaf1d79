//! Readers at rest, kept where the next read of their partition will begin.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::cursor::Cursor;
use super::settings::KafkaSettings;
use crate::log::seam::{LogError, TopicPartition};

/// Readers of one partition that are kept: its worker's, a version's that is built up, a check's, somebody's who watches.
const KEPT: usize = 4;

/// The readers of all partitions that nobody is using at the moment.
#[derive(Default)]
pub(super) struct Cursors {
    places: Mutex<HashMap<TopicPartition, Place>>,
}

#[derive(Default)]
struct Place {
    /// Those used last stand last.
    resting: Vec<Cursor>,
    /// The log is known to have reached so far.
    reached: u64,
}

impl Cursors {
    /// A reader that stands at `from`, if there is one.
    pub(super) fn take(&self, place: &TopicPartition, from: u64) -> Option<Cursor> {
        let mut places = self.lock();
        let resting = &mut places.get_mut(place)?.resting;
        let found = resting.iter().rposition(|cursor| cursor.stands_at() == from)?;
        Some(resting.remove(found))
    }

    /// A reader that has been sent to `from`.
    pub(super) fn send(&self, settings: &KafkaSettings, place: &TopicPartition, from: u64) -> Result<Cursor, LogError> {
        let idle = {
            let mut places = self.lock();
            let resting = places.get_mut(place).map(|place| &mut place.resting);
            resting.filter(|resting| resting.len() >= KEPT).map(|resting| resting.remove(0))
        };
        let mut cursor = match idle {
            Some(cursor) => cursor,
            None => Cursor::new(settings, place)?,
        };
        cursor.go_to(from)?;
        Ok(cursor)
    }

    /// Takes a reader back, once it has been used without an error.
    pub(super) fn put(&self, place: &TopicPartition, cursor: Cursor) {
        let surplus = {
            let mut places = self.lock();
            let Place { resting, reached } = places.entry(place.clone()).or_default();
            *reached = (*reached).max(cursor.stands_at());
            resting.push(cursor);
            (resting.len() > KEPT).then(|| resting.remove(0))
        };
        // Closing a client takes a while: others need not wait for it.
        drop(surplus);
    }

    /// How far the log is known to reach, by what was read of it.
    pub(super) fn reached(&self, place: &TopicPartition) -> u64 {
        self.lock().get(place).map_or(0, |place| place.reached)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TopicPartition, Place>> {
        // Changed by single insertions and removals: a panic elsewhere leaves nothing half done.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
