//! The embedded store: key states in the same local database as the event log, so that one atomic write can hold both.

use std::sync::{Mutex, PoisonError};

use fjall::{Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch};
use futures::future::{self, BoxFuture};

use super::record::SlotRecord;
use super::seam::{Flush, MAX_KEY_BYTES, OnlineStore, Removal, SlotFlush, StateReader, StoreError, check_length};
use super::slot::{Claim, Hold, Slot, ViewSet};

/// States and records in two keyspaces of a fjall database.
///
/// A state's key is the slot followed by the message key; a record's key is the slot. A slot is written as its stream
/// and its view set, each after its length (u16), and its partition (u32), all big-endian.
pub struct EmbeddedStore {
    database: Database,
    states: Keyspace,
    records: Keyspace,
    /// Held from the check of a record to the commit of what depends on it.
    writing: Mutex<()>,
}

impl std::fmt::Debug for EmbeddedStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedStore").finish_non_exhaustive()
    }
}

impl EmbeddedStore {
    pub fn open(database: &Database) -> Result<EmbeddedStore, StoreError> {
        let keyspace = |name, options: fn() -> KeyspaceCreateOptions| {
            database.keyspace(name, options).map_err(|source| unavailable("open its keyspaces", source))
        };
        Ok(EmbeddedStore {
            states: keyspace("states", || KeyspaceCreateOptions::default().expect_point_read_hits(true))?,
            records: keyspace("records", KeyspaceCreateOptions::default)?,
            database: database.clone(),
            writing: Mutex::new(()),
        })
    }

    /// Adds flushes of several slots to `batch`, which holds other writes to the same database, and commits all as one;
    /// returns what each slot's owner must show next.
    pub fn flush_with(&self, mut batch: OwnedWriteBatch, flushes: &[SlotFlush]) -> Result<Vec<Hold>, StoreError> {
        // The lock guards no data of its own: a panic under it leaves the database as it was.
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut holds = Vec::with_capacity(flushes.len());
        for SlotFlush { slot, hold, flush } in flushes {
            holds.push(self.stage(&mut batch, slot, *hold, flush)?);
        }
        batch.commit().map_err(|source| unavailable("write states", source))?;
        Ok(holds)
    }

    fn stage(&self, batch: &mut OwnedWriteBatch, slot: &Slot, hold: Hold, flush: &Flush) -> Result<Hold, StoreError> {
        let record = self.held(slot, hold)?.flushed(flush);
        let mut key = slot_key(slot);
        batch.insert(&self.records, key.clone(), record.encode());
        let prefix = key.len();
        for (message_key, state) in &flush.states {
            check_length(message_key)?;
            key.truncate(prefix);
            key.extend_from_slice(message_key);
            batch.insert(&self.states, key.as_slice(), state.as_slice());
        }
        Ok(record.hold())
    }

    /// Adds the removal of at most `limit` states to `batch`; true if none is left then.
    fn stage_removal(&self, batch: &mut OwnedWriteBatch, slot: &Slot, limit: usize) -> Result<bool, StoreError> {
        let mut entries = self.states.prefix(slot_key(slot));
        for entry in entries.by_ref().take(limit) {
            let key = entry.key().map_err(|source| unavailable("read states", source))?;
            batch.remove(&self.states, key);
        }
        Ok(entries.next().is_none())
    }

    fn held(&self, slot: &Slot, hold: Hold) -> Result<SlotRecord, StoreError> {
        let refused = || StoreError::Refused { slot: slot.clone() };
        self.record(slot)?.filter(|record| record.hold() == hold).ok_or_else(refused)
    }

    fn read(&self, slot: &Slot, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        check_length(key)?;
        let mut full = slot_key(slot);
        full.extend_from_slice(key);
        let state = self.states.get(full).map_err(|source| unavailable("read a state", source))?;
        Ok(state.map(|state| state.to_vec()))
    }
}

impl OnlineStore for EmbeddedStore {
    fn record(&self, slot: &Slot) -> Result<Option<SlotRecord>, StoreError> {
        let bytes = self.records.get(slot_key(slot)).map_err(|source| unavailable("read a record", source))?;
        bytes
            .map(|bytes| {
                SlotRecord::decode(&bytes).map_err(|source| StoreError::Corrupt { slot: slot.clone(), source })
            })
            .transpose()
    }

