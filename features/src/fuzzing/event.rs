//! The event decoder.

use super::sample;
use crate::event::EventDecoder;

/// One event a line. What was decoded before makes no difference, and a decoded event is valid.
pub fn event(bytes: &[u8]) {
    let mut used = EventDecoder::new(sample::stream().clone());
    for line in bytes.split(|byte| *byte == b'\n') {
        let fresh = EventDecoder::new(sample::stream().clone()).decode(line);
        let decoded = used.decode(line);
        assert_eq!(decoded, fresh, "another answer after other events");
        match decoded {
            Ok(event) => assert_eq!(used.validate(event.fields.clone()), Ok(event)),
            Err(invalid) => assert!(!invalid.reason.is_empty(), "refused without a reason"),
        }
    }
}
