//! `[endpoints.NAME]` and `[sinks.NAME]`

use std::path::Path;

use indexmap::IndexMap;
use smol_str::SmolStr;

use super::document::{Document, Section, Text};
use super::models::Models;
use super::spec::{Endpoint, Model, Sink, SinkFormat};
use super::streams::topic;
use super::watch;
use crate::nearest::did_you_mean;

/// `None` where the declaration is faulty; all its problems are told.
pub(super) fn read(name: &Text<'_>, mut section: Section<'_>, models: &Models) -> Option<Endpoint> {
    let doc = section.doc;
    let model_name = section.required_string("model", "model = \"…\": the model that it serves");
    let topic = section.string("topic").map(|text| topic(doc, &text));
    let include = section.strings("include").unwrap_or_default();
    let explain = section.bool("explain").unwrap_or(false);
    let http_to_topic = section.bool("http_to_topic").unwrap_or(false);
    let watch = section.string("watch");
    section.finish();
    let model_name = model_name?;
    if let Some(text) = &watch {
        let known: Vec<&str> = include.iter().map(|text| text.value).collect();
        watch::check(doc, text, &known);
    }
    let Some(model) = models.get(model_name.value) else {
        let help = did_you_mean(model_name.value, models.keys().map(SmolStr::as_str), || {
            format!("declare it: [models.{}]", model_name.value)
        });
        doc.problem(model_name.span, format!("no model `{}`", model_name.value), help);
        return None;
    };
    let model = model.as_ref()?;
    for text in &include {
        check_included(doc, text, model);
    }
    Some(Endpoint {
        name: SmolStr::new(name.value),
        model: model.name.clone(),
        topic: topic.flatten().unwrap_or_else(|| format!("{}-{}", model.view.stream.topic, name.value)),
        include: include.iter().map(|text| SmolStr::new(text.value)).collect(),
        explain,
        http_to_topic,
        watch: watch.map(|text| text.value.to_owned()),
    })
}

fn check_included(doc: &Document, text: &Text<'_>, model: &Model) {
    let view = &model.view;
    let fields = &view.stream.schema.fields;
    if view.columns.iter().any(|column| column.name == text.value) {
        return;
    }
    match fields.iter().find(|field| field.name == text.value) {
        Some(field) if field.outcome => {
            let message = format!("`{}` is an outcome: not known when the prediction is made", text.value);
            doc.problem(text.span.clone(), message, "leave it out".to_owned());
        }
        Some(_) => {}
        None => {
            let columns = view.columns.iter().map(|column| column.name.as_str());
            let known = columns.chain(fields.iter().filter(|field| !field.outcome).map(|field| field.name.as_str()));
            let help = did_you_mean(text.value, known, || {
                format!("name a field of `{}` or a column of `{}`", view.stream.name, view.name)
            });
            doc.problem(text.span.clone(), format!("no field and no column `{}`", text.value), help);
        }
    }
}

/// `None` where the declaration is faulty; all its problems are told.
pub(super) fn read_sink(
    name: &Text<'_>,
    mut section: Section<'_>,
    endpoints: &IndexMap<SmolStr, Option<Endpoint>>,
    dir: &Path,
) -> Option<Sink> {
    let doc = section.doc;
    let endpoint = section.required_string("endpoint", "endpoint = \"…\": whose predictions to write");
    let format = section.required_string("format", "format = \"csv\", \"jsonl\" or \"parquet\"");
    let path = section.required_string("path", "path = \"…\": the file, or for parquet the folder");
    section.finish();
    if let Some(text) = &endpoint
        && !endpoints.contains_key(text.value)
    {
        let help = did_you_mean(text.value, endpoints.keys().map(SmolStr::as_str), || {
            format!("declare it: [endpoints.{}]", text.value)
        });
        doc.problem(text.span.clone(), format!("no endpoint `{}`", text.value), help);
    }
    let format = match format.as_ref()?.value {
        "csv" => SinkFormat::Csv,
        "jsonl" => SinkFormat::Jsonl,
        "parquet" => SinkFormat::Parquet,
        other => {
            let names = ["csv", "jsonl", "parquet"];
            let help = did_you_mean(other, names, || format!("the formats are {}", names.join(", ")));
            doc.problem(format.as_ref()?.span.clone(), format!("no format `{other}`"), help);
            return None;
        }
    };
    let path = path?;
    if path.value.is_empty() {
        doc.problem(path.span, "the path is empty", None);
        return None;
    }
    let path = dir.join(path.value);
    Some(Sink { name: SmolStr::new(name.value), endpoint: SmolStr::new(endpoint?.value), format, path })
}
