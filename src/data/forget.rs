//! `clutch data forget`

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use features::project::Project;
use serde_json::json;
use serving::admin::{Client, ClientError};
use serving::clock::SystemClock;
use serving::instance::{Instance, Places};
use serving::prediction_log::{Forgotten, Spool, export, exported, forget};
use serving::tables::{Tables, TablesPlace};

use crate::context::Context;
use crate::output::{self, UsageError, say};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch data forget --project nfl --unit 2024_22_KC_PHI --export kc-phi.jsonl
  clutch data forget --project nfl --unit 2024_22_KC_PHI --keep --export kc-phi.jsonl

What the prediction log holds of the unit is erased from the tables and from the spool, beside a running server too. What
is on topics of the event log stays there.")]
pub(crate) struct Args {
    /// The unit: what an endpoint declares, or the key of its stream.
    #[arg(long, value_name = "UNIT")]
    unit: String,
    /// First write everything that is erased into this file, a JSON object a line.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Export only, and erase nothing.
    #[arg(long, requires = "export")]
    keep: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    if args.unit.is_empty() {
        return Err(UsageError::new("--unit is empty: name the unit").into());
    }
    let project = context.project()?;
    let place = TablesPlace::of(&project, &project.instance_dir());
    let mut tables = match &place {
        TablesPlace::File(path) if !path.exists() => None,
        place => Some(place.open()?),
    };
    let spool = project.instance_dir().join("spool");
    let written = match &args.export {
        Some(file) => Some(write(file, &args.unit, &mut tables, &spool)?),
        None => None,
    };
    if let (Some(file), Some(lines)) = (&args.export, written) {
        say(context, format!("{lines} lines in {}", file.display()));
    }
    let (mut forgotten, mut waiting) = (Forgotten::default(), 0);
    if !args.keep {
        // First what is on its way, so that it does not come after.
        waiting = forget_waiting(&project, &args.unit, &spool)?;
        if let Some(tables) = &mut tables {
            forgotten = forget(&mut **tables, &args.unit)?;
        }
        let Forgotten { predictions, outcomes } = forgotten;
        say(
            context,
            format!("erased: {predictions} predictions, {outcomes} outcomes; {waiting} that waited for the tables"),
        );
    }
    output::json(
        context,
        &json!({
            "unit": args.unit,
            "exported": written,
            "predictions": forgotten.predictions,
            "outcomes": forgotten.outcomes,
            "waiting": waiting,
        }),
    );
    Ok(ExitCode::SUCCESS)
}

/// Lines written. A file that is there is not written over.
fn write(file: &Path, unit: &str, tables: &mut Option<Box<dyn Tables>>, spool: &Path) -> anyhow::Result<u64> {
    let created = std::fs::File::create_new(file)
        .map_err(|error| UsageError::new(format!("--export {}: cannot create it: {error}", file.display())));
    let mut out = BufWriter::new(created?);
    let mut lines = 0;
    let mut outcome = Ok(());
    let mut put = |json: &serde_json::Value| {
        if outcome.is_ok() {
            outcome = writeln!(out, "{json}");
            lines += 1;
        }
    };
    if let Some(tables) = tables {
        export(&mut **tables, unit, &mut put)?;
    }
    for record in Spool::look(spool)?.iter().filter(|record| record.unit.as_deref() == Some(unit)) {
        put(&exported(record, None));
    }
    outcome.and_then(|()| out.flush()).with_context(|| format!("cannot write `{}`", file.display()))?;
    Ok(lines)
}

/// What waits for the tables belongs to the server that runs, or to nobody.
fn forget_waiting(project: &Project, unit: &str, spool: &Path) -> anyhow::Result<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    let asked = runtime.block_on(async { Client::connect(&project.instance_dir()).await?.forget(unit).await });
    match asked {
        Ok(predictions) => return Ok(predictions),
        Err(ClientError::Unreachable { .. }) => {}
        Err(error) => return Err(error).context("the running server did not erase what waits for the tables"),
    }
    if !spool.exists() {
        return Ok(0);
    }
    let places = Places { state_dir: project.instance_dir(), temporary: std::env::temp_dir() };
    let _owned = Instance::open(&places, Arc::new(SystemClock)).context("cannot use the project's folder")?;
    Ok(Spool::open(spool, u64::MAX)?.retain(|record| record.unit.as_deref() != Some(unit))?)
}
