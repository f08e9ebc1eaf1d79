//! What can be asked of a project's log and states, by the admin socket or by a command in the same process.

use std::sync::Arc;

use features::host::{KeyState, StreamHost};
use features::online::{Counters, OnlineStore, Slot, SlotRecord, StoreError};
use features::partition::partition_of;
use features::project::{Project, RequestStream};
use indexmap::IndexMap;
use serde_json::value::RawValue;

use super::wire::{
    AppendAnswer, EndpointReport, PartitionReport, ReadAnswer, RequestsReport, SinkReport, Status, StoredRecord,
    StreamReport, Totals, ViewReport,
};
use crate::log::{
    Appended, Entry, EventLog, LogError, ProducerId, Read, ReadLimit, RecordBatch, RecordRef, Sequence, TooLarge,
    TopicPartition,
};
use crate::prediction_log::{PredictionLog, SpoolError};
use crate::requests::{Responders, consumer};
use crate::routing::Routes;
use crate::sink::Sinks;
use crate::skew::Checks;
use crate::views::ViewVersion;
use crate::worker::{Ground, StartError, StreamPlan, Workers, prepare};

/// The most bytes that one read hands out.
const READ_BYTES: usize = 8 << 20;

/// Everything that answers need. Each question blocks on the database.
#[derive(Debug)]
pub struct Desk {
    pub log: Arc<dyn EventLog>,
    pub store: Arc<dyn OnlineStore>,
    pub plans: Vec<Arc<StreamPlan>>,
    pub routes: Arc<Routes>,
    /// `None` where nothing is being worked.
    pub workers: Option<Arc<Workers>>,
    pub responders: Option<Arc<Responders>>,
    pub requests: Vec<RequestStream>,
    pub sinks: Option<Arc<Sinks>>,
    pub checks: Option<Arc<Checks>>,
    pub prediction_log: Option<Arc<PredictionLog>>,
}

#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    #[error(transparent)]
    Spool(#[from] SpoolError),
}

impl Desk {
    /// A desk over streams that nobody here works, for questions only.
    pub fn unattended(project: &Project, ground: Ground, routes: Arc<Routes>) -> Result<Desk, StartError> {
        let Ground { log, store, .. } = ground;
        let plans = prepare(project, &routes, &*log)?;
        let requests = project.requests.values().cloned().collect();
        Ok(Desk {
            log,
            store,
            plans,
            routes,
            workers: None,
            responders: None,
            requests,
            sinks: None,
            checks: None,
            prediction_log: None,
        })
    }

    /// Takes a unit's predictions away that wait for the tables; how many.
    pub fn forget(&self, unit: &str) -> Result<u64, DeskError> {
        self.prediction_log.as_ref().map_or(Ok(0), |log| Ok(log.forget(unit)?))
    }

    /// `states`: count the keys and hash their states, which reads every one.
    pub fn status(&self, states: bool) -> Result<Status, DeskError> {
        let mut streams = IndexMap::new();
        for plan in &self.plans {
            streams.insert(plan.stream.name.to_string(), self.stream(plan, states)?);
        }
        let mut endpoints = IndexMap::new();
        for route in &self.routes.routes {
            let report = EndpointReport {
                topic: route.endpoint.topic.clone(),
                model: route.endpoint.model.to_string(),
                version: route.champion.load().as_ref().map(|model| model.version),
                awaited: route.awaited(),
                refused: route.status().refused.as_ref().map(|refused| refused.reason.clone()),
                predictions: self.records_in(&route.endpoint.topic)?,
                watch: route.endpoint.watch.clone(),
            };
            endpoints.insert(route.endpoint.name.to_string(), report);
        }
        let sinks: IndexMap<String, SinkReport> = self.sinks.as_ref().map(|sinks| sinks.reports()).unwrap_or_default();
        let mut requests = IndexMap::new();
        for stream in &self.requests {
            requests.insert(stream.name.to_string(), self.answered(stream)?);
        }
        let ready = self.workers.as_ref().is_none_or(|workers| workers.is_ready())
            && self.responders.as_ref().is_none_or(|responders| responders.is_ready());
        Ok(Status { ready, streams, endpoints, requests, sinks })
    }

