//! Outcomes over real tables: in SQLite, and in PostgreSQL where there is one.

use std::ops::ControlFlow;
use std::sync::Arc;

use features::project::Project;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::prediction_log::{Range, Record, Store, observations};
use crate::tables::{Day, SqliteTables, Tables, transact};

/// 2025-11-28T00:00:00Z.
const TODAY: i64 = 1_764_288_000_000_000;
const DAY: i64 = 86_400_000_000;

const LABEL: (&str, &str) = (
    "view      = \"score\"\nlabel     = \"won\"",
    "view      = \"score\"\nlabel     = \"CASE WHEN ahead THEN won ELSE NOT won END\"\nwhere     = \"lead <> 0\"",
);

/// Its label needs fields of the event, and its filter leaves rows out.
fn project() -> Project {
    crate::fixture::project_with(LABEL.0, LABEL.1)
}

struct Bench {
    tables: Box<dyn Tables>,
    labels: Arc<Labels>,
    store: Store,
    now: i64,
}

fn id(n: u8) -> Uuid {
    let mut id = [0x40; 16];
    id[0] = n;
    Uuid::from_bytes(id)
}

impl Bench {
    fn new(tables: Box<dyn Tables>) -> Bench {
        Bench { tables, labels: Arc::new(Labels::of(&project())), store: Store::default(), now: TODAY + 1_000 }
    }

    fn memory() -> Bench {
        Bench::new(Box::new(SqliteTables::in_memory().expect("tables")))
    }

    fn log(&mut self, n: u8, unit: &str, fields: Option<serde_json::Value>) {
        self.log_as(Record {
            id: id(n),
            time: TODAY + i64::from(n),
            endpoint: "win".into(),
            experiment: None,
            arm: "champion".into(),
            period: 0,
            forced: false,
            shadow_of: None,
            unit: Some(unit.into()),
            model: "win".into(),
            version: 1,
            digest: "d".into(),
            view_hash: "v".into(),
            key: format!("key of {unit}").into(),
            features: "[]".into(),
            imputed: 0,
            age_ms: None,
            fields: fields.map(|fields| fields.to_string()),
            output: Some(0.5),
            error: None,
            latency_us: 1,
            phases: "{}".into(),
            place: None,
        });
    }

    fn log_as(&mut self, record: Record) {
        let Bench { tables, labels, store, .. } = self;
        transact(&mut **tables, |statements| store.write(statements, std::slice::from_ref(&record), labels))
            .expect("written");
    }

    fn tell(&mut self, told: &Told) -> Verdict {
        let Bench { tables, labels, now, .. } = self;
        let oldest = Day::of(*now - 90 * DAY);
        transact(&mut **tables, |statements| labels.take(statements, told, *now, oldest)).expect("taken")
    }

    /// Unit, arm and outcome of every answer.
    fn outcomes(&mut self) -> Vec<(String, Option<f64>)> {
        let range = Range { endpoint: "win".into(), experiment: None, from: 0, to: i64::MAX };
        let mut found = Vec::new();
        observations(&mut *self.tables, &range, &mut |o| {
            found.push((format!("{} {}", o.unit.unwrap_or("-"), o.arm), o.outcome));
            ControlFlow::Continue(())
        })
        .expect("read");
        found
    }

    fn outcome(&mut self) -> Option<f64> {
        let outcomes = self.outcomes();
        assert_eq!(outcomes.len(), 1, "{outcomes:?}");
        outcomes[0].1
    }
}

fn of(subject: Subject, what: What) -> Told {
    Told { subject, what, told_at: None, correct: false, source: "test".into() }
}

fn told(n: u8, value: f64) -> Told {
    of(Subject::Prediction(id(n)), What::Value(value))
}

fn won(subject: Subject, won: bool) -> Told {
    let serde_json::Value::Object(fields) = json!({ "won": won }) else { unreachable!("an object") };
    of(subject, What::Fields(fields))
}

