//! A timeline, as `/lol/match/v5/matches/{matchId}/timeline` answers it: a frame a minute, and what happened between.

use super::known::Unknown;
use super::place::Place;
use super::{RiotError, Side};
use crate::data::lol::SideCounts;

#[derive(Debug, Clone, PartialEq)]
pub(in crate::data) struct Timeline {
    pub(super) match_id: String,
    /// Microseconds; `None` where the timeline does not tell.
    pub(super) started_at: Option<i64>,
    pub(super) frames: Vec<Stand>,
    /// `None` where the match has not ended, or nobody won.
    pub(super) winner: Option<Side>,
    /// `None` where the match has not ended.
    pub(super) remake: Option<bool>,
}

/// How the match stands at a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Stand {
    /// Since the start.
    pub(super) milliseconds: i64,
    pub(super) blue: SideCounts,
    pub(super) red: SideCounts,
    /// By number, from participant 1 on.
    pub(super) players: [PlayerCounts; 10],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct PlayerCounts {
    pub(super) gold: i64,
    pub(super) xp: i64,
    pub(super) level: i64,
    pub(super) minions: i64,
    pub(super) jungle: i64,
    pub(super) kills: i64,
    pub(super) deaths: i64,
}

/// A match that ends earlier was remade: before that nobody can win or give up.
const REMAKE_BEFORE: i64 = 300_000;

/// Of `endOfGameResult`.
pub(super) fn is_abort(result: &str) -> bool {
    result.starts_with("Abort")
}

impl Stand {
    fn side(&mut self, side: Side) -> &mut SideCounts {
        match side {
            Side::Blue => &mut self.blue,
            Side::Red => &mut self.red,
        }
    }

    fn player(&mut self, id: i64) -> Option<&mut PlayerCounts> {
        self.players.get_mut(usize::try_from(id.checked_sub(1)?).ok()?)
    }
}

/// Kinds of events and monsters that are new are counted in `unknown`.
pub(super) fn read(document: &Place<'_>, unknown: &mut Unknown) -> Result<Timeline, RiotError> {
    let info = document.get("info")?;
    let mut reading = Reading { stand: Stand::default(), started_at: None, ended: None, unknown };
    let mut frames: Vec<Stand> = Vec::new();
    for place in info.get("frames")?.items()? {
        let timestamp = place.get("timestamp")?;
        reading.stand.milliseconds = timestamp.int()?;
        let before = frames.last().map_or(-1, |frame| frame.milliseconds);
        if reading.stand.milliseconds <= before {
            return Err(timestamp.at_odds("frames follow each other in time"));
        }
        for event in place.get("events")?.items()? {
            reading.event(&event)?;
        }
        reading.participants(&place.get("participantFrames")?)?;
        frames.push(reading.stand);
    }
    let last = frames.last().map_or(0, |frame| frame.milliseconds);
    let aborted = info.some_text("endOfGameResult")?.is_some_and(is_abort);
    let remake = reading.ended.map(|_| aborted || last < REMAKE_BEFORE).or(aborted.then_some(true));
    Ok(Timeline {
        match_id: document.get("metadata")?.get("matchId")?.text()?.to_owned(),
        started_at: reading.started_at,
        frames,
        winner: reading.ended.flatten().filter(|_| remake != Some(true)),
        remake,
    })
}

struct Reading<'a> {
    /// So far.
    stand: Stand,
    started_at: Option<i64>,
    /// Once the match has ended: who won.
    ended: Option<Option<Side>>,
    unknown: &'a mut Unknown,
}

