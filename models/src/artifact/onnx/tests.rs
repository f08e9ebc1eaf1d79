use prost::Message;

use super::*;
use crate::onnx::proto::{
    AttributeProto, Dimension, DimensionValue, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorShapeProto,
    TensorType, TypeProto, TypeValue, ValueInfoProto, element,
};

/// An input or output: name, element type, columns (`None`: any number).
type Table<'a> = (&'a str, i32, Option<i64>);

fn value((name, elem_type, columns): Table<'_>) -> ValueInfoProto {
    let dim = |size: Option<i64>| Dimension { value: size.map(DimensionValue::Value) };
    let shape = Some(TensorShapeProto { dim: vec![dim(None), dim(columns)] });
    let tensor = TypeValue::Tensor(TensorType { elem_type, shape });
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { value: Some(tensor) }), doc_string: String::new() }
}

/// A file of one classifier that knows `classes`.
fn file(inputs: &[Table<'_>], outputs: &[Table<'_>], classes: &[&str]) -> OnnxFile {
    let names = |tables: &[Table<'_>]| tables.iter().map(|table| table.0.to_owned()).collect();
    let labels = AttributeProto {
        name: "classlabels_strings".to_owned(),
        strings: classes.iter().map(|class| class.as_bytes().to_vec()).collect(),
        ..AttributeProto::default()
    };
    let node = NodeProto {
        op_type: "LinearClassifier".to_owned(),
        input: names(inputs),
        output: names(outputs),
        attribute: vec![labels],
        ..NodeProto::default()
    };
    let graph = GraphProto {
        node: vec![node],
        input: inputs.iter().copied().map(value).collect(),
        output: outputs.iter().copied().map(value).collect(),
        ..GraphProto::default()
    };
    let opset = OperatorSetIdProto { domain: String::new(), version: 17 };
    let model =
        ModelProto { ir_version: Some(8), graph: Some(graph), opset_import: vec![opset], ..ModelProto::default() };
    OnnxFile::read(&model.encode_to_vec()).unwrap()
}

const LABEL: Table<'_> = ("label", element::INT64, Some(1));
const PROBABILITIES: Table<'_> = ("probabilities", element::FLOAT, Some(2));

fn wide(columns: Option<i64>) -> OnnxFile {
    file(&[("X", element::FLOAT, columns)], &[LABEL, PROBABILITIES], &["0", "1"])
}

fn features(names: &[&str]) -> Wanted {
    Wanted { features: names.iter().map(|&name| name.to_owned()).collect(), ..Wanted::default() }
}

fn mapped(wanted: Wanted, pairs: &[(&str, &str)]) -> Wanted {
    Wanted { map: pairs.iter().map(|(name, feature)| ((*name).to_owned(), (*feature).to_owned())).collect(), ..wanted }
}

fn bound(file: OnnxFile, wanted: &Wanted) -> (Binding, Vec<String>) {
    let (model, features) = OnnxModel::bind(file, Task::Classification, wanted).unwrap();
    (model.binding().clone(), features)
}

fn refused(file: OnnxFile, task: Task, wanted: &Wanted) -> String {
    OnnxModel::bind(file, task, wanted).unwrap_err().to_string()
}

#[test]
fn a_wide_input_takes_the_features_in_the_projects_order() {
    for columns in [Some(3), None] {
        let (binding, used) = bound(wide(columns), &features(&["a", "b", "c"]));
        assert_eq!(binding.inputs[0].features, [0, 1, 2]);
        assert_eq!(used, ["a", "b", "c"]);
        assert_eq!((binding.output.as_str(), binding.column), ("probabilities", 1));
    }
}

#[test]
fn inputs_of_one_column_take_the_features_of_their_names() {
    let inputs = [("b", element::FLOAT, Some(1)), ("a", element::INT64, Some(1))];
    let (binding, used) = bound(file(&inputs, &[PROBABILITIES], &["no", "yes"]), &features(&["a", "b", "c"]));
    assert_eq!(used, ["b", "a"], "only what the model takes, in its order");
    assert_eq!(binding.inputs[1], BoundInput { name: "a".to_owned(), element: Element::Int64, features: vec![1] });
}

#[test]
fn a_map_names_columns_of_a_wide_input_and_may_repeat_a_feature() {
    let wanted = mapped(features(&["a", "b"]), &[("X[0]", "b"), ("1", "a"), ("2", "b")]);
    let (binding, used) = bound(wide(Some(3)), &wanted);
    assert_eq!(used, ["b", "a"]);
    assert_eq!(binding.inputs[0].features, [0, 1, 0]);
}

#[test]
fn what_cannot_be_mapped_says_how_to() {
    let classification = Task::Classification;
    assert_eq!(
        refused(wide(Some(3)), classification, &features(&["a", "b"])),
        "the model takes 3 numbers (`X[0]`, `X[1]`, `X[2]`), and 2 features are named: map them with --map X[0]=FEATURE"
    );
    let one = file(&[("lead_size", element::FLOAT, Some(1))], &[PROBABILITIES], &["0", "1"]);
    assert_eq!(
        refused(one, classification, &features(&["lead_sizes", "b"])),
        "the model's input `lead_size` is no feature (is it `lead_sizes`?): name one with --map lead_size=FEATURE"
    );
    let half = mapped(features(&["a", "b", "c"]), &[("0", "a")]);
    assert!(refused(wide(Some(3)), classification, &half).contains("input `X[1]` is no feature"));
    let stranger = mapped(features(&["a"]), &[("Y", "a")]);
    assert!(refused(wide(Some(1)), classification, &stranger).starts_with("--map names `Y`"));
    let nothing = mapped(features(&["a"]), &[("0", "z")]);
    assert_eq!(refused(wide(Some(1)), classification, &nothing), "there is no feature `z`: the features are a");
}

#[test]
fn the_class_that_means_true_is_found_or_asked_for() {
    let with = |classes: &[&str]| file(&[("X", element::FLOAT, Some(1))], &[LABEL, PROBABILITIES], classes);
    let wanted = mapped(features(&["a"]), &[("X", "a")]);
    for (classes, column) in [(["0", "1"], 1), (["1", "0"], 0), (["False", "True"], 1), (["no", "yes"], 1)] {
        assert_eq!(bound(with(&classes), &wanted).0.column, column, "{classes:?}");
    }
    assert_eq!(
        refused(with(&["away", "home"]), Task::Classification, &wanted),
        "the classes of the model are `away`, `home`: say which one means TRUE with --positive CLASS"
    );
    let positive = Wanted { positive: Some("away".to_owned()), ..wanted.clone() };
    assert_eq!(bound(with(&["away", "home"]), &positive).0.column, 0);
    assert_eq!(bound(with(&[]), &wanted).0.column, 1, "of two whose names nobody knows, the second");
}

#[test]
fn an_output_that_is_not_what_the_task_needs_is_refused() {
    let with = |outputs: &[Table<'_>]| file(&[("X", element::FLOAT, Some(1))], outputs, &[]);
    let wanted = mapped(features(&["a"]), &[("X", "a")]);
    let error = refused(with(&[LABEL]), Task::Classification, &wanted);
    assert!(error.contains("no numbers to read as probabilities"), "{error}");
    let error = refused(with(&[("p", element::FLOAT, Some(3))]), Task::Classification, &wanted);
    assert_eq!(error, "the output `p` tells 3 classes apart, a classification needs two");
    let error = refused(with(&[("y", element::DOUBLE, Some(2))]), Task::Regression, &wanted);
    assert_eq!(error, "the output `y` has 2 columns, a regression needs one");
    let two = [("y", element::DOUBLE, Some(1)), ("z", element::DOUBLE, Some(1))];
    let error = refused(with(&two), Task::Regression, &wanted);
    assert_eq!(error, "the model gives several tables of numbers (`y`, `z`): name one with --output NAME");
    let named = Wanted { output: Some("z".to_owned()), ..wanted };
    let (model, _) = OnnxModel::bind(with(&two), Task::Regression, &named).unwrap();
    assert_eq!((model.binding().output.as_str(), model.binding().column), ("z", 0));
}

#[test]
fn a_stored_binding_must_fit_its_file() {
    let (binding, _) = bound(wide(Some(3)), &features(&["a", "b", "c"]));
    assert!(OnnxModel::new(wide(Some(3)), binding.clone()).is_ok());
    assert!(matches!(OnnxModel::new(wide(Some(4)), binding.clone()), Err(BindingError::Stored { .. })));
    let mut beyond = binding.clone();
    beyond.inputs[0].features[2] = 3;
    assert!(matches!(OnnxModel::new(wide(Some(3)), beyond), Err(BindingError::Stored { .. })));
    let other = Binding { output: "label".to_owned(), ..binding };
    assert!(matches!(OnnxModel::new(wide(Some(3)), other), Err(BindingError::Stored { .. })));
}