fn key(unit: &str) -> Subject {
    Subject::Key { stream: "plays".into(), key: format!("key of {unit}").into() }
}

fn unit(unit: &str) -> Subject {
    Subject::Unit { endpoint: "win".into(), unit: unit.into() }
}

const KNOWN: fn(u8) -> Verdict = |predictions| Verdict::Recorded { predictions: predictions.into() };

#[test]
fn feedback_is_joined_once_however_often_it_is_told() {
    let mut bench = Bench::memory();
    bench.log(1, "a", None);
    assert_eq!((bench.tell(&told(1, 1.0)), bench.tell(&told(1, 1.0))), (KNOWN(1), Verdict::Repeated));
    assert_eq!(bench.outcome(), Some(1.0));
}

#[test]
fn feedback_before_its_prediction_waits_for_it() {
    let mut bench = Bench::memory();
    assert_eq!(bench.tell(&told(1, 1.0)), Verdict::Pending);
    assert_eq!(bench.tell(&told(1, 1.0)), Verdict::Repeated);
    bench.log(2, "b", None);
    bench.log(1, "a", None);
    assert_eq!(bench.outcomes(), [("a champion".into(), Some(1.0)), ("b champion".into(), None)]);
}

#[test]
fn contradictory_feedback_changes_nothing_unless_it_says_that_it_corrects() {
    let mut bench = Bench::memory();
    bench.log(1, "a", None);
    bench.tell(&told(1, 1.0));
    assert_eq!(bench.tell(&told(1, 0.0)), Verdict::Contradicts { known: "1".into() });
    assert_eq!(bench.outcome(), Some(1.0));
    assert_eq!(bench.tell(&Told { correct: true, ..told(1, 0.0) }), Verdict::Corrected { predictions: 1 });
    assert_eq!(bench.outcome(), Some(0.0));
    assert_eq!(bench.tell(&told(1, 0.0)), Verdict::Repeated, "what holds is what it is compared with");
}

#[test]
fn feedback_that_is_no_label_is_refused_as_soon_as_that_is_known() {
    let mut bench = Bench::memory();
    bench.log(1, "a", None);
    assert!(matches!(bench.tell(&told(1, 0.5)), Verdict::Mistyped { .. }));
    assert!(matches!(bench.tell(&of(unit("a"), What::Value(7.0))), Verdict::Mistyped { .. }));
    // Of one that is not logged yet nobody knows what it has to be; it is left out when that turns out.
    assert_eq!(bench.tell(&told(2, 0.5)), Verdict::Pending);
    bench.log(2, "b", None);
    assert_eq!(bench.outcomes(), [("a champion".into(), None), ("b champion".into(), None)]);
}

#[test]
fn feedback_on_a_prediction_that_is_no_longer_kept_is_too_late() {
    let mut bench = Bench::memory();
    let made = Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, 1_500_000_000, 0));
    let late = of(Subject::Prediction(made), What::Value(1.0));
    assert_eq!(bench.tell(&late), Verdict::TooLate);
    assert_eq!(bench.tell(&late), Verdict::TooLate, "and nothing of it is kept");
}

#[test]
fn an_outcome_of_a_key_labels_every_prediction_by_its_own_fields() {
    let mut bench = Bench::memory();
    bench.log(1, "a", Some(json!({ "ahead": true, "lead": 3 })));
    bench.log(2, "a", Some(json!({ "ahead": false, "lead": -3 })));
    bench.log(3, "a", Some(json!({ "ahead": false, "lead": 0 })));
    bench.log(4, "a", None);
    bench.log(5, "b", Some(json!({ "ahead": true, "lead": 3 })));
    assert_eq!(bench.tell(&won(key("a"), true)), KNOWN(4));
    let outcome = |bench: &mut Bench| bench.outcomes().into_iter().map(|(_, outcome)| outcome).collect::<Vec<_>>();
    assert_eq!(outcome(&mut bench), [Some(1.0), Some(0.0), None, None, None]);
    // A late prediction is labelled when it comes, and a correction reaches all of them.
    bench.log(6, "a", Some(json!({ "ahead": true, "lead": 1 })));
    assert_eq!(outcome(&mut bench), [Some(1.0), Some(0.0), None, None, Some(1.0), None]);
    let corrected = Told { correct: true, ..won(key("a"), false) };
    assert_eq!(bench.tell(&corrected), Verdict::Corrected { predictions: 5 });
    assert_eq!(outcome(&mut bench), [Some(0.0), Some(1.0), None, None, Some(0.0), None]);
}

