//! Connections for workers: opened when needed, checked once each, kept for the next, never more than so many.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::cluster::{ClusterClient, ClusterConnection};
use redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo, SingleNodeRoutingInfo};
use redis::io::tcp::TcpSettings;
use redis::{
    Client, ConnectionInfo, ConnectionLike, IntoConnectionInfo, RedisError, RedisResult, Value, from_redis_value,
};

use super::info;
use super::problem::RedisProblem;
use crate::project::RedisConnection;

/// A worker uses one at a time, so this many partitions call at once.
const MOST: usize = 32;
/// A server that answers later than that is taken for dead: the partition is taken again.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
/// How often a cluster's client follows a slot that moved, or asks again.
const CLUSTER_TRIES: u32 = 4;

#[derive(Debug)]
pub(super) struct Pool {
    target: Target,
    /// For messages; never with a password.
    address: String,
    open: Mutex<Open>,
    freed: Condvar,
}

/// What connections are made to.
pub(super) enum Target {
    Single(Client),
    /// Larger by far than a single one's.
    Cluster(Box<ClusterClient>),
}

#[derive(Default)]
struct Open {
    idle: Vec<Connection>,
    /// Those in use included.
    count: usize,
}

pub(super) enum Connection {
    Single(Box<redis::Connection>),
    Cluster(Box<ClusterConnection>),
}

impl Target {
    pub(super) fn new(connection: &RedisConnection) -> RedisResult<Target> {
        let nodes: Vec<ConnectionInfo> =
            connection.nodes.iter().map(|node| described(connection, node.reveal())).collect::<RedisResult<_>>()?;
        let first = || nodes.first().cloned().ok_or((redis::ErrorKind::InvalidClientConfig, "no address is given"));
        if !connection.cluster {
            return Ok(Target::Single(Client::open(first()?)?));
        }
        let mut builder = ClusterClient::builder(nodes.clone())
            .retries(CLUSTER_TRIES)
            .connection_timeout(CONNECT_WITHIN)
            .response_timeout(ANSWER_WITHIN)
            .tcp_settings(at_once());
        // Nodes that are learned from others are asked with the same name and password.
        let settings = first()?;
        if let Some(user) = settings.redis_settings().username() {
            builder = builder.username(user);
        }
        if let Some(password) = settings.redis_settings().password() {
            builder = builder.password(password);
        }
        Ok(Target::Cluster(Box::new(builder.build()?)))
    }

    fn connect(&self, address: &str) -> Result<Connection, RedisProblem> {
        let unreachable = |source| RedisProblem::Unreachable { address: address.to_owned(), source };
        let mut infos = Vec::new();
        let connection = match self {
            Target::Single(client) => {
                let mut connection = client.get_connection_with_timeout(CONNECT_WITHIN).map_err(unreachable)?;
                connection.set_read_timeout(Some(ANSWER_WITHIN)).map_err(unreachable)?;
                connection.set_write_timeout(Some(ANSWER_WITHIN)).map_err(unreachable)?;
                let info: String = redis::cmd("INFO").query(&mut connection).map_err(unreachable)?;
                infos.push((address.to_owned(), info));
                Connection::Single(Box::new(connection))
            }
            Target::Cluster(client) => {
                let mut connection = client.get_connection().map_err(unreachable)?;
                let everywhere = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllNodes, None));
                let answers = connection.route_command(&redis::cmd("INFO"), everywhere).map_err(unreachable)?;
                // The client of a cluster is content with a server that is none: it knows of no node then.
                infos = from_redis_value(answers).map_err(|error| unreachable(error.into()))?;
                Connection::Cluster(Box::new(connection))
            }
        };
        if infos.is_empty() {
            return Err(RedisProblem::NotOfACluster { address: address.to_owned() });
        }
        for (address, info) in infos {
            info::check(&address, &info, matches!(self, Target::Cluster(_)))?;
        }
        Ok(connection)
    }
}

/// An address with what is declared beside it.
fn described(connection: &RedisConnection, url: &str) -> RedisResult<ConnectionInfo> {
    let info = url.into_connection_info()?;
    let mut settings = info.redis_settings().clone();
    if let Some(user) = &connection.username {
        settings = settings.set_username(user);
    }
    if let Some(password) = &connection.password {
        settings = settings.set_password(password.reveal());
    }
    Ok(info.set_redis_settings(settings).set_tcp_settings(at_once()))
}

