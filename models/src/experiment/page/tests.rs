use features::project::Task;

use super::{shadow, verdict};
use crate::experiment::paired::{PairedSpec, PairedTally, ShadowReport};
use crate::experiment::{Observation, PairedObservation, Plan, PlanSpec, Tally, Verdict};

fn is_self_contained(page: &str) {
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    for foreign in ["http:", "https:", "<script", "<link", "@import", "url("] {
        assert!(!page.contains(foreign), "{foreign}");
    }
}

#[test]
fn a_shadow_page_needs_nothing_else_and_escapes_what_it_tells() {
    let spec = PairedSpec::new("a<b>/1".to_owned(), "c/2".to_owned(), Task::Classification);
    let mut tally = PairedTally::new(spec);
    for i in 0..400_u32 {
        let score = f64::from(i % 10) / 10.0;
        tally.push(&PairedObservation {
            unit: &format!("<{i}>"),
            id: &format!("<{i}>"),
            champion: Some(score),
            challenger: Some((score + 0.05).min(1.0)),
            outcome: Some(f64::from(u8::from(i % 3 == 0))),
            champion_latency_us: Some(100.0),
            challenger_latency_us: Some(200.0),
            features: &[],
        });
    }
    let page = shadow(&ShadowReport::new(tally));
    is_self_contained(&page);
    assert!(page.contains("a&lt;b&gt;/1") && !page.contains("a<b>"));
    for part in ["id=\"metrics\"", "id=\"agreement\"", "id=\"calibration\"", "id=\"examples\"", "McNemar"] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn a_verdict_page_begins_with_the_decision_and_health() {
    let plan: PlanSpec = serde_json::from_str(
        r#"{"experiment": "boosted", "task": "classification", "arms": ["champion", "boosted"], "periods": [[0.5, 0.5]],
            "primary": "brier", "metrics": ["calibration_error"]}"#,
    )
    .unwrap();
    let plan = Plan::new(plan).unwrap();
    let mut tally = Tally::new(&plan);
    for i in 0..400_u32 {
        let unit = format!("u{i}");
        let mut observation = Observation::new(&unit, (i * 7919 % 10_007 % 2) as usize);
        observation.score = Some(f64::from(i % 10) / 10.0);
        observation.outcome = Some(f64::from(u8::from(i % 3 == 0)));
        tally.push(&observation);
    }
    let page = verdict(&Verdict::new(tally, None));
    is_self_contained(&page);
    let place = |part: &str| page.find(part).unwrap_or_else(|| panic!("{part} is missing"));
    assert!(place("Keep going") < place("id=\"health\"") && place("id=\"health\"") < place("id=\"metric-brier\""));
    place("id=\"calibration\"");
}
