//! Models that nobody trained: trees whose thresholds are values of the data, as sums and as means, calibrations of every
//! kind, a stack of them, and families of all of them.

use features::project::Task;
use features::value::{Type, Value};
use models::artifact::{
    Aggregation, Artifact, Base, BaseRecord, Calibration, Family, FamilyRecord, Isotonic, LinearModel, Link, Manifest,
    Member, MemberRecord, NativeModel, Node, Platt, Rows as Counts, Side, StackRecord, StackedModel, TreeModel,
};
use models::contract::sample;
use models::signature::Feature;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Map;

use super::agreement::Rows;

/// Ensembles and calibrations behind them, and behind the trained model.
pub(super) fn singles(trained: &Artifact, rows: &Rows) -> Vec<(&'static str, Artifact)> {
    let artifact = |task, model: NativeModel| {
        let (manifest, example) = described(trained, task, None);
        Artifact::new(manifest, model, example).expect("parts that agree")
    };
    let classify = |model: &NativeModel| artifact(Task::Classification, model.clone());
    let regress = |model| artifact(Task::Regression, model);
    let boosted = boosted(rows, 1);
    let stacked = stacked(trained, rows);
    vec![
        ("boosted", classify(&boosted)),
        ("boosted_platt", classify(&boosted).calibrated(platt()).expect("a classification")),
        ("boosted_isotonic", classify(&boosted).calibrated(isotonic(&points())).expect("a classification")),
        ("boosted_one_point", classify(&boosted).calibrated(isotonic(&[0.5])).expect("a classification")),
        ("boosted_margin", regress(trees(rows, Link::Identity, Aggregation::Sum, 22.5, 7.5, 2))),
        ("forest", regress(trees(rows, Link::Identity, Aggregation::Mean, 0.0, 60.0, 3))),
        ("forest_shares", classify(&trees(rows, Link::Identity, Aggregation::Mean, 0.5, 0.5, 4))),
        ("stacked", stacked.clone()),
        ("stacked_isotonic", stacked.calibrated(isotonic(&points())).expect("a classification")),
        ("logistic_platt", trained.clone().calibrated(platt()).expect("a classification")),
        ("logistic_isotonic", trained.clone().calibrated(isotonic(&points())).expect("a classification")),
    ]
}

/// Sees two inputs itself, and all by boosted trees, a single line and a forest.
fn stacked(trained: &Artifact, rows: &Rows) -> Artifact {
    let width = rows.inputs[0].len();
    let all: Vec<usize> = (0..width).rev().collect();
    let line = LinearModel::new(Link::Logit, 0.5, vec![-0.75], vec![2.0]).expect("finite");
    let forest = trees(rows, Link::Identity, Aggregation::Mean, 0.0, 1.0, 5);
    let bases = [(boosted(rows, 1), all.clone()), (NativeModel::Linear(line), vec![1]), (forest, all)];
    let bases = bases.map(|(model, inputs)| Base { model, inputs }).to_vec();
    let meta = LinearModel::new(Link::Logit, -0.1, vec![0.2, -0.3, 0.6, 0.4, 1.5], vec![0.5; 5]).expect("finite");
    let model = StackedModel::new(width, 2, bases, meta).expect("bases that fit");
    let (mut manifest, example) = described(trained, Task::Classification, None);
    let base = BaseRecord {
        model: "base".to_owned(),
        version: None,
        algorithm: manifest.algorithm.clone(),
        features: Vec::new(),
        digest: String::new(),
    };
    manifest.stack = Some(StackRecord { own: 2, folds: 5, bases: vec![base; 3] });
    Artifact::new(manifest, model, example).expect("parts that agree")
}

