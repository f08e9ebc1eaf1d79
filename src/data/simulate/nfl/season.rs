//! A season: strengths, 17 weeks, and play-offs for the seven best of each conference.

use super::game::{Finished, play_out};
use super::market::{Lines, Strength, advantage, lines};
use super::rates::market::{PERSISTENCE, STRENGTH};
use super::schedule::{WEEKS, game_day, weeks};
use super::side::Pair;
use super::teams::{Conference, TEAMS};
use crate::data::simulate::chance::Chance;

/// A game that was played.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) seed: u64,
    pub(super) season: i32,
    /// From 1; the play-offs follow week 17.
    pub(super) week: usize,
    pub(super) postseason: bool,
    pub(super) neutral: bool,
    pub(super) day: String,
    /// Indices into the list of teams.
    pub(super) teams: Pair<usize>,
    pub(super) lines: Lines,
    pub(super) game: Finished,
}

impl Record {
    /// As in nflverse, but marked: never taken for a real game, nor for one of another seed.
    pub(super) fn id(&self) -> String {
        let (home, away) = (TEAMS[self.teams.home].code, TEAMS[self.teams.away].code);
        format!("{}_{:02}_SIM{}_{away}_{home}", self.season, self.week, self.seed)
    }
}

/// Games in a whole season: 272 and 13 in the play-offs.
pub(super) const GAMES: usize = 285;

/// The strengths of all clubs, drawn for the first season and drifting from one to the next.
#[derive(Debug)]
pub(super) struct League {
    seed: u64,
    strengths: Vec<Strength>,
}

/// A season under way.
struct Season<'a> {
    league: &'a League,
    season: i32,
    records: Vec<Record>,
}

impl League {
    pub(super) fn new(seed: u64, first_season: i32) -> League {
        let mut chance = Chance::new(seed, stream(first_season, 0xfffe));
        let strengths = TEAMS
            .iter()
            .map(|_| Strength { attack: chance.normal(0.0, STRENGTH), defence: chance.normal(0.0, STRENGTH) });
        League { seed, strengths: strengths.collect() }
    }

    /// Plays the first `limit` games of a season (all without); `played` is told of each.
    pub(super) fn play_season(&self, season: i32, limit: Option<usize>, played: &dyn Fn()) -> Vec<Record> {
        let limit = limit.unwrap_or(usize::MAX);
        let mut chance = Chance::new(self.seed, stream(season, 0xffff));
        let mut season = Season { league: self, season, records: Vec::new() };
        for (week, games) in weeks(&mut chance).into_iter().enumerate() {
            for (number, (home, away)) in games.iter().enumerate() {
                if season.records.len() == limit {
                    return season.records;
                }
                let day = game_day(season.season, week, number, games.len());
                season.play(week + 1, day, Pair { home: *home, away: *away }, Round::Regular);
                played();
            }
        }
        if limit > season.records.len() {
            season.playoffs(limit, played);
        }
        season.records
    }

    /// On to the next season: strengths fall back towards the average.
    pub(super) fn age(&mut self, season: i32) {
        let mut chance = Chance::new(self.seed, stream(season, 0xfffd));
        let fresh = STRENGTH * (1.0 - PERSISTENCE * PERSISTENCE).sqrt();
        for strength in &mut self.strengths {
            strength.attack = PERSISTENCE * strength.attack + chance.normal(0.0, fresh);
            strength.defence = PERSISTENCE * strength.defence + chance.normal(0.0, fresh);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    Regular,
    Playoff,
    /// On neutral ground.
    Final,
}

impl Season<'_> {
    /// Plays a game and gives the winner's index (the home side's after a tie).
    fn play(&mut self, week: usize, day: String, teams: Pair<usize>, round: Round) -> usize {
        let mut chance = Chance::new(self.league.seed, stream(self.season, self.records.len()));
        let strength = Pair { home: self.league.strengths[teams.home], away: self.league.strengths[teams.away] };
        let neutral = round == Round::Final;
        let advantage = advantage(strength, neutral);
        let lines = lines(advantage, &mut chance);
        let postseason = round != Round::Regular;
        let game = play_out(advantage, postseason, chance);
        let winner = if game.score.away > game.score.home { teams.away } else { teams.home };
        self.records.push(Record {
            seed: self.league.seed,
            season: self.season,
            week,
            postseason,
            neutral,
            day,
            teams,
            lines,
            game,
        });
        winner
    }

    /// Seven of each conference; the first is free in the first round, the best left always meets the worst.
    fn playoffs(&mut self, limit: usize, played: &dyn Fn()) {
        let mut fields = [self.seeds(Conference::American), self.seeds(Conference::National)];
        let mut week = WEEKS + 1;
        while fields[0].len() > 1 {
            for field in &mut fields {
                let free = field.len() % 2;
                let mut left = field[..free].to_vec();
                let pairs = (field.len() - free) / 2;
                for i in 0..pairs {
                    let (home, away) = (field[free + i], field[field.len() - 1 - i]);
                    if self.records.len() == limit {
                        return;
                    }
                    let day = game_day(self.season, week - 1, i, pairs);
                    left.push(self.play(week, day, Pair { home, away }, Round::Playoff));
                    played();
                }
                // Seeds keep their order.
                let order = std::mem::take(field);
                *field = order.into_iter().filter(|team| left.contains(team)).collect();
            }
            week += 1;
        }
        if self.records.len() < limit {
            let teams = Pair { home: fields[0][0], away: fields[1][0] };
            let day = game_day(self.season, week - 1, 0, 1);
            self.play(week, day, teams, Round::Final);
            played();
        }
    }

    /// The seven best by points of the table (a tie counts half a win), then by points difference.
    fn seeds(&self, conference: Conference) -> Vec<usize> {
        let mut table: Vec<(i64, i64, usize)> = (0..TEAMS.len()).map(|team| (0, 0, team)).collect();
        for record in &self.records {
            let margin = record.game.score.home - record.game.score.away;
            for (team, margin) in [(record.teams.home, margin), (record.teams.away, -margin)] {
                table[team].0 += 1 + margin.signum();
                table[team].1 += margin;
            }
        }
        table.retain(|(_, _, team)| TEAMS[*team].conference == conference);
        table.sort_unstable_by(|a, b| b.cmp(a));
        table.into_iter().take(7).map(|(_, _, team)| team).collect()
    }
}

/// A season's games, and what is drawn for the season as a whole, each have a sequence of draws of their own.
fn stream(season: i32, number: usize) -> u64 {
    (u64::from(season.unsigned_abs()) << 16) | number as u64
}
