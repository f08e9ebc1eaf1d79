//! Row expressions: the column machine and the scalar machine beside a hand-written Rust loop that computes the same
//! columns, the limit that an interpreter can approach. One core.
//!
//! Run: `cargo bench --bench row_expressions`

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints its figures and may fail loudly")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use features::column::{Column, Data};
use features::program::{Program, Scratch};
use features::schema::{Field, Schema};
use features::sql::{Scope, scalar};
use features::value::{Type, Value};
use rand::{Rng, SeedableRng};

const ROWS: usize = 200_000;
const REPETITIONS: usize = 15;

/// Name and type of each field, in the order of [`Plays`].
const FIELDS: [(&str, Type); 14] = [
    ("qtr", Type::Int),
    ("down", Type::Int),
    ("ydstogo", Type::Int),
    ("game_seconds_remaining", Type::Float),
    ("yardline_100", Type::Float),
    ("score_differential", Type::Float),
    ("posteam_score", Type::Float),
    ("defteam_score", Type::Float),
    ("spread_line", Type::Float),
    ("posteam_timeouts_remaining", Type::Float),
    ("defteam_timeouts_remaining", Type::Float),
    ("posteam", Type::String),
    ("home_team", Type::String),
    ("play_type", Type::String),
];

/// The row expressions of a win-probability view: a filter and 26 columns.
const EXPRESSIONS: [&str; 27] = [
    "down IS NOT NULL AND play_type IN ('pass', 'run', 'field_goal', 'punt')",
    "game_seconds_remaining / 3600.0",
    "qtr = 4",
    "qtr <= 2",
    "CASE WHEN qtr <= 4 THEN game_seconds_remaining - 900 * (4 - qtr) ELSE game_seconds_remaining END",
    "score_differential",
    "CASE WHEN posteam = home_team THEN score_differential ELSE -score_differential END",
    "CASE WHEN posteam = home_team THEN posteam_score ELSE defteam_score END",
    "CASE WHEN posteam = home_team THEN defteam_score ELSE posteam_score END",
    "abs(score_differential) <= 7",
    "abs(score_differential) > 21",
    "1.0 - yardline_100 / 100.0",
    "down / greatest(ydstogo, 1)",
    "posteam = home_team",
    "(score_differential + CASE WHEN posteam = home_team THEN spread_line ELSE -spread_line END
        * game_seconds_remaining / 3600.0) / sqrt(169.0 * game_seconds_remaining / 3600.0 + 4.0)",
    "(score_differential + 0.067 * (100.0 - yardline_100) - 0.9
        + CASE WHEN posteam = home_team THEN spread_line ELSE -spread_line END * game_seconds_remaining / 3600.0)
        / sqrt(169.0 * game_seconds_remaining / 3600.0 + 4.0)",
    "power(clamp((score_differential + 0.067 * (100.0 - yardline_100) - 0.9
        + CASE WHEN posteam = home_team THEN spread_line ELSE -spread_line END * game_seconds_remaining / 3600.0)
        / sqrt(169.0 * game_seconds_remaining / 3600.0 + 4.0), -4.0, 4.0), 3)",
    "score_differential / sqrt(169.0 * game_seconds_remaining / 3600.0 + 4.0)",
    "CASE WHEN posteam = home_team THEN spread_line ELSE -spread_line END * game_seconds_remaining / 3600.0",
    "(0.067 * (100.0 - yardline_100) - 0.9) / sqrt(169.0 * game_seconds_remaining / 3600.0 + 4.0)",
    "down / sqrt(169.0 * game_seconds_remaining / 3600.0 + 4.0)",
    "ln(ydstogo + 1) / sqrt(169.0 * game_seconds_remaining / 3600.0 + 4.0)",
    "CASE WHEN down = 4 THEN 1.0 ELSE 0.0 END / sqrt(169.0 * game_seconds_remaining / 3600.0 + 4.0)",
    "CASE WHEN score_differential > 0 THEN exp(-game_seconds_remaining / 180.0) ELSE 0.0 END",
    "CASE WHEN score_differential < 0 THEN exp(-game_seconds_remaining / 180.0) ELSE 0.0 END",
    "CASE WHEN score_differential <= 0
        THEN posteam_timeouts_remaining * exp(-game_seconds_remaining / 180.0) ELSE 0.0 END",
    "CASE WHEN score_differential >= 0
        THEN defteam_timeouts_remaining * exp(-game_seconds_remaining / 180.0) ELSE 0.0 END",
];

