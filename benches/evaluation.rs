//! A whole evaluation: metrics, and intervals of a thousand group-bootstrap resamples, of 100,000 rows. The limit beside
//! it is the drawing of groups alone, without looking at a row.
//!
//! Run: `cargo bench --bench evaluation`

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints its figures and may fail loudly")]

use std::hint::black_box;
use std::time::Instant;

use features::project::Task;
use models::evaluation::{Groups, Reference, Resampling, Sample, evaluate};
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

const ROWS: usize = 100_000;
const REPETITIONS: usize = 5;

fn main() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let predictions: Vec<f64> = (0..ROWS).map(|_| random.random()).collect();
    let theirs: Vec<f64> = (0..ROWS).map(|_| random.random()).collect();
    let classes: Vec<f64> = predictions.iter().map(|p| f64::from(u8::from(random.random::<f64>() < *p))).collect();
    let values: Vec<f64> = predictions.iter().map(|p| p + random.random::<f64>()).collect();
    let references = [Reference { name: "theirs", predictions: &theirs }];
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);

    println!("{ROWS} rows, 1,000 resamples, all metrics and one reference, {cores} cores");
    println!("{:<44} {:>9}", "", "ms");
    for rows_a_group in [150, 10, 1] {
        let groups = Groups::by_key((0..ROWS).map(|row| row / rows_a_group));
        let count = groups.count();
        let resampling = Resampling::new(7);
        println!("{:<44} {:>9.1}", format!("{count} groups: draws alone, one core"), median_ms(|| draws(count)));
        for (name, task, labels) in
            [("classification", Task::Classification, &classes), ("regression", Task::Regression, &values)]
        {
            let sample = Sample::new(task, labels, &predictions).expect("valid rows");
            let time = median_ms(|| {
                black_box(evaluate(&sample, &groups, &references, &resampling).expect("an evaluation"));
            });
            println!("{:<44} {time:>9.1}", format!("{count} groups: {name}"));
        }
    }
}

fn draws(groups: usize) {
    let mut counts = vec![0_u32; groups];
    for seed in 0..1000 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        for _ in 0..groups {
            counts[((u64::from(random.next_u32()) * groups as u64) >> 32) as usize] += 1;
        }
    }
    black_box(counts);
}

fn median_ms(mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..REPETITIONS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    times[REPETITIONS / 2]
}
