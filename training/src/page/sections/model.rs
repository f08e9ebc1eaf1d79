//! What the model does with its features, and where it comes from.

use features::value::Type;
use models::artifact::Manifest;
use models::profile::{Distribution, Profile};

use models::page::Markup;
use models::page::chart;
use models::page::{Cell, count, figure, number, table};

/// Beyond these, lists are cut and say so.
const MOST_BARS: usize = 25;

pub(in crate::page) fn importances(page: &mut Markup, manifest: &Manifest) {
    let Some(importances) = &manifest.importances else { return };
    let lead = format!(
        "The mean size of each feature's contribution to the margin{}, over {} rows of the training part.",
        of_general(manifest),
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

pub(in crate::page) fn coefficients(page: &mut Markup, manifest: &Manifest) {
    let Some(coefficients) = &manifest.coefficients else { return };
    let lead = format!(
        "In original units: what one more of the feature adds to the margin{}. The weightiest first.",
        of_general(manifest)
    );
    page.section("coefficients", "Coefficients", &lead);
    let mut terms: Vec<_> = coefficients.terms.iter().collect();
    let weight = |term: &models::artifact::Coefficient| term.standardised.unwrap_or(term.value).abs();
    terms.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    let term = |term: &&models::artifact::Coefficient| {
        let standardised = term.standardised.map(|x| format!("{x:+.4}")).unwrap_or_default();
        [term.feature.clone(), number(term.value), standardised, number(imputation(term))].map(Cell::Text).to_vec()
    };
    let intercept = ["(intercept)".to_owned(), number(coefficients.intercept), String::new(), String::new()];
    let rows: Vec<Vec<Cell>> = terms.iter().map(term).chain([intercept.map(Cell::Text).to_vec()]).collect();
    table(page, &["feature", "coefficient", "per standard deviation", "stands in for NULL"], &rows);
    page.end_section();
}

/// Of a family these are the general model's.
fn of_general(manifest: &Manifest) -> &'static str {
    if manifest.family.is_some() { " of the general model" } else { "" }
}

/// What is left of zero after rounding, beside the feature's own spread, is zero to a reader.
fn imputation(term: &models::artifact::Coefficient) -> f64 {
    let spread = term.standardised.map_or(0.0, |standardised| (standardised / term.value).abs());
    if term.imputation.abs() < 1e-9 * spread { 0.0 } else { term.imputation }
}

pub(in crate::page) fn distributions(page: &mut Markup, manifest: &Manifest, profile: &Profile) {
    let lead = "Over the training part: the picture to hold live values against.";
    page.section("distributions", "Features and prediction", lead);
    let row = |name: &str, of: &Distribution, whole: bool| {
        let values = of.values.as_ref();
        // The digest interpolates between whole numbers.
        let median = values.and_then(|v| v.quantiles.get(4).copied()).map(|x| if whole { x.round() } else { x });
        let cell = |value: Option<f64>| Cell::Text(value.map(number).unwrap_or_default());
        #[expect(clippy::cast_precision_loss, reason = "a count of rows is below 2^53")]
        let missing = of.missing as f64 / profile.rows.max(1) as f64 * 100.0;
        vec![
            name.into(),
            Cell::Drawing(spark(name, of)),
            format!("{missing:.1} %").into(),
            cell(values.map(|v| v.min)),
            cell(median),
            cell(values.map(|v| v.mean)),
            cell(values.map(|v| v.max)),
        ]
    };
    let whole = |name: &str| {
        let feature = manifest.signature.features.iter().find(|feature| feature.name == name);
        feature.is_some_and(|feature| matches!(feature.ty, Type::Int | Type::Bool))
    };
    let mut rows: Vec<Vec<Cell>> =
        profile.features.iter().map(|of| row(&of.name, &of.distribution, whole(&of.name))).collect();
    rows.push(row(&format!("prediction ({})", manifest.signature.output.name()), &profile.prediction, false));
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

pub(in crate::page) fn origin(page: &mut Markup, manifest: &Manifest) {
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
    for base in manifest.stack.iter().flat_map(|stack| &stack.bases) {
        let same = base.version.map_or_else(|| "no version".to_owned(), |version| format!("version {version}"));
        fact(
            "stacked on",
            format!("{}, {}; {same} is the same; digest {}", base.model, base.algorithm.name, base.digest),
        );
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
