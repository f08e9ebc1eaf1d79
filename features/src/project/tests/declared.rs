use std::path::{Path, PathBuf};

use super::{PROJECT, VIEW, changed, check};
use crate::project::{
    Algorithm, Boosting, CalibrationMethod, Direction, EarlyStopping, Forest, ForestVariant, Model, Project, SkewCheck,
    Split, Task, TestPart,
};
use crate::schema::EventTime;
use crate::value::Micros;
use crate::value::{Type, Value};

#[test]
fn the_nfl_project_is_clean() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../notebooks-data/nfl");
    match Project::load(&dir, &|_| None) {
        Ok(project) => assert_eq!(project.views.len(), 2),
        Err(problems) => panic!("{problems}"),
    }
}

#[test]
fn everything_declared_is_there() {
    let project = check(PROJECT, &[("form", VIEW)]).unwrap_or_else(|problems| panic!("{problems}"));
    let stream = &project.streams["plays"];
    assert_eq!((stream.topic.as_str(), stream.outcomes_topic.as_str()), ("demo-plays", "demo-plays-outcomes"));
    assert_eq!((stream.key.clone(), stream.id.clone(), stream.partitions), (vec![0], vec![0, 1], 4));
    assert_eq!((stream.lateness, stream.dedupe, stream.max_ahead), (30_000_000, 600_000_000, 30_000_000));
    assert_eq!(stream.retention, Some(604_800_000_000));
    assert!(stream.schema.fields[0].required && stream.schema.fields[10].outcome);
    assert_eq!(stream.schema.fields[8].path.as_deref(), Some("/data/score"));
    assert!(stream.schema.fields[6].check.is_some());

    let model = &project.models["winner"];
    let inputs: Vec<_> = model.inputs.iter().map(|&i| model.view.columns[i].name.as_str()).collect();
    assert_eq!(inputs, ["down", "score", "yards_recent"]);
    assert_eq!((model.task, model.algorithm.clone()), (Task::Classification, Algorithm::Logistic { l2: 0.5 }));
    assert_eq!(model.split, Some(Split { time: 2, test: TestPart::From(Value::Int(2024)) }));
    assert_eq!((model.group.clone(), model.references.clone(), model.seed), (vec![0], vec![9], 7));
    assert_eq!(model.gate.len(), 2);

    let endpoint = &project.endpoints["winner"];
    assert_eq!(endpoint.topic, "demo-plays-winner");
    assert_eq!(project.sinks["file"].path, PathBuf::from("/demo/out/winner.csv"));
    assert_eq!(project.connections.registry, Some(PathBuf::from("/demo/models")));
    assert_eq!(project.views_of("plays").len(), 1);
}

#[test]
fn a_stacked_model_has_its_bases_features_beside_its_own() {
    let base = |name: &str, features: &str| {
        format!(
            "[models.{name}]\nview = \"form\"\nlabel = \"CASE WHEN team = home THEN result > 0 ELSE result < 0 END\"\n\
             where = \"result  <>  0\"\ntask = \"classification\"\nfeatures = {features}\n\n"
        )
    };
    let further =
        format!("{}{}[endpoints.winner]", base("a", "[\"score\", \"down\"]"), base("b", "[\"yards_recent\"]"));
    let declared = |own: &str| {
        let project =
            changed(&[("seed      = 7", &format!("stack = [\"b\", \"a\"]\n{own}")), ("[endpoints.winner]", &further)]);
        let project = project.unwrap_or_else(|problems| panic!("{problems}"));
        let model = Model::clone(&project.models["winner"]);
        let names = |model: &Model| -> Vec<String> {
            model.inputs.iter().map(|&input| model.view.columns[input].name.to_string()).collect()
        };
        let stack = model.stack.clone().unwrap();
        let bases: Vec<(String, Vec<usize>)> =
            stack.bases.iter().map(|base| (base.name.to_string(), model.places_of(base))).collect();
        (names(&model), stack.own, bases)
    };
    let (inputs, own, bases) = declared("");
    assert_eq!((inputs, own), (["yards_recent", "score", "down"].map(str::to_owned).to_vec(), 0));
    assert_eq!(bases, [("b".to_owned(), vec![0]), ("a".to_owned(), vec![1, 2])]);
    let (inputs, own, bases) = declared("features = [\"down\"]");
    assert_eq!((inputs, own), (["down", "yards_recent", "score"].map(str::to_owned).to_vec(), 1));
    assert_eq!(bases, [("b".to_owned(), vec![1]), ("a".to_owned(), vec![2, 0])]);
}

