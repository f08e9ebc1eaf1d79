//! A streamed prediction: one JSON record on the endpoint's topic.

use std::time::Duration;

use features::host::ViewRow;
use features::value::{Micros, Value};

use super::champions::Champion;
use super::decode::Decoded;
use super::json::{put, put_name, put_time, put_value};
use super::plan::{EndpointPlan, Included, StreamPlan};
use super::step::Committed;
use crate::experiment::Assignment;
use crate::predict::{Explanation, Named};
use crate::prediction_log::put_logged;

/// The id of a streamed prediction, 32 hex digits: the same event never has two at one endpoint, however often it is
/// processed. `element`: where the event stands in its message, if that holds a list of them.
pub fn prediction_id(endpoint: &str, stream: &str, partition: u32, offset: u64, element: Option<u32>) -> String {
    let mut hasher = blake3::Hasher::new();
    for name in [endpoint, stream] {
        hasher.update(name.as_bytes()).update(&[0]);
    }
    hasher.update(&partition.to_be_bytes()).update(&offset.to_be_bytes());
    if let Some(element) = element {
        hasher.update(&element.to_be_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// When a batch of one partition was read, and how long its stages took, in microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    pub(super) partition: u32,
    read_at: Micros,
    decode: u64,
    features: u64,
    predict: u64,
}

impl Stamp {
    pub(super) fn new(partition: u32, read_at: Micros, took: &Committed) -> Stamp {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let Committed { decode, features, predict, .. } = *took;
        Stamp { partition, read_at, decode: micros(decode), features: micros(features), predict: micros(predict) }
    }
}

/// What a champion says of one row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Output {
    pub(super) value: f64,
    /// Where the endpoint explains; inside, `None` where the model cannot tell.
    pub(super) explanation: Option<Option<Explanation>>,
}

/// Writes the records of one endpoint and batch.
pub(super) struct Writer<'a> {
    pub(super) plan: &'a StreamPlan,
    pub(super) endpoint: &'a EndpointPlan,
    pub(super) champion: &'a Champion,
    pub(super) stamp: &'a Stamp,
}

impl Writer<'_> {
    pub(super) fn write(&self, source: &Decoded<'_>, row: &ViewRow, output: &Output, out: &mut Vec<u8>) {
        let Writer { plan, endpoint, champion: Champion { model, include }, stamp } = self;
        let (stream, name) = (plan.stream.name.as_str(), endpoint.route.endpoint.name.as_str());
        let (record, element) = (source.record, source.element.map(|element| element.index));
        out.extend_from_slice(b"{\"prediction_id\":\"");
        out.extend_from_slice(prediction_id(name, stream, stamp.partition, record.offset, element).as_bytes());
        out.push(b'"');
        put_name(out, "endpoint");
        put(out, name);
        put_name(out, "model");
        put(out, &model.name);
        put_name(out, "version");
        put(out, &model.version);
        out.extend_from_slice(b",\"arm\":\"champion\"");
        if let Some(member) = model.member_of_row(&row.columns) {
            put_name(out, "member");
            put(out, &member);
        }
        put_name(out, "stream");
        put(out, stream);
        put_name(out, "partition");
        put(out, &stamp.partition);
        put_name(out, "offset");
        put(out, &record.offset);
        if let Some(element) = element {
            put_name(out, "element");
            put(out, &element);
        }
        put_name(out, "event_time");
        put_time(out, source.event.time);
        put_name(out, "key");
        self.fields(&model.view.stream.key, source, out);
        put_name(out, "id");
        self.fields(&model.view.stream.id, source, out);
        out.extend_from_slice(b",\"outputs\":{");
        put_name(out, model.output());
        put(out, &output.value);
        out.extend_from_slice(b"},\"include\":{");
        for (name, included) in include {
            put_name(out, name);
            put_value(
                out,
                match *included {
                    Included::Field(index) => &source.event.fields[index],
                    Included::Column(index) => &row.columns[index],
                    Included::Nothing => &Value::Null,
                },
            );
        }
        out.push(b'}');
        if let Some(explanation) = &output.explanation {
            put_name(out, "explanation");
            put(out, &explanation.as_ref().map(|explanation| Named { model, explanation }));
        }
        put_name(out, "appended_at");
        put(out, &record.append_time);
        out.extend_from_slice(b",\"stages_us\":{");
        let queue = stamp.read_at.saturating_sub(record.append_time).max(0).cast_unsigned();
        for (stage, micros) in
            [("queue", queue), ("decode", stamp.decode), ("features", stamp.features), ("predict", stamp.predict)]
        {
            put_name(out, stage);
            put(out, &micros);
        }
        out.push(b'}');
        if let Some(labels) = &endpoint.labels {
            let assignment = Assignment::champion(None);
            put_logged(out, name, model, &assignment, (&source.event.fields, &row.columns), labels);
        }
        out.push(b'}');
    }

    fn fields(&self, indices: &[usize], source: &Decoded<'_>, out: &mut Vec<u8>) {
        out.push(b'{');
        for &index in indices {
            put_name(out, &self.champion.model.view.stream.schema.fields[index].name);
            put_value(out, &source.event.fields[index]);
        }
        out.push(b'}');
    }
}
