mod stacked;

use std::path::PathBuf;

use features::plan::ViewHash;
use features::project::Task;
use features::value::Type;
use indexmap::IndexMap;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::contract::sample;
use crate::evaluation::{Estimate, Evaluation, Interval, ReferenceReport};
use crate::signature::{Feature, Signature};

/// One of everything that an artifact can hold.
fn full() -> Artifact {
    let features = vec![
        Feature::new("score_differential", Type::Float),
        Feature::new("is_close_game", Type::Bool),
        Feature::new("it's \"odd\": 'é'", Type::Int),
    ];
    let metrics = |x: f64| [("log_loss", x), ("auc", 1.0 - x)].map(|(name, x)| (name.to_owned(), x));
    let interval = Interval { low: 0.4512, high: 0.4988 };
    let difference = Estimate { mean: 0.0009, interval: Some(Interval { low: -0.002, high: 0.0037 }) };
    let manifest = Manifest {
        model: "win_probability".to_owned(),
        algorithm: AlgorithmRecord {
            name: "logistic".to_owned(),
            parameters: [("l2".to_owned(), json!(1.0))].into_iter().collect(),
        },
        task: Task::Classification,
        view: ViewRecord {
            name: "win_probability".to_owned(),
            text: "CREATE VIEW win_probability AS\nSELECT score_differential FROM plays".to_owned(),
            hash: ViewHash("0123456789abcdef0123456789abcdef".to_owned()),
            kernel_version: 1,
            stream: "plays".to_owned(),
            declaration: None,
        },
        signature: Signature::new(features, Task::Classification),
        label: "result > 0".to_owned(),
        filter: Some("result <> 0 AND qtr <= 4".to_owned()),
        split: Some(SplitRecord { time: "season".to_owned(), test_from: json!(2023) }),
        group: vec!["game_id".to_owned()],
        rows: Rows { train: 190_000, test: 90_000 },
        evaluation: Evaluation {
            rows: 90_000,
            groups: 570,
            metrics: metrics(0.475).into_iter().collect(),
            intervals: [("log_loss".to_owned(), interval)].into_iter().collect(),
            references: [(
                "vegas_wp".to_owned(),
                ReferenceReport {
                    rows: 88_741,
                    metrics: metrics(0.4741).into_iter().collect(),
                    differences: [("log_loss".to_owned(), difference)].into_iter().collect(),
                },
            )]
            .into_iter()
            .collect(),
        },
        family: None,
        stack: None,
        gate: GateReport {
            outcome: GateOutcome::Passed,
            rules: vec![GateRuleReport {
                metric: "paired_log_loss_difference".to_owned(),
                reference: Some("vegas_wp".to_owned()),
                min: None,
                max: Some(0.02),
                observed: Some(0.0009),
                kept: true,
            }],
        },
        data: DataFingerprint {
            rows: 293_478,
            digest: "c0ffee".to_owned(),
            sources: vec!["plays=nfl_pbp/*.parquet".to_owned()],
        },
        coefficients: Some(Coefficients {
            intercept: -0.1,
            terms: vec![Coefficient {
                feature: "score_differential".to_owned(),
                value: 0.1 + 0.2,
                standardised: Some(1.75),
                imputation: -0.0,
            }],
        }),
        importances: None,
        refit: Some(Refit { rows: 280_000 }),
        seed: u64::MAX,
        parity: Some(ParityCertificate {
            view_hash: ViewHash("0123456789abcdef0123456789abcdef".to_owned()),
            kernel_version: 1,
            rows: 293_478,
            values: 4_402_170,
            mismatches: 0,
            restarts: 50,
            seed: 7,
            data: None,
            checked_at: 1_739_143_860_000_000,
        }),
        clutch_version: "0.1.0".to_owned(),
        created_at: 1_739_143_800_123_456,
    };
    let imputation = vec![-0.0, 1.0, 5e-324];
    let model = LinearModel::new(Link::Logit, -0.1, vec![0.1 + 0.2, -1.5e300, f64::MIN_POSITIVE], imputation).unwrap();
    let example = json!({"score_differential": -3.5, "is_close_game": true, "it's \"odd\": 'é'": null});
    let Value::Object(example) = example else { unreachable!("it is an object") };
    Artifact::new(manifest, NativeModel::Linear(model), example).unwrap()
}

