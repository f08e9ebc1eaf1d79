//! From what a request has in its hands to a record.

use std::sync::Arc;
use std::time::Duration;

use features::event::Event;
use features::value::{Micros, Value};
use smol_str::{SmolStr, format_smolstr};
use uuid::Uuid;

use super::record::{Record, features_text, key_text};
use crate::experiment::Assignment;
use crate::outcome::Labels;
use crate::predict::Timing;
use crate::routing::LoadedModel;

/// A prediction as a request hands it over: nothing is written out yet.
#[derive(Debug)]
pub struct Logged {
    pub id: Uuid,
    pub time: Micros,
    /// Empty where the client named the model itself.
    pub endpoint: SmolStr,
    pub model: Arc<LoadedModel>,
    pub assignment: Assignment,
    pub shadow_of: Option<Uuid>,
    pub event: GivenEvent,
    /// The model's inputs; empty where they could not be computed.
    pub features: Vec<Value>,
    pub age_ms: Option<i64>,
    /// The error is a stable code.
    pub output: Result<f64, &'static str>,
    pub phases: Phases,
}

/// What is known of the event that a prediction is about.
#[derive(Debug)]
pub enum GivenEvent {
    Whole(Event),
    /// Its key fields; the others are NULL.
    Key(Event),
    None,
}

/// Microseconds of each phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Phases {
    pub parse: u32,
    pub features: u32,
    pub predict: u32,
    pub encode: u32,
}

impl Phases {
    pub(crate) fn total(self) -> u32 {
        self.parse.saturating_add(self.features).saturating_add(self.predict).saturating_add(self.encode)
    }

    fn text(self) -> String {
        let Phases { parse, features, predict, encode } = self;
        format!(r#"{{"parse":{parse},"features":{features},"predict":{predict},"encode":{encode}}}"#)
    }
}

impl Logged {
    /// Each of the predictions with its share of the time that `rows` of them took.
    pub fn timed(mut logged: Vec<Logged>, timing: Timing, encode: Duration, rows: usize) -> Vec<Logged> {
        let share = |time: Duration| u32::try_from(time.as_micros() / rows.max(1) as u128).unwrap_or(u32::MAX);
        let phases = Phases {
            parse: share(timing.parse),
            features: share(timing.features),
            predict: share(timing.predict),
            encode: share(encode),
        };
        for logged in &mut logged {
            logged.phases = phases;
        }
        logged
    }

    pub(super) fn into_record(self, labels: &Labels) -> Record {
        let Logged { id, time, endpoint, model, assignment, shadow_of, event, features, age_ms, output, phases } = self;
        let Assignment { experiment, arm, unit, forced, period } = assignment;
        let stream = &model.view.stream;
        let (key, fields) = match &event {
            GivenEvent::Whole(event) => {
                (key_of(&event.fields, &stream.key), labels.fields_of(&endpoint, stream, &event.fields))
            }
            GivenEvent::Key(event) => (key_of(&event.fields, &stream.key), None),
            GivenEvent::None => (SmolStr::default(), None),
        };
        let imputed = features.iter().filter(|value| value.is_null()).count();
        Record {
            id,
            time,
            endpoint,
            experiment,
            arm,
            period,
            forced,
            shadow_of,
            // Where no unit is declared what belongs together is the stream's key.
            unit: unit.or_else(|| Some(key.clone()).filter(|key| !key.is_empty())),
            model: SmolStr::from(model.name.as_str()),
            version: model.version,
            digest: model.digest.clone(),
            view_hash: format_smolstr!("{}", model.view.hash),
            key,
            features: features_text(&features),
            imputed: u32::try_from(imputed).unwrap_or(u32::MAX),
            age_ms,
            fields,
            output: output.ok(),
            error: output.err().map(SmolStr::new_static),
            latency_us: phases.total(),
            phases: phases.text(),
            place: None,
        }
    }
}

pub(super) fn key_of(fields: &[Value], key: &[usize]) -> SmolStr {
    key_text(key.iter().filter_map(|&field| fields.get(field)))
}
