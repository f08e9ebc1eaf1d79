//! What every algorithm makes of bad input: a version and a remark, or a refusal that says what is wrong and what would be
//! right. Whole runs, so that nothing before or behind the fit is left out.

use models::registry::Registry;

use super::TrainError;
use crate::TrainReport;
use crate::fixture::{Fixture, MARGIN, Play, WINNER, plays};

/// A model of the fixture by one of the algorithms.
struct Candidate {
    name: &'static str,
    model: &'static str,
    declaration: String,
}

fn candidates() -> Vec<Candidate> {
    let winner = |name, written: &str| Candidate {
        name,
        model: "winner",
        declaration: WINNER.replace("algorithm = \"logistic\"", written),
    };
    let margin = |name, written: &str| Candidate {
        name,
        model: "margin",
        declaration: MARGIN.replace("algorithm = \"linear\"", written),
    };
    vec![
        winner("logistic", "algorithm = \"logistic\""),
        winner("boosting", "algorithm = \"boosting\"\ntrees = 15"),
        winner("random forest", "algorithm = \"forest\"\ntrees = 8"),
        winner("extra trees", "algorithm = \"forest\"\nvariant = \"extra\"\ntrees = 8"),
        winner("family", "algorithm = \"logistic\"\nper = \"late\"\nmin_rows = 50"),
        margin("linear", "algorithm = \"linear\""),
        margin("boosted regression", "algorithm = \"boosting\"\ntrees = 15"),
        margin("forest regression", "algorithm = \"forest\"\ntrees = 8"),
    ]
}

impl Candidate {
    fn classifies(&self) -> bool {
        self.model == "winner"
    }

    fn with(&self, more: &str) -> Candidate {
        Candidate { declaration: format!("{}{more}\n", self.declaration), ..*self }
    }

    fn run(&self, data: &[Play]) -> Result<TrainReport, TrainError> {
        Fixture::new(&self.declaration).train(self.model, data)
    }

    /// The version predicts numbers, and if probabilities, such.
    #[track_caller]
    fn trains(&self, data: &[Play]) -> TrainReport {
        let fixture = Fixture::new(&self.declaration);
        let report = fixture.train(self.model, data).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let loss = report.manifest.evaluation.metrics[if self.classifies() { "log_loss" } else { "rmse" }];
        assert!(loss.is_finite() && report.rows.test > 0, "{}: {loss}", self.name);
        report
    }

    #[track_caller]
    fn refuses(&self, data: &[Play], wrong: &str, remedy: &str) {
        let fixture = Fixture::new(&self.declaration);
        let error = match fixture.train(self.model, data) {
            Ok(_) => panic!("{} trains", self.name),
            Err(error) => error.to_string(),
        };
        assert!(error.contains(wrong) && error.contains(remedy), "{}: {error}", self.name);
        assert_eq!(fixture.registry().models().expect("readable"), Vec::<String>::new(), "{}", self.name);
    }
}

#[track_caller]
fn assert_remark(candidate: &Candidate, report: &TrainReport, wanted: &str) {
    let told = report.warnings();
    assert!(told.iter().any(|remark| remark.contains(wanted)), "{}: {told:?}", candidate.name);
}

fn changed(change: impl Fn(&mut Play)) -> Vec<Play> {
    let mut data = plays();
    data.iter_mut().for_each(change);
    data
}

#[test]
fn labels_that_are_all_alike() {
    let data = changed(|play| (play.won, play.margin) = ("true".into(), "3".into()));
    for candidate in candidates() {
        if candidate.classifies() {
            candidate.refuses(&data, "the label is true in all 600 training rows", "Check `label` and `where`");
        } else {
            let rmse = candidate.trains(&data).manifest.evaluation.metrics["rmse"];
            assert!(rmse < 1e-5, "{}: {rmse}", candidate.name);
        }
    }
}

/// One of the members of a family has labels of one class; the others have a model.
#[test]
fn labels_of_one_member_that_are_all_alike() {
    let data = changed(|play| {
        if play.n > 5 {
            play.won = "true".into();
        }
    });
    let family = candidates().into_iter().find(|candidate| candidate.name == "family").expect("there");
    let report = family.trains(&data);
    assert_remark(&family, &report, "1 members of the family cannot be fitted and take the general model");
    assert_eq!(report.manifest.family.map(|family| family.members.len()), Some(1));
}

#[test]
fn a_feature_of_one_value_is_not_used_and_nothing_else_is_refused() {
    let data = changed(|play| play.tempo = "4".into());
    for candidate in candidates() {
        let report = candidate.trains(&data);
        assert_remark(&candidate, &report, "`tempo` has one value in every training row");
        candidate.with("features = [\"tempo\"]").refuses(&data, "no feature varies", "Check the view");
    }
}

