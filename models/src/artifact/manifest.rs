//! `clutch.json`: everything that is known of a version.

use features::plan::ViewHash;
use features::project::Task;
use features::value::Micros;
use indexmap::IndexMap;

use super::files::{FORMAT_VERSION, WITHOUT_FAMILIES, WITHOUT_STACKS};
use super::{ArtifactError, GateReport};
use crate::evaluation::Evaluation;
use crate::reference::check_name;
use crate::signature::Signature;

/// What a version was made from, how, and how good it is.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Manifest {
    pub model: String,
    pub algorithm: AlgorithmRecord,
    pub task: Task,
    pub view: ViewRecord,
    pub signature: Signature,
    /// The label's expression, as the project has it.
    pub label: String,
    /// The condition on rows to train and evaluate on, as the project has it.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<SplitRecord>,
    /// Fields whose rows share fate.
    pub group: Vec<String>,
    pub rows: Rows,
    /// On the test part, by the model fitted on the training part alone.
    pub evaluation: Evaluation,
    /// Where there is a model for each value of a column; `evaluation` is of all of them together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<FamilyRecord>,
    /// Where it learned from other models' predictions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<StackRecord>,
    pub gate: GateReport,
    pub data: DataFingerprint,
    /// Linear models only; of the registered model, so after the refit where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coefficients: Option<Coefficients>,
    /// Of each feature, in the signature's order; of the registered model. Absent where the predictor cannot tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub importances: Option<Importances>,
    /// Present when the registered model was fitted once more on training and test part after the evaluation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refit: Option<Refit>,
    pub seed: u64,
    /// What `clutch parity` had found for the view when the version was made; absent if it had not been run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parity: Option<ParityCertificate>,
    pub clutch_version: String,
    #[serde(with = "crate::timestamp::serde_rfc3339")]
    pub created_at: Micros,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct AlgorithmRecord {
    pub name: String,
    /// With defaults filled in: what the algorithm really ran with.
    pub parameters: IndexMap<String, serde_json::Value>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ViewRecord {
    pub name: String,
    /// The SQL as written.
    pub text: String,
    pub hash: ViewHash,
    pub kernel_version: u32,
    pub stream: String,
    /// The stream as `clutch.toml` declared it then, as TOML of its own: with it the text gives the same hash again. Not
    /// in versions made before it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<String>,
}

/// Rows whose `time` field is at least `test_from` are the test part.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SplitRecord {
    pub time: String,
    pub test_from: serde_json::Value,
}

/// A model for each value of `per` with at least `min_rows` training rows, and a general one for all others.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FamilyRecord {
    /// The view's column, the signature's last feature.
    pub per: String,
    pub min_rows: u64,
    /// What members are compared by: a metric that is better when smaller.
    pub metric: String,
    /// By value.
    pub members: Vec<MemberRecord>,
    /// The general model, on rows that have no member of their own; `value` is empty.
    pub rest: MemberRecord,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct MemberRecord {
    pub value: String,
    /// Of this value.
    pub rows: Rows,
    /// On the value's test rows, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<f64>,
    /// What the general model has on the same rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub general: Option<f64>,
}

/// The models that a version is stacked on; they are part of it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct StackRecord {
    /// So many of the signature's features, the first ones, it looks at itself; the others only its bases do.
    pub own: usize,
    /// Whole groups of training rows that the bases were fitted without, to predict them.
    pub folds: u64,
    pub bases: Vec<BaseRecord>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct BaseRecord {
    pub model: String,
    /// The registered version that is the same model to the bit, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    pub algorithm: AlgorithmRecord,
    pub features: Vec<String>,
    /// Over the model's content, in hexadecimal digits; equal models, equal digest.
    pub digest: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Rows {
    pub train: u64,
    pub test: u64,
}

/// What was trained on, well enough to tell whether other data is the same.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DataFingerprint {
    /// Events read, before any filter.
    pub rows: u64,
    /// Over the content, in hexadecimal digits; equal data, equal digest.
    pub digest: String,
    /// Where it came from, as given on the command line or in the project.
    pub sources: Vec<String>,
}

