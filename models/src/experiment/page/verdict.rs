use features::project::Task;

use super::{optional, p_value, range, reliability};
use crate::experiment::{Call, Challenger, Difference, Light, MetricReport, Verdict};
use crate::page::chart::{self, IntervalRow};
use crate::page::{Cell, Markup, count, figure, number, page, table};

/// An experiment: health first, then what the rule says, then the figures.
pub fn verdict(verdict: &Verdict) -> String {
    let title = format!("{}: verdict", verdict.plan.experiment);
    page(&title, |page| {
        page.element("h1", &title);
        decision(page, verdict);
        health(page, verdict);
        for metric in &verdict.metrics {
            figures(page, verdict, metric);
        }
        calibration(page, verdict);
        verdict.challengers.iter().for_each(|challenger| guards_and_slices(page, challenger));
    })
}

fn decision(page: &mut Markup, verdict: &Verdict) {
    let (said, class) = match verdict.decision.call {
        Call::Ship => ("Ship", "good"),
        Call::RollBack => ("Roll back", "bad"),
        Call::KeepGoing => ("Keep going", "sub"),
        Call::Unhealthy => ("Unhealthy: no verdict", "bad"),
    };
    page.element(&format!("p class=\"{class}\""), said);
    page.element("p class=\"lead\"", &verdict.decision.reason);
    let spec = &verdict.plan;
    let declared = format!(
        "Declared beforehand: {} decides, at most {} % false verdicts however often one looks, at least {} units in each arm.",
        spec.primary,
        number(spec.alpha * 100.0),
        count(spec.minimum_units)
    );
    page.element("p class=\"lead\"", &declared);
}

fn health(page: &mut Markup, verdict: &Verdict) {
    page.section("health", "Health", "If this is red, nothing below can be trusted.");
    let rows = verdict.health.findings.iter().map(|finding| {
        let light = match finding.light {
            Light::Green => "green",
            Light::Yellow => "yellow",
            Light::Red => "red",
        };
        vec![finding.check.into(), light.into(), Cell::Prose(finding.says.clone())]
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    table(page, &["check", "light", "finding"], &rows);
    let rows = verdict.health.arms.iter().map(|arm| {
        vec![
            arm.arm.as_str().into(),
            count(arm.units).into(),
            count(arm.counts.rows).into(),
            arm.coverage.map(|share| format!("{:.1} %", share * 100.0)).unwrap_or_default().into(),
            arm.delay_median.map(|s| format!("{} s", number(s))).unwrap_or_default().into(),
            [arm.counts.forced, arm.counts.duplicates, arm.counts.invalid].map(count).join(" / ").into(),
        ]
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    table(page, &["arm", "units", "predictions", "with outcome", "median delay", "forced / repeated / invalid"], &rows);
    page.end_section();
}

fn figures(page: &mut Markup, verdict: &Verdict, metric: &MetricReport) {
    let better = if metric.higher_is_better { "Higher is better." } else { "Lower is better." };
    page.section(&format!("metric-{}", metric.metric), &metric.metric, better);
    let estimates = metric.arms.iter().map(|arm| {
        vec![arm.arm.as_str().into(), optional(arm.value).into(), count(arm.units).into(), count(arm.rows).into()]
    });
    let rows: Vec<Vec<Cell>> = estimates.collect();
    table(page, &["arm", "value", "units", "predictions"], &rows);
    let (mut rows, mut drawn) = (Vec::new(), Vec::new());
    for compared in &metric.differences {
        let adjusted = compared.adjusted.as_ref().map(|adjusted| &adjusted.difference);
        for (name, difference) in [("as it is", compared.plain.as_ref()), ("CUPED", adjusted)] {
            let Some(difference) = difference else { continue };
            rows.push(line(&format!("{}, {name}", compared.arm), difference));
            drawn.push(IntervalRow {
                name: format!("{}, {name}", compared.arm),
                value: difference.difference,
                interval: difference.always_valid,
                told: format!("{} ({})", number(difference.difference), range(difference.always_valid)),
            });
        }
    }
    if !rows.is_empty() {
        let header = [
            &format!("minus {}", verdict.plan.arms[0]),
            "difference",
            "at all times",
            "single look",
            "p (Holm)",
            "P(better)",
            "expected loss",
            "can find",
            "units left",
        ];
        table(page, &header.map(AsRef::as_ref), &rows);
        page.raw("<div class=\"figures\">\n");
        let drawing = chart::intervals(&metric.metric, "difference, at all times", 0.0, &drawn);
        figure(page, "Difference", &drawing, "The dashed line is no difference.");
        page.raw("</div>\n");
    }
    page.end_section();
}

fn line(name: &str, difference: &Difference) -> Vec<Cell> {
    let belief = difference.belief.as_ref();
    let reach = difference.reach.as_ref();
    vec![
        name.into(),
        number(difference.difference).into(),
        range(difference.always_valid).into(),
        range(difference.fixed_sample).into(),
        p_value(difference.corrected_p_value).into(),
        belief.map(|b| format!("{:.1} %", b.probability_better * 100.0)).unwrap_or_default().into(),
        optional(belief.map(|b| b.expected_loss_of_challenger)).into(),
        optional(reach.map(|r| r.always_valid)).into(),
        reach.and_then(|r| r.units_left).map(count).unwrap_or_default().into(),
    ]
}

fn calibration(page: &mut Markup, verdict: &Verdict) {
    let Some(champion) = verdict.calibration.first() else { return };
    page.section("calibration", "Calibration", "The champion is dashed.");
    page.raw("<div class=\"figures\">\n");
    let theirs = reliability(&champion.bins);
    for arm in verdict.calibration.iter().skip(1) {
        let drawing = chart::reliability(Task::Classification, &reliability(&arm.bins), Some((&champion.arm, &theirs)));
        figure(page, &arm.arm, &drawing, "On the diagonal what was predicted happened as often as predicted.");
    }
    page.raw("</div>\n");
    page.end_section();
}

fn guards_and_slices(page: &mut Markup, challenger: &Challenger) {
    if !challenger.guards.is_empty() {
        page.section(
            "guards",
            &format!("Guards of {}", challenger.arm),
            "How much worse than the champion, at all times.",
        );
        let rows = challenger.guards.iter().map(|guard| {
            vec![
                guard.metric.as_str().into(),
                format!("{:?}", guard.state).to_lowercase().into(),
                range(guard.harm).into(),
            ]
        });
        let rows: Vec<Vec<Cell>> = rows.collect();
        table(page, &["metric", "state", "harm"], &rows);
        page.end_section();
    }
    if !challenger.slices.is_empty() {
        let lead = "The most unlike the whole first. p is corrected for the number of slices.";
        page.section("slices", &format!("Where {} differs", challenger.arm), lead);
        let rows = challenger.slices.iter().take(20).map(|slice| {
            vec![
                format!("{} = {}", slice.slice, slice.value).into(),
                count(slice.units).into(),
                number(slice.difference).into(),
                range(slice.interval).into(),
                p_value(slice.p_value).into(),
            ]
        });
        let rows: Vec<Vec<Cell>> = rows.collect();
        table(page, &["slice", "units", "difference", "at all times", "p (Holm)"], &rows);
        page.end_section();
    }
}
