//! The margins of a family's models, of which each row gets its own.

use super::super::graph::{self, Graph};
use super::super::known;
use super::super::trees::{self, Ensemble};
use super::{COLUMNS, Models, Single, lines, numbers};
use crate::artifact::NativeModel;
use crate::onnx::proto::element;

pub(super) fn margin(graph: &mut Graph, models: &Models<'_>, features: &str) -> &'static str {
    let known = known(graph, features);
    let base = numbers(graph, models, "bases", "base", |single| match single.model {
        NativeModel::Linear(model) => model.intercept(),
        NativeModel::Trees(model) => model.base(),
    });
    let is_linear = |single: &Single<'_>| matches!(single.model, NativeModel::Linear(_));
    let mut margin = base;
    if models.each.iter().any(is_linear) {
        let weighted = weighted(graph, models, features, known);
        margin = graph.node("Add", &[weighted, margin], "linear_margin");
    }
    if !models.each.iter().all(is_linear) {
        let grown = grown(graph, models, features, known);
        margin = graph.node("Add", &[grown, margin], "tree_margin");
    }
    margin
}

/// Coefficient × input, summed; 0 for members of trees.
fn weighted(graph: &mut Graph, models: &Models<'_>, features: &str, known: &str) -> &'static str {
    let width = models.each[0].model.width();
    let (mut imputation, mut coefficients) = (Vec::new(), Vec::new());
    for single in &models.each {
        match single.model {
            NativeModel::Linear(model) => {
                imputation.extend(model.imputation());
                coefficients.extend(model.coefficients());
            }
            NativeModel::Trees(_) => {
                imputation.resize(imputation.len() + width, 0.0);
                coefficients.resize(coefficients.len() + width, 0.0);
            }
        }
    }
    let imputation = lines(graph, "imputations", width, &imputation, "imputation");
    let imputed = graph.node("Where", &[known, features, imputation], "imputed");
    let coefficients = lines(graph, "coefficients_of_members", width, &coefficients, "coefficients");
    let terms = graph.node("Mul", &[imputed, coefficients], "terms");
    graph.node("ReduceSum", &[terms, COLUMNS], "weighted")
}

/// The sum or mean of each row's leaves; 0 for linear members.
fn grown(graph: &mut Graph, models: &Models<'_>, features: &str, known: &str) -> &'static str {
    let rounded = trees::rounded(graph, features, known);
    let to_double = vec![graph::int("to", i64::from(element::DOUBLE))];
    let place = graph.node_with("Cast", &["member_column"], "member_double", to_double);
    let beside = vec![graph::int("axis", 1)];
    let rounded = graph.node_with("Concat", &[rounded, place], "rounded_and_member", beside);
    // Leaves in units of a step of each member's own, so that a member of small leaves loses nothing to one of large.
    let sum = trees::sum(graph, rounded, ensemble(models), COLUMNS);
    let divisor = numbers(graph, models, "divisors", "divisor", |single| match single.model {
        NativeModel::Linear(_) => 1.0,
        NativeModel::Trees(model) => trees::divisor(model) / trees::step(model),
    });
    graph.node("Div", &[sum, divisor], "grown")
}

fn ensemble(models: &Models<'_>) -> Ensemble {
    let count = |single: &Single<'_>| match single.model {
        NativeModel::Linear(_) => 0,
        NativeModel::Trees(model) => model.trees().len(),
    };
    let mut ensemble = Ensemble::new(1.0);
    for number in 0..models.each.iter().map(count).max().unwrap_or(0) {
        ensemble.begin();
        grow(&mut ensemble, &models.each, 0, number);
    }
    ensemble
}

/// Adds tree `number` of the models, of which the first is in line `first`; returns its root.
fn grow(ensemble: &mut Ensemble, models: &[Single<'_>], first: usize, number: usize) -> i64 {
    let has = |single: &Single<'_>| matches!(single.model, NativeModel::Trees(model) if number < model.trees().len());
    if !models.iter().any(has) {
        return ensemble.nothing();
    }
    if let [Single { model: NativeModel::Trees(model), .. }] = models {
        return ensemble.grow(&model.trees()[number], 1.0 / trees::step(model));
    }
    let half = models.len() / 2;
    let (left, right) = models.split_at(half);
    #[expect(clippy::cast_precision_loss, reason = "a count of members")]
    let fork = ensemble.fork(models[0].model.width(), (first + half) as f64);
    let left = grow(ensemble, left, first, number);
    let right = grow(ensemble, right, first + half, number);
    ensemble.join(fork, left, right);
    fork
}
