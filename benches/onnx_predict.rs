//! Models of others, by ONNX Runtime: what is laid around a bare call of `ort` on one row, and the native predictors of the
//! same models beside them. One core. Fails where there is no ONNX Runtime: `make onnxruntime` fetches it.
//!
//! Run: `cargo bench --bench onnx_predict`

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints its figures and may fail loudly")]

use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use features::project::Task;
use features::value::Type;
use models::artifact::{
    Aggregation, Artifact, LinearModel, Link, NativeModel, Node, OnnxModel, Side, TreeModel, Wanted,
};
use models::contract::sample;
use models::onnx::{INPUT, OnnxFile, export};
use models::predictor::Predictor;
use models::predictor::onnx::{LibraryPlaces, OnnxPredictor, environment};
use models::signature::Feature;
use ort::session::Session;
use ort::value::TensorRef;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const FEATURES: usize = 20;
const ROWS: usize = 1000;
const REPETITIONS: usize = 15;

fn main() -> ExitCode {
    let named = std::env::var_os("CLUTCH_ONNXRUNTIME").map(Into::into);
    let places = LibraryPlaces { named, folders: vec![Path::new(".clutch/lib").to_path_buf()] };
    if let Err(error) = places.find() {
        println!("NO ONNX RUNTIME, nothing is measured: {error}");
        println!("remedy: make onnxruntime");
        return ExitCode::FAILURE;
    }
    places.use_them();
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let rows: Vec<f64> = (0..FEATURES * ROWS).map(|_| random.random_range(-3.0..3.0)).collect();
    println!("{FEATURES} features, one core");
    println!("{:<44} {:>9} {:>12}", "", "ns/row", "over bare");
    for (name, native) in [("logistic", logistic(&mut random)), ("200 trees of depth 5", trees(&mut random))] {
        measure(name, &native, &rows);
    }
    ExitCode::SUCCESS
}

fn measure(name: &str, native: &Artifact, rows: &[f64]) {
    let file = OnnxFile::read(&export(native).expect("a native model").file).expect("our own file");
    let wanted = Wanted { features: names(), ..Wanted::default() };
    let (model, _) = OnnxModel::bind(file, Task::Classification, &wanted).expect("our own features");
    let predictor = OnnxPredictor::new(&model, Link::Logit).expect("ONNX Runtime");
    let mut bare = bare_session(&model);
    let report = |what: &str, time: f64, bare: f64| {
        println!("{:<44} {time:>9.0} {:>12.0}", format!("{name}, {what}"), time - bare);
    };
    let limit = nanoseconds_a_row(ROWS, || {
        for row in rows.chunks_exact(FEATURES) {
            black_box(call(&mut bare, black_box(row), 1));
        }
    });
    report("bare ort call", limit, limit);
    let mut out = [0.0];
    let each = |model: &dyn Predictor, out: &mut [f64]| {
        for row in rows.chunks_exact(FEATURES) {
            model.predict(black_box(row), out);
        }
    };
    let laid_around = nanoseconds_a_row(ROWS, || each(&predictor, &mut out));
    report("ours by ort", laid_around, limit);
    let native = native.predictor().expect("a native model");
    report("native", nanoseconds_a_row(ROWS, || each(&*native, &mut out)), limit);
    let together = nanoseconds_a_row(ROWS, || {
        black_box(call(&mut bare, black_box(rows), ROWS));
    });
    report("bare ort call, a thousand rows", together, together);
    let mut out = vec![0.0; ROWS];
    let ours = nanoseconds_a_row(ROWS, || predictor.predict(black_box(rows), &mut out));
    report("ours by ort, a thousand rows", ours, together);
    let total = |time: f64| time * ROWS as f64 / 1e3;
    println!(
        "{:<44} {:>9.1} µs, bare {:.1} µs",
        format!("{name}, a thousand rows in all"),
        total(ours),
        total(together)
    );
    let around = (laid_around - limit) / 1e3;
    let verdict = if around < 1.0 { "met" } else { "NOT MET" };
    println!("{name}: {around:.3} µs laid around a bare call, asked: under 1 µs: {verdict}");
}

/// The same settings as ours.
fn bare_session(model: &OnnxModel) -> Session {
    let environment = environment().expect("ONNX Runtime");
    let builder = Session::builder(&environment).expect("a builder").with_intra_threads(1).expect("an option");
    let builder = builder.with_inter_threads(1).expect("an option").with_parallel_execution(false).expect("an option");
    let builder = builder.with_intra_op_spinning(false).expect("an option");
    let mut builder = builder.with_inter_op_spinning(false).expect("an option");
    builder.commit_from_memory(model.file().bytes()).expect("our own file")
}

fn call(session: &mut Session, rows: &[f64], count: usize) -> f64 {
    let tensor = TensorRef::from_array_view(([count, FEATURES], rows)).expect("a table");
    let outputs = session.run(ort::inputs![INPUT => tensor]).expect("runs");
    outputs[0].try_extract_tensor::<f64>().expect("doubles").1[0]
}

fn names() -> Vec<String> {
    (0..FEATURES).map(|i| format!("f{i}")).collect()
}

fn artifact(model: NativeModel) -> Artifact {
    let features = names().into_iter().map(|name| Feature::new(name, Type::Float)).collect();
    let example = names().into_iter().map(|name| (name, 0.5.into())).collect();
    Artifact::new(sample::manifest("bench", Task::Classification, features), model, example).expect("parts that agree")
}

fn logistic(random: &mut ChaCha8Rng) -> Artifact {
    let coefficients = (0..FEATURES).map(|_| random.random_range(-1.0..1.0)).collect();
    let model = LinearModel::new(Link::Logit, 0.1, coefficients, vec![0.0; FEATURES]).expect("finite parts");
    artifact(NativeModel::Linear(model))
}

fn trees(random: &mut ChaCha8Rng) -> Artifact {
    const SPLITS: u32 = 31;
    let mut node = |index: u32| {
        if index >= SPLITS {
            return Node::Leaf { value: random.random_range(-0.1..0.1), cover: 1.0 };
        }
        let feature = random.random_range(0..20);
        let threshold = random.random_range(-2.0..2.0);
        Node::Split { feature, threshold, left: 2 * index + 1, right: 2 * index + 2, missing: Side::Left }
    };
    let trees = (0..200).map(|_| (0..2 * SPLITS + 1).map(&mut node).collect()).collect();
    let model = TreeModel::new(Link::Logit, 0.0, Aggregation::Sum, FEATURES, trees).expect("trees");
    artifact(NativeModel::Trees(model))
}

/// The quickest of the repetitions: the one that other work on the machine disturbed least, which matters where two
/// figures of microseconds are subtracted.
fn nanoseconds_a_row(rows: usize, mut pass: impl FnMut()) -> f64 {
    pass();
    let times = (0..REPETITIONS).map(|_| {
        let start = Instant::now();
        pass();
        start.elapsed().as_secs_f64() * 1e9 / rows as f64
    });
    times.fold(f64::INFINITY, f64::min)
}
