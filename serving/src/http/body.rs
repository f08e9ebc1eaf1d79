//! A request's body, whole and checked: JSON by its media type, not too large, UTF-8, not nested too deeply.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::error::HttpError;

/// As deep as any event or request may nest.
const DEPTH: usize = 64;

/// A body that is UTF-8 and nests no deeper than [`DEPTH`].
#[derive(Debug)]
pub(super) struct JsonBody(Bytes);

impl JsonBody {
    /// Reads no further than `limit` bytes.
    pub(super) async fn read(request: Request<Body>, limit: usize) -> Result<JsonBody, HttpError> {
        let (head, body) = request.into_parts();
        if !is_json(&head.headers) {
            return Err(HttpError::MediaType);
        }
        let announced = head.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| limit < length) {
            return Err(HttpError::TooLarge { limit });
        }
        let bytes = Limited::new(body, limit).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() { HttpError::TooLarge { limit } } else { HttpError::BodyInterrupted }
        })?;
        JsonBody::check(bytes.to_bytes())
    }

    pub(super) fn check(bytes: Bytes) -> Result<JsonBody, HttpError> {
        let text = std::str::from_utf8(&bytes).map_err(|error| HttpError::NotUtf8 { at: error.valid_up_to() })?;
        if nests_deeper_than(DEPTH, text) {
            return Err(HttpError::TooDeep { limit: DEPTH });
        }
        Ok(JsonBody(bytes))
    }

    pub(super) fn text(&self) -> &str {
        // Checked when it was made; checking again costs less than an unsafe would.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// `application/json` or `…+json`, with or without parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let media_type = value.split(';').next().unwrap_or_default().trim();
    let ends_with = |suffix: &str| {
        media_type
            .len()
            .checked_sub(suffix.len())
            .is_some_and(|at| media_type.is_char_boundary(at) && media_type[at..].eq_ignore_ascii_case(suffix))
    };
    media_type.eq_ignore_ascii_case("application/json") || ends_with("+json")
}

/// Counts brackets outside strings, on text that need not be JSON.
fn nests_deeper_than(limit: usize, text: &str) -> bool {
    let opening = text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count();
    if opening <= limit {
        return false;
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                if limit < depth {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_outside_strings() {
        assert!(!nests_deeper_than(2, r#"[["[[[["], [1], {"a": "\"[["}]"#));
        assert!(nests_deeper_than(2, "[[[]]]"));
        assert!(!nests_deeper_than(64, &"[".repeat(64)));
        assert!(nests_deeper_than(64, &"{".repeat(65)));
    }

    #[test]
    fn json_is_told_by_its_media_type() {
        let is = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, axum::http::HeaderValue::from_static(value));
            is_json(&headers)
        };
        assert!(is("application/json") && is("Application/JSON; charset=utf-8") && is("application/vnd.api+json"));
        assert!(!is("text/plain") && !is("application/x-www-form-urlencoded") && !is("") && !is("json"));
        assert!(!is_json(&HeaderMap::new()));
    }
}
