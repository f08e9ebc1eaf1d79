//! The log over real tables: what is written, kept, read and taken away, and what happens while the tables are not there.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::collector::Collector;
use super::keep::drop_old;
use super::spool::Spool;
use super::*;
use crate::metrics::Metrics;
use crate::outcome::Labels;
use crate::tables::{Cell, Day, SqliteTables, Tables, TablesError, TablesPlace, transact};

const DAY: i64 = 86_400_000_000;
/// 2025-11-28T00:00:00Z.
const TODAY: i64 = 1_764_288_000_000_000;

/// A prediction whose id begins with `n`.
pub(super) fn record(n: u8, unit: &str) -> Record {
    let mut id = [7; 16];
    id[0] = n;
    Record {
        id: Uuid::from_bytes(id),
        time: TODAY + i64::from(n),
        endpoint: "win".into(),
        experiment: None,
        arm: "champion".into(),
        period: 0,
        forced: false,
        shadow_of: None,
        unit: Some(unit.into()),
        model: "win".into(),
        version: 3,
        digest: "c0ffee".into(),
        view_hash: "5eed".into(),
        key: unit.into(),
        features: "[0.30000000000000004,null]".into(),
        imputed: 1,
        age_ms: Some(12),
        fields: None,
        output: Some(0.1 + f64::from(n)),
        error: None,
        latency_us: 31,
        phases: r#"{"predict":31}"#.into(),
        place: None,
    }
}

fn write(tables: &mut dyn Tables, records: &[Record]) -> u64 {
    let (mut store, labels) = (Store::default(), Labels::default());
    transact(tables, |statements| store.write(statements, records, &labels)).expect("written")
}

fn memory() -> SqliteTables {
    SqliteTables::in_memory().expect("tables")
}

fn read(tables: &mut dyn Tables, endpoint: &str, experiment: Option<&str>) -> Vec<String> {
    let range = Range { endpoint: endpoint.into(), experiment: experiment.map(Into::into), from: 0, to: i64::MAX };
    let mut lines = Vec::new();
    observations(tables, &range, &mut |o| {
        let unit = o.unit.unwrap_or("-");
        let champion = o.champion_score.map_or("-".to_owned(), |score| score.to_string());
        let score = o.score.map_or("-".to_owned(), |score| score.to_string());
        lines.push(format!("{unit} {} {} {score} champion {champion} {}", o.arm, o.shadow, o.failed));
        ControlFlow::Continue(())
    })
    .expect("read");
    lines
}

#[test]
fn a_prediction_comes_back_as_it_was_logged() {
    let mut tables = memory();
    let failed = Record { output: None, error: Some("features_unavailable".into()), ..record(2, "b") };
    let shadow = Record {
        shadow_of: Some(record(1, "a").id),
        experiment: Some("boosted".into()),
        place: Some("{}".into()),
        unit: None,
        ..record(3, "a")
    };
    let records = [record(1, "a"), failed, shadow];
    assert_eq!(write(&mut tables, &records), 3);
    assert_eq!(write(&mut tables, &records), 0, "and once only");
    for logged in records {
        let found = transact(&mut tables, |statements| prediction(statements, logged.id)).expect("read");
        assert_eq!(found, Some(logged));
    }
    let unknown = transact(&mut tables, |statements| prediction(statements, Uuid::nil())).expect("read");
    assert_eq!(unknown, None);
}

#[test]
fn answers_are_read_by_unit_beside_what_the_champion_said() {
    let mut tables = memory();
    let by = |n, unit: &str, arm: &str| Record { arm: arm.into(), experiment: Some("e".into()), ..record(n, unit) };
    let shadow_of = |n, shadowed: &Record, arm: &str| Record {
        shadow_of: Some(shadowed.id),
        time: shadowed.time,
        ..by(n, shadowed.unit.as_deref().unwrap_or_default(), arm)
    };
    let b = by(1, "b", "challenger");
    let failed = Record { output: None, error: Some("internal".into()), ..by(3, "c", "challenger") };
    let yesterday = Record { time: TODAY - 1, ..by(4, "b", "champion") };
    let alone = Record { unit: None, ..by(5, "", "champion") };
    let other = Record { experiment: None, ..record(6, "d") };
    let records = [shadow_of(2, &b, "champion"), b.clone(), failed, yesterday, alone, other];
    write(&mut tables, &records);
    let expected = [
        "- champion false 5.1 champion 5.1 false",
        "b challenger false 1.1 champion 2.1 false",
        "b champion true 2.1 champion 2.1 false",
        "b champion false 4.1 champion 4.1 false",
        "c challenger false - champion - true",
    ];
    assert_eq!(read(&mut tables, "win", Some("e")), expected);
    assert_eq!(read(&mut tables, "win", None).len(), 6);
    assert_eq!(read(&mut tables, "win", Some("other")), Vec::<String>::new());
    assert_eq!(read(&mut tables, "nobody", None), Vec::<String>::new());
    assert_eq!(span(&mut tables, "win").expect("read"), Some((TODAY - 1, TODAY + 6)));
    assert_eq!(span(&mut tables, "nobody").expect("read"), None);
}

