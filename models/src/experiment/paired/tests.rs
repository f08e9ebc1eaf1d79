use features::project::Task;

use super::distribution::{ks, psi};
use super::mcnemar::McNemar;
use super::*;
use crate::experiment::PairedObservation;
use crate::experiment::simulation::Chance;

/// Games of five plays; the challenger is wrong by much more where the third quarter is played.
fn report(games: u64, better: f64) -> ShadowReport {
    let mut spec = PairedSpec::new("logistic/1".to_owned(), "boosted/2".to_owned(), Task::Classification);
    spec.features = vec!["noise".to_owned(), "quarter".to_owned()];
    let mut tally = PairedTally::new(spec);
    let mut chance = Chance::new(3, 1);
    for game in 0..games {
        for play in 0..5 {
            let truth = chance.uniform();
            let outcome = f64::from(u8::from(chance.happens(truth)));
            let quarter = chance.whole(1, 4) as f64;
            let champion = 0.5 + 0.5 * (truth - 0.5);
            let wrong = if quarter == 3.0 { 0.3 } else { 0.02 };
            let challenger =
                (champion + better * (truth - champion) + wrong * (chance.uniform() - 0.5)).clamp(0.0, 1.0);
            tally.push(&PairedObservation {
                unit: &format!("g{game}"),
                id: &format!("g{game}/{play}"),
                champion: Some(champion),
                challenger: Some(challenger),
                outcome: Some(outcome),
                champion_latency_us: Some(500.0 + 100.0 * chance.uniform()),
                challenger_latency_us: Some(1000.0 + 200.0 * chance.uniform()),
                features: &[chance.uniform(), quarter],
            });
        }
    }
    ShadowReport::new(tally)
}

#[test]
fn a_better_version_is_seen_on_the_same_requests() {
    let report = report(1000, 1.0);
    let brier = report.metrics.iter().find(|metric| metric.metric == "brier").unwrap();
    assert!(brier.always_valid.unwrap().high < 0.0, "{brier:?}");
    assert!(brier.corrected_p_value.unwrap() < 0.01);
    assert!((brier.challenger - brier.champion - brier.difference).abs() < 1e-12);
    let unbiased = [&report.champion, &report.challenger].map(|side| side.calibration_error_unbiased.unwrap());
    assert!(unbiased[1] < unbiased[0], "{unbiased:?}");
    let mcnemar = report.mcnemar.unwrap();
    assert_eq!(mcnemar.rows(), 5000.0);
}

#[test]
fn what_explains_disagreement_comes_first() {
    let report = report(400, 0.0);
    assert_eq!(report.explanations[0].feature, "quarter");
    assert!(0.1 < report.explanations[0].explains, "{:?}", report.explanations);
    assert!(report.explanations.iter().all(|e| e.feature != "noise" || e.explains < 0.01));
}

#[test]
fn agreement_latency_and_examples_are_told() {
    let report = report(400, 0.0);
    let agreement = report.agreement.unwrap();
    assert!(0.9 < agreement.same_call.unwrap() && 0.9 < agreement.correlation.unwrap());
    assert!(agreement.median_absolute < agreement.p90_absolute && agreement.p99_absolute <= agreement.largest * 1.011);
    let latency = report.latency.unwrap();
    assert!(latency.interval.unwrap().low < 2.0 && 2.0 < latency.interval.unwrap().high, "{latency:?}");
    assert_eq!(report.examples.len(), 10);
    let gaps: Vec<_> = report.examples.iter().map(|e| (e.challenger - e.champion).abs()).collect();
    assert!(gaps.is_sorted_by(|a, b| a >= b));
    let units: std::collections::HashSet<_> = report.examples.iter().map(|e| &e.unit).collect();
    assert_eq!(units.len(), 10);
}

/// statsmodels 0.15.0: mcnemar([[101, 121], [59, 33]], exact=True).
#[test]
fn mcnemar_agrees_with_statsmodels() {
    let test = McNemar::new([[33, 59], [121, 101]]);
    assert!((test.p_value / 4.4344492637551645e-06 - 1.0).abs() < 1e-6, "{}", test.p_value);
    assert_eq!(McNemar::new([[1, 4], [4, 1]]).p_value, 1.0);
    assert_eq!(McNemar::new([[0; 2]; 2]).p_value, 1.0);
}

/// SciPy 1.17.1: ks_2samp(…).statistic of the rows that the reference of the clustered standard error uses.
#[test]
fn the_largest_gap_agrees_with_scipy() {
    let mut sides = [Vec::new(), Vec::new()];
    for i in 0..3000_u32 {
        let skewed = (f64::from(i * 7919 % 1000) / 1000.0).powi(3);
        let covariate = f64::from(u32::try_from(u64::from(i) * 104_729 % 1009).unwrap()) / 1009.0;
        let arm = f64::from(i).sqrt().floor() % 2.0;
        sides[usize::from(arm == 1.0)].push(skewed + 0.5 * covariate + 0.05 * arm);
    }
    sides.iter_mut().for_each(|side| side.sort_unstable_by(f64::total_cmp));
    assert!((ks(&sides[0], &sides[1]) - 0.08813548021468813).abs() < 1e-12);
}

/// By its definition: tenths of 0 … 99 against the same halved, whose first half of bins holds everything.
#[test]
fn the_stability_index_is_what_it_is_defined_as() {
    let first: Vec<f64> = (0..100).map(f64::from).collect();
    let second: Vec<f64> = first.iter().map(|x| x / 2.0).collect();
    let expected = 5.0 * (0.1 * 2.0_f64.ln()) + 5.0 * ((0.005 - 0.1) * (0.005_f64 / 0.1).ln());
    assert!((psi(&first, &second) - expected).abs() < 1e-12);
    assert_eq!(psi(&first, &first), 0.0);
}

#[test]
fn requests_without_two_answers_are_counted_and_left_out() {
    let mut tally = PairedTally::new(PairedSpec::new("a".to_owned(), "b".to_owned(), Task::Classification));
    let pair = PairedObservation {
        unit: "u",
        id: "1",
        champion: Some(0.5),
        challenger: None,
        outcome: None,
        champion_latency_us: None,
        challenger_latency_us: None,
        features: &[],
    };
    tally.push(&pair);
    tally.push(&PairedObservation { challenger: Some(1.5), ..pair });
    tally.push(&PairedObservation { challenger: Some(0.6), ..pair });
    let report = ShadowReport::new(tally);
    assert_eq!((report.rows, report.unanswered_by_challenger, report.invalid, report.units), (3, 1, 1, 1));
    assert!(report.metrics.is_empty());
    serde_json::to_string(&report).unwrap();
}
