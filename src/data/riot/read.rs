//! Files of answers: one JSON document, or several behind one another; `.gz` is unpacked.

use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use super::RiotError;
use super::known::{Unknown, unknown_of_match, unknown_of_timeline};
use super::matches::{self, Match};
use super::place::Place;
use super::timeline::{self, Timeline};

/// What files held.
#[derive(Debug, Default, PartialEq)]
pub(in crate::data) struct Answers {
    pub(super) matches: Vec<Match>,
    pub(super) timelines: Vec<Timeline>,
    /// Fields and kinds of events that this version does not know, and how often they occur.
    pub(in crate::data) unknown: Unknown,
}

impl Answers {
    pub(in crate::data) fn add(&mut self, more: Answers) {
        self.matches.extend(more.matches);
        self.timelines.extend(more.timelines);
        for (name, count) in more.unknown {
            *self.unknown.entry(name).or_default() += count;
        }
    }

    pub(in crate::data) fn counts(&self) -> (usize, usize) {
        (self.matches.len(), self.timelines.len())
    }
}

/// Everything in the file, or nothing.
pub(in crate::data) fn read(path: &Path) -> Result<Answers, RiotError> {
    let mut bytes = Vec::new();
    let mut file = std::fs::File::open(path)?;
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz")) {
        flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes)?;
    } else {
        file.read_to_end(&mut bytes)?;
    }
    documents(&bytes)
}

fn documents(bytes: &[u8]) -> Result<Answers, RiotError> {
    let mut answers = Answers::default();
    for document in serde_json::Deserializer::from_slice(bytes).into_iter::<Value>() {
        add(&document?, &mut answers)?;
    }
    if answers.counts() == (0, 0) {
        return Err(RiotError::Empty);
    }
    Ok(answers)
}

fn add(document: &Value, answers: &mut Answers) -> Result<(), RiotError> {
    let root = Place::root(document);
    if let Some(status) = root.find("status") {
        let message = status.some_text("message")?.unwrap_or("without a reason").to_owned();
        return Err(RiotError::Refusal { code: status.some_int("status_code")?.unwrap_or(0), message });
    }
    let metadata = root.find("metadata").ok_or(RiotError::OtherShape { place: "metadata" })?;
    let info = root.find("info").ok_or(RiotError::OtherShape { place: "info" })?;
    let version = metadata.get("dataVersion")?;
    let found = version.value().as_str().map_or_else(|| version.value().to_string(), str::to_owned);
    if found != "2" {
        return Err(RiotError::OtherVersion { found });
    }
    if info.find("frames").is_some() {
        unknown_of_timeline(document, &mut answers.unknown);
        answers.timelines.push(timeline::read(&root, &mut answers.unknown)?);
    } else if info.find("gameDuration").is_some() {
        unknown_of_match(document, &mut answers.unknown);
        answers.matches.push(matches::read(&root)?);
    } else {
        return Err(RiotError::OtherShape { place: "info.frames or info.gameDuration" });
    }
    Ok(())
}
