//! One game from the opening kick-off to the last whistle: the state, the loop, quarters, scores and what is recorded.
//! Plays themselves are in `scrimmage` and `kicks`.

use super::clock::passes_the_warning;
use super::decision::Situation;
use super::overtime::{Overtime, PERIOD_POSTSEASON, PERIOD_REGULAR};
use super::play::{Ball, Kind, Outcome, Play};
use super::side::{Pair, Side};
use crate::data::simulate::chance::Chance;

pub(super) const QUARTER: u32 = 900;

/// How a game ended, and every play of it.
#[derive(Debug, Clone)]
pub(super) struct Finished {
    pub(super) plays: Vec<Play>,
    pub(super) score: Pair<i64>,
    pub(super) opening_receiver: Side,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// `free`: after a safety, from the 20.
    Kickoff {
        by: Side,
        free: bool,
    },
    Try(Side),
    Snap(Ball),
    Over,
}

#[derive(Debug)]
pub(super) struct Game {
    pub(super) chance: Chance,
    /// How many points a game each side's attack should score above the average against this defence.
    pub(super) advantage: Pair<f64>,
    pub(super) quarter: u8,
    pub(super) clock: u32,
    /// The clock runs until the next snap.
    pub(super) running: bool,
    pub(super) score: Pair<i64>,
    pub(super) timeouts: Pair<u8>,
    pub(super) next: Next,
    opening_receiver: Side,
    overtime: Option<Overtime>,
    postseason: bool,
    plays: Vec<Play>,
    id: i64,
}

/// Plays a game out. The same `chance` gives the same game.
pub(super) fn play_out(advantage: Pair<f64>, postseason: bool, mut chance: Chance) -> Finished {
    let opening_receiver = if chance.happens(0.5) { Side::Home } else { Side::Away };
    let mut game = Game {
        chance,
        advantage,
        quarter: 1,
        clock: QUARTER,
        running: false,
        score: Pair::default(),
        timeouts: Pair { home: 3, away: 3 },
        next: Next::Kickoff { by: opening_receiver.other(), free: false },
        opening_receiver,
        overtime: None,
        postseason,
        plays: Vec::with_capacity(190),
        id: 1,
    };
    game.mark();
    loop {
        match game.next {
            Next::Kickoff { by, free } => game.kickoff(by, free),
            Next::Try(by) => game.try_after_touchdown(by),
            Next::Snap(ball) => game.snap(ball),
            Next::Over => break,
        }
        if game.clock == 0 && !matches!(game.next, Next::Try(_) | Next::Over) {
            game.end_quarter();
        }
    }
    if game.plays.last().is_some_and(|play| play.kind.is_some()) {
        game.mark();
    }
    Finished { plays: game.plays, score: game.score, opening_receiver }
}

impl Game {
    pub(super) fn situation(&self, ball: Ball) -> Situation {
        Situation {
            quarter: self.quarter,
            clock: self.clock,
            lead: self.lead(ball.side),
            down: ball.down.unwrap_or(1),
            to_go: ball.to_go,
            yardline: ball.yardline,
            timeouts: self.timeouts[ball.side],
            their_timeouts: self.timeouts[ball.side.other()],
            running: self.running,
        }
    }

    pub(super) fn lead(&self, side: Side) -> i64 {
        self.score[side] - self.score[side.other()]
    }

    /// A play about to begin, with everything as it is before it.
    pub(super) fn open(&mut self, ball: Option<Ball>, kind: Option<Kind>) -> Play {
        let play = Play {
            id: self.id,
            quarter: self.quarter,
            clock: self.clock,
            ball,
            score: self.score,
            score_after: self.score,
            timeouts: self.timeouts,
            kind,
            outcome: Outcome::default(),
        };
        self.id += self.chance.whole(17..=34);
        play
    }

    pub(super) fn close(&mut self, play: Play, outcome: Outcome) {
        self.plays.push(Play { outcome, score_after: self.score, ..play });
    }

