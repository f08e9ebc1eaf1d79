//! `clutch features`: a view over history, into a file or onto the terminal.

mod head;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result};
use features::batch::{self, Format, History, Order, ViewTable};
use features::column::Table;
use features::plan::View;
use serde_json::json;

use crate::context::Context;
use crate::output::{self, UsageError};
use crate::source::DataArgs;
use crate::{lookup, progress};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch features --view win_probability --head 20
  clutch features --view win_probability --out rows.parquet
  clutch features --view win_probability --data plays='data/*.parquet' --out rows.csv --order served")]
pub(crate) struct Args {
    /// The view to compute.
    #[arg(long)]
    view: String,
    #[command(flatten)]
    data: DataArgs,
    /// Where the rows go: .parquet, .csv or .jsonl (the latter two also with .gz).
    #[arg(long, value_name = "FILE", required_unless_present = "head")]
    out: Option<PathBuf>,
    /// Show the first rows.
    #[arg(long, value_name = "ROWS")]
    head: Option<usize>,
    /// ideal: sorted by event time, nothing is late. served: in file order, with the decisions that a live stream takes.
    #[arg(long, default_value = "ideal")]
    order: OrderArg,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum OrderArg {
    Ideal,
    Served,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<ExitCode> {
    // A name that no table can have is found out before hours of work.
    if let Some(out) = &args.out {
        Format::of_output(out).map_err(|fault| UsageError::new(format!("{}: {fault}", out.display())))?;
    }
    let project = context.project()?;
    let view = lookup::view(&project, &args.view)?;
    let started = Instant::now();
    let history = args.data.read(&project, &view.stream)?;
    let read = started.elapsed();

    let bar = progress::spinner("computing", "rows");
    let order = match args.order {
        OrderArg::Ideal => Order::Ideal,
        OrderArg::Served => Order::Served,
    };
    let computed = batch::compute(view, &history, order)?;
    bar.finish_and_clear();
    let features = started.elapsed() - read;

    let table = with_key_and_id(view, &history, &computed);
    if let Some(out) = &args.out {
        batch::write_table(out, &table).with_context(|| format!("writing {}", out.display()))?;
    }
    let total = started.elapsed();

    let rows = table.rows;
    if let Some(shown) = args.head {
        let naming = table.columns.len() - view.columns.iter().filter(|column| !column.identity).count();
        for line in head::head(&table, shown, naming, output::width()) {
            output::say(context, line);
        }
        output::say(context, "");
    }
    output::say(context, summary(&args, &history, &computed));
    output::json(
        context,
        &json!({
            "view": view.name.as_str(),
            "view_hash": view.hash.to_string(),
            "out": args.out,
            "rows": rows,
            "columns": table.names.iter().map(|name| name.as_str()).collect::<Vec<_>>(),
            "history": { "rows": history.len(), "rejected": history.rejects.len(), "notes": history.notes },
            "late": computed.late,
            "duplicate": computed.duplicate,
            "overflows": computed.overflows,
            "seconds": {
                "load": read.as_secs_f64(),
                "features": features.as_secs_f64(),
                "total": total.as_secs_f64(),
            },
        }),
    );
    Ok(ExitCode::SUCCESS)
}

fn summary(args: &Args, history: &History, computed: &ViewTable) -> String {
    let mut line = format!("{} rows of {} from {} events", computed.table.rows, args.view, history.len());
    if let Some(out) = &args.out {
        line.push_str(&format!(" into {}", out.display()));
    }
    for (count, what) in [
        (computed.late, "late"),
        (computed.duplicate, "repeated"),
        (computed.invalid, "invalid"),
        (computed.overflows, "integer overflows made NULL"),
    ] {
        if count > 0 {
            line.push_str(&format!("; {count} {what}"));
        }
    }
    line
}

/// The view's columns after the stream's key and id fields, as far as the view does not repeat those itself.
fn with_key_and_id(view: &View, history: &History, computed: &ViewTable) -> Table {
    let stream = &history.stream;
    let mut table = Table { rows: computed.table.rows, ..Table::default() };
    for &field in stream.key.iter().chain(&stream.id) {
        let name = &stream.schema.fields[field].name;
        if view.columns.iter().all(|column| column.name != *name) && !table.names.contains(name) {
            table.names.push(name.clone());
            table.columns.push(history.table.columns[field].take(&computed.source));
        }
    }
    table.names.extend(computed.table.names.iter().cloned());
    table.columns.extend(computed.table.columns.iter().cloned());
    table
}
