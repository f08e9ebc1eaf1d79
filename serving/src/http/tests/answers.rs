//! What a prediction looks like.

use axum::http::{Request, header};
use serde_json::{Value, json};

use super::support::{Server, without_ids};
use crate::fixture::{self, play};

fn logistic(margin: f64) -> f64 {
    1.0 / (1.0 + (-margin).exp())
}

fn close(body: &Value, expected: f64) {
    let probability = body["outputs"]["probability"].as_f64().expect("a probability");
    assert!((probability - expected).abs() < 1e-12, "{probability} is not {expected}");
}

#[tokio::test]
async fn an_event_is_predicted_against_the_state_of_its_key() {
    let server = Server::with_history();
    let event = play("g1", 3, 80, 10);
    let (status, body) = server.predict(&format!(r#"{{"endpoint":"win","event":{event}}}"#)).await;
    assert_eq!(status, 200, "{body}");
    // lead 10, and 7 before it in the log
    close(&body, logistic(0.1 * 10.0 + 0.05 * 7.0));
    insta::assert_json_snapshot!("event_answer", without_ids(body));
}

#[tokio::test]
async fn a_request_leaves_the_state_as_it_was() {
    let server = Server::with_history();
    let body = format!(r#"{{"endpoint":"win","event":{}}}"#, play("g1", 3, 80, 10));
    let (_, first) = server.predict(&body).await;
    let (_, second) = server.predict(&body).await;
    assert_eq!(first["outputs"], second["outputs"]);
    assert_ne!(first["prediction_id"], second["prediction_id"]);
}

#[tokio::test]
async fn an_event_of_a_key_never_seen_has_nothing_before_it() {
    let server = Server::with_history();
    let (status, body) = server.predict(&format!(r#"{{"endpoint":"win","event":{}}}"#, play("g9", 1, 80, 10))).await;
    assert_eq!(status, 200, "{body}");
    close(&body, logistic(1.0));
    assert_eq!(body["features_age_ms"], Value::Null);
}

#[tokio::test]
async fn a_key_is_answered_from_its_latest_row() {
    let server = Server::with_history();
    let (status, body) = server.predict(r#"{"endpoint":"win","key":{"game_id":"g1"},"return_features":true}"#).await;
    assert_eq!(status, 200, "{body}");
    close(&body, logistic(0.1 * 7.0 + 0.05 * 3.0));
    assert_eq!(body["features_age_ms"], 30_000);
    insta::assert_json_snapshot!("key_answer", without_ids(body));
}

#[tokio::test]
async fn features_are_taken_by_name_in_any_order() {
    let server = Server::with_history();
    let features = json!({ "lead_before": 4, "ahead": true, "time": null, "lead": 2 });
    let (status, body) = server.predict(&json!({ "endpoint": "win", "features": features }).to_string()).await;
    assert_eq!(status, 200, "{body}");
    close(&body, logistic(0.1 * 2.0 + 0.05 * 4.0));
    assert_eq!(body["features_age_ms"], Value::Null);
}

#[tokio::test]
async fn a_model_reference_is_answered_by_exactly_that_version() {
    let server = Server::with_history();
    server.registry_publish("win", 5.0);
    let features = r#""features":{"lead":0,"time":0,"ahead":false,"lead_before":0}"#;
    for (reference, version, margin) in
        [("win/1", 1, 0.0), ("win/2", 2, 5.0), ("win", 2, 5.0), ("win@champion", 1, 0.0)]
    {
        let (status, body) = server.predict(&format!(r#"{{"model":"{reference}",{features}}}"#)).await;
        assert_eq!((status, body["version"].as_i64()), (200, Some(version)), "{reference}: {body}");
        assert_eq!((body["arm"].as_str(), body.get("endpoint")), (Some("direct"), None));
        close(&body, logistic(margin));
    }
}

#[tokio::test]
async fn batch_rows_are_answered_each_for_itself_in_order() {
    let server = Server::with_history();
    let rows = [play("g1", 3, 80, 10), play("g1", 4, 5, 10), r#"{"game_id":7}"#.to_owned(), play("g2", 1, 0, -10)];
    let body = format!(r#"{{"endpoint":"win","events":[{}]}}"#, rows.join(","));
    let (status, body) = server.post("/predict/batch", body).await;
    assert_eq!((status, &body["failed"]), (200, &json!(2)), "{body}");
    let codes: Vec<_> = body["results"].as_array().expect("rows").iter().map(|row| &row["problem"]["code"]).collect();
    assert_eq!(codes, [&Value::Null, &json!("late_event"), &json!("invalid_event"), &Value::Null]);
    close(&body["results"][0], logistic(0.1 * 10.0 + 0.05 * 7.0));
    close(&body["results"][3], logistic(-1.0));
    insta::assert_json_snapshot!("batch_answer", without_ids(body));
}

#[tokio::test]
async fn a_batch_of_keys_or_features_is_answered_too() {
    let server = Server::with_history();
    let (status, body) =
        server.post("/predict/batch", r#"{"model":"win/1","keys":[{"game_id":"g1"},{"game_id":"g2"}]}"#).await;
    assert_eq!((status, &body["results"][1]["problem"]["code"]), (200, &json!("unknown_key")), "{body}");
    close(&body["results"][0], logistic(0.1 * 7.0 + 0.05 * 3.0));
    let rows = vec![json!({ "lead": 1, "time": 0, "ahead": true, "lead_before": null }); 1000];
    let (status, body) =
        server.post("/predict/batch", json!({ "endpoint": "win", "features": rows }).to_string()).await;
    assert_eq!((status, body["results"].as_array().map(Vec::len)), (200, Some(1000)));
    close(&body["results"][999], logistic(0.1));
}

#[tokio::test]
async fn json_comes_under_several_media_types() {
    let server = Server::with_history();
    let body = r#"{"endpoint":"win","key":{"game_id":"g1"}}"#;
    for media_type in ["application/json; charset=utf-8", "application/vnd.match+json"] {
        let request = Request::post("/predict").header(header::CONTENT_TYPE, media_type).body(body.into());
        assert_eq!(server.send(request.expect("request")).await.status(), 200, "{media_type}");
    }
}

impl Server {
    fn registry_publish(&self, model: &str, intercept: f64) {
        use models::registry::Registry;
        self.registry.publish(&fixture::artifact(&self.project, model, intercept)).expect("publish");
    }
}
