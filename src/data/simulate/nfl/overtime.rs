//! Who has won in overtime, by the rules of 2022 to 2024: in the regular season a touchdown on the first possession
//! ends the game, in the play-offs both sides have the ball once; afterwards any score decides.

use super::side::Side;

pub(super) const PERIOD_REGULAR: u32 = 600;
pub(super) const PERIOD_POSTSEASON: u32 = 900;

#[derive(Debug, Clone, Copy)]
pub(super) struct Overtime {
    /// The side that had the ball first.
    pub(super) first: Side,
    possessions: u32,
    first_scored_touchdown: bool,
}

impl Overtime {
    pub(super) fn new(first: Side) -> Overtime {
        Overtime { first, possessions: 0, first_scored_touchdown: false }
    }

    /// `touchdown`: by the side that had the ball.
    pub(super) fn possession_ends(&mut self, touchdown: bool) {
        self.first_scored_touchdown |= touchdown && self.possessions == 0;
        self.possessions += 1;
    }

    /// `lead` of the side that had the ball first.
    pub(super) fn decided(&self, lead: i64, postseason: bool) -> bool {
        match self.possessions {
            0 => false,
            // The defence scored, or there was a touchdown where that is enough.
            1 => lead < 0 || lead > 0 && self.first_scored_touchdown && !postseason,
            _ => lead != 0,
        }
    }
}
