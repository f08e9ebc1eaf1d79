//! How far the states of a version were when they were last written.

use std::fmt::Debug;
use std::sync::Arc;

use features::online::{OnlineStore, Slot};
use features::plan::View;

use super::version::Standing;
use crate::log::EventLog;
use crate::worker::{Ground, consumer};

/// Tells how far a version's states are in a partition that nobody works yet.
pub trait StoredStates: Send + Sync + Debug {
    fn standing(&self, view: &Arc<View>, partition: u32) -> Standing;
}

/// By the records of a log and a store.
#[derive(Debug)]
pub struct Stored {
    pub log: Arc<dyn EventLog>,
    pub store: Arc<dyn OnlineStore>,
}

impl Stored {
    pub fn on(ground: &Ground) -> Stored {
        Stored { log: Arc::clone(&ground.log), store: Arc::clone(&ground.store) }
    }
}

impl StoredStates for Stored {
    /// What cannot be read is not live: its worker will say why.
    fn standing(&self, view: &Arc<View>, partition: u32) -> Standing {
        let record = self.store.record(&Slot::of(view, partition));
        let Ok(record) = record else { return Standing::default() };
        // A log without the topic has no event.
        let committed = self.log.committed(&consumer(&view.stream, partition)).unwrap_or_default();
        let folded = record.map(|record| record.folded).unwrap_or_default();
        Standing { live: folded == committed, folded, of: committed, problem: None }
    }
}
