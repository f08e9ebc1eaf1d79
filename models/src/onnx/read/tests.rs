mod sizes;

use features::project::Task;
use features::value::Type;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::artifact::{Aggregation, Artifact, LinearModel, Link, NativeModel, Node, Side, TreeModel};
use crate::contract::sample;
use crate::onnx::export;
use crate::onnx::proto::{
    AttributeProto, Dimension, DimensionValue, NodeProto, OperatorSetIdProto, StringStringEntryProto, TensorProto,
    TensorShapeProto, TensorType, TypeProto, TypeValue, ValueInfoProto, element,
};
use crate::signature::Feature;

fn exported(task: Task, model: NativeModel) -> Vec<u8> {
    let features = vec![Feature::new("lead", Type::Int), Feature::new("time", Type::Float)];
    let example = json!({"lead": 1, "time": 0.5});
    let Value::Object(example) = example else { unreachable!("it is an object") };
    export(&Artifact::new(sample::manifest("model", task, features), model, example).unwrap()).unwrap().file
}

fn trees() -> Vec<u8> {
    let leaf = |value| Node::Leaf { value, cover: 1.0 };
    let split = Node::Split { feature: 1, threshold: 0.5, left: 1, right: 2, missing: Side::Left };
    let model =
        TreeModel::new(Link::Logit, 0.1, Aggregation::Sum, 2, vec![vec![split, leaf(-1.0), leaf(1.0)]]).unwrap();
    exported(Task::Classification, NativeModel::Trees(model))
}

fn linear() -> Vec<u8> {
    let model = LinearModel::new(Link::Identity, 0.1, vec![1.0, 2.0], vec![0.0, 0.0]).unwrap();
    exported(Task::Regression, NativeModel::Linear(model))
}

/// A good file, changed.
fn changed(file: &[u8], change: impl FnOnce(&mut ModelProto)) -> Result<OnnxFile, OnnxError> {
    let mut model = ModelProto::decode(file).unwrap();
    change(&mut model);
    OnnxFile::read(&model.encode_to_vec())
}

fn graph(change: impl FnOnce(&mut GraphProto)) -> Result<OnnxFile, OnnxError> {
    changed(&linear(), |model| change(model.graph.as_mut().unwrap()))
}

fn refused(result: Result<OnnxFile, OnnxError>) -> String {
    result.unwrap_err().to_string()
}

fn shape(dims: &[Option<i64>]) -> TensorShapeProto {
    let dim = |size: &Option<i64>| Dimension { value: size.map(DimensionValue::Value) };
    TensorShapeProto { dim: dims.iter().map(dim).collect() }
}

fn value(name: &str, elem_type: i32, dims: &[Option<i64>]) -> ValueInfoProto {
    let tensor = TypeValue::Tensor(TensorType { elem_type, shape: Some(shape(dims)) });
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { value: Some(tensor) }), doc_string: String::new() }
}

fn node(op_type: &str, inputs: &[&str], output: &str) -> NodeProto {
    NodeProto {
        op_type: op_type.to_owned(),
        input: inputs.iter().map(|&name| name.to_owned()).collect(),
        output: vec![output.to_owned()],
        ..NodeProto::default()
    }
}

fn integers(name: &str, values: &[i64]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        data_type: element::INT64,
        dims: vec![i64::try_from(values.len()).unwrap()],
        int64_data: values.to_vec(),
        ..TensorProto::default()
    }
}

