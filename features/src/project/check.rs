//! From files to a checked project, or to every problem in them.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;
use smol_str::SmolStr;
use toml::de::DeTable;

use super::connections::{self, Environment};
use super::document::{Document, Section, group};
use super::models::{Declared, Models};
use super::spec::{Connections, Endpoint, RequestStream, Sink};
use super::streams::StreamEntry;
use super::views::ViewEntry;
use super::{
    PredictionLog, Project, Sources, declaration, endpoints, models, prediction_log, requests, stack, streams, views,
};
use crate::diagnostic::Problem;
use crate::sql::{self, Catalog};

pub(super) fn check(dir: &Path, sources: &Sources, environment: Environment<'_>) -> Result<Project, Vec<Problem>> {
    let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_path_buf());
    let doc = Document::new(&sources.manifest.path, &sources.manifest.text);
    let text = doc.text().to_owned();
    let (table, errors) = DeTable::parse_recoverable(&text);
    if !errors.is_empty() {
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            doc.problem(span, error.message().lines().collect::<Vec<_>>().join("; "), None);
        }
        return Err(doc.into_problems());
    }
    let mut view_problems = Vec::new();
    let parts = read(&doc, table.get_ref(), &dir, sources, environment, &mut view_problems);
    let mut problems = doc.into_problems();
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems.extend(view_problems);
    match parts.finish(dir, &text) {
        Some(project) if problems.is_empty() => Ok(project),
        _ => Err(problems),
    }
}

/// What was declared, as far as it could be understood.
struct Parts {
    name: Option<String>,
    streams: IndexMap<SmolStr, StreamEntry>,
    views: IndexMap<SmolStr, ViewEntry>,
    models: Models,
    endpoints: IndexMap<SmolStr, Option<Endpoint>>,
    requests: IndexMap<SmolStr, RequestStream>,
    model_updates: Option<String>,
    sinks: IndexMap<SmolStr, Option<Sink>>,
    connections: Connections,
    prediction_log: PredictionLog,
}

fn read(
    doc: &Document,
    table: &DeTable<'_>,
    dir: &Path,
    sources: &Sources,
    environment: Environment<'_>,
    view_problems: &mut Vec<Problem>,
) -> Parts {
    let mut root = Section::new(doc, "", 0..0, table);
    let name = match root.section("project") {
        Some(mut section) => {
            let name = section.required_string("name", "name = \"…\"").map(|text| text.value.to_owned());
            section.finish();
            name
        }
        None if root.has("project") => None,
        None => {
            doc.problem(0..0, "the project has no name", "add [project] with name = \"…\"".to_owned());
            None
        }
    };
    let streams = read_streams(&mut root);
    let mut catalog = Catalog::default();
    for entry in streams.values() {
        catalog.add(Arc::clone(&entry.stream), entry.broken_fields.clone());
    }
    for name in sources.views.iter().filter_map(|file| sql::view_name(&file.text)) {
        catalog.add_view(name);
    }
    let views = views::read(&sources.views, &catalog, view_problems);
    let broken_fields =
        |stream: &str| -> HashSet<SmolStr> { streams.get(stream).map(|s| s.broken_fields.clone()).unwrap_or_default() };
    let declared = Declared { views: &views, broken_fields: &broken_fields };
    let mut models = Models::new();
    let mut stacks = Vec::new();
    for (name, section) in group(&mut root, "models") {
        let (model, bases) = models::read(&name, section, &declared);
        models.insert(SmolStr::new(name.value), model.map(Arc::new));
        stacks.extend(bases.map(|bases| (SmolStr::new(name.value), bases)));
    }
    stack::complete(doc, &mut models, &stacks);
    let mut endpoints = IndexMap::new();
    for (name, section) in group(&mut root, "endpoints") {
        endpoints.insert(SmolStr::new(name.value), endpoints::read(&name, section, &models));
    }
    let mut requests = IndexMap::new();
    for (name, section) in group(&mut root, "requests") {
        requests.insert(SmolStr::new(name.value), requests::read(&name, section));
    }
    let model_updates = root.section("model_updates").map(requests::read_updates);
    let mut sinks = IndexMap::new();
    for (name, section) in group(&mut root, "sinks") {
        sinks.insert(SmolStr::new(name.value), endpoints::read_sink(&name, section, &endpoints, dir));
    }
    let connections = root.section("connections");
    let connections = connections.map(|section| connections::read(section, name.as_deref(), dir, environment));
    let connections = connections.unwrap_or_default();
    let prediction_log = root.section("prediction_log").map(prediction_log::read).unwrap_or_default();
    root.finish();
    let parts =
        Parts { name, streams, views, models, endpoints, requests, model_updates, sinks, connections, prediction_log };
    distinct_topics(doc, table, &parts);
    distinct_files(doc, table, &parts.sinks);
    parts
}

