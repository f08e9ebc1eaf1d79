//! Asks about streams: the running server, or the database itself where none runs.

use std::sync::Arc;

use anyhow::Context as _;
use features::project::Project;
use serving::admin::{Client, ClientError, Desk, LetterPlace, ReadAnswer, RedriveAnswer, Status};
use serving::connect::connect;
use serving::instance::Instance;
use serving::log::TopicPartition;
use serving::routing::Routes;
use tokio::task::spawn_blocking;

use crate::output::UsageError;
use crate::serve;

/// Whoever can answer.
#[derive(Debug)]
pub(super) enum Access {
    Server(Client),
    Here {
        desk: Arc<Desk>,
        /// Holds the folder's lock for as long as the desk is asked.
        _instance: Instance,
    },
}

impl Access {
    /// Nothing is created just to ask.
    pub(super) async fn open(project: &Project) -> anyhow::Result<Access> {
        let state_dir = project.instance_dir();
        match Client::connect(&state_dir).await {
            Ok(client) => return Ok(Access::Server(client)),
            Err(ClientError::Unreachable { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let embedded = project.connections.kafka.is_none();
        if embedded && !state_dir.join("db").exists() {
            let message = "nothing has been streamed here yet: start `clutch serve`, or `clutch stream replay`";
            return Err(UsageError::new(message).into());
        }
        let project = project.clone();
        let open = move || -> anyhow::Result<Access> {
            let instance = serve::open(&project)?;
            let ground = connect(&project, &instance)?.ground;
            let desk = Desk::unattended(&project, ground, Arc::new(Routes::new(&project)))?;
            Ok(Access::Here { desk: Arc::new(desk), _instance: instance })
        };
        spawn_blocking(open).await?
    }

    pub(super) fn is_server(&self) -> bool {
        matches!(self, Access::Server(_))
    }

    pub(super) async fn status(&mut self, states: bool) -> anyhow::Result<Status> {
        match self {
            Access::Server(client) => Ok(client.status(states).await?),
            Access::Here { desk, .. } => {
                let desk = Arc::clone(desk);
                Ok(spawn_blocking(move || desk.status(states)).await??)
            }
        }
    }

    /// At most `limit` records of a partition from `from` on.
    pub(super) async fn read(
        &mut self,
        topic: &str,
        partition: u32,
        from: u64,
        limit: usize,
    ) -> anyhow::Result<ReadAnswer> {
        match self {
            Access::Server(client) => Ok(client.read(topic, partition, from, limit).await?),
            Access::Here { desk, .. } => {
                let desk = Arc::clone(desk);
                let place = TopicPartition { topic: topic.into(), partition };
                Ok(spawn_blocking(move || desk.read(&place, from, limit)).await??)
            }
        }
    }

    /// Gives dead letters of a stream back to it, each once.
    pub(super) async fn redrive(&mut self, stream: &str, letters: Vec<LetterPlace>) -> anyhow::Result<RedriveAnswer> {
        match self {
            Access::Server(client) => Ok(client.redrive(stream, &letters).await?),
            Access::Here { desk, .. } => {
                let (desk, stream) = (Arc::clone(desk), stream.to_owned());
                Ok(spawn_blocking(move || desk.redrive(&stream, &letters)).await??)
            }
        }
    }
}

/// Runs a command's questions.
pub(super) fn block_on<F: Future>(question: F) -> anyhow::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start threads")?;
    Ok(runtime.block_on(question))
}
