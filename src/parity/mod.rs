//! `clutch parity`: history through all three hosts, compared bit for bit.

mod show;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use features::batch::{BatchError, History};
use features::kernel::KERNEL_VERSION;
use features::parity::{Options, ParityReport, check};
use features::plan::View;
use features::project::Project;
use models::artifact::{DataFingerprint, ParityCertificate};
use models::certificates::Certificates;

use crate::context::Context;
use crate::output::{self, UsageError, say};
use crate::source::{self, DataArgs};
use crate::{clock, lookup, progress};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch parity --project nfl
  clutch parity --project nfl --view win_probability --data plays='seasons/*.parquet'
  clutch parity --project nfl --seed 7 --restarts 500 --json")]
pub(crate) struct Args {
    /// Only this view; otherwise all of them.
    #[arg(long, value_name = "NAME")]
    view: Option<String>,
    #[command(flatten)]
    data: DataArgs,
    /// Of the points of restart and of the oracle's sample.
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// How often the stream host is restarted; otherwise once for every fifty events, and at least fifty times.
    #[arg(long, value_name = "N")]
    restarts: Option<usize>,
}

/// A view that was checked.
struct Checked {
    view: Arc<View>,
    report: ParityReport,
    seconds: f64,
    certificate: std::path::PathBuf,
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    let views = match &args.view {
        Some(name) => vec![Arc::clone(lookup::view(&project, name)?)],
        None => project.views.values().cloned().collect(),
    };
    if views.is_empty() {
        return Err(UsageError::new("the project has no views to check").into());
    }
    let mut checked: Vec<Checked> = Vec::new();
    let (mut skipped, mut lacking): (Vec<serde_json::Value>, Option<BatchError>) = (Vec::new(), None);
    // The views of one stream share its history.
    for stream in project.streams.values() {
        let views: Vec<&Arc<View>> = views.iter().filter(|view| view.stream.name == stream.name).collect();
        if views.is_empty() {
            continue;
        }
        let history = match args.data.read_any(&project, stream)? {
            // Views that were not asked for by name need not have any.
            Err(error @ BatchError::NoHistory { .. }) if args.view.is_none() => {
                let names: Vec<String> = views.iter().map(|view| format!("`{}`", view.name)).collect();
                output::note(format!(
                    "note: stream `{}` has no history: {} not checked",
                    stream.name,
                    names.join(", ")
                ));
                let object = |view: &Arc<View>| serde_json::json!({ "view": view.name, "stream": stream.name });
                skipped.extend(views.into_iter().map(object));
                lacking.get_or_insert(error);
                continue;
            }
            history => history.map_err(source::usage)?,
        };
        let data = DataFingerprint {
            rows: history.len() as u64,
            digest: history.digest(),
            sources: vec![args.data.pattern(&project, stream)?.unwrap_or("imported").to_owned()],
        };
        for view in views {
            checked.push(check_view(&args, &project, view, &history, &data)?);
        }
    }

    if checked.is_empty()
        && let Some(error) = lacking
    {
        return Err(source::usage(error));
    }
    for line in show::summary(&checked) {
        say(context, line);
    }
    let objects: Vec<serde_json::Value> = checked.iter().map(|checked| show::object(checked, args.seed)).collect();
    let mismatches: u64 = checked.iter().map(|checked| checked.report.mismatches).sum();
    let mut object = match objects.as_slice() {
        [object] => object.clone(),
        _ => serde_json::json!({ "views": objects, "mismatches": mismatches }),
    };
    if args.view.is_none() {
        object["skipped"] = skipped.into();
    }
    output::json(context, &object);
    Ok(if mismatches == 0 { ExitCode::SUCCESS } else { ExitCode::from(output::NO) })
}

fn check_view(
    args: &Args,
    project: &Project,
    view: &Arc<View>,
    history: &History,
    data: &DataFingerprint,
) -> anyhow::Result<Checked> {
    let options = Options { seed: args.seed, restarts: args.restarts, ..Options::default() };
    let bar = progress::bar(history.len() as u64, &view.name, "events");
    let started = Instant::now();
    let report = check(view, history, &options, &|events| bar.set_position(events));
    bar.finish_and_clear();
    let (report, seconds) = (report?, started.elapsed().as_secs_f64());
    let certificate = ParityCertificate {
        view_hash: view.hash.clone(),
        kernel_version: KERNEL_VERSION,
        rows: report.rows,
        values: report.values,
        mismatches: report.mismatches,
        restarts: report.restarts,
        seed: args.seed,
        data: Some(data.clone()),
        checked_at: clock::now(),
    };
    let certificate = Certificates::of_project(project).store(&certificate)?;
    Ok(Checked { view: Arc::clone(view), report, seconds, certificate })
}
