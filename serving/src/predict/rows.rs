//! From what is given to the model's inputs: decode, fetch the key's state, compute the row.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use features::event::{Event, EventDecoder};
use features::host::{KeyState, RequestHost, StreamHost};
use features::online::{Slot, StateReader};
use features::partition::partition_of;
use features::plan::{Column, View, ViewHash};
use features::schema::EventTime;
use features::value::{Micros, Value};

use super::key::key_event;
use super::named_inputs::named_inputs;
use super::pool::Pool;
use super::{AsOf, Given, PredictError};
use crate::prediction_log::GivenEvent;
use crate::routing::LoadedModel;

/// The place of a view in the states that its own machines decode.
const ONLY: usize = 0;

/// How many versions of views are remembered before those that nobody asks for any more are forgotten.
const REMEMBERED: usize = 32;

/// What requests need of each version of a view, made when it is first asked for.
#[derive(Debug, Default)]
pub(super) struct RowSources(Mutex<HashMap<ViewHash, Arc<RowSource>>>);

/// What requests need of one version of a view: made once, used by all.
#[derive(Debug)]
pub(super) struct RowSource {
    view: Arc<View>,
    /// One per partition.
    slots: Vec<Slot>,
    scratch: Pool<Scratch>,
}

/// The machines of one request. They know of this view alone: what a key's state holds of the others is not decoded.
#[derive(Debug)]
pub(super) struct Scratch {
    decoder: EventDecoder,
    host: StreamHost,
    request: RequestHost,
}

/// A model's inputs for one prediction.
#[derive(Debug)]
pub(super) struct Row {
    /// One value per input of the model.
    pub(super) values: Vec<Value>,
    /// The newest event time that the key's state has folded.
    pub(super) newest: Option<Micros>,
    /// The time that was asked about, if not now.
    pub(super) as_of: AsOf,
    /// What it is about, for the log.
    pub(super) event: GivenEvent,
}

/// The states of the keys that a batch has met so far: each is fetched and decoded once.
pub(super) type States = HashMap<Vec<u8>, Option<Arc<KeyState>>>;

impl RowSources {
    pub(super) fn of(&self, view: &Arc<View>) -> Arc<RowSource> {
        // Changed by single insertions and removals: a panic elsewhere leaves nothing half done.
        let mut sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(source) = sources.get(&view.hash) {
            return Arc::clone(source);
        }
        if sources.len() >= REMEMBERED {
            sources.retain(|_, source| Arc::strong_count(source) > 1);
        }
        let slots = (0..view.stream.partitions.max(1)).map(|partition| Slot::of(view, partition)).collect();
        let source = Arc::new(RowSource { view: Arc::clone(view), slots, scratch: Pool::new() });
        sources.insert(view.hash.clone(), Arc::clone(&source));
        source
    }
}

/// What is left to do once a request is parsed.
#[derive(Debug)]
pub(super) enum Parsed {
    Event(Event),
    /// Of the event only the key fields are known.
    Key(Event, AsOf),
    Inputs(Vec<Value>),
}

impl RowSource {
    pub(super) fn scratch(&self) -> Scratch {
        self.scratch.take(|| Scratch {
            decoder: EventDecoder::new(Arc::clone(&self.view.stream)),
            host: StreamHost::new(Arc::clone(&self.view.stream), vec![Arc::clone(&self.view)]),
            request: RequestHost::new(Arc::clone(&self.view), ONLY),
        })
    }

    pub(super) fn put_back(&self, scratch: Scratch) {
        self.scratch.put(scratch);
    }

    pub(super) fn parse(
        &self,
        scratch: &mut Scratch,
        model: &LoadedModel,
        given: Given<'_>,
    ) -> Result<Parsed, PredictError> {
        Ok(match given {
            Given::Event(json) => Parsed::Event(scratch.decoder.decode(json.as_bytes()).map_err(PredictError::Event)?),
            Given::Key(json, as_of) => {
                let stream = &self.view.stream;
                if as_of.is_some() && matches!(stream.event_time, EventTime::Order { .. }) {
                    return Err(PredictError::AsOfWithoutTimes { stream: stream.name.to_string() });
                }
                Parsed::Key(key_event(json, stream)?, as_of)
            }
            Given::Features(json) => {
                let columns: Vec<&Column> = model.inputs.iter().map(|&i| &self.view.columns[i]).collect();
                Parsed::Inputs(named_inputs(json, &columns)?)
            }
        })
    }

    /// The row of what was parsed, against the key's state.
    pub(super) async fn row(
        &self,
        scratch: &mut Scratch,
        model: &LoadedModel,
        parsed: Parsed,
        reader: &dyn StateReader,
        states: &mut States,
    ) -> Result<Row, PredictError> {
        let pick = |columns: &[Value]| model.inputs.iter().map(|&i| columns[i].clone()).collect();
        let version = model.in_use.version();
        match parsed {
            Parsed::Inputs(values) => Ok(Row { values, newest: None, as_of: None, event: GivenEvent::None }),
            // Its states are not those of the whole history yet.
            Parsed::Event(_) | Parsed::Key(..) if !version.is_live() => Err(PredictError::ViewNotReady {
                view: self.view.name.to_string(),
                model: model.name.clone(),
                version: model.version,
                progress: Box::new(version.progress()),
            }),
            Parsed::Event(event) => {
                let state = self.state(scratch, &event, reader, states).await?;
                let row = scratch.request.row(state.as_deref(), &event)?;
                let (values, newest) = (pick(&row.columns), state.and_then(|s| s.clock.newest));
                Ok(Row { values, newest, as_of: None, event: GivenEvent::Whole(event) })
            }
            Parsed::Key(event, as_of) => {
                let state = self.state(scratch, &event, reader, states).await?;
                let row = scratch.request.latest(state.as_deref(), as_of)?;
                let (values, newest) = (pick(&row.columns), state.and_then(|s| s.clock.newest));
                Ok(Row { values, newest, as_of, event: GivenEvent::Key(event) })
            }
        }
    }

    async fn state(
        &self,
        scratch: &Scratch,
        event: &Event,
        reader: &dyn StateReader,
        states: &mut States,
    ) -> Result<Option<Arc<KeyState>>, PredictError> {
        let key = scratch.host.key_of(event);
        if let Some(known) = states.get(&key) {
            return Ok(known.clone());
        }
        let partition = partition_of(&scratch.host.message_key_of(event), self.view.stream.partitions);
        let Some(slot) = self.slots.get(partition as usize) else { return Ok(None) };
        let state = match reader.state(slot, &key).await? {
            Some(bytes) => Some(Arc::new(KeyState::decode(&bytes, &scratch.host)?)),
            None => None,
        };
        states.insert(key, state.clone());
        Ok(state)
    }
}
