//! A project proposed from a sample of data: types, key, time, id and outcomes by what the values look like. It is a
//! beginning to be read and mended by a person, and passes the checks.

mod column;
mod guess;
mod manifest;
mod sample;
mod view;

use std::path::Path;

pub use sample::{Sample, SampleColumn};

use self::guess::Guess;
use super::{Project, SourceFile, Sources};
use crate::diagnostic::Problems;

/// The files of a proposed project, and what the person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// `clutch.toml`
    pub manifest: String,
    /// The name of the starter view, without `.sql`.
    pub view_name: String,
    pub view: String,
    /// The model that it can train.
    pub model: Option<String>,
    /// What was chosen and why, a line each.
    pub remarks: Vec<String>,
}

/// Why no project can be proposed.
#[derive(Debug, thiserror::Error)]
pub enum ProposeError {
    #[error("the sample holds no rows")]
    Empty,
    #[error("no column of the sample can be a key: it takes an int or a text without gaps")]
    NoKey,
    #[error("the proposed project does not pass its own check")]
    Check(#[source] Problems),
}

/// Proposes a project called `name` whose one stream is called `stream`.
pub fn propose(name: &str, stream: &str, sample: &Sample) -> Result<Proposal, ProposeError> {
    if sample.rows == 0 || sample.columns.is_empty() {
        return Err(ProposeError::Empty);
    }
    let columns = column::facts(sample);
    let guess = Guess::new(&columns).ok_or(ProposeError::NoKey)?;
    let view_name = identifier(name);
    let proposal = Proposal {
        manifest: manifest::write(name, stream, &view_name, &columns, &guess),
        view: view::write(&view_name, stream, &columns, &guess),
        view_name,
        model: manifest::model_name(&columns, &guess),
        remarks: guess.remarks(&columns),
    };
    check(&proposal).map_err(ProposeError::Check)?;
    Ok(proposal)
}

/// Whoever receives a proposal can rely on it.
fn check(proposal: &Proposal) -> Result<Project, Problems> {
    let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.to_owned() };
    let view = file(&format!("views/{}.sql", proposal.view_name), &proposal.view);
    let sources = Sources { manifest: file("clutch.toml", &proposal.manifest), views: vec![view] };
    Project::check(Path::new("."), &sources, &|_| None)
}

/// A name for streams, views and models made of any text.
pub fn identifier(text: &str) -> String {
    let mut name: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).take(60).collect();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.insert_str(0, "p_");
    }
    name
}

#[cfg(test)]
mod tests;
