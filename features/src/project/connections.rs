//! `[connections]`: where the parts live that are not embedded.

use std::path::{Path, PathBuf};

use toml::de::DeValue;

use super::document::{Section, Text};
use super::kafka;
use super::redis;
use super::spec::Connections;
use super::tables;

/// The value of an environment variable.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// `project` is its name, if it has one.
pub(super) fn read(
    mut section: Section<'_>,
    project: Option<&str>,
    dir: &Path,
    environment: Environment<'_>,
) -> Connections {
    let registry = registry(&mut section, dir, environment);
    let kafka = kafka::read(&mut section, dir, environment);
    let redis = redis::read(&mut section, project, environment);
    let tables = tables::read(&mut section, environment);
    section.finish();
    Connections { registry, kafka, redis, tables }
}

/// A folder: `registry = "models"`, `{ path = "models" }` or `{ url = "models" }`.
fn registry(section: &mut Section<'_>, dir: &Path, environment: Environment<'_>) -> Option<PathBuf> {
    let value = section.get("registry")?;
    let doc = section.doc;
    let text = match value.get_ref() {
        DeValue::String(text) => Text { value: text, span: value.span() },
        _ => {
            let mut table = section.section("registry")?;
            let key = if table.has("url") { "url" } else { "path" };
            let text = table.required_string(key, "path = \"…\": the registry's folder");
            table.finish();
            text?
        }
    };
    let url = substitute(section, &text, environment)?;
    if url.contains("://") {
        let (scheme, rest) = url.split_once("://")?;
        if scheme == "file" {
            return Some(PathBuf::from(rest));
        }
        let message = format!("a registry behind {scheme} is not in this version");
        doc.problem(text.span, message, "leave it out to use .clutch/registry, or name a folder".to_owned());
        return None;
    }
    if url.is_empty() {
        doc.problem(text.span, "the registry's folder is empty", None);
        return None;
    }
    Some(dir.join(url))
}

/// Puts the environment into `${NAME}`.
pub(super) fn substitute(section: &Section<'_>, text: &Text<'_>, environment: Environment<'_>) -> Option<String> {
    let doc = section.doc;
    let mut out = String::new();
    let mut rest = text.value;
    while let Some(start) = rest.find("${") {
        out.push_str(&rest[..start]);
        let Some(length) = rest[start..].find('}') else {
            doc.problem(text.span.clone(), "a `${` is never closed", "write ${NAME}".to_owned());
            return None;
        };
        let name = &rest[start + 2..start + length];
        match environment(name) {
            Some(value) => out.push_str(&value),
            None => {
                let message = format!("the environment variable {name} is not set");
                doc.problem(text.span.clone(), message, format!("export {name}=…"));
                return None;
            }
        }
        rest = &rest[start + length + 1..];
    }
    out.push_str(rest);
    Some(out)
}
