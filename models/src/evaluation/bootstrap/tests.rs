use features::project::Task;
use proptest::prelude::*;

use super::*;
use crate::evaluation::evaluate::statistic;
use crate::evaluation::{Groups, Metric, Sample, evaluate};

/// Labels, predictions and groups of some rows.
#[derive(Debug, Clone)]
struct Rows {
    labels: Vec<f64>,
    predictions: Vec<f64>,
    groups: Vec<u8>,
}

fn classification_rows() -> impl Strategy<Value = Rows> {
    let row = (any::<bool>(), 0.0..=1.0_f64, 0..6_u8);
    prop::collection::vec(row, 1..60).prop_map(|rows| Rows {
        labels: rows.iter().map(|r| f64::from(u8::from(r.0))).collect(),
        predictions: rows.iter().map(|r| (r.1 * 20.0).round() / 20.0).collect(),
        groups: rows.iter().map(|r| r.2).collect(),
    })
}

fn regression_rows() -> impl Strategy<Value = Rows> {
    let row = (-50.0..50.0_f64, -50.0..50.0_f64, 0..6_u8);
    prop::collection::vec(row, 1..60).prop_map(|rows| Rows {
        labels: rows.iter().map(|r| r.0).collect(),
        predictions: rows.iter().map(|r| r.1).collect(),
        groups: rows.iter().map(|r| r.2).collect(),
    })
}

