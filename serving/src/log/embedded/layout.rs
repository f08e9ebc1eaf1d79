//! Keys and small values of the embedded log, all numbers big-endian:
//! * `topics`: name → id (u32), partitions (u32);
//! * `log`: topic id, partition (u32 each), last offset (u64) → a record batch. Under its last offset, so that the batch
//!   which holds an offset is the first at or after it;
//! * `offsets`: length of the group (u16), group, topic id, partition → epoch, offset (u64 each);
//! * `producers`: producer id (16 bytes) → number of its last append (u64).

use crate::log::rules::Position;

pub(super) fn encode_topic(id: u32, partitions: u32) -> Vec<u8> {
    [id.to_be_bytes(), partitions.to_be_bytes()].concat()
}

/// Id and partitions.
pub(super) fn decode_topic(value: &[u8]) -> Option<(u32, u32)> {
    let (id, partitions) = value.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*id), u32::from_be_bytes(partitions.try_into().ok()?)))
}

pub(super) fn log_key(topic: u32, partition: u32, last: u64) -> [u8; 16] {
    let mut key = [0; 16];
    key[..4].copy_from_slice(&topic.to_be_bytes());
    key[4..8].copy_from_slice(&partition.to_be_bytes());
    key[8..].copy_from_slice(&last.to_be_bytes());
    key
}

pub(super) fn last_offset(key: &[u8]) -> u64 {
    key.last_chunk::<8>().map_or(u64::MAX, |bytes| u64::from_be_bytes(*bytes))
}

pub(super) fn offset_key(group: &str, topic: u32, partition: u32) -> Vec<u8> {
    let group = group.as_bytes();
    // A group is a short name of our own; of a longer one the start is taken.
    let length = u16::try_from(group.len()).unwrap_or(u16::MAX);
    let mut key = length.to_be_bytes().to_vec();
    key.extend_from_slice(&group[..usize::from(length)]);
    key.extend_from_slice(&topic.to_be_bytes());
    key.extend_from_slice(&partition.to_be_bytes());
    key
}

pub(super) fn encode_position(position: Position) -> Vec<u8> {
    [position.epoch.to_be_bytes(), position.offset.to_be_bytes()].concat()
}

pub(super) fn decode_position(value: &[u8]) -> Option<Position> {
    let (epoch, offset) = value.split_first_chunk::<8>()?;
    Some(Position { epoch: u64::from_be_bytes(*epoch), offset: u64::from_be_bytes(offset.try_into().ok()?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_persisted_forms_stay_as_they_are() {
        assert_eq!(hex(&encode_topic(3, 4)), "0000000300000004");
        assert_eq!(hex(&log_key(3, 2, 258)), "00000003000000020000000000000102");
        assert_eq!(hex(&offset_key("worker", 3, 2)), "0006776f726b65720000000300000002");
        assert_eq!(hex(&encode_position(Position { epoch: 1, offset: 258 })), "00000000000000010000000000000102");
    }

    #[test]
    fn what_was_written_reads_back() {
        let position = Position { epoch: 7, offset: u64::MAX };
        assert_eq!(decode_position(&encode_position(position)), Some(position));
        assert_eq!(decode_topic(&encode_topic(1, 2)), Some((1, 2)));
        assert_eq!(last_offset(&log_key(1, 2, 9)), 9);
    }

    #[test]
    fn a_value_cut_short_is_none() {
        assert_eq!(decode_position(&[0; 15]), None);
        assert_eq!(decode_topic(&[0; 7]), None);
    }
}