    /// Appends each record to its key's partition of `topic`.
    pub fn append(
        &self,
        topic: &str,
        sequence: Option<Sequence>,
        records: &RecordBatch,
    ) -> Result<AppendAnswer, DeskError> {
        let partitions = self.log.partitions(topic)?;
        let mut batches = vec![RecordBatch::new(); usize::try_from(partitions).unwrap_or_default()];
        for (key, value) in records.iter() {
            let home = usize::try_from(partition_of(key, partitions)).unwrap_or_default();
            batches[home].push(key, value)?;
        }
        let entries = (0..).zip(batches).filter(|(_, batch)| !batch.is_empty()).map(|(partition, batch)| {
            let place = TopicPartition { topic: topic.into(), partition };
            Entry { place, batch }
        });
        let appended = self.log.append(sequence, entries.collect())?;
        let repeated = appended == Appended::Repeated;
        Ok(AppendAnswer { appended: if repeated { 0 } else { u64::from(records.len()) }, repeated })
    }

    pub fn last_sequence(&self, producer: ProducerId) -> Result<u64, DeskError> {
        Ok(self.log.last_sequence(producer)?)
    }

    pub fn partitions(&self, topic: &str) -> Result<u32, DeskError> {
        Ok(self.log.partitions(topic)?)
    }

    /// At most `limit` records from `from` on.
    pub fn read(&self, place: &TopicPartition, from: u64, limit: usize) -> Result<ReadAnswer, DeskError> {
        let Read { batches, next } = self.log.read(place, from, ReadLimit { records: limit, bytes: READ_BYTES })?;
        let records = batches.iter().flat_map(|batch| batch.records_from(from)).take(limit);
        let records: Vec<_> = records.map(|record| stored(place.partition, record)).collect();
        // The last batch may hold more than was asked for.
        let next = records.last().filter(|_| records.len() == limit).map_or(next, |record| record.offset + 1);
        Ok(ReadAnswer { records, next, end: self.log.end(place)? })
    }

    fn answered(&self, stream: &RequestStream) -> Result<RequestsReport, DeskError> {
        let mut report =
            RequestsReport { topic: stream.topic.clone(), answers: stream.answers.clone(), ..Default::default() };
        if matches!(self.log.partitions(&stream.topic), Err(LogError::UnknownTopic { .. })) {
            return Ok(report);
        }
        for partition in 0..stream.partitions {
            let consumer = consumer(&stream.topic, partition);
            // Read in this order, so that what is answered in between does not make the lag negative.
            let committed = self.log.committed(&consumer)?;
            let end = self.log.end(&consumer.place)?;
            let status = self.responders.as_ref().and_then(|responders| responders.status(&stream.topic, partition));
            let idle = status.as_ref().is_some_and(|status| status.idle_at >= end);
            report.lag += if idle { 0 } else { end.saturating_sub(committed) };
            report.error = report.error.or(status.and_then(|status| status.error));
        }
        report.answered = self.records_in(&stream.answers)?;
        Ok(report)
    }

    fn stream(&self, plan: &StreamPlan, states: bool) -> Result<StreamReport, DeskError> {
        let mut totals = Totals::default();
        let mut partitions = Vec::new();
        let slots = self.store.slots(&plan.stream.name)?;
        for partition in 0..plan.stream.partitions {
            let report = self.partition(plan, partition, &slots)?;
            totals.end += report.end;
            totals.committed += report.committed;
            totals.lag += report.lag;
            totals.counters = totals.counters.plus(&report.counters);
            partitions.push(report);
        }
        let state_hash = if states {
            let (keys, hash) = self.state_hash(plan)?;
            totals.keys = Some(keys);
            Some(hash)
        } else {
            None
        };
        let dead_letters = self.records_in(&plan.dead_letters)?;
        let views = if self.workers.is_some() { views(plan) } else { Vec::new() };
        let skew = self.checks.as_ref().and_then(|checks| checks.report(&plan.stream.name));
        let skew_records = self.records_in(&plan.stream.skew_topic())?;
        let topic = plan.topic.to_string();
        Ok(StreamReport { topic, totals, dead_letters, skew, skew_records, views, partitions, state_hash })
    }