#[test]
fn days_are_dropped_when_their_time_is_over() {
    let mut tables = memory();
    let days_ago = |n: u8| Record { time: TODAY - i64::from(n) * DAY, ..record(n, "a") };
    write(&mut tables, &[days_ago(0), days_ago(1), days_ago(2), days_ago(3)]);
    let oldest = oldest_kept(TODAY + 5, 2 * DAY);
    let dropped = transact(&mut tables, |statements| drop_old(statements, oldest, 0)).expect("dropped");
    let days = transact(&mut tables, |statements| statements.days()).expect("days");
    assert_eq!((dropped, days.len(), days[0]), (1, 3, Day::of(TODAY - 2 * DAY)));
}

#[test]
fn a_unit_is_exported_and_forgotten_and_the_others_stay() {
    let mut tables = memory();
    let yesterday = Record { time: TODAY - 1, ..record(3, "a") };
    write(&mut tables, &[record(1, "a"), record(2, "b"), yesterday]);
    let mut exported = Vec::new();
    export(&mut tables, "a", &mut |json| exported.push(json["id"].as_str().unwrap_or_default().to_owned()))
        .expect("read");
    assert_eq!(exported, [record(3, "a").id.to_string(), record(1, "a").id.to_string()]);
    let forgotten = forget(&mut tables, "a").expect("forgotten");
    assert_eq!(forgotten, Forgotten { predictions: 2, outcomes: 0 });
    assert_eq!(read(&mut tables, "win", None).len(), 1);
    for table in ["predictions", "exposures", "keys"] {
        for day in [Day::of(TODAY), Day::of(TODAY - 1)] {
            let sql = format!("SELECT 1 FROM {table}_{day} WHERE unit = $1");
            let left = transact(&mut tables, |statements| statements.query(&sql, &[Cell::from("a")])).expect("read");
            assert!(left.is_empty(), "{table} of {day}");
        }
    }
}

/// A collector, and the writer's ends of its channels.
struct Bench {
    collector: Collector,
    batches: Receiver<Arc<Vec<Record>>>,
    told: Sender<Result<u64, TablesError>>,
    metrics: Metrics,
    now: Instant,
}

impl Bench {
    fn new(limit: usize, spool: Option<(&Path, u64)>) -> Bench {
        let metrics = Metrics::new();
        let spool = spool.map(|(dir, limit)| Spool::open(dir, limit).expect("spool"));
        let (to_writer, batches) = sync_channel(1);
        let (told, from_writer) = channel();
        let collector = Collector::new(limit, spool, to_writer, from_writer, metrics.prediction_log.clone());
        Bench { collector, batches, told, metrics, now: Instant::now() }
    }

    fn turn(&mut self, fresh: &[u8]) {
        let mut fresh = fresh.iter().map(|&n| record(n, "a")).collect();
        self.collector.turn(&mut fresh, self.now);
    }

    /// What the writer has got, if anything.
    fn given(&self) -> Option<Vec<u8>> {
        let batch = self.batches.try_recv().ok()?;
        Some(batch.iter().map(|record| record.id.as_bytes()[0]).collect())
    }

    fn down(&mut self) {
        let source = "down".into();
        self.told
            .send(Err(TablesError::Unavailable { address: String::new(), action: "be there", source }))
            .expect("told");
        self.turn(&[]);
    }

    fn up(&mut self, written: u64) {
        self.told.send(Ok(written)).expect("told");
        self.turn(&[]);
    }

    fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.turn(&[]);
    }

    fn dropped(&self) -> u64 {
        self.metrics.prediction_log.dropped.get()
    }
}

#[test]
fn tables_that_are_there_get_everything_in_order() {
    let mut bench = Bench::new(10, None);
    bench.turn(&[1, 2]);
    bench.turn(&[3]);
    assert_eq!((bench.given(), bench.given()), (Some(vec![1, 2]), None));
    bench.up(2);
    assert_eq!(bench.given(), Some(vec![3]));
    bench.up(1);
    assert!(bench.collector.is_done());
}

