//! The same measure on parts of the test rows, and after learning from parts of the training rows.

use models::artifact::Manifest;
use models::evaluation::Metric;

use super::super::findings::{Findings, SliceValue};
use super::{interval, title_of};
use models::page::Markup;
use models::page::chart::{self, IntervalRow};
use models::page::{Cell, count, figure, table};

pub(in crate::page) fn slices(page: &mut Markup, manifest: &Manifest, findings: &Findings) {
    if findings.slices.is_empty() {
        return;
    }
    let metric = Metric::of(manifest.task)[0].name();
    page.section(
        "slices",
        "Slices",
        "The same measure on parts of the test rows. The grey line is all of them; small slices have wide intervals.",
    );
    page.raw("<div class=\"figures\">\n");
    let overall = manifest.evaluation.metrics.get(metric).copied().unwrap_or_default();
    for slice in &findings.slices {
        let row = |value: &SliceValue| {
            let loss = value.evaluation.metrics.get(metric).copied()?;
            let interval = value.evaluation.intervals.get(metric).copied();
            let shown = interval.as_ref().map(super::interval).unwrap_or_default();
            let told = format!("{}: {loss:.4} {shown}, {} rows", value.value, value.evaluation.rows);
            Some(IntervalRow { name: value.value.clone(), value: loss, interval, told })
        };
        let rows: Vec<IntervalRow> = slice.values.iter().filter_map(row).collect();
        let drawing = chart::intervals(&format!("By {}", slice.name), title_of(metric), overall, &rows);
        let rest = match slice.rest {
            0 => String::new(),
            rest => format!(" {} rows of rarer values are not drawn.", count(rest)),
        };
        figure(page, &slice.name, &drawing, &format!("{} by {}.{rest}", title_of(metric), slice.name));
    }
    page.raw("</div>\n<details>\n");
    page.element("summary", "All slices as a table");
    let mut rows = Vec::new();
    for slice in &findings.slices {
        for value in &slice.values {
            let evaluation = &value.evaluation;
            let loss = evaluation.metrics.get(metric).map(|x| format!("{x:.4}")).unwrap_or_default();
            let interval = evaluation.intervals.get(metric).map(interval).unwrap_or_default();
            let name = format!("{} = {}", slice.name, value.value);
            rows.push(
                [name, count(evaluation.rows), count(evaluation.groups), loss, interval].map(Cell::Text).to_vec(),
            );
        }
    }
    table(page, &["slice", "rows", "groups", title_of(metric), "95 % interval"], &rows);
    page.raw("</details>\n");
    page.end_section();
}

pub(in crate::page) fn learning_curve(page: &mut Markup, manifest: &Manifest, findings: &Findings) {
    if let Some(family) = &manifest.family {
        let lead = format!(
            "A family has none: on a share of the training groups other values of {} would have the {} rows that a model of \
             their own takes, so the curve would compare families of different members.",
            family.per, family.min_rows
        );
        page.section("learning-curve", "Learning curve", &lead).end_section();
        return;
    }
    if findings.learning_curve.len() < 2 {
        return;
    }
    let loss = title_of(Metric::of(manifest.task)[0].name());
    let lead =
        "Fitted on ever more groups of the training part. A curve that still falls says that more data would help.";
    page.section("learning-curve", "Learning curve", lead).raw("<div class=\"figures\">\n");
    let drawing = super::super::curve::learning(loss, &findings.learning_curve);
    figure(page, "Loss by groups trained on", &drawing, "Bars are 95 % intervals of the test part's loss.");
    page.raw("</div>\n");
    page.end_section();
}