    /// A row that is no play: the start, or the end of a quarter.
    fn mark(&mut self) {
        let row = self.open(None, None);
        self.close(row, Outcome::default());
    }

    pub(super) fn timeout(&mut self, by: Side) {
        self.timeouts[by] = self.timeouts[by].saturating_sub(1);
        self.running = false;
        let row = self.open(None, Some(Kind::NoPlay));
        self.close(row, Outcome::default());
    }

    /// A play takes its time; afterwards the clock runs on unless something `stops` it.
    pub(super) fn spend(&mut self, seconds: u32, stops: bool) {
        let warning = passes_the_warning(self.quarter, self.clock, seconds);
        self.clock = self.clock.saturating_sub(seconds);
        self.running = !(stops || warning);
    }

    /// Six points; `attack` had the ball.
    pub(super) fn touchdown(&mut self, by: Side, attack: Side) {
        self.running = false;
        self.score[by] += 6;
        let decided = self.possession_ends(by == attack);
        let lead = self.lead(by);
        let time_is_up = self.clock == 0 && self.quarter >= 4;
        // A try that can change nothing is not played.
        self.next =
            if decided && lead > 0 || time_is_up && !(-2..=0).contains(&lead) { Next::Over } else { Next::Try(by) };
    }

    pub(super) fn field_goal_is_good(&mut self, by: Side) {
        self.running = false;
        self.score[by] += 3;
        self.next = if self.possession_ends(false) { Next::Over } else { Next::Kickoff { by, free: false } };
    }

    /// Two points against the side that was caught in its own end zone.
    pub(super) fn safety(&mut self, against: Side) {
        self.running = false;
        self.score[against.other()] += 2;
        self.next = if self.possession_ends(false) { Next::Over } else { Next::Kickoff { by: against, free: true } };
    }

    pub(super) fn ball_goes_to(&mut self, side: Side, yardline: i64) {
        self.running = false;
        self.next = if self.possession_ends(false) { Next::Over } else { Next::Snap(Ball::first_down(side, yardline)) };
    }

    pub(super) fn after_try(&mut self, by: Side) {
        let over = self.overtime.as_ref().is_some_and(|o| o.decided(self.lead(o.first), self.postseason));
        self.next = if over { Next::Over } else { Next::Kickoff { by, free: false } };
    }

    /// Notes that a possession ended; true if that decides overtime.
    fn possession_ends(&mut self, touchdown: bool) -> bool {
        let (score, postseason) = (self.score, self.postseason);
        self.overtime.as_mut().is_some_and(|overtime| {
            overtime.possession_ends(touchdown);
            overtime.decided(score[overtime.first] - score[overtime.first.other()], postseason)
        })
    }

    fn end_quarter(&mut self) {
        self.mark();
        self.running = false;
        let level = self.score.home == self.score.away;
        match self.quarter {
            1 | 3 => self.clock = QUARTER,
            2 => {
                self.clock = QUARTER;
                self.timeouts = Pair { home: 3, away: 3 };
                self.next = Next::Kickoff { by: self.opening_receiver, free: false };
            }
            4 if level => self.begin_overtime(),
            // A play-off game goes on with the ball where it is.
            _ if level && self.postseason => self.clock = PERIOD_POSTSEASON,
            _ => self.next = Next::Over,
        }
        if self.next != Next::Over {
            self.quarter += 1;
        }
    }

    fn begin_overtime(&mut self) {
        let first = if self.chance.happens(0.5) { Side::Home } else { Side::Away };
        self.overtime = Some(Overtime::new(first));
        let (clock, timeouts) = if self.postseason { (PERIOD_POSTSEASON, 3) } else { (PERIOD_REGULAR, 2) };
        self.clock = clock;
        self.timeouts = Pair { home: timeouts, away: timeouts };
        self.next = Next::Kickoff { by: first.other(), free: false };
    }
}
