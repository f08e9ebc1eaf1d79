//! The two seams, as commands.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use redis::{ConnectionLike, RedisResult};

use super::super::record::SlotRecord;
use super::super::seam::{Flush, MAX_KEY_BYTES, OnlineStore, Removal, StateReader, StoreError, check_length};
use super::super::slot::{Claim, Hold, Slot};
use super::names::{Names, RECORD, field, key_of};
use super::pool::{Pool, Target};
use super::problem::RedisProblem;
use super::reader::Reader;
use super::scripts::{CLAIM, FLUSH, Prepared, REMOVE};
use crate::project::RedisConnection;

/// So many states are asked for in one command, so that none holds up the server for long.
const READ_AT_ONCE: usize = 1_000;

/// As Redis tells them, one behind the other.
type KeyAndState = (Vec<u8>, Vec<u8>);

/// States and records in Redis. Worth sharing: connections are opened as they are needed.
#[derive(Debug)]
pub struct RedisStore {
    names: Names,
    pool: Pool,
    reader: Reader,
    claim: Prepared,
    flush: Prepared,
    remove: Prepared,
}

impl RedisStore {
    /// Connects once, and refuses a server that cannot keep states.
    pub fn open(connection: &RedisConnection) -> Result<RedisStore, RedisProblem> {
        let address = connection.address();
        let target =
            Target::new(connection).map_err(|source| RedisProblem::Unreachable { address: address.clone(), source })?;
        Ok(RedisStore {
            names: Names::new(connection.prefix.clone()),
            pool: Pool::new(target, address)?,
            reader: Reader::default(),
            claim: Prepared::new(CLAIM),
            flush: Prepared::new(FLUSH),
            remove: Prepared::new(REMOVE),
        })
    }

    fn ask<T>(
        &self,
        action: &'static str,
        call: impl FnOnce(&mut dyn ConnectionLike) -> RedisResult<T>,
    ) -> Result<T, StoreError> {
        self.pool.with(|connection| call(connection.as_like())).map_err(|problem| unavailable(action, problem))
    }
}

impl OnlineStore for RedisStore {
    fn record(&self, slot: &Slot) -> Result<Option<SlotRecord>, StoreError> {
        let name = self.names.slot(slot);
        let record: Option<Vec<u8>> =
            self.ask("read a record", |redis| redis::cmd("HGET").arg(name.as_str()).arg(RECORD).query(redis))?;
        record.map(|record| decode(slot, &record)).transpose()
    }

    fn claim(&self, slot: &Slot, claim: Claim) -> Result<SlotRecord, StoreError> {
        let fresh = SlotRecord::new(claim).encode();
        let arguments = |command: &mut redis::Cmd| {
            command.arg(&claim.0[..]).arg(fresh.as_slice());
        };
        let name = self.names.slot(slot);
        let record: Vec<u8> = self.ask("write a record", |redis| self.claim.run(redis, &name, arguments))?;
        decode(slot, &record)
    }