#[test]
fn our_own_files_are_read() {
    let file = OnnxFile::read(&trees()).unwrap();
    let input = Input { name: "features".to_owned(), element: Element::Double, columns: Columns::Known(2) };
    assert_eq!(file.inputs(), [input]);
    assert_eq!(
        file.outputs().iter().map(|o| (o.name.as_str(), o.columns)).collect::<Vec<_>>(),
        [("probability", Some(1))]
    );
    assert_eq!(file.property("clutch.features"), Some(r#"["lead","time"]"#));
    assert_eq!(file.producer(), "clutch 0.1.0");
    assert_eq!(file.opsets()["ai.onnx.ml"], 3);
}

#[test]
fn a_version_is_one_more_property() {
    let file = OnnxFile::read(&crate::onnx::with_version(linear(), 7)).unwrap();
    assert_eq!((file.property("clutch.version"), file.property("clutch.model")), (Some("7"), Some("model")));
}

#[test]
fn what_is_no_model_is_refused() {
    assert_eq!(OnnxFile::read(b"").unwrap_err(), OnnxError::Empty);
    assert!(refused(OnnxFile::read(b"PK\x03\x04 a zip file, perhaps")).starts_with("the file is no ONNX model"));
    assert!(refused(OnnxFile::read(b"{\"json\": true}")).starts_with("the file is no ONNX model"));
    assert_eq!(OnnxFile::read(&[0x42, 0]).unwrap_err(), OnnxError::NoVersion);
}

#[test]
fn a_file_cut_short_says_where() {
    let file = trees();
    let error = refused(OnnxFile::read(&file[..file.len() / 2]));
    assert!(error.starts_with("the file is no ONNX model, or damaged: at byte "), "{error}");
}

#[test]
fn versions_that_nobody_here_knows_are_refused() {
    let error = refused(changed(&linear(), |model| model.ir_version = Some(99)));
    assert!(error.contains("IR version 99, this clutch reads 3 to 11"), "{error}");
    let opset = |domain: &str, version| OperatorSetIdProto { domain: domain.to_owned(), version };
    let error = refused(changed(&linear(), |model| model.opset_import = vec![opset("", 99)]));
    assert!(error.contains("operator set 99 of `ai.onnx`, this clutch knows 7 to 23"), "{error}");
    let error = refused(changed(&linear(), |model| model.opset_import.push(opset("my.ops", 1))));
    assert!(error.contains("operators of `my.ops`"), "{error}");
    assert_eq!(changed(&linear(), |model| model.opset_import.clear()).unwrap_err(), OnnxError::NoOpset);
    let error = refused(graph(|graph| graph.node[0].domain = "com.microsoft".to_owned()));
    assert!(error.contains("operators of `com.microsoft`"), "{error}");
}

#[test]
fn a_file_without_a_graph_or_with_functions_is_refused() {
    assert_eq!(changed(&linear(), |model| model.graph = None).unwrap_err(), OnnxError::NoGraph);
    assert_eq!(changed(&linear(), |model| model.functions.push(vec![])).unwrap_err(), OnnxError::Functions);
}

#[test]
fn values_in_other_files_are_refused_wherever_they_are_named() {
    let entry = |value: &str| StringStringEntryProto { key: "location".to_owned(), value: value.to_owned() };
    for path in ["../../etc/passwd", "weights.bin", "/dev/zero"] {
        let error = graph(|graph| graph.initializer[0].external_data.push(entry(path))).unwrap_err();
        assert_eq!(error, OnnxError::External { place: "the constant `imputation`".to_owned() });
    }
    assert!(matches!(graph(|graph| graph.initializer[0].data_location = 1), Err(OnnxError::External { .. })));
    let in_attribute = graph(|graph| {
        let tensor = TensorProto { data_location: 1, ..integers("x", &[1]) };
        graph.node[0].attribute.push(AttributeProto { t: Some(tensor), ..AttributeProto::default() });
    });
    assert!(matches!(in_attribute, Err(OnnxError::External { .. })));
}

#[test]
fn constants_that_claim_more_than_they_hold_are_refused() {
    let error = graph(|graph| graph.initializer[0].dims = vec![1 << 40, 1 << 40]).unwrap_err();
    assert!(matches!(&error, OnnxError::Huge { .. }), "{error}");
    assert!(matches!(graph(|graph| graph.initializer[0].dims = vec![1 << 20]), Err(OnnxError::Length { held: 2, .. })));
    assert!(matches!(graph(|graph| graph.initializer[0].dims = vec![-1]), Err(OnnxError::Huge { .. })));
    let raw = graph(|graph| graph.initializer[0].raw_data = Some(vec![0; 15]));
    assert!(matches!(raw, Err(OnnxError::Length { claimed: 2, .. })));
    assert!(matches!(graph(|graph| graph.initializer[0].data_type = 77), Err(OnnxError::Element { element: 77, .. })));
}

#[test]
fn more_parts_than_any_model_has_are_refused_before_they_take_memory() {
    let mut file = linear();
    let empty_nodes = [0x0a, 0x00].repeat(300_000);
    file.push(0x3a);
    prost::encoding::encode_varint(empty_nodes.len() as u64, &mut file);
    file.extend(empty_nodes);
    assert!(matches!(OnnxFile::read(&file), Err(OnnxError::TooMany { .. })));
}

#[test]
fn branches_loops_and_chance_are_refused() {
    let within = AttributeProto { name: "body".to_owned(), g: Some(vec![0x0a; 64]), ..AttributeProto::default() };
    let error =
        refused(graph(|graph| graph.node.push(NodeProto { attribute: vec![within], ..node("Loop", &[], "x") })));
    assert_eq!(error, "operator Loop has a graph of its own (a branch or a loop): export the model without it");
    let error = refused(graph(|graph| graph.node.push(node("RandomNormal", &[], "x"))));
    assert!(error.starts_with("operator RandomNormal draws at random"), "{error}");
    assert!(matches!(graph(|graph| graph.sparse_initializer.push(vec![])), Err(OnnxError::Sparse { .. })));
}

#[test]
fn inputs_that_no_row_of_features_fits_are_refused() {
    let with = |input: ValueInfoProto| graph(|graph| graph.input[0] = input);
    assert_eq!(
        refused(with(value("team", element::STRING, &[None, Some(1)]))),
        "the input `team` takes text: turn it into numbers before the model, in the view"
    );
    assert!(matches!(
        with(value("x", element::FLOAT, &[Some(1), Some(4)])),
        Err(OnnxError::FixedBatch { rows: 1, .. })
    ));
    assert!(matches!(with(value("x", element::FLOAT, &[None, Some(3), Some(2)])), Err(OnnxError::Input { .. })));
    assert!(matches!(with(value("x", 16, &[None, Some(3)])), Err(OnnxError::Input { .. })));
    assert!(matches!(graph(|graph| graph.input.clear()), Err(OnnxError::NoInput)));
    assert!(matches!(graph(|graph| graph.output.clear()), Err(OnnxError::NoOutput)));
    let twice = |graph: &mut GraphProto| graph.input = vec![value("x", element::FLOAT, &[None, Some(1)]); 2];
    assert_eq!(graph(twice).unwrap_err(), OnnxError::Twice { name: "x".to_owned() });
}

#[test]
fn trees_that_point_elsewhere_are_refused() {
    let broken = |name: &str, values: Vec<i64>| {
        let error = changed(&trees(), |model| {
            let nodes = &mut model.graph.as_mut().unwrap().node;
            let ensemble = nodes.iter_mut().find(|node| node.op_type == "TreeEnsembleRegressor").unwrap();
            ensemble.attribute.iter_mut().find(|attribute| attribute.name == name).unwrap().ints = values;
        });
        match error.unwrap_err() {
            OnnxError::Trees { reason, .. } => reason,
            other => panic!("{other}"),
        }
    };
    assert_eq!(broken("nodes_truenodeids", vec![9, 0, 0]), "a node has a child that is not there");
    assert_eq!(broken("nodes_truenodeids", vec![0, 0, 0]), "its nodes lead in a circle");
    assert_eq!(broken("nodes_truenodeids", vec![2, 0, 0]), "a node is the child of two");
    assert_eq!(broken("nodes_featureids", vec![-1, 0, 0]), "a node reads an input that cannot be");
    assert_eq!(broken("nodes_featureids", vec![0, 0]), "the lists that describe the nodes differ in length");
    assert_eq!(broken("nodes_nodeids", vec![0, 1, 1]), "a node stands twice");
    assert_eq!(broken("target_ids", vec![0, 1, 0, 7]), "a leaf adds to an output that is not there");
    assert_eq!(broken("target_nodeids", vec![1, 1, 2, 8]), "a leaf is not there");
}

/// A classifier as scikit-learn's exporter writes it: a label, and a list of maps from classes to probabilities.
fn with_zip_map() -> OnnxFile {
    graph(|graph| {
        let labels = AttributeProto { name: "classlabels_int64s".to_owned(), ints: vec![0, 1], ..Default::default() };
        graph.node.push(NodeProto { attribute: vec![labels], ..node("ZipMap", &["value"], "maps") });
        let maps = TypeValue::Sequence(crate::onnx::proto::SequenceType {});
        graph.output = vec![value("label", element::INT64, &[None]), value("maps", 0, &[])];
        graph.output[1].r#type = Some(TypeProto { value: Some(maps) });
    })
    .unwrap()
}

#[test]
fn maps_of_classes_are_traced_to_their_tensor() {
    let file = with_zip_map();
    let classes = Some(vec!["0".to_owned(), "1".to_owned()]);
    let maps = Output {
        name: "maps".to_owned(),
        tensor: "value".to_owned(),
        element: Element::Float,
        columns: Some(2),
        classes,
    };
    assert_eq!(file.outputs(), [maps]);
}

#[test]
fn a_file_for_the_runtime_gives_one_tensor_and_keeps_all_else() {
    let file = with_zip_map();
    let only = ModelProto::decode(&file.only(&file.outputs()[0])[..]).unwrap();
    let before = ModelProto::decode(file.bytes()).unwrap();
    assert_eq!((&only.metadata_props, &only.opset_import), (&before.metadata_props, &before.opset_import));
    let (only, before) = (only.graph.unwrap(), before.graph.unwrap());
    assert_eq!(only.node, before.node[..before.node.len() - 1]);
    assert_eq!(only.initializer, before.initializer);
    assert_eq!(only.output.iter().map(|value| value.name.as_str()).collect::<Vec<_>>(), ["value"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_truncation_is_taken_for_a_whole_model(cut in 0.0..1.0_f64) {
        let file = trees();
        let length = (cut * file.len() as f64) as usize;
        // Properties come after the graph: a file cut between two of them is whole, if poorer.
        if let Ok(read) = OnnxFile::read(&file[..length]) {
            let whole = OnnxFile::read(&file).unwrap();
            prop_assert_eq!(read.inputs(), whole.inputs());
        }
    }

    #[test]
    fn no_flipped_bits_make_reading_panic(flips in prop::collection::vec((0.0..1.0_f64, 0..8_u32), 1..20)) {
        let mut file = trees();
        for (at, bit) in flips {
            let at = (at * file.len() as f64) as usize;
            file[at] ^= 1 << bit;
        }
        if let Ok(read) = OnnxFile::read(&file) {
            for output in read.outputs() {
                prop_assert!(ModelProto::decode(&read.only(output)[..]).is_ok());
            }
        }
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = OnnxFile::read(&bytes);
    }
}
