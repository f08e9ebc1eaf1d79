//! What was found within the training part.

use models::artifact::Manifest;
use models::evaluation::{Evaluation, Metric};

use super::super::chart::{self, IntervalRow};
use super::super::findings::Findings;
use super::super::markup::Markup;
use super::super::tables::{Cell, count, figure, table};
use super::title_of;
use crate::validation::CrossValidation;

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
