//! JSON documents: one message each, or an array of messages; plain or gzip.

use std::io::{BufRead, Read};
use std::sync::Arc;

use serde_json::value::RawValue;

use super::events::{BYTE_ORDER_MARK, Events};
use super::{Part, TICK, text_fault};
use crate::batch::error::FileFault;
use crate::schema::Stream;

/// A file is read as a whole.
pub(in crate::batch) const LARGEST: u64 = 1 << 30;

pub(super) fn read(stream: &Arc<Stream>, source: impl BufRead, tick: &(dyn Fn(u64) + Sync)) -> Result<Part, FileFault> {
    let text = whole(source, LARGEST)?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
    let text = std::str::from_utf8(text).map_err(|_| FileFault::NotUtf8 { row: 1 })?;
    let mut events = Events::new(stream);
    let mut row = 0;
    let mut add = |message: &RawValue| {
        row += 1;
        events.add(row, message.get().as_bytes());
        if row % TICK == 0 {
            tick(TICK);
        }
    };
    for document in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        let document = document.map_err(fault)?;
        if document.get().starts_with('[') {
            let messages: Vec<&RawValue> = serde_json::from_str(document.get()).map_err(fault)?;
            messages.into_iter().for_each(&mut add);
        } else {
            add(document);
        }
    }
    if row == 0 && text.trim().is_empty() {
        return Err(FileFault::Empty);
    }
    tick(row % TICK);
    Ok(events.finish())
}

/// All of a document, unless it is larger than so many bytes.
pub(in crate::batch) fn whole(source: impl Read, largest: u64) -> Result<Vec<u8>, FileFault> {
    let mut text = Vec::new();
    source.take(largest.saturating_add(1)).read_to_end(&mut text).map_err(text_fault)?;
    if text.len() as u64 > largest {
        let reason = format!("a JSON document of more than {} MB: write JSON lines, a message a line", largest >> 20);
        return Err(FileFault::Damaged { reason });
    }
    Ok(text)
}

fn fault(error: serde_json::Error) -> FileFault {
    match error.is_eof() {
        true => FileFault::CutOff,
        false => FileFault::Damaged { reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::fixture;
    use crate::value::Value;

    fn points(text: impl AsRef<[u8]>) -> Result<(Vec<Value>, Vec<u64>, usize), FileFault> {
        let part = read(&fixture::stream(), text.as_ref(), &|_| ())?;
        let points = (0..part.places.len()).map(|row| part.columns[2].value(row)).collect();
        Ok((points, part.places, part.rejects.len()))
    }

    const ONE: &str = r#"{ "match_id": "a",
        "seq": 1, "points": 7 }"#;

    #[test]
    fn a_document_is_a_message_or_an_array_of_them() {
        let two = r#"{"match_id":"a","seq":2,"points":8}"#;
        let expected = (vec![Value::Int(7), Value::Int(8)], vec![1, 2], 0);
        assert_eq!(points(format!("[{ONE},{two}]")).unwrap(), expected);
        assert_eq!(points(format!("{ONE}\n{two}\n")).unwrap(), expected);
        assert_eq!(points(format!("\u{feff}{ONE}")).unwrap(), (vec![Value::Int(7)], vec![1], 0));
        assert_eq!(points("[]").unwrap(), (vec![], vec![], 0));
    }

    #[test]
    fn a_message_that_is_no_event_is_rejected_alone() {
        assert_eq!(points(format!("[1, {ONE}, {{}}]")).unwrap(), (vec![Value::Int(7)], vec![2], 2));
    }

    #[test]
    fn a_document_that_is_too_large_is_refused() {
        assert_eq!(whole(&b"[1]"[..], 3).unwrap(), b"[1]");
        assert!(matches!(whole(&b"[1] "[..], 3), Err(FileFault::Damaged { .. })));
    }

    #[test]
    fn what_is_no_json_refuses_the_file() {
        assert!(matches!(points(""), Err(FileFault::Empty)));
        assert!(matches!(points(&ONE[..20]), Err(FileFault::CutOff)));
        assert!(matches!(points("{]"), Err(FileFault::Damaged { .. })));
        assert!(matches!(points([b'"', 0xff, b'"']), Err(FileFault::NotUtf8 { .. })));
    }
}
