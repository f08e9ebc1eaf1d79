use std::collections::BTreeSet;

use features::project::Task;
use prost::Message;
use serde_json::{Map, Value};

use super::*;
use crate::artifact::{Aggregation, FamilyRecord, LinearModel, Member, MemberRecord, Node, Rows, Side, TreeModel};
use crate::contract::sample;
use crate::onnx::proto::{DimensionValue, NodeProto, TypeValue};

fn leaf(value: f32) -> Node {
    Node::Leaf { value, cover: 1.0 }
}

/// So many trees of three nodes.
fn trees(count: usize) -> NativeModel {
    let split = Node::Split { feature: 0, threshold: 0.5, left: 1, right: 2, missing: Side::Left };
    let trees = vec![vec![split, leaf(-1.0), leaf(1.0)]; count];
    NativeModel::Trees(TreeModel::new(Link::Logit, 0.0, Aggregation::Sum, 1, trees).unwrap())
}

fn line() -> NativeModel {
    NativeModel::Linear(LinearModel::new(Link::Logit, 0.0, vec![1.0], vec![0.0]).unwrap())
}

fn exported(column: &str, ty: Type, general: NativeModel, members: Vec<(&str, NativeModel)>) -> Exported {
    let features = vec![Feature::new("lead", Type::Float), Feature::new(column, ty)];
    let mut manifest = sample::manifest("model", Task::Classification, features);
    let record = |value: &str| MemberRecord {
        value: value.to_owned(),
        rows: Rows { train: 0, test: 0 },
        observed: None,
        general: None,
    };
    manifest.family = Some(FamilyRecord {
        per: column.to_owned(),
        min_rows: 1,
        metric: "log_loss".to_owned(),
        members: members.iter().map(|(value, _)| record(value)).collect(),
        rest: record(""),
    });
    let member = |(value, model): (&str, _)| Member { value: value.to_owned(), model, calibration: None };
    let family = Family::new(members.into_iter().map(member).collect()).unwrap();
    let example: Map<String, Value> = ["lead", column].map(|name| (name.to_owned(), Value::Null)).into_iter().collect();
    export(&Artifact::family(manifest, general, family, example).unwrap()).unwrap()
}

fn graph(exported: &Exported) -> GraphProto {
    ModelProto::decode(&exported.file[..]).unwrap().graph.unwrap()
}

#[track_caller]
fn node<'a>(graph: &'a GraphProto, op: &str) -> &'a NodeProto {
    graph.node.iter().find(|node| node.op_type == op).unwrap()
}

fn ints(node: &NodeProto, name: &str) -> Vec<i64> {
    node.attribute.iter().find(|attribute| attribute.name == name).unwrap().ints.clone()
}

#[test]
fn a_family_has_a_second_input_of_its_column() {
    let exported = exported("champion", Type::String, line(), vec![("Ahri", line()), ("Zed", trees(2))]);
    let member = MemberInput { name: "champion".to_owned(), text: true, missing: String::new() };
    assert_eq!(exported.member, Some(member));
    let graph = graph(&exported);
    assert_eq!(graph.input.iter().map(|input| input.name.as_str()).collect::<Vec<_>>(), ["features", "champion"]);
    let Some(TypeValue::Tensor(tensor)) = &graph.input[1].r#type.as_ref().unwrap().value else { panic!("a tensor") };
    assert_eq!(tensor.elem_type, element::STRING);
    assert_eq!(tensor.shape.as_ref().unwrap().dim[1].value, Some(DimensionValue::Value(1)));
    assert_eq!(ints(node(&graph, "LabelEncoder"), "values_int64s"), [0, 1, 2], "the general model is the last");
}

#[test]
fn what_stands_for_a_missing_value_is_no_member() {
    let missing = |ty, names: &[&'static str]| {
        let members = names.iter().map(|name| (*name, line())).collect();
        exported("champion", ty, line(), members).member.unwrap().missing
    };
    assert_eq!(missing(Type::String, &["", "?", "a"]), "??");
    assert_eq!(missing(Type::Int, &["-1", "0", "-3"]), "-2");
    assert_eq!(missing(Type::Bool, &["true", "false"]), "-1");
}

#[test]
fn a_column_that_is_called_as_something_in_the_file_gets_a_longer_name() {
    for (column, input) in [("features", "features_"), ("probability", "probability_"), ("known", "known_")] {
        let exported = exported(column, Type::Int, line(), vec![("1", line())]);
        assert_eq!(exported.member.unwrap().name, input);
    }
}

#[test]
fn members_share_trees_so_that_a_row_walks_no_more_than_its_own() {
    let members = vec![("a", trees(2)), ("b", trees(5)), ("c", line())];
    let graph = graph(&exported("champion", Type::String, trees(3), members));
    let ensemble = node(&graph, "TreeEnsembleRegressor");
    let trees: BTreeSet<i64> = ints(ensemble, "nodes_treeids").into_iter().collect();
    assert_eq!(trees.len(), 5);
    // Ten trees of three nodes, three forks where three members differ, and leaves of nothing for those without a tree.
    assert_eq!(ints(ensemble, "nodes_treeids").len(), 10 * 3 + 2 * (3 + 1) + (3 + 2) + 2 * (2 + 2));
}

#[test]
fn equal_families_give_equal_bytes() {
    let family = || exported("champion", Type::String, trees(3), vec![("b", trees(1)), ("a", line())]);
    assert_eq!(family(), family());
}
