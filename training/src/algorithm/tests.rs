//! Fits against reference values, and fits of bad input.
//!
//! Reference values: scikit-learn 1.9.1, `make_pipeline(SimpleImputer(), StandardScaler(), M)` with M =
//! `LogisticRegression(C=1/l2, tol=1e-12, solver="newton-cholesky")` or `LinearRegression()` on the table of [`table`];
//! coefficients divided by the scaler's scale.

use features::project::{Algorithm, Task};

use super::{FitError, LinearFit, TrainingRows, Warning, fit_linear};
use crate::inputs::Inputs;

/// Five columns, the third nearly half the first, the last with NULLs; a class and a number to predict.
#[expect(clippy::cast_precision_loss, reason = "small whole numbers")]
fn table(rows: usize) -> (Inputs, Vec<f64>, Vec<f64>) {
    let mut columns = vec![Vec::new(); 5];
    let (mut classes, mut numbers) = (Vec::new(), Vec::new());
    for i in 0..rows {
        let a = ((i * 37) % 101) as f64 / 10.0;
        let b = ((i * 53) % 97) as f64 - 48.0;
        let c = a * 0.5 + ((i * 71) % 89) as f64 / 100.0;
        let d = if (i * 29) % 7 > 2 { 1.0 } else { 0.0 };
        let e = if (i * 11) % 13 == 0 { f64::NAN } else { ((i * 17) % 61) as f64 * 1000.0 };
        for (column, value) in columns.iter_mut().zip([a, b, c, d, e]) {
            column.push(value);
        }
        let noise = ((i * 7919 + 13) % 101) as f64;
        let margin = 0.3 * (a - 5.0) - 0.02 * b + 0.8 * d - 0.4;
        classes.push(f64::from(u8::from(noise / 101.0 < 1.0 / (1.0 + (-margin).exp()))));
        numbers.push(2.0 * a - 0.1 * b + 3.0 * d + noise / 50.0);
    }
    (Inputs::new(columns).unwrap(), classes, numbers)
}

fn linear_fit(algorithm: &Algorithm, inputs: &Inputs, labels: &[f64], rows: &[usize]) -> Result<LinearFit, FitError> {
    let task = if *algorithm == Algorithm::Linear { Task::Regression } else { Task::Classification };
    let training = TrainingRows { task, names: &[], inputs, labels, weights: None, groups: &[], rows, seed: 0 };
    if rows.is_empty() { Err(FitError::NoRows) } else { fit_linear(algorithm, &training) }
}

fn all(inputs: &Inputs) -> Vec<usize> {
    (0..inputs.rows()).collect()
}

fn logistic(l2: f64) -> Algorithm {
    Algorithm::Logistic { l2 }
}

#[track_caller]
fn assert_near(fitted: &LinearFit, intercept: f64, coefficients: [f64; 5], sd: [f64; 5]) {
    assert!((fitted.intercept - intercept).abs() < 1e-4, "intercept {} != {intercept}", fitted.intercept);
    for ((got, wanted), sd) in fitted.coefficients.iter().zip(coefficients).zip(sd) {
        // 1e-4 in standardised coefficients: a small unit must not hide an error.
        assert!((got - wanted).abs() * sd < 1e-4, "{got} != {wanted} in {:?}", fitted.coefficients);
    }
}

/// Standard deviations of the table's columns after imputation.
const SD: [f64; 5] = [2.918_009_5, 28.032_380_8, 1.481_556, 0.495_355_2, 16_919.0];

#[test]
fn logistic_agrees_with_scikit_learn() {
    let (inputs, classes, _) = table(500);
    let reference = [
        (
            1.0,
            -1.80804666065619,
            [0.5037204065773216, -0.01923679433270586, -0.3667748239760184, 0.7833467898987994, 2.0975482297583437e-6],
        ),
        (
            10.0,
            -1.8256689541585105,
            [0.22111778247066563, -0.016908021782015753, 0.14554526638648096, 0.6961115154470557, 9.991963206910657e-7],
        ),
        (
            0.01,
            -1.6820353618493586,
            [0.7451359201465345, -0.019899076382854188, -0.8296955134563018, 0.8045886261686841, 2.778011537634508e-6],
        ),
        (
            0.0,
            -1.679792645455212,
            [0.7493474204129896, -0.01990983997887237, -0.8377734042309533, 0.8049254073120192, 2.7894156109326667e-6],
        ),
    ];
    for (l2, intercept, coefficients) in reference {
        let fitted = linear_fit(&logistic(l2), &inputs, &classes, &all(&inputs)).unwrap();
        assert_near(&fitted, intercept, coefficients, SD);
        assert_eq!(fitted.warnings, [], "l2 {l2}");
    }
}

