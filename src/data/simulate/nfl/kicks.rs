//! Kick-offs, punts, field goals and tries.

use super::decision::{goes_for_two, kicks_onside};
use super::game::{Game, Next};
use super::play::{Ball, Kind, Outcome};
use super::rates::{clock, kicking, returns};
use super::side::Side;

impl Game {
    /// `free`: after a safety, from the kicker's 20.
    pub(super) fn kickoff(&mut self, by: Side, free: bool) {
        let receiver = by.other();
        let from = if free { 20 } else { 35 };
        let ball = Ball { side: receiver, yardline: from, down: None, to_go: 0 };
        let play = self.open(Some(ball), Some(Kind::Kickoff));
        let mut outcome = Outcome::default();
        self.running = false;
        if !free && kicks_onside(self.quarter, self.clock, self.lead(by)) {
            let seconds = self.chance.seconds(1..=4);
            self.spend(seconds, true);
            let recovered = self.chance.happens(returns::ONSIDE);
            self.next =
                Next::Snap(Ball::first_down(if recovered { by } else { receiver }, if recovered { 54 } else { 46 }));
        } else if !free && self.chance.happens(returns::TOUCHBACK) {
            self.next = Next::Snap(Ball::first_down(receiver, 75));
        } else {
            let seconds = self.chance.seconds(clock::KICK_RETURN);
            self.spend(seconds, true);
            outcome.touchdown = self.chance.happens(returns::KICKOFF_TOUCHDOWN);
            if outcome.touchdown {
                self.touchdown(receiver, receiver);
            } else {
                let own = self.chance.skewed(returns::KICKOFF_RETURN_TO) + if free { 12 } else { 0 };
                self.next = Next::Snap(Ball::first_down(receiver, 100 - own.clamp(3, 80)));
            }
        }
        self.close(play, outcome);
    }

    /// One point by a kick or two by a play; takes no time.
    pub(super) fn try_after_touchdown(&mut self, by: Side) {
        let draw = self.chance.unit();
        if goes_for_two(self.quarter, self.lead(by), draw) {
            let pass = self.chance.happens(0.6);
            let ball = Ball { side: by, yardline: 2, down: None, to_go: 0 };
            let play = self.open(Some(ball), Some(if pass { Kind::Pass } else { Kind::Run }));
            let good = self.chance.happens(kicking::TWO_POINTS);
            self.score[by] += if good { 2 } else { 0 };
            let yards = if good { 2 } else { 0 };
            let (complete, incomplete) = (pass && good, pass && !good);
            self.close(play, Outcome { yards, pass, rush: !pass, complete, incomplete, ..Outcome::default() });
        } else {
            let ball = Ball { side: by, yardline: 15, down: None, to_go: 0 };
            let play = self.open(Some(ball), Some(Kind::ExtraPoint));
            self.score[by] += i64::from(self.chance.happens(kicking::EXTRA_POINT));
            self.close(play, Outcome::default());
        }
        self.after_try(by);
    }

    pub(super) fn field_goal(&mut self, ball: Ball) {
        let distance = self.situation(ball).field_goal_distance();
        let play = self.open(Some(ball), Some(Kind::FieldGoal));
        let seconds = self.chance.seconds(clock::FIELD_GOAL);
        self.spend(seconds, true);
        if self.chance.happens(field_goal_probability(distance)) {
            self.field_goal_is_good(ball.side);
        } else {
            // Where it was kicked from, but not inside the 20.
            self.ball_goes_to(ball.side.other(), (100 - ball.yardline - 8).min(80));
        }
        self.close(play, Outcome::default());
    }

    pub(super) fn punt(&mut self, ball: Ball) {
        let play = self.open(Some(ball), Some(Kind::Punt));
        let other = ball.side.other();
        let seconds = self.chance.seconds(clock::PUNT);
        self.spend(seconds, true);
        #[expect(clippy::cast_possible_truncation, reason = "yards, a hundred at most")]
        let mut gross = self.chance.normal(returns::PUNT.0, returns::PUNT.1).max(15.0).round() as i64;
        // A short field: the kicker aims at the corner, and mostly keeps it out of the end zone.
        if ball.yardline - gross < 12 && self.chance.happens(0.8) {
            gross = ball.yardline - self.chance.whole(4..=16);
        }
        let landed = ball.yardline - gross;
        let mut outcome = Outcome::default();
        if landed <= 0 {
            self.ball_goes_to(other, 80);
        } else {
            let caught = landed <= 10 || self.chance.happens(returns::PUNT_FAIR_CATCH);
            let back = if caught { 0 } else { self.chance.skewed(returns::PUNT_RETURN).max(0) };
            outcome.touchdown = back >= 100 - landed;
            if outcome.touchdown {
                self.touchdown(other, ball.side);
            } else {
                self.ball_goes_to(other, 100 - landed - back);
            }
        }
        self.close(play, outcome);
    }
}

fn field_goal_probability(distance: i64) -> f64 {
    let (base, slope) = kicking::FIELD_GOAL;
    #[expect(clippy::cast_precision_loss, reason = "yards")]
    let margin = base - slope * distance as f64;
    1.0 / (1.0 + libm::exp(-margin))
}
