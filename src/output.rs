//! Everything that `clutch` prints, and the exit codes.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use features::diagnostic::Problems;

use crate::context::Context;

/// It ran, and the answer is no.
pub(crate) const NO: u8 = 1;
/// Usage, or a bad project.
pub(crate) const USAGE: u8 = 2;
/// It failed while running.
pub(crate) const FAILED: u8 = 3;

/// A mistake of the caller's (an unknown name, a bad option): ends with exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct UsageError {
    pub(crate) message: String,
}

impl UsageError {
    pub(crate) fn new(message: impl Into<String>) -> UsageError {
        UsageError { message: message.into() }
    }
}

/// A line for people on standard output; nothing with `--json`.
pub(crate) fn say(context: &Context, line: impl AsRef<str>) {
    if !context.json {
        print_line(line.as_ref());
    }
}

/// The JSON object that `--json` promises; nothing without it.
pub(crate) fn json(context: &Context, object: &serde_json::Value) {
    if context.json {
        print_line(&object.to_string());
    }
}

/// A line on standard output whatever the mode. A reader that has gone (`| head`) is no failure.
pub(crate) fn print_line(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// How many characters fit into a line of standard output: `None` if it is no terminal.
#[cfg(feature = "train")]
pub(crate) fn width() -> Option<usize> {
    let columns = || rustix::termios::tcgetwinsize(std::io::stdout()).ok().map(|size| usize::from(size.ws_col));
    if std::io::stdout().is_terminal() { columns().filter(|columns| *columns > 0) } else { None }
}

/// A remark on standard error: visible with `--json` too.
pub(crate) fn note(line: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr().lock(), "{}", line.as_ref());
}

/// Prints an error with its causes and chooses the exit code.
pub(crate) fn report(error: &anyhow::Error, context: &Context) -> ExitCode {
    let problems = error.downcast_ref::<Problems>();
    let usage = problems.is_some() || error.downcast_ref::<UsageError>().is_some();
    match problems {
        Some(problems) => note(problems.render(std::io::stderr().is_terminal())),
        None => {
            note(format!("error: {error}"));
            for cause in error.chain().skip(1) {
                note(format!("  because: {cause}"));
            }
        }
    }
    let mut object = serde_json::json!({ "error": error.to_string() });
    if let Some(problems) = problems {
        object["problems"] = serde_json::to_value(&problems.0).unwrap_or_default();
    }
    json(context, &object);
    ExitCode::from(if usage { USAGE } else { FAILED })
}
