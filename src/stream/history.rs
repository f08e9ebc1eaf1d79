//! The history that events are taken from.

use std::sync::Arc;

use features::batch::{History, read_history, read_imported};
use features::project::Project;
use features::schema::Stream;

use crate::output::UsageError;
use crate::{progress, source};

/// From the files that a pattern names, or what was imported. Never empty.
pub(super) fn read(project: &Project, stream: &Arc<Stream>, data: Option<&str>) -> anyhow::Result<History> {
    let bar = progress::spinner("reading", "rows");
    let tick = |rows: u64| bar.set_position(rows);
    let read = match data {
        // `STREAM=GLOB`, as other commands write it, means the same.
        Some(data) => {
            let pattern = data.strip_prefix(&format!("{}=", stream.name)).unwrap_or(data);
            read_history(stream, pattern, &tick)
        }
        None => read_imported(project, stream, &tick),
    };
    bar.finish_and_clear();
    let history = read.map_err(source::usage)?;
    source::remark(&history);
    if history.is_empty() {
        return Err(UsageError::new(format!("the history of `{}` holds no usable event", stream.name)).into());
    }
    Ok(history)
}
