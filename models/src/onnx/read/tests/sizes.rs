//! Small files that would take all memory or time, each in its own way.

use super::*;

const TOO_MANY: &str = "makes so many numbers of a few rows that no model of tables can need them";
const COMPUTED: &str = "asks for a size that the model computes from its rows: export it with sizes that are constant";
const UNKNOWN: &str = "is none that exporters of table models use, so clutch does not run it";

/// The linear model's graph with constants and nodes added; the last operator and what is said of it.
#[track_caller]
fn attack(constants: Vec<TensorProto>, nodes: Vec<NodeProto>) -> (String, &'static str) {
    let result = graph(|graph| {
        graph.initializer.extend(constants);
        graph.node.extend(nodes);
    });
    match result.unwrap_err() {
        OnnxError::Operator { operator, reason } => (operator, reason),
        other => panic!("{other}"),
    }
}

fn made(operator: &str, reason: &'static str) -> (String, &'static str) {
    (operator.to_owned(), reason)
}

fn with_int(mut node: NodeProto, name: &str, value: i64) -> NodeProto {
    node.attribute.push(AttributeProto { name: name.to_owned(), i: Some(value), r#type: 2, ..Default::default() });
    node
}

fn with_text(mut node: NodeProto, name: &str, text: &str) -> NodeProto {
    let s = Some(text.as_bytes().to_vec());
    node.attribute.push(AttributeProto { name: name.to_owned(), s, r#type: 3, ..Default::default() });
    node
}

#[test]
fn sizes_that_are_too_large_are_refused() {
    let size = || vec![integers("size", &[1 << 31, 1 << 20])];
    for (op, inputs) in
        [("ConstantOfShape", &["size"][..]), ("Expand", &["margin", "size"]), ("Tile", &["margin", "size"])]
    {
        assert_eq!(attack(size(), vec![node(op, inputs, "bomb")]), made(op, TOO_MANY));
    }
    assert!(matches!(
        graph(|graph| graph.input[0] = value("features", element::FLOAT, &[None, Some(1 << 40)])),
        Err(OnnxError::Input { .. })
    ));
}

#[test]
fn sizes_that_are_computed_are_refused() {
    let constants = || vec![integers("a", &[1 << 20]), integers("b", &[1 << 20])];
    for compute in [node("Mul", &["a", "b"], "size"), with_int(node("Cast", &["margin"], "size"), "to", 7)] {
        let bomb = node("ConstantOfShape", &["size"], "bomb");
        assert_eq!(attack(constants(), vec![compute, bomb]), made("ConstantOfShape", COMPUTED));
    }
    // Put together from constants it is known, and too large.
    let together = with_int(node("Concat", &["a", "b"], "size"), "axis", 0);
    let bomb = node("ConstantOfShape", &["size"], "bomb");
    assert_eq!(attack(constants(), vec![together, bomb]), made("ConstantOfShape", TOO_MANY));
    // A size that shrinks where there are more rows.
    let inverse = vec![node("Shape", &["margin"], "rows"), node("Div", &["a", "rows"], "size")];
    let bomb = vec![node("ConstantOfShape", &["size"], "bomb")];
    assert_eq!(attack(constants(), [inverse, bomb].concat()), made("ConstantOfShape", COMPUTED));
    for (op, inputs) in
        [("Reshape", &["margin", "rows"][..]), ("TopK", &["margin", "rows"]), ("Expand", &["margin", "rows"])]
    {
        let rows = with_int(node("Cast", &["margin"], "rows"), "to", 7);
        assert_eq!(attack(Vec::new(), vec![rows, node(op, inputs, "bomb")]), made(op, COMPUTED));
    }
}

#[test]
fn steps_that_double_are_counted_together() {
    let doubled = |op: &str, attributed: &dyn Fn(NodeProto) -> NodeProto| {
        let step = |n: usize| {
            let from = if n == 0 { "margin".to_owned() } else { format!("x{}", n - 1) };
            let second = if op == "Tile" { "twice" } else { from.as_str() };
            attributed(node(op, &[from.as_str(), second], &format!("x{n}")))
        };
        attack(vec![integers("twice", &[1, 2])], (0..40).map(step).collect())
    };
    assert_eq!(doubled("Concat", &|node| with_int(node, "axis", 1)), made("Concat", TOO_MANY));
    assert_eq!(doubled("Tile", &|node| node), made("Tile", TOO_MANY));
}

#[test]
fn tables_of_all_pairs_are_refused() {
    let shapes = || vec![integers("tall", &[1 << 20, 1]), integers("wide", &[1, 1 << 20])];
    let long = || vec![node("ConstantOfShape", &["tall"], "a"), node("ConstantOfShape", &["wide"], "b")];
    for op in ["MatMul", "Add", "Where", "Gemm"] {
        let inputs = if op == "Where" { &["a", "a", "b"][..] } else { &["a", "b"] };
        assert_eq!(attack(shapes(), [long(), vec![node(op, inputs, "pairs")]].concat()), made(op, TOO_MANY));
    }
    // A column of everything for one row, and next to nothing for many.
    let spread = vec![
        node("Shape", &["margin"], "shape"),
        node("Gather", &["shape", "first"], "rows"),
        with_int(node("Concat", &["rows", "rest"], "size"), "axis", 0),
        node("ConstantOfShape", &["wide"], "b"),
        node("Reshape", &["b", "size"], "spread"),
        node("Transpose", &["spread"], "upright"),
        node("MatMul", &["upright", "spread"], "pairs"),
    ];
    let constants = [shapes(), vec![integers("first", &[0]), integers("rest", &[-1])]].concat();
    assert_eq!(attack(constants, spread), made("MatMul", TOO_MANY));
}

#[test]
fn operators_that_no_exporter_of_table_models_uses_are_refused() {
    for op in
        ["Range", "Resize", "Upsample", "Pad", "OneHot", "NonZero", "Compress", "Conv", "LSTM", "SequenceConstruct"]
    {
        assert_eq!(attack(Vec::new(), vec![node(op, &["margin"], "x")]), made(op, UNKNOWN));
    }
    for op in ["Loop", "Scan", "If"] {
        let bare = node(op, &["margin"], "x");
        assert_eq!(attack(Vec::new(), vec![bare]), made(op, UNKNOWN), "without a body");
    }
    let trained = node("Dropout", &["margin", "", "margin"], "x");
    let reason = "draws at random in training, and has that as an input";
    assert_eq!(attack(Vec::new(), vec![trained]), made("Dropout", reason));
    let unmade = node("Relu", &["later"], "x");
    assert_eq!(attack(Vec::new(), vec![unmade]), made("Relu", "reads a value that nothing before it makes"));
}

#[test]
fn hours_of_multiplication_are_refused() {
    let shapes = vec![integers("wide", &[64, 1 << 16]), integers("tall", &[1 << 16, 64])];
    let mut nodes = vec![node("ConstantOfShape", &["wide"], "a"), node("ConstantOfShape", &["tall"], "b")];
    nodes.extend((0..1100).map(|n| node("MatMul", &["a", "b"], &format!("x{n}"))));
    let reason = "makes the model take longer than any model of tables can need";
    assert_eq!(attack(shapes, nodes), made("MatMul", reason));
}

#[test]
fn text_counts_by_its_length() {
    let labels = |text: &str| vec![with_text(node("LabelEncoder", &["margin"], "labels"), "default_string", text)];
    let long = graph(|graph| graph.node.extend(labels(&"x".repeat(1 << 20)))).unwrap_err();
    assert_eq!(long, OnnxError::Text { place: "operator LabelEncoder".to_owned(), limit: 1024 });
    let many = [labels(&"x".repeat(1000)), vec![node("Tile", &["labels", "times"], "bomb")]].concat();
    assert_eq!(attack(vec![integers("times", &[1, 1 << 13])], many), made("Tile", TOO_MANY));
}

#[test]
fn shapes_that_exporters_compute_are_followed() {
    let read = graph(|graph| {
        graph.initializer.extend([integers("first", &[0]), integers("two", &[2]), integers("axis", &[0])]);
        graph.node.extend([
            node("Shape", &["margin"], "shape"),
            node("Gather", &["shape", "first"], "rows"),
            with_int(node("Concat", &["rows", "two"], "size"), "axis", 0),
            node("ConstantOfShape", &["size"], "zeros"),
            node("Slice", &["shape", "first", "two", "axis"], "sliced"),
            node("ConstantOfShape", &["sliced"], "more"),
            with_int(node("Cast", &["size"], "cast"), "to", 7),
            node("Reshape", &["zeros", "cast"], "reshaped"),
        ]);
    });
    assert!(read.is_ok(), "{read:?}");
}