#[test]
fn what_is_told_of_a_prediction_itself_outranks_its_unit_and_key() {
    let mut bench = Bench::memory();
    bench.log(1, "a", Some(json!({ "ahead": true, "lead": 3 })));
    bench.tell(&told(1, 0.0));
    bench.tell(&won(key("a"), true));
    bench.tell(&of(unit("a"), What::Value(1.0)));
    assert_eq!(bench.outcome(), Some(0.0));
}

#[test]
fn an_outcome_reaches_the_shadows_of_its_answer_too() {
    let mut bench = Bench::memory();
    bench.log(1, "a", Some(json!({ "ahead": true, "lead": 3 })));
    let shadow = |n: u8, arm: &str| Record {
        id: id(n),
        time: TODAY + 1,
        endpoint: "win".into(),
        experiment: None,
        arm: arm.into(),
        period: 0,
        forced: false,
        shadow_of: Some(id(1)),
        unit: Some("a".into()),
        model: "win".into(),
        version: 2,
        digest: "d".into(),
        view_hash: "v".into(),
        key: "key of a".into(),
        features: "[]".into(),
        imputed: 0,
        age_ms: None,
        fields: Some(json!({ "ahead": true, "lead": 3 }).to_string()),
        output: Some(0.6),
        error: None,
        latency_us: 1,
        phases: "{}".into(),
        place: None,
    };
    bench.log_as(shadow(2, "early"));
    bench.tell(&told(1, 1.0));
    bench.log_as(shadow(3, "late"));
    let all = ["champion", "early", "late"].map(|arm| (format!("a {arm}"), Some(1.0)));
    let mut found = bench.outcomes();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(found, all);
}

#[test]
fn outcomes_told_first_are_the_same_as_outcomes_told_last() {
    let fields = |n: u8| Some(json!({ "ahead": n.is_multiple_of(2), "lead": n % 3 }));
    let tellings = [won(key("a"), true), of(unit("b"), What::Value(0.0)), told(3, 1.0)];
    let mut found = Vec::new();
    for first in [true, false] {
        let mut bench = Bench::memory();
        let tell = |bench: &mut Bench| tellings.iter().for_each(|told| assert!(bench.tell(told) != Verdict::Repeated));
        if first {
            tell(&mut bench);
        }
        for n in 0..8 {
            bench.log(n, ["a", "b"][usize::from(n / 4)], fields(n));
        }
        if !first {
            tell(&mut bench);
        }
        found.push(bench.outcomes());
    }
    assert_eq!(found[0], found[1]);
    assert!(found[0].iter().any(|(_, outcome)| outcome.is_some()));
}

#[cfg(feature = "postgres")]
#[test]
fn postgresql_joins_outcomes_alike() {
    use crate::tables::{PostgresTables, sandbox::PostgresServer};

    let Some(server) = PostgresServer::start() else { return };
    let mut bench = Bench::new(Box::new(PostgresTables::open(&server.connection()).expect("tables")));
    bench.log(1, "a", Some(json!({ "ahead": true, "lead": 3 })));
    assert_eq!(bench.tell(&won(key("a"), true)), KNOWN(1));
    assert_eq!(bench.tell(&won(key("a"), true)), Verdict::Repeated);
    assert_eq!(bench.tell(&told(9, 1.0)), Verdict::Pending);
    bench.log(9, "b\u{0}", None);
    bench.log(2, "a", Some(json!({ "ahead": false, "lead": 3 })));
    bench.tell(&Told { correct: true, ..told(9, 0.0) });
    let outcomes: Vec<_> = bench.outcomes().into_iter().map(|(_, outcome)| outcome).collect();
    assert_eq!(outcomes, [Some(1.0), Some(0.0), Some(0.0)]);
}

