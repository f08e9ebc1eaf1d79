//! One match, minute by minute, from the first wave to the nexus.

use super::draft::{Balance, Picks, draft};
use super::minute;
#[cfg(test)]
use super::side::SIDES;
use super::side::{Side, Sides};
use super::team::Team;
use crate::data::simulate::chance::Chance;

/// The state of a match at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    /// Since the start of the match.
    pub(super) seconds: i64,
    pub(super) teams: Sides<Team>,
}

/// How a match ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Won {
        by: Side,
        surrender: bool,
    },
    /// Somebody never came, and the others voted to leave: nobody won.
    Remake,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Game {
    pub(super) picks: Sides<Picks>,
    /// At 0, 1, 2, … minutes, and one at the end.
    pub(super) frames: Vec<Frame>,
    pub(super) ending: Ending,
}

/// One match in a hundred ends after three minutes, as if it had never been.
const REMAKES: f64 = 0.01;
/// No match lasts longer.
const LAST_MINUTE: i64 = 60;

impl Game {
    pub(super) fn winner(&self) -> Option<Side> {
        match self.ending {
            Ending::Won { by, .. } => Some(by),
            Ending::Remake => None,
        }
    }

    pub(super) fn seconds(&self) -> i64 {
        self.frames.last().map_or(0, |frame| frame.seconds)
    }

    /// The frame at a full minute; `None` where the match was over by then.
    pub(super) fn at_minute(&self, minute: i64) -> Option<&Frame> {
        self.frames.iter().find(|frame| frame.seconds == minute * 60)
    }
}

pub(super) fn play(chance: &mut Chance, balance: &Balance) -> Game {
    let picks = draft(chance);
    // What the ten players are worth together on that day.
    let skill = chance.normal(0.0, 0.35);
    let mut teams = Sides::<Team>::default();
    let mut frames = vec![Frame { seconds: 0, teams }];
    let mut objectives = minute::Objectives::new();
    let remake = chance.happens(REMAKES);
    #[expect(clippy::cast_precision_loss, reason = "minutes of a match")]
    for minute in 1..=LAST_MINUTE {
        let strength = |side: Side| balance.strength(&picks[side], minute as f64);
        let edge = minute::edge(&teams, skill + strength(Side::Blue) - strength(Side::Red));
        let ending = if remake && minute == 4 { Some(Ending::Remake) } else { ending(chance, minute, edge, &teams) };
        let ended_at = ending.map(|_| chance.whole(1..=59));
        minute::play(chance, minute, edge, &mut teams, &mut objectives);
        frames.push(Frame { seconds: (minute - 1) * 60 + ended_at.unwrap_or(60), teams });
        if let Some(ending) = ending {
            return Game { picks, frames, ending };
        }
    }
    let by = if teams.blue.gold() >= teams.red.gold() { Side::Blue } else { Side::Red };
    Game { picks, frames, ending: Ending::Won { by, surrender: false } }
}

/// Whether the match ends within this minute: the nexus falls behind broken inhibitors, or a side far behind gives up.
fn ending(chance: &mut Chance, minute: i64, edge: f64, teams: &Sides<Team>) -> Option<Ending> {
    let first = if chance.happens(0.5) { Side::Blue } else { Side::Red };
    for side in [first, first.other()] {
        let ahead = if side == Side::Blue { edge } else { -edge };
        let broken = teams[side].inhibitors > 0 && teams[side].towers >= 7;
        if broken && chance.happens(0.5 * minute::share(2.0 * ahead)) {
            return Some(Ending::Won { by: side, surrender: false });
        }
        let may_surrender = minute > 15 && ahead > 1.6;
        if may_surrender && chance.happens(0.06 * ahead) {
            return Some(Ending::Won { by: side, surrender: true });
        }
    }
    None
}

/// Every count only grows.
#[cfg(test)]
pub(super) fn grows(before: &Frame, after: &Frame) -> bool {
    SIDES.iter().all(|&side| {
        let (before, after) = (&before.teams[side], &after.teams[side]);
        let players = before.players.iter().zip(&after.players);
        let counts =
            |t: &Team| [t.towers, t.inhibitors, t.dragons, t.elders, t.heralds, t.voidgrubs, t.barons, t.wards];
        players.clone().all(|(b, a)| b.gold < a.gold && b.xp <= a.xp && b.kills <= a.kills && b.minions <= a.minions)
            && counts(before).iter().zip(counts(after)).all(|(b, a)| *b <= a)
    })
}
