//! Requests by key at a time.

use serde_json::Value;

use super::support::Server;
use crate::fixture;

/// The view with what was led by in the last minute in place of the lead before.
fn momentum() -> Server {
    let minute = "(PARTITION BY game_id ORDER BY event_time RANGE INTERVAL '1 minute' PRECEDING)";
    let sum = format!("sum(lead) OVER {minute} AS lead_before");
    Server::with_history_of(fixture::project_with("lag(lead, 1) OVER game AS lead_before", &sum))
}

/// By key, kick-off at 23:30; the latest play came a minute later.
async fn ask(server: &Server, as_of: &str) -> (u16, Value) {
    let body = format!(r#"{{"endpoint":"win","key":{{"game_id":"g1"}},"as_of":"{as_of}","return_features":true}}"#);
    server.predict(&body).await
}

async fn refused(server: &Server, as_of: &str, status: u16, code: &str) -> Value {
    let (found, body) = ask(server, as_of).await;
    assert_eq!((found, body["code"].as_str()), (status, Some(code)), "{body}");
    body
}

#[tokio::test]
async fn frames_of_time_decay_and_the_age_tells_by_how_much() {
    let server = momentum();
    for (as_of, sum, age) in [
        ("2025-02-09T23:31:00Z", 7.into(), 0),
        ("2025-02-09T23:31:59.999999Z", 7.into(), 59_999),
        ("2025-02-09T23:32:00Z", Value::Null, 60_000),
        ("2025-02-10T00:32:00+01:00", Value::Null, 60_000),
    ] {
        let (status, body) = ask(&server, as_of).await;
        assert_eq!((status, &body["features"]["lead_before"]), (200, &sum), "{as_of}: {body}");
        assert_eq!((&body["features"]["lead"], &body["features_age_ms"]), (&7.into(), &age.into()));
    }
}

#[tokio::test]
async fn a_batch_of_keys_is_looked_at_as_of_one_time() {
    let server = momentum();
    let body = r#"{"endpoint":"win","keys":[{"game_id":"g1"},{"game_id":"g9"}],"as_of":"2025-02-09T23:32:00Z","return_features":true}"#;
    let (status, body) = server.post("/predict/batch", body).await;
    assert_eq!((status, &body["results"][0]["features"]["lead_before"]), (200, &Value::Null), "{body}");
    assert_eq!(body["results"][1]["problem"]["code"], "unknown_key");
}

#[tokio::test]
async fn as_of_may_not_go_back_before_the_latest_row() {
    let server = Server::with_history();
    assert_eq!(ask(&server, "2025-02-09T23:31:00Z").await.0, 200);
    assert_eq!(refused(&server, "2025-02-09T23:30:59Z", 422, "as_of_too_early").await["by_ms"], 1_000);
    refused(&server, "0001-01-01T00:00:00Z", 422, "as_of_too_early").await;
}

#[tokio::test]
async fn a_time_must_be_one() {
    for text in ["yesterday", "", "2025-02-09", "2025-02-09T23:31:00", "1739143860"] {
        refused(&Server::with_history(), text, 422, "invalid_request").await;
    }
    let (status, body) = Server::with_history().predict(r#"{"endpoint":"win","key":{"game_id":"g1"},"as_of":5}"#).await;
    assert_eq!((status, body["code"].as_str()), (422, Some("invalid_request")));
}

#[tokio::test]
async fn a_key_that_has_been_idle_beyond_retention_has_no_row() {
    let project = fixture::project_with("lateness   = \"30s\"", "lateness   = \"30s\"\nretention  = \"1h\"");
    let server = Server::with_history_of(project);
    assert_eq!(ask(&server, "2025-02-10T00:31:00Z").await.0, 200);
    refused(&server, "2025-02-10T00:31:00.000001Z", 404, "idle_key").await;
}

#[tokio::test]
async fn a_stream_without_times_knows_no_as_of() {
    let project =
        fixture::project_with("event_time = \"at\"\nlateness   = \"30s\"\nmax_ahead  = \"1d\"", "order = \"play_id\"");
    let server = Server::with_history_of(project);
    let body = refused(&server, "2025-02-09T23:31:00Z", 422, "as_of_without_times").await;
    assert!(body["detail"].as_str().is_some_and(|detail| detail.contains("leave out `as_of`")), "{body}");
    let (status, body) = server.predict(r#"{"endpoint":"win","key":{"game_id":"g1"}}"#).await;
    assert_eq!(status, 200, "{body}");
}
