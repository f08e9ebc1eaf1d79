//! The report of a training run: one HTML page that needs no network, no script and no other file.
//!
//! [`Findings`] is what is told, [`render()`] how. Drawings are SVG in the page's own colours, so that they follow light,
//! dark and print.

mod chart;
mod findings;
mod gather;
mod markup;
mod sections;
mod tables;

pub use findings::{CurvePoint, Findings, Slice, SliceValue};
pub(crate) use gather::{gather, learning_curve};

use models::artifact::Manifest;
use models::profile::Profile;

use markup::Markup;

const STYLE: &str = include_str!("style.css");

/// The whole page. `warnings` are the run's remarks in words.
pub fn render(manifest: &Manifest, findings: &Findings, profile: &Profile, warnings: &[String]) -> String {
    let mut page = Markup::default();
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
    page.element("title", &format!("{}: training report", manifest.model));
    page.raw("<style>\n").raw(STYLE).raw("</style>\n</head>\n<body>\n<main>\n");
    sections::head(&mut page, manifest);
    sections::warnings(&mut page, warnings);
    if manifest.evaluation.rows > 0 {
        sections::quality(&mut page, manifest);
        sections::references(&mut page, manifest);
        sections::calibration(&mut page, manifest, findings);
        sections::discrimination(&mut page, findings);
        sections::residuals(&mut page, findings);
        sections::family(&mut page, manifest);
        sections::slices(&mut page, manifest, findings);
        sections::learning_curve(&mut page, manifest, findings);
    }
    sections::validation(&mut page, manifest, findings);
    sections::importances(&mut page, manifest);
    sections::coefficients(&mut page, manifest);
    sections::distributions(&mut page, manifest, profile);
    sections::origin(&mut page, manifest);
    page.raw("</main>\n</body>\n</html>\n");
    page.finish()
}

#[cfg(test)]
mod tests;
