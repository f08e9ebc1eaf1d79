//! Points in time inside persisted files: microseconds in memory, RFC 3339 in UTC on disk.

use chrono::{DateTime, SecondsFormat, Utc};
use features::value::Micros;

/// `2025-02-09T23:30:00.000000Z`. A time that the calendar cannot hold (beyond year ±262,000) prints as its nearest end.
pub fn rfc3339(at: Micros) -> String {
    calendar(at).to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// `2025-02-09 23:30:00.000000`, in UTC: how MLflow writes times.
pub fn mlflow(at: Micros) -> String {
    calendar(at).format("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

fn calendar(at: Micros) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at).unwrap_or(if at < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    })
}

/// For `#[serde(with = "crate::timestamp::serde_rfc3339")]` on a [`Micros`] field.
pub(crate) mod serde_rfc3339 {
    use chrono::DateTime;
    use features::value::Micros;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(at: &Micros, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::rfc3339(*at))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Micros, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(DateTime::parse_from_rfc3339(&text).map_err(D::Error::custom)?.timestamp_micros())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_print_in_utc_with_microseconds() {
        assert_eq!(rfc3339(1_739_143_800_000_001), "2025-02-09T23:30:00.000001Z");
        assert_eq!(mlflow(1_739_143_800_000_001), "2025-02-09 23:30:00.000001");
    }

    #[test]
    fn no_time_is_too_far_to_print() {
        assert!(rfc3339(Micros::MAX).starts_with("+262142"));
        assert!(rfc3339(Micros::MIN).starts_with("-262143"));
    }
}
