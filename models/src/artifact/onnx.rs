//! Models of others: an ONNX file, and how a row of features becomes its inputs and its output a prediction.

use features::project::Task;
use indexmap::IndexMap;

use crate::onnx::{Columns, Element, Input, OnnxFile, Output};

/// An ONNX file bound to features. Checked when built: every input of the file gets its columns from features that are
/// there, and the output that is read is one of the file's.
#[derive(Debug, Clone, PartialEq)]
pub struct OnnxModel {
    file: OnnxFile,
    binding: Binding,
}

/// Which numbers go where.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Binding {
    /// In the file's order.
    pub inputs: Vec<BoundInput>,
    /// The file's output that is read.
    pub output: String,
    /// Its column that holds the prediction.
    pub column: usize,
    /// What stands in for each feature where it is missing; NULL: NaN, as it is.
    pub missing: Vec<Option<f64>>,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BoundInput {
    pub name: String,
    pub element: Element,
    /// The feature in each column, by its place in the signature.
    pub features: Vec<usize>,
}

/// What is wanted of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wanted {
    /// Features that are at hand, in the project's order.
    pub features: Vec<String>,
    /// The feature for one of the file's own names: of an input of one column, or `INPUT[3]` (or plain `3`, where there
    /// is one input) for the fourth column of a wide one.
    pub map: IndexMap<String, String>,
    /// What stands in for features where they are missing.
    pub missing: IndexMap<String, f64>,
    /// The output to read, where it cannot be told.
    pub output: Option<String>,
    /// The class that means TRUE, where it cannot be told.
    pub positive: Option<String>,
}

