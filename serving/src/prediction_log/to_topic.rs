//! Predictions that were asked for over HTTP, to their endpoint's topic where it says so (`http_to_topic = true`).

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use features::partition::partition_of;
use features::project::{Project, Task};
use smol_str::SmolStr;

use super::record::Record;
use crate::causes::with_causes;
use crate::log::{Entry, EventLog, RecordBatch, TopicPartition};
use crate::metrics::PredictionLogMetrics;
use crate::worker::{put, put_name, put_time};

/// Batches that wait for a topic; what comes beyond them is counted and left out.
const WAITING: usize = 64;

pub(super) struct ToTopic {
    endpoints: Arc<HashMap<SmolStr, Place>>,
    batches: Option<SyncSender<Vec<Record>>>,
    thread: Option<JoinHandle<()>>,
    metrics: PredictionLogMetrics,
}

/// Where the predictions of an endpoint go.
struct Place {
    topic: SmolStr,
    partitions: u32,
    output: &'static str,
}

impl ToTopic {
    /// `None` where no endpoint wants it, or its thread cannot be had.
    pub(super) fn of(project: &Project, log: Arc<dyn EventLog>, metrics: &PredictionLogMetrics) -> Option<ToTopic> {
        let place = |endpoint: &features::project::Endpoint| {
            let model = project.models.get(&endpoint.model)?;
            let output = match model.task {
                Task::Classification => "probability",
                Task::Regression => "value",
            };
            let topic = SmolStr::from(&endpoint.topic);
            Some((endpoint.name.clone(), Place { topic, partitions: model.view.stream.partitions, output }))
        };
        let wanted = project.endpoints.values().filter(|endpoint| endpoint.http_to_topic);
        let endpoints: Arc<HashMap<SmolStr, Place>> = Arc::new(wanted.filter_map(place).collect());
        if endpoints.is_empty() {
            return None;
        }
        let (batches, incoming) = sync_channel::<Vec<Record>>(WAITING);
        let (places, counted) = (Arc::clone(&endpoints), metrics.clone());
        let thread = std::thread::Builder::new().name("clutch-to-topic".to_owned()).spawn(move || {
            for records in incoming {
                append(&records, &places, &*log, &counted);
            }
        });
        match thread {
            Ok(thread) => {
                let (batches, thread) = (Some(batches), Some(thread));
                Some(ToTopic { endpoints, batches, thread, metrics: metrics.clone() })
            }
            Err(error) => {
                tracing::error!(%error, "predictions of HTTP do not go to their topics: no thread could be started");
                None
            }
        }
    }

    pub(super) fn send(&mut self, records: &[Record]) {
        let wanted = |record: &&Record| self.endpoints.contains_key(&record.endpoint) && record.shadow_of.is_none();
        let records: Vec<Record> = records.iter().filter(wanted).cloned().collect();
        if records.is_empty() {
            return;
        }
        let count = records.len() as u64;
        if self.batches.as_ref().is_none_or(|batches| batches.try_send(records).is_err()) {
            self.metrics.not_to_topic.inc_by(count);
        }
    }
}

impl Drop for ToTopic {
    fn drop(&mut self) {
        self.batches = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that sends predictions to topics panicked");
        }
    }
}

fn append(records: &[Record], places: &HashMap<SmolStr, Place>, log: &dyn EventLog, metrics: &PredictionLogMetrics) {
    let mut batches: HashMap<TopicPartition, (RecordBatch, u64)> = HashMap::new();
    for record in records {
        let Some(place) = places.get(&record.endpoint) else { continue };
        let Some(output) = record.output else { continue };
        let partition = partition_of(record.key.as_bytes(), place.partitions);
        let at = TopicPartition { topic: place.topic.clone(), partition };
        let (batch, count) = batches.entry(at).or_insert_with(|| (RecordBatch::new(), 0));
        let mut json = Vec::with_capacity(256);
        write(record, place.output, output, &mut json);
        if batch.push(record.key.as_bytes(), &json).is_ok() {
            *count += 1;
        }
    }
    for (place, (batch, count)) in batches {
        match log.append(None, vec![Entry { place, batch }]) {
            Ok(_) => {
                metrics.to_topic.inc_by(count);
            }
            Err(error) => {
                metrics.not_to_topic.inc_by(count);
                tracing::warn!(error = with_causes(&error), count, "predictions of HTTP did not go to their topic");
            }
        }
    }
}

/// As a streamed prediction, with `"source":"http"`, when it was answered, and without a place in a stream.
fn write(record: &Record, name: &str, output: f64, out: &mut Vec<u8>) {
    out.push(b'{');
    put_name(out, "prediction_id");
    put(out, &record.id);
    for (name, text) in [("endpoint", &record.endpoint), ("model", &record.model)] {
        put_name(out, name);
        put(out, text);
    }
    put_name(out, "version");
    put(out, &record.version);
    put_name(out, "arm");
    put(out, &record.arm);
    out.extend_from_slice(b",\"source\":\"http\"");
    put_name(out, "time");
    put_time(out, record.time);
    if let Some(unit) = &record.unit {
        put_name(out, "unit");
        put(out, unit);
    }
    out.extend_from_slice(b",\"outputs\":{");
    put_name(out, name);
    put(out, &output);
    out.extend_from_slice(b"}}");
}
