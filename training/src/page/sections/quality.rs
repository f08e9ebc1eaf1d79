//! How good it is, in figures and drawings.

use models::artifact::Manifest;
use models::evaluation::Loss;

use super::super::findings::Findings;
use super::{interval, range, title_of};
use models::page::Markup;
use models::page::chart::{self, IntervalRow};
use models::page::{Cell, count, figure, table};

pub(in crate::page) fn quality(page: &mut Markup, manifest: &Manifest) {
    let evaluation = &manifest.evaluation;
    page.section(
        "quality",
        "Quality on the test part",
        "Rows of one group share fate, so intervals (95 %) come from drawing whole groups anew.",
    );
    let rows: Vec<Vec<Cell>> = evaluation
        .metrics
        .iter()
        .map(|(name, value)| {
            let interval = evaluation.intervals.get(name).map(interval).unwrap_or_default();
            vec![title_of(name).into(), format!("{value:.4}").into(), interval.into()]
        })
        .collect();
    table(page, &["metric", "value", "95 % interval"], &rows);
    page.end_section();
}

pub(in crate::page) fn references(page: &mut Markup, manifest: &Manifest) {
    let references = &manifest.evaluation.references;
    if references.is_empty() {
        return;
    }
    page.section(
        "references",
        "Against the references",
        "Each reference predicts the same rows. Below 0 this model is the better one; an interval across 0 leaves it open.",
    );
    let (mut drawn, mut rows) = (Vec::new(), Vec::new());
    let drawn_loss = Loss::of(manifest.task)[0].name();
    for (name, report) in references {
        for (metric, difference) in &report.differences {
            let theirs = report.metrics.get(metric).map(|x| format!("{x:.4}")).unwrap_or_default();
            let mean = format!("{:+.4}", difference.mean);
            rows.push(
                [name.clone(), count(report.rows), title_of(metric).to_owned(), theirs, mean, range(difference)]
                    .map(Cell::Text)
                    .to_vec(),
            );
            if metric == drawn_loss {
                let told = format!("{:+.4} {}", difference.mean, range(difference));
                drawn.push(IntervalRow {
                    name: name.clone(),
                    value: difference.mean,
                    interval: difference.interval,
                    told,
                });
            }
        }
    }
    page.raw("<div class=\"figures\">\n");
    let axis = format!("{}: this model − the reference", title_of(drawn_loss));
    let drawing = chart::intervals("Paired differences to the references", &axis, 0.0, &drawn);
    figure(page, "Paired difference", &drawing, "A point is the mean over rows, its bar the 95 % interval.");
    page.raw("</div>\n");
    table(page, &["reference", "rows", "metric", "theirs", "ours − theirs", "95 % interval"], &rows);
    page.end_section();
}

pub(in crate::page) fn calibration(page: &mut Markup, manifest: &Manifest, findings: &Findings) {
    let lead = "Whether what is predicted is what happens.";
    page.section("calibration", "Calibration", lead).raw("<div class=\"figures\">\n");
    let theirs = findings.reference_reliability.last();
    let theirs = theirs.map(|(name, bins)| (name.as_str(), bins.as_slice()));
    let drawing = chart::reliability(manifest.task, &findings.reliability, theirs);
    page.raw("<figure>\n").element("h3", "Reliability curve").raw(&drawing);
    page.raw("<figcaption><span class=\"key\"></span>this model ");
    if let Some((name, _)) = theirs {
        page.raw("<span class=\"key theirs\"></span>").text(name).raw(" ");
    }
    page.raw("<br>Points on the grey diagonal are perfectly calibrated; bars are 95 % intervals of what was observed.");
    page.raw("</figcaption>\n</figure>\n");
    if let Some((of_false, of_true)) = &findings.scores {
        let drawing = chart::two_histograms("Score distribution", "predicted probability", of_false, of_true);
        page.raw("<figure>\n").element("h3", "Score distribution").raw(&drawing).raw(
            "<figcaption><span class=\"key\"></span>label TRUE <span class=\"key theirs\"></span>label FALSE. \
             The further apart the two, the more the model knows.</figcaption>\n</figure>\n",
        );
    }
    page.raw("</div>\n");
    page.end_section();
}

pub(in crate::page) fn discrimination(page: &mut Markup, findings: &Findings) {
    if findings.roc.is_empty() {
        return;
    }
    page.section("roc", "Discrimination", "How well TRUE labels are told from FALSE ones, whatever the threshold.");
    page.raw("<div class=\"figures\">\n");
    let caption = "The further above the grey diagonal, the better; the area beneath is the AUC.";
    figure(page, "Receiver operating characteristic", &chart::roc(&findings.roc), caption);
    page.raw("</div>\n");
    page.end_section();
}

pub(in crate::page) fn residuals(page: &mut Markup, findings: &Findings) {
    let Some(histogram) = &findings.residuals else { return };
    page.section("residuals", "Residuals", "The label minus the prediction, in the label's unit.");
    page.raw("<div class=\"figures\">\n");
    let drawing = chart::histogram("Residuals", "label − prediction", histogram);
    figure(page, "Distribution of residuals", &drawing, "Centred on 0, the model is right on average.");
    page.raw("</div>\n");
    page.end_section();
}
