//! What happens between the end of a play and the next snap: the clock runs, stops at the two-minute warning, or is
//! stopped by a time-out. Decisions only; the game acts on them.

use super::decision::Situation;
use super::rates::clock::{HURRY, SLOW, TEMPO};
use crate::data::simulate::chance::Chance;

/// Time between plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pause {
    /// Seconds that run off.
    pub(super) seconds: u32,
    pub(super) timeout: Option<Caller>,
}

/// Who asks for a time-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    Offence,
    Defence,
}

/// `s` is as seen by the side with the ball.
pub(super) fn pause(s: &Situation, chance: &mut Chance) -> Pause {
    if let Some(caller) = timeout(s, chance) {
        // It takes the referee a moment.
        let seconds = if s.running { chance.seconds(2..=5) } else { 0 };
        return Pause { seconds: seconds.min(s.clock), timeout: Some(caller) };
    }
    if !s.running {
        return Pause { seconds: 0, timeout: None };
    }
    let tempo = if s.in_a_hurry() {
        HURRY
    } else if s.keeps_the_lead() {
        SLOW
    } else {
        TEMPO
    };
    let seconds = chance.seconds(tempo).min(s.clock);
    Pause { seconds: up_to_the_warning(s.quarter, s.clock, seconds), timeout: None }
}

/// Cuts a stretch of time at two minutes before the end of a half, where the clock stops.
pub(super) fn up_to_the_warning(quarter: u8, clock: u32, seconds: u32) -> u32 {
    if passes_the_warning(quarter, clock, seconds) { clock - WARNING } else { seconds }
}

/// Whether the two-minute warning falls within, or at the end of, the next `seconds`.
pub(super) fn passes_the_warning(quarter: u8, clock: u32, seconds: u32) -> bool {
    quarter.is_multiple_of(2) && quarter <= 4 && clock > WARNING && clock.saturating_sub(seconds) <= WARNING
}

const WARNING: u32 = 120;

fn timeout(s: &Situation, chance: &mut Chance) -> Option<Caller> {
    let half_is_short = s.half_ends() && s.clock <= 120;
    if s.running && half_is_short && s.timeouts > 0 && s.in_a_hurry() && s.clock <= 90 && chance.happens(0.6) {
        return Some(Caller::Offence);
    }
    let defence_wants_the_ball = match s.quarter {
        2 => s.clock <= 80 && s.yardline > 60 && s.down >= 3,
        4 => s.lead > 0 && s.lead <= 16 && s.clock <= 150,
        _ => false,
    };
    if s.running && s.their_timeouts > 0 && defence_wants_the_ball && chance.happens(0.85) {
        return Some(Caller::Defence);
    }
    // Now and then one is burned to avoid worse, mostly by the offence.
    let unhurried = s.quarter % 2 == 1 || s.clock > 120;
    if unhurried && s.timeouts > 1 && chance.happens(0.012) {
        return Some(Caller::Offence);
    }
    (unhurried && s.their_timeouts > 1 && chance.happens(0.006)).then_some(Caller::Defence)
}
