//! Reference values: scikit-learn 1.9.1 (`log_loss`, `brier_score_loss`, `roc_auc_score`, `accuracy_score`,
//! `root_mean_squared_error`, `mean_absolute_error`, `r2_score`); the calibration error by its definition in NumPy 2.4.6.

use features::project::Task;
use proptest::prelude::*;

use super::*;

const LABELS: [f64; 12] = [1., 0., 1., 1., 0., 0., 1., 0., 1., 0., 1., 1.];
const PROBABILITIES: [f64; 12] = [0.9, 0.1, 0.8, 0.35, 0.35, 0.0, 1.0, 0.62, 0.5, 0.5, 0.05, 0.77];
const MARGINS: [f64; 10] = [3., -7., 10., 14., -3., 0., 21., -28., 6., 1.];
const FORECASTS: [f64; 10] = [2.5, -3., 7.25, 10., -8., 1.5, 13., -17., 0., 4.];

fn classification<'a>(labels: &'a [f64], predictions: &'a [f64]) -> Sample<'a> {
    Sample::new(Task::Classification, labels, predictions).unwrap()
}

fn regression<'a>(labels: &'a [f64], predictions: &'a [f64]) -> Sample<'a> {
    Sample::new(Task::Regression, labels, predictions).unwrap()
}

