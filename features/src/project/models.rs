//! `[models.NAME]`

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;
use smol_str::SmolStr;

use super::algorithm::{self, CalibrationMethod};
use super::document::{Document, Section, Text};
use super::family;
use super::gate;
use super::inputs;
use super::slices;
use super::spec::{Model, Task};
use super::split;
use super::stack::{self, Bases};
use super::streams::field_named;
use super::tune;
use super::views::ViewEntry;
use crate::nearest::did_you_mean;
use crate::plan::{Node, View};
use crate::schema::{Compiled, Stream};
use crate::sql::{self, Scope};
use crate::value::Type;

/// What a model's declaration is checked against.
pub(super) struct Declared<'a> {
    pub(super) views: &'a IndexMap<SmolStr, ViewEntry>,
    /// By stream.
    pub(super) broken_fields: &'a dyn Fn(&str) -> HashSet<SmolStr>,
}

/// `None` where the declaration is faulty; all its problems are told. A stacked model is whole only with its bases, which
/// may be declared after it: see [`stack::complete`].
pub(super) fn read<'a>(
    name: &Text<'_>,
    section: Section<'a>,
    declared: &Declared<'_>,
) -> (Option<Model>, Option<Bases<'a>>) {
    let mut bases = None;
    (read_alone(name, section, declared, &mut bases), bases)
}

fn read_alone<'a>(
    name: &Text<'_>,
    mut section: Section<'a>,
    declared: &Declared<'_>,
    bases: &mut Option<Bases<'a>>,
) -> Option<Model> {
    let doc = section.doc;
    let view_name = section.required_string("view", "view = \"…\": the view whose columns the model sees");
    let entry = view_name.as_ref().and_then(|text| view_named(doc, text, declared.views));
    let stream = entry.and_then(|entry| entry.stream.clone());
    let view = entry.and_then(|entry| entry.view.clone());
    let task = task(&mut section);
    let algorithm = algorithm::read(&mut section, task);
    let calibration = calibration(&mut section, task);
    let balanced = balanced(&mut section, task);
    let weight = section.string("weight");
    let per = family::read(&mut section);
    *bases = stack::read(&mut section);
    let label = section.required_string("label", "label = \"…\": an expression over the stream's fields");
    let filter = section.string("where");
    let features = section.strings("features");
    let groups_section = section.section("feature_groups");
    let group = section.strings("group");
    let reference = section.strings("reference");
    let split_section = section.section("split");
    let gate_section = section.section("gate");
    let slices_section = section.section("slices");
    let tune_section = section.section("tune");
    let cross_validate = section.integer("cross_validate", 1..=100);
    let seed = section.integer("seed", 0..=i64::MAX);
    section.finish();

    let references = reference.unwrap_or_default();
    let names: Vec<&str> = references.iter().map(|text| text.value).collect();
    let gate = gate_section.map(|section| gate::read(&section, task, &names)).unwrap_or_default();

    // Without its stream nothing more can be said about the model.
    let stream = stream?;
    let broken = (declared.broken_fields)(&stream.name);
    let scope = Scope::training(&stream).with_broken(&broken);
    let label = label.and_then(|text| label_of(doc, &text, &scope, task));
    let filter = filter.map(|text| expression(doc, &text, &scope, Some((Type::Bool, "where"))));
    let weight = weight.map(|text| weight_of(doc, &text, &scope));
    let slices = slices_section.map(|section| slices::read(&section, &scope)).unwrap_or_default();
    let fields = |texts: &[Text<'_>]| -> Vec<usize> {
        texts.iter().filter_map(|text| field_named(doc, text, &stream.schema, &broken)).collect()
    };
    let references_at = fields(&references);
    check_references(doc, &references, &stream);
    let group = group.map_or_else(|| stream.key.clone(), |texts| fields(&texts));
    let split = split_section.map(|section| split::read(section, &stream, &broken));
    let view = view?;
    refuse_references(doc, &references, &view);
    let feature_groups = groups_section.map(|section| inputs::feature_groups(&section, &view)).unwrap_or_default();
    // What a stacked model sees of a row beside its bases' predictions, it must name.
    let inputs = match &features {
        None if bases.is_some() => Vec::new(),
        features => inputs::read(doc, name, features.as_deref(), &view, &feature_groups),
    };
    let per = family::check(doc, per, &view);
    let inputs: Vec<usize> = inputs.into_iter().filter(|&input| per.is_none_or(|per| per.column != input)).collect();
    let algorithm = algorithm?;
    let tune = tune_section.map(|section| tune::read(&section, &algorithm.algorithm)).unwrap_or_default();
    inputs::check_monotone(doc, &algorithm.monotone, &view, &inputs);
    // An absent part is fine, a faulty one is not.
    let filter = filter.map_or(Some(None), |whole| whole.map(Some))?;
    let split = split.map_or(Some(None), |whole| whole.map(Some))?;
    let weight = weight.map_or(Some(None), |whole| whole.map(Some))?;
    Some(Model {
        name: SmolStr::new(name.value),
        view,
        inputs,
        label: label?,
        filter,
        task: task?,
        algorithm: algorithm.algorithm,
        calibration,
        weight,
        balanced,
        feature_groups,
        per,
        stack: None,
        split,
        tune,
        cross_validate: cross_validate.and_then(|folds| usize::try_from(folds).ok()),
        group,
        references: references_at,
        gate,
        slices,
        seed: seed.and_then(|seed| u64::try_from(seed).ok()).unwrap_or(0),
    })
}

