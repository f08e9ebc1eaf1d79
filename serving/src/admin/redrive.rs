//! Dead letters given back to their stream: each once, whoever asks and however often.
//!
//! A letter that comes back is appended to its stream's topic, marked as one, and in the same append its place is noted on
//! the topic of the dead letters. So it is back and noted, or neither; and who finds the note leaves it alone. Two who redrive
//! at the same time number their appends as one producer: the log takes the first, and the second looks again.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use features::partition::partition_of;
use smol_str::SmolStr;

use super::desk::{Desk, DeskError};
use super::wire::{LetterPlace, RedriveAnswer};
use crate::log::{
    Appended, Entry, LogError, ProducerId, ReadLimit, RecordBatch, Sequence, StoredBatch, TopicPartition,
};
use crate::worker::StreamPlan;

/// Read at a time.
const PAGE: ReadLimit = ReadLimit { records: 1_000, bytes: 8 << 20 };

/// What a record on the topic of the dead letters tells, as far as it matters here.
#[derive(Debug, serde::Deserialize)]
struct Told {
    /// Of the note that a letter was given back.
    redriven: Option<LetterPlace>,
    key_base64: Option<String>,
    raw_base64: Option<String>,
    element: Option<u32>,
}

/// Key and bytes of an event.
type KeyAndEvent = (Vec<u8>, Vec<u8>);

impl Desk {
    /// Gives letters back to the stream that they are of.
    pub fn redrive(&self, stream: &str, letters: &[LetterPlace]) -> Result<RedriveAnswer, DeskError> {
        let plan = self.plans.iter().find(|plan| plan.stream.name == stream);
        let plan = plan.ok_or_else(|| LogError::UnknownTopic { topic: SmolStr::new(stream) })?;
        let producer = producer(&plan.dead_letters);
        loop {
            // Read before the notes: an append in between makes this one a repetition.
            let number = self.log.last_sequence(producer)? + 1;
            let (answer, entries) = self.coming_back(plan, letters)?;
            if entries.is_empty() {
                return Ok(answer);
            }
            match self.log.append(Some(Sequence { producer, number }), entries)? {
                Appended::Written => return Ok(answer),
                Appended::Repeated => {}
            }
        }
    }

    /// What is to be appended, and what will have become of the letters then.
    fn coming_back(
        &self,
        plan: &StreamPlan,
        letters: &[LetterPlace],
    ) -> Result<(RedriveAnswer, Vec<Entry>), DeskError> {
        let noted = self.given_back(plan)?;
        let (mut answer, partitions) = (RedriveAnswer::default(), self.log.partitions(&plan.topic)?);
        let mut events: Vec<RecordBatch> = (0..partitions).map(|_| RecordBatch::redriven()).collect();
        let mut notes: Vec<RecordBatch> = (0..partitions).map(|_| RecordBatch::new()).collect();
        for place in letters.iter().collect::<BTreeSet<_>>() {
            if noted.contains(place) {
                answer.before += 1;
                continue;
            }
            let Some((key, event)) = self.letter(plan, *place)? else {
                answer.unusable += 1;
                continue;
            };
            let home = index(partition_of(&key, partitions));
            let (Some(events), Some(notes)) = (events.get_mut(home), notes.get_mut(index(place.partition))) else {
                answer.unusable += 1;
                continue;
            };
            events.push(&key, &event)?;
            let note = serde_json::json!({ "redriven": place });
            notes.push(&key, note.to_string().as_bytes())?;
            answer.redriven += 1;
        }
        let entry = |topic: &SmolStr, (partition, batch): (u32, RecordBatch)| {
            let place = TopicPartition { topic: topic.clone(), partition };
            (!batch.is_empty()).then_some(Entry { place, batch })
        };
        let events = (0..).zip(events).filter_map(|batch| entry(&plan.topic, batch));
        let notes = (0..).zip(notes).filter_map(|batch| entry(&plan.dead_letters, batch));
        Ok((answer, events.chain(notes).collect()))
    }

    /// Every letter that was given back.
    fn given_back(&self, plan: &StreamPlan) -> Result<BTreeSet<LetterPlace>, DeskError> {
        let mut found = BTreeSet::new();
        for partition in 0..self.log.partitions(&plan.dead_letters)? {
            let place = TopicPartition { topic: plan.dead_letters.clone(), partition };
            let mut from = 0;
            loop {
                let read = match self.log.read(&place, from, PAGE) {
                    // What is no longer there cannot be given back either.
                    Err(LogError::Truncated { start, .. }) if start > from => {
                        from = start;
                        continue;
                    }
                    read => read?,
                };
                let records = read.batches.iter().flat_map(|batch| batch.records_from(from));
                let told = records.filter_map(|record| serde_json::from_slice::<Told>(record.value).ok());
                found.extend(told.filter_map(|told| told.redriven));
                from = read.next;
                if read.batches.is_empty() {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Key and bytes of the event that a letter is about. `None` where there is no letter, and of a single element of a
    /// message, which is no message.
    fn letter(&self, plan: &StreamPlan, letter: LetterPlace) -> Result<Option<KeyAndEvent>, DeskError> {
        let LetterPlace { partition, offset } = letter;
        let place = TopicPartition { topic: plan.dead_letters.clone(), partition };
        let batches = match self.log.read(&place, offset, ReadLimit { records: 1, ..PAGE }) {
            Err(LogError::Truncated { .. } | LogError::UnknownPartition { .. }) => return Ok(None),
            read => read?.batches,
        };
        let mut records = batches.iter().flat_map(StoredBatch::records);
        let told = records.find(|record| record.offset == offset);
        let told = told.and_then(|record| serde_json::from_slice::<Told>(record.value).ok());
        let Some(Told { key_base64: Some(key), raw_base64: Some(event), element: None, .. }) = told else {
            return Ok(None);
        };
        Ok(STANDARD.decode(key).ok().zip(STANDARD.decode(event).ok()))
    }
}

/// All who give letters of a topic back number their appends as this one.
fn producer(topic: &str) -> ProducerId {
    let digest = blake3::hash(format!("redrive {topic}").as_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&digest.as_bytes()[..16]);
    ProducerId(id)
}

fn index(partition: u32) -> usize {
    usize::try_from(partition).unwrap_or(usize::MAX)
}
