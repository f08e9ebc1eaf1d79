//! `stack` of `[models.NAME]`: other models of the project whose predictions the model learns from.

use std::sync::Arc;

use smol_str::SmolStr;

use super::algorithm::Algorithm;
use super::document::{Document, Section, Text};
use super::models::Models;
use super::spec::{Model, Stack};
use crate::nearest::did_you_mean;
use crate::schema::{Compiled, Stream};

/// As written.
pub(super) type Bases<'a> = Vec<Text<'a>>;

pub(super) fn read<'a>(section: &mut Section<'a>) -> Option<Bases<'a>> {
    let bases = section.strings("stack")?;
    if bases.is_empty() {
        let help = "name models of the project: stack = [\"…\", \"…\"]".to_owned();
        section.doc.problem(section.span_of("stack"), "`stack` names no model", help);
    }
    Some(bases)
}

/// Gives stacked models their bases, once all models are read. One whose bases do not fit has no value from then on; why is
/// told.
pub(super) fn complete(doc: &Document, models: &mut Models, stacks: &[(SmolStr, Bases<'_>)]) {
    let bases_of = |name: &str| stacks.iter().find(|(stacked, _)| stacked == name).map(|(_, bases)| bases);
    let mut completed = Vec::with_capacity(stacks.len());
    for (name, texts) in stacks {
        let Some(Some(model)) = models.get(name) else { continue };
        let fits = texts.first().is_some_and(|first| fits_a_stack(doc, model, first));
        let mut bases: Vec<Arc<Model>> = Vec::with_capacity(texts.len());
        for (place, text) in texts.iter().enumerate() {
            if texts[..place].iter().any(|earlier| earlier.value == text.value) {
                doc.problem(text.span.clone(), format!("`{}` stands twice in stack", text.value), None);
            } else if text.value == name {
                let help = "name other models of the project".to_owned();
                doc.problem(text.span.clone(), "a model cannot learn from its own predictions", help);
            } else if let Some(further) = bases_of(text.value) {
                refuse_stack_of_stacks(doc, name, text, further);
            } else {
                bases.extend(base(doc, models, model, text));
            }
        }
        let whole = fits && bases.len() == texts.len();
        completed.push((name.clone(), whole.then(|| Arc::new(stacked(model, bases)))));
    }
    models.extend(completed);
}

/// Whether the model can be a stacked one, whatever its bases.
fn fits_a_stack(doc: &Document, model: &Model, first: &Text<'_>) -> bool {
    let linear = matches!(model.algorithm, Algorithm::Logistic { .. } | Algorithm::Linear | Algorithm::Mean);
    if !linear {
        let message = format!("`{}` learns from features, not from other models", model.algorithm.name());
        let help = "stack by logistic, linear or mean; a model of trees can be one of those named in stack".to_owned();
        doc.problem(first.span.clone(), message, help);
    }
    if model.per.is_some() {
        let help = "leave out per, or stack".to_owned();
        doc.problem(first.span.clone(), "a family cannot be stacked on other models", help);
    }
    linear && model.per.is_none()
}

fn refuse_stack_of_stacks(doc: &Document, model: &str, text: &Text<'_>, further: &[Text<'_>]) {
    if further.iter().any(|text| text.value == model) {
        let message = format!("`{}` is stacked on this model in turn", text.value);
        doc.problem(text.span.clone(), message, "leave stack out of one of the two".to_owned());
        return;
    }
    let names: Vec<&str> = further.iter().map(|text| text.value).collect();
    let help = format!("name models that are not, such as those in its own stack: {}", names.join(", "));
    doc.problem(text.span.clone(), format!("`{}` is stacked on other models itself", text.value), help);
}

/// A model that sees the same rows, with the same truth.
fn base(doc: &Document, models: &Models, model: &Model, text: &Text<'_>) -> Option<Arc<Model>> {
    let Some(base) = models.get(text.value) else {
        let others = models.keys().map(SmolStr::as_str).filter(|name| *name != model.name);
        let help = did_you_mean(text.value, others, || format!("declare it: [models.{}]", text.value));
        doc.problem(text.span.clone(), format!("no model `{}`", text.value), help);
        return None;
    };
    // What is wrong with a faulty one is told where it stands.
    let base = base.as_ref()?;
    match misfit(model, base) {
        None => Some(Arc::clone(base)),
        Some((message, help)) => {
            doc.problem(text.span.clone(), message, help);
            None
        }
    }
}

/// Why a model cannot be a base of another, and what would be right.
fn misfit(model: &Model, base: &Model) -> Option<(String, String)> {
    let Model { name, view, .. } = base;
    if view.name != model.view.name {
        let message = format!("`{name}` looks at the view `{}`, this model at `{}`", view.name, model.view.name);
        return Some((message, "give both one view: only there do they see the same rows".to_owned()));
    }
    if base.per.is_some() {
        return Some((format!("`{name}` is a family"), "name models without per".to_owned()));
    }
    let mut own_columns = model.inputs.iter().map(|&input| &model.view.columns[input].name);
    if own_columns.any(|column| column == name) {
        let message = format!("`{name}` is a feature of this model too");
        return Some((message, "call the model or the view's column something else".to_owned()));
    }
    let filter = |model: &Model| model.filter.as_ref().map(|filter| filter.expr.clone());
    let differs = [
        ("task", base.task != model.task, task(base), task(model)),
        ("label", base.label.expr != model.label.expr, base.label.text.clone(), model.label.text.clone()),
        ("where", filter(base) != filter(model), text_of(base.filter.as_ref()), text_of(model.filter.as_ref())),
        ("group", base.group != model.group, fields(base), fields(model)),
    ];
    let (what, _, theirs, ours) = differs.into_iter().find(|(_, differs, ..)| *differs)?;
    let message = format!("`{name}` has another {what}: {theirs}, where this model has {ours}");
    Some((message, format!("give both one {what}: only then do they learn the same of the same rows")))
}

fn task(model: &Model) -> String {
    format!("{:?}", model.task).to_lowercase()
}

fn text_of(condition: Option<&Compiled>) -> String {
    condition.map_or_else(|| "none".to_owned(), |condition| condition.text.clone())
}

fn fields(model: &Model) -> String {
    let stream: &Stream = &model.view.stream;
    let names: Vec<&str> = model.group.iter().map(|&field| stream.schema.fields[field].name.as_str()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// The model with its bases, and with their features beside its own.
fn stacked(model: &Model, bases: Vec<Arc<Model>>) -> Model {
    let own = model.inputs.len();
    let mut inputs = model.inputs.clone();
    for input in bases.iter().flat_map(|base| &base.inputs) {
        if !inputs.contains(input) {
            inputs.push(*input);
        }
    }
    Model { inputs, stack: Some(Stack { bases, own }), ..model.clone() }
}
