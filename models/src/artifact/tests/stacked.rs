//! Stacked models as files.

use super::*;

/// A stacked model of both: one feature of its own, trees on all of them in another order, a linear model on two.
pub(super) fn full_stacked() -> Artifact {
    let linear = full();
    let mut manifest = linear.manifest().clone();
    let base = |model: &str, version, algorithm: &str, features: &[&str]| BaseRecord {
        model: model.to_owned(),
        version,
        algorithm: AlgorithmRecord { name: algorithm.to_owned(), parameters: IndexMap::new() },
        features: features.iter().map(|&name| name.to_owned()).collect(),
        digest: "c0ffee".to_owned(),
    };
    let odd = "it's \"odd\": 'é'";
    manifest.stack = Some(StackRecord {
        own: 1,
        folds: 5,
        bases: vec![
            base("win_probability_boosted", Some(3), "boosting", &[odd, "score_differential", "is_close_game"]),
            base("win_probability", None, "logistic", &["is_close_game", odd]),
        ],
    });
    let meta = LinearModel::new(Link::Logit, -0.5, vec![0.125, 0.75, 0.25], vec![0.5, -0.25, 0.0]).unwrap();
    let simple = LinearModel::new(Link::Logit, 0.25, vec![1.5, -0.5], vec![1.0, 0.5]).unwrap();
    let bases = vec![
        Base { model: full_trees().model().native().unwrap().clone(), inputs: vec![2, 0, 1] },
        Base { model: NativeModel::Linear(simple), inputs: vec![1, 2] },
    ];
    let model = StackedModel::new(3, 1, bases, meta).unwrap();
    Artifact::new(manifest, model, linear.input_example().clone()).unwrap()
}

#[test]
fn stacked_models_are_written_byte_for_byte_and_read() {
    let (written, golden) = (full_stacked().to_files().unwrap(), read_golden("v4_stacked"));
    assert_eq!(written, golden);
    assert_eq!(Artifact::from_files(&golden).unwrap(), full_stacked());
    let version =
        |file: &str| serde_json::from_slice::<Value>(golden.get(file).unwrap()).unwrap()["format_version"].clone();
    assert_eq!([MANIFEST, MODEL].map(version), [json!(4), json!(4)], "an older clutch refuses it");
    assert_eq!(
        full_stacked().manifest().fitted_on(),
        ["score_differential", "win_probability_boosted", "win_probability"]
    );
}

#[test]
fn stacked_models_that_do_not_fit_together_are_refused() {
    let linear = |width| LinearModel::new(Link::Logit, 0.0, vec![0.0; width], vec![0.0; width]).unwrap();
    let base = |inputs: &[usize]| Base { model: NativeModel::Linear(linear(2)), inputs: inputs.to_vec() };
    let refused = |own, bases, terms| StackedModel::new(3, own, bases, linear(terms)).unwrap_err();
    assert_eq!(refused(0, vec![], 0), InvalidStack::NoBases);
    assert_eq!(refused(4, vec![base(&[0, 1])], 5), InvalidStack::Own { own: 4, width: 3 });
    assert_eq!(refused(1, vec![base(&[0, 1])], 1), InvalidStack::Meta { found: 1, own: 1, bases: 1 });
    assert_eq!(refused(0, vec![base(&[0])], 1), InvalidStack::Inputs { base: 0, found: 1, expected: 2 });
    let beyond = refused(0, vec![base(&[0, 1]), base(&[3, 0])], 2);
    assert_eq!(beyond.to_string(), "base 2 takes input 4, of 3");
    let golden = full_stacked();
    let mut manifest = golden.manifest().clone();
    manifest.stack = None;
    let unrecorded = Artifact::new(manifest, golden.model().clone(), golden.input_example().clone());
    let expected = "the manifest names 0 models that it is stacked on, and there are 2";
    assert_eq!(unrecorded.unwrap_err().to_string(), expected);
}

#[test]
fn a_stacked_file_that_nests_or_lacks_trees_is_refused() {
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut files = read_golden("v4_stacked");
        let mut model: Value = serde_json::from_slice(files.get(MODEL).unwrap()).unwrap();
        change(&mut model);
        files.insert(MODEL, model.to_string().into_bytes());
        let checksums = serde_json::to_value(checksums::Checksums::of(&files)).unwrap();
        let mut whole = json!({ "format_version": 2 });
        whole.as_object_mut().unwrap().extend(checksums.as_object().unwrap().clone());
        files.insert(CHECKSUMS, whole.to_string().into_bytes());
        Artifact::from_files(&files).unwrap_err().to_string()
    };
    let nested = changed(&|model| {
        let inner = model.clone();
        model["bases"][1]["model"] = inner;
    });
    assert!(nested.contains("unknown variant `stacked`"), "{nested}");
    let beyond = changed(&|model| model["bases"][0]["trees"]["end"] = json!(1_000_000_u64));
    assert_eq!(beyond, "the stacked model cannot be used: the trees of base 1 are not in `trees.bin`");
    let without = changed(&|model| drop(model["bases"][0].as_object_mut().unwrap().remove("trees")));
    assert_eq!(without, beyond);
}
