//! The report of a training run: one HTML page that needs no network, no script and no other file.
//!
//! [`Findings`] is what is told, [`render()`] how. What it is made
//! of is [`models::page`].

mod curve;
mod findings;
mod gather;
mod sections;

pub use findings::{CurvePoint, Findings, Slice, SliceValue};
pub(crate) use gather::{gather, learning_curve};

use models::artifact::Manifest;
use models::profile::Profile;

/// The whole page. `warnings` are the run's remarks in words.
pub fn render(manifest: &Manifest, findings: &Findings, profile: &Profile, warnings: &[String]) -> String {
    models::page::page(&format!("{}: training report", manifest.model), |page| {
        sections::head(page, manifest);
        sections::warnings(page, warnings);
        if manifest.evaluation.rows > 0 {
            sections::quality(page, manifest);
            sections::references(page, manifest);
            sections::calibration(page, manifest, findings);
            sections::discrimination(page, findings);
            sections::residuals(page, findings);
            sections::family(page, manifest);
            sections::slices(page, manifest, findings);
            sections::learning_curve(page, manifest, findings);
        }
        sections::validation(page, manifest, findings);
        sections::importances(page, manifest);
        sections::coefficients(page, manifest);
        sections::distributions(page, manifest, profile);
        sections::origin(page, manifest);
    })
}

#[cfg(test)]
mod tests;