#[test]
fn linear_agrees_with_scikit_learn() {
    let (inputs, _, numbers) = table(500);
    let fitted = linear_fit(&Algorithm::Linear, &inputs, &numbers, &all(&inputs)).unwrap();
    let coefficients =
        [1.866005361344729, -0.10014915029264491, 0.252860966752635, 2.985076707319878, -7.199153439399466e-7];
    assert_near(&fitted, 0.9555293673044218, coefficients, SD);
}

#[test]
fn imputations_are_the_training_means() {
    let (inputs, classes, _) = table(500);
    let fitted = linear_fit(&logistic(1.0), &inputs, &classes, &all(&inputs)).unwrap();
    let reference = [4.9994, -0.204, 2.94232, 0.568, 2.98763557e4];
    for (got, wanted) in fitted.imputation.iter().zip(reference) {
        assert!((got / wanted - 1.0).abs() < 1e-8, "{got} != {wanted}");
    }
}

#[test]
fn a_start_from_a_sample_ends_where_a_cold_start_does() {
    // Above two samples' worth of rows the fit begins on a sample; the optimum is the same table's, whatever the start.
    let (inputs, classes, _) = table(70_000);
    let fitted = linear_fit(&logistic(1.0), &inputs, &classes, &all(&inputs)).unwrap();
    // scikit-learn, as above, on 70,000 rows.
    let coefficients =
        [0.31599269826655557, -0.020490346557587465, 0.002971813632388201, 0.8155915605592938, -2.0706679936063005e-9];
    assert_near(&fitted, -1.9439148964932018, coefficients, SD);
}

#[test]
fn the_same_rows_give_the_same_bits() {
    let (inputs, classes, numbers) = table(20_000);
    let rows = all(&inputs);
    let bits = |fitted: &LinearFit| fitted.coefficients.iter().map(|c| c.to_bits()).collect::<Vec<_>>();
    for (algorithm, labels) in [(logistic(1.0), &classes), (Algorithm::Linear, &numbers)] {
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let many = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
        let one = alone.install(|| linear_fit(&algorithm, &inputs, labels, &rows)).unwrap();
        let four = many.install(|| linear_fit(&algorithm, &inputs, labels, &rows)).unwrap();
        assert_eq!(bits(&one), bits(&four));
        assert_eq!(one.intercept.to_bits(), four.intercept.to_bits());
    }
}

#[test]
fn only_the_given_rows_are_learned_from() {
    let (inputs, classes, _) = table(500);
    let rows: Vec<usize> = (0..300).collect();
    let mut columns = inputs.columns().to_vec();
    for column in &mut columns {
        column[300..].fill(1e9);
    }
    let changed = Inputs::new(columns).unwrap();
    let before = linear_fit(&logistic(1.0), &inputs, &classes, &rows).unwrap();
    assert_eq!(linear_fit(&logistic(1.0), &changed, &classes, &rows).unwrap(), before);
}

#[test]
fn one_class_is_refused() {
    let (inputs, ..) = table(50);
    let error = linear_fit(&logistic(1.0), &inputs, &[1.0; 50], &all(&inputs)).unwrap_err();
    assert!(matches!(error, FitError::OneClass { label: true, rows: 50 }), "{error}");
}

#[test]
fn no_rows_are_refused() {
    let (inputs, classes, _) = table(50);
    assert!(matches!(linear_fit(&logistic(1.0), &inputs, &classes, &[]), Err(FitError::NoRows)));
}

