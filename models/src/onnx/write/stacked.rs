//! A stacked model as a graph: each base on its columns, and a linear model of what comes out.

use super::graph::{self, Graph, signed};
use super::{INPUT, linear, trees};
use crate::artifact::{NativeModel, StackedModel};

/// What the linear model takes: the own features and a margin of each base.
const SEEN: &str = "stack";

/// Adds the model's margin, one column; returns its name.
pub(super) fn margin(graph: &mut Graph, model: &StackedModel, features: &str) -> &'static str {
    let mut seen = Vec::with_capacity(1 + model.bases().len());
    if model.own() > 0 {
        let own: Vec<usize> = (0..model.own()).collect();
        seen.push(columns(graph, features, &own, "own"));
    }
    for (number, base) in model.bases().iter().enumerate() {
        let name = format!("base_{}", number + 1);
        let given = columns(graph, features, &base.inputs, &name);
        let mut alone = Graph::default();
        let margin = match &base.model {
            NativeModel::Linear(model) => linear::margin(&mut alone, model, INPUT),
            NativeModel::Trees(model) => trees::margin(&mut alone, model, INPUT),
        };
        seen.push(graph.absorb(alone, &format!("{name}/"), (INPUT, &given), margin));
    }
    let seen: Vec<&str> = seen.iter().map(String::as_str).collect();
    let together = graph.node_with("Concat", &seen, SEEN, vec![graph::int("axis", 1)]);
    linear::margin(graph, model.meta(), together)
}

/// Some columns of the features.
fn columns(graph: &mut Graph, features: &str, columns: &[usize], name: &str) -> String {
    let indices = format!("{name}_columns");
    let columns: Vec<i64> = columns.iter().copied().map(signed).collect();
    graph.integers(&indices, &columns);
    let given = format!("{name}_features");
    graph.node_with("Gather", &[features, &indices], &given, vec![graph::int("axis", 1)]);
    given
}
