//! What lies beside a model for people and for monitoring; no prediction depends on it.

use super::files::{parse_versioned, versioned};
use super::{ArtifactError, Files, PROFILE, REPORT};
use crate::profile::Profile;

/// Either may be absent: artifacts of older builds have neither.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Documents {
    /// The training part's distributions.
    pub profile: Option<Profile>,
    /// A self-contained HTML page about the training run.
    pub report: Option<String>,
}

impl Documents {
    pub(super) fn write(&self, files: &mut Files) -> Result<(), ArtifactError> {
        if let Some(profile) = &self.profile {
            files.insert(PROFILE, versioned(PROFILE, profile)?);
        }
        if let Some(report) = &self.report {
            files.insert(REPORT, report.clone().into_bytes());
        }
        Ok(())
    }

    /// `covered` tells whether the checksums name a file.
    pub(super) fn read(files: &Files, covered: impl Fn(&str) -> bool) -> Result<Documents, ArtifactError> {
        let profile = if covered(PROFILE) { Some(parse_versioned(PROFILE, files)?) } else { None };
        let report = if covered(REPORT) { Some(text(files.require(REPORT)?)) } else { None };
        Ok(Documents { profile, report })
    }
}

/// The checksum has been verified, so what is there is what was written.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
