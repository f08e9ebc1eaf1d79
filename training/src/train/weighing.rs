//! Runs with weights: what they are told of, and that they weigh as they do elsewhere.

use models::registry::Registry;

use super::tests::winner_by;
use crate::TrainReport;
use crate::fixture::{Fixture, MARGIN, Play, plays};

#[test]
fn a_weight_that_is_no_weight_is_told() {
    for (weight, rows, n, found) in [
        ("n - 5", 240, 1, "-4"),
        ("nullif(n, 3)", 60, 3, "NULL"),
        ("CASE WHEN n = 7 THEN 1e308 * 1e308 ELSE 1.0 END", 60, 7, "NULL"),
    ] {
        let written = format!("algorithm = \"logistic\"\nweight = \"{weight}\"");
        let error = Fixture::new(&winner_by(&written)).train("winner", &plays()).unwrap_err().to_string();
        let told = format!(
            "{rows} training rows have no usable weight, the first is the event match_id = `m0`, n = {n}, where \
             `{weight}` is {found}:"
        );
        assert!(error.starts_with(&told), "{error}");
    }
    let written = "algorithm = \"boosting\"\nweight = \"0\"";
    let error = Fixture::new(&winner_by(written)).train("winner", &plays()).unwrap_err();
    assert!(error.to_string().starts_with("all 600 training rows have weight 0: let `weight` be above 0"), "{error}");
}

/// A row of the test part counts for a refit only.
#[test]
fn weights_of_the_test_part_matter_to_a_refit() {
    let written = "algorithm = \"logistic\"\nweight = \"CASE WHEN season = 2002 AND n = 4 THEN NULL ELSE 1 END\"";
    let fixture = Fixture::new(&winner_by(written));
    fixture.train("winner", &plays()).unwrap();
    let error = fixture.train_with("winner", &plays(), true).unwrap_err().to_string();
    assert!(
        error.starts_with("30 training rows have no usable weight, the first is the event match_id = `m60`"),
        "{error}"
    );
}

/// scikit-learn 1.7.2 on the same 600 rows: `LogisticRegression(C=1, tol=1e-12, solver="newton-cholesky")`, or
/// `LinearRegression()`, behind `SimpleImputer()` and `StandardScaler()`, with `sample_weight` scaled to mean 1 and
/// `class_weight="balanced"`; rows of weight 0 left out; coefficients divided by the scaler's scale.
#[test]
fn weighted_fits_agree_with_scikit_learn() {
    let late = "weight = \"CASE WHEN n > 5 THEN 3 ELSE 1 END\"";
    let balanced = "class_weight = \"balanced\"";
    for (written, intercept, coefficients) in [
        (
            late.to_owned(),
            0.234_569_771_734_271_63,
            [0.120_930_858_505_332_87, -0.003_671_344_057_731_514, 0.055_389_386_068_301_676, 0.158_336_655_114_974_63],
        ),
        (
            balanced.to_owned(),
            0.022_958_190_122_916_97,
            [
                0.160_836_586_536_403_46,
                -0.000_407_793_743_307_990_45,
                0.047_414_454_126_966_55,
                0.139_394_075_676_386_37,
            ],
        ),
        (
            format!("{late}\n{balanced}"),
            0.040_289_480_373_893_564,
            [0.122_020_388_793_326_44, -0.003_455_067_075_395_048, 0.043_646_952_727_766_64, 0.159_061_660_626_779_9],
        ),
    ] {
        let fixture = Fixture::new(&winner_by(&format!("algorithm = \"logistic\"\n{written}")));
        assert_coefficients(&fixture.train("winner", &plays()).unwrap(), intercept, coefficients);
    }
    let written = "algorithm = \"linear\"\nweight = \"CASE WHEN n = 3 THEN 0 ELSE n END\"";
    let fixture = Fixture::new(&MARGIN.replace("algorithm = \"linear\"", written));
    assert_coefficients(
        &fixture.train("margin", &plays()).unwrap(),
        0.222_723_005_959_232_23,
        [0.398_635_523_548_882_2, 0.004_147_721_569_717_338_5, 0.000_342_187_029_502_176_8, 0.631_380_763_786_275_6],
    );
}

#[track_caller]
fn assert_coefficients(report: &TrainReport, intercept: f64, coefficients: [f64; 4]) {
    let found = report.manifest.coefficients.as_ref().unwrap();
    assert!((found.intercept - intercept).abs() < 1e-6, "{} and {intercept}", found.intercept);
    for (term, wanted) in found.terms.iter().zip(coefficients) {
        assert!((term.value - wanted).abs() < 1e-6, "{}: {} and {wanted}", term.feature, term.value);
    }
}

#[test]
fn balanced_classes_count_alike() {
    let few_wins: Vec<Play> =
        plays().into_iter().filter(|play| play.won == "false" || play.match_id.ends_with('7')).collect();
    let mean = |written: &str| {
        let fixture = Fixture::new(&winner_by(written));
        fixture.train("winner", &few_wins).unwrap();
        let predictor = fixture.registry().load("winner", 1).unwrap().artifact.predictor().unwrap();
        let mut out = [f64::NAN];
        predictor.predict(&[0.0, 7.0, 0.0, 0.0], &mut out);
        out[0]
    };
    for algorithm in ["logistic", "boosting", "forest"] {
        let plain = mean(&format!("algorithm = \"{algorithm}\""));
        let balanced = mean(&format!("algorithm = \"{algorithm}\"\nclass_weight = \"balanced\""));
        assert!(plain + 0.05 < balanced, "{algorithm}: {plain} and {balanced}");
    }
}
