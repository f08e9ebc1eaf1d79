//! Where a project's streams and states are: what its connections name, and `.clutch` for the rest.

use std::sync::Arc;

use features::project::Project;

use crate::instance::Instance;
use crate::log::{Groups, LogError};
use crate::worker::Ground;

/// What workers, sinks and questions stand on.
#[derive(Debug, Clone)]
pub struct Connected {
    pub ground: Ground,
    /// Who says which partitions this process works; without it works all of them.
    pub groups: Option<Arc<dyn Groups>>,
}

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("this binary was built without Kafka, which the project's streams are on: use a full build")]
    NoKafka,
    #[error("Kafka at {servers} cannot be used: is it there, and is the connection's `security` what it asks for?")]
    Kafka { servers: String, source: LogError },
}

/// Opens what is not in `instance`. Waits for brokers, for half a minute at most.
pub fn connect(project: &Project, instance: &Instance) -> Result<Connected, ConnectError> {
    match &project.connections.kafka {
        None => Ok(Connected { ground: instance.ground(), groups: None }),
        Some(connection) => kafka(connection, project, instance),
    }
}

#[cfg(feature = "kafka")]
fn kafka(
    connection: &features::project::KafkaConnection,
    project: &Project,
    instance: &Instance,
) -> Result<Connected, ConnectError> {
    use crate::log::kafka::{KafkaLog, KafkaSettings};

    let settings = KafkaSettings::new(connection.clone(), &project.name);
    let log = KafkaLog::open(settings)
        .map_err(|source| ConnectError::Kafka { servers: connection.bootstrap_servers.clone(), source })?;
    let log = Arc::new(log);
    let store = Arc::clone(instance.store());
    Ok(Connected { ground: Ground::separate(Arc::<KafkaLog>::clone(&log), store), groups: Some(log) })
}

#[cfg(not(feature = "kafka"))]
fn kafka(
    _connection: &features::project::KafkaConnection,
    _project: &Project,
    _instance: &Instance,
) -> Result<Connected, ConnectError> {
    Err(ConnectError::NoKafka)
}
