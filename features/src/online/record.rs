//! The record of a partition's slot, and its persisted form.

use super::slot::{Claim, Hold};
use crate::value::Micros;

/// What became of the events that a slot's states hold. Written with the states, so no crash counts an event twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counters {
    pub accepted: u64,
    pub late: u64,
    pub duplicate: u64,
    pub future: u64,
    /// Not decodable, a required field missing, a check failed, no event time, or in a partition that is not its key's.
    pub invalid: u64,
    /// Published, over all endpoints.
    pub predictions: u64,
    /// View rows for an endpoint that had no model version at the time.
    pub unserved: u64,
}

impl Counters {
    /// Both together.
    pub fn plus(&self, other: &Counters) -> Counters {
        Counters {
            accepted: self.accepted + other.accepted,
            late: self.late + other.late,
            duplicate: self.duplicate + other.duplicate,
            future: self.future + other.future,
            invalid: self.invalid + other.invalid,
            predictions: self.predictions + other.predictions,
            unserved: self.unserved + other.unserved,
        }
    }

    /// What has been counted since `before`.
    pub fn since(&self, before: &Counters) -> Counters {
        Counters {
            accepted: self.accepted.saturating_sub(before.accepted),
            late: self.late.saturating_sub(before.late),
            duplicate: self.duplicate.saturating_sub(before.duplicate),
            future: self.future.saturating_sub(before.future),
            invalid: self.invalid.saturating_sub(before.invalid),
            predictions: self.predictions.saturating_sub(before.predictions),
            unserved: self.unserved.saturating_sub(before.unserved),
        }
    }
}

/// The record of a slot: who writes it, and up to where its states have folded the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotRecord {
    pub claim: Claim,
    /// Grows by one with every claim and every flush.
    pub number: u64,
    /// The first offset that the states do not hold: L + 1 of the protocol.
    pub folded: u64,
    /// The newest event time accepted in the partition; less the lateness it is the watermark.
    pub newest: Option<Micros>,
    pub counters: Counters,
}

/// A record that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    #[error("the record has {found} bytes, not {expected}")]
    Length { found: usize, expected: usize },
    #[error("the record has format version {found}; this binary reads {supported}")]
    Version { found: u8, supported: u8 },
}

const VERSION: u8 = 1;
/// Version, claim, then ten numbers of 8 bytes, big-endian, of which `newest` is preceded by a byte that says whether
/// it is there.
const LENGTH: usize = 1 + 16 + 8 + 8 + 1 + 8 + 7 * 8;

impl SlotRecord {
    /// The record of a slot that nobody has claimed before: nothing folded.
    pub fn new(claim: Claim) -> SlotRecord {
        SlotRecord { claim, number: 0, folded: 0, newest: None, counters: Counters::default() }
    }

    pub fn hold(&self) -> Hold {
        Hold { claim: self.claim, number: self.number }
    }

    /// What every record begins with that holds this: version, claim and write number. A store that compares bytes can
    /// tell an owner by it.
    #[cfg(feature = "redis")]
    pub(super) fn beginning(hold: Hold) -> Vec<u8> {
        let mut out = vec![VERSION];
        out.extend_from_slice(&hold.claim.0);
        out.extend_from_slice(&hold.number.to_be_bytes());
        out
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(LENGTH);
        out.push(VERSION);
        out.extend_from_slice(&self.claim.0);
        out.extend_from_slice(&self.number.to_be_bytes());
        out.extend_from_slice(&self.folded.to_be_bytes());
        out.push(u8::from(self.newest.is_some()));
        out.extend_from_slice(&self.newest.unwrap_or_default().to_be_bytes());
        let Counters { accepted, late, duplicate, future, invalid, predictions, unserved } = self.counters;
        for counter in [accepted, late, duplicate, future, invalid, predictions, unserved] {
            out.extend_from_slice(&counter.to_be_bytes());
        }
        out
    }

    pub fn decode(bytes: &[u8]) -> Result<SlotRecord, RecordError> {
        let found = bytes.first().copied().unwrap_or_default();
        if found != VERSION && !bytes.is_empty() {
            return Err(RecordError::Version { found, supported: VERSION });
        }
        let length = RecordError::Length { found: bytes.len(), expected: LENGTH };
        if bytes.len() != LENGTH {
            return Err(length);
        }
        let mut rest = &bytes[1..];
        let claim = Claim(*take(&mut rest).ok_or(length)?);
        let mut number = || take(&mut rest).map(|b| u64::from_be_bytes(*b)).ok_or(length);
        let (write_number, folded) = (number()?, number()?);
        let [present] = *take(&mut rest).ok_or(length)?;
        let newest = i64::from_be_bytes(*take(&mut rest).ok_or(length)?);
        let mut number = || take(&mut rest).map(|b| u64::from_be_bytes(*b)).ok_or(length);
        let counters = Counters {
            accepted: number()?,
            late: number()?,
            duplicate: number()?,
            future: number()?,
            invalid: number()?,
            predictions: number()?,
            unserved: number()?,
        };
        Ok(SlotRecord { claim, number: write_number, folded, newest: (present != 0).then_some(newest), counters })
    }
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> SlotRecord {
        SlotRecord {
            claim: Claim([7; 16]),
            number: 3,
            folded: 1_000,
            newest: Some(-5),
            counters: Counters {
                accepted: 1,
                late: 2,
                duplicate: 3,
                future: 4,
                invalid: 5,
                predictions: 6,
                unserved: 258,
            },
        }
    }

    #[test]
    fn the_persisted_form_stays_as_it_is() {
        let golden = "0107070707070707070707070707070707000000000000000300000000000003e801fffffffffffffffb\
                      0000000000000001000000000000000200000000000000030000000000000004000000000000000500\
                      000000000000060000000000000102";
        let hex: String = record().encode().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, golden.replace(char::is_whitespace, ""));
    }

    #[test]
    fn a_record_reads_back_as_it_was_written() {
        assert_eq!(SlotRecord::decode(&record().encode()), Ok(record()));
        let empty = SlotRecord::new(Claim([0; 16]));
        assert_eq!(SlotRecord::decode(&empty.encode()), Ok(empty));
    }

    #[test]
    fn a_record_cut_short_or_from_the_future_is_refused() {
        let bytes = record().encode();
        for cut in 0..bytes.len() {
            assert!(SlotRecord::decode(&bytes[..cut]).is_err(), "{cut} bytes were taken for a record");
        }
        let mut newer = bytes;
        newer[0] = 2;
        assert_eq!(SlotRecord::decode(&newer), Err(RecordError::Version { found: 2, supported: 1 }));
    }
}
