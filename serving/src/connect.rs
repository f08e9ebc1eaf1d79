//! Where a project's streams and states are: what its connections name, and `.clutch` for the rest.

use std::fmt::Debug;
use std::sync::Arc;

use features::online::{OnlineStore, StateReader};
use features::project::{KafkaConnection, Project, RedisConnection};

use crate::clock::Clock;
use crate::instance::Instance;
use crate::log::{EventLog, Groups, LogError, TopicPartition};
use crate::predict::RecentStates;
use crate::worker::Ground;

/// What workers, sinks and questions stand on.
#[derive(Debug, Clone)]
pub struct Connected {
    pub ground: Ground,
    /// Who says which partitions this process works; without it works all of them.
    pub groups: Option<Arc<dyn Groups>>,
    states: Arc<dyn StateReader>,
}

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("this binary was built without Kafka, which the project's streams are on: use a full build")]
    NoKafka,
    #[error("Kafka at {servers} cannot be used: is it there, and is the connection's `security` what it asks for?")]
    Kafka { servers: String, source: LogError },
    #[error("this binary was built without Redis, which the project's states are in: use a full build")]
    NoRedis,
    #[error("the Redis that [connections] names cannot be used")]
    Redis(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Puts events into a log as applications do: each on its way at once, and none in a transaction.
pub trait Feed: Send + Sync + Debug {
    /// Waits while too many are on their way.
    fn send(&self, place: &TopicPartition, key: &[u8], value: &[u8]) -> Result<(), LogError>;

    /// Waits until everything is in the log.
    fn finish(&self) -> Result<(), LogError>;
}

/// A log, and a feed of it.
pub type Fed = (Arc<dyn EventLog>, Arc<dyn Feed>);

/// Log and feed where the project's streams are on brokers; `None` where they are the server's own.
pub fn open_feed(project: &Project) -> Result<Option<Fed>, ConnectError> {
    project.connections.kafka.as_ref().map(|connection| kafka_feed(connection, project)).transpose()
}

/// Streams and who shares them out.
type Streams = (Arc<dyn EventLog>, Arc<dyn Groups>);
/// One store, by both of its seams.
type States = (Arc<dyn OnlineStore>, Arc<dyn StateReader>);

/// Opens what is not in `instance`. Waits for brokers, for half a minute at most.
pub fn connect(project: &Project, instance: &Instance) -> Result<Connected, ConnectError> {
    let connections = &project.connections;
    let streams = connections.kafka.as_ref().map(|connection| kafka(connection, project)).transpose()?;
    let states = connections.redis.as_ref().map(redis).transpose()?;
    if streams.is_none() && states.is_none() {
        let states = Arc::clone(instance.store()) as Arc<dyn StateReader>;
        return Ok(Connected { ground: instance.ground(), groups: None, states });
    }
    let (log, groups) = match streams {
        Some((log, groups)) => (log, Some(groups)),
        None => (Arc::clone(instance.log()) as Arc<dyn EventLog>, None),
    };
    let (store, states) = states.unwrap_or_else(|| {
        let store = instance.store();
        (Arc::clone(store) as Arc<dyn OnlineStore>, Arc::clone(store) as Arc<dyn StateReader>)
    });
    Ok(Connected { ground: Ground::separate(log, store), groups, states })
}

impl Connected {
    /// For requests; with a cache where the project declares how old an answer may be.
    pub fn reader(&self, project: &Project, clock: &Arc<dyn Clock>) -> Arc<dyn StateReader> {
        cached(Arc::clone(&self.states), project, clock)
    }
}

/// [`Connected::reader`] alone: no broker need answer.
pub fn open_reader(
    project: &Project,
    instance: &Instance,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn StateReader>, ConnectError> {
    let states = match &project.connections.redis {
        Some(connection) => redis(connection)?.1,
        None => Arc::clone(instance.store()) as Arc<dyn StateReader>,
    };
    Ok(cached(states, project, clock))
}

fn cached(states: Arc<dyn StateReader>, project: &Project, clock: &Arc<dyn Clock>) -> Arc<dyn StateReader> {
    match project.connections.redis.as_ref().and_then(|redis| redis.cache_max_age) {
        Some(max_age) => Arc::new(RecentStates::new(states, Arc::clone(clock), max_age)),
        None => states,
    }
}

#[cfg(feature = "kafka")]
fn kafka(connection: &KafkaConnection, project: &Project) -> Result<Streams, ConnectError> {
    use crate::log::kafka::{KafkaLog, KafkaSettings};

    let settings = KafkaSettings::new(connection.clone(), &project.name);
    let log = KafkaLog::open(settings)
        .map_err(|source| ConnectError::Kafka { servers: connection.bootstrap_servers.clone(), source })?;
    let log = Arc::new(log);
    Ok((Arc::<KafkaLog>::clone(&log), log))
}

#[cfg(feature = "kafka")]
fn kafka_feed(connection: &KafkaConnection, project: &Project) -> Result<Fed, ConnectError> {
    use crate::log::kafka::{KafkaFeed, KafkaSettings};

    let feed = KafkaFeed::open(&KafkaSettings::new(connection.clone(), &project.name))
        .map_err(|source| ConnectError::Kafka { servers: connection.bootstrap_servers.clone(), source })?;
    Ok((kafka(connection, project)?.0, Arc::new(feed)))
}

#[cfg(feature = "kafka")]
impl Feed for crate::log::kafka::KafkaFeed {
    fn send(&self, place: &TopicPartition, key: &[u8], value: &[u8]) -> Result<(), LogError> {
        self.send(place, key, value)
    }

    fn finish(&self) -> Result<(), LogError> {
        self.finish()
    }
}

#[cfg(not(feature = "kafka"))]
fn kafka_feed(_connection: &KafkaConnection, _project: &Project) -> Result<Fed, ConnectError> {
    Err(ConnectError::NoKafka)
}

#[cfg(not(feature = "kafka"))]
fn kafka(_connection: &KafkaConnection, _project: &Project) -> Result<Streams, ConnectError> {
    Err(ConnectError::NoKafka)
}

#[cfg(feature = "redis")]
fn redis(connection: &RedisConnection) -> Result<States, ConnectError> {
    use features::online::RedisStore;

    let store = RedisStore::open(connection).map_err(|problem| ConnectError::Redis(Box::new(problem)))?;
    let store = Arc::new(store);
    Ok((Arc::<RedisStore>::clone(&store), store))
}

#[cfg(not(feature = "redis"))]
fn redis(_connection: &RedisConnection) -> Result<States, ConnectError> {
    Err(ConnectError::NoRedis)
}
