//! The admin socket from end to end: a server's and a client's side in one runtime.

use std::path::Path;
use std::sync::Arc;

use features::online::EmbeddedStore;
use features::partition::partition_of;
use fjall::Database;
use tokio_util::sync::CancellationToken;

use super::client::{Client, ClientError};
use super::desk::Desk;
use super::wire::{Position, TailLine};
use crate::clock::ManualClock;
use crate::log::{EmbeddedLog, EventLog, ProducerId, RecordBatch, Sequence};
use crate::routing::Routes;
use crate::worker::StreamPlan;
use crate::worker::fixture::project;

/// Log and states of a project with two partitions, worked by nobody.
pub(super) fn desk() -> (tempfile::TempDir, Desk) {
    let dir = tempfile::tempdir().expect("folder");
    let database = Database::builder(dir.path().join("db")).open().expect("database");
    let log = EmbeddedLog::open(&database, Arc::new(ManualClock::at(1_000)), Box::new(|| None)).expect("log");
    let store = EmbeddedStore::open(&database).expect("store");
    let project = project(2);
    let routes = Arc::new(Routes::new(&project));
    let plan = StreamPlan::new(&project, "plays", &routes).expect("plan");
    for topic in plan.topics() {
        log.create_topic(&topic, 2).expect("topic");
    }
    let (log, store, plans) = (Arc::new(log), Arc::new(store), vec![Arc::new(plan)]);
    (
        dir,
        Desk {
            log,
            store,
            plans,
            routes,
            workers: None,
            responders: None,
            requests: Vec::new(),
            sinks: None,
            checks: None,
            prediction_log: None,
        },
    )
}

/// Records of one key, which is at home in partition 0 of 2.
pub(super) fn records(values: &[&str]) -> RecordBatch {
    let key = (0..).map(|i| format!("g{i}")).find(|key| partition_of(key.as_bytes(), 2) == 0).expect("key");
    let mut batch = RecordBatch::new();
    for value in values {
        batch.push(key.as_bytes(), value.as_bytes()).expect("push");
    }
    batch
}

fn sequence(number: u64) -> Sequence {
    Sequence { producer: ProducerId([7; 16]), number }
}

/// Serves `desk` for as long as `session` runs.
async fn with_client<F: Future>(session: impl FnOnce(Client, CancellationToken) -> F) -> F::Output {
    let (dir, desk) = desk();
    let listener = super::bind(&dir.path().join("admin.sock")).expect("bind");
    let shutdown = CancellationToken::new();
    let serving = super::serve(listener, Arc::new(desk), shutdown.clone());
    let session = async {
        let client = Client::connect(dir.path()).await.expect("connect");
        let outcome = session(client, shutdown.clone()).await;
        shutdown.cancel();
        outcome
    };
    tokio::join!(serving, session).1
}

#[tokio::test]
async fn an_append_sent_again_adds_nothing() {
    with_client(|mut client, _| async move {
        let first = client.append("plays", sequence(1), &records(&["{}", "{}"])).await.expect("append");
        assert_eq!((first.appended, first.repeated), (2, false));
        let again = client.append("plays", sequence(1), &records(&["{}", "{}"])).await.expect("append");
        assert_eq!((again.appended, again.repeated), (0, true));
        assert_eq!(client.last_sequence(ProducerId([7; 16])).await.expect("sequence"), 1);
        assert_eq!(client.last_sequence(ProducerId([8; 16])).await.expect("sequence"), 0);
    })
    .await;
}