    fn get(&self, slot: &Slot, hold: Hold, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.get_many(slot, hold, &[key])?.pop().flatten())
    }

    fn get_many(&self, slot: &Slot, hold: Hold, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        for key in keys {
            check_length(key)?;
        }
        let (name, beginning) = (self.names.slot(slot), SlotRecord::beginning(hold));
        let mut states = Vec::with_capacity(keys.len());
        for keys in keys.chunks(READ_AT_ONCE) {
            let mut command = redis::cmd("HMGET");
            command.arg(name.as_str()).arg(RECORD);
            for key in keys {
                command.arg(field(key));
            }
            let answer: Vec<Option<Vec<u8>>> = self.ask("read states", |redis| command.query(redis))?;
            let mut answer = answer.into_iter();
            // Read by one command with the states: they are those of this very record.
            if !answer.next().flatten().is_some_and(|record| record.starts_with(&beginning)) {
                return Err(StoreError::Refused { slot: slot.clone() });
            }
            states.extend(answer);
        }
        Ok(states)
    }

    fn flush(&self, slot: &Slot, hold: Hold, flush: &Flush) -> Result<Hold, StoreError> {
        for (key, _) in &flush.states {
            check_length(key)?;
        }
        let (beginning, record) = (SlotRecord::beginning(hold), hold.record().flushed(flush));
        let arguments = |command: &mut redis::Cmd| {
            command.arg(beginning.as_slice()).arg(record.encode());
            for (key, state) in &flush.states {
                command.arg(field(key)).arg(state.as_slice());
            }
        };
        let name = self.names.slot(slot);
        let written: bool = self.ask("write states", |redis| self.flush.run(redis, &name, arguments))?;
        if !written {
            return Err(StoreError::Refused { slot: slot.clone() });
        }
        Ok(record.hold())
    }

    fn slots(&self, stream: &str) -> Result<Vec<(Slot, SlotRecord)>, StoreError> {
        let mut slots = BTreeMap::new();
        let visit = |name: Vec<u8>| {
            let name = String::from_utf8(name).ok();
            if let Some((slot, name)) = name.and_then(|name| Some((self.names.read(stream, &name)?, name))) {
                slots.insert(slot, name);
            }
        };
        let pattern = self.names.pattern(stream);
        self.pool
            .with(|connection| connection.names(&pattern, visit))
            .map_err(|problem| unavailable("list its slots", problem))?;
        let mut listed = Vec::with_capacity(slots.len());
        for slot in slots.into_keys() {
            // One may have gone in the meantime.
            if let Some(record) = self.record(&slot)? {
                listed.push((slot, record));
            }
        }
        Ok(listed)
    }

    fn remove(&self, slot: &Slot, hold: Hold, limit: usize) -> Result<Removal, StoreError> {
        let (beginning, record) = (SlotRecord::beginning(hold), hold.record().emptied());
        let arguments = |command: &mut redis::Cmd| {
            command.arg(beginning.as_slice()).arg(record.encode()).arg(limit);
        };
        let name = self.names.slot(slot);
        let answer: u8 = self.ask("remove states", |redis| self.remove.run(redis, &name, arguments))?;
        match answer {
            0 => Err(StoreError::Refused { slot: slot.clone() }),
            1 => Ok(Removal::Begun(record.hold())),
            _ => Ok(Removal::Done),
        }
    }

    /// Holds the whole slot in memory, for its order.
    fn scan(&self, slot: &Slot, visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        let name = self.names.slot(slot);
        let mut states = BTreeMap::new();
        let mut cursor = 0_u64;
        loop {
            let (next, found): (u64, Vec<KeyAndState>) = self.ask("read states", |redis| {
                redis::cmd("HSCAN").arg(name.as_str()).arg(cursor).arg("COUNT").arg(READ_AT_ONCE).query(redis)
            })?;
            states.extend(found);
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        for (field, state) in &states {
            if let Some(key) = key_of(field) {
                visit(key, state);
            }
        }
        Ok(())
    }
}

impl StateReader for RedisStore {
    /// One HGET.
    fn state<'a>(&'a self, slot: &'a Slot, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(async move {
            if key.len() > MAX_KEY_BYTES {
                return Ok(None);
            }
            let mut command = redis::cmd("HGET");
            command.arg(self.names.slot(slot)).arg(field(key));
            let read = self.reader.read(self.pool.target(), &command).await;
            read.map_err(|source| unavailable("read a state", self.pool.unreachable(source)))
        })
    }
}

fn decode(slot: &Slot, record: &[u8]) -> Result<SlotRecord, StoreError> {
    SlotRecord::decode(record).map_err(|source| StoreError::Corrupt { slot: slot.clone(), source })
}

fn unavailable(action: &'static str, problem: RedisProblem) -> StoreError {
    StoreError::Unavailable { action, source: Box::new(problem) }
}
