//! `[streams.NAME.skew_check]`

use super::document::{Document, Section};
use super::spec::SkewCheck;
use crate::duration;
use crate::value::Micros;

const DEFAULT_EVERY: Micros = 30_000_000;
/// More often would only look in vain.
const MIN_EVERY: Micros = 100_000;

/// `None` where the share is 0, and where it could not be understood.
pub(super) fn read(mut section: Section<'_>) -> Option<SkewCheck> {
    let doc = section.doc;
    if !section.has("share") {
        section.missing("share", "share = 0.01: one key in a hundred is followed");
    }
    let share = share(&mut section);
    let every = every(doc, &mut section).unwrap_or(DEFAULT_EVERY);
    section.finish();
    share.filter(|share| *share > 0.0).map(|share| SkewCheck { share, every })
}

fn share(section: &mut Section<'_>) -> Option<f64> {
    let doc = section.doc;
    let span = section.span_of("share");
    let share = section.float("share")?;
    if (0.0..=1.0).contains(&share) {
        return Some(share);
    }
    let help = "write share = 0.01 for one key in a hundred, 1 for all, 0 for none".to_owned();
    doc.problem(span, format!("`share` must be from 0 to 1, this is {share}"), help);
    None
}

fn every(doc: &Document, section: &mut Section<'_>) -> Option<Micros> {
    let span = section.span_of("every");
    let every = section.duration("every")?;
    if every >= MIN_EVERY {
        return Some(every);
    }
    let message = format!("`every` must be at least {}", duration::format(MIN_EVERY));
    doc.problem(span, message, "write every = \"30s\"".to_owned());
    None
}
