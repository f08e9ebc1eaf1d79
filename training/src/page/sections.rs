//! The page's sections, from what matters most to where it came from.

use features::project::Task;
use models::artifact::{GateOutcome, Manifest};
use models::evaluation::{Estimate, Interval, Loss, Metric};
use models::profile::{Distribution, Profile};

use super::chart::{self, IntervalRow};
use super::findings::{Findings, SliceValue};
use super::markup::Markup;
use super::tables::{Cell, count, figure, number, table};
use crate::gate;

/// Beyond these, lists are cut and say so.
const MOST_BARS: usize = 25;

pub(super) fn head(page: &mut Markup, manifest: &Manifest) {
    page.element("h1", &manifest.model);
    let task = match manifest.task {
        Task::Classification => "classification",
        Task::Regression => "regression",
    };
    let when = models::timestamp::rfc3339(manifest.created_at);
    let about = format!("{task} by {}, over the view {}; trained {when}", manifest.algorithm.name, manifest.view.name);
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
            card(page, &format!("{} − {name}", title_of(loss)), &format!("{:+.4}", difference.mean), class, &range(difference));
        }
    }
    let (gate, class) = match manifest.gate.outcome {
        GateOutcome::Passed => ("passed", "good"),
        GateOutcome::Failed => ("failed", "bad"),
        GateOutcome::None => ("none declared", ""),
    };
    card(page, "Gate", gate, class, &gate::reasons(&manifest.gate).join("; "));
    match &manifest.parity {
        None => card(page, "Parity", "not checked", "", "run clutch parity"),
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

pub(super) fn warnings(page: &mut Markup, warnings: &[String]) {
    if warnings.is_empty() {
        return;
    }
    page.raw("<ul class=\"warnings\">\n");
    for warning in warnings {
        page.element("li", warning);
    }
    page.raw("</ul>\n");
}

pub(super) fn quality(page: &mut Markup, manifest: &Manifest) {
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

pub(super) fn references(page: &mut Markup, manifest: &Manifest) {
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
                drawn.push(IntervalRow { name: name.clone(), value: difference.mean, interval: difference.interval, told });
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

pub(super) fn calibration(page: &mut Markup, manifest: &Manifest, findings: &Findings) {
    let lead = "Whether what is predicted is what happens.";
    page.section("calibration", "Calibration", lead).raw("<div class=\"figures\">\n");
    let theirs = findings.reference_reliability.last();
    let theirs = theirs.map(|(name, bins)| (name.as_str(), bins.as_slice()));
    let drawing = chart::reliability(manifest.task, &findings.reliability, theirs);
    let beside = theirs.map(|(name, _)| format!(" The dashed coloured line is {name}.")).unwrap_or_default();
    let caption = format!(
        "Points on the grey diagonal are perfectly calibrated; bars are 95 % intervals of what was observed.{beside}"
    );
    figure(page, "Reliability curve", &drawing, &caption);
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

pub(super) fn discrimination(page: &mut Markup, findings: &Findings) {
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

pub(super) fn residuals(page: &mut Markup, findings: &Findings) {
    let Some(histogram) = &findings.residuals else { return };
    page.section("residuals", "Residuals", "The label minus the prediction, in the label's unit.");
    page.raw("<div class=\"figures\">\n");
    let drawing = chart::histogram("Residuals", "label − prediction", histogram);
    figure(page, "Distribution of residuals", &drawing, "Centred on 0, the model is right on average.");
    page.raw("</div>\n");
    page.end_section();
}

pub(super) fn slices(page: &mut Markup, manifest: &Manifest, findings: &Findings) {
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
            let shown = interval.as_ref().map(self::interval).unwrap_or_default();
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
            rows.push([name, count(evaluation.rows), count(evaluation.groups), loss, interval].map(Cell::Text).to_vec());
        }
    }
    table(page, &["slice", "rows", "groups", title_of(metric), "95 % interval"], &rows);
    page.raw("</details>\n");
    page.end_section();
}

pub(super) fn learning_curve(page: &mut Markup, manifest: &Manifest, findings: &Findings) {
    if findings.learning_curve.len() < 2 {
        return;
    }
    let loss = title_of(Metric::of(manifest.task)[0].name());
    let lead = "Fitted on ever more groups of the training part. A curve that still falls says that more data would help.";
    page.section("learning-curve", "Learning curve", lead).raw("<div class=\"figures\">\n");
    let drawing = chart::learning(loss, &findings.learning_curve);
    figure(page, "Loss by groups trained on", &drawing, "Bars are 95 % intervals of the test part's loss.");
    page.raw("</div>\n");
    page.end_section();
}

pub(super) fn importances(page: &mut Markup, manifest: &Manifest) {
    let Some(importances) = &manifest.importances else { return };
    let lead = format!(
        "The mean size of each feature's contribution to the margin, over {} rows of the training part.",
        count(importances.rows)
    );
    page.section("importances", "Importances", &lead).raw("<div class=\"figures\">\n");
    let mut rows: Vec<(String, f64)> =
        importances.features.iter().map(|of| (of.feature.clone(), of.mean_contribution)).collect();
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    let caption = match rows.len().checked_sub(MOST_BARS) {
        Some(more) if more > 0 => format!("The {MOST_BARS} largest; {more} smaller ones are not drawn."),
        _ => "In units of the margin: log-odds of a classification, the label's unit of a regression.".to_owned(),
    };
    rows.truncate(MOST_BARS);
    figure(page, "Mean |contribution|", &chart::bars("Importances", &rows), &caption);
    page.raw("</div>\n");
    page.end_section();
}

pub(super) fn coefficients(page: &mut Markup, manifest: &Manifest) {
    let Some(coefficients) = &manifest.coefficients else { return };
    let lead = "In original units: what one more of the feature adds to the margin. The weightiest first.";
    page.section("coefficients", "Coefficients", lead);
    let mut terms: Vec<_> = coefficients.terms.iter().collect();
    let weight = |term: &models::artifact::Coefficient| term.standardised.unwrap_or(term.value).abs();
    terms.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    let term = |term: &&models::artifact::Coefficient| {
        let standardised = term.standardised.map(|x| format!("{x:+.4}")).unwrap_or_default();
        [term.feature.clone(), number(term.value), standardised, number(term.imputation)].map(Cell::Text).to_vec()
    };
    let intercept = ["(intercept)".to_owned(), number(coefficients.intercept), String::new(), String::new()];
    let rows: Vec<Vec<Cell>> = terms.iter().map(term).chain([intercept.map(Cell::Text).to_vec()]).collect();
    table(page, &["feature", "coefficient", "per standard deviation", "stands in for NULL"], &rows);
    page.end_section();
}

pub(super) fn distributions(page: &mut Markup, manifest: &Manifest, profile: &Profile) {
    let lead = "Over the training part: the picture to hold live values against.";
    page.section("distributions", "Features and prediction", lead);
    let row = |name: &str, of: &Distribution| {
        let values = of.values.as_ref();
        let cell = |value: Option<f64>| Cell::Text(value.map(number).unwrap_or_default());
        #[expect(clippy::cast_precision_loss, reason = "a count of rows is below 2^53")]
        let missing = of.missing as f64 / profile.rows.max(1) as f64 * 100.0;
        vec![
            name.into(),
            Cell::Drawing(spark(name, of)),
            format!("{missing:.1} %").into(),
            cell(values.map(|v| v.min)),
            cell(values.and_then(|v| v.quantiles.get(4).copied())),
            cell(values.map(|v| v.mean)),
            cell(values.map(|v| v.max)),
        ]
    };
    let mut rows: Vec<Vec<Cell>> = profile.features.iter().map(|of| row(&of.name, &of.distribution)).collect();
    rows.push(row(&format!("prediction ({})", manifest.signature.output.name()), &profile.prediction));
    table(page, &["feature", "distribution", "missing", "min", "median", "mean", "max"], &rows);
    page.end_section();
}

/// Twenty bins between the extremes, from the digest.
fn spark(name: &str, of: &Distribution) -> String {
    const BINS: u32 = 20;
    let heights = of.values.as_ref().zip(of.digest()).and_then(|(values, mut digest)| {
        let width = (values.max - values.min) / f64::from(BINS);
        let ends: Vec<f64> = (1..BINS).map(|i| values.min + width * f64::from(i)).collect();
        if width > 0.0 { digest.pmf(&ends).ok()? } else { Some(vec![1.0]) }
    });
    heights.map(|heights| chart::sparkline(&format!("Distribution of {name}"), &heights)).unwrap_or_default()
}

pub(super) fn origin(page: &mut Markup, manifest: &Manifest) {
    page.section("origin", "Where it comes from", "");
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut fact = |name: &str, value: String| rows.push(vec![name.into(), Cell::Prose(value)]);
    fact("label", manifest.label.clone());
    if let Some(filter) = &manifest.filter {
        fact("where", filter.clone());
    }
    if let Some(split) = &manifest.split {
        fact("split", format!("{} from {} on is the test part", split.time, split.test_from));
    }
    fact("group", manifest.group.join(", "));
    if let Some(refit) = manifest.refit {
        fact("refit", format!("registered as fitted on all {} rows; figures are of the fit before", count(refit.rows)));
    }
    for (name, value) in &manifest.algorithm.parameters {
        fact(name, value.to_string());
    }
    fact("seed", manifest.seed.to_string());
    fact("data", format!("{} events from {}", count(manifest.data.rows), manifest.data.sources.join(", ")));
    fact("data digest", manifest.data.digest.clone());
    fact("view hash", manifest.view.hash.to_string());
    if let Some(parity) = &manifest.parity {
        let (rows, values) = (count(parity.rows), count(parity.values));
        let found = format!("{} mismatches", count(parity.mismatches));
        let restarts = count(parity.restarts);
        fact("parity", format!("{rows} rows, {values} values, {restarts} restarts: {found}"));
    }
    fact("made by", format!("clutch {}", manifest.clutch_version));
    table(page, &["", ""], &rows);
    page.raw("<details open>\n").element("summary", &format!("The view {}", manifest.view.name));
    page.element("pre", &manifest.view.text).raw("</details>\n");
    page.end_section();
}

fn interval(interval: &Interval) -> String {
    format!("[{:.4}, {:.4}]", interval.low, interval.high)
}

fn range(estimate: &Estimate) -> String {
    estimate.interval.map(|i| format!("[{:+.4}, {:+.4}]", i.low, i.high)).unwrap_or_default()
}

/// Metrics as people write them.
fn title_of(metric: &str) -> &str {
    match metric {
        "log_loss" => "Log loss",
        "brier" => "Brier score",
        "auc" => "AUC",
        "accuracy" => "Accuracy",
        "ece" => "Calibration error (ECE)",
        "rmse" => "RMSE",
        "mse" => "Squared error",
        "mae" => "Absolute error",
        "r2" => "R²",
        other => other,
    }
}
