use std::path::PathBuf;

use crate::artifact::ArtifactError;
use crate::reference::InvalidName;

#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    #[error("the registry has no model `{name}`{}", did_you_mean(nearest))]
    UnknownModel { name: String, nearest: Option<String> },
    #[error("model `{model}` has no version {number}{}", newest_is(newest))]
    UnknownVersion { model: String, number: u32, newest: Option<u32> },
    #[error("model `{model}` has no alias `{alias}`{}", did_you_mean(nearest))]
    UnknownAlias { model: String, alias: String, nearest: Option<String> },
    #[error("the artifact of `{model}` version {number} is broken: {reason}")]
    Broken { model: String, number: u32, reason: ArtifactError },
    /// The caller decided on a state that is no longer so.
    #[error("alias `{alias}` of model `{model}` was moved by someone else meanwhile: it is {}", standing(found))]
    AliasMoved { model: String, alias: String, found: Option<u32> },
    #[error("`{name}` cannot be stored as a name: {reason}")]
    Name { name: String, reason: InvalidName },
    #[error("model `{model}` has as many versions as can be counted")]
    Full { model: String },
    /// The artifact handed in cannot be written.
    #[error("the artifact cannot be stored: {reason}")]
    Unstorable { reason: ArtifactError },
    /// A file of the registry's own, not of an artifact.
    #[error("the registry's file `{}` is damaged: {reason}", path.display())]
    Damaged { path: PathBuf, reason: serde_json::Error },
    #[error("the registry's file `{}` has format version {found}, this clutch reads {supported}: use a newer clutch", path.display())]
    Newer { path: PathBuf, found: u32, supported: u32 },
    #[error("cannot {action} `{}`", path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
}

impl RegistryError {
    /// With the most similar of `known`, if one is similar enough to be meant.
    pub(crate) fn unknown_model(name: &str, known: &[String]) -> RegistryError {
        RegistryError::UnknownModel { name: name.to_owned(), nearest: nearest(name, known.iter().map(String::as_str)) }
    }

    pub(crate) fn unknown_alias(model: &str, alias: &str, known: &[(String, u32)]) -> RegistryError {
        RegistryError::UnknownAlias {
            model: model.to_owned(),
            alias: alias.to_owned(),
            nearest: nearest(alias, known.iter().map(|(name, _)| name.as_str())),
        }
    }
}

fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let similar = known.map(|k| (strsim::jaro_winkler(name, k), k)).filter(|(similarity, _)| 0.8 < *similarity);
    similar.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, k)| k.to_owned())
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default()
}

fn newest_is(newest: &Option<u32>) -> String {
    newest.map(|n| format!("; its newest is {n}")).unwrap_or_default()
}

fn standing(found: &Option<u32>) -> String {
    found.map_or_else(|| "unset".to_owned(), |n| format!("at version {n}"))
}
