//! A linear model as a graph: impute, multiply, add.

use super::graph::Graph;
use crate::artifact::LinearModel;

/// Adds the model's margin, one column; returns its name.
pub(super) fn margin(graph: &mut Graph, model: &LinearModel, features: &str) -> &'static str {
    let width = model.coefficients().len();
    let imputation = graph.doubles("imputation", &[1, width], model.imputation());
    let known = super::known(graph, features);
    let imputed = graph.node("Where", &[known, features, imputation], "imputed");
    let coefficients = graph.doubles("coefficients", &[width, 1], model.coefficients());
    let weighted = graph.node("MatMul", &[imputed, coefficients], "weighted");
    let intercept = graph.double("intercept", model.intercept());
    graph.node("Add", &[weighted, intercept], "margin")
}
