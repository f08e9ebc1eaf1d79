//! `algorithm = "…"` and the parameters beside it.

use smol_str::SmolStr;

use super::super::document::{Above, Section, Text, text_of};
use super::super::spec::Task;
use super::{Algorithm, Boosting, Direction, EarlyStopping, Forest, ForestVariant};
use crate::nearest::did_you_mean;

const NAMES: [&str; 5] = ["logistic", "linear", "boosting", "forest", "mean"];
/// Which parameters each takes, in the order of [`NAMES`].
const PARAMETERS: [&[&str]; 5] = [
    &["l2"],
    &[],
    &[
        "trees",
        "learning_rate",
        "max_depth",
        "max_leaves",
        "min_leaf_weight",
        "min_gain",
        "l1",
        "l2",
        "subsample",
        "colsample",
        "bins",
        "monotone",
        "early_stopping",
    ],
    &["variant", "trees", "max_depth", "min_leaf_rows", "split_features"],
    &[],
];

/// Trees are walked at every prediction, and held in memory by every server.
const MOST_TREES: i64 = 10_000;

/// An algorithm, and the names in its parameters that are yet to be held against the model's features.
pub(in crate::project) struct Read<'a> {
    pub(in crate::project) algorithm: Algorithm,
    pub(in crate::project) monotone: Vec<Text<'a>>,
}

/// `None` where there is none to be had; all problems are told.
pub(in crate::project) fn read<'a>(section: &mut Section<'a>, task: Option<Task>) -> Option<Read<'a>> {
    let doc = section.doc;
    let (name, named) = match section.string("algorithm") {
        Some(text) => (text.value, Some(text)),
        None if section.has("algorithm") => return None,
        None => match task? {
            Task::Classification => ("logistic", None),
            Task::Regression => ("linear", None),
        },
    };
    if let (Some(text), "onnx") = (&named, name) {
        let help = "leave it out, and add the model's file: clutch models add FILE.onnx --name MODEL";
        doc.problem(text.span.clone(), "`onnx` is nothing to train", help.to_owned());
        return None;
    }
    let Some(own) = NAMES.iter().position(|known| *known == name) else {
        if let Some(text) = named {
            let help = did_you_mean(name, NAMES, || format!("the algorithms are {}", NAMES.join(", ")));
            doc.problem(text.span, format!("no algorithm `{name}`"), help);
        }
        return None;
    };
    let mut monotone = Vec::new();
    let (algorithm, fits) = match name {
        "logistic" => (Algorithm::Logistic { l2: penalty(section, "l2").unwrap_or(1.0) }, Some(Task::Classification)),
        "linear" => (Algorithm::Linear, Some(Task::Regression)),
        "boosting" => (Algorithm::Boosting(boosting(section, &mut monotone)), None),
        "forest" => (Algorithm::Forest(forest(section)), None),
        _ => (Algorithm::Mean, None),
    };
    refuse_parameters_of_others(section, own);
    if let (Some(text), Some(fits), Some(task)) = (named, fits, task)
        && fits != task
    {
        let (is_for, instead) = match fits {
            Task::Classification => ("classification", "linear"),
            Task::Regression => ("regression", "logistic"),
        };
        let message = format!("`{name}` is for {is_for}");
        doc.problem(text.span, message, format!("algorithm = \"{instead}\", or task = \"{is_for}\""));
        return None;
    }
    Some(Read { algorithm, monotone })
}

/// A parameter that only other algorithms have is told as such, not as unknown.
fn refuse_parameters_of_others(section: &mut Section<'_>, own: usize) {
    let mut keys = PARAMETERS.concat();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        if PARAMETERS[own].contains(&key) || !section.has(key) {
            continue;
        }
        let having: Vec<&str> =
            NAMES.into_iter().zip(PARAMETERS).filter(|(_, keys)| keys.contains(&key)).map(|(name, _)| name).collect();
        let verb = if having.len() == 1 { "has" } else { "have" };
        let message = format!("[{}] sets {key}, which only {} {verb}", section.name, having.join(" and "));
        let help = match PARAMETERS[own] {
            [] => format!("leave it out: {} has no parameters", NAMES[own]),
            keys => format!("the parameters of {} are {}", NAMES[own], keys.join(", ")),
        };
        if let Some(place) = section.key_place(key) {
            section.doc.problem(place, message, help);
        }
        section.asked_for(key);
    }
}

