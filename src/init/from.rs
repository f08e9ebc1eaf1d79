//! A project proposed from a sample of data.

use std::path::Path;

use super::NewFile;

/// A project to write.
pub(super) struct Proposed {
    pub(super) files: Vec<NewFile>,
    /// What was chosen.
    pub(super) remarks: Vec<String>,
    pub(super) model: Option<String>,
}

#[cfg(feature = "train")]
pub(super) fn propose(name: &str, sample: &Path) -> anyhow::Result<Proposed> {
    use features::batch;
    use features::project::propose::{ProposeError, identifier, propose};

    use crate::output::UsageError;

    /// Enough to see keys repeat and times grow.
    const ROWS: usize = 20_000;

    let read = batch::read_sample(sample, ROWS).map_err(|error| UsageError::new(error.to_string()))?;
    let file = sample.file_name().and_then(|name| name.to_str()).unwrap_or("events");
    let stream = identifier(file.split('.').next().unwrap_or(file));
    let proposal = propose(name, &stream, &read).map_err(|error| match error {
        ProposeError::Empty | ProposeError::NoKey => {
            anyhow::Error::from(UsageError::new(format!("{}: {error}", sample.display())))
        }
        other => other.into(),
    })?;
    let view = NewFile { path: format!("views/{}.sql", proposal.view_name).into(), text: proposal.view };
    let manifest = NewFile { path: "clutch.toml".into(), text: proposal.manifest };
    let mut remarks = proposal.remarks;
    if !read.skipped.is_empty() {
        remarks.push(format!("left out, for no field can hold them: {}", read.skipped.join(", ")));
        remarks.push("(a list of objects can become events of their own: see `explode` in docs/project.md)".to_owned());
    }
    Ok(Proposed { files: vec![manifest, view, super::ignore_file()], remarks, model: proposal.model })
}

#[cfg(not(feature = "train"))]
pub(super) fn propose(_name: &str, sample: &Path) -> anyhow::Result<Proposed> {
    let message =
        format!("{} cannot be read: this clutch was built without `train`, which reads data", sample.display());
    Err(crate::output::UsageError::new(message).into())
}
