//! Times in few bytes.

use super::StateError;
use crate::value::Micros;

/// The coarsest unit that all of some times are whole in: most clocks tick in seconds or milliseconds, and times then
/// take fewer bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeUnit(Micros);

impl TimeUnit {
    const ALL: [TimeUnit; 3] = [TimeUnit(1), TimeUnit(1_000), TimeUnit(1_000_000)];

    pub(crate) fn of(times: impl Iterator<Item = Micros> + Clone) -> TimeUnit {
        let whole = |unit: &&TimeUnit| times.clone().all(|time| time % unit.0 == 0);
        *TimeUnit::ALL.iter().rev().find(whole).unwrap_or(&TimeUnit::ALL[0])
    }

    pub(super) fn from_byte(byte: u8) -> Result<TimeUnit, StateError> {
        let unit = TimeUnit::ALL.get(usize::from(byte));
        unit.copied().ok_or(StateError::Corrupt("times have an unknown unit"))
    }

    pub(crate) fn put(self, out: &mut Vec<u8>) {
        out.push(TimeUnit::ALL.iter().position(|unit| *unit == self).unwrap_or(0) as u8);
    }

    /// A time that is whole in this unit, counted in it.
    pub(crate) fn count(self, time: Micros) -> i64 {
        time / self.0
    }

    pub(crate) fn time(self, count: i64) -> Result<Micros, StateError> {
        count.checked_mul(self.0).ok_or(StateError::Corrupt("a time is out of range"))
    }
}
