//! Questions that come as messages are answered as if they had come over HTTP.

use serde_json::Value;

use super::support::{Server, without_ids};
use crate::fixture::play;
use crate::http::Exchange;
use crate::requests::Asking;

/// Asks as a responder's thread does.
async fn ask(server: &Server, bodies: Vec<String>) -> Vec<(Option<String>, u16, Value)> {
    let exchange = Exchange::new(server.service(), None, tokio::runtime::Handle::current());
    let asking = move || {
        let bodies: Vec<&[u8]> = bodies.iter().map(String::as_bytes).collect();
        let replies = exchange.ask(&bodies).into_iter().map(|reply| reply.expect("answered"));
        replies.map(|reply| (reply.request_id, reply.status, json(reply.body.get()))).collect()
    };
    tokio::task::spawn_blocking(asking).await.expect("asks")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_event_is_answered_with_what_http_answers() {
    let server = Server::with_history();
    let body = |id: &str| format!(r#"{{"endpoint":"win",{id}"event":{}}}"#, play("g1", 3, 80, 10));
    let (status, expected) = server.predict(&body("")).await;
    let answers = ask(&server, vec![body(""), body(r#""request_id":"r1","#)]).await;
    assert_eq!((answers[0].0.as_deref(), answers[0].1), (None, status));
    assert_eq!(without_ids(answers[0].2.clone()), without_ids(expected));
    assert_eq!((answers[1].0.as_deref(), answers[1].1), (Some("r1"), 200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_bad_question_is_answered_with_the_problem_that_http_answers() {
    let server = Server::with_history();
    let bad = [
        (r#"{"endpoint":"won","request_id":"r1","key":{"game_id":"g1"}}"#, Some("r1")),
        (r#"{"endpoint":"win","request_id":"r2","key":{}}"#, Some("r2")),
        (r#"{"endpoint":"win"}"#, None),
        ("no JSON", None),
        ("", None),
    ];
    let answers = ask(&server, bad.iter().map(|(body, _)| (*body).to_owned()).collect()).await;
    for ((body, id), answer) in bad.into_iter().zip(answers) {
        let (status, problem) = server.predict(body).await;
        assert_eq!(answer, (id.map(str::to_owned), status, problem), "{body}");
    }
}