/// The same with the other calibration.
fn full_calibrated() -> Artifact {
    full().calibrated(Calibration::Platt(Platt::new(-0.1, 1.5).unwrap())).unwrap()
}

/// The same of an ensemble of trees.
fn full_trees() -> Artifact {
    let linear = full();
    let mut manifest = linear.manifest().clone();
    manifest.algorithm = AlgorithmRecord { name: "boosting".to_owned(), parameters: IndexMap::new() };
    manifest.coefficients = None;
    let importance = |feature: &str, mean_contribution| Importance { feature: feature.to_owned(), mean_contribution };
    let features = vec![
        importance("score_differential", 1.25),
        importance("is_close_game", 0.0),
        importance("it's \"odd\": 'é'", 0.1 + 0.2),
    ];
    manifest.importances = Some(Importances { rows: 1000, base: -0.125, features });
    let leaf = |value, cover| Node::Leaf { value, cover };
    let split = |feature, threshold, left, right, missing| Node::Split { feature, threshold, left, right, missing };
    let trees = vec![
        vec![
            split(2, 0.1, 1, 2, Side::Left),
            leaf(-0.5, 12.25),
            split(0, -1e-40, 3, 4, Side::Right),
            leaf(0.25, 1.0),
            leaf(0.5, f32::MIN_POSITIVE),
        ],
        vec![leaf(f32::MAX, 14.0)],
    ];
    let model = TreeModel::new(Link::Logit, -0.1, Aggregation::Sum, 3, trees).unwrap();
    let isotonic = Isotonic::new(vec![-2.5, 0.0, 0.1], vec![0.0, 0.5, 0.75]).unwrap();
    let artifact = Artifact::new(manifest, NativeModel::Trees(model), linear.input_example().clone()).unwrap();
    artifact.calibrated(Calibration::Isotonic(isotonic)).unwrap()
}

/// By the folder of their golden files.
fn written_by_version_2() -> [(&'static str, Artifact); 3] {
    [("v2_linear", full()), ("v2_platt", full_calibrated()), ("v2_trees", full_trees())]
}

/// A family of two: one linear model, and one of trees with a calibration.
fn full_family() -> Artifact {
    let trees = full_trees();
    let mut manifest = full().manifest().clone();
    manifest.signature.features.push(Feature::new("champion", Type::String));
    let member = |value: &str, train, observed| MemberRecord {
        value: value.to_owned(),
        rows: Rows { train, test: 25 },
        observed,
        general: Some(0.5),
    };
    manifest.family = Some(FamilyRecord {
        per: "champion".to_owned(),
        min_rows: 100,
        metric: "log_loss".to_owned(),
        members: vec![member("Ahri", 250, Some(0.475)), member("Kai'Sa", 125, None)],
        rest: member("", 50, None),
    });
    let members = vec![
        Member {
            value: "Kai'Sa".to_owned(),
            model: trees.model().native().unwrap().clone(),
            calibration: trees.calibration().cloned(),
        },
        Member { value: "Ahri".to_owned(), model: full().model().native().unwrap().clone(), calibration: None },
    ];
    let mut example = full().input_example().clone();
    example.insert("champion".to_owned(), json!("Ahri"));
    Artifact::family(manifest, full().model().native().unwrap().clone(), Family::new(members).unwrap(), example)
        .unwrap()
}

fn read_golden(folder: &str) -> Files {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/artifact/golden").join(folder);
    let mut files = Files::default();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        files.insert(entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap());
    }
    files
}

fn golden_files() -> Files {
    read_golden("v2_linear")
}

/// Puts another content in a file and writes the checksums anew, as a newer build or a clever hand would.
fn with_file(name: &str, content: &[u8]) -> Files {
    let mut files = golden_files();
    files.insert(name, content.to_vec());
    let checksums = serde_json::to_value(checksums::Checksums::of(&files)).unwrap();
    let mut whole = json!({ "format_version": FORMAT_VERSION });
    whole.as_object_mut().unwrap().extend(checksums.as_object().unwrap().clone());
    files.insert(CHECKSUMS, whole.to_string().into_bytes());
    files
}

