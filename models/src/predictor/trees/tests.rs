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

/// By hand: at the root, 30 of 40 go right, to 2; the rest to −2. Below, nothing else is asked.
#[test]
fn what_a_split_tells_is_the_distance_from_its_mean() {
    let nodes = vec![
        split(1, 0.5, 1, 2, Side::Left),
        Node::Leaf { value: -2.0, cover: 10.0 },
        Node::Leaf { value: 2.0, cover: 30.0 },
    ];
    let predictor = TreePredictor::new(&model(Link::Logit, Aggregation::Sum, 2, vec![nodes]));
    let mut contributions = [f64::NAN; 2];
    assert_eq!(predictor.contributions(&[7.0, 1.0], &mut contributions), Some(0.25 + 1.0));
    assert_eq!(contributions, [0.0, 1.0]);
    predictor.contributions(&[7.0, f64::NAN], &mut contributions);
    assert_eq!(contributions, [0.0, -3.0]);
}

#[test]
fn a_deep_tree_is_explained_to_its_margin() {
    let width = 30_u32;
    let splits = (0..60).flat_map(|i| {
        [
            split(i % width, if i < 30 { 0.1 } else { 0.2 }, 2 * i + 1, 2 * i + 2, Side::Right),
            Node::Leaf { value: 1.0 / (i + 1) as f32, cover: 1.0 },
        ]
    });
    let nodes: Vec<Node> = splits.chain([leaf(5.0)]).collect();
    let model = model(Link::Identity, Aggregation::Sum, 30, vec![nodes]);
    let row: Vec<f64> = (0..30).map(|i| if i == 25 { 0.15 } else { 1.0 }).collect();
    let mut contributions = [f64::NAN; 30];
    let base = TreePredictor::new(&model).contributions(&row, &mut contributions).unwrap();
    let sum = contributions.iter().fold(base, |sum, x| sum + x);
    assert!((sum - margin(&model, &row)).abs() < 1e-12, "{sum}");
}

#[test]
fn rows_of_any_width_find_their_leaves() {
    for width in [1_u32, 15, 16, 31, 32, 63, 64, 127, 128, 300] {
        let nodes = vec![split(width - 1, 0.5, 1, 2, Side::Right), leaf(1.0), leaf(2.0)];
        let model = model(Link::Identity, Aggregation::Sum, width as usize, vec![nodes]);
        for (x, expected) in [(0.0, 1.25), (0.5, 2.25), (f64::NAN, 2.25)] {
            let mut row = vec![0.0; width as usize];
            row[width as usize - 1] = x;
            let mut together = [f64::NAN; 3];
            TreePredictor::new(&model).margins(&row.repeat(3), &mut together);
            assert_eq!(together, [expected; 3]);
            assert_eq!(margin(&model, &row), expected);
        }
    }
}

#[test]
fn a_forest_is_the_mean_of_its_trees() {
    let trees = vec![vec![leaf(1.0)], vec![leaf(2.0)], vec![leaf(6.0)]];
    assert_eq!(margin(&model(Link::Identity, Aggregation::Mean, 0, trees.clone()), &[]), 3.25);
    assert_eq!(margin(&model(Link::Identity, Aggregation::Sum, 0, trees), &[]), 9.25);
}

/// The expected leaf of a tree of which the inputs in `known` are known: a cover-weighted mean over the others.
fn expectation(nodes: &[Node], at: usize, row: &[f64], known: u32) -> f64 {
    match nodes[at] {
        Node::Leaf { value, .. } => f64::from(value),
        Node::Split { feature, threshold, left, right, missing } => {
            let [left, right] = [left as usize, right as usize];
            if known & (1 << feature) != 0 {
                let x = row[feature as usize];
                #[expect(clippy::cast_possible_truncation, reason = "trees compare in f32")]
                let goes_left = if x.is_finite() { (x as f32) < threshold } else { missing == Side::Left };
                return expectation(nodes, if goes_left { left } else { right }, row, known);
            }
            let covers = [left, right].map(|child| cover(nodes, child));
            let means = [left, right].map(|child| expectation(nodes, child, row, known));
            (covers[0] * means[0] + covers[1] * means[1]) / (covers[0] + covers[1])
        }
    }
}

fn cover(nodes: &[Node], at: usize) -> f64 {
    match nodes[at] {
        Node::Leaf { cover, .. } => f64::from(cover),
        Node::Split { left, right, .. } => cover(nodes, left as usize) + cover(nodes, right as usize),
    }
}

/// The mean over all orders of the inputs of what each adds when it becomes known: Shapley's definition.
fn shapley_values(model: &TreeModel, row: &[f64; 3]) -> [f64; 3] {
    let value = |known: u32| {
        let sum: f64 = model.trees().iter().map(|tree| expectation(tree.nodes(), 0, row, known)).sum();
        match model.aggregation() {
            Aggregation::Sum => sum,
            Aggregation::Mean => sum / f64::from(u32::try_from(model.trees().len()).unwrap()),
        }
    };
    let mut values = [0.0; 3];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut known = 0;
        for input in order {
            values[input] += (value(known | 1 << input) - value(known)) / 6.0;
            known |= 1 << input;
        }
    }
    values
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
    fn contributions_are_shapley_values(model in any_model(), row in prop::array::uniform3(any_input())) {
        let mut contributions = [f64::NAN; 3];
        let base = TreePredictor::new(&model).contributions(&row, &mut contributions).unwrap();
        for (found, expected) in contributions.iter().zip(shapley_values(&model, &row)) {
            prop_assert!((found - expected).abs() < 1e-10, "{contributions:?}, not {expected}");
        }
        let sum = contributions.iter().fold(base, |sum, x| sum + x);
        prop_assert!((sum - margin(&model, &row)).abs() <= 1e-9 * sum.abs().max(1.0));
    }

    #[test]
    fn any_ensemble_keeps_the_contract(model in any_model(), typical in prop::array::uniform3(any_input())) {
        let output = if model.link() == Link::Logit { Output::Probability } else { Output::Value };
        contract::predictor(&TreePredictor::new(&model), output, &typical);
    }
}
