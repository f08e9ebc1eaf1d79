//! Members of families and explanations in files, and files that were begun without them.

use features::project::Project;

use super::super::position::Positions;
use super::{Bench, prediction};
use crate::worker::fixture::project_of;

/// Its model is a family, and its endpoint explains.
fn telling(sink: &str) -> Project {
    project_of(&[
        ("PARTITIONS", "2"),
        ("features  = [\"yards\", \"recent\"]", "features  = [\"yards\"]\nper = \"play\""),
        ("include = [\"clock\", \"recent\"]", &format!("include = [\"clock\"]\nexplain = true\n{sink}")),
    ])
}

/// By a member, by the general model, and by a model that cannot tell.
fn telling_predictions() -> [String; 3] {
    let told = |offset, member: &str, explanation: &str| {
        prediction("a", offset)
            .replace(r#""arm":"champion","#, &format!(r#""arm":"champion","member":{member},"#))
            .replace(r#","recent":null}"#, &format!(r#"}},"explanation":{explanation}"#))
    };
    let explanation = r#"{"base":0.5,"contributions":{"yards":-1.5984600690578581},"margin":-1.0984600690578581}"#;
    [told(1, r#""2""#, explanation), told(2, "null", explanation), told(3, "null", "null")]
}

#[test]
fn a_csv_sink_tells_members_and_explanations_where_there_are_any() {
    let bench = Bench { project: telling, ..Bench::new("csv", "win.csv") };
    bench.publish(0, &telling_predictions());
    bench.run();
    let golden = "\
prediction_id,endpoint,model,version,arm,member,stream,partition,offset,event_time,appended_at,committed_at,game,play,probability,clock,explanation
id1,win,win,3,champion,2,plays,0,1,1970-01-01T00:00:00.000020Z,1970-01-01T00:00:00.001000Z,2023-11-14T22:13:20.000000Z,a,2,0.25,20,\"{\"\"base\"\":0.5,\"\"contributions\"\":{\"\"yards\"\":-1.5984600690578581},\"\"margin\"\":-1.0984600690578581}\"
id2,win,win,3,champion,,plays,0,2,1970-01-01T00:00:00.000020Z,1970-01-01T00:00:00.001000Z,2023-11-14T22:13:20.000000Z,a,2,0.25,20,\"{\"\"base\"\":0.5,\"\"contributions\"\":{\"\"yards\"\":-1.5984600690578581},\"\"margin\"\":-1.0984600690578581}\"
id3,win,win,3,champion,,plays,0,3,1970-01-01T00:00:00.000020Z,1970-01-01T00:00:00.001000Z,2023-11-14T22:13:20.000000Z,a,2,0.25,20,
";
    assert_eq!(bench.text(), golden);
}

/// As an older version, or an endpoint that did not explain, began it.
fn begun_without(bench: &Bench, missing: &[&str]) {
    bench.publish(0, &telling_predictions()[..1]);
    bench.run();
    let positions = Positions::open(&bench.parts.database).expect("positions");
    let key = format!("out\u{0}{}", bench.path().display());
    let mut position = positions.get(&key).expect("readable").expect("noted");
    position.columns.retain(|name| !missing.contains(&name.as_str()));
    positions.put(&key, &position).expect("put");
}

#[test]
fn a_file_begun_without_members_and_explanations_goes_on_without_them() {
    let bench = Bench { project: telling, ..Bench::new("csv", "win.csv") };
    begun_without(&bench, &["member", "explanation"]);
    bench.publish(0, &telling_predictions()[1..]);
    bench.run();
    let text = bench.text();
    let newest = "id3,win,win,3,champion,plays,0,3,1970-01-01T00:00:00.000020Z,1970-01-01T00:00:00.001000Z,\
                  2023-11-14T22:13:20.000000Z,a,2,0.25,20";
    assert_eq!((text.lines().count(), text.lines().last()), (4, Some(newest)));
    // Taken away, it is written anew with all columns.
    std::fs::remove_file(bench.path()).expect("remove");
    bench.run();
    let text = bench.text();
    assert_eq!(text.lines().count(), 4);
    assert!(text.lines().next().is_some_and(|header| header.contains(",member,") && header.ends_with(",explanation")));
}

#[test]
fn a_file_begun_with_explanations_keeps_their_column() {
    let mut bench = Bench { project: telling, ..Bench::new("csv", "win.csv") };
    bench.publish(0, &telling_predictions()[..1]);
    bench.run();
    bench.project = |sink| {
        project_of(&[
            ("PARTITIONS", "2"),
            ("include = [\"clock\", \"recent\"]", &format!("include = [\"clock\"]\n{sink}")),
        ])
    };
    bench.publish(0, &[prediction("a", 2)]);
    bench.run();
    assert!(bench.text().ends_with("id2,win,win,3,champion,,plays,0,2,1970-01-01T00:00:00.000020Z,1970-01-01T00:00:00.001000Z,2023-11-14T22:13:20.000000Z,a,2,0.25,20,\n"), "{}", bench.text());
}

#[test]
fn a_file_begun_without_other_columns_is_refused_until_it_is_taken_away() {
    let bench = Bench { project: telling, ..Bench::new("csv", "win.csv") };
    begun_without(&bench, &["clock"]);
    bench.publish(0, &telling_predictions()[1..]);
    bench.run();
    assert_eq!(bench.text().lines().count(), 2, "as it was");
    std::fs::remove_file(bench.path()).expect("remove");
    bench.run();
    assert_eq!(bench.text().lines().count(), 4);
}