#[test]
fn feedback_is_checked_before_anything_is_looked_up() {
    let project = crate::fixture::project();
    let refused = |text: &str| {
        let feedback: Feedback = serde_json::from_str(text).expect("feedback");
        feedback.told(&project, TODAY).expect_err("refused").to_string()
    };
    for (text, part) in [
        (r#"{"outcome": true}"#, "give a `prediction_id`, or an `endpoint` and a `unit`"),
        (r#"{"unit": "g", "outcome": true}"#, "goes with its `endpoint`"),
        (r#"{"prediction_id": "x", "outcome": true}"#, "no id of a prediction"),
        (r#"{"endpoint": "wim", "unit": "g", "outcome": true}"#, "no endpoint `wim`"),
        (r#"{"endpoint": "win", "unit": "", "outcome": true}"#, "from 1 to 512 bytes"),
        (r#"{"endpoint": "win", "unit": "g"}"#, "give an `outcome`"),
        (r#"{"endpoint": "win", "unit": "g", "outcome": "yes"}"#, "`outcome` must be true or false"),
        (r#"{"endpoint": "win", "unit": "g", "outcome": 0.5}"#, "`outcome` must be true or false"),
        (r#"{"endpoint": "win", "unit": "g", "outcomes": {}}"#, "`outcomes` is empty"),
        (r#"{"endpoint": "win", "unit": "g", "outcomes": {"wan": true}}"#, "no outcome field"),
        (r#"{"endpoint": "win", "unit": "g", "outcomes": {"lead": 3}}"#, "no outcome field"),
        (r#"{"endpoint": "win", "unit": "g", "outcomes": {"won": 3}}"#, "`won` must be bool, not 3"),
        (r#"{"endpoint": "win", "unit": "g", "outcome": true, "time": "soon"}"#, "`time` must be like"),
        (
            r#"{"endpoint": "win", "unit": "g", "outcome": true, "time": "2025-11-28T00:05:01Z"}"#,
            "ahead of the server's",
        ),
    ] {
        let message = refused(text);
        assert!(message.contains(part), "{text}: {message}");
    }
    let taken = |text: &str| {
        let feedback: Feedback = serde_json::from_str(text).expect("feedback");
        feedback.told(&project, TODAY).expect("taken")
    };
    let early = taken(r#"{"endpoint": "win", "unit": "g", "outcome": false, "time": "1999-01-01T00:00:00Z"}"#);
    assert_eq!((early.what, early.told_at.is_some()), (What::Value(0.0), true));
}

#[test]
fn records_of_an_outcome_stream_name_a_key_and_outcome_fields() {
    let project = crate::fixture::project();
    let stream = &project.streams["plays"];
    let parse = |text: &str| outcomes_of(text.as_bytes(), stream, "plays-outcomes/0/7".into());
    let told = parse(r#"{"key": {"game_id": "g"}, "outcomes": {"won": true, "more": 1}}"#).expect("an outcome");
    assert_eq!(told.subject, Subject::Key { stream: "plays".into(), key: "g".into() });
    let What::Fields(fields) = told.what else { panic!("fields") };
    assert_eq!(serde_json::Value::Object(fields), json!({ "won": true }));
    for (text, part) in [
        ("{", "EOF"),
        (r#"{"key": {}, "outcomes": {"won": true}}"#, "`game_id` is missing"),
        (r#"{"key": {"game_id": "g"}, "outcomes": {"won": "yes"}}"#, "`won` must be bool"),
        (r#"{"key": {"game_id": "g"}, "outcomes": {}}"#, "no outcome field"),
    ] {
        let error = parse(text).expect_err("refused");
        assert!(error.contains(part), "{text}: {error}");
    }
}
