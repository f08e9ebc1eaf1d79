//! Where a long-running command's messages go: standard error, as text or as JSON lines.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::context::environment;
use crate::output::UsageError;

/// `CLUTCH_LOG` chooses what is told (`info`, `debug`, `serving=debug`, …), `CLUTCH_LOG_FORMAT=json` how.
pub(crate) fn start() -> Result<(), UsageError> {
    let wanted = environment("CLUTCH_LOG").unwrap_or_else(|| "info,fjall=warn,lsm_tree=warn".to_owned());
    let filter = EnvFilter::try_new(&wanted)
        .map_err(|error| UsageError::new(format!("CLUTCH_LOG={wanted} says nothing that can be followed: {error}")))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // A second start in one process keeps the first one's settings.
    let _ = match environment("CLUTCH_LOG_FORMAT").as_deref() {
        Some("json") => lines.json().try_init(),
        _ => lines.try_init(),
    };
    Ok(())
}
