//! Streams whose events are the elements of another's lists.

use super::explained_whole;
use crate::project::{Project, SourceFile, Sources};
use crate::schema::{Origin, Stream};

const PROJECT: &str = r#"[project]
name = "demo"

[streams.participants]
explode = { stream = "matches", list = "/info/participants" }
key = ["match_id"]
event_time = "at"

[streams.participants.fields]
match_id = { parent = "match_id" }
at = { parent = "at", required = true }
seat = { element = "index" }
gold = { type = "int", path = "/stats/gold" }

[streams.matches]
topic = "riot"
key = ["match_id"]
event_time = "at"
id = ["game"]
partitions = 7

[streams.matches.fields]
match_id = { type = "string", path = "/metadata/matchId" }
game = { type = "int", path = "/info/gameId" }
at = { type = "timestamp", path = "/info/at" }
"#;

fn project(text: &str) -> Project {
    let manifest = SourceFile { path: "clutch.toml".into(), text: text.to_owned() };
    Project::check(".".as_ref(), &Sources { manifest, views: Vec::new() }, &|_| None).unwrap()
}

fn names(stream: &Stream, fields: &[usize]) -> Vec<String> {
    fields.iter().map(|&field| stream.schema.fields[field].name.to_string()).collect()
}

/// Each change by itself.
fn each(changes: &[(&str, &str)]) -> String {
    let changed = |&(from, to): &(&str, &str)| {
        assert!(PROJECT.contains(from), "{from}");
        explained_whole(&PROJECT.replacen(from, to, 1))
    };
    changes.iter().map(changed).collect()
}

#[test]
fn an_exploded_stream_takes_topic_partitions_and_id_from_its_parent() {
    let project = project(PROJECT);
    assert_eq!(project.streams.keys().collect::<Vec<_>>(), ["participants", "matches"]);
    let stream = &project.streams["participants"];
    assert_eq!((stream.topic.as_str(), stream.partitions), ("riot", 7));
    assert_eq!(stream.outcomes_topic, "riot-participants-outcomes");
    assert_eq!(stream.dead_letters_topic(), "riot-participants-dead-letters");
    // The id needs a field that was not declared.
    assert_eq!(names(stream, &stream.id), ["game", "seat"]);
    assert_eq!(names(stream, stream.message_key()), ["match_id"]);
    let origins = &stream.explode.as_ref().unwrap().origins;
    assert_eq!(origins.iter().filter(|origin| matches!(origin, Origin::Parent(_))).count(), 3);
    assert!(stream.schema.fields[stream.schema.index_of("at").unwrap()].required);
}

#[test]
fn an_id_of_its_own_may_be_declared() {
    let text = PROJECT.replacen("event_time", "id = [\"match_id\", \"gold\"]\nevent_time", 1);
    let project = project(&text);
    let stream = &project.streams["participants"];
    assert_eq!(names(stream, &stream.id), ["match_id", "gold"]);
}

#[test]
fn without_an_index_field_the_id_adds_one() {
    let project = project(&PROJECT.replacen("seat = { element = \"index\" }\n", "", 1));
    let stream = &project.streams["participants"];
    assert_eq!(names(stream, &stream.id), ["game", "element"]);
}

#[test]
fn an_object_is_known_by_its_names_where_they_are_a_field() {
    for (from, to) in
        [("element = \"index\"", "element = \"name\""), ("gold = {", "name = { element = \"name\" }\ngold = {")]
    {
        let project = project(&PROJECT.replacen(from, to, 1));
        let stream = &project.streams["participants"];
        let expected = if from == "gold = {" { "name" } else { "seat" };
        assert_eq!(names(stream, &stream.id), ["game", expected]);
    }
}

#[test]
fn a_check_of_the_parent_is_repeated_where_it_is_needed() {
    let checked =
        PROJECT.replacen("path = \"/metadata/matchId\"", "path = \"/metadata/matchId\", check = \"match_id <> ''\"", 1);
    let check = |text: &str| {
        let stream = &project(text).streams["participants"];
        stream.schema.fields[stream.schema.index_of("match_id").unwrap()].check.is_some()
    };
    assert!(!check(&checked));
    assert!(check(&checked.replacen("parent = \"match_id\"", "parent = \"match_id\", check = \"match_id <> ''\"", 1)));
}

#[test]
fn elements_of_one_stream_stand_in_the_order_of_offset_and_element() {
    let project = project(PROJECT);
    let stream = &project.streams["participants"];
    let places = [(0, 0), (0, 1), (0, 65_535), (1, 0), (1, 9), (2, 0)];
    assert!(places.map(|(offset, element)| stream.sequence(offset, element)).is_sorted());
    assert_eq!(project.streams["matches"].sequence(5, 0), 5);
}

#[test]
fn what_cannot_be_exploded() {
    golden!(each(&[
        ("stream = \"matches\"", "stream = \"match\""),
        ("stream = \"matches\"", "stream = \"participants\""),
        ("stream = \"matches\"", "stream = \"games\""),
        ("stream = \"matches\", ", ""),
        ("list = \"/info/participants\"", "list = \"info.participants\""),
        ("list = \"/info/participants\"", "list = \"/info/~2\""),
        ("list = ", "lst = "),
        (
            "key = [\"match_id\"]\nevent_time = \"at\"\n\n[streams.participants.fields]",
            "key = [\"seat\"]\nevent_time = \"at\"\n\n[streams.participants.fields]"
        ),
        ("explode = {", "topic = \"other\"\npartitions = 3\nexplode = {"),
        ("parent = \"match_id\"", "parent = \"matchid\""),
        ("parent = \"match_id\"", "parent = \"match_id\", type = \"int\""),
        ("parent = \"match_id\"", "parent = \"match_id\", path = \"/x\""),
        ("parent = \"match_id\"", "parent = \"match_id\", element = \"index\""),
        ("element = \"index\"", "element = \"number\""),
        ("seat = {", "place = { element = \"index\" }\nseat = {"),
        ("gold = {", "game = \"int\"\ngold = {"),
        ("path = \"/info/gameId\"", "path = \"/info/gameId\", parent = \"x\""),
        ("[streams.matches]\n", "[streams.matches]\nexplode = { stream = \"participants\", list = \"/x\" }\n"),
    ]));
}

#[test]
fn fields_that_are_one_value_or_stand_inside_each_other() {
    golden!(each(&[
        ("gold = {", "money = { type = \"int\", path = \"/stats/gold\" }\ngold = {"),
        ("gold = {", "stats = \"int\"\ngold = {"),
        ("gold = {", "worth = { type = \"int\", path = \"/stats/gold/total\" }\ngold = {"),
        ("gold = {", "odd = { type = \"int\", path = \"/a~b\" }\ngold = {"),
    ]));
}
