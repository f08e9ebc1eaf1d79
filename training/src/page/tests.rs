//! The page of a real run over the fixture's matches.

use features::batch::{Order, compute};
use models::evaluation::{Evaluation, Metric};
use models::registry::Registry;

use super::{CurvePoint, learning_curve};
use crate::dataset::Dataset;
use crate::evaluate::judge;
use crate::family;
use crate::fit::{Tell, made_of};
use crate::fixture::{Fixture, MARGIN, Play, WINNER, plays};
use crate::progress::Silent;
use models::page::escape;

fn page(declaration: &str, model: &str) -> String {
    let fixture = Fixture::new(declaration);
    fixture.train(model, &plays()).unwrap();
    fixture.registry().load(model, 1).unwrap().artifact.documents().report.clone().unwrap()
}

#[test]
fn what_comes_from_outside_stays_text() {
    assert_eq!(escape("<script>'\"&\u{0}"), "&lt;script&gt;&#39;&quot;&amp;\u{fffd}");
    let slices = "\n[models.winner.slices]\n\"<b>lead\" = \"lead\"\n";
    let page = page(&format!("{WINNER}{slices}"), "winner");
    assert!(page.contains("&lt;b&gt;lead") && !page.contains("<b>lead"));
}

#[test]
fn every_element_that_opens_closes() {
    let page = page(&format!("{WINNER}\n[models.winner.slices]\nlate = \"n > 5\"\n"), "winner");
    for name in ["section", "figure", "table", "svg", "div", "dl", "ul", "details", "main", "body", "html", "text"] {
        let (opened, closed) = (page.matches(&format!("<{name}")).count(), page.matches(&format!("</{name}>")).count());
        // `<table` and `<text` begin no other name that the page uses.
        assert_eq!(opened, closed, "{name}");
    }
    assert!(!page.contains("NaN") && !page.contains("inf"), "a number that is none");
}

#[test]
fn slices_show_each_value() {
    let page = page(&format!("{WINNER}\n[models.winner.slices]\nlate = \"n > 5\"\n"), "winner");
    assert!(page.contains("late = FALSE") && page.contains("late = TRUE"));
}

#[test]
fn a_model_without_a_test_part_still_has_a_page() {
    let whole = MARGIN.replace("split = { time = \"season\", test_from = 2002 }\n", "");
    let page = page(&whole, "margin");
    assert!(page.contains("id=\"coefficients\"") && !page.contains("id=\"quality\""));
}

#[test]
fn a_profile_comes_with_every_version() {
    let fixture = Fixture::new(WINNER);
    fixture.train("winner", &plays()).unwrap();
    let version = fixture.registry().load("winner", 1).unwrap();
    let profile = version.artifact.documents().profile.as_ref().unwrap();
    let names: Vec<&str> = profile.features.iter().map(|feature| feature.name.as_str()).collect();
    assert_eq!(names, version.artifact.manifest().signature.names().collect::<Vec<_>>());
    assert_eq!(profile.rows, version.artifact.manifest().rows.train);
}

/// The curve of a model over the fixture's matches, and the evaluation of the fit on all of the training part.
fn curve(declaration: &str, name: &str) -> (Vec<CurvePoint>, Evaluation) {
    let fixture = Fixture::new(declaration);
    let model = fixture.model(name);
    let history = fixture.source("plays.csv", &plays()).read(&fixture.project, &model.view.stream, &|_| {}).unwrap();
    let view = compute(&model.view, &history, Order::Ideal).unwrap();
    let dataset = Dataset::new(model, &history, &view).unwrap();
    let parts = dataset.split(model).unwrap();
    let fitted = family::fit(model, &dataset, &parts.train, Tell::Nothing, &Silent).unwrap();
    let evaluation = judge(model, &dataset, &parts.test, &*fitted.predictor(), None).unwrap();
    let fit = |rows: &[usize]| made_of(model, &dataset, rows, Tell::Nothing).ok().map(|fitted| fitted.predictor());
    (learning_curve(model, &dataset, &parts, &evaluation, &fit).unwrap(), evaluation)
}

#[test]
fn a_learning_curve_ends_at_the_evaluated_fit() {
    for (declaration, model, metric) in [(WINNER, "winner", Metric::LogLoss), (MARGIN, "margin", Metric::Rmse)] {
        let (points, evaluation) = curve(declaration, model);
        // Of the sixty matches of the training part, ten rows each.
        let groups: Vec<u64> = points.iter().map(|point| point.groups).collect();
        assert_eq!(groups, [6, 12, 24, 42, 60], "ascending shares of 10, 20, 40, 70 and 100 %");
        assert!(points.iter().all(|point| point.rows == 10 * point.groups));
        let last = points.last().unwrap();
        assert_eq!(last.loss.mean, evaluation.metrics[metric.name()]);
        assert_eq!(last.loss.interval, evaluation.intervals.get(metric.name()).copied());
        for point in &points {
            let interval = point.loss.interval.unwrap();
            assert!(interval.low < point.loss.mean && point.loss.mean < interval.high, "{point:?}");
        }
    }
}

#[test]
fn shares_that_cannot_be_fitted_make_a_shorter_curve() {
    // Of twenty matches one row each: a tenth of them has no more rows than the two features that vary.
    let third = |play: &Play| play.n == 5 && play.match_id[1..].parse::<u32>().unwrap().is_multiple_of(3);
    let data: Vec<Play> = plays().into_iter().filter(|play| play.season == "2002" || third(play)).collect();
    let fixture = Fixture::new(MARGIN);
    fixture.train("margin", &data).unwrap();
    let page = fixture.registry().load("margin", 1).unwrap().artifact.documents().report.clone().unwrap();
    let curve = page.split("id=\"learning-curve\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert_eq!(curve.matches("<circle").count(), 4, "of five shares: {curve}");
}

#[test]
fn a_family_says_why_it_has_no_learning_curve() {
    let page = page(&format!("{WINNER}per = \"late\"\nmin_rows = 50\n"), "winner");
    assert!(
        page.contains("A family has none: on a share of the training groups other values of late would have the 50")
    );
}
