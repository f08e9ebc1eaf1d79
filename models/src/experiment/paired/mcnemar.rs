use statrs::distribution::{Binomial, DiscreteCDF};

use crate::experiment::moments::number;

/// Where only one of the two called the outcome rightly.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct McNemar {
    pub only_champion_right: u64,
    pub only_challenger_right: u64,
    pub both_right: u64,
    pub both_wrong: u64,
    /// McNemar 1947, exact: as if requests were independent of each other. Where units have many, the interval of the
    /// accuracy's difference is the one to go by.
    pub p_value: f64,
}

impl McNemar {
    pub(super) fn new(table: [[u64; 2]; 2]) -> McNemar {
        let [[both_wrong, only_challenger_right], [only_champion_right, both_right]] = table;
        let (fewer, all) =
            (only_champion_right.min(only_challenger_right), only_champion_right + only_challenger_right);
        // At even odds the two tails are alike, and meet where the counts are equal.
        let p_value = match Binomial::new(0.5, all) {
            Ok(even) if 0 < all && 2 * fewer != all => (2.0 * even.cdf(fewer)).min(1.0),
            _ => 1.0,
        };
        McNemar { only_champion_right, only_challenger_right, both_right, both_wrong, p_value }
    }

    /// Of the requests with an outcome.
    pub fn rows(&self) -> f64 {
        number(self.only_champion_right + self.only_challenger_right + self.both_right + self.both_wrong)
    }
}
