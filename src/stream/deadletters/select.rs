//! Which dead letters a command is about.

use std::collections::BTreeSet;

use serde_json::Value;
use serving::admin::{LetterPlace, StoredRecord};

use crate::stream::access::Access;

/// How many are read at once.
const PAGE: usize = 1_000;

/// By stage and reason.
#[derive(Debug, clap::Args)]
pub(super) struct Filter {
    /// Refused at this stage only: decode, validate, partition, late, duplicate or future.
    #[arg(long, value_name = "STAGE", value_parser = ["decode", "validate", "partition", "late", "duplicate", "future"])]
    stage: Option<String>,
    /// With this text in their reason or as their field only.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Filter {
    pub(super) fn is_empty(&self) -> bool {
        self.stage.is_none() && self.reason.is_none()
    }

    pub(super) fn takes(&self, letter: &Value) -> bool {
        let text = |name: &str| letter[name].as_str().unwrap_or_default();
        self.stage.as_ref().is_none_or(|stage| text("stage") == stage)
            && self.reason.as_ref().is_none_or(|reason| text("reason").contains(reason) || text("field") == reason)
    }
}

/// A dead letter, and where it stands.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) record: StoredRecord,
    pub(super) letter: Value,
}

impl Letter {
    pub(super) fn place(&self) -> LetterPlace {
        LetterPlace { partition: self.record.partition, offset: self.record.offset }
    }

    pub(super) fn stage(&self) -> &str {
        self.letter["stage"].as_str().unwrap_or("unknown")
    }
}

/// Reads the topic of a stream's dead letters from its beginning, a page of letters at a time. Returns the places of those
/// that were given back to their stream.
pub(super) async fn read(
    access: &mut Access,
    topic: &str,
    partitions: u32,
    mut page: impl FnMut(Vec<Letter>),
) -> anyhow::Result<BTreeSet<LetterPlace>> {
    let mut redriven = BTreeSet::new();
    for partition in 0..partitions {
        let mut from = 0;
        loop {
            let answer = access.read(topic, partition, from, PAGE).await?;
            // Where nothing is left but offsets that hold no record, the next page would be as empty.
            let is_last = answer.records.is_empty() || answer.next >= answer.end;
            from = answer.next;
            let mut letters = Vec::with_capacity(answer.records.len());
            for record in answer.records {
                let letter: Value = serde_json::from_str(record.value.get()).unwrap_or_default();
                match serde_json::from_value::<LetterPlace>(letter["redriven"].clone()) {
                    Ok(place) => drop(redriven.insert(place)),
                    Err(_) => letters.push(Letter { record, letter }),
                }
            }
            page(letters);
            if is_last {
                break;
            }
        }
    }
    Ok(redriven)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn letters_are_chosen_by_stage_and_by_what_their_reason_says() {
        let filter = |stage: Option<&str>, reason: Option<&str>| Filter {
            stage: stage.map(str::to_owned),
            reason: reason.map(str::to_owned),
        };
        let letter = json!({ "stage": "validate", "reason": "the check fails", "field": "down" });
        for (stage, reason, taken) in [
            (None, None, true),
            (Some("validate"), Some("check"), true),
            (None, Some("down"), true),
            (Some("late"), None, false),
            (Some("validate"), Some("missing"), false),
        ] {
            assert_eq!(filter(stage, reason).takes(&letter), taken, "{stage:?} {reason:?}");
        }
    }
}
