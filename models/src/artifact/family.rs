//! Families: a model for each value of a column that has rows enough, and a general one for all others.

use std::borrow::Cow;
use std::ops::Range;

use features::value::Value;

use super::files::{WITHOUT_STACKS, parse_versioned, versioned_as};
use super::native::{Read, Written};
use super::{ArtifactError, Calibration, FAMILY, FAMILY_TREES, Files, NativeModel};

/// The members of a family, by value. Checked when built: no value twice, and all take as many inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    members: Vec<Member>,
}

/// The model of one value.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    pub value: String,
    pub model: NativeModel,
    pub calibration: Option<Calibration>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFamily {
    #[error("the value `{value}` has two models")]
    Twice { value: String },
    #[error("the model of `{value}` takes {found} inputs, others take {expected}")]
    Width { value: String, found: usize, expected: usize },
    #[error("the trees of `{value}` are not in `family.bin`")]
    NoTrees { value: String },
}

impl Family {
    /// Orders the members by value.
    pub fn new(mut members: Vec<Member>) -> Result<Family, InvalidFamily> {
        members.sort_by(|a, b| a.value.cmp(&b.value));
        let expected = members.first().map_or(0, |first| first.model.width());
        for member in &members {
            let found = member.model.width();
            if found != expected {
                return Err(InvalidFamily::Width { value: member.value.clone(), found, expected });
            }
        }
        match members.windows(2).find(|pair| pair[0].value == pair[1].value) {
            Some(pair) => Err(InvalidFamily::Twice { value: pair[0].value.clone() }),
            None => Ok(Family { members }),
        }
    }

    /// In the order of their values.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// What stands for a value in the last input of a row: the member's place, or NaN for the general model.
    pub fn code(&self, value: &str) -> f64 {
        match self.members.binary_search_by(|member| member.value.as_str().cmp(value)) {
            #[expect(clippy::cast_precision_loss, reason = "a place in a list")]
            Ok(place) => place as f64,
            Err(_) => f64::NAN,
        }
    }

    /// What stands for the value of a row's column.
    pub fn code_of(&self, value: &Value) -> f64 {
        member_name(value).map_or(f64::NAN, |name| self.code(&name))
    }

    /// The member that a code means; `None` is the general model.
    pub fn member(&self, code: f64) -> Option<&Member> {
        self.members.get(place(code)?)
    }

    pub(super) fn write(&self, files: &mut Files) -> Result<(), ArtifactError> {
        let mut trees = Vec::new();
        let mut members = Vec::with_capacity(self.members.len());
        for member in &self.members {
            let (model, bytes) = member.model.parts();
            let start = trees.len();
            trees.extend(bytes.unwrap_or_default());
            let trees = (start < trees.len()).then_some(start..trees.len());
            members.push(WrittenMember {
                value: &member.value,
                model,
                trees,
                calibration: member.calibration.as_ref(),
            });
        }
        files.insert(FAMILY, versioned_as(WITHOUT_STACKS, FAMILY, &WrittenFamily { members })?);
        if !trees.is_empty() {
            files.insert(FAMILY_TREES, trees);
        }
        Ok(())
    }

    pub(super) fn read(files: &Files) -> Result<Family, ArtifactError> {
        let family: ReadFamily = parse_versioned(FAMILY, files)?;
        let trees = files.get(FAMILY_TREES).unwrap_or_default();
        let mut members = Vec::with_capacity(family.members.len());
        for ReadMember { value, model, trees: range, calibration } in family.members {
            let bytes = match range {
                None => None,
                Some(range) => Some(trees.get(range).ok_or_else(|| InvalidFamily::NoTrees { value: value.clone() })?),
            };
            let model = model.build(|| bytes.ok_or(InvalidFamily::NoTrees { value: value.clone() }.into()))?;
            members.push(Member { value, model, calibration });
        }
        Ok(Family::new(members)?)
    }
}

/// The value of a row's column as members are named: text as it stands, whole numbers and booleans as text.
pub fn member_name(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Int(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(set) => Some(Cow::Borrowed(if *set { "true" } else { "false" })),
        Value::Null | Value::Float(_) | Value::Timestamp(_) | Value::Interval(_) => None,
    }
}

/// The place that a code means.
pub(crate) fn place(code: f64) -> Option<usize> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        clippy::float_cmp,
        reason = "only a whole number that survives the way there and back is a place"
    )]
    let place = (code >= 0.0 && (code as usize) as f64 == code).then_some(code as usize);
    place
}

#[derive(serde::Serialize)]
struct WrittenFamily<'a> {
    members: Vec<WrittenMember<'a>>,
}

#[derive(serde::Serialize)]
struct WrittenMember<'a> {
    value: &'a str,
    model: Written<'a>,
    /// Where its trees are in `family.bin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    trees: Option<Range<usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    calibration: Option<&'a Calibration>,
}

#[derive(serde::Deserialize)]
struct ReadFamily {
    members: Vec<ReadMember>,
}

#[derive(serde::Deserialize)]
struct ReadMember {
    value: String,
    model: Read,
    #[serde(default)]
    trees: Option<Range<usize>>,
    #[serde(default)]
    calibration: Option<Calibration>,
}
