//! Predictions of a batch: one micro-batch per endpoint, each prediction one JSON record on the endpoint's topic.

use std::sync::Arc;
use std::time::Duration;

use features::host::ViewRow;
use features::value::Micros;

use super::fold::Row;
use super::json::{put, put_name, put_time, put_value};
use super::plan::{EndpointPlan, Included, StreamPlan};
use super::step::Committed;
use crate::log::{Entry, RecordBatch, TooLarge, TopicPartition};
use crate::routing::LoadedModel;

/// The id of a streamed prediction, 32 hex digits: the same event never has two at one endpoint, however often it is
/// processed.
pub fn prediction_id(endpoint: &str, stream: &str, partition: u32, offset: u64) -> String {
    let mut hasher = blake3::Hasher::new();
    for name in [endpoint, stream] {
        hasher.update(name.as_bytes()).update(&[0]);
    }
    hasher.update(&partition.to_be_bytes()).update(&offset.to_be_bytes());
    hasher.finalize().to_hex()[..32].to_owned()
}

/// The versions that serve a stream's endpoints during one batch, in the order of the plan.
#[derive(Debug)]
pub(super) struct Champions(Vec<Option<Arc<LoadedModel>>>);

impl Champions {
    pub(super) fn now(plan: &StreamPlan) -> Champions {
        let champion = |endpoint: &EndpointPlan| {
            let model = endpoint.route.champion.load_full()?;
            // A version is bound to a view by name; one of another view has nothing to say about this endpoint's rows.
            (model.view.name == plan.views[endpoint.view].name).then_some(model)
        };
        Champions(plan.endpoints.iter().map(champion).collect())
    }

    /// How many of `rows` get a prediction, and how many view rows get none for want of a model, over all endpoints.
    pub(super) fn count(&self, plan: &StreamPlan, rows: &[Row<'_>]) -> (u64, u64) {
        let (mut predicted, mut unserved) = (0, 0);
        for (endpoint, champion) in plan.endpoints.iter().zip(&self.0) {
            let kept = rows.iter().filter(|row| row.views[endpoint.view].is_some()).count() as u64;
            *if champion.is_some() { &mut predicted } else { &mut unserved } += kept;
        }
        (predicted, unserved)
    }

    /// Adds what was published to the models' metrics.
    pub(super) fn published(&self, plan: &StreamPlan, rows: &[Row<'_>]) {
        for (endpoint, champion) in plan.endpoints.iter().zip(&self.0) {
            if let Some(model) = champion {
                let kept = rows.iter().filter(|row| row.views[endpoint.view].is_some()).count() as u64;
                model.metrics.streamed.inc_by(kept);
            }
        }
    }

    /// Predicts for every row that an endpoint's view kept: one vector per endpoint, in the order of `rows`.
    pub(super) fn predict(&self, plan: &StreamPlan, rows: &[Row<'_>]) -> Vec<Vec<f64>> {
        let predict = |(endpoint, champion): (&EndpointPlan, &Option<Arc<LoadedModel>>)| {
            let Some(model) = champion else { return Vec::new() };
            let mut inputs = Vec::with_capacity(rows.len() * model.inputs.len());
            let mut kept = 0;
            for row in rows.iter().filter_map(|row| row.views[endpoint.view].as_ref()) {
                model.fill_inputs(&row.columns, &mut inputs);
                kept += 1;
            }
            let mut outputs = vec![f64::NAN; kept];
            model.predictor.predict(&inputs, &mut outputs);
            outputs
        };
        plan.endpoints.iter().zip(&self.0).map(predict).collect()
    }

    /// Writes what [`Champions::predict`] gave: one entry for each endpoint with a prediction.
    pub(super) fn write(
        &self,
        plan: &StreamPlan,
        rows: &[Row<'_>],
        outputs: &[Vec<f64>],
        stamp: &Stamp,
    ) -> Result<Vec<Entry>, TooLarge> {
        let mut entries = Vec::new();
        for ((endpoint, champion), outputs) in plan.endpoints.iter().zip(&self.0).zip(outputs) {
            let Some(model) = champion else { continue };
            let writer = Writer { plan, endpoint, model, stamp };
            let mut batch = RecordBatch::new();
            let kept = rows.iter().filter_map(|row| Some((row, row.views[endpoint.view].as_ref()?)));
            for ((row, view_row), output) in kept.zip(outputs) {
                batch.push_with(&row.source.key, |out| writer.write(row, view_row, *output, out))?;
            }
            if !batch.is_empty() {
                let place = TopicPartition { topic: endpoint.topic.clone(), partition: stamp.partition };
                entries.push(Entry { place, batch });
            }
        }
        Ok(entries)
    }
}

/// When a batch of one partition was read, and how long its stages took, in microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    partition: u32,
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

struct Writer<'a> {
    plan: &'a StreamPlan,
    endpoint: &'a EndpointPlan,
    model: &'a LoadedModel,
    stamp: &'a Stamp,
}

impl Writer<'_> {
    fn write(&self, row: &Row<'_>, view_row: &ViewRow, output: f64, out: &mut Vec<u8>) {
        let Writer { plan, endpoint, model, stamp } = self;
        let (stream, name) = (plan.stream.name.as_str(), endpoint.route.endpoint.name.as_str());
        let record = row.source.record;
        out.extend_from_slice(b"{\"prediction_id\":\"");
        out.extend_from_slice(prediction_id(name, stream, stamp.partition, record.offset).as_bytes());
        out.push(b'"');
        put_name(out, "endpoint");
        put(out, name);
        put_name(out, "model");
        put(out, &model.name);
        put_name(out, "version");
        put(out, &model.version);
        out.extend_from_slice(b",\"arm\":\"champion\"");
        put_name(out, "stream");
        put(out, stream);
        put_name(out, "partition");
        put(out, &stamp.partition);
        put_name(out, "offset");
        put(out, &record.offset);
        put_name(out, "event_time");
        put_time(out, row.source.event.time);
        put_name(out, "key");
        self.fields(&plan.stream.key, row, out);
        put_name(out, "id");
        self.fields(&plan.stream.id, row, out);
        out.extend_from_slice(b",\"outputs\":{");
        put_name(out, model.output());
        put(out, &output);
        out.extend_from_slice(b"},\"include\":{");
        for (name, included) in &endpoint.include {
            put_name(out, name);
            put_value(
                out,
                match *included {
                    Included::Field(index) => &row.source.event.fields[index],
                    Included::Column(index) => &view_row.columns[index],
                },
            );
        }
        out.push(b'}');
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
        out.extend_from_slice(b"}}");
    }

    fn fields(&self, indices: &[usize], row: &Row<'_>, out: &mut Vec<u8>) {
        out.push(b'{');
        for &index in indices {
            put_name(out, &self.plan.stream.schema.fields[index].name);
            put_value(out, &row.source.event.fields[index]);
        }
        out.push(b'}');
    }
}
