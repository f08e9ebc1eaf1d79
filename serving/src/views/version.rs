//! One version of a view: who needs it, and how far its states are in each partition.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use features::plan::View;

/// A version of a view, by its hash.
#[derive(Debug)]
pub struct ViewVersion {
    pub view: Arc<View>,
    /// The project as it is declares this version.
    pub declared: bool,
    users: AtomicUsize,
    /// Raised whenever a version begins or ceases to be kept; shared by all of a project.
    changes: Arc<AtomicU64>,
    /// One for each partition; none where nobody works the stream.
    partitions: Vec<Cell>,
}

/// How far the states of one version are in one partition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether it is level with its partition: every event committed is folded.
    pub live: bool,
    /// The first offset that it has not folded, as of the last report while it was behind.
    pub folded: u64,
    /// Where the partition stood then.
    pub of: u64,
    /// Why it gets no further.
    pub problem: Option<String>,
}

/// How far the states of one version are, over all partitions.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Progress {
    /// Events folded, and how many there are to fold.
    pub folded: u64,
    pub of: u64,
    /// Whole ones, rounded down; 100 only when it is done.
    pub percent: u8,
    /// Why a partition gets no further.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

#[derive(Debug)]
struct Cell {
    live: AtomicBool,
    standing: Mutex<Standing>,
}

/// A version in use: while one exists, its states are kept.
#[derive(Debug)]
pub struct InUse(Arc<ViewVersion>);

impl ViewVersion {
    pub(super) fn new(
        view: Arc<View>,
        declared: bool,
        changes: Arc<AtomicU64>,
        partitions: Vec<Standing>,
    ) -> ViewVersion {
        let cell = |standing: Standing| Cell { live: AtomicBool::new(standing.live), standing: Mutex::new(standing) };
        let partitions = partitions.into_iter().map(cell).collect();
        ViewVersion { view, declared, users: AtomicUsize::new(0), changes, partitions }
    }

    /// Whether anything may ask for its states.
    pub fn is_kept(&self) -> bool {
        self.declared || self.users.load(Ordering::SeqCst) > 0
    }

    /// Whether it is level in every partition, so that its rows can be served.
    pub fn is_live(&self) -> bool {
        self.partitions.iter().all(|cell| cell.live.load(Ordering::SeqCst))
    }

    /// How far it is in a partition; live where nobody works it.
    pub fn standing(&self, partition: u32) -> Standing {
        let cell = usize::try_from(partition).ok().and_then(|place| self.partitions.get(place));
        let live = || Standing { live: true, ..Standing::default() };
        cell.map_or_else(live, |cell| cell.standing.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    pub fn progress(&self) -> Progress {
        Progress::over((0..self.partitions.len()).map(|place| self.standing(u32::try_from(place).unwrap_or(u32::MAX))))
    }

    /// What the worker of a partition tells.
    pub(crate) fn report(&self, partition: u32, standing: Standing) {
        let Some(cell) = usize::try_from(partition).ok().and_then(|place| self.partitions.get(place)) else { return };
        let live = standing.live;
        *cell.standing.lock().unwrap_or_else(PoisonError::into_inner) = standing;
        cell.live.store(live, Ordering::SeqCst);
    }
}

impl Progress {
    pub fn over(standings: impl Iterator<Item = Standing>) -> Progress {
        let mut progress = Progress { percent: 100, ..Progress::default() };
        let mut live = true;
        for standing in standings {
            progress.folded += standing.folded;
            progress.of += standing.of;
            live &= standing.live;
            progress.problem = progress.problem.or(standing.problem);
        }
        if !live {
            let percent = (u128::from(progress.folded) * 100).checked_div(u128::from(progress.of)).unwrap_or_default();
            progress.percent = u8::try_from(percent).unwrap_or(99).min(99);
        }
        progress
    }
}

impl InUse {
    pub(super) fn new(version: Arc<ViewVersion>) -> InUse {
        version.users.fetch_add(1, Ordering::SeqCst);
        version.changes.fetch_add(1, Ordering::SeqCst);
        InUse(version)
    }

    pub fn version(&self) -> &Arc<ViewVersion> {
        &self.0
    }
}

impl Clone for InUse {
    fn clone(&self) -> InUse {
        InUse::new(Arc::clone(&self.0))
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.0.users.fetch_sub(1, Ordering::SeqCst);
        self.0.changes.fetch_add(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(live: bool, folded: u64, of: u64) -> Standing {
        Standing { live, folded, of, problem: None }
    }

    fn percent(standings: &[Standing]) -> u8 {
        Progress::over(standings.iter().cloned()).percent
    }

    #[test]
    fn progress_is_over_all_partitions_and_whole_only_when_all_are_level() {
        assert_eq!(percent(&[]), 100);
        assert_eq!(percent(&[standing(true, 0, 0), standing(true, 7, 7)]), 100);
        assert_eq!(percent(&[standing(true, 50, 50), standing(false, 25, 100)]), 50);
        assert_eq!(percent(&[standing(false, 1_000, 1_000)]), 99);
        assert_eq!(percent(&[standing(false, 0, 0)]), 0);
        assert_eq!(percent(&[standing(false, u64::MAX / 2, u64::MAX / 2)]), 99);
    }

    #[test]
    fn the_first_problem_of_a_partition_is_told() {
        let stuck = Standing { problem: Some("offset 0 is gone".into()), ..Standing::default() };
        let progress = Progress::over([standing(true, 1, 1), stuck].into_iter());
        assert_eq!(progress.problem.as_deref(), Some("offset 0 is gone"));
    }
}