/// Nothing is gained by waiting for more to send: each command is written whole.
fn at_once() -> TcpSettings {
    TcpSettings::default().set_nodelay(true)
}

impl Pool {
    /// Opens the first connection: a server that cannot keep states is found out here.
    pub(super) fn new(target: Target, address: String) -> Result<Pool, RedisProblem> {
        let first = target.connect(&address)?;
        let open = Mutex::new(Open { idle: vec![first], count: 1 });
        Ok(Pool { target, address, open, freed: Condvar::new() })
    }

    /// Lends a connection. After an error it is not used again, nor are those that lie idle: who restarted or became a
    /// replica cut them all off.
    pub(super) fn with<T>(&self, call: impl FnOnce(&mut Connection) -> RedisResult<T>) -> Result<T, RedisProblem> {
        let mut connection = self.take()?;
        let answer = call(&mut connection);
        let mut open = self.lock();
        match &answer {
            Ok(_) => open.idle.push(connection),
            Err(_) => {
                open.count -= 1 + open.idle.len();
                open.idle.clear();
            }
        }
        drop(open);
        self.freed.notify_one();
        answer.map_err(|source| self.unreachable(source))
    }

    fn take(&self) -> Result<Connection, RedisProblem> {
        let mut open = self.lock();
        let deadline = Instant::now() + ANSWER_WITHIN;
        loop {
            if let Some(connection) = open.idle.pop() {
                return Ok(connection);
            }
            if open.count < MOST {
                open.count += 1;
                break;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(RedisProblem::Busy { waited: ANSWER_WITHIN });
            }
            open = self.freed.wait_timeout(open, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(open);
        self.target.connect(&self.address).inspect_err(|_| {
            self.lock().count -= 1;
            self.freed.notify_one();
        })
    }

    pub(super) fn unreachable(&self, source: RedisError) -> RedisProblem {
        RedisProblem::Unreachable { address: self.address.clone(), source }
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // A connection in use when its thread panicked stays counted and is never lent again.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    pub(super) fn as_like(&mut self) -> &mut dyn ConnectionLike {
        match self {
            Connection::Single(connection) => connection.as_mut(),
            Connection::Cluster(connection) => connection.as_mut(),
        }
    }

    /// Visits the names of all keys that match, of every primary; some perhaps more than once.
    pub(super) fn names(&mut self, pattern: &str, mut visit: impl FnMut(Vec<u8>)) -> RedisResult<()> {
        let scan = |cursor: u64| {
            let mut command = redis::cmd("SCAN");
            command.arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(1_000).arg("TYPE").arg("hash");
            command
        };
        let mut read = |answer: Value| -> RedisResult<u64> {
            let (cursor, names): (u64, Vec<Vec<u8>>) = from_redis_value(answer)?;
            names.into_iter().for_each(&mut visit);
            Ok(cursor)
        };
        match self {
            Connection::Single(connection) => {
                let mut cursor = read(connection.req_command(&scan(0))?)?;
                while cursor != 0 {
                    cursor = read(connection.req_command(&scan(cursor))?)?;
                }
            }
            Connection::Cluster(connection) => {
                let everywhere = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
                let answers = connection.route_command(&scan(0), everywhere)?;
                let answers: Vec<(String, Value)> = from_redis_value(answers)?;
                for (address, answer) in answers {
                    let mut cursor = read(answer)?;
                    while cursor != 0 {
                        let node = RoutingInfo::SingleNode(by_address(&address)?);
                        cursor = read(connection.route_command(&scan(cursor), node)?)?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn by_address(address: &str) -> RedisResult<SingleNodeRoutingInfo> {
    let parts = address.rsplit_once(':').and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)));
    let (host, port) = parts.ok_or((redis::ErrorKind::Client, "a node of the cluster has no address"))?;
    Ok(SingleNodeRoutingInfo::ByAddress { host, port })
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Clients know the password.
        f.write_str(match self {
            Target::Single(_) => "Single",
            Target::Cluster(_) => "Cluster",
        })
    }
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Open").field("idle", &self.idle.len()).field("count", &self.count).finish()
    }
}
