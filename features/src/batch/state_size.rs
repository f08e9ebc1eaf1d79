//! How large the states of keys became over a history.

use std::collections::HashMap;
use std::sync::Arc;

use super::history::History;
use crate::event::Event;
use crate::host::{KeyState, Position, StreamHost};
use crate::plan::View;

/// Bytes stored of a key once its last event is folded, over all keys of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct StateSizes {
    pub keys: usize,
    pub median: usize,
    pub p99: usize,
    pub largest: usize,
}

/// Folds a history as a live stream would, in file order, and encodes each key's state. `None` for no events.
pub fn state_sizes(view: &Arc<View>, history: &History) -> Option<StateSizes> {
    let mut host = StreamHost::new(Arc::clone(&history.stream), vec![Arc::clone(view)]);
    let mut states: HashMap<Vec<u8>, KeyState> = HashMap::new();
    for row in 0..history.len() {
        let fields = history.table.columns.iter().map(|column| column.value(row)).collect();
        let event = Event { fields, time: history.times[row] };
        let state = states.entry(host.key_of(&event)).or_default();
        host.process(state, &event, Position { partition: 0, offset: row as u64, append_time: None });
    }
    let mut sizes: Vec<usize> = states.values().map(|state| state.encode(&host).len()).collect();
    sizes.sort_unstable();
    let nearest = |share: usize| sizes.get((sizes.len() * share).div_ceil(100).saturating_sub(1)).copied();
    Some(StateSizes { keys: sizes.len(), median: nearest(50)?, p99: nearest(99)?, largest: nearest(100)? })
}
