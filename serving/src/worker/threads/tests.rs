//! Workers on their threads, over a database on the disk.

use std::path::Path;
use std::time::Duration;

use features::online::{Claim, OnlineStore, Slot};
use features::partition::partition_of;

use super::*;
use crate::clock::SystemClock;
use crate::instance::{Instance, Places};
use crate::log::{EventLog, RecordBatch, TopicPartition};
use crate::worker::fixture::{play, project, served};

const PATIENCE: Duration = Duration::from_secs(60);

/// Stopped in this order when it is dropped.
struct Server {
    workers: Workers,
    instance: Instance,
}

impl Server {
    fn start(dir: &Path) -> Server {
        let places = Places { state_dir: dir.join(".clutch"), temporary: dir.to_path_buf() };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let instance = Instance::open(&places, Arc::clone(&clock)).expect("open");
        let project = project(2);
        let parts = Parts {
            ground: instance.ground(),
            groups: None,
            routes: Arc::new(served(&project)),
            clock,
            metrics: Arc::new(Metrics::new()),
            settings: Settings::default(),
            trays: Trays::default(),
        };
        let workers = Workers::start(&project, &parts).expect("start");
        Server { workers, instance }
    }

    fn append(&self, game: &str, plays: std::ops::Range<u64>) {
        let mut batch = RecordBatch::new();
        for number in plays {
            batch.push(game.as_bytes(), play(game, number, number as i64, Some(1.0)).as_bytes()).expect("push");
        }
        let place = TopicPartition { topic: "plays".into(), partition: partition_of(game.as_bytes(), 2) };
        self.instance.log().append(None, vec![crate::log::Entry { place, batch }]).expect("append");
    }

    /// Waits until `count` predictions of the game's partition are published.
    fn wait_for(&self, game: &str, count: u64) {
        let partition = partition_of(game.as_bytes(), 2);
        let reached = self.instance.log().wait("plays-win", &[(partition, count - 1)], PATIENCE).expect("wait");
        assert!(reached, "{:?}", self.workers.status("plays", partition));
    }

    fn predictions(&self, game: &str) -> u64 {
        let place = TopicPartition { topic: "plays-win".into(), partition: partition_of(game.as_bytes(), 2) };
        self.instance.log().end(&place).expect("end")
    }
}

#[test]
fn events_are_predicted_as_they_come_and_once_across_restarts() {
    let dir = tempfile::tempdir().expect("folder");
    let server = Server::start(dir.path());
    server.append("g", 0..5);
    server.wait_for("g", 5);
    drop(server);
    let server = Server::start(dir.path());
    server.append("g", 5..7);
    server.wait_for("g", 7);
    server.workers.stop();
    assert_eq!(server.predictions("g"), 7);
}

#[test]
fn workers_of_one_stream_go_on_where_another_partition_fails() {
    let dir = tempfile::tempdir().expect("folder");
    let server = Server::start(dir.path());
    let games: Vec<String> = (0..10).map(|i| format!("g{i}")).collect();
    let in_partition = |home| games.iter().find(|game| partition_of(game.as_bytes(), 2) == home).expect("game");
    let (failing, healthy) = (in_partition(0), in_partition(1));
    // Somebody else claims partition 0 over and over; its worker takes it back each time.
    let slot = Slot::of(&project(2).views["form"], 0);
    server.instance.store().claim(&slot, Claim([9; 16])).expect("claim");
    server.append(failing, 0..3);
    server.append(healthy, 0..3);
    server.wait_for(healthy, 3);
    server.wait_for(failing, 3);
    assert_eq!(server.predictions(failing), 3);
}