/// Families of every kind of member, told apart by text, whole numbers and booleans.
pub(super) fn families(trained: &Artifact, rows: &Rows) -> Vec<(&'static str, Artifact, Rows)> {
    let logistic = trained.model().native().expect("a native model").clone();
    let width = logistic.width();
    let line = |intercept| {
        let model = LinearModel::new(Link::Logit, intercept, vec![1e-3; width], vec![0.5; width]);
        NativeModel::Linear(model.expect("finite"))
    };
    let shares = trees(rows, Link::Identity, Aggregation::Mean, 0.5, 0.5, 11);
    let one_point = || isotonic(&[0.25]);
    let any: Vec<(&str, NativeModel, Option<Calibration>)> = vec![
        ("", line(-1.0), None),
        ("Kai'Sa", boosted(rows, 12), None),
        ("é\u{1f600}", boosted(rows, 13), Some(isotonic(&points()))),
        ("Ahri", logistic.clone(), Some(platt())),
        ("shares", shares.clone(), None),
        ("bent shares", shares.clone(), Some(platt())),
        ("one point", line(0.1), Some(one_point())),
        ("few points", line(0.2), Some(isotonic(&[-0.5, 0.0, 0.75]))),
    ];
    let named = |names: [&'static str; 3]| {
        let models =
            [boosted(rows, 14), trees(rows, Link::Logit, Aggregation::Mean, 0.1, 900.0, 15), boosted(rows, 16)];
        names.into_iter().zip(models).map(|(name, model)| (name, model, None)).collect::<Vec<_>>()
    };
    // So different that one step for all their leaves would lose the small ones.
    let far = vec![
        ("huge", trees(rows, Link::Identity, Aggregation::Sum, 0.0, 3e37, 17), None),
        ("tiny", trees(rows, Link::Identity, Aggregation::Sum, 0.0, 1e-3, 18), None),
        ("mean", trees(rows, Link::Identity, Aggregation::Mean, 1.0, 10.0, 19), None),
    ];
    let steady = |intercept| {
        let model = LinearModel::new(Link::Identity, intercept, vec![0.25; width], vec![1.0; width]);
        NativeModel::Linear(model.expect("finite"))
    };
    let lines = vec![("a", steady(1.0), None), ("b", steady(-2.0), None)];
    let (text, whole, truth) = (Type::String, Type::Int, Type::Bool);
    let classify = Task::Classification;
    let small = rows.every(20);
    let all = vec![
        ("family_of_any", family(trained, classify, ("champion", text), boosted(rows, 20), Some(platt()), any.clone())),
        ("family_of_linear_general", family(trained, classify, ("champion", text), logistic.clone(), None, any)),
        (
            "family_of_numbers",
            family(
                trained,
                classify,
                ("member", whole),
                boosted(rows, 21),
                None,
                named(["-1", "7", "9007199254740993"]),
            ),
        ),
        (
            "family_of_truth",
            family(trained, classify, ("known", truth), logistic, None, named(["true", "false", "7"])[..2].to_vec()),
        ),
        ("family_of_far_sizes", family(trained, Task::Regression, ("value", text), steady(0.0), None, far)),
        ("family_of_lines", family(trained, Task::Regression, ("features", text), steady(0.0), None, lines)),
        ("family_of_none", family(trained, classify, ("champion", text), boosted(rows, 22), None, Vec::new())),
    ];
    let with_members = |artifact: &Artifact| {
        let names = artifact.members().expect("a family").members();
        let ty = artifact.manifest().signature.features.last().expect("the column").ty;
        let value = |place: usize| match names.get(place % (names.len() + 1)) {
            None => Value::Null,
            Some(member) if ty == Type::String => Value::String(member.value.as_str().into()),
            Some(member) if ty == Type::Bool => Value::Bool(member.value == "true"),
            Some(member) => Value::Int(member.value.parse().expect("a whole number")),
        };
        Rows { inputs: small.inputs.clone(), members: (0..small.inputs.len()).map(value).collect() }
    };
    all.into_iter().map(|(name, artifact)| (name, artifact.clone(), with_members(&artifact))).collect()
}

/// Trees of each member of [`champions`].
pub(super) const CHAMPION_TREES: usize = 50;

/// A family of so many boosted and calibrated members of nine features.
pub(super) fn champions(count: u64) -> Artifact {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let rows = (0..500).map(|_| (0..9).map(|_| random.random_range(-1.0..1.0)).collect()).collect();
    let rows = Rows { inputs: rows, members: Vec::new() };
    let names: Vec<String> = (0..count).map(|n| format!("champion {n}")).collect();
    let members =
        names.iter().zip(2..).map(|(name, seed)| (name.as_str(), boosted(&rows, seed), Some(isotonic(&points()))));
    let features = (0..9).map(|n| Feature::new(format!("f{n}"), Type::Float)).collect();
    let like = sample::logistic(sample::manifest("champions", Task::Classification, features), 0.0, vec![0.0; 9]);
    family(&like, Task::Classification, ("champion", Type::String), boosted(&rows, 1), None, members.collect())
}

