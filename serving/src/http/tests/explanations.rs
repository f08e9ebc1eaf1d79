//! Explanations over HTTP, of one row and of a batch, by every kind of model.

use features::value::Type;
use models::artifact::{Artifact, Calibration, Platt};
use models::contract::sample;
use models::registry::Registry;
use models::signature::Feature;
use serde_json::{Value, json};

use super::support::Server;
use crate::fixture;

fn logistic(margin: f64) -> f64 {
    1.0 / (1.0 + (-margin).exp())
}

fn features(lead: i64, lead_before: i64, ahead: bool) -> Value {
    json!({ "lead": lead, "time": null, "ahead": ahead, "lead_before": lead_before })
}

/// What version 2 of `win`, which is this, answers: asked alone, and as a row of a batch, which must be the same.
async fn explained(by: impl Fn(&Server) -> Artifact, rows: &[Value]) -> Vec<Value> {
    let server = Server::with_history();
    server.registry.publish(&by(&server)).expect("publish");
    let batch = json!({ "model": "win/2", "features": rows, "explain": true }).to_string();
    let (status, batch) = server.post("/predict/batch", batch).await;
    assert_eq!((status, &batch["failed"]), (200, &json!(0)), "{batch}");
    let mut answers = Vec::new();
    for (row, of_batch) in rows.iter().zip(batch["results"].as_array().expect("rows")) {
        let alone = json!({ "model": "win/2", "features": row, "explain": true }).to_string();
        let (status, alone) = server.predict(&alone).await;
        assert_eq!(status, 200, "{alone}");
        for member in ["outputs", "explanation", "member"] {
            assert_eq!(alone.get(member), of_batch.get(member), "{member}");
        }
        answers.push(alone);
    }
    answers
}

#[track_caller]
fn assert_probability(answer: &Value, expected: f64) {
    let probability = answer["outputs"]["probability"].as_f64().expect("a probability");
    assert!((probability - expected).abs() < 1e-12, "{probability} is not {expected}");
}

#[tokio::test]
async fn an_explanation_says_what_each_feature_adds() {
    let server = Server::with_history();
    let features = r#""features":{"lead":2,"time":null,"ahead":true,"lead_before":4}"#;
    let (status, body) = server.predict(&format!(r#"{{"endpoint":"win",{features},"explain":true}}"#)).await;
    assert_eq!(status, 200, "{body}");
    let explanation = &body["explanation"];
    let contributions = json!({ "lead": 0.2, "time": 0.0, "ahead": 0.0, "lead_before": 0.2 });
    assert_eq!(explanation["contributions"], contributions);
    assert_eq!(explanation["base"], 0.0);
    assert_probability(&body, logistic(explanation["margin"].as_f64().expect("a margin")));
    let (_, silent) = server.predict(&format!(r#"{{"endpoint":"win",{features}}}"#)).await;
    assert_eq!(silent.get("explanation"), None);
}

#[tokio::test]
async fn every_row_of_a_batch_is_explained() {
    let server = Server::with_history();
    let row = |lead: i64| features(lead, 0, false);
    let body = json!({ "endpoint": "win", "features": [row(1), { "lead": 1 }, row(3)], "explain": true });
    let (status, body) = server.post("/predict/batch", body.to_string()).await;
    assert_eq!(status, 200, "{body}");
    let leads =
        [0, 2].map(|row| body["results"][row]["explanation"]["contributions"]["lead"].as_f64().expect("a number"));
    assert!((leads[0] - 0.1).abs() < 1e-12 && (leads[1] - 0.3).abs() < 1e-12, "{body}");
}

#[tokio::test]
async fn calibrated_models_explain_the_margin_before_calibration() {
    let calibration = Calibration::Platt(Platt::new(-1.0, 2.0).expect("a calibration"));
    let calibrated =
        |server: &Server| fixture::artifact(&server.project, "win", 0.0).calibrated(calibration.clone()).expect("ours");
    let answer = explained(calibrated, &[features(2, 4, false)]).await.remove(0);
    assert_eq!(answer["explanation"]["contributions"]["lead"], 0.2);
    let margin = answer["explanation"]["margin"].as_f64().expect("a margin");
    assert!((margin - 0.4).abs() < 1e-12, "{margin}");
    assert_probability(&answer, logistic(-1.0 + 2.0 * margin));
}

#[tokio::test]
async fn trees_give_shapley_values() {
    let by = |server: &Server| {
        let (manifest, _) = fixture::manifest_over(server.project.views.get("score").expect("view"), "win");
        sample::version(manifest, sample::tree(4, [0, 3]))
    };
    // Both orders of the two features, weighed alike; of two missing inputs both go left, where a missing lead ends.
    let rows = [features(2, 7, true), json!({ "lead": null, "time": 1, "ahead": null, "lead_before": 7 })];
    let answers = explained(by, &rows).await;
    for (answer, margin, lead, lead_before) in [
        (&answers[0], 3.25, 5.0 / 6.0, 7.0 / 6.0),
        // ½ (−1 − 1 + −1 − 2) and ½ (2 − 1 + −1 + 1): what the tree knows of lead_before alone counts half.
        (&answers[1], -0.75, -2.5, 0.5),
    ] {
        let explanation = &answer["explanation"];
        assert_eq!((&explanation["base"], &explanation["margin"]), (&json!(1.25), &json!(margin)), "{explanation}");
        for (feature, expected) in [("lead", lead), ("time", 0.0), ("ahead", 0.0), ("lead_before", lead_before)] {
            let found = explanation["contributions"][feature].as_f64().expect("a number");
            assert!((found - expected).abs() < 1e-12, "{feature}: {found}, not {expected}");
        }
        assert_probability(answer, logistic(margin));
    }
}

#[tokio::test]
async fn a_family_explains_by_the_member_that_predicted() {
    let by = |server: &Server| {
        let (mut manifest, features) = fixture::manifest_over(server.project.views.get("score").expect("view"), "win");
        manifest.signature.features = features.into_iter().filter(|feature| feature.name != "ahead").collect();
        let per = Feature::new("ahead", Type::Bool);
        sample::family(manifest, per, (0.0, &[0.125, 0.0, 0.0]), &[("true", 1.0, &[0.5, 0.0, 0.25])])
    };
    let answers = explained(by, &[features(2, 4, true), features(2, 4, false)]).await;
    assert_eq!(answers[0]["member"], "true");
    let contributions = json!({ "lead": 1.0, "time": 0.0, "lead_before": 1.0, "ahead": 0.0 });
    assert_eq!(answers[0]["explanation"], json!({ "base": 1.0, "contributions": contributions, "margin": 3.0 }));
    assert_eq!(answers[1].get("member"), Some(&Value::Null), "the general model");
    let contributions = json!({ "lead": 0.25, "time": 0.0, "lead_before": 0.0, "ahead": 0.0 });
    assert_eq!(answers[1]["explanation"], json!({ "base": 0.0, "contributions": contributions, "margin": 0.25 }));
}
