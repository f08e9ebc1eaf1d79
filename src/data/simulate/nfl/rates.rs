//! League averages that the simulated game is played by: rounded from what season summaries of 2021 to 2023 publish, then
//! some of them moved by hand until a simulated season's league means (plays, points, punts, yards) came near real ones.
//! Where a table gives only a mean, the shape around it is an assumption and says so.

/// Source: NFL official team statistics, passing (league totals): 64 to 65 % of attempts completed for 10.9 to 11.1
/// yards, 2.2 to 2.4 % intercepted, 6.5 to 7 % of drop-backs sacked for 6.8 yards on average. Scrambles: nflverse
/// season summaries, about 5 % of drop-backs for 7 yards.
pub(super) mod passing {
    pub(crate) const SACK: f64 = 0.066;
    pub(crate) const SCRAMBLE: f64 = 0.05;
    pub(crate) const COMPLETION: f64 = 0.667;
    pub(crate) const INTERCEPTION: f64 = 0.0225;
    /// Yards of a completion: this shift plus a Weibull of this scale and shape; mean about 11.
    pub(crate) const YARDS: (f64, f64, f64) = (-2.0, 15.2, 1.3);
    /// On third and fourth down receivers run to the line to gain: a completion short of it is drawn again so often.
    /// Makes third downs succeed in 39 to 41 % of cases, as published.
    pub(crate) const TO_THE_STICKS: f64 = 0.5;
    pub(crate) const SCRAMBLE_YARDS: (f64, f64, f64) = (-1.0, 9.0, 1.3);
    pub(crate) const SACK_YARDS: std::ops::RangeInclusive<i64> = 3..=11;
    /// From the line of scrimmage to where an interception is made, and its return.
    pub(crate) const INTERCEPTION_DEPTH: std::ops::RangeInclusive<i64> = 2..=28;
    pub(crate) const INTERCEPTION_RETURN: (f64, f64, f64) = (-1.0, 9.0, 0.75);
}

/// Source: NFL official team statistics, rushing: 4.3 to 4.5 yards an attempt; about one in eight for a loss.
pub(super) mod rushing {
    pub(crate) const LOSS: f64 = 0.125;
    pub(crate) const LOSS_YARDS: std::ops::RangeInclusive<i64> = 1..=4;
    /// Weibull; mean about 5.3 where there is no loss.
    pub(crate) const YARDS: (f64, f64, f64) = (0.3, 5.6, 1.0);
}

/// Source: Pro Football Reference league fumble totals: about 1.2 a team and game, a little under half of them lost.
pub(super) mod fumbles {
    pub(crate) const RUN: f64 = 0.016;
    pub(crate) const CATCH: f64 = 0.014;
    pub(crate) const SACK: f64 = 0.14;
    pub(crate) const LOST: f64 = 0.46;
    /// Lost fumbles carried into the end zone.
    pub(crate) const RETURNED: f64 = 0.06;
}

/// Source: nflpenalties.com league totals: about 5.7 accepted a team and game. Chance of one at a snap, and the kinds
/// by weight: yards (against the offence if negative), whether it gives a first down.
pub(super) mod penalties {
    pub(crate) const AT_A_SNAP: f64 = 0.073;
    pub(crate) const KINDS: [(u32, i64, bool); 7] = [
        (24, -5, false),  // false start, delay, formation
        (22, -10, false), // offensive holding
        (9, 5, false),    // offside, encroachment
        (12, 5, true),    // defensive holding, illegal contact
        (11, 16, true),   // defensive pass interference
        (6, 15, true),    // personal foul by the defence
        (3, -15, false),  // personal foul by the offence
    ];
}

