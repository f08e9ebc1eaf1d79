//! Which seasons: `2024`, `2021-2024`, `2019,2021-2023`.

use std::collections::BTreeSet;
use std::str::FromStr;

/// One season or more, ascending, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seasons(BTreeSet<u16>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SeasonsError {
    #[error("`{0}` is no season: write a year of four digits, 2021-2024, or 2019,2021-2023")]
    NoSeason(String),
    #[error("{first}-{last} runs backwards")]
    Backwards { first: u16, last: u16 },
    #[error("play-by-play data begins with the season of {FIRST}")]
    TooEarly,
}

/// The first season of nflverse's play-by-play data.
const FIRST: u16 = 1999;

impl Seasons {
    pub(super) fn iter(&self) -> impl Iterator<Item = u16> {
        self.0.iter().copied()
    }
}

impl FromStr for Seasons {
    type Err = SeasonsError;

    fn from_str(text: &str) -> Result<Seasons, SeasonsError> {
        let mut seasons = BTreeSet::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (year(first)?, year(last)?);
            if first > last {
                return Err(SeasonsError::Backwards { first, last });
            }
            seasons.extend(first..=last);
        }
        Ok(Seasons(seasons))
    }
}

fn year(text: &str) -> Result<u16, SeasonsError> {
    let no_season = || SeasonsError::NoSeason(text.to_owned());
    if text.len() != 4 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(no_season());
    }
    let year: u16 = text.parse().map_err(|_| no_season())?;
    if year < FIRST { Err(SeasonsError::TooEarly) } else { Ok(year) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seasons(text: &str) -> Result<Vec<u16>, SeasonsError> {
        text.parse::<Seasons>().map(|seasons| seasons.iter().collect())
    }

    #[test]
    fn a_year_a_range_and_a_list_are_seasons() {
        assert_eq!(seasons("2024"), Ok(vec![2024]));
        assert_eq!(seasons("2021-2023"), Ok(vec![2021, 2022, 2023]));
        assert_eq!(seasons("2022,2019-2020,2022"), Ok(vec![2019, 2020, 2022]));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "24", "2021-", "2021..2024", "twenty", "2021-2024-2025", "+2024", "20245"] {
            assert!(matches!(seasons(text), Err(SeasonsError::NoSeason(_))), "{text}");
        }
        assert_eq!(seasons("2024-2021"), Err(SeasonsError::Backwards { first: 2024, last: 2021 }));
        assert_eq!(seasons("1998"), Err(SeasonsError::TooEarly));
    }
}