/// Run by hand after a deliberate change of the format (which then has a new version, and new folders).
#[test]
#[ignore = "writes the golden files"]
fn write_golden_files() {
    let newer = [("v3_family_onnx", full_family()), ("v4_stacked", stacked::full_stacked())];
    for (folder, artifact) in written_by_version_2().into_iter().chain(newer) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/artifact/golden").join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in artifact.to_files().unwrap().iter() {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
    }
}

#[test]
fn format_version_2_is_written_byte_for_byte() {
    for (folder, artifact) in written_by_version_2() {
        let (written, golden) = (artifact.to_files().unwrap(), read_golden(folder));
        for (name, bytes) in golden.iter() {
            assert_eq!(String::from_utf8_lossy(written.get(name).unwrap()), String::from_utf8_lossy(bytes), "{name}");
        }
        assert_eq!(written, golden);
    }
}

#[test]
fn format_version_2_is_read() {
    for (folder, artifact) in written_by_version_2() {
        assert_eq!(Artifact::from_files(&read_golden(folder)).unwrap(), artifact);
    }
}

#[test]
fn families_are_written_byte_for_byte_and_read() {
    let (written, golden) = (full_family().to_files().unwrap(), read_golden("v3_family_onnx"));
    for (name, bytes) in golden.iter() {
        assert_eq!(String::from_utf8_lossy(written.get(name).unwrap()), String::from_utf8_lossy(bytes), "{name}");
    }
    assert_eq!(written, golden);
    assert_eq!(Artifact::from_files(&golden).unwrap(), full_family());
    let version =
        |file: &str| serde_json::from_slice::<Value>(golden.get(file).unwrap()).unwrap()["format_version"].clone();
    assert_eq!([MANIFEST, FAMILY].map(version), [json!(3), json!(3)], "an older clutch refuses it");
}

/// Nobody reads it: it says the same as the files that are read.
#[test]
fn families_that_were_written_without_model_onnx_are_read() {
    let golden = read_golden("v3_family");
    assert_eq!(golden.get(ONNX), None);
    assert_eq!(Artifact::from_files(&golden).unwrap(), full_family());
}

#[test]
fn a_family_picks_by_value_and_takes_the_general_model_for_others() {
    let artifact = full_family();
    let family = artifact.members().unwrap();
    let codes = ["Ahri", "Kai'Sa", "Zed"].map(|value| family.code(value));
    assert_eq!((codes[0], codes[1], codes[2].is_nan()), (0.0, 1.0, true));
    let name = |code| family.member(code).map(|member| member.value.as_str());
    assert_eq!(
        [0.0, 1.0, 2.0, 0.5, -1.0, f64::NAN, 1e300].map(name),
        [Some("Ahri"), Some("Kai'Sa"), None, None, None, None, None]
    );
    let predictor = artifact.predictor().unwrap();
    let mut out = [0.0; 3];
    predictor.predict(&[1.0, 1.0, 0.0, codes[0], 1.0, 1.0, 0.0, codes[1], 1.0, 1.0, 0.0, codes[2]], &mut out);
    let mut alone = [0.0; 1];
    full().predictor().unwrap().predict(&[1.0, 1.0, 0.0], &mut alone);
    assert_eq!((out[0], out[2]), (alone[0], alone[0]));
    full_trees().predictor().unwrap().predict(&[1.0, 1.0, 0.0], &mut alone);
    assert_eq!(out[1], alone[0]);
}

