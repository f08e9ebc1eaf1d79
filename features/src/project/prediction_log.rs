//! `[prediction_log]`: what is kept of every prediction, and for how long.

use super::document::{Document, Section};
use crate::value::Micros;

const DAY: Micros = 86_400_000_000;
const DEFAULT_KEEP: Micros = 90 * DAY;
const DEFAULT_PENDING: Micros = 30 * DAY;
/// Predictions that wait for their tables in memory: some seconds of them.
const DEFAULT_QUEUE: usize = 65_536;
/// A smaller spool would be full with the first batch.
const MIN_SPOOL: u64 = 1 << 20;

/// `[prediction_log]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PredictionLog {
    /// Without it nothing is logged and no outcome is taken.
    pub enabled: bool,
    /// How long a day's predictions are kept, in microseconds.
    pub keep: Micros,
    /// How long an outcome waits for the prediction that it belongs to.
    pub pending: Micros,
    /// The most predictions that wait in memory: what comes beyond them is dropped and counted, or spooled.
    pub queue: usize,
    /// The most bytes on the disk that wait for the tables; none where absent.
    pub spool: Option<u64>,
}

impl Default for PredictionLog {
    fn default() -> PredictionLog {
        PredictionLog { enabled: true, keep: DEFAULT_KEEP, pending: DEFAULT_PENDING, queue: DEFAULT_QUEUE, spool: None }
    }
}

pub(super) fn read(mut section: Section<'_>) -> PredictionLog {
    let usual = PredictionLog::default();
    let enabled = section.bool("enabled").unwrap_or(usual.enabled);
    let keep = at_least_a_day(&mut section, "keep").unwrap_or(usual.keep);
    let pending = section.duration("pending").unwrap_or(usual.pending);
    let queue = section.integer("queue", 16..=10_000_000).and_then(|n| usize::try_from(n).ok()).unwrap_or(usual.queue);
    let spool = spool(&mut section);
    section.finish();
    PredictionLog { enabled, keep, pending, queue, spool }
}

/// What is kept is dropped by days.
fn at_least_a_day(section: &mut Section<'_>, key: &'static str) -> Option<Micros> {
    let span = section.span_of(key);
    let length = section.duration(key)?;
    if length >= DAY {
        return Some(length);
    }
    let message = format!("`{key}` must be at least a day: predictions are kept and dropped by days");
    section.doc.problem(span, message, format!("write {key} = \"90d\""));
    None
}

fn spool(section: &mut Section<'_>) -> Option<u64> {
    let text = section.string("spool")?;
    let doc: &Document = section.doc;
    match bytes(text.value) {
        Some(size) if size >= MIN_SPOOL => Some(size),
        Some(_) => {
            doc.problem(text.span, "`spool` must be at least 1MB", "write spool = \"256MB\"".to_owned());
            None
        }
        None => {
            let message = format!("`{}` is no size", text.value);
            doc.problem(text.span, message, "write spool = \"256MB\": a number and KB, MB or GB".to_owned());
            None
        }
    }
}

/// A whole number of `KB`, `MB` or `GB`, which are 1024 of the unit before.
fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim() {
        "KB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_numbers_and_units() {
        let sizes = ["256MB", "1 GB", "3KB", "256", "MB", "1.5GB", "99999999999999GB"].map(bytes);
        assert_eq!(sizes, [Some(256 << 20), Some(1 << 30), Some(3 << 10), None, None, None, None]);
    }
}
