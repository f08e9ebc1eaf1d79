//! Streamed predictions of endpoints that explain, by every kind of model.

use features::value::Type;
use models::artifact::{Artifact, Calibration, Platt};
use models::contract::sample;
use models::signature::Feature;
use serde_json::{Value, json};

use super::{Arc, Bench, StreamPlan};
use crate::worker::fixture::{artifact, manifest, play, project_with, served_by};

/// The second prediction of a game: 2 yards, and 6 in the last plays.
fn prediction(by: impl Fn(&features::plan::View) -> Artifact) -> Value {
    let project = project_with(1, "explain = true\n");
    let routes = served_by(&project, by(&project.views["form"]));
    let plan = StreamPlan::new(&project, "plays", &routes).expect("plan");
    let bench = Bench::of(Arc::new(plan), 1);
    bench.append(&[play("g1", 1, 10, Some(4.0)), play("g1", 2, 20, Some(2.0))]);
    bench.drain();
    bench.predictions().swap_remove(1)
}

#[test]
fn linear_models_say_what_each_feature_adds() {
    let explanation = r#"{"base":0.5,"contributions":{"yards":0.5,"recent":-0.75},"margin":0.25}"#;
    assert_eq!(prediction(|view| artifact(view, 0.5))["explanation"].to_string(), explanation);
}

#[test]
fn calibrated_models_explain_the_margin_before_calibration() {
    let calibration = Calibration::Platt(Platt::new(0.0, 3.0).expect("a calibration"));
    let calibrated = prediction(|view| artifact(view, 0.5).calibrated(calibration.clone()).expect("a classification"));
    assert_eq!(calibrated["explanation"]["margin"], 0.25);
    let probability = calibrated["outputs"]["probability"].as_f64().expect("a number");
    assert!((probability - 1.0 / (1.0 + (-0.75_f64).exp())).abs() < 1e-12, "{probability}");
}

#[test]
fn trees_give_shapley_values() {
    let explained = prediction(|view| sample::version(manifest(view), sample::tree(2, [0, 1])));
    let explanation = &explained["explanation"];
    assert_eq!((&explanation["base"], &explanation["margin"]), (&json!(1.25), &json!(3.25)));
    // Both orders of the two features, weighed alike: ½ (5/3 − 1 + 3 − 2) and ½ (2 − 1 + 3 − 5/3).
    for (feature, expected) in [("yards", 5.0 / 6.0), ("recent", 7.0 / 6.0)] {
        let found = explanation["contributions"][feature].as_f64().expect("a number");
        assert!((found - expected).abs() < 1e-12, "{feature}: {found}");
    }
}

#[test]
fn a_family_explains_by_the_member_that_predicted() {
    let per = || Feature::new("play", Type::Int);
    let family = |members: &[(&str, f64, &[f64])]| {
        prediction(|view| sample::family(manifest(view), per(), (0.5, &[0.25, 0.0]), members))
    };
    let own = family(&[("2", 1.0, &[1.0, 0.5])]);
    assert_eq!(own["member"], "2");
    let explanation = r#"{"base":1.0,"contributions":{"yards":2.0,"recent":3.0,"play":0.0},"margin":6.0}"#;
    assert_eq!(own["explanation"].to_string(), explanation);
    let general = family(&[("7", 1.0, &[1.0, 0.5])]);
    assert_eq!(general.get("member"), Some(&Value::Null));
    let explanation = r#"{"base":0.5,"contributions":{"yards":0.5,"recent":0.0,"play":0.0},"margin":1.0}"#;
    assert_eq!(general["explanation"].to_string(), explanation);
}
