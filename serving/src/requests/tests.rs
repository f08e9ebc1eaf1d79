//! Questions on a log in memory, answered by somebody who only repeats them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::Value;
use serde_json::value::RawValue;

use super::crew::consumer;
use super::responder::Answered;
use super::*;
use crate::clock::ManualClock;
use crate::log::{Entry, EventLog, MemoryLog, ReadLimit, RecordBatch, TopicPartition};

/// Repeats each body as the answer; one that is `"wrong"` is a problem.
#[derive(Debug, Default)]
struct Echo {
    is_down: AtomicBool,
    published: AtomicUsize,
}

impl Asking for Echo {
    fn ask(&self, bodies: &[&[u8]]) -> Vec<Result<Reply, Unanswered>> {
        let reply = |body: &&[u8]| {
            if self.is_down.load(Ordering::SeqCst) {
                return Err(Unanswered("the store is gone".into()));
            }
            let text = std::str::from_utf8(body).expect("UTF-8").to_owned();
            let status = if text == r#""wrong""# { 422 } else { 200 };
            Ok(Reply {
                request_id: Some("r1".to_owned()),
                status,
                body: RawValue::from_string(text).expect("JSON"),
                logged: Vec::new(),
            })
        };
        bodies.iter().map(reply).collect()
    }

    fn published(&self, replies: Vec<Reply>) {
        self.published.fetch_add(replies.len(), Ordering::SeqCst);
    }
}

struct Setting {
    log: Arc<MemoryLog>,
    echo: Arc<Echo>,
}

impl Setting {
    fn on(log: MemoryLog) -> Setting {
        let log = Arc::new(log);
        for topic in ["questions", "questions-answers"] {
            log.create_topic(topic, 1).expect("topic");
        }
        Setting { log, echo: Arc::default() }
    }

    fn ask(&self, bodies: &[&str]) {
        let mut batch = RecordBatch::new();
        for body in bodies {
            batch.push(b"g1", body.as_bytes()).expect("small");
        }
        let place = TopicPartition { topic: "questions".into(), partition: 0 };
        self.log.append(None, vec![Entry { place, batch }]).expect("appended");
    }

    fn responder(&self) -> Responder {
        let (log, asking) = (Arc::clone(&self.log), Arc::clone(&self.echo));
        Responder::new(log, asking, consumer("questions", 0), "questions-answers".into())
    }

    fn answers(&self) -> Vec<Value> {
        let place = TopicPartition { topic: "questions-answers".into(), partition: 0 };
        let read = self.log.read(&place, 0, ReadLimit { records: usize::MAX, bytes: usize::MAX }).expect("reads");
        let records = read.batches.iter().flat_map(|batch| batch.records_from(0));
        records.map(|record| serde_json::from_slice(record.value).expect("JSON")).collect()
    }
}

fn logs() -> [MemoryLog; 2] {
    let clock = || Arc::new(ManualClock::at(1_000));
    [MemoryLog::new(clock()), MemoryLog::sparse(clock())]
}

#[test]
fn each_question_gets_its_answer_and_the_answer_names_its_question() {
    for log in logs() {
        let setting = Setting::on(log);
        let mut responder = setting.responder();
        assert_eq!(responder.step().expect("takes"), Step::Ready);
        assert_eq!(responder.step().expect("looks"), Step::Idle);
        setting.ask(&["1", r#""wrong""#]);
        setting.ask(&["3"]);
        let mut answered = Answered::default();
        while let Step::Answered(more) = responder.step().expect("answers") {
            answered.predictions += more.predictions;
            answered.problems += more.problems;
        }
        assert_eq!(answered, Answered { predictions: 2, problems: 1 });
        let answers = setting.answers();
        let bodies: Vec<_> =
            answers.iter().map(|answer| (answer["answer"].clone(), answer["problem"].clone())).collect();
        assert_eq!(bodies, [(1.into(), Value::Null), (Value::Null, "wrong".into()), (3.into(), Value::Null)]);
        assert_eq!(answers[1]["offset"], 1);
    }
}

#[test]
fn the_published_form_stays_as_it_is() {
    let [log, _] = logs();
    let setting = Setting::on(log);
    setting.ask(&["1", r#""wrong""#]);
    let mut responder = setting.responder();
    responder.step().expect("takes");
    responder.step().expect("answers");
    let texts: Vec<_> = setting.answers().iter().map(Value::to_string).collect();
    assert_eq!(
        texts,
        [
            r#"{"request_id":"r1","topic":"questions","partition":0,"offset":0,"status":200,"answer":1}"#,
            r#"{"request_id":"r1","topic":"questions","partition":0,"offset":1,"status":422,"problem":"wrong"}"#,
        ]
    );
}

#[test]
fn a_successor_goes_on_where_the_last_commit_was_and_its_predecessor_answers_nothing_more() {
    for log in logs() {
        let setting = Setting::on(log);
        let mut first = setting.responder();
        first.step().expect("takes");
        setting.ask(&["1"]);
        first.step().expect("answers");
        let mut second = setting.responder();
        second.step().expect("takes");
        setting.ask(&["2"]);
        let fenced = first.step().expect_err("is fenced");
        assert!(matches!(fenced, RespondError::Log(crate::log::LogError::Fenced { .. })), "{fenced}");
        assert_eq!(setting.echo.published.load(Ordering::SeqCst), 1, "of what is not committed nothing is logged");
        second.step().expect("answers");
        let answers: Vec<_> = setting.answers().iter().map(|answer| answer["answer"].clone()).collect();
        assert_eq!(answers, [1, 2]);
    }
}

#[test]
fn what_cannot_be_answered_for_want_of_the_server_is_asked_again() {
    let [log, _] = logs();
    let setting = Setting::on(log);
    setting.ask(&["1"]);
    let mut responder = setting.responder();
    setting.echo.is_down.store(true, Ordering::SeqCst);
    responder.step().expect("takes");
    let error = responder.step().expect_err("the store is gone");
    assert_eq!(error.to_string(), "the request at offset 0 cannot be answered yet");
    assert_eq!(setting.echo.published.load(Ordering::SeqCst), 0);
    assert!(setting.answers().is_empty(), "a question is not answered with the server's own trouble");
    setting.echo.is_down.store(false, Ordering::SeqCst);
    responder.step().expect("takes again");
    responder.step().expect("answers");
    assert_eq!((setting.answers().len(), setting.echo.published.load(Ordering::SeqCst)), (1, 1));
}

#[test]
fn questions_that_the_log_has_dropped_do_not_hold_up_those_behind_them() {
    let [log, _] = logs();
    let setting = Setting::on(log);
    setting.ask(&["1"]);
    setting.ask(&["2"]);
    setting.log.forget_before(&TopicPartition { topic: "questions".into(), partition: 0 }, 1);
    let mut responder = setting.responder();
    for _ in 0..3 {
        responder.step().expect("goes on");
    }
    let answers: Vec<_> = setting.answers().iter().map(|answer| answer["answer"].clone()).collect();
    assert_eq!(answers, [2]);
}