#[test]
fn while_it_is_held_the_writer_gets_nothing_new_however_much_comes() {
    let mut bench = Bench::new(10, None);
    bench.turn(&[1]);
    assert_eq!(bench.given(), Some(vec![1]));
    bench.collector.hold(true);
    bench.turn(&[2]);
    bench.up(1);
    assert_eq!((bench.given(), bench.collector.is_with_the_writer()), (None, false));
    bench.collector.hold(false);
    bench.turn(&[]);
    assert_eq!(bench.given(), Some(vec![2]));
}

#[test]
fn without_a_spool_what_there_is_no_room_for_is_dropped_and_counted() {
    let mut bench = Bench::new(3, None);
    bench.turn(&[1, 2]);
    assert_eq!(bench.given(), Some(vec![1, 2]));
    bench.down();
    bench.turn(&[3, 4]);
    assert_eq!((bench.dropped(), bench.collector.has_room()), (1, false));
    bench.wait(60);
    assert_eq!(bench.given(), Some(vec![1, 2, 3]), "the oldest are kept, in order");
}

#[test]
fn with_a_spool_nothing_is_lost_while_the_tables_are_gone() {
    let dir = tempfile::tempdir().expect("folder");
    let mut bench = Bench::new(3, Some((dir.path(), 1 << 20)));
    bench.turn(&[1]);
    bench.turn(&[2]);
    assert_eq!(bench.given(), Some(vec![1]));
    bench.down();
    for n in 3..100 {
        bench.turn(&[n]);
    }
    assert_eq!((bench.dropped(), bench.given()), (0, None), "and they are not asked all the time");
    bench.wait(60);
    assert_eq!(bench.given(), Some((1..100).collect()));
    bench.turn(&[100]);
    bench.up(99);
    assert_eq!(bench.given(), Some(vec![100]));
    bench.up(1);
    bench.turn(&[101]);
    assert_eq!(bench.given(), Some(vec![101]));
    bench.up(1);
    assert!(bench.collector.is_done());
}

#[test]
fn tables_that_do_not_answer_have_it_spooled_and_may_still_have_written_it() {
    let dir = tempfile::tempdir().expect("folder");
    let mut bench = Bench::new(100, Some((dir.path(), 1 << 20)));
    bench.turn(&[1]);
    assert_eq!(bench.given(), Some(vec![1]));
    bench.turn(&[2]);
    bench.wait(2);
    bench.turn(&[3]);
    let spooled = Spool::open(dir.path(), 1 << 20).expect("spool").records().expect("read");
    assert_eq!(spooled.len(), 3, "a process that is killed now has lost nothing");
    bench.up(1);
    assert_eq!(bench.given(), Some(vec![1, 2, 3]), "written again, which changes nothing");
}

#[test]
fn a_spool_that_is_full_drops_and_counts() {
    let dir = tempfile::tempdir().expect("folder");
    let mut bench = Bench::new(10, Some((dir.path(), 2_048)));
    bench.turn(&[0]);
    bench.given();
    bench.down();
    for n in 1..100 {
        bench.turn(&[n]);
    }
    let kept = Spool::open(dir.path(), 2_048).expect("spool").records().expect("read").len() as u64;
    assert!(kept > 0 && bench.dropped() == 100 - kept, "{kept} and {}", bench.dropped());
}

#[test]
fn what_is_left_at_the_end_is_in_the_spool_and_comes_first_the_next_time() {
    let dir = tempfile::tempdir().expect("folder");
    let mut bench = Bench::new(10, Some((dir.path(), 1 << 20)));
    bench.turn(&[1]);
    bench.turn(&[2]);
    assert_eq!(bench.collector.put_away(), 0);
    let mut next = Bench::new(10, Some((dir.path(), 1 << 20)));
    next.turn(&[3]);
    next.turn(&[]);
    assert_eq!(next.given(), Some(vec![1, 2, 3]));
}

/// A running log over tables somewhere, and what it is given.
struct Running {
    log: PredictionLog,
    model: Arc<crate::routing::LoadedModel>,
    clock: Arc<crate::clock::ManualClock>,
    metrics: Arc<Metrics>,
}