fn view_named<'a>(doc: &Document, text: &Text<'_>, views: &'a IndexMap<SmolStr, ViewEntry>) -> Option<&'a ViewEntry> {
    let entry = views.get(text.value);
    if entry.is_none() {
        let help = did_you_mean(text.value, views.keys().map(SmolStr::as_str), || {
            format!("write it into views/{}.sql: CREATE VIEW {} AS SELECT … FROM stream", text.value, text.value)
        });
        doc.problem(text.span.clone(), format!("no view `{}`", text.value), help);
    }
    entry
}

fn task(section: &mut Section<'_>) -> Option<Task> {
    let doc = section.doc;
    let text = section.required_string("task", "task = \"classification\" or task = \"regression\"")?;
    match text.value {
        "classification" => Some(Task::Classification),
        "regression" => Some(Task::Regression),
        other => {
            let names = ["classification", "regression"];
            let help = did_you_mean(other, names, || format!("the tasks are {}", names.join(" and ")));
            doc.problem(text.span, format!("no task `{other}`"), help);
            None
        }
    }
}

fn calibration(section: &mut Section<'_>, task: Option<Task>) -> Option<CalibrationMethod> {
    let doc = section.doc;
    let text = section.string("calibration")?;
    if task == Some(Task::Regression) {
        doc.problem(text.span, "a regression has no probabilities to calibrate", "leave calibration out".to_owned());
        return None;
    }
    match text.value {
        "platt" => Some(CalibrationMethod::Platt),
        "isotonic" => Some(CalibrationMethod::Isotonic),
        other => {
            let names = ["platt", "isotonic"];
            let help = did_you_mean(other, names, || format!("the calibrations are {}", names.join(" and ")));
            doc.problem(text.span, format!("no calibration `{other}`"), help);
            None
        }
    }
}

fn balanced(section: &mut Section<'_>, task: Option<Task>) -> bool {
    let doc = section.doc;
    let Some(text) = section.string("class_weight") else { return false };
    match (text.value, task) {
        ("balanced", Some(Task::Regression)) => {
            doc.problem(text.span, "a regression has no classes to weigh", "leave class_weight out".to_owned());
        }
        ("balanced", _) => return true,
        (other, _) => {
            let help = "class_weight = \"balanced\", or weight = \"…\" for weights of your own".to_owned();
            doc.problem(text.span, format!("no class weight `{other}`"), help);
        }
    }
    false
}

fn weight_of(doc: &Document, text: &Text<'_>, scope: &Scope<'_>) -> Option<Compiled> {
    let weight = expression(doc, text, scope, None)?;
    if !weight.expr.ty.is_numeric() {
        let message = format!("a weight must be int or float, this is {}", weight.expr.ty);
        doc.problem(text.span.clone(), message, "CASE WHEN … THEN 2 ELSE 1 END".to_owned());
        return None;
    }
    Some(weight)
}

fn expression(
    doc: &Document,
    text: &Text<'_>,
    scope: &Scope<'_>,
    ty: Option<(Type, &'static str)>,
) -> Option<Compiled> {
    sql::scalar_of(text.value, scope, ty).map_err(|faults| doc.faults(text, faults)).ok()
}

fn label_of(doc: &Document, text: &Text<'_>, scope: &Scope<'_>, task: Option<Task>) -> Option<Compiled> {
    if task == Some(Task::Classification) {
        return expression(doc, text, scope, Some((Type::Bool, "the label of a classification")));
    }
    let label = expression(doc, text, scope, None)?;
    if task == Some(Task::Regression) && !label.expr.ty.is_numeric() {
        let message = format!("the label of a regression must be int or float, this is {}", label.expr.ty);
        doc.problem(text.span.clone(), message, "CAST(… AS float), or task = \"classification\"".to_owned());
        return None;
    }
    Some(label)
}

fn check_references(doc: &Document, references: &[Text<'_>], stream: &Stream) {
    for text in references {
        let Some(index) = stream.schema.index_of(text.value) else { continue };
        let ty = stream.schema.fields[index].ty;
        if !ty.is_numeric() {
            doc.problem(text.span.clone(), format!("a reference holds predictions: int or float, this is {ty}"), None);
        }
    }
}

/// A model must not see what it is compared with.
fn refuse_references(doc: &Document, references: &[Text<'_>], view: &View) {
    for text in references {
        let Some(index) = view.stream.schema.index_of(text.value) else { continue };
        let named = |expr: &crate::plan::Expr| {
            let mut found = false;
            expr.walk(&mut |e| found |= e.node == Node::Field(index));
            found
        };
        let before = view.before_expressions().into_iter().any(named);
        let columns: Vec<_> = view.columns.iter().filter(|c| named(&c.expr)).map(|c| c.name.as_str()).collect();
        if before || !columns.is_empty() {
            let place = if columns.is_empty() { "its WHERE or a window".to_owned() } else { columns.join(", ") };
            let message = format!("the view `{}` uses the reference `{}` ({place})", view.name, text.value);
            let help = "a model cannot be compared with its own input: take it out of the view, or out of reference";
            doc.problem(text.span.clone(), message, help.to_owned());
        }
    }
}

/// The models by name; faulty ones without a value.
pub(super) type Models = IndexMap<SmolStr, Option<Arc<Model>>>;