#[test]
fn a_skew_check_is_declared_for_a_stream_and_off_with_a_share_of_nothing() {
    let declared = |keys: &str| {
        let check_of = format!("[streams.plays.skew_check]\n{keys}\n[models.winner]\n");
        let manifest = PROJECT.replace("[models.winner]\n", &check_of);
        let project = check(&manifest, &[("form", VIEW)]).unwrap_or_else(|problems| panic!("{problems}"));
        project.skew_checks.get("plays").copied()
    };
    assert_eq!(declared("share = 1"), Some(SkewCheck { share: 1.0, every: 30_000_000 }));
    assert_eq!(declared("share = 0.25\nevery = \"1m\""), Some(SkewCheck { share: 0.25, every: 60_000_000 }));
    assert_eq!(declared("share = 0.0"), None);
}

#[test]
fn a_project_without_models_is_fine() {
    let manifest = &PROJECT[..PROJECT.find("[models.winner]").expect("models")];
    let project = check(manifest, &[("form", VIEW)]).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(project.models.is_empty() && project.endpoints.is_empty());
}

#[test]
fn an_empty_project_needs_a_name_only() {
    assert!(check("[project]\nname = \"empty\"", &[]).is_ok());
}

#[test]
fn what_is_left_out_has_a_default() {
    let project = changed(&[
        ("topic      = \"demo-plays\"\n", ""),
        ("lateness   = \"30s\"\ndedupe     = \"10m\"\nretention  = \"7d\"\n", ""),
        ("algorithm = \"logistic\"\nl2        = 0.5\n", ""),
        ("split     = { time = \"season\", test_from = 2024 }\ngroup     = \"game_id\"\n", ""),
        ("seed      = 7\n", ""),
    ])
    .unwrap_or_else(|problems| panic!("{problems}"));
    let stream = &project.streams["plays"];
    assert_eq!(stream.topic, "plays");
    assert_eq!((stream.lateness, stream.dedupe, stream.max_ahead), (30_000_000, 30_000_000, 30_000_000));
    assert_eq!(stream.retention, None);
    let model = &project.models["winner"];
    assert_eq!(model.algorithm, Algorithm::Logistic { l2: 1.0 });
    assert_eq!((model.split.is_none(), model.group.clone(), model.seed), (true, vec![0], 0));
}

#[test]
fn history_without_a_clock_is_ordered_by_a_field() {
    let project = changed(&[("event_time = \"at\"", "order = \"play_id\""), ("lateness   = \"30s\"\n", "")])
        .unwrap_or_else(|problems| panic!("{problems}"));
    let stream = &project.streams["plays"];
    assert!(matches!(stream.event_time, EventTime::Order { field: 1 }));
    assert_eq!((stream.lateness, stream.max_ahead), (0, Micros::MAX));
}

#[test]
fn features_may_be_chosen_and_ordered() {
    let project = changed(&[("seed      = 7", "features = [\"yards_recent\", \"down\"]")])
        .unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(project.models["winner"].inputs, [4, 2]);
}

#[test]
fn a_regression_learns_a_number() {
    let project = changed(&[
        ("\"CASE WHEN team = home THEN result > 0 ELSE result < 0 END\"", "\"result\""),
        ("\"classification\"", "\"regression\""),
        ("\"logistic\"\nl2        = 0.5", "\"linear\""),
        ("log_loss = { max = 0.6 }", "rmse = { max = 12 }"),
        ("paired_log_loss_difference", "paired_mse_difference"),
    ])
    .unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(project.models["winner"].algorithm, Algorithm::Linear);
}

#[test]
fn a_registry_is_a_folder_however_it_is_written() {
    for written in
        ["\"${REGISTRY}\"", "{ url = \"models\" }", "{ path = \"models\" }", "{ url = \"file:///demo/models\" }"]
    {
        let project =
            changed(&[("{ path = \"${REGISTRY}\" }", written)]).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(project.connections.registry, Some(PathBuf::from("/demo/models")), "{written}");
    }
}

const LOGISTIC: &str = "algorithm = \"logistic\"\nl2        = 0.5\n";

#[track_caller]
fn model(written: &str) -> std::sync::Arc<Model> {
    let text = PROJECT.replace(LOGISTIC, written);
    let project = check(&text, &[("form", VIEW)]).unwrap_or_else(|problems| panic!("{problems}"));
    std::sync::Arc::clone(&project.models["winner"])
}

