//! A record in the spool: its length (u32) and the first eight bytes of its BLAKE3, both little-endian, then its JSON.

use crate::prediction_log::record::Record;

const HEAD: usize = 12;
/// No record is nearly as long: a length beyond it is damage.
const LONGEST: usize = 64 << 20;

/// Writing a record as JSON cannot fail; if it did the record would be left out.
pub(super) fn put(out: &mut Vec<u8>, record: &Record) {
    let Ok(json) = serde_json::to_vec(record) else { return };
    let Ok(length) = u32::try_from(json.len()) else { return };
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&checksum(&json));
    out.extend_from_slice(&json);
}

/// The first record of `bytes`, and how long it is; `None` where none is whole.
pub(super) fn first(bytes: &[u8]) -> Option<(Record, usize)> {
    let length = u32::from_le_bytes(*bytes.first_chunk()?) as usize;
    if length > LONGEST {
        return None;
    }
    let json = bytes.get(HEAD..HEAD + length)?;
    if bytes.get(4..HEAD)? != checksum(json) {
        return None;
    }
    Some((serde_json::from_slice(json).ok()?, HEAD + length))
}

/// How many of `bytes`, from their start, are whole records.
pub(super) fn whole(bytes: &[u8]) -> usize {
    let mut end = 0;
    while let Some((_, length)) = bytes.get(end..).and_then(first) {
        end += length;
    }
    end
}

fn checksum(json: &[u8]) -> [u8; 8] {
    let mut start = [0; 8];
    start.copy_from_slice(&blake3::hash(json).as_bytes()[..8]);
    start
}
