//! One of the two versions of a view that are compared: found by what the command line names.

use std::sync::Arc;

use features::kernel::KERNEL_VERSION;
use features::plan::{View, ViewHash};
use features::project::{Project, view_as_declared};
use features::sql::{self, Catalog};
use models::artifact::ViewRecord;
use models::reference::ModelRef;
use models::registry::{Registry, RegistryError};

use crate::output::UsageError;

/// The least of a hash that names a view.
const SHORTEST_HASH: usize = 4;

/// A version of a view.
#[derive(Debug)]
pub(super) struct Side {
    /// As the command line has it.
    pub(super) given: String,
    /// Where it was found.
    pub(super) origin: String,
    /// As recorded; what `view` has unless `notes` say otherwise.
    pub(super) hash: ViewHash,
    pub(super) kernel_version: u32,
    /// The plan, over the stream as it was declared then, as far as that is known.
    pub(super) view: Arc<View>,
    /// The same text over the stream as the project declares it now, where it can be read so: what history is run
    /// through.
    #[cfg_attr(not(feature = "train"), expect(dead_code, reason = "history is read by the train feature"))]
    pub(super) present: Option<Arc<View>>,
    /// What is not exactly as it was.
    pub(super) notes: Vec<String>,
}

pub(super) fn find(given: &str, project: &Project, registry: &dyn Registry) -> anyhow::Result<Side> {
    if let Some(view) = project.views.get(given) {
        return Ok(declared(given, view));
    }
    let is_hash = (SHORTEST_HASH..=32).contains(&given.len()) && given.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hash && let Some(side) = by_hash(given, project, registry)? {
        return Ok(side);
    }
    let reference: ModelRef = match given.parse() {
        Ok(reference) => reference,
        Err(_) if is_hash => return Err(unknown(given, project, None).into()),
        Err(error) => return Err(unknown(given, project, Some(error.to_string())).into()),
    };
    let number = match registry.resolve(&reference) {
        Ok(number) => number,
        Err(
            error @ (RegistryError::UnknownModel { .. }
            | RegistryError::UnknownVersion { .. }
            | RegistryError::UnknownAlias { .. }
            | RegistryError::Name { .. }),
        ) => return Err(unknown(given, project, Some(error.to_string())).into()),
        Err(error) => return Err(error.into()),
    };
    let version = registry.load(&reference.name, number)?;
    recorded(given, project, &version.artifact.manifest().view, &reference.name, number)
}

fn declared(given: &str, view: &Arc<View>) -> Side {
    Side {
        given: given.to_owned(),
        origin: "as the project declares it".to_owned(),
        hash: view.hash.clone(),
        kernel_version: KERNEL_VERSION,
        view: Arc::clone(view),
        present: Some(Arc::clone(view)),
        notes: Vec::new(),
    }
}

/// The project's views first, then every version in the registry, of which broken ones are passed over.
fn by_hash(given: &str, project: &Project, registry: &dyn Registry) -> anyhow::Result<Option<Side>> {
    let prefix = given.to_ascii_lowercase();
    let mut found: Vec<Side> = Vec::new();
    for view in project.views.values().filter(|view| view.hash.0.starts_with(&prefix)) {
        found.push(declared(given, view));
    }
    for model in registry.models()? {
        for number in registry.versions(&model)? {
            let Ok(version) = registry.load(&model, number) else { continue };
            let record = &version.artifact.manifest().view;
            if record.hash.0.starts_with(&prefix) && found.iter().all(|side| side.hash != record.hash) {
                found.push(recorded(given, project, record, &model, number)?);
            }
        }
    }
    if let [first, second, ..] = found.as_slice() {
        let message = format!("`{given}` begins several hashes, among them {} and {}", first.hash, second.hash);
        return Err(UsageError::new(message).into());
    }
    Ok(found.pop())
}

/// The view that a version carries.
fn recorded(given: &str, project: &Project, record: &ViewRecord, model: &str, number: u32) -> anyhow::Result<Side> {
    let whose = format!("version {number} of model {model}");
    let present = project.streams.get(record.stream.as_str()).and_then(|stream| {
        let read = sql::view(&record.text, &Catalog::from(Arc::clone(stream)));
        read.view.ok().map(Arc::new)
    });
    let then = record.declaration.as_ref().and_then(|stream| view_as_declared(stream, &record.text).ok()).flatten();
    let view = present.clone().filter(|view| view.hash == record.hash).or(then).or_else(|| present.clone());
    let Some(view) = view else {
        let message = format!(
            "the view `{}` that {whose} was trained on cannot be read any more: the project's stream `{}` lacks what it \
             names",
            record.name, record.stream
        );
        return Err(UsageError::new(message).into());
    };
    let mut notes = Vec::new();
    if view.hash != record.hash {
        notes.push(match record.kernel_version == KERNEL_VERSION {
            true => format!(
                "{whose} does not say how stream `{}` was declared then: its rules are compared as they are now",
                record.stream
            ),
            false => {
                format!("{whose} was made for kernel {}, and this is kernel {KERNEL_VERSION}", record.kernel_version)
            }
        });
    }
    Ok(Side {
        given: given.to_owned(),
        origin: format!("of {whose}"),
        hash: record.hash.clone(),
        kernel_version: record.kernel_version,
        view,
        present,
        notes,
    })
}

fn unknown(given: &str, project: &Project, why: Option<String>) -> UsageError {
    let views: Vec<String> = project.views.keys().map(|name| format!("`{name}`")).collect();
    let why = why.unwrap_or_else(|| "no view's hash begins so".to_owned());
    UsageError::new(format!(
        "`{given}` names no view: {why}. Write a view of the project ({}), a model's version (NAME/3, NAME@champion), or \
         the start of a view's hash",
        views.join(", ")
    ))
}
