//! What is true of a prediction, given what came true: the label of its endpoint's model, over the fields that were logged
//! with it and the outcome fields.

use std::collections::HashMap;
use std::sync::Arc;

use features::program::Scratch;
use features::project::{Model, Project, Task};
use features::schema::Stream;
use features::value::{Type, Value};
use serde_json::{Map, Value as Json};
use smol_str::SmolStr;

use super::told::What;
use crate::predict::typed;
use crate::worker::{put_name, put_value};

/// The labels of all endpoints. Shared by whoever logs and whoever joins.
#[derive(Debug, Default)]
pub struct Labels {
    endpoints: HashMap<SmolStr, Label>,
}

#[derive(Debug)]
struct Label {
    model: Arc<Model>,
    /// Fields that label and filter read, but for outcomes: what a prediction must be logged with.
    needs: Vec<usize>,
}

impl Labels {
    pub fn of(project: &Project) -> Labels {
        let label = |model: &Arc<Model>| {
            let fields = &model.view.stream.schema.fields;
            let filter = model.filter.iter().flat_map(|filter| filter.program.fields());
            let read = model.label.program.fields().iter().chain(filter);
            let mut needs: Vec<usize> = read.copied().filter(|&field| !fields[field].outcome).collect();
            needs.sort_unstable();
            needs.dedup();
            Label { model: Arc::clone(model), needs }
        };
        let endpoints = project.endpoints.values();
        let labelled = endpoints.filter_map(|e| Some((e.name.clone(), label(project.models.get(&e.model)?))));
        Labels { endpoints: labelled.collect() }
    }

    /// The endpoints whose models look at a stream.
    pub(super) fn over<'a>(&'a self, stream: &'a str) -> impl Iterator<Item = &'a SmolStr> {
        self.endpoints.iter().filter(move |(_, label)| label.model.view.stream.name == stream).map(|(name, _)| name)
    }

    pub(super) fn stream(&self, endpoint: &str) -> Option<&Arc<Stream>> {
        self.endpoints.get(endpoint).map(|label| &label.model.view.stream)
    }

    /// What an outcome of this endpoint's must be.
    pub fn task(&self, endpoint: &str) -> Option<Task> {
        self.endpoints.get(endpoint).map(|label| label.model.task)
    }

    /// What is logged of an event for its label, as a JSON object; `None` if nothing is needed. `stream` is how the event was
    /// decoded, which may be as it was declared earlier.
    pub(crate) fn fields_of(&self, endpoint: &str, stream: &Stream, event: &[Value]) -> Option<String> {
        let label = self.endpoints.get(endpoint).filter(|label| !label.needs.is_empty())?;
        let declared = &label.model.view.stream.schema.fields;
        let mut out = vec![b'{'];
        for &field in &label.needs {
            let name = &declared[field].name;
            if let Some(value) = stream.schema.index_of(name).and_then(|place| event.get(place)) {
                put_name(&mut out, name);
                put_value(&mut out, value);
            }
        }
        out.push(b'}');
        String::from_utf8(out).ok()
    }

    /// The label of a prediction that was logged with `fields`; `None` where it has none: the training filter leaves such
    /// rows out, or the label is NULL.
    pub(super) fn judge(&self, endpoint: &str, fields: Option<&str>, what: &What) -> Option<f64> {
        let label = self.endpoints.get(endpoint)?;
        match what {
            What::Value(value) => fits(label.model.task, *value).then_some(*value),
            What::Fields(outcomes) => label.of(fields, outcomes),
        }
    }

    /// Whether a value can be an outcome of the endpoint's.
    pub(super) fn fits(&self, endpoint: &str, what: &What) -> bool {
        match (self.endpoints.get(endpoint), what) {
            (Some(label), What::Value(value)) => fits(label.model.task, *value),
            _ => true,
        }
    }
}

fn fits(task: Task, value: f64) -> bool {
    match task {
        Task::Classification => value == 0.0 || value == 1.0,
        Task::Regression => value.is_finite(),
    }
}

impl Label {
    fn of(&self, fields: Option<&str>, outcomes: &Map<String, Json>) -> Option<f64> {
        // What was not logged is not NULL: nothing is known of it.
        if fields.is_none() && !self.needs.is_empty() {
            return None;
        }
        let stream = &self.model.view.stream;
        let logged: Map<String, Json> = fields.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let value = |field: &features::schema::Field| {
            let from = if field.outcome { outcomes } else { &logged };
            from.get(field.name.as_str()).and_then(|json| value_of(field.ty, json)).unwrap_or(Value::Null)
        };
        let row: Vec<Value> = stream.schema.fields.iter().map(value).collect();
        let mut scratch = Scratch::default();
        let mut out = Vec::new();
        if let Some(filter) = &self.model.filter {
            filter.program.eval(&mut scratch, &row, &[], &mut out);
            if out.first() != Some(&Value::Bool(true)) {
                return None;
            }
        }
        self.model.label.program.eval(&mut scratch, &row, &[], &mut out);
        out.first().and_then(Value::as_number)
    }
}

/// A field's value in an outcome or in what was logged; `None` if it is of another type.
pub(super) fn value_of(ty: Type, json: &Json) -> Option<Value> {
    typed(ty, &json.to_string()).ok()
}
