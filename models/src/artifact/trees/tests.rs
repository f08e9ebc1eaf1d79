use proptest::prelude::*;

use super::*;

fn leaf(value: f32, cover: f32) -> Node {
    Node::Leaf { value, cover }
}

fn split(feature: u32, threshold: f32, left: u32, right: u32) -> Node {
    Node::Split { feature, threshold, left, right, missing: Side::Right }
}

fn stump() -> Vec<Node> {
    vec![split(1, 0.5, 1, 2), leaf(-1.0, 10.0), leaf(1.0, 20.0)]
}

fn build(trees: Vec<Vec<Node>>) -> Result<TreeModel, InvalidTrees> {
    TreeModel::new(Link::Logit, 0.1, Aggregation::Sum, 2, trees)
}

#[track_caller]
fn refused(nodes: Vec<Node>, expected: &str) {
    assert_eq!(build(vec![stump(), nodes]).unwrap_err().to_string(), expected);
}

#[test]
fn what_is_no_tree_is_refused() {
    assert_eq!(build(vec![]), Err(InvalidTrees::NoTree));
    refused(vec![], "tree 1 has no node");
    let one = leaf(1.0, 1.0);
    refused(
        vec![split(0, 0.0, 0, 1), one],
        "node 0 of tree 1 has the child 0, which does not come after it or is not there",
    );
    refused(
        vec![split(0, 0.0, 1, 2), one],
        "node 0 of tree 1 has the child 2, which does not come after it or is not there",
    );
    refused(vec![split(0, 0.0, 1, 1), one], "node 1 of tree 1 is the child of 2 nodes");
    refused(vec![split(0, 0.0, 1, 2), one, one, one], "node 3 of tree 1 is the child of 0 nodes");
}

#[test]
fn numbers_out_of_range_are_refused() {
    let one = leaf(1.0, 1.0);
    refused(vec![split(2, 0.0, 1, 2), one, one], "node 0 of tree 1 reads input 2 of 2");
    refused(vec![split(0, f32::NAN, 1, 2), one, one], "the threshold of node 0 of tree 1 is not a finite number");
    refused(vec![leaf(f32::INFINITY, 1.0)], "the value of node 0 of tree 1 is not a finite number");
    refused(vec![leaf(1.0, f32::NAN)], "the cover of node 0 of tree 1 is not a finite number");
    refused(vec![leaf(1.0, 0.0)], "the cover of node 0 of tree 1 is not above 0");
    let base = TreeModel::new(Link::Logit, f64::NAN, Aggregation::Sum, 2, vec![stump()]);
    assert_eq!(base, Err(InvalidTrees::Base));
    let wide = TreeModel::new(Link::Logit, 0.0, Aggregation::Sum, MAX_WIDTH + 1, vec![stump()]);
    assert_eq!(wide, Err(InvalidTrees::TooWide { width: MAX_WIDTH + 1 }));
}

/// A tree that goes on to the right for `depth` splits.
fn vine(depth: u32) -> Vec<Node> {
    let splits = (0..depth).flat_map(|i| [split(0, 0.0, 2 * i + 1, 2 * i + 2), leaf(0.0, 1.0)]);
    splits.chain([leaf(0.0, 1.0)]).collect()
}

#[test]
fn a_tree_may_be_so_deep_and_no_deeper() {
    assert_eq!(build(vec![vine(64)]).unwrap().trees()[0].depth(), 64);
    assert_eq!(build(vec![vine(65)]), Err(InvalidTrees::Depth { tree: 0 }));
}

fn read(bytes: &[u8], trees: usize) -> Result<TreeModel, InvalidTreesFile> {
    let model = build(vec![stump(); trees]).unwrap();
    from_bytes(&TreesHead::of(&model), bytes)
}

#[test]
fn a_file_that_is_cut_or_goes_on_is_refused() {
    let bytes = to_bytes(&build(vec![stump()]).unwrap());
    assert_eq!(read(&bytes, 1), build(vec![stump()]).map_err(InvalidTreesFile::from));
    for length in 8..bytes.len() {
        assert_eq!(read(&bytes[..length], 1), Err(InvalidTreesFile::Short), "{length}");
    }
    for more in [&[0_u8][..], &[0; 4]] {
        assert_eq!(read(&[&bytes, more].concat(), 1), Err(InvalidTreesFile::Long));
    }
    assert_eq!(read(b"CLUTCH", 1), Err(InvalidTreesFile::Magic));
    assert_eq!(read(&bytes, 2), Err(InvalidTreesFile::Trees { found: 1, told: 2 }));
    let mut newer = bytes.clone();
    newer[8] = 2;
    assert_eq!(read(&newer, 1), Err(InvalidTreesFile::Newer { found: 2 }));
}

#[test]
fn a_file_cannot_ask_for_more_memory_than_it_has_bytes() {
    let mut bytes = to_bytes(&build(vec![stump()]).unwrap());
    bytes[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(read(&bytes, 1), Err(InvalidTreesFile::Short));
    let head = r#"{"link":"logit","base":0.0,"aggregation":"sum","width":2,"trees":4294967295}"#;
    let head: TreesHead = serde_json::from_str(head).unwrap();
    bytes[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(from_bytes(&head, &bytes), Err(InvalidTreesFile::Short));
}

proptest! {
    #[test]
    fn no_bytes_make_reading_panic(place in 8..68_usize, byte in any::<u8>()) {
        let mut bytes = to_bytes(&build(vec![stump()]).unwrap());
        bytes[place] = byte;
        if let Ok(model) = read(&bytes, 1) {
            prop_assert_eq!(to_bytes(&model), bytes);
        }
    }
}
