//! How clients of a broker are configured, and what they say.

use std::time::Duration;

use features::project::KafkaConnection;
use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::ProducerContext;

/// The longest that a call waits for an answer. A broker that restarts, or a coordinator that moves, is back before.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// How long a transaction may stay open: readers of what is committed stand still behind one whose owner is gone, unless a
/// successor ends it earlier.
const TRANSACTION: Duration = Duration::from_secs(20);
/// The largest record that is published: a dead letter repeats its event, which may double and more when it is quoted.
pub(super) const MAX_RECORD_BYTES: usize = 8 << 20;
/// What a reader holds that nobody has asked for yet, whatever the lag.
const PREFETCH_KB: usize = 4 << 10;

/// What a log on Kafka is opened with.
#[derive(Debug, Clone)]
pub struct KafkaSettings {
    pub connection: KafkaConnection,
    /// What the names of groups, transactions and internal topics begin with, so that projects can share a broker.
    pub namespace: String,
}

impl KafkaSettings {
    /// Of a project by this name, unless the connection names a namespace.
    pub fn new(connection: KafkaConnection, project: &str) -> KafkaSettings {
        let namespace = connection.namespace.as_ref().map_or_else(|| format!("clutch-{project}"), ToString::to_string);
        KafkaSettings { connection, namespace }
    }

    /// A group of this namespace.
    pub(super) fn group(&self, name: &str) -> String {
        format!("{}-{name}", self.namespace)
    }

    /// What every client needs.
    pub(super) fn client(&self) -> ClientConfig {
        let KafkaConnection { bootstrap_servers, tls, sasl, .. } = &self.connection;
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", bootstrap_servers);
        config.set("client.id", &self.namespace);
        config.set("reconnect.backoff.max.ms", "1000");
        // Idle connections are closed by brokers all the time.
        config.set("log.connection.close", "false");
        config.set("socket.nagle.disable", "true");
        config.set_log_level(RDKafkaLogLevel::Warning);
        let protocol = match (tls, sasl) {
            (None, None) => "plaintext",
            (Some(_), None) => "ssl",
            (None, Some(_)) => "sasl_plaintext",
            (Some(_), Some(_)) => "sasl_ssl",
        };
        config.set("security.protocol", protocol);
        if let Some(tls) = tls {
            let mut path = |key: &str, path: &Option<std::path::PathBuf>| {
                if let Some(path) = path {
                    config.set(key, path.to_string_lossy());
                }
            };
            path("ssl.ca.location", &tls.ca);
            path("ssl.certificate.location", &tls.certificate);
            path("ssl.key.location", &tls.key);
            if let Some(password) = &tls.key_password {
                config.set("ssl.key.password", password.reveal());
            }
        }
        if let Some(sasl) = sasl {
            config.set("sasl.mechanism", sasl.mechanism.name());
            config.set("sasl.username", &sasl.username);
            config.set("sasl.password", sasl.password.reveal());
        }
        config
    }

    /// Of a client that sees what is committed, and commits no offset by itself.
    pub(super) fn consumer(&self) -> ClientConfig {
        let mut config = self.client();
        config.set("isolation.level", "read_committed");
        config.set("enable.auto.commit", "false");
        config.set("enable.auto.offset.store", "false");
        config
    }

    /// Of a consumer that reads one partition.
    pub(super) fn reader(&self) -> ClientConfig {
        let mut config = self.consumer();
        // It never joins this group: a consumer has to name one.
        config.set("group.id", self.group("reader"));
        config.set("enable.partition.eof", "true");
        config.set("auto.offset.reset", "error");
        config.set("fetch.wait.max.ms", "100");
        config.set("fetch.error.backoff.ms", "50");
        // Where the prefetch is full it looks again soon.
        config.set("fetch.queue.backoff.ms", "5");
        config.set("queued.max.messages.kbytes", PREFETCH_KB.to_string());
        config.set("fetch.message.max.bytes", (1 << 20).to_string());
        config
    }

    /// Of a producer in transactions under this name, which only the newest of its name can commit.
    pub(super) fn producer(&self, transactional_id: &str) -> ClientConfig {
        let mut config = self.client();
        config.set("transactional.id", transactional_id);
        config.set("transaction.timeout.ms", TRANSACTION.as_millis().to_string());
        config.set("message.timeout.ms", TRANSACTION.as_millis().to_string());
        config.set("message.max.bytes", (MAX_RECORD_BYTES + (64 << 10)).to_string());
        // A batch is complete when it is sent: there is nothing to wait for.
        config.set("linger.ms", "0");
        config
    }
}

/// What clients say goes to the log of this process.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Telling;

impl ClientContext for Telling {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
                tracing::warn!(facility, message, "kafka client");
            }
            RDKafkaLogLevel::Warning => tracing::debug!(facility, message, "kafka client"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
                tracing::trace!(facility, message, "kafka client");
            }
        }
    }

    /// What matters of it fails a call too, and is told there.
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka client");
    }
}

impl ConsumerContext for Telling {}

impl ProducerContext for Telling {
    type DeliveryOpaque = ();

    /// A record that is not delivered fails its transaction.
    fn delivery(&self, _: &DeliveryResult<'_>, (): ()) {}
}
