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
    let lines = Lines::of(model);
    let count = lines.starts.len();
    let first = graph.double("calibration_first", lines.first);
    if count == 0 {
        let none = graph.double("calibration_none", 0.0);
        let nothing = graph.node("Mul", &[margin, none], "calibration_nothing");
        return graph.node("Add", &[nothing, first], output);
    }
    let half = graph.double("half", 0.5);
    let starts = graph.doubles("line_starts", &[1, count], &lines.starts);
    let widths = graph.doubles("line_widths", &[1, count], &lines.widths);
    let rises = graph.doubles("line_rises", &[count, 1], &lines.rises);
    let bounds = [graph.double("zero", 0.0), graph.double("one", 1.0)];
    let share = shares(graph, margin, half, [starts, widths], bounds);
    let risen = graph.node("MatMul", &[share, rises], "risen");
    let sum = graph.node("Add", &[risen, first], "calibrated");
    graph.node("Clip", &[sum, bounds[0], bounds[1]], output)
}

/// Adds how far along each line the margin is.
pub(super) fn shares(
    graph: &mut Graph,
    margin: &str,
    half: &str,
    [starts, widths]: [&str; 2],
    [zero, one]: [&str; 2],
) -> &'static str {
    let at = graph.node("Mul", &[margin, half], "half_margin");
    let along = graph.node("Sub", &[at, starts], "from_line_starts");
    let share = graph.node("Div", &[along, widths], "shares");
    graph.node("Clip", &[share, zero, one], "shares_of_lines")
}

/// The lines between the points of an isotonic calibration; margins are halved, so that no difference of two overflows.
pub(super) struct Lines {
    /// The probability before all of them.
    pub(super) first: f64,
    pub(super) starts: Vec<f64>,
    pub(super) widths: Vec<f64>,
    pub(super) rises: Vec<f64>,
}

impl Lines {
    pub(super) fn of(model: &Isotonic) -> Lines {
        let halves: Vec<f64> = model.margins().iter().map(|x| x / 2.0).collect();
        let differences = |of: &[f64]| of.windows(2).map(|pair| pair[1] - pair[0]).collect();
        Lines {
            first: model.probabilities()[0],
            starts: halves[..halves.len() - 1].to_vec(),
            widths: differences(&halves),
            rises: differences(model.probabilities()),
        }
    }
}
