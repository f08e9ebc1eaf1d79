use features::project::Task;

use super::{optional, p_value, range, reliability};
use crate::experiment::paired::{PairedMetric, ScoreShift, ShadowReport};
use crate::page::chart::{self, IntervalRow};
use crate::page::{Cell, Markup, count, figure, number, page, table};

/// Two versions on the same requests.
pub fn shadow(report: &ShadowReport) -> String {
    let title = format!("{} beside {}", report.spec.challenger, report.spec.champion);
    page(&title, |page| {
        head(page, report, &title);
        metrics(page, report);
        agreement(page, report);
        calibration(page, report);
        explanations(page, report);
        examples(page, report);
    })
}

fn head(page: &mut Markup, report: &ShadowReport, title: &str) {
    page.element("h1", title);
    let said = "Both answered the same requests, so that what differs is the versions and not the requests.";
    page.element("p class=\"lead\"", said);
    page.raw("<dl class=\"cards\">\n");
    let mut card = |name: &str, value: String| {
        page.raw("<div class=\"card\">").element("dt", name).element("dd", &value).raw("</div>\n");
    };
    card("requests", count(report.rows));
    card("units", count(report.units));
    card("with an outcome", count(report.outcomes));
    let unanswered =
        [("the champion", report.unanswered_by_champion), ("the challenger", report.unanswered_by_challenger)];
    for (name, rows) in unanswered.into_iter().filter(|(_, rows)| 0 < *rows) {
        card(&format!("not answered by {name}"), count(rows));
    }
    if let Some(latency) = &report.latency {
        card("time of the challenger ÷ champion", number(latency.ratio));
    }
    page.raw("</dl>\n");
}

fn metrics(page: &mut Markup, report: &ShadowReport) {
    let lead = "Challenger minus champion on the same outcomes, over units. The interval at all times holds however often \
                one looks; the one for a single look is narrower, and holds only for that.";
    page.section("metrics", "Which is better", lead);
    let rows: Vec<Vec<Cell>> = report.metrics.iter().map(row).collect();
    let header = ["metric", "champion", "challenger", "difference", "at all times", "single look", "p (Holm)"];
    table(page, &header, &rows);
    page.raw("<div class=\"figures\">\n");
    for metric in report.metrics.iter().filter(|metric| metric.fixed_sample.is_some()) {
        let line = |name: &str, interval| IntervalRow {
            name: name.to_owned(),
            value: metric.difference,
            interval,
            told: format!("{name}: {} ({})", number(metric.difference), range(interval)),
        };
        let rows = [line("at all times", metric.always_valid), line("single look", metric.fixed_sample)];
        let better = if metric.higher_is_better { "right" } else { "left" };
        let drawing = chart::intervals(&metric.metric, "challenger − champion", 0.0, &rows);
        figure(page, &metric.metric, &drawing, &format!("What lies to the {better} of the dashed line is better."));
    }
    page.raw("</div>\n");
    if let Some(mcnemar) = report.mcnemar {
        let said = format!(
            "Of the calls, both were right on {}, both wrong on {}; only the champion on {}, only the challenger on {} \
             (McNemar, exact, requests taken as independent: p = {}).",
            count(mcnemar.both_right),
            count(mcnemar.both_wrong),
            count(mcnemar.only_champion_right),
            count(mcnemar.only_challenger_right),
            p_value(Some(mcnemar.p_value))
        );
        page.element("p", &said);
    }
    page.end_section();
}

fn row(metric: &PairedMetric) -> Vec<Cell> {
    vec![
        metric.metric.as_str().into(),
        number(metric.champion).into(),
        number(metric.challenger).into(),
        number(metric.difference).into(),
        range(metric.always_valid).into(),
        range(metric.fixed_sample).into(),
        p_value(metric.corrected_p_value).into(),
    ]
}

fn agreement(page: &mut Markup, report: &ShadowReport) {
    let Some(agreement) = &report.agreement else { return };
    page.section("agreement", "How far they agree", "Whatever the outcomes.");
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut tell = |name: &str, value: String| rows.push(vec![name.into(), value.into()]);
    if let Some(same) = agreement.same_call {
        tell("same side of one half", format!("{:.2} %", same * 100.0));
    }
    tell("correlation", optional(agreement.correlation));
    tell("mean difference", number(agreement.mean_difference));
    tell("mean |difference|", number(agreement.mean_absolute));
    tell("median, 90 %, 99 % of |difference|", {
        [agreement.median_absolute, agreement.p90_absolute, agreement.p99_absolute].map(number).join(", ")
    });
    tell("largest |difference|", number(agreement.largest));
    if let Some(ScoreShift { psi, ks, .. }) = &report.scores {
        tell("population stability index", number(*psi));
        tell("Kolmogorov–Smirnov", number(*ks));
    }
    table(page, &["", "value"], &rows);
    if let Some(scores) = &report.scores {
        page.raw("<div class=\"figures\">\n");
        for (name, histogram) in [("champion", &scores.champion), ("challenger", &scores.challenger)] {
            let drawing = chart::histogram(&format!("Scores of the {name}"), "score", histogram);
            figure(page, &format!("Scores of the {name}"), &drawing, "Share of requests in bins of equal width.");
        }
        page.raw("</div>\n");
    }
    page.end_section();
}

fn calibration(page: &mut Markup, report: &ShadowReport) {
    if report.spec.task != Task::Classification || report.champion.bins.is_empty() {
        return;
    }
    let [ours, theirs] = [&report.challenger, &report.champion].map(|side| side.calibration_error);
    let lead = format!(
        "Expected calibration error: challenger {}, champion {} (dashed), on the same outcomes.",
        optional(ours),
        optional(theirs)
    );
    page.section("calibration", "Calibration", &lead);
    let [ours, theirs] = [&report.challenger, &report.champion].map(|side| reliability(&side.bins));
    let drawing = chart::reliability(Task::Classification, &ours, Some(("champion", &theirs)));
    page.raw("<div class=\"figures\">\n");
    figure(
        page,
        "Predicted and happened",
        &drawing,
        "On the diagonal what was predicted happened as often as predicted.",
    );
    page.raw("</div>\n");
    page.end_section();
}

fn explanations(page: &mut Markup, report: &ShadowReport) {
    if report.explanations.is_empty() {
        return;
    }
    let lead = "How much of the spread of |difference| one split by a feature takes away, and how large |difference| is \
                on either side.";
    page.section("explanations", "Where they disagree", lead);
    let rows = report.explanations.iter().take(15).map(|explanation| {
        let split = explanation.threshold.map_or("is there".to_owned(), |at| format!("< {}", number(at)));
        vec![
            explanation.feature.as_str().into(),
            format!("{:.1} %", explanation.explains * 100.0).into(),
            split.into(),
            format!("{} ({})", number(explanation.below), count(explanation.rows_below)).into(),
            format!("{} ({})", number(explanation.above), count(explanation.rows_above)).into(),
        ]
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    table(page, &["feature", "explains", "split", "|difference| there (rows)", "otherwise (rows)"], &rows);
    page.end_section();
}

fn examples(page: &mut Markup, report: &ShadowReport) {
    page.section("examples", "The largest differences", "One of a unit at most.");
    let rows = report.examples.iter().map(|example| {
        vec![
            example.id.as_str().into(),
            number(example.champion).into(),
            number(example.challenger).into(),
            optional(example.outcome).into(),
        ]
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    table(page, &["request", "champion", "challenger", "outcome"], &rows);
    page.end_section();
}
