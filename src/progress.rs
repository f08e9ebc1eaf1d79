//! Progress bars on standard error, drawn only when it is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over a known amount of work (`unit`s), e.g. `rows`.
pub(crate) fn bar(total: u64, label: &str, unit: &str) -> ProgressBar {
    let template = format!("{{msg:>12}} [{{bar:30}}] {{human_pos}}/{{human_len}} {unit} ({{eta}} left)");
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(label.to_owned());
    bar
}

/// A spinner with a count, for work of unknown length.
pub(crate) fn spinner(label: &str, unit: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template(&spinning(unit)) {
        bar.set_style(style);
    }
    bar.set_message(label.to_owned());
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn spinning(unit: &str) -> String {
    format!("{{msg:>12}} {{spinner}} {{human_pos}} {unit} ({{elapsed}})")
}

const FITS: &str = "{msg:>12} [{bar:30}] {human_pos}/{human_len} fits ({elapsed})";

/// A training run's stages, one spinner for all.
#[derive(Debug)]
pub(crate) struct Stages {
    bar: ProgressBar,
}

impl Stages {
    pub(crate) fn new() -> Stages {
        Stages { bar: spinner("load", "rows read") }
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl training::progress::Progress for Stages {
    fn stage(&self, stage: training::progress::Stage) {
        use training::progress::Stage;
        if let Ok(style) = ProgressStyle::with_template(&spinning("rows read")) {
            self.bar.set_style(style);
        }
        self.bar.set_message(match stage {
            Stage::Load => "load",
            Stage::Features => "features",
            Stage::Fit => "fit",
            Stage::Evaluate => "evaluate",
            Stage::Validate => "validate",
            Stage::Ablate => "ablate",
            Stage::Tune => "tune",
            Stage::Report => "report",
            Stage::Refit => "refit",
            Stage::Publish => "publish",
        });
    }

    fn rows(&self, rows: u64) {
        self.bar.set_position(rows);
    }

    fn members(&self, done: u64, total: u64) {
        self.bar.set_message(format!("fit {done} of {total} members"));
    }

    fn fits(&self, done: u64, of: u64) {
        if let Ok(style) = ProgressStyle::with_template(FITS) {
            self.bar.set_style(style.progress_chars("=> "));
        }
        self.bar.set_length(of);
        self.bar.set_position(done);
    }
}
