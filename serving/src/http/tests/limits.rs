//! Too large, too many, too slow, and stores that do not answer.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, header};
use features::online::{Slot, StateReader, StoreError};
use futures::future::BoxFuture;
use futures::stream;
use futures::{FutureExt, StreamExt};
use serde_json::json;

use super::support::{Parts, Server, read};
use crate::fixture::play;
use crate::http::Limits;

/// Fails, or never answers.
#[derive(Debug)]
enum BadReader {
    Broken,
    Silent,
}

impl StateReader for BadReader {
    fn state<'a>(&'a self, _: &'a Slot, _: &'a [u8]) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        match self {
            BadReader::Broken => {
                let source = "secret-host:6379 refused the connection".into();
                futures::future::ready(Err(StoreError::Unavailable { action: "read a state", source })).boxed()
            }
            BadReader::Silent => futures::future::pending().boxed(),
        }
    }
}

fn server(reader: BadReader, limits: Limits) -> Server {
    Server::new(Parts { reader: Arc::new(reader), limits, ..Parts::default() })
}

fn request(body: Body) -> Request<Body> {
    Request::post("/predict").header(header::CONTENT_TYPE, "application/json").body(body).expect("request")
}

#[tokio::test]
async fn a_body_that_announces_too_much_is_not_read() {
    let body = Body::from_stream(stream::once(async { panic_if_read() }));
    let mut request = request(body);
    request.headers_mut().insert(header::CONTENT_LENGTH, (100_u64 << 20).into());
    let (status, problem) = read(Server::with_history().send(request).await).await;
    assert_eq!((status, &problem["code"], &problem["limit_bytes"]), (413, &json!("body_too_large"), &json!(4 << 20)));
}

fn panic_if_read() -> Result<Bytes, std::io::Error> {
    panic!("the body was read")
}

#[tokio::test]
async fn a_hundred_megabytes_are_read_no_further_than_the_limit() {
    let chunk = Bytes::from(vec![b' '; 1 << 20]);
    let read_so_far = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&read_so_far);
    let chunks = stream::repeat_with(move || {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok::<_, std::io::Error>(chunk.clone())
    });
    let (status, problem) = read(Server::with_history().send(request(Body::from_stream(chunks.take(100)))).await).await;
    assert_eq!((status, &problem["code"]), (413, &json!("body_too_large")));
    assert_eq!(read_so_far.load(std::sync::atomic::Ordering::Relaxed), 5);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_said_to() {
    let broken = stream::iter([Ok(Bytes::from("{")), Err(std::io::Error::other("reset"))]);
    let (status, problem) = read(Server::with_history().send(request(Body::from_stream(broken))).await).await;
    assert_eq!((status, &problem["code"]), (400, &json!("body_interrupted")));
}

#[tokio::test]
async fn beyond_the_limit_requests_are_told_when_to_come_back() {
    let server = Arc::new(server(BadReader::Silent, Limits { in_flight: 1, ..Limits::default() }));
    let body = format!(r#"{{"endpoint":"win","event":{}}}"#, play("g1", 1, 0, 0));
    let mut first = Box::pin(server.predict(&body));
    assert!(futures::poll!(first.as_mut()).is_pending(), "the first request waits for the store");
    let response = server.send(request(Body::from(body.clone()))).await;
    assert_eq!(response.headers().get(header::RETRY_AFTER).and_then(|v| v.to_str().ok()), Some("1"));
    let (status, problem) = read(response).await;
    assert_eq!((status, &problem["code"]), (429, &json!("overloaded")));
    insta::assert_json_snapshot!("overloaded", problem);
    drop(first);
    let metrics = server.metrics().await;
    assert!(metrics.contains("clutch_http_in_flight 0"), "an abandoned request is not in flight: {metrics}");
    assert!(metrics.contains(r#"clutch_http_problems_total{code="overloaded"} 1"#), "{metrics}");
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let server = server(BadReader::Silent, Limits { request: Duration::ZERO, ..Limits::default() });
    let body = format!(r#"{{"endpoint":"win","event":{}}}"#, play("g1", 1, 0, 0));
    let (status, problem) = server.predict(&body).await;
    assert_eq!((status, &problem["code"]), (503, &json!("timeout")));
}

#[tokio::test]
async fn a_store_that_fails_is_not_described_to_the_client() {
    let server = server(BadReader::Broken, Limits::default());
    let body = format!(r#"{{"endpoint":"win","event":{}}}"#, play("g1", 1, 0, 0));
    let (status, problem) = server.predict(&body).await;
    assert_eq!((status, &problem["code"]), (503, &json!("features_unavailable")));
    assert!(!problem.to_string().contains("secret-host"), "{problem}");
    insta::assert_json_snapshot!("features_unavailable", problem);
}
