//! What is recorded of a play: the situation before it, and what came of it.

use super::side::{Pair, Side};

/// nflverse's `play_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Pass,
    Run,
    Punt,
    FieldGoal,
    Kickoff,
    ExtraPoint,
    NoPlay,
    Kneel,
    Spike,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Pass => "pass",
            Kind::Run => "run",
            Kind::Punt => "punt",
            Kind::FieldGoal => "field_goal",
            Kind::Kickoff => "kickoff",
            Kind::ExtraPoint => "extra_point",
            Kind::NoPlay => "no_play",
            Kind::Kneel => "qb_kneel",
            Kind::Spike => "qb_spike",
        }
    }
}

/// One row of the play-by-play.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Play {
    pub(super) id: i64,
    /// 1 to 4, then overtime periods.
    pub(super) quarter: u8,
    /// Seconds left in the quarter at the snap.
    pub(super) clock: u32,
    /// `None` for rows that are no play of either side: start, time-outs, ends of quarters.
    pub(super) ball: Option<Ball>,
    pub(super) score: Pair<i64>,
    /// After the play.
    pub(super) score_after: Pair<i64>,
    pub(super) timeouts: Pair<u8>,
    /// `None` for the start of the game and the ends of quarters.
    pub(super) kind: Option<Kind>,
    pub(super) outcome: Outcome,
}

/// Who has the ball and where; for kick-offs the receiving side, as in nflverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ball {
    pub(super) side: Side,
    /// Yards to the opponent's goal line.
    pub(super) yardline: i64,
    /// 1 to 4; `None` for kicks and tries.
    pub(super) down: Option<u8>,
    pub(super) to_go: i64,
}

impl Ball {
    pub(super) fn first_down(side: Side, yardline: i64) -> Ball {
        let yardline = yardline.clamp(1, 99);
        Ball { side, yardline, down: Some(1), to_go: yardline.min(10) }
    }
}

/// What came of a play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Outcome {
    pub(super) yards: i64,
    pub(super) pass: bool,
    pub(super) rush: bool,
    pub(super) complete: bool,
    pub(super) incomplete: bool,
    pub(super) interception: bool,
    pub(super) touchdown: bool,
    pub(super) sack: bool,
    pub(super) fumble: bool,
    pub(super) fumble_lost: bool,
    pub(super) penalty: bool,
    pub(super) penalty_yards: i64,
}
