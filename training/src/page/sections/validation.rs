//! What was found within the training part.

use models::artifact::Manifest;
use models::evaluation::{Evaluation, Metric};

use super::super::findings::Findings;
use super::title_of;
use crate::tune::{Trial, Tuning};
use crate::validation::{AblatedGroup, Ablation, CrossValidation};
use models::page::Markup;
use models::page::chart::{self, IntervalRow};
use models::page::{Cell, count, figure, table};

pub(in crate::page) fn validation(page: &mut Markup, manifest: &Manifest, findings: &Findings) {
    let found = &findings.validation;
    let metric = Metric::of(manifest.task)[0].name();
    if let Some(cross) = &found.cross_validation {
        let lead = "Blocks of time within the training part, each judged by a fit on all that is older. The grey line is \
                    all of them together; the test part is no part of this.";
        folds(page, "cross-validation", "Cross-validation", lead, metric, cross);
    }
    if let Some(cross) = &found.leave_one_out {
        let lead = format!(
            "Each value of {} within the training part, judged by a fit on the others. The grey line is all of them \
             together; the test part is no part of this.",
            cross.by
        );
        folds(page, "leave-one-out", "Leave one out", &lead, metric, cross);
    }
    if let Some(found) = &found.ablation {
        ablation(page, found);
    }
    if let Some(found) = &found.tuning {
        tuning(page, found);
    }
}

fn ablation(page: &mut Markup, found: &Ablation) {
    let lead = "The loss without a group of features − the loss with all, on the same rows within the training part. Right \
                of the grey line the group helps; a bar across it does not tell.";
    page.section("ablation", "Groups of features", lead).raw("<div class=\"figures\">\n");
    let first = |group: &AblatedGroup| group.differences.first().map(|(loss, estimate)| (loss.clone(), *estimate));
    let row = |group: &AblatedGroup| {
        let (_, estimate) = first(group)?;
        let told = format!("without {}: {:+.4} {}", group.group, estimate.mean, super::range(&estimate));
        Some(IntervalRow { name: group.group.clone(), value: estimate.mean, interval: estimate.interval, told })
    };
    let rows: Vec<IntervalRow> = found.groups.iter().filter_map(row).collect();
    let loss = found.groups.first().and_then(first).map(|(loss, _)| loss).unwrap_or_default();
    let drawing = chart::intervals("Without each group", &format!("{} − with all", title_of(&loss)), 0.0, &rows);
    figure(page, "Without each group", &drawing, "Bars are 95 % intervals that draw whole groups of rows.");
    page.raw("</div>\n");
    let line = |group: &AblatedGroup| {
        let (_, estimate) = first(group)?;
        let features = Cell::Prose(group.features.join(", "));
        let numbers = [format!("{:+.4}", estimate.mean), super::range(&estimate)].map(Cell::Text);
        Some([Cell::Text(group.group.clone()), features].into_iter().chain(numbers).collect())
    };
    let lines: Vec<Vec<Cell>> = found.groups.iter().filter_map(line).collect();
    table(page, &["without", "features", title_of(&loss), "95 % interval"], &lines);
    page.end_section();
}

fn tuning(page: &mut Markup, found: &Tuning) {
    let lead = format!(
        "Parameters searched for by successive halving within the training part ({} of cross-validation by {}): {} points tried. As \
         declared the loss is {:.4}.{}",
        if found.folds == 1 { "1 fold".to_owned() } else { format!("{} folds", found.folds) },
        found.by,
        count(found.trials),
        found.declared,
        if found.kept { " Nothing tried was better." } else { " The first line is what this version runs with." }
    );
    page.section("tuning", "Tuning", &lead);
    let names: Vec<&str> =
        found.best.first().map(|trial| trial.parameters.keys().map(String::as_str).collect()).unwrap_or_default();
    let header: Vec<&str> = [title_of(&found.metric)].into_iter().chain(names.iter().copied()).collect();
    let line = |trial: &Trial| {
        let values = trial.parameters.values().map(ToString::to_string);
        [format!("{:.4}", trial.loss)].into_iter().chain(values).map(Cell::Text).collect()
    };
    let lines: Vec<Vec<Cell>> = found.best.iter().map(line).collect();
    table(page, &header, &lines);
    page.end_section();
}

fn folds(page: &mut Markup, id: &str, title: &str, lead: &str, metric: &str, cross: &CrossValidation) {
    let together = &cross.together;
    page.section(id, title, lead).raw("<div class=\"figures\">\n");
    let row = |(name, evaluation): (&str, &Evaluation)| {
        let value = evaluation.metrics.get(metric).copied()?;
        let interval = evaluation.intervals.get(metric).copied();
        let shown = interval.as_ref().map(super::interval).unwrap_or_default();
        let told = format!("{name}: {value:.4} {shown}, {} rows", evaluation.rows);
        Some(IntervalRow { name: name.to_owned(), value, interval, told })
    };
    let named = || cross.folds.iter().map(|fold| (fold.fold.as_str(), &fold.evaluation));
    let rows: Vec<IntervalRow> = named().chain([("together", together)]).filter_map(row).collect();
    let guide = together.metrics.get(metric).copied().unwrap_or_default();
    let drawing = chart::intervals(&format!("By {}", cross.by), title_of(metric), guide, &rows);
    figure(page, &format!("By {}", cross.by), &drawing, "Bars are 95 % intervals that draw whole groups.");
    page.raw("</div>\n");
    if let Some(error) = &cross.weighted_calibration_error {
        page.element("p", &format!("Weighted calibration error by {}: {:.4}", error.stratum, error.value));
    }
    let metrics: Vec<&str> = together.metrics.keys().map(String::as_str).collect();
    let header: Vec<&str> =
        ["fold", "trained on", "rows"].into_iter().chain(metrics.iter().map(|m| title_of(m))).collect();
    let line = |name: &str, trained: String, evaluation: &Evaluation| {
        let values = metrics.iter().map(|m| evaluation.metrics.get(*m).map(|x| format!("{x:.4}")).unwrap_or_default());
        [name.to_owned(), trained, count(evaluation.rows)].into_iter().chain(values).map(Cell::Text).collect()
    };
    let mut lines: Vec<Vec<Cell>> =
        cross.folds.iter().map(|fold| line(&fold.fold, count(fold.trained_on), &fold.evaluation)).collect();
    lines.push(line("together", String::new(), together));
    table(page, &header, &lines);
    page.end_section();
}
