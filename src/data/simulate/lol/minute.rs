//! What happens within one minute of a match.

use super::side::{SIDES, Side, Sides};
use super::team::{Player, Team};
use crate::data::simulate::chance::Chance;

/// Who has the better of it, as log-odds for blue: what the players are worth, and what they have earned so far.
pub(super) fn edge(teams: &Sides<Team>, strength: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "gold of a match")]
    let lead = (teams.blue.gold() - teams.red.gold()) as f64;
    #[expect(clippy::cast_precision_loss, reason = "a handful of barons and dragons")]
    let buffs =
        (teams.blue.barons - teams.red.barons) as f64 * 0.3 + (teams.blue.dragons - teams.red.dragons) as f64 * 0.1;
    strength + lead / 11_000.0 + buffs
}

/// The share of events that go to the side with this edge.
pub(super) fn share(edge: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-edge))
}

/// The neutral monsters that the sides fight for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Objectives {
    dragon_from: i64,
    baron_from: i64,
    herald_left: bool,
    grubs_left: i64,
}

impl Objectives {
    pub(super) fn new() -> Objectives {
        Objectives { dragon_from: 6, baron_from: 21, herald_left: true, grubs_left: 3 }
    }
}

pub(super) fn play(chance: &mut Chance, minute: i64, edge: f64, teams: &mut Sides<Team>, objectives: &mut Objectives) {
    for side in SIDES {
        farm(chance, minute, &mut teams[side]);
        ward(chance, &mut teams[side]);
    }
    for _ in 0..chance.times(kills_per_minute(minute)) {
        let side = side_of(chance, edge);
        kill(chance, minute, side, teams);
    }
    towers(chance, minute, edge, teams);
    fight_for(chance, minute, edge, teams, objectives);
}

fn side_of(chance: &mut Chance, edge: f64) -> Side {
    if chance.happens(share(edge)) { Side::Blue } else { Side::Red }
}

/// Minions, monsters, experience and the gold that comes by itself, by role from top to utility.
fn farm(chance: &mut Chance, minute: i64, team: &mut Team) {
    const LANE: [f64; 5] = [8.2, 0.4, 8.6, 8.6, 1.5];
    const JUNGLE: [f64; 5] = [0.1, 7.4, 0.3, 0.1, 0.0];
    const LEARNING: [f64; 5] = [1.08, 0.95, 1.1, 0.94, 0.72];
    for (role, player) in team.players.iter_mut().enumerate() {
        let pace = match minute {
            ..=1 => 0.0,
            2 => 0.5,
            3..=6 => 0.85,
            _ => 1.0,
        };
        let farmed = chance.normal(pace, 0.3 * pace).max(0.0);
        let minions = chance.times(LANE[role] * farmed);
        let jungle = chance.times(JUNGLE[role] * farmed);
        player.minions += minions;
        player.jungle += jungle;
        let by_itself = if minute < 2 { 10 } else { 122 };
        // The support's share of gold comes from an item, not from minions.
        let item = if role == 4 && minute > 1 { chance.whole(20..=70) } else { 0 };
        player.gold += by_itself + item + minions * 20 + jungle * 21;
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "some hundreds a minute")]
        let learned = ((265.0 + 22.0 * minute as f64) * LEARNING[role] * farmed.max(0.3)) as i64;
        player.xp += learned;
    }
}

fn ward(chance: &mut Chance, team: &mut Team) {
    team.wards += chance.times(1.8);
    team.wards_destroyed += chance.times(0.28);
}

fn kills_per_minute(minute: i64) -> f64 {
    match minute {
        ..=1 => 0.05,
        2 => 0.3,
        3..=5 => 0.9,
        6..=10 => 1.8,
        11..=25 => 2.3,
        _ => 1.9,
    }
}

fn kill(chance: &mut Chance, minute: i64, side: Side, teams: &mut Sides<Team>) {
    const KILLERS: [u32; 5] = [22, 28, 26, 31, 14];
    const VICTIMS: [u32; 5] = [27, 22, 24, 29, 29];
    let killer = chance.weighted(KILLERS.into_iter());
    let victim = chance.weighted(VICTIMS.into_iter());
    let first = teams.blue.kills() + teams.red.kills() == 0;
    let beaten = &mut teams[side.other()].players[victim];
    beaten.deaths += 1;
    let learned = 60 + 25 * beaten.level();
    let team = &mut teams[side];
    team.first_blood |= first;
    team.players[killer].kills += 1;
    // Plates in the beginning, streaks that end later: a kill brings more than its bounty.
    let bounty = if first { 400 } else { 300 + 8 * minute.min(20) };
    reward(&mut team.players[killer], bounty, learned);
    for helper in (0..5).filter(|&helper| helper != killer) {
        if chance.happens(0.28) {
            team.players[helper].assists += 1;
            reward(&mut team.players[helper], 75, learned / 3);
        }
    }
}

fn reward(player: &mut Player, gold: i64, xp: i64) {
    player.gold += gold;
    player.xp += xp;
}

/// Towers, from the outer ones on, then inhibitors.
fn towers(chance: &mut Chance, minute: i64, edge: f64, teams: &mut Sides<Team>) {
    let pressure = match minute {
        ..=6 => 0.001,
        7..=10 => 0.012,
        11..=15 => 0.13,
        16..=20 => 0.3,
        _ => 0.42,
    };
    for side in SIDES {
        let ahead = if side == Side::Blue { edge } else { -edge };
        let team = &mut teams[side];
        if team.towers < 11 && chance.happens((pressure * 2.0 * share(1.3 * ahead)).min(0.9)) {
            team.towers += 1;
            let taker = chance.weighted([3_u32, 2, 3, 4, 1].into_iter());
            team.players[taker].gold += 250;
            team.players.iter_mut().for_each(|player| player.gold += 60);
        }
        if team.towers >= 6 && team.inhibitors < 3 && chance.happens(0.5 * share(ahead)) {
            team.inhibitors += 1;
            team.players.iter_mut().for_each(|player| player.gold += 15);
        }
    }
}

/// Dragons from the fifth minute, grubs from the sixth, the herald from the eighth, the baron from the twentieth.
fn fight_for(chance: &mut Chance, minute: i64, edge: f64, teams: &mut Sides<Team>, objectives: &mut Objectives) {
    if minute >= objectives.dragon_from && chance.happens(0.27) {
        let side = side_of(chance, 0.8 * edge);
        // Four dragons give their soul; from then on the elder comes.
        let soul = teams.blue.dragons >= 4 || teams.red.dragons >= 4;
        let team = &mut teams[side];
        *(if soul { &mut team.elders } else { &mut team.dragons }) += 1;
        objectives.dragon_from = minute + if soul { 6 } else { 5 };
    }
    if objectives.grubs_left > 0 && (7..=14).contains(&minute) && chance.happens(0.35) {
        teams[side_of(chance, 0.5 * edge)].voidgrubs += 1;
        objectives.grubs_left -= 1;
    }
    if objectives.herald_left && (9..=19).contains(&minute) && chance.happens(0.18) {
        let side = side_of(chance, 0.8 * edge);
        teams[side].heralds += 1;
        objectives.herald_left = false;
    }
    if minute >= objectives.baron_from && chance.happens(0.13) {
        let team = &mut teams[side_of(chance, 1.3 * edge)];
        team.barons += 1;
        team.players.iter_mut().for_each(|player| player.gold += 300);
        objectives.baron_from = minute + 6;
    }
}
