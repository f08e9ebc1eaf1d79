//! How comparisons look in a terminal.

use models::experiment::Interval;
use models::experiment::paired::ShadowReport;

use crate::figures;
use crate::table::{count, table};

/// Two versions on the same requests.
pub(super) fn shadow(report: &ShadowReport) -> Vec<String> {
    let spec = &report.spec;
    let mut lines = vec![
        format!("{} beside {}", spec.challenger, spec.champion),
        format!(
            "  {} rows in {} units, {} with an outcome",
            count(report.rows),
            count(report.units),
            count(report.outcomes)
        ),
        String::new(),
    ];
    let header =
        ["metric", "champion", "challenger", "difference", "at all times", "single look", "p (all times, Holm)"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for metric in &report.metrics {
        rows.push(vec![
            metric.metric.clone(),
            format!("{:.4}", metric.champion),
            format!("{:.4}", metric.challenger),
            format!("{:+.4}", metric.difference),
            interval(metric.always_valid),
            interval(metric.fixed_sample),
            metric.corrected_p_value.map(|p| format!("{p:.4}")).unwrap_or_default(),
        ]);
    }
    lines.extend(table(&rows));
    lines.push(String::new());
    lines.extend(agreement(report));
    lines.extend(explanations(report));
    lines.extend(examples(report));
    lines
}

fn agreement(report: &ShadowReport) -> Vec<String> {
    let Some(agreement) = &report.agreement else { return Vec::new() };
    let mut lines = Vec::new();
    if let Some(same) = agreement.same_call {
        lines.push(format!("  same call        {:.2} %", same * 100.0));
    }
    lines.push(format!(
        "  |difference|     mean {:.4}, median {:.4}, 90 % {:.4}, 99 % {:.4}, largest {:.4}",
        agreement.mean_absolute,
        agreement.median_absolute,
        agreement.p90_absolute,
        agreement.p99_absolute,
        agreement.largest
    ));
    if let Some(scores) = &report.scores {
        lines.push(format!("  distributions    PSI {:.4}, Kolmogorov-Smirnov {:.4}", scores.psi, scores.ks));
    }
    if let Some(mcnemar) = &report.mcnemar {
        lines.push(format!(
            "  only one right   champion {}, challenger {} (McNemar p = {:.4}, rows taken as independent)",
            count(mcnemar.only_champion_right),
            count(mcnemar.only_challenger_right),
            mcnemar.p_value
        ));
    }
    if let (Some(ours), Some(theirs)) = (report.champion.calibration_error, report.challenger.calibration_error) {
        lines.push(format!("  calibration err. champion {ours:.4}, challenger {theirs:.4}"));
    }
    if let Some(latency) = &report.latency {
        lines.push(format!(
            "  time             challenger / champion {:.3} {}",
            latency.ratio,
            interval(latency.interval)
        ));
    }
    lines.push(String::new());
    lines
}

/// Shown of each; all are in `--json` and on the page.
const SHOWN: usize = 5;

fn explanations(report: &ShadowReport) -> Vec<String> {
    if report.explanations.is_empty() {
        return Vec::new();
    }
    let mut rows =
        vec![["disagreement by", "explains", "split", "mean below", "mean above"].map(str::to_owned).to_vec()];
    for explanation in report.explanations.iter().take(SHOWN) {
        rows.push(vec![
            explanation.feature.clone(),
            format!("{:.1} %", explanation.explains * 100.0),
            explanation.threshold.map_or("there or not".to_owned(), |at| format!("{at:.4}")),
            format!("{:.4}", explanation.below),
            format!("{:.4}", explanation.above),
        ]);
    }
    let mut lines = table(&rows);
    lines.push(String::new());
    lines
}

fn examples(report: &ShadowReport) -> Vec<String> {
    let mut rows = vec![["most different", "champion", "challenger", "outcome"].map(str::to_owned).to_vec()];
    for example in report.examples.iter().take(SHOWN) {
        rows.push(vec![
            example.id.clone(),
            format!("{:.4}", example.champion),
            format!("{:.4}", example.challenger),
            example.outcome.map(|outcome| format!("{outcome}")).unwrap_or_default(),
        ]);
    }
    table(&rows)
}

fn interval(interval: Option<Interval>) -> String {
    interval.map(|interval| figures::interval(&interval)).unwrap_or_default()
}
