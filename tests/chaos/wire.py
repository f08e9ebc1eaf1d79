"""Topics read and written by bare clients."""

import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

BEGINNING = 0
TIMEOUT = 60


def create(broker, topic, partitions):
    """As `clutch serve` makes them: append times are the broker's."""
    config = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(8 << 20)}
    new = NewTopic(topic, num_partitions=partitions, replication_factor=1, config=config)
    client, deadline = AdminClient({"bootstrap.servers": broker}), time.monotonic() + TIMEOUT
    while True:
        try:
            return client.create_topics([new])[topic].result(TIMEOUT)
        except KafkaException as error:
            # A broker that has just started does not count itself yet.
            if error.args[0].code() != KafkaError.INVALID_REPLICATION_FACTOR or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def reader(broker, isolation, **more):
    return Consumer({
        "bootstrap.servers": broker, "group.id": "chaos-checker", "isolation.level": isolation,
        "enable.auto.commit": False, "auto.offset.reset": "error", "enable.partition.eof": True,
        "reconnect.backoff.max.ms": 1000, "log_level": 0, **more})


def producer(broker):
    return Producer({
        "bootstrap.servers": broker, "enable.idempotence": True, "partitioner": "murmur2_random", "linger.ms": 5,
        "message.timeout.ms": 600_000, "reconnect.backoff.max.ms": 1000, "queue.buffering.max.messages": 400_000,
        "log_level": 0})


def read_all(broker, topic, partitions, isolation="read_committed"):
    """For each partition its records: (offset, key, value, append time in microseconds)."""
    consumer = reader(broker, isolation)
    consumer.assign([TopicPartition(topic, partition, BEGINNING) for partition in range(partitions)])
    records, ended = [[] for _ in range(partitions)], set()
    while len(ended) < partitions:
        message = consumer.poll(TIMEOUT)
        if message is None:
            raise RuntimeError(f"{topic} does not come to its end")
        if message.error():
            if message.error().code() != KafkaError._PARTITION_EOF:
                raise RuntimeError(f"{topic}: {message.error()}")
            ended.add(message.partition())
            continue
        time = message.timestamp()[1] * 1_000
        records[message.partition()].append((message.offset(), message.key(), message.value(), time))
    consumer.close()
    return records


def lag(broker, group, topic, partitions):
    """How many records of a topic a group has not consumed; `None` while the broker does not say."""
    consumer = reader(broker, "read_committed", **{"group.id": group})
    try:
        places = [TopicPartition(topic, partition) for partition in range(partitions)]
        left = 0
        for place in consumer.committed(places, timeout=10):
            _, end = consumer.get_watermark_offsets(place, timeout=10)
            left += end - max(place.offset, 0)
        return left
    except Exception:  # noqa: BLE001 the broker may be away
        return None
    finally:
        consumer.close()


class Watch(threading.Thread):
    """Counts the committed records of topics while they come."""

    def __init__(self, broker, topics, partitions):
        super().__init__(daemon=True)
        self.consumer = reader(broker, "read_committed")
        self.consumer.assign([TopicPartition(t, p, BEGINNING) for t in topics for p in range(partitions)])
        self.seen, self.ending = 0, threading.Event()

    def run(self):
        while not self.ending.is_set():
            self.seen += sum(1 for message in self.consumer.consume(1_000, 0.2) if not message.error())
        self.consumer.close()


class Feeder(threading.Thread):
    """Sends messages at a steady pace, those of a key in their order, each once, whatever becomes of the broker."""

    def __init__(self, broker, topic, messages, rate, clock):
        super().__init__(daemon=True)
        self.producer = producer(broker)
        self.topic, self.messages, self.rate, self.clock = topic, messages, rate, clock
        self.sent, self.delivered, self.failure = 0, 0, None
        # How many may be sent as yet.
        self.allowed, self.changed = 0, threading.Condition()

    def allow(self, count):
        with self.changed:
            self.allowed = max(self.allowed, count)
            self.changed.notify()

    def run(self):
        due = self.clock()
        for key, value, partition in self.messages:
            with self.changed:
                self.changed.wait_for(lambda: self.sent < self.allowed)
            due = max(due + 1 / self.rate, self.clock() - 1)
            while (ahead := due - self.clock()) > 0:
                self.producer.poll(ahead)
            place = {} if partition is None else {"partition": partition}
            self.producer.produce(self.topic, value=value, key=key, on_delivery=self.on_delivery, **place)
            self.producer.poll(0)
            self.sent += 1
        while self.producer.flush(5):
            pass

    def on_delivery(self, error, _):
        if error is None:
            self.delivered += 1
        else:
            self.failure = str(error)