/// Takes the inputs of `like`, and the column.
fn family(
    like: &Artifact,
    task: Task,
    column: (&str, Type),
    general: NativeModel,
    calibration: Option<Calibration>,
    members: Vec<(&str, NativeModel, Option<Calibration>)>,
) -> Artifact {
    let (mut manifest, example) = described(like, task, Some(column));
    let record = |value: &str| MemberRecord {
        value: value.to_owned(),
        rows: Counts { train: 0, test: 0 },
        observed: None,
        general: None,
    };
    manifest.family = Some(FamilyRecord {
        per: column.0.to_owned(),
        min_rows: 1,
        metric: "log_loss".to_owned(),
        members: members.iter().map(|(value, ..)| record(value)).collect(),
        rest: record(""),
    });
    let member = |(value, model, calibration): (&str, _, _)| Member { value: value.to_owned(), model, calibration };
    let family = Family::new(members.into_iter().map(member).collect()).expect("a family");
    let artifact = Artifact::family(manifest, general, family, example).expect("parts that agree");
    match calibration {
        Some(calibration) => artifact.calibrated(calibration).expect("a classification"),
        None => artifact,
    }
}

/// A manifest and an example with the inputs of `like`, and one more.
fn described(like: &Artifact, task: Task, column: Option<(&str, Type)>) -> (Manifest, Map<String, serde_json::Value>) {
    let features =
        like.manifest().signature.features.iter().map(|feature| Feature::new(feature.name.clone(), feature.ty));
    let features: Vec<Feature> = features.chain(column.map(|(name, ty)| Feature::new(name, ty))).collect();
    let example = features.iter().map(|feature| (feature.name.clone(), serde_json::Value::Null)).collect();
    (sample::manifest("planted", task, features), example)
}

fn boosted(rows: &Rows, seed: u64) -> NativeModel {
    trees(rows, Link::Logit, Aggregation::Sum, -0.25, 0.2, seed)
}

fn trees(rows: &Rows, link: Link, aggregation: Aggregation, base: f64, leaf: f32, seed: u64) -> NativeModel {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    // As many as there may be, but not as many in each model.
    let count = CHAMPION_TREES - usize::try_from(seed % 3).expect("small");
    let trees = (0..count).map(|_| tree(&mut random, &rows.inputs, leaf)).collect();
    let width = rows.inputs[0].len();
    NativeModel::Trees(TreeModel::new(link, base, aggregation, width, trees).expect("trees"))
}

fn platt() -> Calibration {
    Calibration::Platt(Platt::new(-0.3, 1.7).expect("finite"))
}

fn points() -> Vec<f64> {
    (0..100).map(|i| f64::from(i * i) / 2000.0 - 2.0).collect()
}

fn isotonic(points: &[f64]) -> Calibration {
    let probabilities = (0..points.len()).map(|i| i as f64 / points.len() as f64).collect();
    Calibration::Isotonic(Isotonic::new(points.to_vec(), probabilities).expect("points"))
}

/// A full tree of depth 5.
fn tree(random: &mut ChaCha8Rng, rows: &[Vec<f64>], leaf: f32) -> Vec<Node> {
    const SPLITS: u32 = 31;
    let mut node = |index: u32| {
        if index >= SPLITS {
            return Node::Leaf { value: random.random_range(-leaf..leaf), cover: 1.0 };
        }
        let row = &rows[random.random_range(0..rows.len())];
        let feature = random.random_range(0..row.len());
        let value = if row[feature].is_nan() { 0.0 } else { row[feature] };
        let missing = if random.random() { Side::Left } else { Side::Right };
        let feature = u32::try_from(feature).expect("few features");
        Node::Split { feature, threshold: value as f32, left: 2 * index + 1, right: 2 * index + 2, missing }
    };
    (0..2 * SPLITS + 1).map(&mut node).collect()
}
