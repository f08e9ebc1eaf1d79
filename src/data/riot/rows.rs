//! Matches and timelines put together: what one knows, the other may need.

use std::collections::HashMap;

use super::matches::{Match, Participant};
use super::timeline::{Stand, Timeline};
use super::{Answers, Side};
use crate::data::lol::{Frame, MatchResult, Pick, SideCounts, Standing};

/// Rows of the streams of the `lol` project.
#[derive(Debug, Default, PartialEq)]
pub(in crate::data) struct Rows {
    pub(in crate::data) frames: Vec<Frame>,
    pub(in crate::data) results: Vec<MatchResult>,
    pub(in crate::data) picks: Vec<Pick>,
}

/// A match's frames take its start, its patch and its end from its answer where that was given too; its picks take how it
/// stood from its timeline.
pub(in crate::data) fn rows(answers: &Answers) -> Rows {
    let matches: HashMap<&str, &Match> = answers.matches.iter().map(|m| (m.id(), m)).collect();
    let timelines: HashMap<&str, &Timeline> = answers.timelines.iter().map(|t| (t.match_id.as_str(), t)).collect();
    let frames = answers.timelines.iter().flat_map(|timeline| {
        let known = matches.get(timeline.match_id.as_str()).copied();
        timeline.frames.iter().enumerate().map(move |(index, stand)| frame(timeline, known, index, stand))
    });
    let picks = answers.matches.iter().flat_map(|m| {
        let stand = timelines.get(m.id()).and_then(|timeline| at_15(timeline));
        m.participants.iter().map(move |participant| pick(m, participant, stand))
    });
    Rows {
        frames: frames.collect(),
        results: answers.matches.iter().map(|m| m.result.clone()).collect(),
        picks: picks.collect(),
    }
}

fn frame(timeline: &Timeline, known: Option<&Match>, index: usize, stand: &Stand) -> Frame {
    let of_timeline = timeline.winner.map(|winner| winner == Side::Blue);
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a match")]
    let game_seconds = stand.milliseconds as f64 / 1000.0;
    Frame {
        match_id: timeline.match_id.clone(),
        frame: i64::try_from(index).unwrap_or(i64::MAX),
        started_at: known.map(|m| m.result.started_at).or(timeline.started_at),
        game_seconds,
        patch: known.and_then(Match::patch),
        blue: stand.blue,
        red: stand.red,
        blue_win: known.map_or(of_timeline, |m| m.result.blue_win),
        remake: known.map(|m| m.result.remake).or(timeline.remake),
    }
}

/// The frame of the fifteenth minute.
fn at_15(timeline: &Timeline) -> Option<&Stand> {
    timeline.frames.iter().find(|stand| (900_000..960_000).contains(&stand.milliseconds))
}

fn pick(m: &Match, participant: &Participant, stand: Option<&Stand>) -> Pick {
    Pick {
        match_id: m.id().to_owned(),
        participant: participant.id,
        side: participant.side.name(),
        role: participant.role,
        champion: participant.champion.clone(),
        at_15: stand.and_then(|stand| standing(m, participant, stand)),
        win: m.result.blue_win.map(|blue| blue == (participant.side == Side::Blue)),
        remake: m.result.remake,
    }
}

fn standing(m: &Match, participant: &Participant, stand: &Stand) -> Option<Standing> {
    let player = |id: i64| stand.players.get(usize::try_from(id.checked_sub(1)?).ok()?);
    let own = player(participant.id)?;
    let opponent = |other: &&Participant| {
        other.side != participant.side && participant.role.is_some() && other.role == participant.role
    };
    let opponent = m.participants.iter().find(opponent).and_then(|other| player(other.id));
    let (team, enemy) = match participant.side {
        Side::Blue => (&stand.blue, &stand.red),
        Side::Red => (&stand.red, &stand.blue),
    };
    let lead = |of: fn(&SideCounts) -> i64| of(team) - of(enemy);
    Some(Standing {
        gold: own.gold,
        cs: own.minions + own.jungle,
        kills: own.kills,
        deaths: own.deaths,
        gold_lead: opponent.map(|opponent| own.gold - opponent.gold),
        cs_lead: opponent.map(|opponent| own.minions + own.jungle - opponent.minions - opponent.jungle),
        team_gold_lead: lead(|c| c.gold),
        team_kill_lead: lead(|c| c.kills),
        team_tower_lead: lead(|c| c.towers),
        team_dragon_lead: lead(|c| c.dragons),
        team_voidgrub_lead: lead(|c| c.voidgrubs),
    })
}
