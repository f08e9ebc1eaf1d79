//! The body of `POST /feedback`.

use features::project::{Project, Task};
use features::schema::Stream;
use features::timestamp::parse_timestamp;
use features::value::Micros;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use smol_str::SmolStr;
use uuid::Uuid;

use super::label::value_of;
use super::told::{Subject, Told, What};

/// How far a client's clock may be ahead of the server's.
const AHEAD: Micros = 300_000_000;
/// The longest unit that is looked for.
const MAX_UNIT: usize = 512;

/// What a client tells, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feedback {
    prediction_id: Option<String>,
    endpoint: Option<String>,
    unit: Option<String>,
    outcome: Option<Json>,
    outcomes: Option<Map<String, Json>>,
    time: Option<String>,
    #[serde(default)]
    correct: bool,
}

/// Why feedback is refused before anything is looked up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedbackError {
    #[error("{message}")]
    Invalid { message: String },
    #[error("there is no endpoint `{name}`")]
    UnknownEndpoint { name: String, nearest: Option<String> },
    #[error("`{name}` is no outcome field of stream `{stream}`")]
    UnknownField { name: String, stream: String, nearest: Option<String> },
    #[error("`{field}` must be {expected}, not {found}")]
    Mistyped { field: String, expected: String, found: String },
    #[error("`time` is {by_s} s ahead of the server's clock")]
    Future { by_s: i64 },
    #[error("the prediction log is turned off: `[prediction_log] enabled = true` takes outcomes")]
    Off,
}

impl Feedback {
    /// Checks what can be checked without the tables. `now` is the server's clock.
    pub fn told(self, project: &Project, now: Micros) -> Result<Told, FeedbackError> {
        let Feedback { prediction_id, endpoint, unit, outcome, outcomes, time, correct } = self;
        let subject = match (prediction_id, unit) {
            (Some(id), None) => Subject::Prediction(id_of(&id)?),
            (None, Some(unit)) => {
                let Some(endpoint) = &endpoint else {
                    return Err(invalid("a `unit` goes with its `endpoint`"));
                };
                Subject::Unit { endpoint: SmolStr::from(endpoint.as_str()), unit: unit_of(&unit)? }
            }
            (None, None) => return Err(invalid("give a `prediction_id`, or an `endpoint` and a `unit`")),
            (Some(_), Some(_)) => return Err(invalid("give a `prediction_id` or a `unit`, not both")),
        };
        let model = match &endpoint {
            Some(name) => Some(model_of(project, name)?),
            None => None,
        };
        let what = match (outcome, outcomes) {
            (Some(outcome), None) => What::Value(label_of(&outcome, model.map(|model| model.task))?),
            (None, Some(fields)) => {
                let streams = match model {
                    Some(model) => vec![&*model.view.stream],
                    None => project.streams.values().map(|stream| &**stream).collect(),
                };
                What::Fields(fields_of(fields, &streams)?)
            }
            (None, None) => return Err(invalid("give an `outcome`, or the stream's outcome fields as `outcomes`")),
            (Some(_), Some(_)) => return Err(invalid("give an `outcome` or `outcomes`, not both")),
        };
        let told_at = match time {
            Some(text) => Some(time_of(&text, now)?),
            None => None,
        };
        Ok(Told { subject, what, told_at, correct, source: "feedback".to_owned() })
    }
}

pub fn invalid(message: &str) -> FeedbackError {
    FeedbackError::Invalid { message: message.to_owned() }
}

fn id_of(text: &str) -> Result<Uuid, FeedbackError> {
    Uuid::parse_str(text).map_err(|_| invalid(&format!("`prediction_id` is no id of a prediction: {text:?}")))
}

fn unit_of(text: &str) -> Result<SmolStr, FeedbackError> {
    if text.is_empty() || text.len() > MAX_UNIT {
        return Err(invalid(&format!("`unit` has from 1 to {MAX_UNIT} bytes, this one has {}", text.len())));
    }
    Ok(text.into())
}

fn model_of<'a>(project: &'a Project, name: &str) -> Result<&'a features::project::Model, FeedbackError> {
    let model = project.endpoints.get(name).and_then(|endpoint| project.models.get(&endpoint.model));
    model.map(|model| &**model).ok_or_else(|| {
        let known = project.endpoints.keys().map(SmolStr::as_str);
        let nearest = features::nearest::nearest(name, known).map(str::to_owned);
        FeedbackError::UnknownEndpoint { name: name.to_owned(), nearest }
    })
}

fn label_of(json: &Json, task: Option<Task>) -> Result<f64, FeedbackError> {
    let mistyped = |expected: &str| FeedbackError::Mistyped {
        field: "outcome".to_owned(),
        expected: expected.to_owned(),
        found: json.to_string(),
    };
    match (json, task) {
        (Json::Bool(truth), Some(Task::Classification) | None) => Ok(f64::from(u8::from(*truth))),
        (Json::Bool(_), Some(Task::Regression)) => Err(mistyped("a number")),
        (Json::Number(number), task) => {
            let value = number.as_f64().filter(|value| value.is_finite()).ok_or_else(|| mistyped("a number"))?;
            let is_label = value == 0.0 || value == 1.0;
            if task == Some(Task::Classification) && !is_label {
                return Err(mistyped("true or false, or 1 or 0"));
            }
            Ok(value)
        }
        _ => Err(mistyped(match task {
            Some(Task::Classification) => "true or false, or 1 or 0",
            Some(Task::Regression) => "a number",
            None => "true, false or a number",
        })),
    }
}

/// Each is an outcome field of one of these streams, and of its type.
fn fields_of(fields: Map<String, Json>, streams: &[&Stream]) -> Result<Map<String, Json>, FeedbackError> {
    if fields.is_empty() {
        return Err(invalid("`outcomes` is empty: give the stream's outcome fields"));
    }
    let declared = || streams.iter().flat_map(|stream| &stream.schema.fields).filter(|field| field.outcome);
    for (name, json) in &fields {
        let Some(field) = declared().find(|field| field.name == name.as_str()) else {
            let nearest = features::nearest::nearest(name, declared().map(|field| field.name.as_str()));
            let stream = streams.first().map(|stream| stream.name.to_string()).unwrap_or_default();
            return Err(FeedbackError::UnknownField {
                name: name.clone(),
                stream,
                nearest: nearest.map(str::to_owned),
            });
        };
        if value_of(field.ty, json).is_none() {
            let (expected, found) = (field.ty.to_string(), json.to_string());
            return Err(FeedbackError::Mistyped { field: name.clone(), expected, found });
        }
    }
    Ok(fields)
}

fn time_of(text: &str, now: Micros) -> Result<Micros, FeedbackError> {
    let time = parse_timestamp(text);
    let time = time.ok_or_else(|| invalid(&format!("`time` must be like \"2025-02-09T23:30:00Z\", not {text:?}")))?;
    let ahead = time.saturating_sub(now);
    if ahead > AHEAD { Err(FeedbackError::Future { by_s: ahead / 1_000_000 }) } else { Ok(time) }
}