/// In the order of their declaration; an exploded stream may stand before the one that it explodes.
fn read_streams(root: &mut Section<'_>) -> IndexMap<SmolStr, StreamEntry> {
    let (exploded, whole): (Vec<_>, Vec<_>) =
        group(root, "streams").into_iter().enumerate().partition(|(_, (_, section))| section.has("explode"));
    let declared: Vec<&str> = exploded.iter().chain(&whole).map(|(_, (name, _))| name.value).collect();
    let mut streams = IndexMap::new();
    let mut places = Vec::new();
    for (place, (name, section)) in whole.into_iter().chain(exploded) {
        let entry = streams::read(&name, section, &streams, &declared);
        streams.insert(SmolStr::new(name.value), entry);
        places.push((place, SmolStr::new(name.value)));
    }
    places.sort_unstable();
    places.into_iter().filter_map(|(_, name)| streams.swap_remove_entry(&name)).collect()
}

/// Two logs of one name would be one log.
fn distinct_topics(doc: &Document, table: &DeTable<'_>, parts: &Parts) {
    let place = |group, name| place(table, group, name);
    let mut owners: HashMap<String, String> = HashMap::new();
    let mut claim = |topic: String, owner: String, span: std::ops::Range<usize>| {
        if let Some(other) = owners.get(&topic) {
            let message = format!("the topic `{topic}` of {owner} is that of {other} too");
            doc.problem(span, message, "give one of them another topic".to_owned());
        } else {
            owners.insert(topic, owner);
        }
    };
    // Where it is not known what a stream explodes, neither are its topics.
    for (name, entry) in parts.streams.iter().filter(|(_, entry)| !entry.explodes || entry.stream.explode.is_some()) {
        let stream = &entry.stream;
        if !entry.explodes {
            claim(stream.topic.clone(), format!("stream `{name}`"), place("streams", name));
        }
        claim(stream.outcomes_topic.clone(), format!("the outcomes of stream `{name}`"), place("streams", name));
        claim(stream.dead_letters_topic(), format!("the dead letters of stream `{name}`"), place("streams", name));
        if entry.skew_check.is_some() {
            claim(stream.skew_topic(), format!("the skew of stream `{name}`"), place("streams", name));
        }
    }
    for (name, endpoint) in &parts.endpoints {
        if let Some(endpoint) = endpoint {
            claim(endpoint.topic.clone(), format!("endpoint `{name}`"), place("endpoints", name));
        }
    }
    for (name, requests) in &parts.requests {
        claim(requests.topic.clone(), format!("requests `{name}`"), place("requests", name));
        claim(requests.answers.clone(), format!("the answers of requests `{name}`"), place("requests", name));
    }
    if let Some(topic) = &parts.model_updates {
        let span = table.iter().find(|(key, _)| key.get_ref() == "model_updates").map_or(0..0, |(key, _)| key.span());
        claim(topic.clone(), "[model_updates]".to_owned(), span);
    }
}

/// Two sinks in one file would write over each other.
fn distinct_files(doc: &Document, table: &DeTable<'_>, sinks: &IndexMap<SmolStr, Option<Sink>>) {
    let mut owners: HashMap<&Path, &SmolStr> = HashMap::new();
    for (name, sink) in sinks {
        let Some(sink) = sink else { continue };
        if let Some(other) = owners.get(sink.path.as_path()) {
            let message = format!("sink `{name}` writes where sink `{other}` writes");
            doc.problem(place(table, "sinks", name), message, "give one of them another path".to_owned());
        } else {
            owners.insert(&sink.path, name);
        }
    }
}

/// Where `[group.name]` says its name.
fn place(table: &DeTable<'_>, group: &str, name: &str) -> std::ops::Range<usize> {
    let entry = table.get(group).and_then(|group| group.get_ref().as_table());
    entry.and_then(|table| table.iter().find(|(key, _)| key.get_ref() == name)).map_or(0..0, |(key, _)| key.span())
}

impl Parts {
    /// The project, if every part of it is whole.
    fn finish(self, dir: std::path::PathBuf, text: &str) -> Option<Project> {
        let views = self.views.into_iter().map(|(name, entry)| Some((name, entry.view?))).collect::<Option<_>>()?;
        let skew_checks =
            self.streams.iter().filter_map(|(name, entry)| Some((name.clone(), entry.skew_check?))).collect();
        let reject_limits =
            self.streams.iter().filter_map(|(name, entry)| Some((name.clone(), entry.reject_limit?))).collect();
        let streams = self.streams.into_iter().map(|(name, entry)| (name, entry.stream)).collect();
        let declarations = declaration::of_streams(text, &streams);
        Some(Project {
            dir,
            name: self.name?,
            skew_checks,
            reject_limits,
            streams,
            declarations,
            views,
            models: whole(self.models)?,
            endpoints: whole(self.endpoints)?,
            requests: self.requests,
            model_updates: self.model_updates,
            sinks: whole(self.sinks)?,
            connections: self.connections,
            own_dir: None,
            prediction_log: self.prediction_log,
        })
    }
}

fn whole<T>(parts: IndexMap<SmolStr, Option<T>>) -> Option<IndexMap<SmolStr, T>> {
    parts.into_iter().map(|(name, part)| Some((name, part?))).collect()
}