/// Why a file does not do what the project needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    #[error(
        "the model takes {given} numbers ({names}), and {features} features are named: map them with --map {example}=FEATURE"
    )]
    Unmapped { given: usize, features: usize, names: String, example: String },
    #[error("the model's input `{name}` is no feature{}: name one with --map {name}=FEATURE", is_it(.nearest))]
    UnknownInput { name: String, nearest: Option<String> },
    #[error("--map names `{name}`, which the model does not take: it takes {names}")]
    UnknownMapped { name: String, names: String },
    #[error("there is no feature `{name}`: the features are {names}")]
    UnknownFeature { name: String, names: String },
    #[error("the input `{input}` takes any number of columns, beside others: export the model with one input")]
    Open { input: String },
    #[error("the model has no output `{name}` that could hold predictions: it has {names}")]
    UnknownOutput { name: String, names: String },
    #[error(
        "the model gives no numbers to read as {what}: its outputs are labels, text or lists (export probabilities, not only labels)"
    )]
    NoNumbers { what: &'static str },
    #[error("the model gives several tables of numbers ({names}): name one with --output NAME")]
    SeveralOutputs { names: String },
    #[error("the output `{output}` tells {classes} classes apart, a classification needs two")]
    Classes { output: String, classes: usize },
    #[error("the output `{output}` has {columns} columns, a regression needs one")]
    Values { output: String, columns: usize },
    #[error("the classes of the model are {classes}: say which one means TRUE with --positive CLASS")]
    Positive { classes: String },
    #[error("the model's file is not the one that its binding was made for: {reason}")]
    Stored { reason: &'static str },
}

impl OnnxModel {
    /// Finds features for every input and the output to read. Returns the features used too, in the order in which the
    /// model takes rows.
    pub fn bind(file: OnnxFile, task: Task, wanted: &Wanted) -> Result<(OnnxModel, Vec<String>), BindingError> {
        for name in wanted.map.values().chain(wanted.missing.keys()) {
            if !wanted.features.contains(name) {
                return Err(BindingError::UnknownFeature { name: name.clone(), names: wanted.features.join(", ") });
            }
        }
        let slots = slots(&file, wanted)?;
        check_map(&slots, wanted)?;
        let mut features = Vec::new();
        let mut inputs = Vec::new();
        for (input, names) in file.inputs().iter().zip(&slots) {
            let named = features_of(names, wanted)?;
            let places = named.into_iter().map(|name| {
                features.iter().position(|known| *known == name).unwrap_or_else(|| {
                    features.push(name);
                    features.len() - 1
                })
            });
            inputs.push(BoundInput { name: input.name.clone(), element: input.element, features: places.collect() });
        }
        let output = output(&file, task, wanted)?;
        let column = match task {
            Task::Classification => positive(output, wanted)?,
            Task::Regression => single(output)?,
        };
        let missing = features.iter().map(|name: &String| wanted.missing.get(name).copied()).collect();
        let binding = Binding { inputs, output: output.name.clone(), column, missing };
        Ok((OnnxModel { file, binding }, features))
    }

    /// A model as it was stored.
    pub fn new(file: OnnxFile, binding: Binding) -> Result<OnnxModel, BindingError> {
        let stored = |reason| BindingError::Stored { reason };
        if file.inputs().len() != binding.inputs.len() {
            return Err(stored("it takes another number of inputs"));
        }
        for (input, bound) in file.inputs().iter().zip(&binding.inputs) {
            let fits = match input.columns {
                Columns::Flat => bound.features.len() == 1,
                Columns::Known(columns) => bound.features.len() == columns,
                Columns::Any => true,
            };
            if !fits || input.name != bound.name || input.element != bound.element {
                return Err(stored("it takes other inputs"));
            }
            if bound.features.iter().any(|place| binding.missing.len() <= *place) {
                return Err(stored("a column has no feature"));
            }
        }
        if !file.outputs().iter().any(|output| output.name == binding.output) {
            return Err(stored("it has other outputs"));
        }
        Ok(OnnxModel { file, binding })
    }

    pub fn file(&self) -> &OnnxFile {
        &self.file
    }

    pub fn binding(&self) -> &Binding {
        &self.binding
    }

    /// The number of features of one row.
    pub fn width(&self) -> usize {
        self.binding.missing.len()
    }

    /// The output that is read.
    pub fn output(&self) -> Option<&Output> {
        self.file.outputs().iter().find(|output| output.name == self.binding.output)
    }
}

/// The file's own name for each column of each input.
fn slots(file: &OnnxFile, wanted: &Wanted) -> Result<Vec<Vec<String>>, BindingError> {
    let inputs = file.inputs();
    let own = |count: usize| -> Option<Vec<String>> {
        let names: Vec<String> = serde_json::from_str(file.property("clutch.features")?).ok()?;
        (names.len() == count && inputs.len() == 1).then_some(names)
    };
    let wide = |input: &Input, count: usize| {
        own(count).unwrap_or_else(|| (0..count).map(|column| format!("{}[{column}]", input.name)).collect())
    };
    let names = |input: &Input| match input.columns {
        Columns::Flat | Columns::Known(1) => Ok(own(1).unwrap_or_else(|| vec![input.name.clone()])),
        Columns::Known(count) => Ok(wide(input, count)),
        Columns::Any if inputs.len() == 1 => Ok(wide(input, wanted.features.len())),
        Columns::Any => Err(BindingError::Open { input: input.name.clone() }),
    };
    inputs.iter().map(names).collect()
}

/// Every name in the map is one of the file's.
fn check_map(slots: &[Vec<String>], wanted: &Wanted) -> Result<(), BindingError> {
    let all: Vec<&String> = slots.iter().flatten().collect();
    let known = |name: &String| all.iter().any(|slot| answers(slot, name));
    match wanted.map.keys().find(|name| !known(name)) {
        Some(name) => Err(BindingError::UnknownMapped { name: name.clone(), names: listed(all.iter().copied()) }),
        None => Ok(()),
    }
}

/// `INPUT[3]` answers to `3` too.
fn answers(slot: &str, name: &str) -> bool {
    slot == name || slot.strip_suffix(']').and_then(|s| s.rsplit_once('[')).is_some_and(|(_, index)| index == name)
}

/// The feature for each column of one input: as mapped, by name, or, where nothing is mapped and the names say nothing,
/// the project's features in their order.
fn features_of(slots: &[String], wanted: &Wanted) -> Result<Vec<String>, BindingError> {
    let mapped = |slot: &String| {
        let given = wanted.map.iter().find(|(name, _)| answers(slot, name)).map(|(_, feature)| feature);
        given.or_else(|| wanted.features.iter().find(|feature| *feature == slot)).cloned()
    };
    let found: Vec<Option<String>> = slots.iter().map(mapped).collect();
    if let Some(all) = found.iter().cloned().collect::<Option<Vec<String>>>() {
        return Ok(all);
    }
    let unnamed = slots.len() > 1 && found.iter().all(Option::is_none);
    if unnamed && slots.len() == wanted.features.len() {
        return Ok(wanted.features.clone());
    }
    if unnamed {
        return Err(BindingError::Unmapped {
            given: slots.len(),
            features: wanted.features.len(),
            names: listed(slots.iter()),
            example: slots[0].clone(),
        });
    }
    let name = slots.iter().zip(&found).find(|(_, found)| found.is_none()).map(|(slot, _)| slot.clone());
    let name = name.unwrap_or_default();
    let close = |feature: &&String| strsim::jaro_winkler(feature, &name) > 0.8;
    let nearest = wanted.features.iter().find(close).cloned();
    Err(BindingError::UnknownInput { name, nearest })
}

fn output<'a>(file: &'a OnnxFile, task: Task, wanted: &Wanted) -> Result<&'a Output, BindingError> {
    let outputs = file.outputs();
    let names = || listed(outputs.iter().map(|output| &output.name));
    if let Some(name) = &wanted.output {
        let unknown = || BindingError::UnknownOutput { name: name.clone(), names: names() };
        return outputs.iter().find(|output| output.name == *name).ok_or_else(unknown);
    }
    let what = match task {
        Task::Classification => "probabilities",
        Task::Regression => "values",
    };
    let probable = || {
        let mut probable = outputs.iter().filter(|output| output.name.to_lowercase().contains("prob"));
        probable.next().filter(|_| probable.next().is_none() && task == Task::Classification)
    };
    match outputs {
        [] => Err(BindingError::NoNumbers { what }),
        [one] => Ok(one),
        _ => probable().ok_or_else(|| BindingError::SeveralOutputs { names: names() }),
    }
}

