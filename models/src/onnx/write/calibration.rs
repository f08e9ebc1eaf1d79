//! Calibrations as graphs: from a margin to the probability that is told.

use super::graph::Graph;
use crate::artifact::{Calibration, Isotonic, Platt};

pub(super) fn probability<'a>(graph: &mut Graph, calibration: &Calibration, margin: &str, output: &'a str) -> &'a str {
    match calibration {
        Calibration::Platt(model) => platt(graph, model, margin, output),
        Calibration::Isotonic(model) => isotonic(graph, model, margin, output),
    }
}

fn platt<'a>(graph: &mut Graph, model: &Platt, margin: &str, output: &'a str) -> &'a str {
    let slope = graph.double("calibration_slope", model.slope());
    let intercept = graph.double("calibration_intercept", model.intercept());
    let bent = graph.node("Mul", &[margin, slope], "bent");
    let calibrated = graph.node("Add", &[bent, intercept], "calibrated");
    graph.node("Sigmoid", &[calibrated], output)
}

/// The first probability and, for each line between two points, its rise times how far along it the margin is: 0 before
/// it, 1 beyond it.
fn isotonic<'a>(graph: &mut Graph, model: &Isotonic, margin: &str, output: &'a str) -> &'a str {
    let (margins, probabilities) = (model.margins(), model.probabilities());
    let lines = margins.len() - 1;
    let first = graph.double("calibration_first", probabilities[0]);
    if lines == 0 {
        let none = graph.double("calibration_none", 0.0);
        let nothing = graph.node("Mul", &[margin, none], "calibration_nothing");
        return graph.node("Add", &[nothing, first], output);
    }
    // Halves, so that no difference of two doubles overflows.
    let halves: Vec<f64> = margins.iter().map(|x| x / 2.0).collect();
    let widths: Vec<f64> = halves.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let rises: Vec<f64> = probabilities.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let half = graph.double("half", 0.5);
    let starts = graph.doubles("line_starts", &[1, lines], &halves[..lines]);
    let widths = graph.doubles("line_widths", &[1, lines], &widths);
    let rises = graph.doubles("line_rises", &[lines, 1], &rises);
    let (zero, one) = (graph.double("zero", 0.0), graph.double("one", 1.0));
    let at = graph.node("Mul", &[margin, half], "half_margin");
    let along = graph.node("Sub", &[at, starts], "from_line_starts");
    let share = graph.node("Div", &[along, widths], "shares");
    let share = graph.node("Clip", &[share, zero, one], "shares_of_lines");
    let risen = graph.node("MatMul", &[share, rises], "risen");
    let sum = graph.node("Add", &[risen, first], "calibrated");
    graph.node("Clip", &[sum, zero, one], output)
}
