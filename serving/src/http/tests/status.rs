//! Health, metrics, and what serves.

use axum::body::Body;
use axum::http::Request;
use models::registry::{CHAMPION, Registry};
use serde_json::json;

use super::support::{Parts, Server, Waiting};
use crate::fixture;

#[tokio::test]
async fn a_server_that_waits_for_something_is_alive_but_not_ready() {
    let server =
        Server::new(Parts { waiting: Waiting(vec!["stream plays: 7 events behind".into()]), ..Parts::default() });
    assert_eq!(server.get("/healthz").await, (200, json!({ "status": "ok" })));
    let (status, problem) = server.get("/readyz").await;
    assert_eq!((status, &problem["code"]), (503, &json!("not_ready")));
    assert_eq!(problem["waiting_for"], json!(["stream plays: 7 events behind"]));
    assert_eq!(Server::with_history().get("/readyz").await, (200, json!({ "status": "ready" })));
}

#[tokio::test]
async fn the_status_tells_what_serves_and_what_does_not() {
    let server = Server::with_history();
    let (_, mut body) = server.get("/models/status").await;
    let hash = body["endpoints"][0]["serving"]["view_hash"].take();
    assert_eq!(hash.as_str().map(str::len), Some(32));
    insta::assert_json_snapshot!("models_status", body);
}

#[tokio::test]
async fn a_new_champion_answers_once_the_registry_is_looked_at() {
    let server = Server::with_history();
    server.registry.publish(&fixture::artifact(&server.project, "win", 1.0)).expect("publish");
    server.registry.set_alias("win", CHAMPION, 2, "").expect("alias");
    let body = r#"{"endpoint":"win","key":{"game_id":"g1"}}"#;
    assert_eq!(server.predict(body).await.1["version"], 1);
    server.followed.refresh();
    assert_eq!(server.predict(body).await.1["version"], 2);
}

#[tokio::test]
async fn phases_predictions_and_missing_inputs_are_counted() {
    let server = Server::with_history();
    server.predict(r#"{"endpoint":"win","features":{"lead":1,"time":null,"ahead":true,"lead_before":null}}"#).await;
    server.predict(r#"{"endpoint":"win","key":{"game_id":"g1"}}"#).await;
    server.predict("{").await;
    let metrics = server.metrics().await;
    for line in [
        r#"clutch_predictions_total{model="win",version="1",source="http"} 2"#,
        r#"clutch_missing_inputs_total{model="win",version="1",feature="time"} 1"#,
        r#"clutch_missing_inputs_total{model="win",version="1",feature="lead_before"} 1"#,
        r#"clutch_predict_phase_seconds_count{phase="encode"} 2"#,
        r#"clutch_http_requests_total{route="/predict",status="200"} 2"#,
        r#"clutch_http_requests_total{route="/predict",status="400"} 1"#,
        r#"clutch_http_problems_total{code="malformed_json"} 1"#,
        r#"clutch_model_served{endpoint="win",model="win"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    assert!(metrics.ends_with("# EOF\n"));
}

#[tokio::test]
async fn the_description_names_routes_that_exist() {
    let server = Server::with_history();
    let (status, description) = server.get("/openapi.json").await;
    assert_eq!(status, 200);
    let paths = description["paths"].as_object().expect("paths");
    assert_eq!(paths.len(), 8);
    for (path, methods) in paths {
        for method in methods.as_object().expect("methods").keys() {
            let request = Request::builder().method(method.to_uppercase().as_str()).uri(path).body(Body::empty());
            let status = server.send(request.expect("request")).await.status();
            assert!(status != 404 && status != 405, "{method} {path} is not there");
        }
    }
}
