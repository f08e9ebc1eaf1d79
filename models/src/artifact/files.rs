//! An artifact as named files, and back: free of any file system, so that every registry stores the same bytes.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::checksums::Checksums;
use super::{AnyModel, Artifact, ArtifactError, Documents, Family, Manifest, environment, example, mlmodel};
use crate::onnx;

pub const MLMODEL: &str = "MLmodel";
pub const MANIFEST: &str = "clutch.json";
pub const MODEL: &str = "model.json";
pub const TREES: &str = "trees.bin";
pub const FAMILY: &str = "family.json";
pub const FAMILY_TREES: &str = "family.bin";
pub const CALIBRATION: &str = "calibration.json";
pub const ONNX: &str = "model.onnx";
pub const PROFILE: &str = "profile.json";
pub const REPORT: &str = "report.html";
pub const EXAMPLE: &str = "input_example.json";
pub const CHECKSUMS: &str = "checksums.json";

/// The newest version of the files' format that this build reads. Version 1 had neither trees nor calibrations nor
/// importances nor `model.onnx`, version 2 no families, version 3 no stacked models: a version is written as the oldest that
/// can hold it.
pub const FORMAT_VERSION: u32 = 4;
pub(super) const WITHOUT_FAMILIES: u32 = 2;
pub(super) const WITHOUT_STACKS: u32 = 3;

/// File names and contents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    pub fn insert(&mut self, name: impl Into<String>, bytes: Vec<u8>) {
        self.0.insert(name.into(), bytes);
    }

    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// By name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    pub(super) fn require(&self, name: &str) -> Result<&[u8], ArtifactError> {
        self.get(name).ok_or_else(|| ArtifactError::Missing { file: name.to_owned() })
    }
}

impl Artifact {
    pub fn to_files(&self) -> Result<Files, ArtifactError> {
        let manifest = versioned_as(self.manifest.format(), MANIFEST, &self.manifest)?;
        let mut files = Files::default();
        files.insert(MLMODEL, mlmodel::text(&self.manifest, &manifest).into_bytes());
        files.insert(MANIFEST, manifest);
        self.model.write(&mut files)?;
        if let Some(calibration) = &self.calibration {
            files.insert(CALIBRATION, versioned(CALIBRATION, calibration)?);
        }
        files.insert(EXAMPLE, json(EXAMPLE, &example::to_frame(&self.input_example))?);
        if let Some(family) = &self.family {
            family.write(&mut files)?;
        }
        if let Some(exported) = onnx::export(self) {
            files.insert(ONNX, exported.file);
            // What `python_function` runs in, which a family is not.
            if self.family.is_none() {
                environment::insert(&mut files);
            }
        }
        self.documents.write(&mut files)?;
        let checksums = Checksums::of(&files);
        files.insert(CHECKSUMS, versioned(CHECKSUMS, &checksums)?);
        Ok(files)
    }

    /// Of all that a prediction depends on: what the version is, and its numbers. Not of what is derived from them, nor of
    /// documents. 64 hexadecimal digits.
    pub fn digest(&self) -> Result<String, ArtifactError> {
        let mut files = Files::default();
        files.insert(MANIFEST, versioned_as(self.manifest.format(), MANIFEST, &self.manifest)?);
        self.model.write(&mut files)?;
        if let Some(calibration) = &self.calibration {
            files.insert(CALIBRATION, versioned(CALIBRATION, calibration)?);
        }
        if let Some(family) = &self.family {
            family.write(&mut files)?;
        }
        let mut hasher = blake3::Hasher::new();
        for (name, bytes) in files.iter() {
            hasher.update(name.as_bytes()).update(&[0]).update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        }
        Ok(hasher.finalize().to_hex().to_string())
    }

    /// Verifies the checksums, then reads.
    pub fn from_files(files: &Files) -> Result<Artifact, ArtifactError> {
        let checksums: Checksums = parse_versioned(CHECKSUMS, files)?;
        checksums.verify(files)?;
        let covered = |names: &[&str]| match names.iter().find(|file| !checksums.covers(file)) {
            Some(file) => Err(ArtifactError::Missing { file: (*file).to_owned() }),
            None => Ok(()),
        };
        covered(&[MLMODEL, MANIFEST, MODEL, EXAMPLE])?;
        let manifest: Manifest = parse_versioned(MANIFEST, files)?;
        let frame: Value = parse(EXAMPLE, files.require(EXAMPLE)?)?;
        let example = example::from_frame(frame, &manifest.signature).ok_or(ArtifactError::ExampleShape)?;
        let model = AnyModel::read(files)?;
        covered(model.further_files())?;
        let documents = Documents::read(files, |file| checksums.covers(file))?;
        let artifact = if manifest.family.is_some() {
            covered(&[FAMILY])?;
            if files.get(FAMILY_TREES).is_some() {
                covered(&[FAMILY_TREES])?;
            }
            let general = model.native().ok_or(ArtifactError::ForeignFamily)?.clone();
            Artifact::family(manifest, general, Family::read(files)?, example)?
        } else {
            Artifact::new(manifest, model, example)?
        };
        let artifact = artifact.documented(documents);
        if !checksums.covers(CALIBRATION) {
            return Ok(artifact);
        }
        artifact.calibrated(parse_versioned(CALIBRATION, files)?)
    }
}

#[derive(Serialize)]
struct Versioned<'a, T> {
    format_version: u32,
    #[serde(flatten)]
    content: &'a T,
}

/// JSON with the format version first, of a file that every artifact has.
pub(super) fn versioned<T: Serialize>(file: &'static str, content: &T) -> Result<Vec<u8>, ArtifactError> {
    versioned_as(WITHOUT_FAMILIES, file, content)
}

pub(super) fn versioned_as<T: Serialize>(
    format_version: u32,
    file: &'static str,
    content: &T,
) -> Result<Vec<u8>, ArtifactError> {
    json(file, &Versioned { format_version, content })
}

fn json<T: Serialize>(file: &'static str, content: &T) -> Result<Vec<u8>, ArtifactError> {
    let mut bytes = serde_json::to_vec_pretty(content).map_err(|reason| ArtifactError::Unwritable { file, reason })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The version is looked at before anything else: what a newer build wrote may look different altogether.
pub(super) fn parse_versioned<T: DeserializeOwned>(file: &'static str, files: &Files) -> Result<T, ArtifactError> {
    #[derive(serde::Deserialize)]
    struct Head {
        format_version: u64,
    }
    let bytes = files.require(file)?;
    let head: Head = parse(file, bytes)?;
    if u64::from(FORMAT_VERSION) < head.format_version {
        return Err(ArtifactError::Newer { file, found: head.format_version, supported: FORMAT_VERSION });
    }
    parse(file, bytes)
}

fn parse<T: DeserializeOwned>(file: &str, bytes: &[u8]) -> Result<T, ArtifactError> {
    serde_json::from_slice(bytes).map_err(|reason| ArtifactError::Malformed { file: file.to_owned(), reason })
}
