//! Plays from scrimmage: runs, passes, sacks, penalties, and where they leave the ball.

use super::clock::{Caller, passes_the_warning, pause};
use super::decision::{Call, call};
use super::game::{Game, Next};
use super::play::{Ball, Kind, Outcome};
use super::rates::{clock, fumbles, passing, penalties, rushing};

/// How much a point of advantage a game changes each rate: chosen so that a side expected to win by so many points
/// does win by so many on average, in games simulated with these very rates.
mod effect {
    pub(super) const COMPLETION: f64 = 0.0088;
    pub(super) const SACK: f64 = -0.0016;
    pub(super) const INTERCEPTION: f64 = -0.0006;
    /// As a share of a gain.
    pub(super) const YARDS: f64 = 0.0175;
}

/// How a play from scrimmage ended.
#[derive(Debug, Clone, Copy)]
struct Carry {
    yards: i64,
    seconds: u32,
    /// The clock stops whatever else happens.
    stops: bool,
    /// Chance that the ball comes loose.
    fumble: f64,
}

impl Game {
    /// The time before the snap, then the play, unless the quarter ends first.
    pub(super) fn snap(&mut self, ball: Ball) {
        let pause = pause(&self.situation(ball), &mut self.chance);
        let warning = passes_the_warning(self.quarter, self.clock, pause.seconds);
        self.clock -= pause.seconds.min(self.clock);
        self.running &= !warning;
        if let Some(caller) = pause.timeout {
            let side = match caller {
                Caller::Offence => ball.side,
                Caller::Defence => ball.side.other(),
            };
            return self.timeout(side);
        }
        if self.clock == 0 {
            return;
        }
        if self.chance.happens(penalties::AT_A_SNAP) {
            return self.penalty(ball);
        }
        let draw = self.chance.unit();
        match call(&self.situation(ball), draw) {
            Call::Pass => self.pass(ball),
            Call::Run => self.run(ball),
            Call::Punt => self.punt(ball),
            Call::FieldGoal => self.field_goal(ball),
            Call::Kneel => {
                let carry = Carry { yards: -1, seconds: 2, stops: false, fumble: 0.0 };
                self.advance(ball, Kind::Kneel, carry, Outcome { rush: true, ..Outcome::default() });
            }
            Call::Spike => {
                let carry = Carry { yards: 0, seconds: 1, stops: true, fumble: 0.0 };
                let outcome = Outcome { pass: true, incomplete: true, ..Outcome::default() };
                self.advance(ball, Kind::Spike, carry, outcome);
            }
        }
    }

    fn run(&mut self, ball: Ball) {
        let yards = if self.chance.happens(rushing::LOSS) {
            -self.chance.whole(rushing::LOSS_YARDS)
        } else {
            let yards = self.chance.skewed(rushing::YARDS);
            self.stretched(ball, yards)
        };
        let carry = self.carry(ball, yards, fumbles::RUN);
        self.advance(ball, Kind::Run, carry, Outcome { rush: true, ..Outcome::default() });
    }

    fn pass(&mut self, ball: Ball) {
        let advantage = self.advantage[ball.side];
        if self.chance.happens(passing::SACK + effect::SACK * advantage) {
            let yards = -self.chance.whole(passing::SACK_YARDS);
            let carry = Carry { stops: false, ..self.carry(ball, yards, fumbles::SACK) };
            return self.advance(ball, Kind::Pass, carry, Outcome { pass: true, sack: true, ..Outcome::default() });
        }
        if self.chance.happens(passing::SCRAMBLE) {
            let yards = self.chance.skewed(passing::SCRAMBLE_YARDS);
            let carry = self.carry(ball, yards, fumbles::RUN);
            return self.advance(ball, Kind::Run, carry, Outcome { rush: true, ..Outcome::default() });
        }
        if self.chance.happens(passing::INTERCEPTION + effect::INTERCEPTION * advantage) {
            return self.interception(ball);
        }
        // Little room in front of the goal line.
        let crowded = if ball.yardline <= 10 { -0.10 } else { 0.0 };
        if self.chance.happens(passing::COMPLETION + effect::COMPLETION * advantage + crowded) {
            let mut yards = self.chance.skewed(passing::YARDS);
            let last_chance = ball.down.is_some_and(|down| down >= 3);
            if last_chance && yards < ball.to_go && self.chance.happens(passing::TO_THE_STICKS) {
                yards = yards.max(self.chance.skewed(passing::YARDS));
            }
            let yards = self.stretched(ball, yards);
            let carry = self.carry(ball, yards, fumbles::CATCH);
            self.advance(ball, Kind::Pass, carry, Outcome { pass: true, complete: true, ..Outcome::default() });
        } else {
            let seconds = self.chance.seconds(clock::INCOMPLETE);
            let carry = Carry { yards: 0, seconds, stops: true, fumble: 0.0 };
            self.advance(ball, Kind::Pass, carry, Outcome { pass: true, incomplete: true, ..Outcome::default() });
        }
    }

