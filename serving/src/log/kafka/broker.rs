//! A real broker for tests, from what `make services` has fetched: one that tests share, or one of their own to kill.

#![expect(clippy::unwrap_used, clippy::panic, reason = "test support, wherever it is compiled")]

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};

use features::project::KafkaConnection;
use futures::executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions};
use rdkafka::client::DefaultClientContext;
use rdkafka::{Offset, TopicPartitionList};

use super::settings::KafkaSettings;
use crate::log::seam::TopicPartition;

/// Below the ports that systems give to clients: a broker must find its own free again after it was killed.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// Ends the broker when its own standard input ends: when that is dropped here, or with this process. It keeps no end of the
/// broker's output open, so that a broker that ends by itself is noticed.
const GUARD: &str = "\"$@\" 2>&1 </dev/null & broker=$!; exec >/dev/null 2>&1; cat; kill -9 $broker; wait $broker";

/// A broker in a process of its own, which ends with this one, whatever ends this one.
#[derive(Debug)]
pub struct Broker {
    folder: PathBuf,
    java_args: PathBuf,
    port: u16,
    guard: Option<Child>,
}

impl Broker {
    /// A broker that every test of this process may use, each with topics of its own. `None`, loudly, where Kafka is not
    /// installed; with CI set that is a failure.
    pub fn shared() -> Option<&'static Broker> {
        static SHARED: OnceLock<Option<Broker>> = OnceLock::new();
        SHARED.get_or_init(Broker::start).as_ref()
    }

    /// A new, empty broker; otherwise like [`Broker::shared`].
    pub fn start() -> Option<Broker> {
        let home = services().join("kafka");
        if !home.join("installed").exists() {
            skipped(&home);
            return None;
        }
        let folder = std::env::temp_dir().join(format!("clutch-broker-{}", uuid::Uuid::new_v4().simple()));
        let data = folder.join("data");
        copy(&home.join("formatted"), &data);
        let (port, controller) = (free_port(), free_port());
        let settings = std::fs::read_to_string(home.join("template.properties")).unwrap();
        let settings = settings.replace("@PORT@", &port.to_string()).replace("@CONTROLLER@", &controller.to_string());
        let settings = settings.replace("@DATA@", &data.display().to_string());
        std::fs::write(folder.join("server.properties"), settings).unwrap();
        let mut broker = Broker { folder, java_args: home.join("java.args"), port, guard: None };
        broker.start_again();
        Some(broker)
    }

    /// Its `bootstrap_servers`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn settings(&self, namespace: &str) -> KafkaSettings {
        KafkaSettings::new(KafkaConnection::plain(&self.address()), namespace)
    }

    /// Gives a topic so many partitions in all.
    pub fn add_partitions(&self, topic: &str, total: usize) {
        let grown = block_on(self.admin().create_partitions([&NewPartitions::new(topic, total)], &AdminOptions::new()));
        assert!(grown.unwrap().iter().all(Result::is_ok), "{topic} has not grown");
    }

    /// Has the broker forget what a partition holds before `offset`, as its retention does.
    pub fn forget_before(&self, place: &TopicPartition, offset: i64) {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&place.topic, place.partition as i32, Offset::Offset(offset)).unwrap();
        block_on(self.admin().delete_records(&list, &AdminOptions::new())).unwrap();
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.settings("admin").client().create().unwrap()
    }

    /// Ends it as a loss of power would, except that what it wrote is there.
    pub fn kill(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            guard.wait().unwrap();
        }
    }

    /// Starts it over the same data, at the same address; returns once it answers.
    pub fn start_again(&mut self) {
        self.kill();
        let mut guard = Command::new("sh")
            .args(["-c", GUARD, "sh", "java"])
            .arg(format!("@{}", self.java_args.display()))
            .arg("kafka.Kafka")
            .arg(self.folder.join("server.properties"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(guard.stdout.take().unwrap()).lines();
        self.guard = Some(guard);
        let mut told = Vec::new();
        loop {
            match lines.next() {
                Some(Ok(line)) if line.contains("Kafka Server started") => break,
                Some(Ok(line)) => told.push(line),
                Some(Err(_)) | None => panic!("the broker did not start:\n{}", told.join("\n")),
            }
        }
        // What it tells from now on is read, so that it can go on telling.
        std::thread::spawn(move || while lines.next().is_some_and(|line| line.is_ok()) {});
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
        // What is left behind is in the folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn services() -> PathBuf {
    let in_repository = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../.clutch/services");
    std::env::var_os("CLUTCH_SERVICES").map_or_else(in_repository, PathBuf::from)
}

#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
fn skipped(home: &Path) {
    let why = format!("there is no Apache Kafka in {}: run `make services` once", home.display());
    assert!(std::env::var_os("CI").is_none(), "{why}");
    eprintln!("SKIPPED: {why}");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let span = PORTS.end - PORTS.start;
    // Processes that run at the same time begin far from each other.
    let start = (std::process::id() % u32::from(span)) as u16;
    let mut ports = std::iter::repeat_with(|| {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        PORTS.start + (start + step * 7) % span
    });
    ports.find(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok()).unwrap()
}
