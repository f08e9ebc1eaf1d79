//! From margins to what is told: links and calibrations of a family's models, of which each row gets its own.

use super::super::calibration::{self, Lines};
use super::super::graph::{self, Graph};
use super::{COLUMNS, Models, Single, lines, numbers};
use crate::artifact::{Calibration, Isotonic, Link, NativeModel};
use crate::onnx::proto::element;

/// From a margin to what is told.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Finish<'a> {
    AsItIs,
    /// The logistic function of intercept + slope × margin.
    Bent {
        slope: f64,
        intercept: f64,
    },
    Isotonic(&'a Isotonic),
}

const LOGISTIC: Finish<'static> = Finish::Bent { slope: 1.0, intercept: 0.0 };

impl<'a> Single<'a> {
    fn finish(&self) -> Finish<'a> {
        let link = match self.model {
            NativeModel::Linear(model) => model.link(),
            NativeModel::Trees(model) => model.link(),
        };
        match (self.calibration, link) {
            (Some(Calibration::Platt(model)), _) => Finish::Bent { slope: model.slope(), intercept: model.intercept() },
            (Some(Calibration::Isotonic(model)), _) => Finish::Isotonic(model),
            (None, Link::Logit) => LOGISTIC,
            (None, Link::Identity) => Finish::AsItIs,
        }
    }
}

/// Adds each way of finishing that a model has, and takes each row's own.
pub(super) fn finish(graph: &mut Graph, models: &Models<'_>, margin: &'static str) -> &'static str {
    let finishes: Vec<Finish<'_>> = models.each.iter().map(Single::finish).collect();
    let bent: Vec<bool> = finishes.iter().map(|finish| matches!(finish, Finish::Bent { .. })).collect();
    let isotonic: Vec<bool> = finishes.iter().map(|finish| matches!(finish, Finish::Isotonic(_))).collect();
    let mut told = margin;
    if bent.contains(&true) {
        let probability = bend(graph, models, margin);
        told = where_so(graph, &bent, ["are_bent", "bent_number", "is_bent", "bent_or_not"], [probability, told]);
    }
    if isotonic.contains(&true) {
        let probability = rise(graph, &finishes, margin);
        let names = ["are_isotonic", "isotonic_number", "is_isotonic", "isotonic_or_not"];
        told = where_so(graph, &isotonic, names, [probability, told]);
    }
    told
}

/// `yes` in the rows of the models that `are` so, `no` in others. The names: of a table, of each row's number in it, of the
/// number as a boolean, and of the result.
fn where_so(
    graph: &mut Graph,
    are: &[bool],
    [table, row, is, result]: [&'static str; 4],
    [yes, no]: [&'static str; 2],
) -> &'static str {
    if !are.contains(&false) {
        return yes;
    }
    let numbers: Vec<f64> = are.iter().map(|&is| f64::from(is)).collect();
    let row = lines(graph, table, 1, &numbers, row);
    let is = graph.node_with("Cast", &[row], is, vec![graph::int("to", i64::from(element::BOOL))]);
    graph.node("Where", &[is, yes, no], result)
}

fn bend(graph: &mut Graph, models: &Models<'_>, margin: &'static str) -> &'static str {
    let calibrated = |finish: Finish<'_>| matches!(finish, Finish::Bent { .. }) && finish != LOGISTIC;
    let mut bent = margin;
    if models.each.iter().map(Single::finish).any(calibrated) {
        let parts = |single: &Single<'_>| match single.finish() {
            Finish::Bent { slope, intercept } => (slope, intercept),
            Finish::AsItIs | Finish::Isotonic(_) => (0.0, 0.0),
        };
        let slope = numbers(graph, models, "slopes", "slope", |single| parts(single).0);
        let intercept = numbers(graph, models, "intercepts", "intercept", |single| parts(single).1);
        bent = graph.node("Mul", &[margin, slope], "sloped");
        bent = graph.node("Add", &[bent, intercept], "bent");
    }
    graph.node("Sigmoid", &[bent], "bent_probability")
}

/// Members with fewer lines between points than others have lines that never rise.
fn rise(graph: &mut Graph, finishes: &[Finish<'_>], margin: &'static str) -> &'static str {
    let of = |finish: &Finish<'_>| if let Finish::Isotonic(model) = finish { Some(Lines::of(model)) } else { None };
    let all: Vec<Option<Lines>> = finishes.iter().map(of).collect();
    let most = all.iter().flatten().map(|lines| lines.starts.len()).max().unwrap_or(0).max(1);
    let padded = |values: fn(&Lines) -> &[f64], padding: f64| {
        let mut table = Vec::with_capacity(all.len() * most);
        for lines in &all {
            let end = table.len() + most;
            table.extend_from_slice(lines.as_ref().map_or(&[][..], values));
            table.resize(end, padding);
        }
        table
    };
    let starts = lines(graph, "all_line_starts", most, &padded(|lines| &lines.starts, 0.0), "line_starts");
    let widths = lines(graph, "all_line_widths", most, &padded(|lines| &lines.widths, 1.0), "line_widths");
    let rises = lines(graph, "all_line_rises", most, &padded(|lines| &lines.rises, 0.0), "line_rises");
    let first: Vec<f64> = all.iter().map(|lines| lines.as_ref().map_or(0.0, |lines| lines.first)).collect();
    let first = lines(graph, "firsts", 1, &first, "first");
    let half = graph.double("half", 0.5);
    let bounds = [graph.double("zero", 0.0), graph.double("one", 1.0)];
    let shares = calibration::shares(graph, margin, half, [starts, widths], bounds);
    let risen = graph.node("Mul", &[shares, rises], "risen_lines");
    let risen = graph.node("ReduceSum", &[risen, COLUMNS], "risen");
    let sum = graph.node("Add", &[risen, first], "risen_from_first");
    graph.node("Clip", &[sum, bounds[0], bounds[1]], "isotonic_probability")
}