/// Source: NFL official kicking statistics by distance; extra points since 2015 about 94 %; two-point tries about 48 %.
pub(super) mod kicking {
    /// Field goals: logistic in the distance; 98 % at 25 yards, 94 % at 35, 81 % at 45, 59 % at 54.
    pub(crate) const FIELD_GOAL: (f64, f64) = (7.4, 0.131);
    pub(crate) const EXTRA_POINT: f64 = 0.943;
    pub(crate) const TWO_POINTS: f64 = 0.48;
    /// Yards from which a field goal is tried at all; blocked kicks are among the misses.
    pub(crate) const LONGEST: i64 = 57;
}

/// Source: NFL official punting and kick-off statistics: punts of 46 to 47 yards gross and 41 to 42 net; 60 to 70 % of
/// kick-offs are touchbacks, the others are returned to about the 25; onside kicks recovered since 2018: 8 to 10 %.
pub(super) mod returns {
    pub(crate) const PUNT: (f64, f64) = (46.5, 7.5);
    pub(crate) const PUNT_RETURN: (f64, f64, f64) = (-2.0, 7.5, 0.9);
    pub(crate) const PUNT_FAIR_CATCH: f64 = 0.42;
    pub(crate) const TOUCHBACK: f64 = 0.64;
    pub(crate) const KICKOFF_RETURN_TO: (f64, f64, f64) = (10.0, 15.0, 1.7);
    pub(crate) const KICKOFF_TOUCHDOWN: f64 = 0.004;
    pub(crate) const ONSIDE: f64 = 0.09;
}

/// Source: nflverse summaries of pass share by down and distance in neutral situations: about 50 % on first down,
/// 60 % on second, 80 % on third, less with two yards or less to go.
pub(super) mod calls {
    /// By down, with more than two yards to go.
    pub(crate) const PASS: [f64; 4] = [0.50, 0.61, 0.85, 0.82];
    /// With two yards or less to go.
    pub(crate) const PASS_SHORT: [f64; 4] = [0.40, 0.42, 0.48, 0.45];
}

/// Source: snap intervals in NFL game books: a play takes about six seconds; with the clock running a snap follows some
/// 38 seconds after the one before, 15 in a hurry and the whole play clock when a lead is being kept.
pub(super) mod clock {
    use std::ops::RangeInclusive;

    pub(crate) const PLAY: RangeInclusive<u32> = 4..=8;
    pub(crate) const INCOMPLETE: RangeInclusive<u32> = 4..=7;
    pub(crate) const KICK_RETURN: RangeInclusive<u32> = 5..=9;
    pub(crate) const PUNT: RangeInclusive<u32> = 7..=12;
    pub(crate) const FIELD_GOAL: RangeInclusive<u32> = 4..=5;
    pub(crate) const TEMPO: RangeInclusive<u32> = 29..=40;
    pub(crate) const HURRY: RangeInclusive<u32> = 9..=17;
    pub(crate) const SLOW: RangeInclusive<u32> = 36..=40;
    /// Runs and catches that end out of bounds, where that stops the clock.
    pub(crate) const OUT_OF_BOUNDS: f64 = 0.22;
}

/// Source: spreads and results of 2019 to 2023 as published: home field is worth about two points, a team scores about
/// 22.5, spreads vary by some six points around it, results by 13 points around the spread (Stern 1991 found 13.86).
pub(super) mod market {
    pub(crate) const HOME_FIELD: f64 = 2.0;
    pub(crate) const TOTAL: f64 = 44.0;
    /// How much of both sides' advantage shows in the total: long drives of the one shorten the game of the other.
    pub(crate) const TOTAL_SHARE: f64 = 0.6;
    /// Standard deviation of a team's attack and of its defence, in points a game.
    pub(crate) const STRENGTH: f64 = 3.0;
    /// What the market does not know.
    pub(crate) const SPREAD_NOISE: f64 = 1.5;
    pub(crate) const TOTAL_NOISE: f64 = 1.5;
    pub(crate) const RESULT_DEVIATION: f64 = 13.0;
    /// How much of a strength lasts into the next season.
    pub(crate) const PERSISTENCE: f64 = 0.55;
}