#[test]
fn families_that_do_not_fit_together_are_refused() {
    let member = |value: &str, width| Member {
        value: value.to_owned(),
        model: NativeModel::Linear(LinearModel::new(Link::Logit, 0.0, vec![0.0; width], vec![0.0; width]).unwrap()),
        calibration: None,
    };
    let twice = Family::new(vec![member("a", 1), member("b", 1), member("a", 1)]).unwrap_err();
    assert_eq!(twice.to_string(), "the value `a` has two models");
    let ragged = Family::new(vec![member("a", 1), member("b", 2)]).unwrap_err();
    assert_eq!(ragged.to_string(), "the model of `b` takes 2 inputs, others take 1");
    let golden = full_family();
    let one = Family::new(vec![golden.members().unwrap().members()[0].clone()]).unwrap();
    let refused = Artifact::family(
        golden.manifest().clone(),
        golden.model().native().unwrap().clone(),
        one,
        golden.input_example().clone(),
    );
    assert_eq!(refused.unwrap_err().to_string(), "the manifest names 2 members of the family, and there are 1");
    let mut cut = read_golden("v3_family");
    let trees = cut.get(FAMILY_TREES).unwrap();
    cut.insert(FAMILY_TREES, trees[..trees.len() / 2].to_vec());
    assert!(matches!(Artifact::from_files(&cut), Err(ArtifactError::Checksum { .. })));
}

#[test]
fn format_version_1_is_read() {
    assert_eq!(Artifact::from_files(&read_golden("v1")).unwrap(), full());
}

#[test]
fn a_regression_is_not_calibrated() {
    let manifest = sample::manifest("model", Task::Regression, Vec::new());
    let artifact = sample::logistic(manifest, 0.0, Vec::new());
    let calibration = Calibration::Platt(Platt::new(0.0, 1.0).unwrap());
    assert!(matches!(artifact.calibrated(calibration), Err(ArtifactError::CalibratedRegression)));
}

#[test]
fn a_model_of_trees_is_not_read_without_its_trees() {
    let golden = read_golden("v2_trees");
    let mut files = Files::default();
    for (name, bytes) in golden.iter().filter(|(name, _)| *name != TREES) {
        files.insert(name, bytes.to_vec());
    }
    let error = Artifact::from_files(&files).unwrap_err();
    assert!(matches!(&error, ArtifactError::Missing { file } if file == TREES), "{error}");
}

#[test]
fn a_newer_format_is_refused_by_name() {
    let newer = br#"{"format_version": 5, "everything": "else"}"#;
    for name in [MANIFEST, MODEL, CHECKSUMS] {
        let mut files = with_file(name, newer);
        if name == CHECKSUMS {
            files.insert(CHECKSUMS, newer.to_vec());
        }
        let error = Artifact::from_files(&files).unwrap_err().to_string();
        let expected = format!("the file `{name}` has format version 5, this clutch reads 4: use a newer clutch");
        assert_eq!(error, expected);
    }
}

#[test]
fn a_missing_file_is_named() {
    for name in [MLMODEL, MANIFEST, MODEL, EXAMPLE, CHECKSUMS] {
        let mut files = Files::default();
        for (other, bytes) in golden_files().iter().filter(|(other, _)| *other != name) {
            files.insert(other, bytes.to_vec());
        }
        let error = Artifact::from_files(&files).unwrap_err();
        assert!(matches!(&error, ArtifactError::Missing { file } if file == name), "{error}");
    }
}

#[test]
fn a_changed_byte_is_found() {
    for name in [MLMODEL, MANIFEST, MODEL, EXAMPLE] {
        let mut files = golden_files();
        let mut bytes = files.get(name).unwrap().to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        files.insert(name, bytes);
        let error = Artifact::from_files(&files).unwrap_err();
        assert!(matches!(&error, ArtifactError::Checksum { file } if file == name), "{error}");
    }
}

#[test]
fn files_of_others_in_the_folder_are_left_alone() {
    let mut files = golden_files();
    files.insert("registered_model_meta", b"MLflow's".to_vec());
    assert_eq!(Artifact::from_files(&files).unwrap(), full());
}

