//! The first screen: what was made and how good it is.

use features::project::Task;
use models::artifact::{GateOutcome, Manifest};
use models::evaluation::{Estimate, Loss, Metric};

use super::{interval, range, title_of};
use crate::gate;
use models::page::Markup;
use models::page::count;

pub(in crate::page) fn head(page: &mut Markup, manifest: &Manifest) {
    page.element("h1", &manifest.model);
    let task = match manifest.task {
        Task::Classification => "classification",
        Task::Regression => "regression",
    };
    let when = models::timestamp::rfc3339(manifest.created_at);
    // To the minute: the rest is in the manifest.
    let when = when.get(..16).unwrap_or(&when).replace('T', " ");
    let algorithm = &manifest.algorithm.name;
    let by = match &manifest.family {
        None => algorithm.clone(),
        Some(family) => {
            format!("{algorithm}: {} models, one per {}, and a general one", family.members.len(), family.per)
        }
    };
    let about = format!("{task} by {by}; over the view {}; trained {when} UTC", manifest.view.name);
    page.element("p class=\"sub\"", &about);
    page.raw("<dl class=\"cards\">\n");
    let evaluation = &manifest.evaluation;
    if let Some(metric) = Metric::of(manifest.task).first()
        && let Some(value) = evaluation.metrics.get(metric.name())
    {
        let interval = evaluation.intervals.get(metric.name()).map(interval).unwrap_or_default();
        card(page, title_of(metric.name()), &format!("{value:.4}"), "", &interval);
    }
    let loss = Loss::of(manifest.task)[0].name();
    for (name, report) in evaluation.references.iter().take(2) {
        if let Some(difference) = report.differences.get(loss) {
            let class = verdict(difference);
            card(
                page,
                &format!("{} − {name}", title_of(loss)),
                &format!("{:+.4}", difference.mean),
                class,
                &range(difference),
            );
        }
    }
    let (gate, class) = match manifest.gate.outcome {
        GateOutcome::Passed => ("passed", "good"),
        GateOutcome::Failed => ("failed", "bad"),
        GateOutcome::None => ("none", ""),
    };
    let reasons = match manifest.gate.outcome {
        GateOutcome::None => "no rule is declared".to_owned(),
        _ => gate::reasons(&manifest.gate).join("; "),
    };
    card(page, "Gate", gate, class, &reasons);
    match &manifest.parity {
        None => card(page, "Parity", "unknown", "", "run clutch parity"),
        Some(parity) if parity.mismatches == 0 => {
            card(page, "Parity", "proven", "good", &format!("{} values, equal in every host", count(parity.values)));
        }
        Some(parity) => card(page, "Parity", "failed", "bad", &format!("{} mismatches", count(parity.mismatches))),
    }
    let tested = format!("{} tested, in {} groups", count(manifest.rows.test), count(evaluation.groups));
    card(page, "Rows trained on", &count(manifest.rows.train), "", &tested);
    page.raw("</dl>\n");
}

fn card(page: &mut Markup, title: &str, value: &str, class: &str, below: &str) {
    page.raw("<div class=\"card\">");
    page.element("dt", title).element(&format!("dd class=\"{class}\""), value);
    if !below.is_empty() {
        page.element("dd class=\"sub\"", below);
    }
    page.raw("</div>\n");
}

/// Better or worse only where the interval leaves no doubt.
fn verdict(difference: &Estimate) -> &'static str {
    match difference.interval {
        Some(interval) if interval.high < 0.0 => "good",
        Some(interval) if interval.low > 0.0 => "bad",
        _ => "",
    }
}

pub(in crate::page) fn warnings(page: &mut Markup, warnings: &[String]) {
    if warnings.is_empty() {
        return;
    }
    page.raw("<ul class=\"warnings\">\n");
    for warning in warnings {
        page.element("li", warning);
    }
    page.raw("</ul>\n");
}