fn main() {
    let schema = schema();
    let program = compile(&schema);
    let plays = Plays::random(ROWS);
    let columns = plays.columns();
    let fields: Vec<Option<&Column>> = columns.iter().map(Some).collect();
    let rows: Vec<Vec<Value>> = (0..ROWS).map(|row| columns.iter().map(|c| c.value(row)).collect()).collect();
    println!("{} columns, {} operations, {ROWS} rows, one core", program.outputs(), program.steps());
    assert_same(&program.eval_columns(ROWS, &fields, &[]).0, &plays.by_hand());

    let hand = median(|| drop(black_box(plays.by_hand())));
    let column = median(|| drop(black_box(program.eval_columns(ROWS, black_box(&fields), &[]))));
    let mut scratch = Scratch::default();
    let mut out = Vec::new();
    let scalar = median(|| {
        for row in &rows {
            program.eval(&mut scratch, row, &[], &mut out);
            black_box(&out);
        }
    });
    let holes = with_nulls(&columns);
    let holes: Vec<Option<&Column>> = holes.iter().map(Some).collect();
    let nulls = median(|| drop(black_box(program.eval_columns(ROWS, black_box(&holes), &[]))));

    println!("{:<38} {:>12} {:>9} {:>12}", "", "rows/s", "ns/row", "times limit");
    for (name, time) in [
        ("hand-written loop (limit)", hand),
        ("column machine", column),
        ("column machine, 2 % NULLs", nulls),
        ("scalar machine, row by row", scalar),
    ] {
        let seconds = time.as_secs_f64();
        let (rate, each) = (ROWS as f64 / seconds, seconds * 1e9 / ROWS as f64);
        println!("{name:<38} {rate:>12.0} {each:>9.1} {:>12.2}", seconds / hand.as_secs_f64());
    }
}