/// In the original units of each feature.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Coefficients {
    pub intercept: f64,
    pub terms: Vec<Coefficient>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Coefficient {
    pub feature: String,
    pub value: f64,
    /// Change of the margin for one standard deviation of the feature in the training part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standardised: Option<f64>,
    /// What stands in for a missing value.
    pub imputation: f64,
}

/// How much each feature moves the margin.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Importances {
    /// Training rows, drawn evenly, over which the means go.
    pub rows: u64,
    /// The margin that is expected without knowing any feature: the base of every explanation.
    pub base: f64,
    pub features: Vec<Importance>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Importance {
    pub feature: String,
    /// The mean of |contribution|, in units of the margin.
    pub mean_contribution: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Refit {
    /// Training and test part together.
    pub rows: u64,
}

/// What a replay of history through all three hosts found: with no mismatches a proof that the view gives the same bits
/// in each.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ParityCertificate {
    pub view_hash: ViewHash,
    pub kernel_version: u32,
    pub rows: u64,
    pub values: u64,
    pub mismatches: u64,
    pub restarts: u64,
    pub seed: u64,
    /// The history that was replayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<DataFingerprint>,
    #[serde(with = "crate::timestamp::serde_rfc3339")]
    pub checked_at: Micros,
}

impl Manifest {
    /// The oldest version of the files' format that can hold it.
    pub(super) fn format(&self) -> u32 {
        match (&self.stack, &self.family) {
            (Some(_), _) => FORMAT_VERSION,
            (None, Some(_)) => WITHOUT_STACKS,
            (None, None) => WITHOUT_FAMILIES,
        }
    }

    /// What the fit itself looked at: the features, or a stacked model's own ones and then its bases.
    pub fn fitted_on(&self) -> Vec<&str> {
        match &self.stack {
            None => self.signature.names().collect(),
            Some(stack) => self
                .signature
                .names()
                .take(stack.own)
                .chain(stack.bases.iter().map(|base| base.model.as_str()))
                .collect(),
        }
    }

    /// What the types alone do not say: a usable name, no feature twice, and every number finite (JSON has no others).
    pub(super) fn check(&self) -> Result<(), ArtifactError> {
        check_name(&self.model).map_err(|reason| ArtifactError::Name { name: self.model.clone(), reason })?;
        let names: Vec<&str> = self.signature.names().collect();
        if let Some(repeated) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
            return Err(ArtifactError::RepeatedFeature { name: (*repeated.1).to_owned() });
        }
        let evaluated = self.evaluation.numbers();
        let rules = self.gate.rules.iter().flat_map(|r| {
            let numbers = [r.min, r.max, r.observed];
            numbers.into_iter().flatten().map(|x| (format!("a number of the gate rule `{}`", r.metric), x))
        });
        let coefficients = self.coefficients.iter().flat_map(|c| {
            let terms = c.terms.iter().flat_map(|t| {
                let numbers = [t.value, t.imputation, t.standardised.unwrap_or_default()];
                numbers.map(|x| (format!("a number of the coefficient of `{}`", t.feature), x))
            });
            terms.chain([("the intercept".to_owned(), c.intercept)])
        });
        let importances = self.importances.iter().flat_map(|importances| {
            let features = importances.features.iter();
            let features = features.map(|i| (format!("the importance of `{}`", i.feature), i.mean_contribution));
            features.chain([("the base of the importances".to_owned(), importances.base)])
        });
        let family = self.family.iter().flat_map(|family| {
            let members = family.members.iter().chain([&family.rest]);
            members.flat_map(|member| {
                let numbers = [member.observed, member.general].into_iter().flatten();
                numbers.map(|x| (format!("a number of the family's member `{}`", member.value), x))
            })
        });
        let model = coefficients.chain(importances).chain(family);
        match evaluated.chain(rules).chain(model).find(|(_, x)| !x.is_finite()) {
            Some((what, _)) => Err(ArtifactError::NotFinite { what }),
            None => Ok(()),
        }
    }
}
