//! The broker, as the benchmark itself uses it: topics made, loaded, watched and read.

use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message as _;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{Offset, TopicPartitionList};

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How long a client works before it is looked again.
pub(crate) const WORK: Duration = Duration::from_millis(1);

#[derive(Debug, Clone)]
pub(crate) struct Broker {
    pub(crate) address: String,
    pub(crate) partitions: u32,
}

impl Broker {
    pub(crate) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.address).set("socket.nagle.disable", "true");
        config
    }

    /// Of a group; it sees what is committed.
    pub(crate) fn consumer(&self, group: &str) -> ClientConfig {
        let mut config = self.client();
        config.set("group.id", group).set("enable.auto.commit", "false").set("enable.auto.offset.store", "false");
        config.set("isolation.level", "read_committed");
        config
    }

    pub(crate) fn places(&self) -> std::ops::Range<i32> {
        0..self.partitions.cast_signed()
    }

    /// As `clutch` makes its own.
    pub(crate) fn create(&self, topic: &str) {
        let admin: AdminClient<DefaultClientContext> = self.client().create().expect("a client");
        let new = NewTopic::new(topic, self.partitions.cast_signed(), TopicReplication::Fixed(1))
            .set("message.timestamp.type", "LogAppendTime")
            .set("max.message.bytes", "8388608");
        let options = AdminOptions::new().operation_timeout(Some(PATIENCE));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        let made = runtime.block_on(admin.create_topics([&new], &options)).expect("an answer");
        assert!(made.iter().all(Result::is_ok), "{topic}: {made:?}");
    }

    pub(crate) fn load(&self, topic: &str) -> Loading {
        let mut config = self.client();
        config.set("linger.ms", "20").set("enable.idempotence", "true");
        Loading { producer: config.create().expect("a producer"), topic: topic.to_owned() }
    }

    pub(crate) fn ends(&self, topic: &str) -> Vec<u64> {
        let consumer: BaseConsumer = self.consumer("asking").create().expect("a consumer");
        let end = |partition| consumer.fetch_watermarks(topic, partition, PATIENCE).expect("watermarks").1;
        self.places().map(|partition| end(partition).cast_unsigned()).collect()
    }

    pub(crate) fn watch(&self, group: &str, topic: &str) -> Committed {
        let mut config = self.consumer(group);
        // What is under way is not waited for.
        config.set("isolation.level", "read_uncommitted");
        let mut places = TopicPartitionList::new();
        for partition in self.places() {
            places.add_partition(topic, partition);
        }
        Committed { consumer: config.create().expect("a consumer"), places }
    }

    /// Every committed record's value, partition by partition.
    pub(crate) fn read(&self, topic: &str, mut each: impl FnMut(&[u8])) {
        let mut config = self.consumer("reading");
        config.set("enable.partition.eof", "true");
        for partition in self.places() {
            let consumer: BaseConsumer = config.create().expect("a consumer");
            let mut place = TopicPartitionList::new();
            place.add_partition_offset(topic, partition, Offset::Beginning).expect("a place");
            consumer.assign(&place).expect("assigned");
            let started = Instant::now();
            loop {
                match consumer.poll(PATIENCE) {
                    Some(Ok(record)) => each(record.payload().expect("a value")),
                    Some(Err(KafkaError::PartitionEOF(_))) => break,
                    Some(Err(error)) => panic!("{topic}/{partition}: {error}"),
                    None => assert!(started.elapsed() < PATIENCE, "{topic}/{partition}: it does not end"),
                }
            }
        }
    }
}

/// How far a group has committed.
pub(crate) struct Committed {
    consumer: BaseConsumer,
    places: TopicPartitionList,
}

impl Committed {
    pub(crate) fn so_far(&self) -> u64 {
        // A coordinator that has only begun to look after the group knows of nothing yet.
        let Ok(committed) = self.consumer.committed_offsets(self.places.clone(), PATIENCE) else { return 0 };
        let offsets = committed.elements().iter().filter_map(|place| place.offset().to_raw()).collect::<Vec<_>>();
        offsets.into_iter().filter_map(|offset| u64::try_from(offset).ok()).sum()
    }
}

/// Sends on its own; what is not delivered by its end is a failure.
pub(crate) struct Loading {
    producer: BaseProducer,
    topic: String,
}

impl Loading {
    pub(crate) fn send(&self, partition: u32, key: &str, value: &[u8]) {
        let record = BaseRecord::to(&self.topic).partition(partition.cast_signed()).key(key.as_bytes()).payload(value);
        send(&self.producer, record);
    }

    pub(crate) fn finish(self) {
        self.producer.flush(PATIENCE).expect("delivered");
    }
}

/// Waits where the client's queue is full.
pub(crate) fn send(producer: &BaseProducer, record: BaseRecord<'_, [u8], [u8]>) {
    let mut sent = producer.send(record);
    while let Err((error, record)) = sent {
        assert_eq!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::QueueFull), "{error}");
        producer.poll(WORK);
        sent = producer.send(record);
    }
}