fn boosting<'a>(section: &mut Section<'a>, monotone: &mut Vec<Text<'a>>) -> Boosting {
    let default = Boosting::default();
    let share = |section: &mut Section<'_>, key| section.float_within(key, Above::Open(0.0), Some(1.0));
    let mut directions = Vec::new();
    if let Some(section) = section.section("monotone") {
        for (name, value) in section.entries() {
            let direction = match text_of(value).map(|text| text.value) {
                Some("up") => Direction::Up,
                Some("down") => Direction::Down,
                _ => {
                    let help = format!("write {} = \"up\" or \"down\"", name.value);
                    section.doc.problem(value.span(), "a constraint is \"up\" or \"down\"", help);
                    continue;
                }
            };
            directions.push((SmolStr::new(name.value), direction));
            monotone.push(name);
        }
    }
    Boosting {
        trees: count(section, "trees", 1..=MOST_TREES).unwrap_or(default.trees),
        learning_rate: share(section, "learning_rate").unwrap_or(default.learning_rate),
        max_depth: count(section, "max_depth", 1..=32).unwrap_or(default.max_depth),
        max_leaves: count(section, "max_leaves", 2..=65_536),
        min_leaf_weight: penalty(section, "min_leaf_weight").unwrap_or(default.min_leaf_weight),
        min_gain: penalty(section, "min_gain").unwrap_or(default.min_gain),
        l1: penalty(section, "l1").unwrap_or(default.l1),
        l2: penalty(section, "l2").unwrap_or(default.l2),
        subsample: share(section, "subsample").unwrap_or(default.subsample),
        colsample: share(section, "colsample").unwrap_or(default.colsample),
        bins: section.integer("bins", 2..=4096).and_then(|bins| u16::try_from(bins).ok()).unwrap_or(default.bins),
        monotone: directions,
        early_stopping: section.section("early_stopping").map(early_stopping),
    }
}

fn early_stopping(mut section: Section<'_>) -> EarlyStopping {
    let rounds = count(&mut section, "rounds", 1..=MOST_TREES).unwrap_or(20);
    let share = section.float_within("share", Above::Open(0.0), Some(0.9)).unwrap_or(0.2);
    section.finish();
    EarlyStopping { rounds, share }
}

fn forest(section: &mut Section<'_>) -> Forest {
    let default = Forest::default();
    let variant = section.string("variant").and_then(|text| match text.value {
        "random" => Some(ForestVariant::Random),
        "extra" => Some(ForestVariant::Extra),
        other => {
            let help = did_you_mean(other, ["random", "extra"], || "the variants are random and extra".to_owned());
            section.doc.problem(text.span, format!("no variant `{other}`"), help);
            None
        }
    });
    Forest {
        variant: variant.unwrap_or(default.variant),
        trees: count(section, "trees", 1..=MOST_TREES).unwrap_or(default.trees),
        max_depth: count(section, "max_depth", 1..=32).unwrap_or(default.max_depth),
        min_leaf_rows: count(section, "min_leaf_rows", 1..=1_000_000).unwrap_or(default.min_leaf_rows),
        split_features: count(section, "split_features", 1..=65_536),
    }
}

fn count(section: &mut Section<'_>, key: &'static str, range: std::ops::RangeInclusive<i64>) -> Option<u32> {
    section.integer(key, range).and_then(|count| u32::try_from(count).ok())
}

/// 0 or more.
fn penalty(section: &mut Section<'_>, key: &'static str) -> Option<f64> {
    section.float_within(key, Above::Closed(0.0), None)
}
