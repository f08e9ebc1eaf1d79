//! What clutch predicts and the file to predict it with, written down for Python.

use std::path::{Path, PathBuf};

use features::value::Value;
use models::artifact::{AnyModel, Artifact, Base, NativeModel, Node, member_name};
use models::onnx::{self, MemberInput};

use crate::support::Python;

/// As far as predictions may differ, absolutely below 1 and relatively above.
pub(super) const TOLERANCE: f64 = 1e-6;

/// Rows as models take them; of a family without the last input, for which each row's value of its column stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub(super) inputs: Vec<Vec<f64>>,
    /// Empty where there is no family.
    pub(super) members: Vec<Value>,
}

impl Rows {
    pub(super) fn every(&self, step: usize) -> Rows {
        Rows {
            inputs: self.inputs.iter().step_by(step).cloned().collect(),
            members: self.members.iter().step_by(step).cloned().collect(),
        }
    }

    fn push(&mut self, inputs: Vec<f64>, member: Option<&Value>) {
        self.inputs.push(inputs);
        self.members.extend(member.cloned());
    }

    /// As the native predictor takes them.
    fn coded(&self, artifact: &Artifact) -> Vec<f64> {
        let Some(family) = artifact.members() else { return self.inputs.concat() };
        let rows = self.inputs.iter().zip(&self.members);
        rows.flat_map(|(row, member)| row.iter().copied().chain([family.code_of(member)])).collect()
    }
}

/// Folders that Python is asked about, all at once.
pub(super) struct Agreement {
    folder: PathBuf,
    folders: Vec<PathBuf>,
}

impl Agreement {
    pub(super) fn new(project: PathBuf) -> Agreement {
        Agreement { folder: project.join("agreement"), folders: Vec::new() }
    }

    /// A folder with the model, rows (those given, and odd ones) and the native predictions.
    pub(super) fn write(&mut self, name: &str, artifact: &Artifact, rows: &Rows) {
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder).expect("folder");
        let exported = onnx::export(artifact).expect("a native model");
        std::fs::write(folder.join("model.onnx"), onnx::with_version(exported.file, 1)).expect("writable");
        let odd = odd_rows(artifact, rows);
        let rows = Rows {
            inputs: [&rows.inputs[..], &odd.inputs].concat(),
            members: [&rows.members[..], &odd.members].concat(),
        };
        let mut expected = vec![f64::NAN; rows.inputs.len()];
        artifact.predictor().expect("native").predict(&rows.coded(artifact), &mut expected);
        let bytes = |numbers: &[f64]| numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
        std::fs::write(folder.join("rows.f64"), bytes(&rows.inputs.concat())).expect("writable");
        std::fs::write(folder.join("expected.f64"), bytes(&expected)).expect("writable");
        if let Some(member) = &exported.member {
            let values: Vec<serde_json::Value> = rows.members.iter().map(|value| given(value, member)).collect();
            let given = serde_json::json!({ "name": member.name, "values": values });
            std::fs::write(folder.join("members.json"), given.to_string()).expect("writable");
        }
        self.folders.push(folder);
    }

    #[track_caller]
    pub(super) fn check(&self, python: &Python) {
        let paths: Vec<&Path> = self.folders.iter().map(PathBuf::as_path).collect();
        let report = python.run("onnx_out.py", &paths);
        let report = report.as_object().expect("an object");
        assert_eq!(report.len(), self.folders.len());
        for (name, found) in report {
            let difference = found["difference"].as_f64().unwrap_or(f64::INFINITY);
            eprintln!("{name}: {} rows, largest difference {difference:.1e}", found["rows"]);
            assert!(difference <= TOLERANCE, "{name}: {found}");
            assert!(found["alone"].as_f64().is_some_and(|x| x <= TOLERANCE), "{name}: {found}");
            assert_eq!(found["metadata"]["clutch.version"], "1");
        }
    }
}

/// A row's value of the family's column, as the file's other input takes it.
fn given(value: &Value, member: &MemberInput) -> serde_json::Value {
    let text = member_name(value).map_or_else(|| member.missing.clone(), String::from);
    match text.as_str() {
        _ if member.text => text.into(),
        "true" => 1.into(),
        "false" => 0.into(),
        number => number.parse::<i64>().expect("a whole number").into(),
    }
}

/// For each model of the artifact, a row with each input missing, infinite and large, all missing; and at each threshold,
/// one f32 below and one above.
fn odd_rows(artifact: &Artifact, rows: &Rows) -> Rows {
    let typical = &rows.inputs[rows.inputs.len() / 2];
    let mut odd = Rows::default();
    for (thresholds, member) in each(artifact) {
        let with = |place: usize, value: f64| {
            let mut row = typical.clone();
            row[place] = value;
            row
        };
        odd.push(vec![f64::NAN; typical.len()], member.as_ref());
        for place in 0..typical.len() {
            for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1e-310, 1e30] {
                odd.push(with(place, value), member.as_ref());
            }
        }
        for (place, threshold) in thresholds {
            let near = [threshold.next_down(), threshold, threshold.next_up()].map(f64::from);
            // Between two singles, and just off the middle: rounding decides.
            let middle = f64::midpoint(near[0], near[1]);
            for value in near.into_iter().chain([middle, middle.next_down(), middle.next_up()]) {
                odd.push(with(place, value), member.as_ref());
            }
        }
    }
    odd
}

/// Of every split of a model, the input and what it is compared with.
type Thresholds = Vec<(usize, f32)>;

fn thresholds(model: &NativeModel) -> Thresholds {
    let NativeModel::Trees(model) = model else { return Vec::new() };
    let split = |node: &Node| match *node {
        Node::Split { feature, threshold, .. } => Some((feature as usize, threshold)),
        Node::Leaf { .. } => None,
    };
    model.trees().iter().flat_map(|tree| tree.nodes()).filter_map(split).collect()
}

/// The thresholds of every model of an artifact, with a value of the family's column that means it: the general one is
/// meant by no value and by those that the family never saw.
fn each(artifact: &Artifact) -> Vec<(Thresholds, Option<Value>)> {
    let general = match artifact.model() {
        AnyModel::Native(model) => thresholds(model),
        AnyModel::Stacked(model) => {
            let of_base = |base: &Base| -> Thresholds {
                thresholds(&base.model).into_iter().map(|(place, at)| (base.inputs[place], at)).collect()
            };
            model.bases().iter().flat_map(of_base).collect()
        }
        AnyModel::Onnx(_) => Vec::new(),
    };
    let Some(family) = artifact.members() else { return vec![(general, None)] };
    let column = artifact.manifest().signature.features.last().expect("the family's column");
    let value = |name: &str| match column.ty {
        features::value::Type::String => Value::String(name.into()),
        features::value::Type::Bool => Value::Bool(name == "true"),
        _ => Value::Int(name.parse().expect("a whole number")),
    };
    let members = family.members().iter().map(|member| (thresholds(&member.model), Some(value(&member.value))));
    let unseen = match column.ty {
        features::value::Type::String => vec![Value::String("nobody's".into()), Value::String("é".into())],
        features::value::Type::Bool => Vec::new(),
        _ => vec![Value::Int(i64::MIN), Value::Int(i64::MAX), Value::Int(1 << 53)],
    };
    let unseen = unseen.into_iter().chain([Value::Null]).map(|value| (general.clone(), Some(value)));
    members.chain(unseen).collect()
}
