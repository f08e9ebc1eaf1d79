//! How slots and states are called in Redis.

use std::fmt::Write;

use smol_str::SmolStr;

use super::super::slot::{Slot, ViewSet};

/// The field of a slot's hash that holds its record.
pub(super) const RECORD: &[u8] = b"r";

/// The field of a key's state: no key, the empty one neither, is taken for the record.
pub(super) fn field(key: &[u8]) -> Vec<u8> {
    let mut field = Vec::with_capacity(1 + key.len());
    field.push(b'k');
    field.extend_from_slice(key);
    field
}

/// The key whose state a field holds; `None` for the record.
pub(super) fn key_of(field: &[u8]) -> Option<&[u8]> {
    field.strip_prefix(b"k")
}

/// Names of slots, under a prefix of their own.
#[derive(Debug, Clone)]
pub(super) struct Names {
    prefix: SmolStr,
}

impl Names {
    pub(super) fn new(prefix: SmolStr) -> Names {
        Names { prefix: plain(&prefix).into() }
    }

    /// `PREFIX:{STREAM/PARTITION}:VIEWS`
    pub(super) fn slot(&self, slot: &Slot) -> String {
        format!("{}{}}}:{}", self.stream(&slot.stream), slot.partition, slot.views.as_str())
    }

    /// Matches the names of all slots of a stream: nothing in a name is special in a pattern.
    pub(super) fn pattern(&self, stream: &str) -> String {
        format!("{}*}}:*", self.stream(stream))
    }

    /// The slot of a stream that is called `name`.
    pub(super) fn read(&self, stream: &str, name: &str) -> Option<Slot> {
        let rest = name.strip_prefix(&self.stream(stream))?;
        let (partition, views) = rest.split_once("}:")?;
        Some(Slot { stream: stream.into(), views: ViewSet::named(views), partition: partition.parse().ok()? })
    }

    fn stream(&self, stream: &str) -> String {
        format!("{}:{{{}/", self.prefix, plain(stream))
    }
}

/// The text without anything that a name or a pattern gives a meaning to.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') {
            out.push(char::from(byte));
        } else {
            // A String takes whatever is written.
            let _ = write!(out, "%{byte:02x}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::super::contract;
    use super::*;

    fn names() -> Names {
        Names::new("nfl".into())
    }

    #[test]
    fn the_persisted_names_stay_as_they_are() {
        assert_eq!(names().slot(&contract::slot("plays", 258)), "nfl:{plays/258}:af1349b9f5f9a1a6");
        assert_eq!(names().pattern("plays"), "nfl:{plays/*}:*");
        assert_eq!((field(b""), field(b"r")), (b"k".to_vec(), b"kr".to_vec()));
    }

    #[test]
    fn a_name_reads_back_and_is_no_other_streams() {
        let slot = contract::slot("a stream/of {braces}*", 7);
        let name = names().slot(&slot);
        assert_eq!(name.matches(['{', '}']).count(), 2, "{name}");
        assert_eq!(names().read(&slot.stream, &name), Some(slot));
        for other in ["a stream", "a stream/of {braces}", ""] {
            assert_eq!(names().read(other, &name), None);
        }
        assert_eq!(Names::new("lol".into()).read("plays", &names().slot(&contract::slot("plays", 1))), None);
    }
}