impl Reading<'_> {
    fn participants(&mut self, frames: &Place<'_>) -> Result<(), RiotError> {
        for (id, key) in (1..).zip(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]) {
            let frame = frames.get(key)?;
            let number = |key: &str| frame.get(key)?.count();
            let (gold, xp, level) = (number("totalGold")?, number("xp")?, number("level")?);
            let (minions, jungle) = (number("minionsKilled")?, number("jungleMinionsKilled")?);
            let Some(player) = self.stand.player(id) else { continue };
            *player = PlayerCounts { gold, xp, level, minions, jungle, ..*player };
        }
        let players = self.stand.players;
        for (side, players) in [(Side::Blue, &players[..5]), (Side::Red, &players[5..])] {
            let sum = |of: fn(&PlayerCounts) -> i64| players.iter().map(of).sum::<i64>();
            let counts = self.stand.side(side);
            counts.gold = sum(|p| p.gold);
            counts.xp = sum(|p| p.xp);
            counts.levels = sum(|p| p.level);
            counts.minions = sum(|p| p.minions);
            counts.jungle = sum(|p| p.jungle);
        }
        Ok(())
    }

    fn event(&mut self, event: &Place<'_>) -> Result<(), RiotError> {
        let kind = event.get("type")?.text()?;
        match kind {
            "CHAMPION_KILL" => self.champion_kill(event)?,
            "BUILDING_KILL" => self.building_kill(event)?,
            "ELITE_MONSTER_KILL" => self.monster_kill(event)?,
            "WARD_PLACED" => {
                let counted = event.some_text("wardType")? != Some("UNDEFINED");
                if let Some(side) = Side::of_participant(event.get("creatorId")?.int()?).filter(|_| counted) {
                    self.stand.side(side).wards += 1;
                }
            }
            "WARD_KILL" => {
                if let Some(side) = Side::of_participant(event.get("killerId")?.int()?) {
                    self.stand.side(side).wards_destroyed += 1;
                }
            }
            "PAUSE_END" if self.started_at.is_none() => {
                let at = event.get("realTimestamp")?;
                let since = at.int()?.checked_sub(event.get("timestamp")?.int()?).and_then(|ms| ms.checked_mul(1000));
                self.started_at = Some(since.ok_or_else(|| at.at_odds("no time of this world"))?);
            }
            "GAME_END" => self.ended = Some(Side::of_team(event.get("winningTeam")?.int()?)),
            known if LEFT_OUT.contains(&known) => {}
            other => *self.unknown.entry(format!("event {other}")).or_default() += 1,
        }
        Ok(())
    }

    /// A side's kills are the other side's deaths, as in the totals of a match: those by a tower or a minion (killer 0)
    /// count for the side, and for no player.
    fn champion_kill(&mut self, event: &Place<'_>) -> Result<(), RiotError> {
        let killer = event.get("killerId")?.int()?;
        let victim = event.get("victimId")?.int()?;
        if let Some(side) = Side::of_participant(victim) {
            self.stand.side(side.other()).kills += 1;
        }
        if let Some(player) = self.stand.player(victim) {
            player.deaths += 1;
        }
        if let Some(player) = self.stand.player(killer) {
            player.kills += 1;
        }
        Ok(())
    }

    /// `teamId` is the side that lost the building.
    fn building_kill(&mut self, event: &Place<'_>) -> Result<(), RiotError> {
        let team = event.get("teamId")?;
        let owner = Side::of_team(team.int()?).ok_or_else(|| team.at_odds("a side is 100 or 200"))?;
        let counts = self.stand.side(owner.other());
        match event.get("buildingType")?.text()? {
            "TOWER_BUILDING" => counts.towers += 1,
            "INHIBITOR_BUILDING" => counts.inhibitors += 1,
            other => *self.unknown.entry(format!("building {other}")).or_default() += 1,
        }
        Ok(())
    }

    fn monster_kill(&mut self, event: &Place<'_>) -> Result<(), RiotError> {
        let team = event.some_int("killerTeamId")?.and_then(Side::of_team);
        let killer = event.some_int("killerId")?.and_then(Side::of_participant);
        let Some(side) = team.or(killer) else { return Ok(()) };
        let counts = self.stand.side(side);
        match event.get("monsterType")?.text()? {
            "DRAGON" if event.some_text("monsterSubType")? == Some("ELDER_DRAGON") => counts.elders += 1,
            "DRAGON" => counts.dragons += 1,
            "RIFTHERALD" => counts.heralds += 1,
            "BARON_NASHOR" => counts.barons += 1,
            "HORDE" => counts.voidgrubs += 1,
            "ATAKHAN" => {}
            other => *self.unknown.entry(format!("monster {other}")).or_default() += 1,
        }
        Ok(())
    }
}

/// Kinds of events that change nothing that is counted here.
const LEFT_OUT: &[&str] = &[
    "ASCENDED_EVENT",
    "CAPTURE_POINT",
    "CHAMPION_SPECIAL_KILL",
    "CHAMPION_TRANSFORM",
    "DRAGON_SOUL_GIVEN",
    "FEAT_UPDATE",
    "ITEM_DESTROYED",
    "ITEM_PURCHASED",
    "ITEM_SOLD",
    "ITEM_UNDO",
    "LEVEL_UP",
    "OBJECTIVE_BOUNTY_FINISH",
    "OBJECTIVE_BOUNTY_PRESTART",
    "PAUSE_END",
    "PAUSE_START",
    "SKILL_LEVEL_UP",
    "TURRET_PLATE_DESTROYED",
];
