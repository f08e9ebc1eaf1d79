//! From what is given to the model's inputs: decode, fetch the key's state, compute the row.

use std::collections::HashMap;
use std::sync::Arc;

use features::event::{Event, EventDecoder};
use features::host::{KeyState, RequestHost, StreamHost};
use features::online::{Slot, StateReader, ViewSet};
use features::partition::partition_of;
use features::plan::{Column, View};
use features::project::Project;
use features::schema::EventTime;
use features::value::{Micros, Value};
use indexmap::IndexMap;
use smol_str::SmolStr;

use super::key::key_event;
use super::named_inputs::named_inputs;
use super::pool::Pool;
use super::{AsOf, Given, PredictError};
use crate::routing::LoadedModel;

/// The place of a view in the states that its own machines decode.
const ONLY: usize = 0;

/// What requests need of one view: made once, used by all.
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
}

/// The states of the keys that a batch has met so far: each is fetched and decoded once.
pub(super) type States = HashMap<Vec<u8>, Option<Arc<KeyState>>>;

/// By view name.
pub(super) fn row_sources(project: &Project) -> IndexMap<SmolStr, RowSource> {
    let mut sources = IndexMap::new();
    for (name, stream) in &project.streams {
        let views = project.views_of(name);
        let set = ViewSet::of(&views);
        let slot = |partition| Slot { stream: name.clone(), views: set.clone(), partition };
        for view in &views {
            let slots = (0..stream.partitions.max(1)).map(slot).collect();
            let source = RowSource { view: Arc::clone(view), slots, scratch: Pool::new() };
            sources.insert(view.name.clone(), source);
        }
    }
    sources
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
        match parsed {
            Parsed::Inputs(values) => Ok(Row { values, newest: None, as_of: None }),
            Parsed::Event(event) => {
                let state = self.state(scratch, &event, reader, states).await?;
                let row = scratch.request.row(state.as_deref(), &event)?;
                Ok(Row { values: pick(&row.columns), newest: state.and_then(|s| s.clock.newest), as_of: None })
            }
            Parsed::Key(event, as_of) => {
                let state = self.state(scratch, &event, reader, states).await?;
                let row = scratch.request.latest(state.as_deref(), as_of)?;
                Ok(Row { values: pick(&row.columns), newest: state.and_then(|s| s.clock.newest), as_of })
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
        let partition = partition_of(&key, self.view.stream.partitions);
        let Some(slot) = self.slots.get(partition as usize) else { return Ok(None) };
        let state = match reader.state(slot, &key).await? {
            Some(bytes) => Some(Arc::new(KeyState::decode(&bytes, &scratch.host)?)),
            None => None,
        };
        states.insert(key, state.clone());
        Ok(state)
    }
}
