//! Moves of aliases in the registry, told on a topic: one event each, in the order of each model's history, exactly once
//! whoever of several servers tells it and whatever dies meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use features::partition::partition_of;
use models::registry::{AliasMove, Registry, RegistryError};
use smol_str::SmolStr;

use crate::log::{Entry, EventLog, LogError, ProducerId, RecordBatch, Sequence, TooLarge, TopicPartition};

/// Moves are few; all of a model's are in one partition.
const PARTITIONS: u32 = 1;

/// Tells moves on a topic.
#[derive(Debug)]
pub struct ModelUpdates {
    log: Arc<dyn EventLog>,
    topic: SmolStr,
    /// Whether there may be moves that are not told.
    due: AtomicBool,
}

#[derive(Debug, thiserror::Error)]
pub enum UpdatesError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// One move, as it is told.
#[derive(serde::Serialize)]
struct Told<'a> {
    model: &'a str,
    #[serde(flatten)]
    moved: &'a AliasMove,
}

impl ModelUpdates {
    /// Creates the topic if it is missing.
    pub fn new(log: Arc<dyn EventLog>, topic: &str) -> Result<ModelUpdates, LogError> {
        log.create_topic(topic, PARTITIONS)?;
        Ok(ModelUpdates { log, topic: topic.into(), due: AtomicBool::new(true) })
    }

    /// The registry has changed.
    pub fn changed(&self) {
        self.due.store(true, Ordering::SeqCst);
    }

    /// Tells what is not told. After an error it is due again.
    pub fn tell(&self, registry: &dyn Registry) -> Result<(), UpdatesError> {
        if !self.due.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        let told = self.tell_all(registry);
        if told.is_err() {
            self.changed();
        }
        told
    }

    fn tell_all(&self, registry: &dyn Registry) -> Result<(), UpdatesError> {
        for model in registry.models()? {
            self.tell_model(&model, &registry.history(&model)?)?;
        }
        Ok(())
    }

    /// The place of a move in the history is its number: the log recognises what it has.
    fn tell_model(&self, model: &str, history: &[AliasMove]) -> Result<(), UpdatesError> {
        let producer = self.producer(model);
        let told = self.log.last_sequence(producer)?;
        let partition = partition_of(model.as_bytes(), PARTITIONS);
        for (number, moved) in (1_u64..).zip(history).skip_while(|(number, _)| *number <= told) {
            let mut batch = RecordBatch::new();
            batch.push_with(model.as_bytes(), |out| {
                if let Err(error) = serde_json::to_writer(out, &Told { model, moved }) {
                    tracing::error!(%error, model, "a move could not be written");
                }
            })?;
            let place = TopicPartition { topic: self.topic.clone(), partition };
            self.log.append(Some(Sequence { producer, number }), vec![Entry { place, batch }])?;
        }
        Ok(())
    }

    fn producer(&self, model: &str) -> ProducerId {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"model updates\0").update(self.topic.as_bytes()).update(&[0]).update(model.as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        ProducerId(id)
    }
}

#[cfg(test)]
mod tests {
    use features::value::Micros;
    use models::registry::{AliasChange, Expected, MoveKind};

    use super::*;
    use crate::clock::ManualClock;
    use crate::log::{MemoryLog, ReadLimit};

    fn told(log: &dyn EventLog) -> Vec<String> {
        let place = TopicPartition { topic: "model-updates".into(), partition: 0 };
        let read = log.read(&place, 0, ReadLimit { records: 100, bytes: 1 << 20 }).expect("reads");
        let text = |value: &[u8]| String::from_utf8(value.to_vec()).expect("UTF-8");
        read.batches.iter().flat_map(|batch| batch.records_from(0)).map(|record| text(record.value)).collect()
    }

    fn moved(at: Micros, from: Option<u32>, to: u32) -> AliasMove {
        let (alias, reason) = ("champion".to_owned(), "better".to_owned());
        AliasMove { at, alias, from, to, kind: MoveKind::Promotion, reason }
    }

    #[test]
    fn every_move_is_told_once_however_often_and_by_whom_it_is_tried() {
        let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(Arc::new(ManualClock::default())));
        let one = ModelUpdates::new(Arc::clone(&log), "model-updates").expect("creates its topic");
        let other = ModelUpdates::new(Arc::clone(&log), "model-updates").expect("finds its topic");
        let history = [moved(1_000_000, None, 1), moved(2_000_000, Some(1), 2)];
        one.tell_model("winner", &history[..1]).expect("tells");
        other.tell_model("winner", &history).expect("tells");
        one.tell_model("winner", &history).expect("has nothing to tell");
        assert_eq!(
            told(&*log),
            [
                r#"{"model":"winner","at":"1970-01-01T00:00:01.000000Z","alias":"champion","from":null,"to":1,"kind":"promotion","reason":"better"}"#,
                r#"{"model":"winner","at":"1970-01-01T00:00:02.000000Z","alias":"champion","from":1,"to":2,"kind":"promotion","reason":"better"}"#,
            ]
        );
    }

    #[test]
    fn nothing_is_asked_of_the_registry_before_it_changes_again() {
        let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(Arc::new(ManualClock::default())));
        let updates = ModelUpdates::new(log, "model-updates").expect("creates its topic");
        let registry = models::registry::MemoryRegistry::new(Arc::new(|| 0));
        updates.tell(&registry).expect("tells");
        assert!(!updates.due.load(Ordering::SeqCst));
        updates.changed();
        assert!(updates.due.load(Ordering::SeqCst));
        let change = AliasChange {
            alias: "champion",
            to: 1,
            expected: Expected::Anywhere,
            kind: MoveKind::Promotion,
            reason: "",
        };
        assert!(registry.move_alias("winner", &change).is_err(), "there is no such model");
    }
}
