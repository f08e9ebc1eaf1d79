//! A producer in transactions: everything of one, or nothing.

use std::time::{Duration, Instant};

use features::value::Micros;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{Offset, TopicPartitionList};
use smol_str::SmolStr;

use super::faults::unavailable;
use super::settings::{KafkaSettings, PATIENCE, Telling};
use super::topics::signed;
use crate::log::batch::{REDRIVEN, RecordBatch, TRACE};
use crate::log::seam::{Entry, LogError, TopicPartition};

/// How long the client may work before it is looked whether everything is delivered.
const WORK: Duration = Duration::from_millis(1);

/// The newest producer of its name; all before it can commit no more.
pub(super) struct TransactionalProducer {
    producer: BaseProducer<Telling>,
}

/// An offset that a transaction commits for a group.
pub(super) struct GroupOffset<'a> {
    pub(super) group: &'a BaseConsumer<Telling>,
    pub(super) place: &'a TopicPartition,
    pub(super) offset: u64,
}

impl TransactionalProducer {
    /// Ends what a predecessor left open: once this returns, what it had committed is committed, and nothing else ever will
    /// be.
    pub(super) fn open(settings: &KafkaSettings, name: &str) -> Result<TransactionalProducer, LogError> {
        let failed = unavailable("take over from a predecessor");
        let producer = BaseProducer::from_config_and_context(&settings.producer(name), Telling).map_err(&failed)?;
        producer.init_transactions(PATIENCE).map_err(&failed)?;
        Ok(TransactionalProducer { producer })
    }

    /// Publishes `entries` and the offset as one. After an error the producer is of no more use, and whether the transaction
    /// was committed is not known before its name is opened anew.
    pub(super) fn publish(&self, entries: &[Entry], offset: Option<&GroupOffset<'_>>) -> Result<(), KafkaError> {
        self.begin(entries)?;
        if let Some(offset) = offset {
            self.send_offset(offset)?;
        }
        self.finish()
    }

    /// The first half: sends `entries` on their way.
    pub(super) fn begin(&self, entries: &[Entry]) -> Result<(), KafkaError> {
        self.producer.begin_transaction()?;
        for Entry { place, batch } in entries {
            let common = headers(batch);
            for (index, (key, value)) in batch.iter().enumerate() {
                let trace = batch.trace_of(index).map(|trace| Header { key: TRACE, value: Some(trace) });
                let headers = match trace {
                    None => common.clone(),
                    Some(trace) => Some(common.clone().unwrap_or_default().insert(trace)),
                };
                let headers = match batch.is_redriven(index) {
                    false => headers,
                    true => Some(headers.unwrap_or_default().insert(Header { key: REDRIVEN, value: Some("1") })),
                };
                self.send(place, (key, value), headers, batch.as_of())?;
            }
        }
        Ok(())
    }

    /// The second half: what is on its way arrives, and is committed.
    pub(super) fn finish(&self) -> Result<(), KafkaError> {
        self.deliver()?;
        self.producer.commit_transaction(PATIENCE)
    }

    /// Waits until everything has been delivered, or has failed. The client's own flush waits in steps of a tenth of a second.
    pub(super) fn deliver(&self) -> Result<(), KafkaError> {
        let started = Instant::now();
        while self.producer.in_flight_count() > 0 {
            self.producer.poll(WORK);
            if started.elapsed() > PATIENCE {
                return Err(KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut));
            }
        }
        Ok(())
    }

    fn send(
        &self,
        place: &TopicPartition,
        (key, value): (&[u8], &[u8]),
        headers: Option<OwnedHeaders>,
        as_of: Option<Micros>,
    ) -> Result<(), KafkaError> {
        let started = Instant::now();
        let record = BaseRecord::to(&place.topic).partition(signed(place.partition)).key(key).payload(value);
        let record = BaseRecord { headers, timestamp: as_of.map(|micros| micros.div_euclid(1_000)), ..record };
        let mut sent = self.producer.send(record);
        while let Err((error, record)) = sent {
            let full = error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull);
            if !full || started.elapsed() > PATIENCE {
                return Err(error);
            }
            self.producer.poll(WORK);
            sent = self.producer.send(record);
        }
        Ok(())
    }

    fn send_offset(&self, offset: &GroupOffset<'_>) -> Result<(), KafkaError> {
        let GroupOffset { group, place, offset } = offset;
        let group: Option<ConsumerGroupMetadata> = group.group_metadata();
        let group = group.ok_or(KafkaError::Canceled)?;
        self.producer.send_offsets_to_transaction(&list(place, Some(*offset))?, &group, PATIENCE)
    }
}

/// What every record of a batch has beside it.
fn headers(batch: &RecordBatch) -> Option<OwnedHeaders> {
    let add = |headers: Option<OwnedHeaders>, (key, value): &(&'static str, SmolStr)| {
        let header = Header { key, value: Some(value.as_str()) };
        Some(headers.unwrap_or_default().insert(header))
    };
    batch.headers().iter().fold(None, add)
}

/// One partition, with an offset or without.
fn list(place: &TopicPartition, offset: Option<u64>) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::with_capacity(1);
    match offset {
        Some(offset) => {
            let offset = Offset::Offset(i64::try_from(offset).unwrap_or(i64::MAX));
            list.add_partition_offset(&place.topic, signed(place.partition), offset)?;
        }
        None => {
            list.add_partition(&place.topic, signed(place.partition));
        }
    }
    Ok(list)
}

/// A client that knows the offsets of a group, without being one of its members.
pub(super) fn group(settings: &KafkaSettings, name: &str) -> Result<BaseConsumer<Telling>, LogError> {
    let mut config = settings.consumer();
    config.set("group.id", name);
    BaseConsumer::from_config_and_context(&config, Telling).map_err(unavailable("ask for offsets"))
}

/// The offset that a group has committed, once no transaction that may change it is under way.
///
/// A broker that was killed at the wrong moment may come back with an offset for ever under way: its transaction was committed,
/// and the end has not reached the group. Then this fails, and must: to abort it would publish a batch twice.
pub(super) fn committed(group: &BaseConsumer<Telling>, place: &TopicPartition) -> Result<Option<u64>, LogError> {
    let failed = unavailable("say what is committed");
    while group.poll(Duration::ZERO).is_some() {}
    let asked = list(place, None).map_err(&failed)?;
    let answer = group.committed_offsets(asked, PATIENCE).map_err(&failed)?;
    let Some(found) = answer.find_partition(&place.topic, signed(place.partition)) else { return Ok(None) };
    found.error().map_err(&failed)?;
    Ok(match found.offset() {
        Offset::Offset(offset) => u64::try_from(offset).ok(),
        _ => None,
    })
}