fn median(mut run: impl FnMut()) -> Duration {
    run();
    let mut times: Vec<Duration> = (0..REPETITIONS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[REPETITIONS / 2]
}

fn schema() -> Schema {
    let field = |(name, ty): &(&str, Type)| Field::new(*name, *ty);
    Schema::new(FIELDS.iter().map(field).collect())
}

fn compile(schema: &Schema) -> Program {
    let scope = Scope::fields(schema);
    let compiled: Vec<_> = EXPRESSIONS.iter().map(|text| scalar(text, &scope).expect(text).expr).collect();
    Program::compile(&compiled.iter().collect::<Vec<_>>())
}

/// Plays as columns of plain vectors.
#[derive(Default)]
struct Plays {
    qtr: Vec<i64>,
    down: Vec<i64>,
    ydstogo: Vec<i64>,
    seconds: Vec<f64>,
    yardline: Vec<f64>,
    differential: Vec<f64>,
    own_score: Vec<f64>,
    other_score: Vec<f64>,
    spread: Vec<f64>,
    own_timeouts: Vec<f64>,
    other_timeouts: Vec<f64>,
    posteam: Vec<smol_str::SmolStr>,
    home_team: Vec<smol_str::SmolStr>,
    play_type: Vec<smol_str::SmolStr>,
}

impl Plays {
    fn random(rows: usize) -> Plays {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
        let mut plays = Plays::default();
        for _ in 0..rows {
            let seconds = random.random_range(0..=3600);
            let (own, other) = (random.random_range(0..45), random.random_range(0..45));
            let home = random.random_bool(0.5);
            plays.qtr.push((4 - seconds / 900).clamp(1, 4));
            plays.down.push(random.random_range(1..=4));
            plays.ydstogo.push(random.random_range(1..=20));
            plays.seconds.push(f64::from(seconds as i32));
            plays.yardline.push(f64::from(random.random_range(1..=99)));
            plays.own_score.push(f64::from(own));
            plays.other_score.push(f64::from(other));
            plays.differential.push(f64::from(own - other));
            plays.spread.push(f64::from(random.random_range(-28..=28)) / 2.0);
            plays.own_timeouts.push(f64::from(random.random_range(0..=3)));
            plays.other_timeouts.push(f64::from(random.random_range(0..=3)));
            plays.posteam.push(if home { "KC" } else { "BUF" }.into());
            plays.home_team.push("KC".into());
            let kinds = ["pass", "pass", "run", "punt", "field_goal", "kickoff", "no_play"];
            plays.play_type.push(kinds[random.random_range(0..kinds.len())].into());
        }
        plays
    }

    fn columns(&self) -> Vec<Column> {
        let column = |ty, data| Column { ty, data, valid: None };
        let int = |v: &Vec<i64>| column(Type::Int, Data::Int(v.clone()));
        let float = |v: &Vec<f64>| column(Type::Float, Data::Float(v.clone()));
        let string = |v: &Vec<smol_str::SmolStr>| column(Type::String, Data::String(v.clone()));
        vec![
            int(&self.qtr),
            int(&self.down),
            int(&self.ydstogo),
            float(&self.seconds),
            float(&self.yardline),
            float(&self.differential),
            float(&self.own_score),
            float(&self.other_score),
            float(&self.spread),
            float(&self.own_timeouts),
            float(&self.other_timeouts),
            string(&self.posteam),
            string(&self.home_team),
            string(&self.play_type),
        ]
    }

    /// What a person would write for complete columns: one loop, everything common computed once, the same operations
    /// in the same order so that the bits agree.
    fn by_hand(&self) -> Vec<Data> {
        let rows = self.qtr.len();
        let mut b: [Vec<bool>; 6] = std::array::from_fn(|_| Vec::with_capacity(rows));
        let mut x: [Vec<f64>; 21] = std::array::from_fn(|_| Vec::with_capacity(rows));
        for i in 0..rows {
            let (t, lead, down) = (self.seconds[i], self.differential[i], self.down[i] as f64);
            let kind = self.play_type[i].as_str();
            let home = self.posteam[i] == self.home_team[i];
            let spread = if home { self.spread[i] } else { -self.spread[i] };
            let to_come = spread * t / 3600.0;
            let scale = (169.0 * t / 3600.0 + 4.0).sqrt();
            let field = 0.067 * (100.0 - self.yardline[i]);
            let with_ball = (lead + field - 0.9 + to_come) / scale;
            let late = libm::exp(-t / 180.0);
            b[0].push(matches!(kind, "pass" | "run" | "field_goal" | "punt"));
            x[0].push(t / 3600.0);
            b[1].push(self.qtr[i] == 4);
            b[2].push(self.qtr[i] <= 2);
            x[1].push(if self.qtr[i] <= 4 { t - (900 * (4 - self.qtr[i])) as f64 } else { t });
            x[2].push(lead);
            x[3].push(if home { lead } else { -lead });
            x[4].push(if home { self.own_score[i] } else { self.other_score[i] });
            x[5].push(if home { self.other_score[i] } else { self.own_score[i] });
            b[3].push(lead.abs() <= 7.0);
            b[4].push(lead.abs() > 21.0);
            x[6].push(1.0 - self.yardline[i] / 100.0);
            x[7].push(down / self.ydstogo[i].max(1) as f64);
            b[5].push(home);
            x[8].push((lead + to_come) / scale);
            x[9].push(with_ball);
            x[10].push(libm::pow(with_ball.clamp(-4.0, 4.0), 3.0));
            x[11].push(lead / scale);
            x[12].push(to_come);
            x[13].push((field - 0.9) / scale);
            x[14].push(down / scale);
            x[15].push(libm::log((self.ydstogo[i] + 1) as f64) / scale);
            x[16].push(if self.down[i] == 4 { 1.0 } else { 0.0 } / scale);
            x[17].push(if lead > 0.0 { late } else { 0.0 });
            x[18].push(if lead < 0.0 { late } else { 0.0 });
            x[19].push(if lead <= 0.0 { self.own_timeouts[i] * late } else { 0.0 });
            x[20].push(if lead >= 0.0 { self.other_timeouts[i] * late } else { 0.0 });
        }
        let [kept, fourth, first_half, close, blowout, home] = b.map(Data::Bool);
        let mut x = x.map(Data::Float).into_iter();
        let mut floats = |n: usize| x.by_ref().take(n).collect::<Vec<_>>();
        let mut out = vec![kept];
        out.extend(floats(1));
        out.extend([fourth, first_half]);
        out.extend(floats(5));
        out.extend([close, blowout]);
        out.extend(floats(2));
        out.push(home);
        out.extend(floats(13));
        out
    }
}

/// The same columns with every fiftieth value NULL, at different rows.
fn with_nulls(columns: &[Column]) -> Vec<Column> {
    let holed = columns.iter().enumerate().map(|(i, column)| {
        let valid = (0..column.len()).map(|row| (row + 7 * i) % 50 != 0).collect();
        Column { valid: Some(valid), ..column.clone() }
    });
    holed.collect()
}

fn assert_same(machine: &[Column], hand: &[Data]) {
    assert_eq!(machine.len(), hand.len());
    for ((column, data), text) in machine.iter().zip(hand).zip(EXPRESSIONS) {
        let same = match (&column.data, data) {
            (Data::Bool(a), Data::Bool(b)) => a == b,
            (Data::Float(a), Data::Float(b)) => a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits()),
            _ => false,
        };
        assert!(same && column.valid.is_none(), "the loop by hand computes something else for {text}");
    }
}
