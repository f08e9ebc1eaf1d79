/// Why a file holds no match and no timeline. Places are written as in `info.frames[3].timestamp`.
#[derive(Debug, thiserror::Error)]
pub(in crate::data) enum RiotError {
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("is no JSON, or was cut short: {0}")]
    NoJson(#[from] serde_json::Error),
    #[error("is empty")]
    Empty,
    #[error("is no match but Riot's answer {code}: {message}")]
    Refusal { code: i64, message: String },
    #[error("is neither a match nor a timeline of match-v5: it has no {place}")]
    OtherShape { place: &'static str },
    #[error("has metadata.dataVersion `{found}`, and this clutch reads match-v5 data of version 2")]
    OtherVersion { found: String },
    #[error("lacks {place}")]
    Missing { place: String },
    #[error("has {found} at {place}, where {expected} belongs")]
    WrongType { place: String, expected: &'static str, found: &'static str },
    #[error("is at odds with itself: {reason} ({place})")]
    AtOdds { place: String, reason: &'static str },
}
