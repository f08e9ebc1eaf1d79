//! Why a Redis cannot keep states.

use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum RedisProblem {
    #[error("Redis at {address} cannot be reached")]
    Unreachable { address: String, source: redis::RedisError },
    #[error("{address} runs Redis {version}; version 7 or newer is needed")]
    Version { address: String, version: String },
    #[error(
        "Redis at {address} may evict states: its maxmemory-policy is {policy}; set it to noeviction, in redis.conf and \
         with CONFIG SET maxmemory-policy noeviction"
    )]
    Evicts { address: String, policy: String },
    #[error("Redis at {address} is a replica, which takes no writes; name its primary in [connections] redis")]
    Replica { address: String },
    #[error("Redis at {address} is a node of a cluster; write redis = {{ urls = [\"…\"] }} in [connections]")]
    OfACluster { address: String },
    #[error("Redis at {address} is no node of a cluster; write redis = {{ url = \"…\" }} in [connections]")]
    NotOfACluster { address: String },
    /// Every connection that may be open at a time was in use.
    #[error("no connection to Redis became free within {waited:?}")]
    Busy { waited: Duration },
}
