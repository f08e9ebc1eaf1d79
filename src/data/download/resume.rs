//! What an answer means for the part of a file that is already here. Decides only; `fetch` acts.

/// Which version of a file a partial download is of: kept beside it, so that parts of two versions are never joined.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Version {
    /// A strong ETag, or else the date of the last change, as the server gave it.
    pub(super) validator: Option<String>,
    /// The whole file's length in bytes.
    pub(super) length: Option<u64>,
}

impl Version {
    /// A weak ETag does not promise equal bytes.
    pub(super) fn new(etag: Option<&str>, last_modified: Option<&str>, length: Option<u64>) -> Version {
        let strong = etag.filter(|etag| !etag.starts_with("W/"));
        Version { validator: strong.or(last_modified).map(str::to_owned), length }
    }
}

/// The parts of an answer that matter here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_length: Option<u64>,
    pub(super) content_range: Option<ContentRange>,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
}

/// `Content-Range: bytes FIRST-LAST/LENGTH`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ContentRange {
    pub(super) first: u64,
    pub(super) length: Option<u64>,
}

impl ContentRange {
    pub(super) fn parse(text: &str) -> Option<ContentRange> {
        let (range, length) = text.strip_prefix("bytes ")?.split_once('/')?;
        let (first, _) = range.split_once('-')?;
        Some(ContentRange { first: first.parse().ok()?, length: length.parse().ok() })
    }
}

/// What to do with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Its body goes behind the `have` bytes that are here.
    Append(Version),
    /// Its body is the whole file.
    Restart(Version),
    /// The file was here in full.
    Complete,
    /// Forget what is here and ask for the whole file.
    Discard,
    NotFound,
    /// The server cannot now; it may later.
    Later,
    Refused,
}

/// `have`: bytes that are here, of the version `known`.
pub(super) fn step(answer: &Answer, have: u64, known: &Version) -> Step {
    let version = |length| Version::new(answer.etag.as_deref(), answer.last_modified.as_deref(), length);
    match answer.status {
        200 => Step::Restart(version(answer.content_length)),
        206 => match answer.content_range {
            Some(range) if range.first == have && continues(known, &version(range.length)) => {
                Step::Append(Version { length: range.length.or(known.length), ..known.clone() })
            }
            _ => Step::Discard,
        },
        416 if have > 0 && known.length == Some(have) => Step::Complete,
        416 if have > 0 => Step::Discard,
        404 | 410 => Step::NotFound,
        408 | 425 | 429 | 500..=599 => Step::Later,
        _ => Step::Refused,
    }
}

/// True unless the answer shows that it is of another version.
fn continues(known: &Version, answered: &Version) -> bool {
    fn agree<T: PartialEq>(a: &Option<T>, b: &Option<T>) -> bool {
        a.as_ref().zip(b.as_ref()).is_none_or(|(a, b)| a == b)
    }
    agree(&known.validator, &answered.validator) && agree(&known.length, &answered.length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Version {
        Version::new(Some("\"v1\""), None, Some(100))
    }

    fn partial(range: &str, etag: &str) -> Answer {
        Answer {
            status: 206,
            content_range: ContentRange::parse(range),
            etag: Some(etag.to_owned()),
            ..Answer::default()
        }
    }

    #[test]
    fn the_rest_of_the_same_version_is_appended() {
        assert_eq!(step(&partial("bytes 40-99/100", "\"v1\""), 40, &known()), Step::Append(known()));
    }

    #[test]
    fn the_rest_of_another_version_is_not() {
        assert_eq!(step(&partial("bytes 40-99/100", "\"v2\""), 40, &known()), Step::Discard);
        assert_eq!(step(&partial("bytes 40-119/120", "\"v1\""), 40, &known()), Step::Discard);
    }

    #[test]
    fn another_range_than_the_one_asked_for_is_not_appended() {
        assert_eq!(step(&partial("bytes 0-99/100", "\"v1\""), 40, &known()), Step::Discard);
        assert_eq!(step(&partial("nonsense", "\"v1\""), 40, &known()), Step::Discard);
    }

    #[test]
    fn the_whole_file_starts_over() {
        let answer = Answer { status: 200, content_length: Some(7), ..Answer::default() };
        assert_eq!(step(&answer, 40, &known()), Step::Restart(Version { validator: None, length: Some(7) }));
    }

    #[test]
    fn a_range_that_cannot_be_satisfied_means_complete_or_wrong() {
        let answer = Answer { status: 416, ..Answer::default() };
        assert_eq!(step(&answer, 100, &known()), Step::Complete);
        assert_eq!(step(&answer, 101, &known()), Step::Discard);
        assert_eq!(step(&answer, 0, &Version::default()), Step::Refused);
    }

    #[test]
    fn other_answers_are_final_or_may_pass() {
        let status = |status| step(&Answer { status, ..Answer::default() }, 0, &Version::default());
        assert_eq!([404, 410].map(status), [Step::NotFound, Step::NotFound]);
        assert_eq!([429, 500, 503].map(status), [Step::Later, Step::Later, Step::Later]);
        assert_eq!([401, 403, 204].map(status), [Step::Refused, Step::Refused, Step::Refused]);
    }

    #[test]
    fn a_weak_etag_validates_nothing() {
        assert_eq!(Version::new(Some("W/\"v1\""), Some("yesterday"), None).validator.as_deref(), Some("yesterday"));
    }
}