#[test]
fn numbers_that_fit_together_badly_are_refused() {
    let refused =
        |name: &str, content: &str| Artifact::from_files(&with_file(name, content.as_bytes())).unwrap_err().to_string();
    let model = |coefficients: &str, imputation: &str| {
        format!(
            r#"{{"format_version":1,"kind":"linear","link":"logit","intercept":0.0,"coefficients":{coefficients},"imputation":{imputation}}}"#
        )
    };
    assert_eq!(refused(MODEL, &model("[1.0]", "[1.0]")), "the model takes 1 inputs, its signature names 3");
    assert!(refused(MODEL, &model("[1.0, 2.0]", "[1.0]")).contains("2 coefficients, but 1 imputations"));
    assert!(refused(MODEL, &model("[1e999]", "[1.0]")).contains("`model.json` cannot be understood"));
    assert!(refused(MODEL, r#"{"format_version":1,"kind":"crystal_ball"}"#).contains("unknown variant `crystal_ball`"));
    assert!(refused(MODEL, "{\"format_version\":1,\"kind\"").contains("`model.json` cannot be understood"));
    assert!(refused(EXAMPLE, r#"{"columns":["a"],"data":[[1],[2]]}"#).contains("no data frame of one row"));
    assert!(refused(EXAMPLE, r#"{"columns":["a"],"data":[[1]]}"#).contains("does not name the signature's features"));
}

#[test]
fn parts_that_do_not_agree_make_no_artifact() {
    let features = vec![Feature::new("a", Type::Int), Feature::new("a", Type::Int)];
    let good = sample::artifact("model", 0.0);
    let build = |manifest: Manifest| {
        Artifact::new(manifest, good.model().clone(), good.input_example().clone()).unwrap_err().to_string()
    };
    assert_eq!(
        build(sample::manifest("model", Task::Classification, features)),
        "the signature names the feature `a` twice"
    );
    let mut manifest = good.manifest().clone();
    manifest.evaluation.metrics.insert("auc".to_owned(), f64::NAN);
    assert_eq!(build(manifest), "the metric `auc` is not a finite number");
    let mut manifest = good.manifest().clone();
    manifest.model = "../elsewhere".to_owned();
    assert_eq!(build(manifest), "`../elsewhere` cannot name a model: a name begins with a letter, not with `.`");
}

#[test]
fn the_model_file_knows_no_time() {
    let artifact = full();
    let mut later = artifact.manifest().clone();
    later.created_at += 1;
    let later = Artifact::new(later, artifact.model().clone(), artifact.input_example().clone()).unwrap();
    let (first, second) = (artifact.to_files().unwrap(), later.to_files().unwrap());
    assert_eq!(first.get(MODEL), second.get(MODEL));
    assert_eq!(first.get(ONNX), second.get(ONNX));
    assert_eq!(first.get(EXAMPLE), second.get(EXAMPLE));
    assert_ne!(first.get(MANIFEST), second.get(MANIFEST));
    assert_ne!(first.get(MLMODEL), second.get(MLMODEL), "MLflow wants a new uuid for each training");
}

proptest! {
    #[test]
    fn every_model_reads_back_bit_for_bit(
        intercept in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
        a in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
        b in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
    ) {
        let features = vec![Feature::new("a", Type::Float), Feature::new("b", Type::Float)];
        let manifest = sample::manifest("model", Task::Classification, features);
        let artifact = sample::logistic(manifest, intercept, vec![a, b]);
        let read = Artifact::from_files(&artifact.to_files().unwrap()).unwrap();
        let Some(NativeModel::Linear(model)) = read.model().native() else { unreachable!("a linear model was written") };
        prop_assert_eq!(model.intercept().to_bits(), intercept.to_bits());
        let bits: Vec<u64> = model.coefficients().iter().map(|x| x.to_bits()).collect();
        prop_assert_eq!(bits, [a.to_bits(), b.to_bits()]);
    }

    /// Neither changed nor with the right checksum.
    #[test]
    fn no_file_makes_reading_panic(name in 0..4_usize, content in "[{}:,\"a-z0-9.\\[\\]-]{0,100}") {
        let name = [MLMODEL, MANIFEST, MODEL, EXAMPLE][name];
        let mut files = golden_files();
        files.insert(name, content.clone().into_bytes());
        prop_assert!(Artifact::from_files(&files).is_err());
        let _ = Artifact::from_files(&with_file(name, content.as_bytes()));
    }
}
