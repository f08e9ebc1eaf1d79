//! Who plays what, and what that is worth.

use super::champions::CHAMPIONS;
use super::side::{SIDES, Sides};
use crate::data::lol::ROLES;
use crate::data::simulate::chance::Chance;

/// Indices of champions, by role.
pub(super) type Picks = [usize; 5];

/// Nobody is picked twice.
pub(super) fn draft(chance: &mut Chance) -> Sides<Picks> {
    let mut picks: Sides<Picks> = Sides::default();
    let mut taken = Vec::with_capacity(10);
    for role in 0..ROLES.len() {
        for side in SIDES {
            let weight = |(index, champion): (usize, &super::champions::Champion)| {
                if taken.contains(&index) { 0 } else { champion.weights[role] }
            };
            let pick = chance.weighted(CHAMPIONS.iter().enumerate().map(weight));
            taken.push(pick);
            picks[side][role] = pick;
        }
    }
    picks
}

/// How strong each champion is, as log-odds: some from the first minute, some only late.
#[derive(Debug, Clone)]
pub(super) struct Balance {
    early: Vec<f64>,
    growth: Vec<f64>,
}

impl Balance {
    pub(super) fn new(chance: &mut Chance) -> Balance {
        let mut draw = |deviation: f64| CHAMPIONS.iter().map(|_| chance.normal(0.0, deviation)).collect();
        Balance { early: draw(0.1), growth: draw(0.15) }
    }

    /// Of a whole side at a minute.
    pub(super) fn strength(&self, picks: &Picks, minute: f64) -> f64 {
        picks.iter().map(|&pick| self.early[pick] + self.growth[pick] * (minute - 15.0) / 15.0).sum()
    }
}
