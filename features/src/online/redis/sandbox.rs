//! Redis servers of a test's own, which it may kill, restart with and without what they held, and fail over.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "test support, wherever it is compiled: what goes wrong here ends the test"
)]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use redis::{Connection, FromRedisValue, RedisResult};
use tempfile::TempDir;

use crate::project::{RedisConnection, RedisUrl};

const HEALTHY_WITHIN: Duration = Duration::from_secs(20);

/// A server on a port of its own, its files in a folder of their own. Ends with the value.
#[derive(Debug)]
pub struct RedisServer {
    program: PathBuf,
    options: Vec<String>,
    process: Child,
    port: u16,
    dir: TempDir,
}

impl RedisServer {
    /// Every write is in its file before it is answered. Where there is no redis-server it says so: the test is skipped,
    /// under CI it fails.
    pub fn start() -> Option<RedisServer> {
        RedisServer::with(&["--appendonly", "yes", "--appendfsync", "always"])
    }

    /// With these options beside those that states need.
    pub fn with(options: &[&str]) -> Option<RedisServer> {
        let program = program()?;
        let dir = tempfile::tempdir().expect("a folder");
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        // Between its choice and its use a port may be taken by somebody else.
        for _ in 0..20 {
            let port = free_port();
            let mut process = spawn(&program, port, dir.path(), &options);
            if is_healthy(port, &mut process) {
                return Some(RedisServer { program, options, process, port, dir });
            }
            let _ = (process.kill(), process.wait());
        }
        panic!("{} does not start", program.display());
    }

    /// A copy of `primary` that follows it.
    pub fn replica_of(primary: &RedisServer) -> Option<RedisServer> {
        let port = primary.port.to_string();
        let replica = RedisServer::with(&["--repl-diskless-sync-delay", "0", "--replicaof", "127.0.0.1", &port])?;
        replica.await_info("master_link_status:up");
        Some(replica)
    }

    pub fn connection(&self) -> RedisConnection {
        connection(vec![RedisUrl::local(self.port)], false)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it as a crash does.
    pub fn kill(&mut self) {
        self.process.kill().expect("kill");
        self.process.wait().expect("wait");
    }

    /// After a kill: on the same port, with what its files hold.
    pub fn restart(&mut self) {
        self.process = spawn(&self.program, self.port, self.dir.path(), &self.options);
        assert!(is_healthy(self.port, &mut self.process), "redis does not start again");
    }

    /// After a kill: on the same port, as a server without files.
    pub fn restart_empty(&mut self) {
        for entry in std::fs::read_dir(self.dir.path()).expect("the folder") {
            let path = entry.expect("entry").path();
            let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            removed.expect("removed");
        }
        self.restart();
    }

    pub fn ask<T: FromRedisValue>(&self, command: &[&str]) -> T {
        try_ask(self.port, command).expect("an answer")
    }

    /// Waits until `replica` holds everything that is written here.
    pub fn await_copy(&self, replica: &RedisServer) {
        let written: u64 = self.info("master_repl_offset").parse().expect("an offset");
        await_that("a full copy", || {
            replica.info("slave_repl_offset").parse().is_ok_and(|copied: u64| copied >= written)
        });
    }

    fn info(&self, name: &str) -> String {
        let info: String = self.ask(&["INFO", "replication"]);
        let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.unwrap_or_default().to_owned()
    }

    /// Waits until INFO has this line.
    pub fn await_info(&self, line: &str) {
        await_that(line, || self.ask::<String>(&["INFO"]).lines().any(|told| told == line));
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // Without its process there is nothing left to end.
        let _ = (self.process.kill(), self.process.wait());
    }
}

/// Three nodes that share the slots.
#[derive(Debug)]
pub struct RedisCluster {
    pub nodes: Vec<RedisServer>,
}

impl RedisCluster {
    const SLOTS: [(u16, u16); 3] = [(0, 5_460), (5_461, 10_922), (10_923, 16_383)];

    pub fn start() -> Option<RedisCluster> {
        let mut nodes = Vec::new();
        for _ in RedisCluster::SLOTS {
            let bus = free_port().to_string();
            let options =
                ["--cluster-enabled", "yes", "--cluster-port", bus.as_str(), "--cluster-node-timeout", "1000"];
            nodes.push((RedisServer::with(&options)?, bus));
        }
        for (epoch, ((node, _), (first, last))) in nodes.iter().zip(RedisCluster::SLOTS).enumerate() {
            node.ask::<()>(&["CLUSTER", "SET-CONFIG-EPOCH", &(epoch + 1).to_string()]);
            node.ask::<()>(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &last.to_string()]);
        }
        for (node, bus) in &nodes[1..] {
            nodes[0].0.ask::<()>(&["CLUSTER", "MEET", "127.0.0.1", &node.port.to_string(), bus]);
        }
        for (node, _) in &nodes {
            await_that("a whole cluster", || {
                let known: String = node.ask(&["CLUSTER", "NODES"]);
                let state: String = node.ask(&["CLUSTER", "INFO"]);
                known.lines().filter(|line| line.contains(" connected ")).count() == RedisCluster::SLOTS.len()
                    && state.contains("cluster_state:ok")
            });
        }
        Some(RedisCluster { nodes: nodes.into_iter().map(|(node, _)| node).collect() })
    }

    pub fn connection(&self) -> RedisConnection {
        connection(self.nodes.iter().map(|node| RedisUrl::local(node.port)).collect(), true)
    }
}

fn connection(nodes: Vec<RedisUrl>, cluster: bool) -> RedisConnection {
    RedisConnection { nodes, cluster, prefix: "test".into(), username: None, password: None, cache_max_age: None }
}

fn program() -> Option<PathBuf> {
    let given = std::env::var_os("CLUTCH_REDIS_SERVER").map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    let services = root.join(".clutch/services/redis/bin/redis-server");
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|dir| dir.join("redis-server")).find(|program| program.is_file())
    };
    let found = given.or_else(|| services.is_file().then_some(services)).or_else(on_path);
    if found.is_none() {
        let missing = "SKIPPED: no redis-server: scripts/services/redis.sh install gets one";
        assert!(std::env::var_os("CI").is_none(), "{missing}");
        eprintln!("{missing}");
    }
    found
}

fn spawn(program: &Path, port: u16, dir: &Path, options: &[String]) -> Child {
    let mut command = Command::new(program);
    command.arg("--port").arg(port.to_string()).arg("--dir").arg(dir);
    command.args(["--bind", "127.0.0.1", "--save", "", "--maxmemory-policy", "noeviction"]).args(options);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("redis-server runs")
}

/// Waits until it answers; false if it ended, or somebody else has the port.
fn is_healthy(port: u16, process: &mut Child) -> bool {
    let deadline = Instant::now() + HEALTHY_WITHIN;
    while Instant::now() < deadline {
        if !matches!(process.try_wait(), Ok(None)) {
            return false;
        }
        let info: RedisResult<String> = try_ask(port, &["INFO", "server"]);
        if info.is_ok_and(|info| info.contains(&format!("process_id:{}\r\n", process.id()))) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

fn await_that(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + HEALTHY_WITHIN;
    while !holds() {
        assert!(Instant::now() < deadline, "not within {HEALTHY_WITHIN:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn try_ask<T: FromRedisValue>(port: u16, command: &[&str]) -> RedisResult<T> {
    let mut connection: Connection = redis::Client::open(format!("redis://127.0.0.1:{port}"))?.get_connection()?;
    let (name, arguments) = command.split_first().expect("a command");
    redis::cmd(name).arg(arguments).query(&mut connection)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
