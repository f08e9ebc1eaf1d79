//! `[models.NAME.gate]`: what a version must keep to become champion.

use toml::de::DeValue;

use super::document::{Section, Text, described};
use super::spec::{GateRule, Task};
use crate::nearest::did_you_mean;

const CLASSIFICATION: [&str; 5] = ["log_loss", "brier", "auc", "accuracy", "ece"];
const REGRESSION: [&str; 3] = ["rmse", "mae", "r2"];
/// Metrics that are means over rows, so that two models can be compared row by row.
const PAIRED_CLASSIFICATION: [&str; 2] = ["paired_log_loss_difference", "paired_brier_difference"];
const PAIRED_REGRESSION: [&str; 2] = ["paired_mse_difference", "paired_mae_difference"];

pub(super) fn read(section: &Section<'_>, task: Option<Task>, references: &[&str]) -> Vec<GateRule> {
    let doc = section.doc;
    let mut rules = Vec::new();
    for (name, value) in section.entries() {
        check_metric(section, &name, task);
        let DeValue::Table(table) = value.get_ref() else {
            let message = format!("`{}` must be a table, this is {}", name.value, described(value.get_ref()));
            doc.problem(value.span(), message, format!("write {} = {{ max = 0.5 }}", name.value));
            continue;
        };
        let mut rule = Section::new(doc, format!("{}.{}", section.name, name.value), name.span.clone(), table);
        let reference = rule.string("reference");
        let (min, max) = (rule.float("min"), rule.float("max"));
        if !rule.has("min") && !rule.has("max") {
            rule.missing("min` or `max", "min = … or max = …");
        }
        if let (Some(min), Some(max)) = (min, max)
            && max < min
        {
            doc.problem(name.span.clone(), format!("`{}` has min above max: nothing passes", name.value), None);
        }
        check_reference(&rule, &name, reference.as_ref(), references);
        rule.finish();
        let reference = reference.map(|text| text.value.to_owned());
        rules.push(GateRule { metric: name.value.to_owned(), reference, min, max });
    }
    rules
}

fn check_metric(section: &Section<'_>, name: &Text<'_>, task: Option<Task>) {
    let classification = || CLASSIFICATION.iter().chain(&PAIRED_CLASSIFICATION).copied();
    let regression = || REGRESSION.iter().chain(&PAIRED_REGRESSION).copied();
    let (fits, other, other_task): (Vec<_>, Vec<_>, _) = match task {
        Some(Task::Classification) => (classification().collect(), regression().collect(), "regression"),
        Some(Task::Regression) => (regression().collect(), classification().collect(), "classification"),
        None => (classification().chain(regression()).collect(), Vec::new(), ""),
    };
    if fits.contains(&name.value) {
        return;
    }
    if other.contains(&name.value) {
        let message = format!("`{}` is a metric of {other_task}", name.value);
        section.doc.problem(name.span.clone(), message, format!("the metrics here are {}", fits.join(", ")));
        return;
    }
    let help = did_you_mean(name.value, fits.iter().copied(), || format!("the metrics are {}", fits.join(", ")));
    section.doc.problem(name.span.clone(), format!("no metric `{}`", name.value), help);
}

fn check_reference(rule: &Section<'_>, name: &Text<'_>, reference: Option<&Text<'_>>, references: &[&str]) {
    let doc = rule.doc;
    match (name.value.starts_with("paired_"), reference) {
        (true, None) if !rule.has("reference") => {
            rule.missing("reference", "reference = \"field\": whose predictions to compare with");
        }
        (false, Some(text)) => {
            let message = format!("`{}` is not compared with anybody", name.value);
            doc.problem(
                text.span.clone(),
                message,
                format!("leave reference out, or write paired_{}_difference", name.value),
            );
        }
        (true, Some(text)) if !references.contains(&text.value) => {
            let help = did_you_mean(text.value, references.iter().copied(), || {
                format!("add it to the model: reference = [\"{}\"]", text.value)
            });
            doc.problem(text.span.clone(), format!("`{}` is no reference of this model", text.value), help);
        }
        _ => {}
    }
}