fn running(place: &TablesPlace, dir: &Path, settings: &str) -> Running {
    use crate::log::MemoryLog;
    use crate::routing::{Binder, Routes};
    use models::registry::{MemoryRegistry, Registry};

    let toml = format!("[prediction_log]\n{settings}\n\n[endpoints.win]");
    let project = crate::fixture::project_with("[endpoints.win]", &toml);
    let registry = MemoryRegistry::new(Arc::new(|| 0));
    registry.publish(&crate::fixture::artifact(&project, "win", 0.0)).expect("publish");
    let metrics = Arc::new(Metrics::new());
    let routes = Routes::new(&project);
    let binder = Binder::new(&project, &routes, Arc::clone(&metrics));
    let model = Arc::new(binder.load(&registry, "win", 1).expect("a version"));
    let clock = Arc::new(crate::clock::ManualClock::at(TODAY));
    let parts = LogParts {
        place: place.clone(),
        spool: dir.join("spool"),
        labels: Arc::new(Labels::of(&project)),
        log: Arc::new(MemoryLog::new(Arc::<crate::clock::ManualClock>::clone(&clock))),
        clock: Arc::<crate::clock::ManualClock>::clone(&clock),
        metrics: metrics.prediction_log.clone(),
    };
    Running { log: PredictionLog::start(&project, parts).expect("started"), model, clock, metrics }
}

impl Running {
    fn put(&self, numbers: std::ops::Range<u8>) {
        use crate::experiment::Assignment;

        let logged = |n: u8| Logged {
            id: record(n, "").id,
            time: TODAY + i64::from(n),
            endpoint: "win".into(),
            model: Arc::clone(&self.model),
            assignment: Assignment::champion(Some("g".into())),
            shadow_of: None,
            event: GivenEvent::None,
            features: Vec::new(),
            age_ms: None,
            output: Ok(f64::from(n)),
            phases: Phases::default(),
        };
        self.log.put(numbers.map(logged));
    }

    /// Waits for the log's threads.
    fn await_count(&self, what: &str, count: impl Fn(&crate::metrics::PredictionLogMetrics) -> u64, wanted: u64) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while count(&self.metrics.prediction_log) < wanted {
            assert!(Instant::now() < deadline, "{what}: {} of {wanted}", count(&self.metrics.prediction_log));
            std::thread::yield_now();
        }
    }
}

fn logged_in(place: &TablesPlace) -> usize {
    read(&mut *place.open().expect("tables"), "win", None).len()
}

#[test]
fn what_requests_hand_over_is_in_the_tables_when_the_server_has_stopped() {
    let dir = tempfile::tempdir().expect("folder");
    let place = TablesPlace::File(dir.path().join("tables.db"));
    let running = running(&place, dir.path(), "");
    running.put(0..100);
    running.log.stop();
    assert_eq!(logged_in(&place), 100);
    assert_eq!(running.metrics.prediction_log.dropped.get(), 0);
}

#[test]
fn a_unit_that_waits_in_the_spool_is_forgotten_by_a_running_log() {
    let dir = tempfile::tempdir().expect("folder");
    // A folder is no file of tables.
    let place = TablesPlace::File(dir.path().to_path_buf());
    let running = running(&place, dir.path(), "spool = \"1MB\"");
    running.put(0..10);
    running.await_count("spooled", |metrics| metrics.spooled.get(), 10);
    assert_eq!(running.log.forget("g").expect("forgotten"), 10);
    assert_eq!(running.log.forget("g").expect("forgotten"), 0);
    running.log.stop();
    assert_eq!(Spool::look(&dir.path().join("spool")).expect("spool"), []);
}

#[test]
fn a_server_that_stops_without_its_tables_spools_and_the_next_one_writes_it() {
    let dir = tempfile::tempdir().expect("folder");
    let gone = TablesPlace::File(dir.path().to_path_buf());
    let settings = "spool = \"1MB\"";
    let first = running(&gone, dir.path(), settings);
    first.put(0..50);
    first.log.stop();
    assert_eq!(first.metrics.prediction_log.dropped.get(), 0);
    let place = TablesPlace::File(dir.path().join("tables.db"));
    let second = running(&place, dir.path(), settings);
    second.put(50..60);
    second.log.stop();
    assert_eq!(logged_in(&place), 60);
    drop(second.clock);
}

#[cfg(feature = "postgres")]
#[test]
fn postgresql_that_goes_away_in_mid_batch_costs_no_request_and_no_record() {
    use crate::tables::sandbox::PostgresServer;

    let Some(mut server) = PostgresServer::start() else { return };
    let dir = tempfile::tempdir().expect("folder");
    let place = TablesPlace::Postgres(server.connection());
    let running = running(&place, dir.path(), "spool = \"1MB\"\nqueue = 64");
    running.put(0..20);
    running.await_count("written", |metrics| metrics.written.get(), 20);
    running.put(20..40);
    server.kill();
    for n in 40..200 {
        running.put(n..n + 1);
        running.await_count("taken", |metrics| metrics.spooled.get() + metrics.written.get() + 30, u64::from(n));
    }
    server.restart();
    running.await_count("written", |metrics| metrics.written.get(), 200);
    running.log.stop();
    assert_eq!((logged_in(&place), running.metrics.prediction_log.dropped.get()), (200, 0));
}
