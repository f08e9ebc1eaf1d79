//! `clutch models show`

use std::process::ExitCode;

use models::artifact::{Artifact, Manifest};
use models::reference::ModelRef;
use models::registry::{Registry, Version};
use serde_json::json;

use super::{Store, minute};
use crate::context::Context;
use crate::figures;
use crate::output::{self, say};
use crate::table::{count, table};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch models show win_probability --project nfl
  clutch models show win_probability@champion --project nfl --json
  clutch models show win_probability/3 --project nfl")]
pub(super) struct Args {
    /// NAME (its newest version), NAME@ALIAS or NAME/VERSION.
    #[arg(value_name = "REF")]
    reference: ModelRef,
}

pub(super) fn run(args: &Args, store: &Store, context: &Context) -> anyhow::Result<ExitCode> {
    let (model, number) = store.resolve(&args.reference)?;
    let version = store.registry.load(&model, number)?;
    let aliases = store.aliases(&model, number)?;
    let stored = store.folder.join(&model).join("versions").join(number.to_string());
    for line in describe(&version, &aliases, &stored.display().to_string()) {
        say(context, line);
    }
    let object = json!({
        "model": model,
        "version": number,
        "aliases": aliases,
        "stored": stored,
        "manifest": version.artifact.manifest(),
    });
    output::json(context, &object);
    Ok(ExitCode::SUCCESS)
}

fn describe(version: &Version, aliases: &[String], stored: &str) -> Vec<String> {
    let manifest = version.artifact.manifest();
    let evaluation = &manifest.evaluation;
    let known_as = if aliases.is_empty() { String::new() } else { format!(" ({})", aliases.join(", ")) };
    let mut lines = vec![format!("{} version {}{known_as}", version.model, version.number)];
    lines.extend(facts(manifest, stored).into_iter().map(|(name, fact)| format!("  {name:<9}  {fact}")));
    if !evaluation.metrics.is_empty() {
        lines.push(String::new());
        lines.extend(figures::metrics(evaluation));
    }
    if !evaluation.references.is_empty() {
        lines.push(String::new());
        lines.extend(figures::references(evaluation));
    }
    if let Some(family) = &version.artifact.manifest().family {
        lines.push(String::new());
        lines.extend(figures::family(family));
    }
    lines.push(String::new());
    lines.extend(inputs(&version.artifact));
    lines
}

/// What it was made of, a name and a fact a line.
fn facts(manifest: &Manifest, stored: &str) -> Vec<(&'static str, String)> {
    let parameters = manifest.algorithm.parameters.iter().map(|(name, value)| format!(", {name} {value}"));
    let mut facts = vec![
        ("algorithm", format!("{}{}", manifest.algorithm.name, parameters.collect::<String>())),
        ("trained", format!("{} UTC by clutch {}", minute(manifest.created_at), manifest.clutch_version)),
        ("", format!("on {} rows, seed {}", count(manifest.rows.train), manifest.seed)),
        ("tested", tested(manifest)),
    ];
    if let Some(refit) = manifest.refit {
        facts.push(("refit", format!("on all {} rows; the figures are of the fit before", count(refit.rows))));
    }
    if let Some(stack) = &manifest.stack {
        facts.push(("stacked", format!("on {}", figures::stack(stack))));
    }
    let filter = manifest.filter.as_ref().map(|f| format!("  where {f}")).unwrap_or_default();
    facts.push(("label", format!("{}{filter}", manifest.label)));
    let view = &manifest.view;
    facts.push(("view", format!("{} of stream {}, hash {}", view.name, view.stream, view.hash)));
    let sources = manifest.data.sources.join(", ");
    facts.push(("data", format!("{} events of {sources}", count(manifest.data.rows))));
    facts.push(("", format!("digest {}", manifest.data.digest)));
    if let Some(parity) = &manifest.parity {
        let values = count(parity.values);
        facts.push(("parity", format!("{} of {values} values differ between hosts", count(parity.mismatches))));
    }
    facts.push(("gate", manifest.gate.outcome.name().to_owned()));
    facts.extend(manifest.gate.rules.iter().map(|rule| ("", rule.to_string())));
    facts.push(("stored", stored.to_owned()));
    facts
}

fn tested(manifest: &Manifest) -> String {
    if manifest.rows.test == 0 {
        return "on no rows: the project declares no split".to_owned();
    }
    let groups = match manifest.group.as_slice() {
        [] => String::new(),
        fields => format!(" in {} groups by {}", count(manifest.evaluation.groups), fields.join(", ")),
    };
    let split = manifest.split.as_ref().map(|s| format!(", {} from {} on", s.time, s.test_from)).unwrap_or_default();
    format!("on {} rows{groups}{split}", count(manifest.rows.test))
}

/// Coefficients where there are some, importances where there are those, otherwise the names and types of the inputs.
fn inputs(artifact: &Artifact) -> Vec<String> {
    let manifest = artifact.manifest();
    match (&manifest.coefficients, &manifest.importances) {
        // Coefficients of a stacked model are of its bases; what the features do, only importances tell.
        (Some(coefficients), Some(importances)) if manifest.stack.is_some() => {
            let mut lines = figures::coefficients(coefficients);
            lines.push(String::new());
            lines.extend(figures::importances(importances));
            lines
        }
        (Some(coefficients), _) => figures::coefficients(coefficients),
        (None, Some(importances)) => figures::importances(importances),
        (None, None) => {
            let mut rows = vec![vec!["feature".to_owned(), "type".to_owned()]];
            rows.extend(manifest.signature.features.iter().map(|f| vec![f.name.clone(), f.ty.to_string()]));
            table(&rows)
        }
    }
}
