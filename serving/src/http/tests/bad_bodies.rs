//! Bodies that cannot be answered: each is told why, with the code that the documentation names.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use super::support::{Server, read};
use crate::fixture::play;

/// Posts to `/predict` and returns the problem.
async fn refused(body: &str, status: u16, code: &str) -> Value {
    let (got, problem) = Server::with_history().predict(body).await;
    assert_eq!((got, problem["code"].as_str()), (status, Some(code)), "{body}: {problem}");
    problem
}

async fn features_refused(features: &str, code: &str) -> Value {
    refused(&format!(r#"{{"endpoint":"win","features":{features}}}"#), 422, code).await
}

async fn event_refused(event: &str, code: &str) -> Value {
    refused(&format!(r#"{{"endpoint":"win","event":{event}}}"#), 422, code).await
}

async fn key_refused(key: &str) -> Value {
    refused(&format!(r#"{{"endpoint":"win","key":{key}}}"#), 422, "invalid_key").await
}

#[tokio::test]
async fn what_is_not_json_is_malformed() {
    for body in ["", "{", "nonsense", r#"{"endpoint":"win","event":{"lead":NaN}}"#, r#"{"endpoint":"win"} {}"#] {
        refused(body, 400, "malformed_json").await;
    }
    for number in ["NaN", "Infinity", "-Infinity", "+1", "01", "0x1"] {
        let body = format!(r#"{{"endpoint":"win","features":{{"lead":{number}}}}}"#);
        refused(&body, 400, "malformed_json").await;
    }
}

#[tokio::test]
async fn bytes_that_are_not_utf8_are_refused_with_their_place() {
    let mut body = br#"{"endpoint":"w"#.to_vec();
    body.extend([0xff, b'"', b'}']);
    let (status, problem) = Server::with_history().post("/predict", body).await;
    assert_eq!((status, &problem["code"], &problem["at"]), (400, &json!("invalid_utf8"), &json!(14)));
}

#[tokio::test]
async fn deep_nesting_is_refused_before_anything_is_parsed() {
    for open in ["[", r#"{"a":"#] {
        let event = open.repeat(100_000);
        refused(&format!(r#"{{"endpoint":"win","event":{event}"#), 400, "nested_too_deeply").await;
    }
    let closed = format!(r#"{{"a":{}1{}}}"#, "[".repeat(80), "]".repeat(80));
    refused(&format!(r#"{{"endpoint":"win","event":{closed}}}"#), 400, "nested_too_deeply").await;
}

#[tokio::test]
async fn the_envelope_knows_its_members() {
    let problem = refused(r#"{"endpoint":"win","evnt":{}}"#, 422, "invalid_request").await;
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("`evnt`")), "{problem}");
    for body in [
        "[]",
        "3",
        r#"{"endpoint":"win"}"#,
        r#"{"event":{}}"#,
        r#"{"endpoint":"win","model":"win","event":{}}"#,
        r#"{"endpoint":"win","event":{},"key":{}}"#,
        r#"{"endpoint":"win","event":null}"#,
        r#"{"endpoint":1,"event":{}}"#,
        r#"{"endpoint":"win","endpoint":"win","event":{}}"#,
        r#"{"endpoint":"win","event":{},"as_of":"2025-02-09T23:31:00Z"}"#,
        r#"{"endpoint":"win","event":{},"return_features":"yes"}"#,
        r#"{"endpoint":"win","events":[]}"#,
    ] {
        refused(body, 422, "invalid_request").await;
    }
}

#[tokio::test]
async fn names_that_do_not_exist_are_told_apart() {
    let features = r#""features":{"lead":0,"time":0,"ahead":false,"lead_before":0}"#;
    let cases = [
        (r#""endpoint":"wim""#, 404, "unknown_endpoint"),
        (r#""endpoint":"spare""#, 503, "model_unavailable"),
        (r#""model":"wim""#, 404, "unknown_model"),
        (r#""model":"win/7""#, 404, "unknown_model_version"),
        (r#""model":"win@chmpion""#, 404, "unknown_model_alias"),
        (r#""model":"win/seven""#, 422, "invalid_model_reference"),
        (r#""model":"""#, 422, "invalid_model_reference"),
        (r#""model":"../win""#, 422, "invalid_model_reference"),
    ];
    for (target, status, code) in cases {
        refused(&format!("{{{target},{features}}}"), status, code).await;
    }
    let problem = refused(&format!(r#"{{"endpoint":"wim",{features}}}"#), 404, "unknown_endpoint").await;
    insta::assert_json_snapshot!("unknown_endpoint", problem);
}

#[tokio::test]
async fn features_must_be_the_models_inputs() {
    let problem = features_refused(r#"{"leed":1}"#, "unknown_feature").await;
    insta::assert_json_snapshot!("unknown_feature", problem);
    let problem = features_refused(r#"{"lead":1,"ahead":null}"#, "missing_feature").await;
    insta::assert_json_snapshot!("missing_feature", problem);
    let problem = features_refused(r#"{"lead":"3"}"#, "mistyped_feature").await;
    insta::assert_json_snapshot!("mistyped_feature", problem);
    for value in ["1.5", "true", "[]", r#""NaN""#, "1e400", "99999999999999999999"] {
        features_refused(&format!(r#"{{"lead":{value}}}"#), "mistyped_feature").await;
    }
    for value in ["1e400", r#""Infinity""#] {
        features_refused(&format!(r#"{{"time":{value}}}"#), "mistyped_feature").await;
    }
    features_refused(r#"{"lead":1,"lead":2}"#, "duplicate_feature").await;
    features_refused("[1,2]", "invalid_request").await;
}

#[tokio::test]
async fn an_event_must_be_one_of_the_stream() {
    let problem = event_refused(r#"{"game_id":"g1"}"#, "invalid_event").await;
    assert_eq!(problem["field"], "play_id");
    let problem =
        event_refused(r#"{"game_id":"g1","play_id":3,"at":"2025-02-09T23:31:20Z","lead":100}"#, "invalid_event").await;
    assert_eq!((&problem["field"], &problem["stage"]), (&json!("lead"), &json!("validate")));
    event_refused(r#"{"game_id":"g1","play_id":"three"}"#, "invalid_event").await;
    event_refused(r#"{"game_id":"g1","play_id":3}"#, "invalid_event").await;
    event_refused("[]", "invalid_event").await;
}

#[tokio::test]
async fn an_event_may_be_too_old_or_not_the_views_business() {
    let problem = event_refused(&play("g1", 3, 20, 1), "late_event").await;
    assert_eq!(problem["late_by_ms"], 10_000);
    event_refused(&play("g1", 3, 80, 1).replace("run", "timeout"), "dropped_by_view").await;
}

#[tokio::test]
async fn a_key_must_be_the_streams_key() {
    let problem = key_refused(r#"{"gameid":"g1"}"#).await;
    assert_eq!((&problem["field"], &problem["nearest"]), (&json!("gameid"), &json!("game_id")));
    assert_eq!(key_refused("{}").await["missing"], json!(["game_id"]));
    assert_eq!(key_refused(r#"{"game_id":1}"#).await["expected"], "string");
    key_refused(r#"{"game_id":null}"#).await;
    key_refused(r#"{"game_id":"g1","game_id":"g2"}"#).await;
    key_refused(r#""g1""#).await;
    refused(r#"{"endpoint":"win","key":{"game_id":"g2"}}"#, 404, "unknown_key").await;
}

#[tokio::test]
async fn a_batch_has_one_to_a_thousand_rows() {
    for rows in [0, 1001] {
        let body = json!({ "endpoint": "win", "keys": vec![json!({ "game_id": "g1" }); rows] }).to_string();
        let (status, problem) = Server::with_history().post("/predict/batch", body).await;
        assert_eq!((status, &problem["code"]), (422, &json!("batch_size")));
    }
    let body = r#"{"endpoint":"win","event":{}}"#;
    let (status, problem) = Server::with_history().post("/predict/batch", body).await;
    assert_eq!((status, &problem["code"]), (422, &json!("invalid_request")));
}

#[tokio::test]
async fn only_json_is_taken() {
    let server = Server::with_history();
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonl"] {
        let request = Request::post("/predict").header(header::CONTENT_TYPE, media_type).body(Body::from("{}"));
        let (status, problem) = read(server.send(request.expect("request")).await).await;
        assert_eq!((status, &problem["code"]), (415, &json!("unsupported_media_type")));
    }
    let request = Request::post("/predict").body(Body::from("{}")).expect("request");
    assert_eq!(read(server.send(request).await).await.0, 415);
}

#[tokio::test]
async fn other_paths_and_methods_are_problems_too() {
    let server = Server::with_history();
    let (status, problem) = server.get("/predikt").await;
    assert_eq!((status, &problem["code"]), (404, &json!("not_found")));
    let (status, problem) = server.get("/predict").await;
    assert_eq!((status, &problem["code"]), (405, &json!("method_not_allowed")));
}