    fn claim(&self, slot: &Slot, claim: Claim) -> Result<SlotRecord, StoreError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let record = SlotRecord::claimed(self.record(slot)?, claim);
        let mut batch = self.database.batch();
        if record.folded == 0 {
            self.stage_removal(&mut batch, slot, usize::MAX)?;
        }
        batch.insert(&self.records, slot_key(slot), record.encode());
        batch.commit().map_err(|source| unavailable("write a record", source))?;
        Ok(record)
    }

    fn get(&self, slot: &Slot, hold: Hold, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.held(slot, hold)?;
        self.read(slot, key)
    }

    fn get_many(&self, slot: &Slot, hold: Hold, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.held(slot, hold)?;
        keys.iter().map(|key| self.read(slot, key)).collect()
    }

    fn flush(&self, slot: &Slot, hold: Hold, flush: &Flush) -> Result<Hold, StoreError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut batch = self.database.batch();
        let next = self.stage(&mut batch, slot, hold, flush)?;
        batch.commit().map_err(|source| unavailable("write states", source))?;
        Ok(next)
    }

    fn slots(&self, stream: &str) -> Result<Vec<(Slot, SlotRecord)>, StoreError> {
        let mut prefix = Vec::new();
        put_part(&mut prefix, stream.as_bytes());
        let mut slots = Vec::new();
        for entry in self.records.prefix(&prefix) {
            let (key, record) = entry.into_inner().map_err(|source| unavailable("read records", source))?;
            let Some(slot) = read_slot(stream, &key[prefix.len()..]) else { continue };
            match SlotRecord::decode(&record) {
                Ok(record) => slots.push((slot, record)),
                Err(source) => return Err(StoreError::Corrupt { slot, source }),
            }
        }
        Ok(slots)
    }

    fn remove(&self, slot: &Slot, hold: Hold, limit: usize) -> Result<Removal, StoreError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let record = self.held(slot, hold)?.emptied();
        let mut batch = self.database.batch();
        let done = self.stage_removal(&mut batch, slot, limit)?;
        match done {
            true => batch.remove(&self.records, slot_key(slot)),
            false => batch.insert(&self.records, slot_key(slot), record.encode()),
        }
        batch.commit().map_err(|source| unavailable("remove states", source))?;
        Ok(if done { Removal::Done } else { Removal::Begun(record.hold()) })
    }

    fn scan(&self, slot: &Slot, visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        let prefix = slot_key(slot);
        for entry in self.states.prefix(&prefix) {
            let (key, state) = entry.into_inner().map_err(|source| unavailable("read states", source))?;
            visit(&key[prefix.len()..], &state);
        }
        Ok(())
    }
}

impl StateReader for EmbeddedStore {
    /// Answers without yielding: a point read of a local database, from its memory or the page cache as a rule.
    fn state<'a>(&'a self, slot: &'a Slot, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        let read = if key.len() > MAX_KEY_BYTES { Ok(None) } else { self.read(slot, key) };
        Box::pin(future::ready(read))
    }
}

fn slot_key(slot: &Slot) -> Vec<u8> {
    let (stream, views) = (slot.stream.as_bytes(), slot.views.as_str().as_bytes());
    let mut key = Vec::with_capacity(stream.len() + views.len() + 8 + 64);
    for part in [stream, views] {
        put_part(&mut key, part);
    }
    key.extend_from_slice(&slot.partition.to_be_bytes());
    key
}

fn put_part(key: &mut Vec<u8>, part: &[u8]) {
    // A name is cut at what its length can say; no checked project has one as long.
    let length = u16::try_from(part.len()).unwrap_or(u16::MAX);
    key.extend_from_slice(&length.to_be_bytes());
    key.extend_from_slice(&part[..usize::from(length)]);
}

/// The slot that `rest` names behind its stream, as [`slot_key`] writes it.
fn read_slot(stream: &str, rest: &[u8]) -> Option<Slot> {
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (views, partition) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    let views = ViewSet::named(std::str::from_utf8(views).ok()?);
    Some(Slot { stream: stream.into(), views, partition: u32::from_be_bytes(partition.try_into().ok()?) })
}

fn unavailable(action: &'static str, source: fjall::Error) -> StoreError {
    // After a write that failed half-way the database takes no more until it is opened anew.
    let action = match source {
        fjall::Error::Poisoned => "write any more: an earlier write failed; restart once the disk has room",
        _ => action,
    };
    StoreError::Unavailable { action, source: Box::new(source) }
}

#[cfg(test)]
mod tests {
    use super::super::contract;
    use super::*;

    fn open(dir: &tempfile::TempDir) -> (Database, EmbeddedStore) {
        let database = Database::builder(dir.path()).open().expect("open");
        let store = EmbeddedStore::open(&database).expect("open store");
        (database, store)
    }

    #[test]
    fn keeps_the_contract_of_a_store() {
        let dir = tempfile::tempdir().expect("folder");
        contract::online_store(&open(&dir).1);
    }