    fn partition(
        &self,
        plan: &StreamPlan,
        partition: u32,
        slots: &[(Slot, SlotRecord)],
    ) -> Result<PartitionReport, DeskError> {
        let consumer = plan.consumer(partition);
        // Read in this order, so that events and commits in between do not make the lag negative.
        let committed = self.log.committed(&consumer)?;
        let end = self.log.end(&consumer.place)?;
        // Equal rules decide alike, so whichever version has folded most knows most.
        let in_partition = slots.iter().filter(|(slot, _)| slot.partition == partition).map(|(_, record)| record);
        let record = in_partition.max_by_key(|record| (record.folded, record.counters.unserved));
        let newest = record.and_then(|record| record.newest);
        let counters = record.map(|record| record.counters).unwrap_or_default();
        // Each version of a view counts what is predicted from its own rows.
        let in_slots = slots.iter().filter(|(slot, _)| slot.partition == partition);
        let from_slots: u64 = in_slots.map(|(_, record)| record.counters.predictions).sum();
        // Each is published together with the offset: what is on the topics is the count, where it can be had.
        let on_topics = plan.prediction_topics().into_iter().map(|topic| self.count(topic, partition));
        let predictions: Option<u64> = on_topics.sum::<Result<Option<u64>, DeskError>>()?;
        let worker = self.workers.as_ref().and_then(|workers| workers.status(&plan.stream.name, partition));
        // What the log leaves out behind the last event waits for nobody.
        let idle = worker.as_ref().is_some_and(|worker| worker.idle_at >= end);
        Ok(PartitionReport {
            partition,
            end,
            committed,
            lag: if idle { 0 } else { end.saturating_sub(committed) },
            counters: Counters { predictions: predictions.unwrap_or(from_slots), ..counters },
            watermark: newest.map(|newest| newest.saturating_sub(plan.stream.lateness)),
            worker,
        })
    }

    /// The number of keys, and a hash over every key and its state in the order of the keys, for one version of a view
    /// after the other: those that are kept. How the log counts its events does not enter.
    fn state_hash(&self, plan: &StreamPlan) -> Result<(u64, String), DeskError> {
        let mut hasher = blake3::Hasher::new();
        let mut keys = 0;
        for version in plan.views.kept(&plan.stream.name) {
            let mut states: Vec<(Vec<u8>, blake3::Hash)> = Vec::new();
            let host = StreamHost::new(Arc::clone(&version.view.stream), vec![Arc::clone(&version.view)]);
            for partition in 0..plan.stream.partitions {
                let mut visit = |key: &[u8], state: &[u8]| states.push((key.to_vec(), hash_of(state, &host)));
                self.store.scan(&Slot::of(&version.view, partition), &mut visit)?;
            }
            states.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            for (key, state) in &states {
                hasher.update(&(key.len() as u64).to_be_bytes()).update(key).update(state.as_bytes());
            }
            keys = keys.max(states.len());
        }
        Ok((keys as u64, hasher.finalize().to_hex()[..32].to_owned()))
    }

    /// How many records a partition of a topic has, where the log knows; none where nothing was ever published on it.
    fn count(&self, topic: &str, partition: u32) -> Result<Option<u64>, DeskError> {
        match self.log.count(&TopicPartition { topic: topic.into(), partition }) {
            Err(LogError::UnknownTopic { .. }) => Ok(Some(0)),
            count => Ok(count?),
        }
    }

    fn records_in(&self, topic: &str) -> Result<Option<u64>, DeskError> {
        let partitions = match self.log.partitions(topic) {
            // Nothing has ever been published on it.
            Err(LogError::UnknownTopic { .. }) => 0,
            partitions => partitions?,
        };
        (0..partitions).map(|partition| self.count(topic, partition)).sum()
    }
}

/// What cannot be read is hashed as it is.
fn hash_of(state: &[u8], host: &StreamHost) -> blake3::Hash {
    match KeyState::decode(state, host) {
        Ok(mut state) => {
            state.number_offsets();
            blake3::hash(&state.encode(host))
        }
        Err(_) => blake3::hash(state),
    }
}

fn views(plan: &StreamPlan) -> Vec<ViewReport> {
    let report = |version: Arc<ViewVersion>| ViewReport {
        view: version.view.name.to_string(),
        view_hash: version.view.hash.to_string(),
        declared: version.declared,
        live: version.is_live(),
        progress: version.progress(),
    };
    plan.views.kept(&plan.stream.name).into_iter().map(report).collect()
}

/// A record for people and programs that read JSON.
pub(super) fn stored(partition: u32, record: RecordRef<'_>) -> StoredRecord {
    let json = std::str::from_utf8(record.value).ok();
    let value = json.and_then(|text| RawValue::from_string(text.to_owned()).ok());
    let value = value.unwrap_or_else(|| RawValue::NULL.to_owned());
    StoredRecord { partition, offset: record.offset, appended_at: record.append_time, value }
}
