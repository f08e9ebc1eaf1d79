//! Where key states live: in the project's own database, or in Redis.

use std::sync::Arc;

use features::online::{EmbeddedStore, OnlineStore, StateReader};
#[cfg(feature = "redis")]
use features::online::{RedisProblem, RedisStore};
use features::project::{Project, RedisConnection};

use crate::clock::Clock;
use crate::predict::RecentStates;

/// One of the stores, opened.
#[derive(Debug, Clone)]
pub enum States {
    Embedded(Arc<EmbeddedStore>),
    #[cfg(feature = "redis")]
    Redis(Arc<RedisStore>),
}

#[derive(Debug, thiserror::Error)]
pub enum StatesError {
    #[cfg(feature = "redis")]
    #[error(transparent)]
    Redis(#[from] RedisProblem),
    #[cfg(not(feature = "redis"))]
    #[error("this binary is built without Redis, which [connections] names; build it with the feature `redis`")]
    NotBuilt,
}

impl States {
    /// As the project declares it. Connects, which may take a while.
    pub fn open(project: &Project, embedded: &Arc<EmbeddedStore>) -> Result<States, StatesError> {
        match &project.connections.redis {
            None => Ok(States::Embedded(Arc::clone(embedded))),
            Some(redis) => States::remote(redis),
        }
    }

    #[cfg(feature = "redis")]
    fn remote(redis: &RedisConnection) -> Result<States, StatesError> {
        Ok(States::Redis(Arc::new(RedisStore::open(redis)?)))
    }

    #[cfg(not(feature = "redis"))]
    fn remote(_: &RedisConnection) -> Result<States, StatesError> {
        Err(StatesError::NotBuilt)
    }

    pub fn store(&self) -> Arc<dyn OnlineStore> {
        match self {
            States::Embedded(store) => Arc::clone(store) as Arc<dyn OnlineStore>,
            #[cfg(feature = "redis")]
            States::Redis(store) => Arc::clone(store) as Arc<dyn OnlineStore>,
        }
    }

    /// For requests; with a cache where the project declares how old an answer may be.
    pub fn reader(&self, project: &Project, clock: &Arc<dyn Clock>) -> Arc<dyn StateReader> {
        let reader = match self {
            States::Embedded(store) => Arc::clone(store) as Arc<dyn StateReader>,
            #[cfg(feature = "redis")]
            States::Redis(store) => Arc::clone(store) as Arc<dyn StateReader>,
        };
        match project.connections.redis.as_ref().and_then(|redis| redis.cache_max_age) {
            Some(max_age) => Arc::new(RecentStates::new(reader, Arc::clone(clock), max_age)),
            None => reader,
        }
    }
}

impl From<Arc<EmbeddedStore>> for States {
    fn from(store: Arc<EmbeddedStore>) -> States {
        States::Embedded(store)
    }
}