/// The column of the class that means TRUE. One column alone is the probability of TRUE; of two whose classes nobody
/// names, the second, as every exporter of classes 0 and 1 has it.
fn positive(output: &Output, wanted: &Wanted) -> Result<usize, BindingError> {
    let too_many = |classes| BindingError::Classes { output: output.name.clone(), classes };
    match (output.columns, &output.classes) {
        (Some(1), _) => Ok(0),
        (Some(2) | None, None) => Ok(1),
        (_, Some(classes)) if classes.len() == 2 => {
            let unclear = || BindingError::Positive { classes: listed(classes.iter()) };
            let means_true = |class: &str| matches!(class.to_lowercase().as_str(), "1" | "true" | "yes");
            let is = |class: &String| match &wanted.positive {
                Some(positive) => class == positive,
                None => means_true(class),
            };
            classes.iter().position(is).ok_or_else(unclear)
        }
        (Some(columns), _) => Err(too_many(columns)),
        (None, Some(classes)) => Err(too_many(classes.len())),
    }
}

fn single(output: &Output) -> Result<usize, BindingError> {
    match output.columns {
        None | Some(1) => Ok(0),
        Some(columns) => Err(BindingError::Values { output: output.name.clone(), columns }),
    }
}

/// The first few, in quotes.
fn listed<'a>(names: impl Iterator<Item = &'a String>) -> String {
    const SHOWN: usize = 12;
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    let more = if SHOWN < names.len() { ", …" } else { "" };
    format!("{}{more}", names[..names.len().min(SHOWN)].join(", "))
}

fn is_it(name: &Option<String>) -> String {
    name.as_ref().map(|name| format!(" (is it `{name}`?)")).unwrap_or_default()
}

#[cfg(test)]
mod tests;
