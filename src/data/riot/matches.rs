//! A match, as `/lol/match/v5/matches/{matchId}` answers it.

use super::place::Place;
use super::{RiotError, Side};
use crate::data::lol::{MatchResult, Totals};

#[derive(Debug, Clone, PartialEq)]
pub(in crate::data) struct Match {
    pub(super) result: MatchResult,
    pub(super) participants: Vec<Participant>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Participant {
    pub(super) id: i64,
    pub(super) side: Side,
    pub(super) champion: String,
    /// `None` in modes without roles, and of players who never came.
    pub(super) role: Option<&'static str>,
}

impl Match {
    pub(super) fn id(&self) -> &str {
        &self.result.match_id
    }

    /// `14.9` of `14.9.581.9485`.
    pub(super) fn patch(&self) -> Option<String> {
        let mut parts = self.result.game_version.as_deref()?.splitn(3, '.');
        Some(format!("{}.{}", parts.next()?, parts.next()?))
    }
}

pub(super) fn read(document: &Place<'_>) -> Result<Match, RiotError> {
    let info = document.get("info")?;
    let places = info.get("participants")?.items()?;
    let participants: Vec<Participant> = places.iter().map(participant).collect::<Result<_, _>>()?;
    let ended = |how: &str| -> Result<bool, RiotError> {
        let flags = places.iter().map(|place| place.get(how)?.bool());
        flags.into_iter().try_fold(false, |any, flag| Ok(any | flag?))
    };
    let aborted = info.some_text("endOfGameResult")?.is_some_and(super::timeline::is_abort);
    let remake = ended("gameEndedInEarlySurrender")? || aborted;
    let (mut totals, mut winner) = ((Totals::default(), Totals::default()), None);
    for team in info.get("teams")?.items()? {
        let Some(side) = Side::of_team(team.get("teamId")?.int()?) else { continue };
        *(if side == Side::Blue { &mut totals.0 } else { &mut totals.1 }) = of_team(&team)?;
        if team.get("win")?.bool()? {
            winner = Some(side);
        }
    }
    let text = |key: &str| info.some_text(key).map(|text| text.map(str::to_owned));
    let clock = clock(&info)?;
    let result = MatchResult {
        match_id: document.get("metadata")?.get("matchId")?.text()?.to_owned(),
        platform: text("platformId")?,
        queue_id: info.some_int("queueId")?,
        map_id: info.some_int("mapId")?,
        game_mode: text("gameMode")?,
        game_type: text("gameType")?,
        game_version: text("gameVersion")?,
        started_at: clock.started_at,
        ended_at: clock.ended_at,
        duration_seconds: clock.duration_seconds,
        surrender: ended("gameEndedInSurrender")?,
        remake,
        blue_win: winner.filter(|_| !remake).map(|winner| winner == Side::Blue),
        blue: totals.0,
        red: totals.1,
    };
    Ok(Match { result, participants })
}

struct Clock {
    started_at: i64,
    ended_at: i64,
    duration_seconds: i64,
}

/// Before patch 11.20 there was no end, and the duration was in milliseconds.
fn clock(info: &Place<'_>) -> Result<Clock, RiotError> {
    let started = match info.find("gameStartTimestamp") {
        Some(started) => started,
        None => info.get("gameCreation")?,
    };
    let duration = info.get("gameDuration")?;
    let ended = info.some_int("gameEndTimestamp")?;
    let milliseconds = if ended.is_some() { duration.int()?.checked_mul(1000) } else { Some(duration.int()?) };
    let milliseconds = milliseconds.filter(|ms| (0..100_000_000).contains(ms));
    let milliseconds = milliseconds.ok_or_else(|| duration.at_odds("no match lasts that long"))?;
    let in_micros = |ms: i64| ms.checked_mul(1000).ok_or_else(|| started.at_odds("no time of this world"));
    let started_at = in_micros(started.int()?)?;
    let ended_at = match ended {
        Some(ended) => in_micros(ended)?,
        None => started_at.saturating_add(milliseconds * 1000),
    };
    if ended_at < started_at {
        return Err(started.at_odds("the match ends before it starts"));
    }
    Ok(Clock { started_at, ended_at, duration_seconds: milliseconds / 1000 })
}

fn of_team(team: &Place<'_>) -> Result<Totals, RiotError> {
    let objectives = team.get("objectives")?;
    let kills = |key: &str| objectives.find(key).map_or(Ok(0), |objective| objective.get("kills")?.count());
    Ok(Totals {
        kills: kills("champion")?,
        towers: kills("tower")?,
        inhibitors: kills("inhibitor")?,
        dragons: kills("dragon")?,
        heralds: kills("riftHerald")?,
        barons: kills("baron")?,
    })
}

fn participant(place: &Place<'_>) -> Result<Participant, RiotError> {
    let team = place.get("teamId")?;
    Ok(Participant {
        id: place.get("participantId")?.int()?,
        side: Side::of_team(team.int()?).ok_or_else(|| team.at_odds("a side is 100 or 200"))?,
        champion: place.get("championName")?.text()?.to_owned(),
        role: match place.some_text("teamPosition")? {
            Some("TOP") => Some("top"),
            Some("JUNGLE") => Some("jungle"),
            Some("MIDDLE") => Some("middle"),
            Some("BOTTOM") => Some("bottom"),
            Some("UTILITY") => Some("utility"),
            _ => None,
        },
    })
}
