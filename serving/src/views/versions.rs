//! All versions of a project's views that anybody needs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use features::plan::{View, ViewHash};
use features::project::Project;
use indexmap::IndexMap;
use smol_str::SmolStr;

use super::stored::StoredStates;
use super::version::{InUse, Standing, ViewVersion};

/// The versions known in this process: those that the project declares, and those that models are bound to.
#[derive(Debug)]
pub struct ViewVersions {
    known: Mutex<Vec<Arc<ViewVersion>>>,
    changes: Arc<AtomicU64>,
    /// The partitions of each stream that is worked.
    worked: IndexMap<SmolStr, u32>,
    stored: OnceLock<Arc<dyn StoredStates>>,
}

impl ViewVersions {
    pub fn new(project: &Project) -> ViewVersions {
        let endpoints = project.endpoints.values();
        let streams = endpoints.filter_map(|endpoint| Some(&project.models.get(&endpoint.model)?.view.stream));
        let versions = ViewVersions {
            known: Mutex::default(),
            changes: Arc::default(),
            worked: streams.map(|stream| (stream.name.clone(), stream.partitions)).collect(),
            stored: OnceLock::new(),
        };
        let declared = project.views.values().map(|view| Arc::new(versions.version(view, true))).collect();
        *versions.lock() = declared;
        versions
    }

    /// Before any model is bound: asks `stored` how far each version was when states were last written. Without it
    /// everything counts as live until a worker says otherwise.
    pub fn survey(&self, stored: Arc<dyn StoredStates>) {
        if self.stored.set(stored).is_err() {
            return;
        }
        for version in self.lock().iter() {
            for (partition, standing) in (0..).zip(self.standings(&version.view)) {
                version.report(partition, standing);
            }
        }
    }

    /// The version of a view with this hash, if it is known.
    pub fn find(&self, hash: &ViewHash) -> Option<InUse> {
        self.lock().iter().find(|known| known.view.hash == *hash).cloned().map(InUse::new)
    }

    /// Keeps the states of this version of a view from now on, until what is returned is dropped.
    pub fn keep(&self, view: &Arc<View>) -> InUse {
        let mut known = self.lock();
        if let Some(found) = known.iter().find(|known| known.view.hash == view.hash) {
            return InUse::new(Arc::clone(found));
        }
        known.retain(|version| version.is_kept() || Arc::strong_count(version) > 1);
        let version = Arc::new(self.version(view, false));
        known.push(Arc::clone(&version));
        InUse::new(version)
    }

    /// The versions of a stream's views whose states are to be kept, those that the project declares first.
    pub fn kept(&self, stream: &str) -> Vec<Arc<ViewVersion>> {
        let known = self.lock();
        known.iter().filter(|version| version.view.stream.name == stream && version.is_kept()).cloned().collect()
    }

    /// Grows whenever what [`ViewVersions::kept`] returns may have changed.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    fn version(&self, view: &Arc<View>, declared: bool) -> ViewVersion {
        ViewVersion::new(Arc::clone(view), declared, Arc::clone(&self.changes), self.standings(view))
    }

    fn standings(&self, view: &Arc<View>) -> Vec<Standing> {
        let partitions = self.worked.get(&view.stream.name).copied().unwrap_or_default();
        let standing = |partition| match self.stored.get() {
            Some(stored) => stored.standing(view, partition),
            None => Standing { live: true, ..Standing::default() },
        };
        (0..partitions).map(standing).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<ViewVersion>>> {
        // Changed by single pushes and retains: a panic elsewhere leaves nothing half done.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::fixture::{project, view};

    #[test]
    fn a_version_is_kept_while_it_is_declared_or_in_use() {
        let project = project(1);
        let versions = ViewVersions::new(&project);
        let kept = || versions.kept("plays").iter().map(|v| v.view.hash.clone()).collect::<Vec<_>>();
        let declared = project.views["form"].hash.clone();
        assert_eq!(kept(), std::slice::from_ref(&declared));
        let older = view(&project, "ROWS 5 PRECEDING");
        let seen = versions.changes();
        let (one, two) = (versions.keep(&older), versions.find(&older.hash).expect("known"));
        assert_ne!(versions.changes(), seen);
        assert_eq!(kept(), [declared.clone(), older.hash.clone()]);
        drop(one);
        assert_eq!(kept().len(), 2, "somebody uses it still");
        let seen = versions.changes();
        drop(two);
        assert_eq!(kept(), [declared]);
        assert_ne!(versions.changes(), seen);
    }

    #[test]
    fn a_version_begins_where_its_states_were_stored() {
        #[derive(Debug)]
        struct Behind;
        impl StoredStates for Behind {
            fn standing(&self, _: &Arc<View>, partition: u32) -> Standing {
                Standing { live: partition == 0, folded: 3, of: 9, problem: None }
            }
        }
        let project = project(2);
        let versions = ViewVersions::new(&project);
        assert!(versions.kept("plays")[0].is_live(), "nobody has said otherwise");
        versions.survey(Arc::new(Behind));
        assert!(!versions.kept("plays")[0].is_live());
        let older = versions.keep(&view(&project, "ROWS 5 PRECEDING"));
        assert!(!older.version().is_live());
        assert_eq!(older.version().standing(1).folded, 3);
        older.version().report(1, Standing { live: true, ..Standing::default() });
        assert!(older.version().is_live());
    }
}
