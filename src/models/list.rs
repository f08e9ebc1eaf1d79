//! `clutch models list`

use std::process::ExitCode;

use models::artifact::Manifest;
use models::registry::{Registry, RegistryError};
use serde_json::{Value, json};

use super::{Store, explain, minute};
use crate::context::Context;
use crate::figures;
use crate::output::{self, say};
use crate::table::table;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch models list --project nfl
  clutch models list win_probability --project nfl --json")]
pub(super) struct Args {
    /// Only this model's.
    #[arg(value_name = "MODEL")]
    model: Option<String>,
}

pub(super) fn run(args: &Args, store: &Store, context: &Context) -> anyhow::Result<ExitCode> {
    let names = match &args.model {
        Some(name) => vec![name.clone()],
        None => store.registry.models()?,
    };
    let mut rows = Vec::new();
    let mut models = Vec::new();
    for name in &names {
        let listed = versions(store, name).map_err(explain)?;
        rows.extend(listed.iter().map(|version| version.row(name)));
        let versions: Vec<Value> = listed.iter().map(Listed::to_json).collect();
        models.push(json!({ "model": name, "versions": versions }));
    }
    if rows.is_empty() {
        say(context, format!("no models yet in {}", store.folder.display()));
        say(context, "Next: clutch train --model NAME");
    } else {
        let header = ["model", "version", "alias", "trained", "algorithm", "metric", "value", "95 % interval", "gate"];
        rows.insert(0, header.map(str::to_owned).to_vec());
        table(&rows).into_iter().for_each(|line| say(context, line));
    }
    output::json(context, &json!({ "models": models }));
    Ok(ExitCode::SUCCESS)
}

struct Listed {
    number: u32,
    aliases: Vec<String>,
    content: Result<Manifest, String>,
}

/// The newest first. A broken one is listed as such: it takes nothing from the others.
fn versions(store: &Store, model: &str) -> Result<Vec<Listed>, RegistryError> {
    let mut listed = Vec::new();
    for number in store.registry.versions(model)?.into_iter().rev() {
        let content = match store.registry.load(model, number) {
            Ok(version) => Ok(version.artifact.manifest().clone()),
            Err(RegistryError::Broken { reason, .. }) => Err(reason.to_string()),
            Err(error) => return Err(error),
        };
        listed.push(Listed { number, aliases: store.aliases(model, number)?, content });
    }
    Ok(listed)
}

impl Listed {
    fn row(&self, model: &str) -> Vec<String> {
        let mut row = vec![model.to_owned(), self.number.to_string(), self.aliases.join(", ")];
        match &self.content {
            Ok(manifest) => {
                let evaluation = &manifest.evaluation;
                let (metric, value) = evaluation.metrics.first().unzip();
                let metric = metric.cloned().unwrap_or_default();
                let interval = evaluation.intervals.get(&metric).map(figures::interval).unwrap_or_default();
                let value = value.map(|x| format!("{x:.4}")).unwrap_or_default();
                let gate = manifest.gate.outcome.name().to_owned();
                row.extend([minute(manifest.created_at), manifest.algorithm.name.clone()]);
                row.extend([metric, value, interval, gate]);
            }
            Err(reason) => row.push(format!("broken: {reason}")),
        }
        row
    }

    fn to_json(&self) -> Value {
        match &self.content {
            Ok(manifest) => json!({
                "version": self.number,
                "aliases": self.aliases,
                "created_at": models::timestamp::rfc3339(manifest.created_at),
                "algorithm": manifest.algorithm.name,
                "metrics": manifest.evaluation.metrics,
                "intervals": manifest.evaluation.intervals,
                "gate": manifest.gate.outcome,
                "view_hash": manifest.view.hash,
            }),
            Err(reason) => json!({ "version": self.number, "aliases": self.aliases, "broken": reason }),
        }
    }
}
