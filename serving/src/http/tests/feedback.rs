//! `POST /feedback`

use serde_json::{Value, json};

use super::support::{Parts, Server};
use crate::tables::TablesPlace;

const ID: &str = "01936b2e-8f5c-7a41-9d0e-3c5b1f2a7e60";

/// A server whose tables are in a folder of their own.
fn server() -> (tempfile::TempDir, Server) {
    let dir = tempfile::tempdir().expect("folder");
    let tables = Some(TablesPlace::File(dir.path().join("tables.db")));
    (dir, Server::new(Parts { tables, ..Parts::default() }))
}

async fn tell(server: &Server, body: &Value) -> (u16, Value) {
    server.post("/feedback", body.to_string()).await
}

#[tokio::test]
async fn an_outcome_is_kept_before_it_is_answered() {
    let (_dir, server) = server();
    let won = json!({ "prediction_id": ID, "outcome": true });
    assert_eq!(tell(&server, &won).await, (202, json!({ "status": "pending", "predictions": 0 })));
    assert_eq!(tell(&server, &won).await, (200, json!({ "status": "repeated" })));
    let (status, problem) = tell(&server, &json!({ "prediction_id": ID, "outcome": false })).await;
    assert_eq!((status, &problem["code"], &problem["known"]), (409, &json!("contradictory_outcome"), &json!("1")));
    let corrected = json!({ "prediction_id": ID, "outcome": false, "correct": true });
    assert_eq!(tell(&server, &corrected).await, (200, json!({ "status": "corrected", "predictions": 0 })));
    let metrics = server.metrics().await;
    for line in [r#"clutch_outcomes_total{became="pending"} 1"#, r#"clutch_outcomes_total{became="contradicts"} 1"#] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
}

#[tokio::test]
async fn what_cannot_be_an_outcome_is_refused_with_a_code() {
    let (_dir, server) = server();
    for (body, status, code) in [
        (json!({ "prediction_id": ID }), 422, "invalid_request"),
        (json!({ "prediction_id": ID, "outcome": true, "sure": true }), 422, "invalid_request"),
        (json!({ "prediction_id": "win", "outcome": true }), 422, "invalid_request"),
        (json!({ "endpoint": "wim", "unit": "g", "outcome": true }), 404, "unknown_endpoint"),
        (json!({ "endpoint": "win", "unit": "g", "outcome": 0.5 }), 422, "mistyped_outcome"),
        (json!({ "endpoint": "win", "unit": "g", "outcome": "yes" }), 422, "mistyped_outcome"),
        (json!({ "endpoint": "win", "unit": "g", "outcomes": { "won": 1 } }), 422, "mistyped_outcome"),
        (json!({ "endpoint": "win", "unit": "g", "outcomes": { "lead": 1 } }), 422, "unknown_outcome"),
        (json!({ "prediction_id": ID, "outcome": true, "time": "2099-01-01T00:00:00Z" }), 422, "future_outcome"),
    ] {
        let (found, problem) = tell(&server, &body).await;
        assert_eq!((found, problem["code"].as_str()), (status, Some(code)), "{body}: {problem}");
    }
    let (_, problem) = tell(&server, &json!({ "endpoint": "wim", "unit": "g", "outcome": true })).await;
    assert_eq!(problem["nearest"], "win");
}

#[tokio::test]
async fn tables_that_cannot_be_written_are_no_reason_to_lose_an_outcome() {
    let dir = tempfile::tempdir().expect("folder");
    // A folder is no file of tables.
    let tables = Some(TablesPlace::File(dir.path().to_path_buf()));
    let server = Server::new(Parts { tables, ..Parts::default() });
    let (status, problem) = tell(&server, &json!({ "prediction_id": ID, "outcome": true })).await;
    assert_eq!((status, &problem["code"]), (503, &json!("outcomes_unavailable")));
}

#[tokio::test]
async fn without_a_log_there_are_no_outcomes() {
    let server = Server::new(Parts::default());
    let (status, problem) = tell(&server, &json!({ "prediction_id": ID, "outcome": true })).await;
    assert_eq!((status, &problem["code"]), (404, &json!("no_prediction_log")));
}
