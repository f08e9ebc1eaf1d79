//! How deep a JSON text is nested, before anything parses it.

/// Deeper than any sensible event.
pub(super) const LIMIT: usize = 128;

/// True if objects and arrays are nested deeper than [`LIMIT`]. Of text that is no JSON the answer may be either.
pub(super) fn exceeds_limit(json: &str) -> bool {
    // Counting is many times faster than following the nesting, and settles nearly every event.
    let openings = json.bytes().filter(|b| matches!(b, b'{' | b'[')).count();
    openings > LIMIT && depth(json.as_bytes()) > LIMIT
}

fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'"' => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_nesting_counts() {
        assert!(!exceeds_limit(&"[".repeat(LIMIT)));
        assert!(exceeds_limit(&"[".repeat(LIMIT + 1)));
        assert!(exceeds_limit(&"{\"a\":".repeat(100_000)));
        assert!(!exceeds_limit(&"[],".repeat(1000)));
        assert!(!exceeds_limit(&format!("[\"{}\\\"{}\"]", "[".repeat(1000), "{".repeat(1000))));
    }
}
