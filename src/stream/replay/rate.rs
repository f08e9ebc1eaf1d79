//! `--rate`

use std::str::FromStr;
use std::time::Duration;

/// How fast each key's events follow each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Rate {
    /// As fast as they go.
    Max,
    /// The time from one event of a key to its next.
    Every(Duration),
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a number of events a second such as 2/s, or max")]
pub(super) struct NoRate;

impl FromStr for Rate {
    type Err = NoRate;

    fn from_str(text: &str) -> Result<Rate, NoRate> {
        if text == "max" {
            return Ok(Rate::Max);
        }
        let number: f64 = text.strip_suffix("/s").unwrap_or(text).parse().map_err(|_| NoRate)?;
        if !(1e-6..=1e6).contains(&number) {
            return Err(NoRate);
        }
        Ok(Rate::Every(Duration::from_secs_f64(1.0 / number)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_a_second_or_max() {
        assert_eq!("max".parse(), Ok(Rate::Max));
        assert_eq!("2/s".parse(), Ok(Rate::Every(Duration::from_millis(500))));
        assert_eq!("0.5".parse(), Ok(Rate::Every(Duration::from_secs(2))));
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in ["", "fast", "0/s", "-1/s", "2/m", "NaN", "inf", "1e9/s"] {
            assert_eq!(text.parse::<Rate>(), Err(NoRate), "{text}");
        }
    }
}