#[track_caller]
fn close(got: f64, expected: f64) {
    assert!((got - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{got:?} is not {expected:?}");
}

/// 5,000 rows with ties, by a formula that the reference script shares.
fn many_rows() -> (Vec<f64>, Vec<f64>) {
    let row = |i: u32| {
        let probability = f64::from(i * 7919 % 1000) / 1000.0;
        let draw = f64::from(u32::try_from(u64::from(i) * 104_729 % 1009).unwrap()) / 1009.0;
        (f64::from(u8::from(draw < probability * 0.8 + 0.1)), probability)
    };
    (0..5000).map(row).unzip()
}

#[test]
fn classification_metrics_agree_with_scikit_learn() {
    let sample = classification(&LABELS, &PROBABILITIES);
    close(log_loss(&sample), 0.6271204206909159);
    close(brier(&sample), 0.20373333333333335);
    close(auc(&sample).unwrap(), 0.7714285714285714);
    close(accuracy(&sample), 0.6666666666666666);
    close(ece(&sample), 0.20833333333333337);
}

#[test]
fn classification_metrics_agree_with_scikit_learn_on_many_rows() {
    let (labels, probabilities) = many_rows();
    let sample = classification(&labels, &probabilities);
    close(log_loss(&sample), 0.607896609904619);
    close(brier(&sample), 0.2003355);
    close(auc(&sample).unwrap(), 0.7659982809555992);
    close(accuracy(&sample), 0.699);
    close(ece(&sample), 0.0508);
}

#[test]
fn regression_metrics_agree_with_scikit_learn() {
    let sample = regression(&MARGINS, &FORECASTS);
    close(rmse(&sample), 5.450344025839103);
    close(mae(&sample), 4.575);
    close(r2(&sample).unwrap(), 0.8138822755466449);
}

#[test]
fn certainty_that_errs_has_a_finite_price() {
    close(log_loss(&classification(&[1.0, 0.0], &[0.0, 1.0])), 36.04365338911715);
    close(log_loss(&classification(&[1.0, 0.0], &[1.0, 0.0])), 2.220446049250313e-16);
}

#[test]
fn what_is_undefined_is_absent() {
    let one_class = classification(&[1.0, 1.0, 1.0], &[0.2, 0.5, 0.9]);
    assert_eq!(auc(&one_class), None);
    let evaluation = evaluate(&one_class, &Groups::each_row(3), &[], &Resampling::new(0)).unwrap();
    assert_eq!(evaluation.metrics.keys().collect::<Vec<_>>(), ["log_loss", "brier", "accuracy", "ece"]);
    assert_eq!(r2(&regression(&[2.0, 2.0], &[1.0, 3.0])), None);
}

#[test]
fn zero_and_minus_zero_tie() {
    close(auc(&classification(&[1.0, 0.0], &[-0.0, 0.0])).unwrap(), 0.5);
}

#[test]
fn bad_samples_are_refused_with_the_row() {
    let refused = |task, labels: &[f64], predictions: &[f64]| Sample::new(task, labels, predictions).unwrap_err();
    let (class, number) = (Task::Classification, Task::Regression);
    assert_eq!(refused(class, &[], &[]), EvaluationError::Empty);
    assert!(matches!(refused(class, &[1.0], &[0.5, 0.5]), EvaluationError::Lengths { rows: 1, found: 2, .. }));
    assert!(matches!(
        refused(number, &[1.0, f64::NAN], &[1.0, 1.0]),
        EvaluationError::NotFinite { what: "label", row: 1, .. }
    ));
    assert!(matches!(
        refused(number, &[1.0], &[f64::INFINITY]),
        EvaluationError::NotFinite { what: "prediction", row: 0, .. }
    ));
    assert_eq!(refused(class, &[1.0, 2.0], &[0.5, 0.5]), EvaluationError::Label { row: 1, value: 2.0 });
    assert_eq!(refused(class, &[1.0], &[1.1]), EvaluationError::Probability { row: 0, value: 1.1 });
}

#[test]
fn a_model_equals_itself() {
    let sample = classification(&LABELS, &PROBABILITIES);
    let reference = Reference { name: "self", predictions: &PROBABILITIES };
    let evaluation = evaluate(&sample, &Groups::each_row(12), &[reference], &Resampling::new(1)).unwrap();
    let report = &evaluation.references["self"];
    assert_eq!((report.rows, &report.metrics), (12, &evaluation.metrics));
    let nothing = Estimate { mean: 0.0, interval: Some(Interval { low: 0.0, high: 0.0 }) };
    assert!(report.differences.values().all(|d| *d == nothing), "{report:?}");
    assert_eq!(report.differences.keys().collect::<Vec<_>>(), ["log_loss", "brier"]);
}

#[test]
fn a_better_model_has_a_difference_below_zero() {
    let sample = regression(&MARGINS, &FORECASTS);
    let reference = Reference { name: "always_zero", predictions: &[0.0; 10] };
    let evaluation = evaluate(&sample, &Groups::each_row(10), &[reference], &Resampling::new(1)).unwrap();
    let differences = &evaluation.references["always_zero"].differences;
    assert_eq!(differences.keys().collect::<Vec<_>>(), ["mse", "mae"]);
    close(differences["mae"].mean, 4.575 - 9.3);
    let interval = differences["mae"].interval.unwrap();
    assert!(interval.low < -4.725 && -4.725 < interval.high && interval.high < 0.0, "{interval:?}");
}

#[test]
fn a_reference_is_compared_where_it_predicts() {
    let theirs: Vec<f64> = PROBABILITIES.iter().enumerate().map(|(i, p)| if i < 6 { *p } else { f64::NAN }).collect();
    let sample = classification(&LABELS, &PROBABILITIES);
    let references =
        [Reference { name: "half", predictions: &theirs }, Reference { name: "silent", predictions: &[f64::NAN; 12] }];
    let evaluation = evaluate(&sample, &Groups::each_row(12), &references, &Resampling::new(1)).unwrap();
    let half = classification(&LABELS[..6], &PROBABILITIES[..6]);
    assert_eq!(evaluation.references["half"].rows, 6);
    close(evaluation.references["half"].metrics["log_loss"], log_loss(&half));
    assert_eq!(evaluation.references["silent"], ReferenceReport::default());
}

#[test]
fn a_reference_may_be_a_rounding_error_outside_of_probability() {
    let sample = classification(&[0.0, 1.0], &[0.25, 0.75]);
    let judge = |theirs: &[f64]| {
        let reference = Reference { name: "theirs", predictions: theirs };
        evaluate(&sample, &Groups::each_row(2), &[reference], &Resampling::new(1))
    };
    assert_eq!(judge(&[-1.9e-8, 1.000_000_1]).unwrap(), judge(&[0.0, 1.0]).unwrap());
    let error = judge(&[0.0, 1.1]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "reference `theirs`: the prediction of row 1 is 1.1; a probability lies between 0 and 1"
    );
}

#[test]
fn a_reference_report_is_flat_in_json_and_reads_back() {
    let interval = Some(Interval { low: -0.002, high: 0.0037 });
    let report = ReferenceReport {
        rows: 2,
        metrics: [("log_loss".to_owned(), 0.5)].into_iter().collect(),
        differences: [("log_loss".to_owned(), Estimate { mean: 0.0009, interval })].into_iter().collect(),
    };
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(
        text,
        r#"{"rows":2,"log_loss":0.5,"paired_log_loss_difference":{"mean":0.0009,"low":-0.002,"high":0.0037}}"#
    );
    assert_eq!(serde_json::from_str::<ReferenceReport>(&text).unwrap(), report);
}

#[test]
fn groups_are_numbered_as_they_appear() {
    let groups = Groups::by_key(["b", "a", "b", "c", "a"]);
    assert_eq!((groups.count(), groups.rows()), (3, 5));
    assert_eq!(groups.of_rows().collect::<Vec<_>>(), [0, 1, 0, 2, 1]);
    assert_eq!(groups.rows_by_group(), (vec![0, 2, 4, 5], vec![0, 2, 1, 4, 3]));
}

proptest! {
    /// The definition, pair by pair.
    #[test]
    fn auc_counts_concordant_pairs(rows in prop::collection::vec((any::<bool>(), 0..6_u8), 1..40)) {
        let labels: Vec<f64> = rows.iter().map(|r| f64::from(u8::from(r.0))).collect();
        let scores: Vec<f64> = rows.iter().map(|r| f64::from(r.1) / 5.0).collect();
        let (mut concordant, mut pairs) = (0.0, 0.0);
        for (i, positive) in rows.iter().enumerate().filter(|(_, r)| r.0) {
            for (j, _) in rows.iter().enumerate().filter(|(_, r)| !r.0) {
                pairs += 1.0;
                concordant += if scores[j] < scores[i] { 1.0 } else if positive.1 == rows[j].1 { 0.5 } else { 0.0 };
            }
        }
        let expected = if pairs == 0.0 { None } else { Some(concordant / pairs) };
        prop_assert_eq!(auc(&classification(&labels, &scores)), expected);
    }
}
