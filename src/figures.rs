//! How evaluations look to people: metrics with intervals, references, coefficients, as tables of plain text.

use models::artifact::{BaseRecord, Coefficients, FamilyRecord, Importances, MemberRecord, StackRecord};
use models::evaluation::{Estimate, Evaluation, Interval};

use crate::table::{count, table};

/// One line a metric: its value and, where there is one, its 95 % interval.
pub(crate) fn metrics(evaluation: &Evaluation) -> Vec<String> {
    let mut rows = vec![["metric", "value", "95 % interval"].map(str::to_owned).to_vec()];
    for (name, value) in &evaluation.metrics {
        let interval = evaluation.intervals.get(name).map(interval).unwrap_or_default();
        rows.push(vec![name.clone(), format!("{value:.4}"), interval]);
    }
    table(&rows)
}

/// One line a reference and loss: the reference's value, and the model's minus the reference's on the same rows.
pub(crate) fn references(evaluation: &Evaluation) -> Vec<String> {
    let header = ["reference", "rows", "metric", "theirs", "ours - theirs", "95 % interval"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for (name, report) in &evaluation.references {
        if report.rows == 0 {
            rows.push(vec![name.clone(), "0".to_owned(), "no predictions in these rows".to_owned()]);
        }
        for (metric, Estimate { mean, interval: range }) in &report.differences {
            let theirs = report.metrics.get(metric).map(|x| format!("{x:.4}")).unwrap_or_default();
            let range = range.as_ref().map(interval).unwrap_or_default();
            rows.push(vec![name.clone(), count(report.rows), metric.clone(), theirs, format!("{mean:+.4}"), range]);
        }
    }
    table(&rows)
}

/// In original units, the weightiest first.
pub(crate) fn coefficients(coefficients: &Coefficients) -> Vec<String> {
    let mut terms: Vec<_> = coefficients.terms.iter().collect();
    let weight = |term: &models::artifact::Coefficient| term.standardised.unwrap_or(term.value).abs();
    terms.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    let mut rows = vec![["feature", "coefficient", "per standard deviation"].map(str::to_owned).to_vec()];
    for term in terms {
        let standardised = term.standardised.map(|x| format!("{x:+.4}")).unwrap_or_default();
        rows.push(vec![term.feature.clone(), significant(term.value), standardised]);
    }
    rows.push(vec!["(intercept)".to_owned(), significant(coefficients.intercept), String::new()]);
    table(&rows)
}

/// What moves the margin most comes first.
pub(crate) fn importances(importances: &Importances) -> Vec<String> {
    let mut features: Vec<_> = importances.features.iter().collect();
    features.sort_by(|a, b| b.mean_contribution.total_cmp(&a.mean_contribution));
    let mut rows = vec![["feature", "mean |contribution|"].map(str::to_owned).to_vec()];
    rows.extend(features.into_iter().map(|f| vec![f.feature.clone(), format!("{:.4}", f.mean_contribution)]));
    table(&rows)
}

/// Members shown of a family; all are in the manifest.
const MEMBERS: usize = 10;

/// The members with most rows, with how the general model does on the same rows, and what is left to it.
pub(crate) fn family(family: &FamilyRecord) -> Vec<String> {
    let mut members: Vec<&MemberRecord> = family.members.iter().collect();
    members.sort_by(|a, b| b.rows.train.cmp(&a.rows.train).then_with(|| a.value.cmp(&b.value)));
    let header = [family.per.as_str(), "trained on", "tested on", family.metric.as_str(), "general model's"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    let line = |name: String, member: &MemberRecord| {
        let number = |x: Option<f64>| x.map(|x| format!("{x:.4}")).unwrap_or_default();
        let MemberRecord { rows, observed, general, .. } = member;
        vec![name, count(rows.train), count(rows.test), number(*observed), number(*general)]
    };
    rows.extend(members.iter().take(MEMBERS).map(|member| line(member.value.clone(), member)));
    if let Some(more) = members.len().checked_sub(MEMBERS).filter(|more| *more > 0) {
        rows.push(vec![format!("({more} more)")]);
    }
    rows.push(line("(all others)".to_owned(), &family.rest));
    table(&rows)
}

/// The models that a version is stacked on, each with the registered version that is the same.
pub(crate) fn stack(stack: &StackRecord) -> String {
    let base = |base: &BaseRecord| match base.version {
        Some(version) => format!("{} (version {version})", base.model),
        None => format!("{} (no version is the same)", base.model),
    };
    stack.bases.iter().map(base).collect::<Vec<_>>().join(", ")
}

pub(crate) fn interval(interval: &Interval) -> String {
    format!("[{:.4}, {:.4}]", interval.low, interval.high)
}

/// Four significant digits, whatever the unit.
fn significant(x: f64) -> String {
    if x == 0.0 {
        return "0".to_owned();
    }
    let magnitude = x.abs().log10().floor();
    if !(-4.0..6.0).contains(&magnitude) {
        return format!("{x:+.3e}");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 7")]
    let decimals = (3.0 - magnitude).max(0.0) as usize;
    format!("{x:+.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_whatever_the_unit() {
        let shown = [0.0, 1.0, -0.053_216, 1234.567, 0.000_012_34, -3.0e9].map(significant);
        assert_eq!(shown, ["0", "+1.000", "-0.05322", "+1235", "+1.234e-5", "-3.000e9"]);
    }
}
