//! A producer as applications have them: no transactions, each record on its way at once, in the order of its partition.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};

use super::faults::unavailable;
use super::settings::{KafkaSettings, PATIENCE};
use super::topics::signed;
use crate::log::seam::{LogError, TopicPartition};

/// How long a full queue is waited for between two attempts.
const FULL: Duration = Duration::from_millis(1);

/// Feeds topics of a broker, for load and for tests.
pub struct KafkaFeed {
    producer: ThreadedProducer<Counting>,
    lost: Arc<AtomicU64>,
}

impl std::fmt::Debug for KafkaFeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaFeed").field("lost", &self.lost).finish_non_exhaustive()
    }
}

impl KafkaFeed {
    pub fn open(settings: &KafkaSettings) -> Result<KafkaFeed, LogError> {
        let lost = Arc::<AtomicU64>::default();
        let mut config = settings.client();
        // What is sent again after a broken connection neither doubles nor overtakes.
        config.set("enable.idempotence", "true");
        config.set("linger.ms", "1");
        let context = Counting { lost: Arc::clone(&lost) };
        let producer =
            ThreadedProducer::from_config_and_context(&config, context).map_err(unavailable("open a feed"))?;
        Ok(KafkaFeed { producer, lost })
    }

    /// Puts a record on its way; waits while too many are.
    pub fn send(&self, place: &TopicPartition, key: &[u8], value: &[u8]) -> Result<(), LogError> {
        let started = Instant::now();
        let record = BaseRecord::to(&place.topic).partition(signed(place.partition)).key(key).payload(value);
        let mut sent = self.producer.send(record);
        while let Err((error, record)) = sent {
            let full = error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull);
            if !full || started.elapsed() > PATIENCE {
                return Err(unavailable("feed")(error));
            }
            std::thread::sleep(FULL);
            sent = self.producer.send(record);
        }
        Ok(())
    }

    /// Waits until everything is delivered.
    pub fn finish(&self) -> Result<(), LogError> {
        self.producer.flush(PATIENCE).map_err(unavailable("feed"))?;
        match self.lost.load(Ordering::SeqCst) {
            0 => Ok(()),
            _ => Err(unavailable("feed")(KafkaError::MessageProduction(RDKafkaErrorCode::MessageTimedOut))),
        }
    }
}

/// Counts what could not be delivered.
struct Counting {
    lost: Arc<AtomicU64>,
}

impl ClientContext for Counting {}

impl ProducerContext for Counting {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if result.is_err() {
            self.lost.fetch_add(1, Ordering::SeqCst);
        }
    }
}