    /// A gain, longer for the better side.
    fn stretched(&self, ball: Ball, yards: i64) -> i64 {
        if yards <= 0 {
            return yards;
        }
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "yards, a hundred at most")]
        let stretched = (yards as f64 * (1.0 + effect::YARDS * self.advantage[ball.side])).round() as i64;
        stretched
    }

    fn carry(&mut self, ball: Ball, yards: i64, fumble: f64) -> Carry {
        let seconds = self.chance.seconds(clock::PLAY);
        // Out of bounds stops the clock only towards the end of a half.
        let late = self.quarter == 2 && self.clock <= 120 || self.quarter >= 4 && self.clock <= 300;
        let edge = if self.situation(ball).in_a_hurry() { 2.0 } else { 1.0 };
        let stops = late && self.chance.happens(clock::OUT_OF_BOUNDS * edge);
        Carry { yards, seconds, stops, fumble }
    }

    fn interception(&mut self, ball: Ball) {
        let play = self.open(Some(ball), Some(Kind::Pass));
        let seconds = self.chance.seconds(clock::PLAY);
        self.spend(seconds, true);
        let depth = self.chance.whole(passing::INTERCEPTION_DEPTH);
        let back = self.chance.skewed(passing::INTERCEPTION_RETURN).max(0);
        let other = ball.side.other();
        let caught = (ball.yardline - depth).max(0);
        let touchdown = back >= 100 - caught;
        if touchdown {
            self.touchdown(other, ball.side);
        } else if caught == 0 {
            self.ball_goes_to(other, 80);
        } else {
            self.ball_goes_to(other, 100 - caught - back);
        }
        self.close(play, Outcome { pass: true, interception: true, touchdown, ..Outcome::default() });
    }

    /// A foul before or during the snap: the down is played again.
    fn penalty(&mut self, ball: Ball) {
        let play = self.open(Some(ball), Some(Kind::NoPlay));
        let (_, yards, first_down) = penalties::KINDS[self.chance.weighted(penalties::KINDS.iter().map(|k| k.0))];
        // Fouls during the play take its time; either way the clock waits for the next snap.
        let seconds = if yards.abs() >= 10 { self.chance.seconds(clock::PLAY) } else { 0 };
        self.spend(seconds, true);
        // Never more than half the way to the goal line.
        let yards = if yards > 0 { yards.min(ball.yardline / 2) } else { yards.max((ball.yardline - 100) / 2) };
        let yardline = ball.yardline - yards;
        let to_go = ball.to_go - yards;
        self.next = Next::Snap(if first_down || to_go <= 0 {
            Ball::first_down(ball.side, yardline)
        } else {
            Ball { yardline, to_go, ..ball }
        });
        self.close(play, Outcome { penalty: true, penalty_yards: yards.abs(), ..Outcome::default() });
    }

    /// Moves the ball, and settles touchdown, safety, fumble, first down or loss of downs.
    fn advance(&mut self, ball: Ball, kind: Kind, carry: Carry, mut outcome: Outcome) {
        let play = self.open(Some(ball), Some(kind));
        let other = ball.side.other();
        let yards = carry.yards.clamp(ball.yardline - 100, ball.yardline);
        let yardline = ball.yardline - yards;
        outcome.yards = yards;
        self.spend(carry.seconds, carry.stops);
        let loose = yardline > 0 && self.chance.happens(carry.fumble);
        outcome.fumble = loose;
        if yardline == 0 {
            outcome.touchdown = true;
            self.touchdown(ball.side, ball.side);
        } else if loose && yardline < 100 && self.chance.happens(fumbles::LOST) {
            outcome.fumble_lost = true;
            outcome.touchdown = self.chance.happens(fumbles::RETURNED);
            if outcome.touchdown {
                self.touchdown(other, ball.side);
            } else {
                self.ball_goes_to(other, 100 - yardline);
            }
        } else if yardline >= 100 {
            self.safety(ball.side);
        } else if yards >= ball.to_go {
            self.next = Next::Snap(Ball::first_down(ball.side, yardline));
        } else if ball.down == Some(4) {
            self.ball_goes_to(other, 100 - yardline);
        } else {
            let down = ball.down.map(|d| d + 1);
            self.next = Next::Snap(Ball { yardline, down, to_go: ball.to_go - yards, ..ball });
        }
        self.close(play, outcome);
    }
}
