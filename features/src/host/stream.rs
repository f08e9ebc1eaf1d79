//! The stream host: decides, folds, and gives the rows that views keep.

use std::sync::Arc;

use super::latest::Ageing;
use super::{KeyState, Latest, ViewRow};
use crate::event::{Decision, Event, Place};
use crate::kernel::{Kernel, ViewState};
use crate::plan::View;
use crate::program::Scratch;
use crate::schema::Stream;
use crate::value::{Micros, Value};

/// Where an event stands in its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub partition: u32,
    /// In the order of the log: [`Stream::sequence`].
    pub offset: u64,
    /// When the log took it; `None` for history from files.
    pub append_time: Option<Micros>,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    pub decision: Decision,
    /// Per view: its row, or `None` where the filter dropped the event (or it was not accepted).
    pub rows: Vec<Option<ViewRow>>,
}

/// Runs every view of one stream over its events. Keeps room from event to event: one per worker.
#[derive(Debug)]
pub struct StreamHost {
    stream: Arc<Stream>,
    views: Vec<Arc<View>>,
    runners: Vec<Runner>,
    scratch: Scratch,
    id: Vec<Value>,
}

/// A view ready to run over single events, with the room that a run needs.
#[derive(Debug)]
pub(super) struct Runner {
    pub(super) view: Arc<View>,
    pub(super) kernel: Kernel,
    pub(super) ageing: Option<Ageing>,
    filter: Option<usize>,
    before: Vec<Value>,
    results: Vec<Value>,
}

impl StreamHost {
    pub fn new(stream: Arc<Stream>, views: Vec<Arc<View>>) -> StreamHost {
        let runners = views.iter().map(Runner::new).collect();
        StreamHost { stream, views, runners, scratch: Scratch::default(), id: Vec::new() }
    }

    pub fn stream(&self) -> &Arc<Stream> {
        &self.stream
    }

    pub fn views(&self) -> &[Arc<View>] {
        &self.views
    }

    /// The key under which an event's state is kept: of a single string field its plain text, else the fields' values as
    /// a JSON array.
    pub fn key_of(&self, event: &Event) -> Vec<u8> {
        super::key::key_of(&self.stream.key, &event.fields)
    }

    /// The key of the message that an event comes in; of a stream that explodes nothing it is the event's own.
    pub fn message_key_of(&self, event: &Event) -> Vec<u8> {
        super::key::key_of(self.stream.message_key(), &event.fields)
    }

    /// Decides and, if accepted, folds.
    pub fn process(&mut self, state: &mut KeyState, event: &Event, position: Position) -> Accepted {
        id_of(&self.stream, event, &mut self.id);
        let decision = state.clock.decide(&self.stream, event.time, &self.id, position.append_time);
        self.fold(state, event, position, decision)
    }

    /// As [`StreamHost::process`], of a dead letter that came back: accepted whatever its lateness.
    pub fn process_redriven(&mut self, state: &mut KeyState, event: &Event, position: Position) -> Accepted {
        id_of(&self.stream, event, &mut self.id);
        let decision = state.clock.decide_redriven(&self.stream, event.time, &self.id, position.append_time);
        self.fold(state, event, position, decision)
    }

    fn fold(&mut self, state: &mut KeyState, event: &Event, position: Position, decision: Decision) -> Accepted {
        let mut rows = Vec::with_capacity(self.runners.len());
        if decision != Decision::Accept {
            rows.resize(self.runners.len(), None);
            return Accepted { decision, rows };
        }
        let place = Place { time: event.time, offset: position.offset };
        if state.clock.accept(&self.stream, place, &self.id) {
            state.forget_rows();
        }
        state.make_room(self.runners.len());
        let newest = state.clock.newest.unwrap_or(event.time);
        let KeyState { views, latest, .. } = state;
        for ((runner, view_state), latest) in self.runners.iter_mut().zip(views).zip(latest) {
            if !runner.keeps(&mut self.scratch, event) {
                rows.push(None);
                continue;
            }
            runner.kernel.fold(view_state, place, newest, &runner.before, &mut runner.results);
            let row = runner.finish(&mut self.scratch, event);
            // One out of order is not the latest. Of equal times the one folded last stands last in the log.
            if latest.as_ref().is_none_or(|latest| latest.row.time <= row.time) {
                let Runner { ageing, before, results, .. } = &*runner;
                Latest::take(latest, &row, ageing.as_ref(), before, &event.fields, results);
            }
            rows.push(Some(row));
        }
        Accepted { decision, rows }
    }

    /// Integer overflows turned into NULL so far.
    pub fn overflows(&self) -> u64 {
        self.scratch.overflows
    }

    pub(super) fn runners(&self) -> impl Iterator<Item = &Runner> {
        self.runners.iter()
    }
}

impl Runner {
    pub(super) fn new(view: &Arc<View>) -> Runner {
        let filter = view.before_layout().filter;
        let kernel = Kernel::new(view);
        let ageing = Ageing::of(view, &kernel);
        Runner { view: Arc::clone(view), kernel, ageing, filter, before: Vec::new(), results: Vec::new() }
    }

    /// Runs what comes before the windows; true if WHERE keeps the event.
    pub(super) fn keeps(&mut self, scratch: &mut Scratch, event: &Event) -> bool {
        self.view.before.eval(scratch, &event.fields, &[], &mut self.before);
        self.filter.is_none_or(|filter| self.before.get(filter) == Some(&Value::Bool(true)))
    }

    /// The windows of a row that is not folded, after [`Runner::keeps`].
    pub(super) fn peek(&mut self, state: Option<&KeyState>, index: usize, time: Micros, own: Option<Place>) {
        let empty = ViewState::default();
        let view_state = state.and_then(|state| state.views.get(index)).unwrap_or(&empty);
        self.kernel.peek(view_state, time, own, &self.before, &mut self.results);
    }

    /// Runs what comes after the windows.
    pub(super) fn finish(&mut self, scratch: &mut Scratch, event: &Event) -> ViewRow {
        // The program fills a fresh list, which becomes the row: copying it would cost more than making it.
        let mut columns = Vec::with_capacity(self.view.columns.len());
        self.view.after.eval(scratch, &event.fields, &self.results, &mut columns);
        ViewRow { time: event.time, columns: Arc::new(columns) }
    }
}

/// The values of the event's id fields.
pub(super) fn id_of(stream: &Stream, event: &Event, id: &mut Vec<Value>) {
    id.clear();
    id.extend(stream.id.iter().map(|field| event.fields.get(*field).cloned().unwrap_or(Value::Null)));
}
