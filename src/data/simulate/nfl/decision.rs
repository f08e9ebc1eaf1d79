//! What the side with the ball calls: a pure function of the situation and one draw.

use super::rates::{calls, kicking};

/// All that a coach looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Situation {
    pub(super) quarter: u8,
    /// Seconds left in the quarter.
    pub(super) clock: u32,
    /// Own score minus theirs.
    pub(super) lead: i64,
    pub(super) down: u8,
    pub(super) to_go: i64,
    pub(super) yardline: i64,
    pub(super) timeouts: u8,
    pub(super) their_timeouts: u8,
    /// The clock runs until the snap.
    pub(super) running: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Pass,
    Run,
    Punt,
    FieldGoal,
    Kneel,
    Spike,
}

impl Situation {
    pub(super) fn field_goal_distance(&self) -> i64 {
        self.yardline + 18
    }

    fn in_field_goal_range(&self) -> bool {
        self.field_goal_distance() <= kicking::LONGEST
    }

    /// The half ends with this quarter.
    pub(super) fn half_ends(&self) -> bool {
        self.quarter.is_multiple_of(2) || self.quarter > 4
    }

    /// No later period will give another chance.
    pub(super) fn last_quarter(&self) -> bool {
        self.quarter >= 4
    }

    /// Needs points and has little time: plays without a huddle.
    pub(super) fn in_a_hurry(&self) -> bool {
        match self.quarter {
            2 => self.clock <= 110 && self.yardline <= 85,
            q if q >= 4 => {
                let deficit = u32::try_from(-self.lead).unwrap_or(0);
                deficit > 0 && self.clock <= 150 + 30 * deficit.min(16) || self.lead == 0 && self.clock <= 120
            }
            _ => false,
        }
    }

    /// Ahead and content to let the clock run.
    pub(super) fn keeps_the_lead(&self) -> bool {
        self.last_quarter() && self.lead > 0 && self.clock <= 300 + 20 * u32::try_from(self.lead).unwrap_or(0)
    }

    /// Kneeling until the end works: some 40 seconds pass before each further snap unless they stop the clock.
    fn can_kneel_out(&self) -> bool {
        let pauses = u32::from(4 - self.down.min(4)).saturating_sub(self.their_timeouts.into());
        self.clock <= pauses * 40 + 3
    }
}

/// `draw` is uniform from 0 to below 1.
pub(super) fn call(s: &Situation, draw: f64) -> Call {
    if s.last_quarter() && s.lead > 0 && s.quarter == 4 && s.can_kneel_out() {
        return Call::Kneel;
    }
    if s.quarter == 2 && s.clock <= 25 && s.yardline > 65 {
        return Call::Kneel;
    }
    // The last seconds of a half: three points while there is time.
    let three_help = s.quarter == 2 || s.last_quarter() && (-3..=0).contains(&s.lead);
    if s.half_ends() && s.clock <= 12 && s.in_field_goal_range() && three_help {
        return Call::FieldGoal;
    }
    if s.half_ends() && s.running && s.in_a_hurry() && s.clock <= 45 && s.timeouts == 0 && s.down <= 2 && draw < 0.5 {
        return Call::Spike;
    }
    if s.down == 4 { fourth_down(s, draw) } else { pass_or_run(s, draw) }
}

fn fourth_down(s: &Situation, draw: f64) -> Call {
    let must_go = s.last_quarter()
        && s.lead < 0
        && (s.clock <= 120 || s.clock <= 300 && s.lead < -8)
        && !(s.lead >= -3 && s.in_field_goal_range());
    if must_go {
        return Call::Pass;
    }
    let wish = match (s.to_go, s.yardline) {
        (1, ..=60) => 0.62,
        (1, ..=72) => 0.25,
        (2, ..=55) => 0.33,
        (3..=4, 33..=50) => 0.25,
        (3..=4, ..=8) => 0.15,
        (5..=8, 36..=44) => 0.14,
        _ => 0.015,
    };
    if draw < wish {
        return pass_or_run(s, draw / wish);
    }
    if s.in_field_goal_range() && (s.field_goal_distance() <= 52 || draw < 0.75) {
        return Call::FieldGoal;
    }
    Call::Punt
}

fn pass_or_run(s: &Situation, draw: f64) -> Call {
    let by_down = if s.to_go <= 2 { calls::PASS_SHORT } else { calls::PASS };
    let mut pass = by_down[usize::from(s.down.clamp(1, 4) - 1)];
    if s.in_a_hurry() {
        pass = pass.max(0.84);
    } else if s.keeps_the_lead() {
        pass *= 0.45;
    } else if s.quarter >= 3 {
        // A side that is behind throws more: about one per cent for each point.
        #[expect(clippy::cast_precision_loss, reason = "a football score")]
        let behind = (-s.lead).clamp(-14, 14) as f64;
        pass += 0.008 * behind;
    }
    if draw < pass { Call::Pass } else { Call::Run }
}

/// Whether to try for two points after a touchdown; `lead` counts the six.
pub(super) fn goes_for_two(quarter: u8, lead: i64, draw: f64) -> bool {
    if quarter >= 4 { matches!(lead, -10 | -5 | -2 | 1 | 5) } else { draw < 0.04 }
}

/// Whether to kick off onside.
pub(super) fn kicks_onside(quarter: u8, clock: u32, lead: i64) -> bool {
    quarter == 4 && (-16..0).contains(&lead) && clock <= if lead < -8 { 240 } else { 110 }
}
