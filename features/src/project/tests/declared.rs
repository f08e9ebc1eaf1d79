use std::path::{Path, PathBuf};

use super::{PROJECT, VIEW, changed, check};
use crate::project::{Algorithm, Project, Split, Task, TestPart};
use crate::schema::EventTime;
use crate::value::Micros;
use crate::value::Value;

#[test]
fn the_nfl_project_is_clean() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../notebooks-data/nfl");
    match Project::load(&dir, &|_| None) {
        Ok(project) => assert_eq!(project.views.len(), 2),
        Err(problems) => panic!("{problems}"),
    }
}

/// What the documentation shows must work.
#[test]
fn the_documented_view_is_accepted() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let project =
        Project::load(&dir.join("notebooks-data/nfl"), &|_| None).unwrap_or_else(|problems| panic!("{problems}"));
    let text = std::fs::read_to_string(dir.join("docs/views.md")).expect("docs/views.md");
    let examples: Vec<&str> = text.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!examples.is_empty());
    let catalog = crate::sql::Catalog::from(std::sync::Arc::clone(&project.streams["plays"]));
    for example in examples {
        let view = crate::sql::view(example, &catalog).view;
        assert!(view.is_ok(), "{example}: {view:?}");
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