#[test]
fn a_feature_that_is_null_everywhere_is_not_used_and_nothing_else_is_refused() {
    let data = changed(|play| play.tempo = String::new());
    for candidate in candidates() {
        let report = candidate.trains(&data);
        assert_remark(&candidate, &report, "`tempo` is NULL in every training row");
        candidate.with("features = [\"tempo\"]").refuses(&data, "no feature varies", "Check the view");
    }
}

#[test]
fn labels_that_are_told_apart_without_an_error() {
    let data = changed(|play| {
        play.lead = if play.won == "true" { 40.0 } else { -40.0 } + f64::from(play.n);
        play.margin = (play.lead * 2.0 - 1.0).to_string();
    });
    for candidate in candidates() {
        let report = candidate.trains(&data);
        if candidate.classifies() {
            let accuracy = report.manifest.evaluation.metrics["accuracy"];
            assert!(accuracy > 0.99, "{}: {accuracy}", candidate.name);
        }
        match candidate.name {
            "logistic" | "family" => assert_remark(&candidate, &report, "tell the labels of the training part apart"),
            "linear" => assert!(report.manifest.evaluation.metrics["rmse"] < 1e-6),
            _ => {}
        }
    }
}

#[test]
fn no_more_rows_than_features() {
    // Two rows each of a won and of a lost match, as many as there are features.
    let won = |id: &str| plays().iter().any(|play| play.match_id == id && play.won == "true");
    let (one, other) = ("m0", if won("m0") == won("m1") { "m2" } else { "m1" });
    let few = |play: &Play| [one, other].contains(&play.match_id.as_str()) && [5, 6].contains(&play.n);
    let data: Vec<Play> = plays().into_iter().filter(|play| play.season == "2002" || few(play)).collect();
    for candidate in candidates() {
        if candidate.name == "linear" {
            candidate.refuses(
                &data,
                "4 training rows cannot determine 4 features",
                "give more history or fewer features",
            );
            continue;
        }
        let report = candidate.trains(&data);
        assert_eq!(report.rows.train, 4);
        match candidate.name {
            "logistic" => assert_remark(&candidate, &report, "4 training rows for 4 features"),
            "family" => assert_remark(&candidate, &report, "lower min_rows, or give more history"),
            _ => assert_remark(&candidate, &report, "no tree found a split"),
        }
    }
}

#[test]
fn infinite_weights_are_refused_and_huge_ones_are_not() {
    for candidate in candidates() {
        let infinite = candidate.with("weight = \"CASE WHEN n = 7 THEN 1e308 * 1e308 ELSE 1.0 END\"");
        infinite.refuses(&plays(), "the first is the event match_id = `m0`, n = 7", "COALESCE(…, 1)");
        let huge = candidate.with("weight = \"CASE WHEN n = 7 THEN 1.7e308 ELSE 8.5e307 END\"").trains(&plays());
        let plain = candidate.with("weight = \"CASE WHEN n = 7 THEN 2 ELSE 1 END\"").trains(&plays());
        let loss = |report: &TrainReport| report.manifest.evaluation.metrics.values().next().copied();
        let (huge, plain) = (loss(&huge).expect("a loss"), loss(&plain).expect("a loss"));
        assert!((huge - plain).abs() < 1e-9, "{}: {huge} and {plain}", candidate.name);
    }
}

/// All of one group: there is nothing to hold out, and no interval.
#[test]
fn one_group_only() {
    let mut n = 0;
    let data: Vec<Play> = plays()
        .into_iter()
        .map(|play| {
            n += 1;
            Play { match_id: "m".to_owned(), n, ..play }
        })
        .collect();
    for candidate in candidates() {
        let report = candidate.trains(&data);
        assert_remark(&candidate, &report, "all rows share one fate (one group): there can be no intervals");
        assert!(report.manifest.evaluation.intervals.is_empty(), "{}", candidate.name);
        if candidate.classifies() {
            let calibrated = candidate.with("calibration = \"platt\"").run(&data).expect_err("nothing can be held out");
            let told = std::iter::successors(Some(&calibrated as &dyn std::error::Error), |error| error.source());
            let told: Vec<String> = told.map(ToString::to_string).collect();
            let remedy = "leave out calibration, or set `group`";
            assert!(told.iter().any(|text| text.contains(remedy)), "{}: {told:?}", candidate.name);
        }
    }
}

#[test]
fn a_split_that_leaves_a_part_empty() {
    for candidate in candidates() {
        for (from, wrong, remedy) in [
            (
                "1999",
                "nothing to train on: no row has `season` before 1999, the earliest is 2000",
                "give older history",
            ),
            ("2003", "nothing to test on: no row has `season` from 2003 on, the latest is 2002", "give newer history"),
        ] {
            let declaration = candidate.declaration.replace("test_from = 2002", &format!("test_from = {from}"));
            Candidate { declaration, ..candidate.with("") }.refuses(&plays(), wrong, remedy);
        }
    }
}