#[test]
fn boosting_has_defaults_and_parameters() {
    assert_eq!(model("algorithm = \"boosting\"\n").algorithm, Algorithm::Boosting(Boosting::default()));
    let written = "algorithm = \"boosting\"\ntrees = 50\nlearning_rate = 0.2\nmax_depth = 3\nmax_leaves = 6\n\
        min_leaf_weight = 5\nmin_gain = 0.5\nl1 = 0.25\nl2 = 2\nsubsample = 0.5\ncolsample = 0.75\nbins = 63\n\
        monotone = { score = \"up\", down = \"down\" }\nearly_stopping = { rounds = 7, share = 0.1 }\n";
    let expected = Boosting {
        trees: 50,
        learning_rate: 0.2,
        max_depth: 3,
        max_leaves: Some(6),
        min_leaf_weight: 5.0,
        min_gain: 0.5,
        l1: 0.25,
        l2: 2.0,
        subsample: 0.5,
        colsample: 0.75,
        bins: 63,
        monotone: vec![("score".into(), Direction::Up), ("down".into(), Direction::Down)],
        early_stopping: Some(EarlyStopping { rounds: 7, share: 0.1 }),
    };
    assert_eq!(model(written).algorithm, Algorithm::Boosting(expected));
}

#[test]
fn a_forest_has_defaults_and_parameters() {
    assert_eq!(model("algorithm = \"forest\"\n").algorithm, Algorithm::Forest(Forest::default()));
    let written = "algorithm = \"forest\"\nvariant = \"extra\"\ntrees = 5\nmax_depth = 3\nmin_leaf_rows = 2\n\
        split_features = 1\n";
    let expected =
        Forest { variant: ForestVariant::Extra, trees: 5, max_depth: 3, min_leaf_rows: 2, split_features: Some(1) };
    assert_eq!(model(written).algorithm, Algorithm::Forest(expected));
}

#[test]
fn calibration_and_weights_are_declared_beside_the_algorithm() {
    let model = model(
        "algorithm = \"forest\"\ncalibration = \"isotonic\"\nweight = \"CASE WHEN down = 4 THEN 2 ELSE 1 END\"\n\
         class_weight = \"balanced\"\n",
    );
    assert_eq!((model.calibration, model.balanced), (Some(CalibrationMethod::Isotonic), true));
    assert_eq!(model.weight.as_ref().map(|weight| weight.expr.ty), Some(Type::Int));
}

#[test]
fn a_group_of_features_stands_for_its_members() {
    let model = model(&format!(
        "{LOGISTIC}features = [\"yards_recent\", \"state\"]\n\
         feature_groups = {{ state = [\"score\", \"down\"], both = [\"down\", \"yards_recent\"] }}\n"
    ));
    let names: Vec<&str> = model.inputs.iter().map(|&index| model.view.columns[index].name.as_str()).collect();
    assert_eq!(names, ["yards_recent", "score", "down"]);
    assert_eq!(model.feature_groups.keys().collect::<Vec<_>>(), ["state", "both"]);
}

#[test]
fn a_connection_to_redis_names_a_server_or_nodes_of_a_cluster() {
    let read = |written: &str| {
        let redis = format!("redis = {written}");
        let project = changed(&[("registry = { path = \"${REGISTRY}\" }", redis.as_str())])
            .unwrap_or_else(|problems| panic!("{problems}"));
        project.connections.redis.expect("declared")
    };
    let one = read("{ url = \"rediss://redis.example.org:6380/3\", cache_max_age = \"2s\" }");
    assert_eq!((one.address().as_str(), one.cluster), ("rediss://redis.example.org:6380/3", false));
    assert_eq!((one.prefix.as_str(), one.cache_max_age), ("demo", Some(2_000_000)));
    let many = read("{ urls = [\"redis://a:1\", \"redis://[::1]:2\"], prefix = \"nfl\" }");
    assert_eq!((many.address().as_str(), many.cluster), ("redis://a:1, redis://[::1]:2", true));
    assert_eq!((many.prefix.as_str(), many.cache_max_age), ("nfl", None));
}

#[test]
fn what_is_shown_of_a_connection_to_redis_holds_no_password() {
    // The one variable of these tests plays the password: `models`.
    let written = "redis = { url = \"redis://reader:${REGISTRY}@localhost\", password = \"${REGISTRY}\" }";
    let project =
        changed(&[("registry = { path = \"${REGISTRY}\" }", written)]).unwrap_or_else(|problems| panic!("{problems}"));
    let redis = project.connections.redis.expect("declared");
    assert_eq!(redis.nodes[0].reveal(), "redis://reader:models@localhost");
    assert_eq!(redis.password.as_ref().map(|password| password.reveal()), Some("models"));
    assert_eq!(redis.address(), "redis://localhost");
    let debug = format!("{redis:?}");
    assert!(!debug.contains("models") && !debug.contains("reader"), "{debug}");
}
