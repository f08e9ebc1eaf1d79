use features::project::{Algorithm, Task};
use models::artifact::{Isotonic, Platt};

use super::*;
use crate::algorithm;
use crate::fixture::Rectangle;

fn point(margin: f64, label: bool) -> Point {
    Point { margin, label: f64::from(u8::from(label)), weight: 1.0 }
}

fn applied(calibration: Calibration, margin: f64) -> f64 {
    let mut margins = [margin];
    calibration.apply(&mut margins);
    margins[0]
}

#[test]
fn platt_finds_the_least_log_loss() {
    let points: Vec<Point> = (0..8).map(|i| point(f64::from(i) - 3.0, [0, 2, 3].iter().all(|x| *x != i))).collect();
    let platt = platt::fit(&points).unwrap();
    let gradient = points.iter().fold([0.0, 0.0], |[a, b], p| {
        let target = if p.label > 0.5 { 6.0 / 7.0 } else { 1.0 / 5.0 };
        let rest = applied(Calibration::Platt(platt), p.margin) - target;
        [a + rest, b + rest * p.margin]
    });
    assert!(gradient.iter().all(|g| g.abs() < 1e-8), "{gradient:?}");
    assert!(platt.slope() > 0.0);
}

#[test]
fn margins_that_tell_nothing_give_the_share_of_true() {
    let share = (3.0_f64 + 1.0) / (5.0 + 2.0);
    for margins in [[1.0; 5], [5.0, 4.0, 1.0, 0.5, 0.0]] {
        let points: Vec<Point> = margins.iter().enumerate().map(|(i, m)| point(*m, i > 1)).collect();
        let platt = platt::fit(&points).unwrap();
        assert_eq!(platt.slope(), 0.0);
        assert!((applied(Calibration::Platt(platt), 2.0) - share).abs() < 1e-12);
    }
}

#[test]
fn isotonic_pools_what_falls() {
    let labels = [false, true, false, false, true, true, false, true, true, true];
    let points = labels.iter().zip(0_u8..).map(|(label, i)| point(f64::from(i), *label)).collect();
    let isotonic = isotonic::fit(points).unwrap();
    // By hand: 0 | 1,0,0 → 1/3 | 1,1,0 → 2/3 | 1 | 1 | 1; certainty is taken from the ends.
    let expected = Isotonic::new(
        vec![0.0, 1.0, 3.0, 4.0, 6.0, 7.0, 9.0],
        vec![0.25, 1.0 / 3.0, 1.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0, 0.875, 0.875],
    )
    .unwrap();
    assert_eq!(isotonic.margins(), expected.margins());
    for (found, expected) in isotonic.probabilities().iter().zip(expected.probabilities()) {
        assert!((found - expected).abs() < 1e-12, "{isotonic:?}");
    }
}

#[test]
fn equal_margins_become_one_point() {
    let isotonic = isotonic::fit(vec![point(1.0, true), point(1.0, false), point(1.0, true)]).unwrap();
    assert_eq!((isotonic.margins(), isotonic.probabilities()), (&[1.0][..], &[2.0 / 3.0][..]));
}

#[test]
fn a_model_that_is_too_sure_is_held_back() {
    let table = Rectangle::new(600, 11);
    let training = table.training(Task::Classification);
    let sure = features::project::Boosting {
        trees: 80,
        learning_rate: 1.0,
        min_leaf_weight: 0.5,
        ..features::project::Boosting::default()
    };
    let of_others = |rows: &[usize]| {
        let fitted = algorithm::fit(&Algorithm::Boosting(sure.clone()), &TrainingRows { rows, ..training });
        fitted.map(|fitted| predictor_of(&fitted.native))
    };
    let calibration = fit(CalibrationMethod::Platt, &training, &of_others).unwrap();
    let Calibration::Platt(platt) = calibration else { unreachable!("Platt was asked for") };
    assert!(platt.slope() < 0.8, "{platt:?}");
    assert_ne!(platt, Platt::new(0.0, 1.0).unwrap());
}

#[test]
fn one_group_cannot_calibrate() {
    let table = Rectangle::new(50, 1);
    let groups = vec![0; 50];
    let training = TrainingRows { groups: &groups, ..table.training(Task::Classification) };
    let of_others = |rows: &[usize]| {
        let fitted = algorithm::fit(&Algorithm::Logistic { l2: 1.0 }, &TrainingRows { rows, ..training });
        fitted.map(|fitted| predictor_of(&fitted.native))
    };
    let refused = fit(CalibrationMethod::Isotonic, &training, &of_others);
    assert!(matches!(refused, Err(CalibrationError::OneGroup)));
}