#[tokio::test]
async fn records_go_to_the_partition_of_their_key() {
    with_client(|mut client, _| async move {
        let mut batch = RecordBatch::new();
        for game in 0..20 {
            batch.push(format!("g{game}").as_bytes(), format!("\"g{game}\"").as_bytes()).expect("push");
        }
        client.append("plays", sequence(1), &batch).await.expect("append");
        for partition in 0..2 {
            let answer = client.read("plays", partition, 0, 100).await.expect("read");
            assert_eq!(answer.end, answer.records.len() as u64);
            for record in answer.records {
                let game = record.value.get().trim_matches('"').to_owned();
                assert_eq!(partition_of(game.as_bytes(), 2), partition, "{game}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn refusals_have_stable_codes() {
    with_client(|mut client, _| async move {
        let mut codes = Vec::new();
        for error in [
            client.append("no/such topic", sequence(1), &records(&["{}"])).await.expect_err("topic"),
            client.append("plays", sequence(9), &records(&["{}"])).await.expect_err("gap"),
            client.append("plays", sequence(1), &records(&[&"x".repeat(2 << 20)])).await.expect_err("large"),
            client.read("plays", 7, 0, 1).await.expect_err("partition"),
        ] {
            let ClientError::Refused { code, .. } = error else { panic!("{error}") };
            codes.push(code);
        }
        assert_eq!(codes, ["unknown_topic", "sequence_gap", "too_large", "unknown_partition"]);
    })
    .await;
}

#[tokio::test]
async fn the_status_tells_what_is_in_the_log_and_what_is_not_committed() {
    with_client(|mut client, _| async move {
        client.append("plays", sequence(1), &records(&["{}", "{}", "{}"])).await.expect("append");
        let status = client.status(true).await.expect("status");
        let plays = &status.streams["plays"];
        assert_eq!((plays.totals.end, plays.totals.committed, plays.totals.lag), (3, 0, 3));
        assert_eq!(plays.totals.keys, Some(0));
        assert_eq!(plays.state_hash.as_ref().map(String::len), Some(32));
        assert_eq!(plays.partitions[0].lag, 3);
        assert_eq!(status.endpoints["win"].version, None);
        assert!(client.status(false).await.expect("status").streams["plays"].state_hash.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_tail_gives_what_is_appended_and_ends_with_the_server() {
    with_client(|mut client, shutdown| async move {
        client.append("plays", sequence(1), &records(&["1"])).await.expect("append");
        let mut tail = client.tail("plays", Position::Start).await.expect("tail");
        let mut values = Vec::new();
        while let Some(line) = tail.next().await.expect("line") {
            let TailLine::Record(record) = line else { panic!("{line:?}") };
            values.push(record.value.get().to_owned());
            shutdown.cancel();
        }
        assert_eq!(values, ["1"]);
    })
    .await;
}

#[tokio::test]
async fn a_socket_left_behind_is_replaced() {
    let dir = tempfile::tempdir().expect("folder");
    let path = dir.path().join("admin.sock");
    drop(super::bind(&path).expect("first"));
    super::bind(&path).expect("second");
}

#[tokio::test]
async fn where_no_server_runs_the_client_says_so() {
    let error = Client::connect(Path::new("/nowhere/.clutch")).await.expect_err("nobody");
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
}

#[test]
fn the_published_form_of_the_status_stays_as_it_is() {
    let (_dir, desk) = desk();
    desk.append("plays", None, &records(&["{}"])).expect("append");
    let status = serde_json::to_string(&desk.status(true).expect("status")).expect("JSON");
    let counters = r#""accepted":0,"late":0,"duplicate":0,"future":0,"invalid":0,"predictions":0,"unserved":0"#;
    let partition = |partition: u32, end: u64| {
        format!(
            r#"{{"partition":{partition},"end":{end},"committed":0,"lag":{end},{counters},"watermark":null,"worker":null}}"#
        )
    };
    let golden = format!(
        concat!(
            r#"{{"ready":true,"streams":{{"plays":{{"topic":"plays","totals":{{"end":1,"committed":0,"lag":1,"keys":0,{}}},"#,
            r#""dead_letters":0,"skew_records":0,"views":[],"partitions":[{},{}],"state_hash":"af1349b9f5f9a1a6a0404dea36dcc949"}}}},"#,
            r#""endpoints":{{"win":{{"topic":"plays-win","model":"win","version":null,"refused":null,"predictions":0}}}},"sinks":{{}}}}"#,
        ),
        counters,
        partition(0, 1),
        partition(1, 0),
    );
    assert_eq!(status, golden);
}
