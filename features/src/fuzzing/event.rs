//! The event decoder.

use std::sync::Arc;

use super::sample;
use crate::event::{Event, EventDecoder, Invalid};
use crate::schema::{MAX_ELEMENTS, Stream};

/// One message a line. What was decoded before makes no difference, a decoded event is valid, and the one event of a
/// message is the only one of its events.
pub fn event(bytes: &[u8]) {
    for stream in [sample::stream(), sample::exploded()] {
        let mut used = EventDecoder::new(Arc::clone(stream));
        for line in bytes.split(|byte| *byte == b'\n') {
            message(stream, &mut used, line);
        }
    }
}

fn message(stream: &Arc<Stream>, used: &mut EventDecoder, line: &[u8]) {
    let events = each(used, line);
    assert_eq!(events, each(&mut EventDecoder::new(Arc::clone(stream)), line), "another answer after other events");
    let indices: Vec<u32> = events.iter().filter_map(|(index, _)| *index).collect();
    assert!(indices.is_sorted_by(|a, b| a < b), "elements out of order: {indices:?}");
    assert!(indices.iter().all(|index| *index < MAX_ELEMENTS), "more elements than are allowed");
    let one = used.decode(line);
    match events.as_slice() {
        [(_, only)] => assert_eq!(&one, only, "the only event is another"),
        _ => assert!(one.is_err(), "one event of {}", events.len()),
    }
    for (_, decoded) in events {
        match decoded {
            Ok(event) => assert_eq!(used.validate(event.fields.clone()), Ok(event)),
            Err(invalid) => assert!(!invalid.reason.is_empty(), "refused without a reason"),
        }
    }
}

/// The events of a message, each with its element's index.
fn each(decoder: &mut EventDecoder, line: &[u8]) -> Vec<(Option<u32>, Result<Event, Invalid>)> {
    let mut events = Vec::new();
    decoder.decode_each(line, |element, event| events.push((element.map(|element| element.index), event)));
    events
}