    #[test]
    fn keeps_the_contract_of_a_reader() {
        let dir = tempfile::tempdir().expect("folder");
        let store = open(&dir).1;
        contract::state_reader(&store, &store, contract::at_once);
    }

    #[test]
    fn the_persisted_form_of_a_slot_stays_as_it_is() {
        let hex: String = slot_key(&contract::slot("plays", 258)).iter().map(|byte| format!("{byte:02x}")).collect();
        // "plays", the hash over no views, 258
        assert_eq!(hex, "0005706c6179730010".to_owned() + "61663133343962396635663961316136" + "00000102");
    }

    #[test]
    fn what_was_flushed_is_there_after_a_restart() {
        let dir = tempfile::tempdir().expect("folder");
        let slot = contract::slot("restart", 3);
        let written = {
            let (_database, store) = open(&dir);
            let hold = store.claim(&slot, Claim([1; 16])).expect("claim").hold();
            let states = vec![(b"game".to_vec(), b"state".to_vec())];
            store.flush(&slot, hold, &Flush { folded: 4, states, ..Flush::default() }).expect("flush");
            store.record(&slot).expect("record")
        };
        let (_database, store) = open(&dir);
        assert_eq!(store.record(&slot).expect("record"), written);
        let hold = store.claim(&slot, Claim([2; 16])).expect("claim").hold();
        assert_eq!(store.get(&slot, hold, b"game").expect("get"), Some(b"state".to_vec()));
    }

    #[test]
    fn a_key_beyond_the_limit_is_refused_and_writes_nothing() {
        let dir = tempfile::tempdir().expect("folder");
        let (_database, store) = open(&dir);
        let slot = contract::slot("long", 0);
        let record = store.claim(&slot, Claim([1; 16])).expect("claim");
        let states = vec![(b"short".to_vec(), vec![1]), (vec![0; MAX_KEY_BYTES + 1], vec![2])];
        let refused = store.flush(&slot, record.hold(), &Flush { folded: 1, states, ..Flush::default() });
        assert!(matches!(refused, Err(StoreError::KeyTooLong { .. })));
        assert_eq!(store.record(&slot).expect("record"), Some(record.clone()));
        assert_eq!(store.get(&slot, record.hold(), b"short").expect("get"), None);
    }

    #[test]
    fn flushes_of_several_slots_are_written_together_or_not_at_all() {
        let dir = tempfile::tempdir().expect("folder");
        let (database, store) = open(&dir);
        let slots = [contract::slot("several", 0), contract::slot("several", 1)];
        let holds = slots.each_ref().map(|slot| store.claim(slot, Claim([1; 16])).expect("claim").hold());
        let flushes = |second| {
            [(0, holds[0]), (1, second)].map(|(i, hold)| SlotFlush {
                slot: slots[i].clone(),
                hold,
                flush: Flush { folded: 3, ..Flush::default() },
            })
        };
        let stale = Hold { number: 9, ..holds[1] };
        assert!(matches!(store.flush_with(database.batch(), &flushes(stale)), Err(StoreError::Refused { .. })));
        let folded = |slot| store.record(slot).expect("record").expect("claimed").folded;
        assert_eq!(slots.each_ref().map(folded), [0, 0]);
        let next = store.flush_with(database.batch(), &flushes(holds[1])).expect("flush");
        assert_eq!(next, holds.map(|hold| Hold { number: hold.number + 1, ..hold }));
        assert_eq!(slots.each_ref().map(folded), [3, 3]);
    }

    #[test]
    fn other_writes_to_the_database_are_committed_with_a_flush_or_not_at_all() {
        let dir = tempfile::tempdir().expect("folder");
        let (database, store) = open(&dir);
        let other = database.keyspace("other", KeyspaceCreateOptions::default).expect("keyspace");
        let slot = contract::slot("joint", 0);
        let stale = store.claim(&slot, Claim([1; 16])).expect("claim").hold();
        let hold = store.claim(&slot, Claim([2; 16])).expect("claim").hold();
        let batch = || {
            let mut batch = database.batch();
            batch.insert(&other, "output", "1");
            batch
        };
        let flush = Flush { folded: 1, ..Flush::default() };
        let flush = |hold| [SlotFlush { slot: slot.clone(), hold, flush: flush.clone() }];
        assert!(matches!(store.flush_with(batch(), &flush(stale)), Err(StoreError::Refused { .. })));
        assert!(other.get("output").expect("get").is_none());
        store.flush_with(batch(), &flush(hold)).expect("flush");
        assert!(other.get("output").expect("get").is_some());
    }
}
