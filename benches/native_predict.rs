//! The native predictors, one row at a time and a thousand, and explanations. One core.
//!
//! Beside the linear one stands a bare dot product of the same width: the limit, which imputes nothing, links nothing and
//! goes through no trait object. Beside 200 trees of depth 5 stands a walk that only follows children, one after the other.
//!
//! Run: `cargo bench --bench native_predict`

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints its figures and may fail loudly")]

use std::hint::black_box;
use std::time::Instant;

use models::artifact::{Aggregation, LinearModel, Link, NativeModel, Node, Side, TreeModel, predictor_of};
use models::predictor::Predictor;
use rand::{Rng, SeedableRng};

const FEATURES: usize = 30;
const ROWS: usize = 1000;
const PASSES: usize = 200;
const REPETITIONS: usize = 15;

fn main() {
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let mut numbers = |count: usize| -> Vec<f64> { (0..count).map(|_| random.random_range(-3.0..3.0)).collect() };
    let (coefficients, imputation, full) = (numbers(FEATURES), numbers(FEATURES), numbers(FEATURES * ROWS));
    let mut holes = full.clone();
    holes.iter_mut().step_by(10).for_each(|x| *x = f64::NAN);
    let model = |link| {
        let model = LinearModel::new(link, 0.1, coefficients.clone(), imputation.clone()).expect("finite parts");
        Box::new(model) as Box<dyn Predictor>
    };
    let (linear, logistic) = (model(Link::Identity), model(Link::Logit));

    let limit = nanoseconds_a_row(|| each_row(&full, |row| dot(&coefficients, row)));
    println!("{FEATURES} features, one core");
    println!("{:<44} {:>9} {:>12}", "", "ns/row", "times limit");
    let report = |name: &str, time: f64| println!("{name:<44} {time:>9.1} {:>12.2}", time / limit);
    report("bare dot product (limit)", limit);
    for (name, model, inputs) in [
        ("linear, row by row", &linear, &full),
        ("logistic, row by row", &logistic, &full),
        ("logistic, row by row, a tenth missing", &logistic, &holes),
    ] {
        report(name, nanoseconds_a_row(|| each_row(inputs, |row| alone(&**model, row))));
    }
    let mut out = vec![0.0; ROWS];
    let together = nanoseconds_a_row(|| {
        logistic.predict(black_box(&full), &mut out);
        black_box(&out);
    });
    report("logistic, a thousand rows in one call", together);
    let mut contributions = vec![0.0; FEATURES];
    let explained = nanoseconds_a_row(|| {
        each_row(&full, |row| logistic.contributions(row, &mut contributions).unwrap_or(f64::NAN));
    });
    report("logistic, contributions row by row", explained);
    let one = nanoseconds_a_row(|| each_row(&full, |row| alone(&*logistic, row)));
    let trees = trees(&full, &mut random);
    println!();
    asked("one row of a linear model", one, 500.0);
    asked("one row of 200 trees", trees.one, 3_000.0);
    asked("a thousand rows of 200 trees in one call", trees.thousand, 1e6);
}

/// One row in a call.
fn alone(model: &dyn Predictor, row: &[f64]) -> f64 {
    let mut out = [0.0];
    model.predict(row, &mut out);
    out[0]
}

/// A figure beside its limit.
fn asked(what: &str, nanoseconds: f64, limit: f64) {
    let verdict = if nanoseconds < limit { "met" } else { "NOT MET" };
    println!("{what:<44} {:>9.3} µs, asked: under {} µs: {verdict}", nanoseconds / 1e3, limit / 1e3);
}

/// What trees take, in nanoseconds.
struct OfTrees {
    one: f64,
    thousand: f64,
}

const TREES: usize = 200;
const DEPTH: u32 = 5;

fn trees(inputs: &[f64], random: &mut rand_chacha::ChaCha8Rng) -> OfTrees {
    let model = ensemble(random);
    let plain = nanoseconds_a_row(|| each_row(inputs, |row| walk(&model, row)));
    let predictor = predictor_of(&NativeModel::Trees(model));
    println!("\n{TREES} trees of depth {DEPTH}, {FEATURES} features, one core");
    println!("{:<44} {:>9} {:>12}", "", "ns/row", "of the walk");
    let report = |name: &str, time: f64| println!("{name:<44} {time:>9.1} {:>12.2}", time / plain);
    report("one tree after the other, branch by branch", plain);
    let one = nanoseconds_a_row(|| each_row(inputs, |row| alone(&*predictor, row)));
    report("trees, row by row", one);
    let mut out = vec![0.0; ROWS];
    let together = nanoseconds_a_row(|| {
        predictor.predict(black_box(inputs), &mut out);
        black_box(&out);
    });
    report("trees, a thousand rows in one call", together);
    let mut contributions = vec![0.0; FEATURES];
    let few = &inputs[..20 * FEATURES];
    let start = Instant::now();
    each_row(few, |row| predictor.contributions(row, &mut contributions).unwrap_or(f64::NAN));
    report("trees, contributions row by row", start.elapsed().as_secs_f64() * 1e9 / 20.0);
    OfTrees { one, thousand: together * ROWS as f64 }
}

/// Full trees with random features and thresholds.
fn ensemble(random: &mut rand_chacha::ChaCha8Rng) -> TreeModel {
    let splits = 2_u32.pow(DEPTH) - 1;
    let mut tree = || {
        let mut nodes = Vec::new();
        for node in 0..splits {
            nodes.push(Node::Split {
                feature: random.random_range(0..u32::try_from(FEATURES).expect("few")),
                threshold: random.random_range(-2.0..2.0),
                left: 2 * node + 1,
                right: 2 * node + 2,
                missing: if random.random_bool(0.5) { Side::Left } else { Side::Right },
            });
        }
        nodes.extend((0..=splits).map(|_| Node::Leaf { value: random.random_range(-0.1..0.1), cover: 1.0 }));
        nodes
    };
    let trees = (0..TREES).map(|_| tree()).collect();
    TreeModel::new(Link::Logit, 0.1, Aggregation::Sum, FEATURES, trees).expect("full trees")
}

/// The plainest way to a leaf.
fn walk(model: &TreeModel, row: &[f64]) -> f64 {
    let leaf = |nodes: &[Node]| {
        let mut at = 0_u32;
        loop {
            match nodes[at as usize] {
                Node::Leaf { value, .. } => return f64::from(value),
                Node::Split { feature, threshold, left, right, .. } => {
                    at = if (row[feature as usize] as f32) < threshold { left } else { right };
                }
            }
        }
    };
    model.trees().iter().map(|tree| leaf(tree.nodes())).sum()
}

fn dot(coefficients: &[f64], row: &[f64]) -> f64 {
    coefficients.iter().zip(row).map(|(a, b)| a * b).sum()
}

fn each_row(inputs: &[f64], mut of_row: impl FnMut(&[f64]) -> f64) {
    for row in inputs.chunks_exact(FEATURES) {
        black_box(of_row(black_box(row)));
    }
}

/// The median over repetitions of many passes over all rows.
fn nanoseconds_a_row(mut pass: impl FnMut()) -> f64 {
    pass();
    let mut times: Vec<f64> = (0..REPETITIONS)
        .map(|_| {
            let start = Instant::now();
            (0..PASSES).for_each(|_| pass());
            start.elapsed().as_secs_f64() * 1e9 / (PASSES * ROWS) as f64
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    times[REPETITIONS / 2]
}
