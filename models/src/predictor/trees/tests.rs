use proptest::prelude::*;

use super::*;
use crate::artifact::{Node, Side};
use crate::contract;
use crate::signature::Output;

fn leaf(value: f32) -> Node {
    Node::Leaf { value, cover: 1.0 }
}

fn split(feature: u32, threshold: f32, left: u32, right: u32, missing: Side) -> Node {
    Node::Split { feature, threshold, left, right, missing }
}

fn model(link: Link, aggregation: Aggregation, width: usize, trees: Vec<Vec<Node>>) -> TreeModel {
    TreeModel::new(link, 0.25, aggregation, width, trees).unwrap()
}

fn margin(model: &TreeModel, row: &[f64]) -> f64 {
    let mut out = [f64::NAN];
    TreePredictor::new(model).margins(row, &mut out);
    out[0]
}

/// As the type's documentation says it, without any layout.
fn plain_margin(model: &TreeModel, row: &[f64]) -> f64 {
    let leaf = |nodes: &[Node]| {
        let mut at = 0;
        loop {
            match nodes[at as usize] {
                Node::Leaf { value, .. } => return f64::from(value),
                Node::Split { feature, threshold, left, right, missing } => {
                    let x = row[feature as usize];
                    #[expect(clippy::cast_possible_truncation, reason = "trees compare in f32")]
                    let goes_left = if x.is_finite() { (x as f32) < threshold } else { missing == Side::Left };
                    at = if goes_left { left } else { right };
                }
            }
        }
    };
    let sum = model.trees().iter().fold(0.0, |sum, tree| sum + leaf(tree.nodes()));
    match model.aggregation() {
        Aggregation::Sum => model.base() + sum,
        Aggregation::Mean => model.base() + sum / f64::from(u32::try_from(model.trees().len()).unwrap()),
    }
}

#[test]
fn an_input_equal_to_the_threshold_goes_right() {
    let model =
        model(Link::Identity, Aggregation::Sum, 1, vec![vec![split(0, 0.1, 1, 2, Side::Left), leaf(1.0), leaf(2.0)]]);
    let threshold = f64::from(0.1_f32);
    assert_eq!(margin(&model, &[threshold]), 2.25);
    assert_eq!(margin(&model, &[f64::from(0.1_f32.next_down())]), 1.25);
    // Rounds to the threshold, although it is below.
    assert_eq!(margin(&model, &[threshold.next_down()]), 2.25);
}

#[test]
fn a_missing_input_goes_where_the_split_says() {
    for (side, expected) in [(Side::Left, 1.25), (Side::Right, 2.25)] {
        let model =
            model(Link::Identity, Aggregation::Sum, 1, vec![vec![split(0, 0.0, 1, 2, side), leaf(1.0), leaf(2.0)]]);
        for missing in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(margin(&model, &[missing]), expected);
        }
        // Finite, though beyond f32.
        assert_eq!([margin(&model, &[1e300]), margin(&model, &[-1e300])], [2.25, 1.25]);
    }
}

#[test]
fn a_forest_is_the_mean_of_its_trees() {
    let trees = vec![vec![leaf(1.0)], vec![leaf(2.0)], vec![leaf(6.0)]];
    assert_eq!(margin(&model(Link::Identity, Aggregation::Mean, 0, trees.clone()), &[]), 3.25);
    assert_eq!(margin(&model(Link::Identity, Aggregation::Sum, 0, trees), &[]), 9.25);
}

/// Any tree over `width` inputs, with thresholds that inputs hit often.
fn tree(width: u32) -> impl Strategy<Value = Vec<Node>> {
    let leaf = (-8_i8..8, 1_u8..9)
        .prop_map(|(value, cover)| vec![Node::Leaf { value: f32::from(value) / 3.0, cover: f32::from(cover) }]);
    leaf.prop_recursive(6, 40, 2, move |inner| {
        (inner.clone(), inner, 0..width, -3_i8..4, any::<bool>()).prop_map(
            |(left, right, feature, threshold, missing)| {
                let missing = if missing { Side::Left } else { Side::Right };
                let right_at = u32::try_from(left.len()).unwrap() + 1;
                let shifted = |nodes: Vec<Node>, by: u32| {
                    nodes.into_iter().map(move |node| match node {
                        Node::Split { feature, threshold, left, right, missing } => {
                            Node::Split { feature, threshold, left: left + by, right: right + by, missing }
                        }
                        leaf @ Node::Leaf { .. } => leaf,
                    })
                };
                let root = split(feature, f32::from(threshold) / 10.0, 1, right_at, missing);
                std::iter::once(root).chain(shifted(left, 1)).chain(shifted(right, right_at)).collect()
            },
        )
    })
}

fn any_model() -> impl Strategy<Value = TreeModel> {
    let link = prop_oneof![Just(Link::Identity), Just(Link::Logit)];
    let aggregation = prop_oneof![Just(Aggregation::Sum), Just(Aggregation::Mean)];
    (link, aggregation, prop::collection::vec(tree(3), 1..20))
        .prop_map(|(link, aggregation, trees)| model(link, aggregation, 3, trees))
}

fn any_input() -> impl Strategy<Value = f64> {
    prop_oneof![
        (-3_i8..4).prop_map(|x| f64::from(f32::from(x) / 10.0)),
        (-3_i8..4, any::<bool>()).prop_map(|(x, up)| {
            let x = f32::from(x) / 10.0;
            f64::from(if up { x.next_up() } else { x.next_down() })
        }),
        prop::num::f64::ANY,
        Just(f64::NAN),
    ]
}

proptest! {
    #[test]
    fn the_layout_predicts_what_the_trees_say(
        model in any_model(),
        rows in prop::collection::vec(prop::array::uniform3(any_input()), 1..80),
    ) {
        let mut together = vec![f64::NAN; rows.len()];
        TreePredictor::new(&model).margins(&rows.concat(), &mut together);
        for (row, together) in rows.iter().zip(together) {
            prop_assert_eq!(together.to_bits(), plain_margin(&model, row).to_bits());
            prop_assert_eq!(margin(&model, row).to_bits(), together.to_bits());
        }
    }

    #[test]
    fn any_ensemble_keeps_the_contract(model in any_model(), typical in prop::array::uniform3(any_input())) {
        let output = if model.link() == Link::Logit { Output::Probability } else { Output::Value };
        contract::predictor(&TreePredictor::new(&model), output, &typical);
    }
}
