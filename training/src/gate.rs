//! Whether a version keeps the limits that its project sets: a pure function of the evaluation.

use features::project::GateRule;
use models::artifact::{GateOutcome, GateReport, GateRuleReport};
use models::evaluation::Evaluation;

/// A limit on a metric that the evaluation does not have (no test part, one class, no such reference) is not kept.
pub fn judge(rules: &[GateRule], evaluation: &Evaluation) -> GateReport {
    let rules: Vec<GateRuleReport> = rules.iter().map(|rule| judge_rule(rule, evaluation)).collect();
    let outcome = match rules.as_slice() {
        [] => GateOutcome::None,
        rules if rules.iter().all(|rule| rule.kept) => GateOutcome::Passed,
        _ => GateOutcome::Failed,
    };
    GateReport { outcome, rules }
}

fn judge_rule(rule: &GateRule, evaluation: &Evaluation) -> GateRuleReport {
    let observed = observe(rule, evaluation).filter(|x| x.is_finite());
    let kept = observed.is_some_and(|x| rule.min.is_none_or(|min| min <= x) && rule.max.is_none_or(|max| x <= max));
    GateRuleReport {
        metric: rule.metric.clone(),
        reference: rule.reference.clone(),
        min: rule.min,
        max: rule.max,
        observed,
        kept,
    }
}

fn observe(rule: &GateRule, evaluation: &Evaluation) -> Option<f64> {
    match paired(&rule.metric) {
        Some(metric) => {
            let reference = evaluation.references.get(rule.reference.as_deref()?)?;
            reference.differences.get(metric).map(|difference| difference.mean)
        }
        None => evaluation.metrics.get(&rule.metric).copied(),
    }
}

/// `M` of `paired_M_difference`.
fn paired(metric: &str) -> Option<&str> {
    metric.strip_prefix("paired_")?.strip_suffix("_difference")
}

/// One line for each rule: what was asked, what was seen.
pub fn reasons(gate: &GateReport) -> Vec<String> {
    gate.rules.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use models::evaluation::{Estimate, ReferenceReport};

    use super::*;

    fn evaluation() -> Evaluation {
        let mut evaluation = Evaluation::default();
        evaluation.metrics.insert("log_loss".into(), 0.47);
        evaluation.metrics.insert("auc".into(), f64::NAN);
        let mut reference = ReferenceReport::default();
        reference.differences.insert("log_loss".into(), Estimate { mean: 0.001, interval: None });
        evaluation.references.insert("vegas_wp".into(), reference);
        evaluation
    }

    fn rule(metric: &str, min: Option<f64>, max: Option<f64>) -> GateRule {
        let reference = metric.starts_with("paired").then(|| "vegas_wp".to_owned());
        GateRule { metric: metric.into(), reference, min, max }
    }

    #[track_caller]
    fn check(rules: &[GateRule], outcome: GateOutcome, observed: &[Option<f64>]) {
        let report = judge(rules, &evaluation());
        assert_eq!(report.outcome, outcome);
        assert_eq!(report.rules.iter().map(|r| r.observed).collect::<Vec<_>>(), observed);
    }

    #[test]
    fn without_rules_there_is_no_gate() {
        check(&[], GateOutcome::None, &[]);
    }

    #[test]
    fn limits_include_their_bounds() {
        check(&[rule("log_loss", Some(0.47), Some(0.47))], GateOutcome::Passed, &[Some(0.47)]);
    }

    #[test]
    fn one_broken_rule_fails_the_gate() {
        let rules = [rule("log_loss", None, Some(0.5)), rule("log_loss", Some(0.48), None)];
        check(&rules, GateOutcome::Failed, &[Some(0.47), Some(0.47)]);
    }

    #[test]
    fn paired_differences_are_judged_by_their_mean() {
        check(&[rule("paired_log_loss_difference", None, Some(0.002))], GateOutcome::Passed, &[Some(0.001)]);
        check(&[rule("paired_log_loss_difference", None, Some(0.0))], GateOutcome::Failed, &[Some(0.001)]);
    }

    #[test]
    fn what_cannot_be_computed_is_not_kept() {
        check(&[rule("rmse", None, Some(10.0))], GateOutcome::Failed, &[None]);
        check(&[rule("auc", Some(0.5), None)], GateOutcome::Failed, &[None]);
        let unknown = GateRule { reference: Some("wp".into()), ..rule("paired_log_loss_difference", None, Some(1.0)) };
        check(&[unknown], GateOutcome::Failed, &[None]);
    }

    #[test]
    fn reasons_say_what_was_asked_and_seen() {
        let report = judge(&[rule("paired_log_loss_difference", None, Some(0.0))], &evaluation());
        assert_eq!(reasons(&report), ["broken: paired_log_loss_difference to vegas_wp is 0.0010, limit at most 0"]);
    }
}
