//! The contract on real servers, and what servers do that the contract knows nothing of.

use super::super::contract::{self, Answer, Read};
use super::super::{Claim, Flush, OnlineStore, SlotRecord, StateReader, StoreError};
use super::RedisStore;
use super::sandbox::{RedisCluster, RedisServer};

fn open(server: &RedisServer) -> RedisStore {
    RedisStore::open(&server.connection()).unwrap_or_else(|problem| panic!("{problem}"))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Runs a read on a runtime that keeps its connections.
fn waits(runtime: &tokio::runtime::Runtime) -> impl Fn(Read<'_>) -> Answer {
    |read| runtime.block_on(read)
}

#[test]
fn keeps_the_contract_of_a_store() {
    let Some(server) = RedisServer::start() else { return };
    contract::online_store(&open(&server));
}

#[test]
fn keeps_the_contract_of_a_reader() {
    let Some(server) = RedisServer::start() else { return };
    let (store, runtime) = (open(&server), runtime());
    contract::state_reader(&store, &store, waits(&runtime));
}

#[test]
fn a_cluster_keeps_both_contracts() {
    let Some(cluster) = RedisCluster::start() else { return };
    let store = RedisStore::open(&cluster.connection()).unwrap_or_else(|problem| panic!("{problem}"));
    contract::online_store(&store);
    let runtime = runtime();
    contract::state_reader(&store, &store, waits(&runtime));
    // Slots are on all nodes, and listed from all of them.
    let listed = |partition| contract::slot("spread", partition);
    for partition in 0..64 {
        store.claim(&listed(partition), Claim([1; 16])).expect("claim");
    }
    let slots: Vec<_> = store.slots("spread").expect("slots").into_iter().map(|(slot, _)| slot).collect();
    assert_eq!(slots, (0..64).map(listed).collect::<Vec<_>>());
    for node in &cluster.nodes {
        assert_ne!(node.ask::<u64>(&["DBSIZE"]), 0, "a node holds no slot");
    }
}

#[test]
fn two_projects_share_a_server_without_seeing_each_other() {
    let Some(server) = RedisServer::start() else { return };
    let other = RedisStore::open(&features_of_another(&server)).expect("open");
    let (store, slot) = (open(&server), contract::slot("plays", 0));
    store.claim(&slot, Claim([1; 16])).expect("claim");
    assert_eq!(other.record(&slot).expect("record"), None);
    assert_eq!(other.slots("plays").expect("slots"), []);
}

fn features_of_another(server: &RedisServer) -> crate::project::RedisConnection {
    crate::project::RedisConnection { prefix: "another".into(), ..server.connection() }
}

#[test]
fn a_server_that_would_lose_states_is_refused_with_a_remedy() {
    let problem = |server: &RedisServer| RedisStore::open(&server.connection()).expect_err("refused").to_string();
    let Some(evicts) = RedisServer::with(&["--maxmemory-policy", "allkeys-lru"]) else { return };
    assert!(problem(&evicts).contains("CONFIG SET maxmemory-policy noeviction"), "{}", problem(&evicts));
    evicts.ask::<()>(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    let Some(replica) = RedisServer::replica_of(&evicts) else { return };
    assert!(problem(&replica).contains("name its primary"), "{}", problem(&replica));
    let Some(cluster) = RedisCluster::start() else { return };
    let node = &cluster.nodes[0];
    assert!(problem(node).contains("urls = ["), "{}", problem(node));
    let cluster = crate::project::RedisConnection { cluster: true, ..evicts.connection() };
    let told = RedisStore::open(&cluster).expect_err("refused").to_string();
    assert!(told.contains("write redis = { url ="), "{told}");
}

#[test]
fn a_server_that_takes_no_more_changes_nothing() {
    let Some(server) = RedisServer::start() else { return };
    let (store, slot) = (open(&server), contract::slot("full", 0));
    let hold = store.claim(&slot, Claim([1; 16])).expect("claim").hold();
    server.ask::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    let states = (0..5_000_u32).map(|key| (key.to_be_bytes().to_vec(), vec![0; 100])).collect();
    let flush = Flush { folded: 1, states, ..Flush::default() };
    assert!(matches!(store.flush(&slot, hold, &flush), Err(StoreError::Unavailable { .. })));
    server.ask::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(store.record(&slot).expect("record").map(|record| record.hold()), Some(hold));
    assert_eq!(server.ask::<u64>(&["HLEN", "test:{full/0}:af1349b9f5f9a1a6"]), 1);
    store.flush(&slot, hold, &flush).expect("there is room again");
}

#[test]
fn a_restart_keeps_what_was_flushed_and_forgets_scripts_and_connections() {
    let Some(mut server) = RedisServer::start() else { return };
    let (store, slot, runtime) = (open(&server), contract::slot("restart", 0), runtime());
    let read = |store: &RedisStore| runtime.block_on(store.state(&slot, b"game"));
    let hold = store.claim(&slot, Claim([1; 16])).expect("claim").hold();
    let states = vec![(b"game".to_vec(), b"state".to_vec())];
    let hold = store.flush(&slot, hold, &Flush { folded: 4, states, ..Flush::default() }).expect("flush");
    assert_eq!(read(&store).expect("read"), Some(b"state".to_vec()));
    server.kill();
    assert!(matches!(store.get(&slot, hold, b"game"), Err(StoreError::Unavailable { .. })));
    assert!(read(&store).is_err());
    server.restart();
    assert_eq!(store.get(&slot, hold, b"game").expect("get"), Some(b"state".to_vec()));
    store.flush(&slot, hold, &Flush { folded: 5, ..Flush::default() }).expect("flush");
    // The reader learns by a failing read at the latest that its connection is gone.
    let _ = read(&store);
    assert_eq!(read(&store).expect("read"), Some(b"state".to_vec()));
}

#[test]
fn an_emptied_server_refuses_its_owner_and_begins_anew() {
    let Some(mut server) = RedisServer::start() else { return };
    let (store, slot) = (open(&server), contract::slot("emptied", 0));
    let hold = store.claim(&slot, Claim([1; 16])).expect("claim").hold();
    let hold = store.flush(&slot, hold, &Flush { folded: 4, ..Flush::default() }).expect("flush");
    server.kill();
    server.restart_empty();
    // The first call finds its connection cut off.
    let _ = store.get(&slot, hold, b"game");
    assert!(matches!(store.get(&slot, hold, b"game"), Err(StoreError::Refused { .. })));
    let claim = Claim([2; 16]);
    assert_eq!(store.claim(&slot, claim).expect("claim"), SlotRecord::new(claim));
}

#[test]
fn a_fail_over_that_lost_writes_refuses_their_owner() {
    let Some(primary) = RedisServer::start() else { return };
    let Some(replica) = RedisServer::replica_of(&primary) else { return };
    let (store, slot) = (open(&primary), contract::slot("fail_over", 0));
    let hold = store.claim(&slot, Claim([1; 16])).expect("claim").hold();
    let flush = |folded| Flush { folded, states: vec![(b"game".to_vec(), vec![1])], ..Flush::default() };
    let kept = store.flush(&slot, hold, &flush(4)).expect("flush");
    primary.await_copy(&replica);
    // The copy stands still; what is written now is on the primary alone.
    replica.ask::<()>(&["REPLICAOF", "NO", "ONE"]);
    let lost = store.flush(&slot, kept, &flush(9)).expect("flush");
    drop(store);
    let promoted = open(&replica);
    for stale in [promoted.get(&slot, lost, b"game").map(drop), promoted.flush(&slot, lost, &flush(10)).map(drop)] {
        assert!(matches!(stale, Err(StoreError::Refused { .. })), "{stale:?}");
    }
    let record = promoted.record(&slot).expect("record").expect("claimed");
    assert_eq!((record.folded, record.hold()), (4, kept));
}

#[test]
fn a_server_that_became_a_replica_is_told() {
    let Some(server) = RedisServer::start() else { return };
    let (store, slot) = (open(&server), contract::slot("demoted", 0));
    store.claim(&slot, Claim([1; 16])).expect("claim");
    server.ask::<()>(&["REPLICAOF", "127.0.0.1", "1"]);
    let demoted = |answer: Result<SlotRecord, StoreError>| match answer {
        Err(StoreError::Unavailable { source, .. }) => source.to_string(),
        other => panic!("{other:?}"),
    };
    // The command that fails on the old connection, and then the check of the new one.
    demoted(store.claim(&slot, Claim([2; 16])));
    let told = demoted(store.claim(&slot, Claim([2; 16])));
    assert!(told.contains("name its primary"), "{told}");
}
