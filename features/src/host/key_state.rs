//! Everything kept for one key of one stream, in memory and as bytes.

use std::sync::Arc;

use super::{Latest, StreamHost};
use crate::event::KeyClock;
use crate::kernel::{StateError, ViewState};
use crate::plan::ViewHash;
use crate::value::{Micros, Value};
use crate::wire::{self, Reader};

pub(super) const FORMAT: u32 = 3;

/// Everything kept for one key of one stream: encoded as one blob, flushed as one value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeyState {
    pub clock: KeyClock,
    /// One per view of the host, in its order.
    pub views: Vec<ViewState>,
    /// The latest row of each view, for requests by key.
    pub latest: Vec<Option<Latest>>,
}

/// A row of a view: what the model sees, and when it was true. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewRow {
    pub time: Micros,
    /// One per column of the view; shared with whoever holds the key's latest row.
    pub columns: Arc<Vec<Value>>,
}

impl KeyState {
    /// The key starts anew: decisions go on, rows are forgotten.
    pub(super) fn forget_rows(&mut self) {
        self.views.clear();
        self.latest.clear();
    }

    pub(super) fn make_room(&mut self, views: usize) {
        self.views.resize_with(views, ViewState::default);
        self.latest.resize_with(views, || None);
    }

    /// Replaces the log's offsets by numbers of the same order. Two logs of the same events may count them differently
    /// (Kafka leaves out some); states that are equal but for that become equal. For comparison only: a state that has been
    /// numbered must not be folded any further.
    pub fn number_offsets(&mut self) {
        self.clock.number_offsets();
        for view in &mut self.views {
            view.number_offsets();
        }
    }

    /// Versioned; names the views it holds by hash, so that a state is never read by another view. Equal states give
    /// equal bytes.
    pub fn encode(&self, host: &StreamHost) -> Vec<u8> {
        let mut out = Vec::new();
        wire::put_unsigned(&mut out, u64::from(FORMAT));
        self.clock.encode(&mut out);
        let present = self.views.len().min(host.views().len());
        wire::put_count(&mut out, present);
        let mut body = Vec::new();
        for (index, runner) in host.runners().enumerate().take(present) {
            out.extend_from_slice(&hash_bytes(&runner.view.hash));
            body.clear();
            match self.latest.get(index).and_then(Option::as_ref) {
                Some(latest) => {
                    body.push(1);
                    latest.encode(&runner.view, runner.ageing.as_ref(), &mut body);
                }
                None => body.push(0),
            }
            runner.kernel.encode(&self.views[index], &mut body);
            wire::put_bytes(&mut out, &body);
        }
        out
    }

    /// What is stored of a view that the host does not run is left out; a view of the host of which nothing is stored
    /// starts anew.
    pub fn decode(bytes: &[u8], host: &StreamHost) -> Result<KeyState, StateError> {
        let mut reader = Reader::new(bytes);
        reader.version(FORMAT)?;
        let mut state = KeyState { clock: KeyClock::decode(&mut reader)?, ..KeyState::default() };
        let count = reader.count(17)?;
        if count > 0 {
            state.make_room(host.views().len());
        }
        for _ in 0..count {
            let hash: [u8; 16] = reader.array()?;
            let body = reader.bytes()?;
            let known = host.runners().enumerate().find(|(_, runner)| hash_bytes(&runner.view.hash) == hash);
            let Some((index, runner)) = known else { continue };
            let mut row = Reader::new(body);
            state.latest[index] = match row.byte()? {
                0 => None,
                1 => Some(Latest::decode(&runner.view, runner.ageing.as_ref(), &mut row)?),
                _ => return Err(StateError::Corrupt("a latest row has an unknown form")),
            };
            state.views[index] = runner.kernel.decode(row.rest())?;
        }
        reader.finish()?;
        Ok(state)
    }
}

/// A view hash is 32 hex digits; what is none is taken by its own hash, so that two never look alike.
fn hash_bytes(hash: &ViewHash) -> [u8; 16] {
    match u128::from_str_radix(&hash.0, 16) {
        Ok(number) if hash.0.len() == 32 => number.to_be_bytes(),
        _ => {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&blake3::hash(hash.0.as_bytes()).as_bytes()[..16]);
            bytes
        }
    }
}
