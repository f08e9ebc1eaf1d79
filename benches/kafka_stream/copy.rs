//! The limit: consume, and produce the same bytes, in transactions like those of a worker. A thread and a producer for each
//! partition, and a commit of the offset for every so many records. Run as a process of its own, as `clutch` is.

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::Message as _;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{Offset, TopicPartitionList};

use super::broker::{self, Broker, PATIENCE, WORK};

/// As many as a worker takes at most.
const BATCH: usize = 1024;

#[derive(Debug, Clone)]
pub(crate) struct Copy {
    pub(crate) broker: Broker,
    pub(crate) input: String,
    pub(crate) output: String,
    pub(crate) group: String,
}

impl Copy {
    pub(crate) fn arguments(&self) -> Vec<String> {
        let Copy { broker, input, output, group } = self;
        vec![broker.address.clone(), broker.partitions.to_string(), input.clone(), output.clone(), group.clone()]
    }

    pub(crate) fn from_arguments(arguments: &[String]) -> Copy {
        let [address, partitions, input, output, group] = arguments else { panic!("five arguments: {arguments:?}") };
        let broker = Broker { address: address.clone(), partitions: partitions.parse().expect("a number") };
        Copy { broker, input: input.clone(), output: output.clone(), group: group.clone() }
    }

    /// What the topic holds.
    pub(crate) fn run(&self) {
        std::thread::scope(|scope| {
            for partition in self.broker.places() {
                scope.spawn(move || self.partition(partition));
            }
        });
    }

    fn partition(&self, partition: i32) {
        let consumer: BaseConsumer = self.broker.consumer(&self.group).create().expect("a consumer");
        let mut place = TopicPartitionList::new();
        place.add_partition_offset(&self.input, partition, Offset::Beginning).expect("a place");
        consumer.assign(&place).expect("assigned");
        let (_, end) = consumer.fetch_watermarks(&self.input, partition, PATIENCE).expect("watermarks");
        let mut config = self.broker.client();
        config.set("transactional.id", format!("{}-{partition}", self.group)).set("linger.ms", "0");
        let producer: BaseProducer = config.create().expect("a producer");
        producer.init_transactions(PATIENCE).expect("no predecessor");

        let mut next = 0;
        while next < end {
            producer.begin_transaction().expect("begun");
            for _ in 0..BATCH {
                let record = consumer.poll(PATIENCE).expect("a record").expect("readable");
                let copy =
                    BaseRecord::to(&self.output).partition(partition).payload(record.payload().expect("a value"));
                broker::send(&producer, copy.key(record.key().unwrap_or_default()));
                next = record.offset() + 1;
                if next == end {
                    break;
                }
            }
            // The client's own flush waits in longer steps.
            while producer.in_flight_count() > 0 {
                producer.poll(WORK);
            }
            let mut offset = TopicPartitionList::new();
            offset.add_partition_offset(&self.input, partition, Offset::Offset(next)).expect("a place");
            let group = consumer.group_metadata().expect("a group");
            producer.send_offsets_to_transaction(&offset, &group, PATIENCE).expect("sent");
            producer.commit_transaction(PATIENCE).expect("committed");
        }
    }
}