#[test]
fn constant_features_get_coefficient_zero_and_a_warning() {
    let (inputs, classes, numbers) = table(200);
    let mut columns = inputs.columns().to_vec();
    columns.push(vec![7.0; 200]);
    columns.push(vec![f64::NAN; 200]);
    let inputs = Inputs::new(columns).unwrap();
    for (algorithm, labels) in [(logistic(1.0), &classes), (Algorithm::Linear, &numbers)] {
        let fitted = linear_fit(&algorithm, &inputs, labels, &all(&inputs)).unwrap();
        assert_eq!(fitted.coefficients[5..], [0.0, 0.0]);
        assert_eq!(fitted.imputation[5..], [7.0, 0.0]);
        assert_eq!(fitted.warnings, [Warning::Constant { feature: 5 }, Warning::Missing { feature: 6 }]);
    }
}

#[test]
fn nothing_but_nulls_and_constants_is_refused() {
    let inputs = Inputs::new(vec![vec![f64::NAN; 4], vec![1.0; 4]]).unwrap();
    let error = linear_fit(&logistic(1.0), &inputs, &[0.0, 1.0, 0.0, 1.0], &[0, 1, 2, 3]).unwrap_err();
    assert!(matches!(error, FitError::NothingVaries), "{error}");
}

#[test]
fn separated_labels_stay_finite_and_are_reported() {
    let inputs = Inputs::new(vec![(0..100).map(f64::from).collect()]).unwrap();
    let labels: Vec<f64> = (0..100).map(|i| f64::from(u8::from(i >= 50))).collect();
    for l2 in [1.0, 0.0] {
        let fitted = linear_fit(&logistic(l2), &inputs, &labels, &all(&inputs)).unwrap();
        assert!(fitted.coefficients[0].is_finite() && fitted.coefficients[0] > 0.0);
        assert!(fitted.warnings.contains(&Warning::Separated { penalised: l2 > 0.0 }), "{:?}", fitted.warnings);
    }
}

#[test]
fn a_penalty_bears_more_features_than_rows() {
    let (inputs, classes, numbers) = table(5);
    let fitted = linear_fit(&logistic(1.0), &inputs, &classes, &all(&inputs)).unwrap();
    assert!(fitted.warnings.contains(&Warning::FewRows { rows: 5, features: 5 }), "{:?}", fitted.warnings);
    for (algorithm, labels) in [(logistic(0.0), &classes), (Algorithm::Linear, &numbers)] {
        let error = linear_fit(&algorithm, &inputs, labels, &all(&inputs)).unwrap_err();
        assert!(matches!(error, FitError::TooFewRows { rows: 5, features: 5 }), "{error}");
    }
}

#[test]
fn collinear_features_leave_predictions_as_they_were() {
    let (inputs, classes, numbers) = table(500);
    let mut columns = inputs.columns().to_vec();
    columns.push(columns[0].iter().zip(&columns[3]).map(|(a, d)| 4.0 - 2.0 * a + d).collect());
    let wider = Inputs::new(columns).unwrap();
    for (algorithm, labels) in [(logistic(0.0), &classes), (Algorithm::Linear, &numbers)] {
        let plain = linear_fit(&algorithm, &inputs, labels, &all(&inputs)).unwrap();
        let fitted = linear_fit(&algorithm, &wider, labels, &all(&inputs)).unwrap();
        assert_eq!(fitted.coefficients[..5], plain.coefficients[..]);
        assert_eq!(fitted.coefficients[5], 0.0);
        assert_eq!(fitted.warnings, [Warning::Collinear { feature: 5, of: vec![0, 3] }]);
    }
}

#[test]
fn a_penalised_logistic_bears_collinear_features() {
    let (inputs, classes, _) = table(500);
    let mut columns = inputs.columns().to_vec();
    columns.push(columns[3].iter().map(|d| 1.0 - d).collect());
    let wider = Inputs::new(columns).unwrap();
    let fitted = linear_fit(&logistic(1.0), &wider, &classes, &all(&inputs)).unwrap();
    assert!((fitted.coefficients[3] + fitted.coefficients[5]).abs() < 1e-6, "{:?}", fitted.coefficients);
    assert_eq!(fitted.warnings, []);
}

#[test]
fn warnings_name_features() {
    let names = ["a", "b", "c"];
    let text = Warning::Collinear { feature: 2, of: vec![0, 1] }.describe(&names);
    assert_eq!(text, "`c` repeats what `a`, `b` say already: its coefficient is 0");
}
