//! Whether the statistics of experiments keep what they promise: thousands of simulated experiments, looked at after every
//! outcome. Prints the table of docs/experiments.md.
//!
//! Run: `make statistics`; `EXPERIMENTS=500` for a quick one.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints its figures and reads how many"
)]

use std::time::Instant;

use features::project::Task;
use models::experiment::simulation::{Peeking, World, alarms, cuped, power};
use models::experiment::{Observation, Plan, PlanSpec, Tally, Verdict};

fn main() {
    let start = Instant::now();
    let chosen = std::env::var("EXPERIMENTS").ok().and_then(|text| text.parse().ok());
    let experiments: u64 = chosen.unwrap_or(5000);
    println!("{experiments} experiments each, seed 1, declared 5 %\n");
    println!(
        "| looked at after every outcome | split | outcomes each | misled: at all times | misled: single-look interval |"
    );
    println!("|---|---|---|---|---|");
    for (world, units) in [(World::Games, 400), (World::SkewedLoss, 2000), (World::RareOutcome, 5000)] {
        for (share, adjusted) in [(0.5, false), (0.1, false), (0.5, true)] {
            if adjusted && world != World::Games {
                continue;
            }
            row(experiments, world, units, share, adjusted, 0.0);
        }
    }
    row(experiments, World::Normal, 2000, 0.5, false, 0.2);

    println!("\n| power of the single-look test, 200 units an arm | found | theory | interval covers |");
    println!("|---|---|---|---|");
    for effect in [0.0, 0.1, 0.2, 0.3, 0.4] {
        let row = power(experiments, 200, effect, 2);
        println!(
            "| difference of {effect} standard deviations | {:.1} % | {:.1} % | {:.1} % |",
            row.found * 100.0,
            row.theory * 100.0,
            row.covered * 100.0
        );
    }
    let saving = cuped(experiments, 100, 3);
    println!("\nCUPED, plays of games: correlation {:.3}; units needed", saving.correlation);
    println!(
        "  predicted {:.1} %, measured {:.1} % of those without",
        saving.predicted * 100.0,
        saving.measured * 100.0
    );

    let tries = experiments.min(2000);
    println!(
        "\n| sample ratio, 500,000 units, 1,000 looks, {tries} experiments | at all times | chi-square at the end |"
    );
    println!("|---|---|---|");
    for truth in [0.5, 0.505] {
        let found = alarms(tries, 500_000, truth, 1000, 4);
        println!(
            "| challenger really gets {:.1} % | {:.2} % alarms | {:.2} % alarms |",
            truth * 100.0,
            found.always_valid * 100.0,
            found.chi_square_at_end * 100.0
        );
    }
    println!("\nsimulated in {:.0} s", start.elapsed().as_secs_f64());
    report_of_ten_million();
}

fn row(experiments: u64, world: World, units: u64, share: f64, adjusted: bool, effect: f64) {
    let peeking = Peeking { world, experiments, units, share, alpha: 0.05, tuned_to: 500.0, effect, adjusted, seed: 1 };
    let found = peeking.run();
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let per_cent = |count: u64| count as f64 / experiments as f64 * 100.0;
    println!(
        "| {}{}{} | {:.0} : {:.0} | {} | {:.2} % | {:.1} % |",
        world.name(),
        if adjusted { ", CUPED" } else { "" },
        if effect == 0.0 { "" } else { ", true difference 0.2 (interval leaves it out)" },
        (1.0 - share) * 100.0,
        share * 100.0,
        found.looks / experiments,
        per_cent(found.always_valid),
        per_cent(found.fixed_sample)
    );
}

/// Ten million predictions of half a million units through everything but the store.
fn report_of_ten_million() {
    const UNITS: u32 = 500_000;
    const EACH: u32 = 20;
    let spec = PlanSpec {
        experiment: "ten_million".to_owned(),
        task: Task::Classification,
        arms: vec!["champion".to_owned(), "challenger".to_owned()],
        periods: vec![vec![0.5, 0.5]],
        primary: "log_loss".to_owned(),
        metrics: ["brier", "accuracy", "calibration_error", "latency_ms", "latency_ms_p99", "error_rate"]
            .map(str::to_owned)
            .to_vec(),
        reversed: Vec::new(),
        guards: Vec::new(),
        alpha: 0.05,
        power: 0.8,
        minimum_units: 100,
        planned_units: 10_000,
        sought: None,
        prior: 0.1,
        adjusted: true,
        slices: vec!["quarter".to_owned()],
        values: Vec::new(),
    };
    let plan = match Plan::new(spec) {
        Ok(plan) => plan,
        Err(error) => return println!("{error}"),
    };
    let start = Instant::now();
    let mut tally = Tally::new(&plan);
    let noise = |i: u64, salt: u64| {
        let mixed =
            (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15 ^ salt).rotate_left(31).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        f64::from((mixed >> 40) as u32) / f64::from(1_u32 << 24)
    };
    for unit in 0..UNITS {
        let name = format!("unit-{unit}");
        let arm = usize::from(noise(u64::from(unit), 5) < 0.5);
        for row in 0..EACH {
            let i = u64::from(unit * EACH + row);
            let score = noise(i, 1);
            let quarter = [["1", "2", "3", "4"][(row % 4) as usize]];
            let mut observation = Observation::new(&name, arm);
            observation.score = Some(score);
            observation.covariate = Some(score);
            observation.outcome = Some(f64::from(u8::from(noise(i, 2) < score)));
            observation.outcome_delay = Some(600.0);
            observation.latency_us = Some(300.0 + 900.0 * noise(i, 3));
            observation.slices = &quarter;
            tally.push(&observation);
        }
    }
    let verdict = Verdict::new(tally, None);
    println!(
        "report of {} predictions: {:.2} s ({:?}, {})",
        UNITS * EACH,
        start.elapsed().as_secs_f64(),
        verdict.decision.call,
        peak()
    );
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.map_or("peak memory unknown".to_owned(), |line| format!("peak {}", line.trim_start_matches("VmHWM:").trim()))
}
