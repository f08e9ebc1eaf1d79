//! Reads for requests: all share one connection to each node, and none waits long.

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::cluster::ClusterConfig;
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, RedisResult};
use tokio::sync::OnceCell;

use super::pool::Target;

/// A request is answered with an error rather than later.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);
const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// Connects at the first read; reconnects by itself.
#[derive(Default)]
pub(super) struct Reader(OnceCell<Reading>);

#[derive(Clone)]
enum Reading {
    Single(ConnectionManager),
    Cluster(ClusterConnection),
}

impl Reader {
    pub(super) async fn read(&self, target: &Target, command: &Cmd) -> RedisResult<Option<Vec<u8>>> {
        // Cheap to clone: both are handles to what is shared.
        match self.0.get_or_try_init(|| connect(target)).await?.clone() {
            Reading::Single(mut connection) => command.query_async(&mut connection).await,
            Reading::Cluster(mut connection) => command.query_async(&mut connection).await,
        }
    }
}

async fn connect(target: &Target) -> RedisResult<Reading> {
    match target {
        Target::Single(client) => {
            let config = ConnectionManagerConfig::new()
                .set_connection_timeout(Some(CONNECT_WITHIN))
                .set_response_timeout(Some(ANSWER_WITHIN))
                // Requests wait for it: the next one tries again.
                .set_number_of_retries(0);
            Ok(Reading::Single(ConnectionManager::new_with_config(redis::Client::clone(client), config).await?))
        }
        Target::Cluster(client) => {
            let config =
                ClusterConfig::new().set_connection_timeout(CONNECT_WITHIN).set_response_timeout(ANSWER_WITHIN);
            Ok(Reading::Cluster(client.get_async_connection_with_config(config).await?))
        }
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("connected", &self.0.initialized()).finish()
    }
}
