//! Hosts that compute something else.

use super::*;

/// Multiplies a column's value by the next double after 1: where the value is a power of two that is one unit in its
/// last place, elsewhere one or two.
fn an_ulp_off(view: &View, column: usize) -> Arc<View> {
    let mut view = view.clone();
    let expr = view.columns[column].expr.clone();
    let factor = Expr::new(Type::Float, Node::Literal(Value::Float(1.0_f64.next_up())));
    let times = crate::element::Element::resolve("*", &[Type::Float, Type::Float]).unwrap().element;
    view.columns[column].expr = Expr::new(Type::Float, Node::Call(times, vec![expr, factor]));
    view.after = Program::compile(&view.columns.iter().map(|column| &column.expr).collect::<Vec<_>>());
    Arc::new(view)
}

const THIRD: usize = 2;

#[test]
fn one_ulp_in_one_host_is_caught_by_the_others() {
    let (honest, faulty) = (view(), an_ulp_off(&view(), THIRD));
    assert_caught(&with_views(&faulty, &honest), &[Host::Batch], &["third"]);
    assert_caught(&with_views(&honest, &faulty), &[Host::Batch, Host::Oracle, Host::Again, Host::AsOf], &["third"]);
}

#[test]
fn one_ulp_in_a_function_that_all_hosts_share_is_caught_by_the_oracle() {
    let faulty = an_ulp_off(&view(), THIRD);
    assert_caught(&with_views(&faulty, &faulty), &[Host::Oracle, Host::Again, Host::AsOf], &["third"]);
}

#[test]
fn a_division_done_as_a_multiplication_by_the_reciprocal_is_caught() {
    let mut faulty = View::clone(&view());
    let Node::Call(_, arguments) = &faulty.columns[THIRD].expr.node else { panic!("a division") };
    let reciprocal = Expr::new(Type::Float, Node::Literal(Value::Float(1.0 / 3.0)));
    let times = crate::element::Element::resolve("*", &[Type::Float, Type::Float]).unwrap().element;
    faulty.columns[THIRD].expr = Expr::new(Type::Float, Node::Call(times, vec![arguments[0].clone(), reciprocal]));
    faulty.after = Program::compile(&faulty.columns.iter().map(|column| &column.expr).collect::<Vec<_>>());
    assert_caught(&with_views(&Arc::new(faulty), &view()), &[Host::Batch], &["third"]);
}

const ROWS: [&str; 3] = ["most", "odds_recent", "points_side"];

#[test]
fn a_frame_one_row_too_long_is_caught() {
    let (honest, faulty) = (view(), with_longer_frames());
    assert_caught(&with_views(&faulty, &honest), &[Host::Batch], &ROWS);
    assert_caught(&with_views(&honest, &faulty), &[Host::Batch, Host::Oracle, Host::Again, Host::AsOf], &ROWS);
    assert_caught(&with_views(&faulty, &faulty), &[Host::Oracle, Host::Again, Host::AsOf], &ROWS);
}

/// The view with the edge of its frames of time moved by so much.
fn with_edge_moved(by: Micros) -> Arc<View> {
    with_frames(&view(), |frame| if let Frame::Range(width) = frame { Frame::Range(width + by) } else { frame })
}

const TIMES: [&str; 2] = ["odds_lately", "others_lately"];

/// A row exactly as old as the frame is long is out.
#[test]
fn a_frame_of_time_that_takes_in_its_edge_is_caught() {
    let (honest, faulty) = (view(), with_edge_moved(1));
    assert_caught(&with_views(&faulty, &honest), &[Host::Batch], &TIMES);
    assert_caught(&with_views(&honest, &faulty), &[Host::Batch, Host::Oracle, Host::Again, Host::AsOf], &TIMES);
    assert_caught(&with_views(&faulty, &faulty), &[Host::Oracle, Host::Again, Host::AsOf], &TIMES);
}

/// Events come at whole seconds: only a request shows that a frame ends too early.
#[test]
fn a_frame_of_time_that_leaves_out_its_first_moment_is_caught_at_a_time_between_events() {
    let faulty = with_edge_moved(-1);
    assert_caught(&with_views(&faulty, &faulty), &[Host::AsOf], &TIMES);
}