/// What a statistic says of a resample is what its metric says of the resample written out row by row.
fn resamples_as_if_written_out(task: Task, rows: &Rows, counts: &[u32]) -> Result<(), TestCaseError> {
    let groups = Groups::by_key(&rows.groups);
    let counts = &counts[..groups.count()];
    let sample = Sample::new(task, &rows.labels, &rows.predictions).unwrap();
    let repeated = sample.pairs().zip(groups.of_rows()).flat_map(|(pair, g)| vec![pair; counts[g] as usize]);
    let (labels, predictions): (Vec<f64>, Vec<f64>) = repeated.unzip();
    for &metric in Metric::of(task) {
        let lanes: Vec<Lanes> = counts.iter().map(|count| [f64::from(*count); LANES]).collect();
        let got = Some(statistic(metric, &sample, &groups).values(&lanes)[LANES - 1]).filter(|x| !x.is_nan());
        let written_out = Sample::new(task, &labels, &predictions).ok();
        match (got, written_out.and_then(|s| metric.of_sample(&s))) {
            // A variance of nothing but rounding errors may be told from 0 or not.
            (Some(_), None) | (None, Some(_)) if metric == Metric::R2 => {}
            (Some(a), Some(b)) if metric == Metric::R2 && b < -1e6 => prop_assert!(a < -1e5),
            (Some(a), Some(b)) => prop_assert!((a - b).abs() <= 1e-8 * b.abs().max(1.0), "{metric:?}: {a}, not {b}"),
            (a, b) => prop_assert_eq!(a, b, "{:?}", metric),
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn statistics_of_resamples_are_metrics(
        class in classification_rows(),
        number in regression_rows(),
        counts in prop::collection::vec(0..4_u32, 6),
    ) {
        resamples_as_if_written_out(Task::Classification, &class, &counts)?;
        resamples_as_if_written_out(Task::Regression, &number, &counts)?;
    }

    #[test]
    fn a_draw_has_as_many_groups_as_there_are(seed: u64, resample in 0..5000_usize, groups in 1..200_u16) {
        let mut counts = vec![[9.0; LANES]; usize::from(groups)];
        draw(seed, resample, &mut counts);
        for lane in 0..LANES {
            prop_assert_eq!(counts.iter().map(|count| count[lane]).sum::<f64>(), f64::from(groups));
        }
    }
}

fn wave(rows: u32) -> Rows {
    let probability = |i: u32| 0.5 + 0.4 * (f64::from(i) * 0.7).sin();
    let happened = |i: u32| f64::from(i.wrapping_mul(2_654_435_761) >> 8) / f64::from(1_u32 << 24) < probability(i);
    Rows {
        labels: (0..rows).map(|i| f64::from(u8::from(happened(i)))).collect(),
        predictions: (0..rows).map(probability).collect(),
        groups: (0..rows).map(|i| u8::try_from(i % 200).unwrap()).collect(),
    }
}

fn statistics_of(rows: &Rows, groups: &Groups) -> Vec<Box<dyn Statistic>> {
    let sample = Sample::new(Task::Classification, &rows.labels, &rows.predictions).unwrap();
    Metric::of(Task::Classification).iter().map(|m| statistic(*m, &sample, groups)).collect()
}

#[test]
fn the_number_of_cores_changes_nothing() {
    let rows = wave(1000);
    let groups = Groups::by_key(&rows.groups);
    let statistics = statistics_of(&rows, &groups);
    let resampling = Resampling { resamples: 50, ..Resampling::new(7) };
    let on = |cores| intervals_on(cores, groups.count(), &resampling, &statistics);
    for cores in [2, 3, 7, 60] {
        assert_eq!(on(1), on(cores));
    }
}

#[test]
fn the_seed_decides() {
    let rows = wave(1000);
    let groups = Groups::by_key(&rows.groups);
    let statistics = statistics_of(&rows, &groups);
    let with = |seed| intervals(groups.count(), &Resampling::new(seed), &statistics);
    assert_eq!(with(7), with(7));
    assert_ne!(with(7), with(8));
}

/// Pinned: the same data and seed give the same interval in every version, on every machine.
#[test]
fn draws_are_pinned() {
    let of_resample_3 = |first: usize| {
        let mut counts = [[0.0; LANES]; 10];
        draw(42, first, &mut counts);
        counts.map(|count| count[3 - first])
    };
    assert_eq!(of_resample_3(0), [0.0, 0.0, 1.0, 1.0, 1.0, 4.0, 0.0, 2.0, 0.0, 1.0]);
    assert_eq!(of_resample_3(3), of_resample_3(0), "wherever its batch begins");
}

/// For a mean over many independent rows, the percentile interval is the normal one: mean ± 1.96 standard errors.
#[test]
fn the_interval_of_a_mean_is_the_normal_one() {
    let rows = wave(4000);
    let sample = Sample::new(Task::Classification, &rows.labels, &rows.predictions).unwrap();
    let evaluation = evaluate(&sample, &Groups::each_row(4000), &[], &Resampling::new(5)).unwrap();
    let mean = evaluation.metrics["brier"];
    let variance = sample.mean_of(|y, p| ((p - y).powi(2) - mean).powi(2));
    let half_width = 1.96 * (variance / 4000.0).sqrt();
    let interval = evaluation.intervals["brier"];
    let relative = |a: f64, b: f64| (a - b).abs() / half_width;
    assert!(relative(interval.low, mean - half_width) < 0.1 && relative(interval.high, mean + half_width) < 0.1);
}

/// Rows that are copies of each other tell no more than one of them does.
#[test]
fn rows_that_share_fate_widen_the_interval() {
    let rows = wave(500);
    let fourfold = |x: &[f64]| x.iter().flat_map(|x| [*x; 4]).collect::<Vec<_>>();
    let (labels, predictions) = (fourfold(&rows.labels), fourfold(&rows.predictions));
    let sample = Sample::new(Task::Classification, &labels, &predictions).unwrap();
    let width = |groups: &Groups| {
        let interval = evaluate(&sample, groups, &[], &Resampling::new(5)).unwrap().intervals["log_loss"];
        interval.high - interval.low
    };
    let ratio = width(&Groups::by_key((0..2000).map(|row| row / 4))) / width(&Groups::each_row(2000));
    assert!((1.8..2.2).contains(&ratio), "{ratio} is not about 2");
}

#[test]
fn one_group_tells_nothing_of_others() {
    let sample = Sample::new(Task::Regression, &[1.0, 2.0, 4.0], &[1.0, 1.0, 1.0]).unwrap();
    let theirs = crate::evaluation::Reference { name: "theirs", predictions: &[0.0; 3] };
    let evaluation = evaluate(&sample, &Groups::by_key([7, 7, 7]), &[theirs], &Resampling::new(0)).unwrap();
    assert!(evaluation.intervals.is_empty());
    assert!(evaluation.references["theirs"].differences.values().all(|d| d.interval.is_none()));
}

#[test]
fn a_statistic_that_is_often_undefined_has_no_interval() {
    let labels: Vec<f64> = (0..50).map(|i| f64::from(u8::from(i == 0))).collect();
    let sample = Sample::new(Task::Classification, &labels, &[0.5; 50]).unwrap();
    let evaluation = evaluate(&sample, &Groups::each_row(50), &[], &Resampling::new(0)).unwrap();
    assert_eq!(evaluation.metrics["auc"], 0.5);
    assert!(!evaluation.intervals.contains_key("auc"), "a third of the resamples lack the only TRUE");
    assert!(evaluation.intervals.contains_key("log_loss"));
}

/// NumPy 2.4.6: numpy.percentile([1, 2, 4, 8, 16], [2.5, 50, 97.5]).
#[test]
fn percentiles_agree_with_numpy() {
    let sorted = [1.0, 2.0, 4.0, 8.0, 16.0];
    for (share, expected) in [(0.025, 1.1), (0.5, 4.0), (0.975, 15.2), (0.0, 1.0), (1.0, 16.0)] {
        assert!((percentile(&sorted, share).unwrap() - expected).abs() < 1e-12);
    }
    assert_eq!(percentile(&[], 0.5), None);
}
