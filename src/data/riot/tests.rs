#[path = "../../../benches/support/real_data.rs"]
mod real_data;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::known::{Unknown, unknown_of_match, unknown_of_timeline};
use super::rows::Rows;
use super::{Answers, read, rows};

/// A match of two minutes, with one of everything that is counted.
fn timeline() -> Value {
    let players = |gold: i64| -> Value {
        let frame = |id: i64| {
            let counts = json!({ "participantId": id, "totalGold": gold + id, "xp": 10 * id, "level": 1, "minionsKilled": id,
                "jungleMinionsKilled": 1, "currentGold": 3, "championStats": { "armor": 1 } });
            (id.to_string(), counts)
        };
        Value::Object((1..=10).map(frame).collect())
    };
    let event = |kind: &str, rest: Value| {
        let mut event = json!({ "type": kind, "timestamp": 61_000 });
        if let (Some(event), Value::Object(rest)) = (event.as_object_mut(), rest) {
            event.extend(rest);
        }
        event
    };
    let dragon = |team: i64, kind: &str| {
        event("ELITE_MONSTER_KILL", json!({ "killerTeamId": team, "monsterType": "DRAGON", "monsterSubType": kind }))
    };
    json!({
        "metadata": { "dataVersion": "2", "matchId": "EUW1_1", "participants": [] },
        "info": { "frameInterval": 60_000, "gameId": 1, "participants": [], "endOfGameResult": "GameComplete", "frames": [
            { "timestamp": 0, "participantFrames": players(500), "events": [
                event("PAUSE_END", json!({ "realTimestamp": 1_700_000_061_000_i64 })) ] },
            { "timestamp": 60_016, "participantFrames": players(600), "events": [] },
            { "timestamp": 310_500, "participantFrames": players(900), "events": [
                event("CHAMPION_KILL", json!({ "killerId": 2, "victimId": 7 })),
                event("CHAMPION_KILL", json!({ "killerId": 0, "victimId": 3 })),
                event("BUILDING_KILL", json!({ "teamId": 200, "buildingType": "TOWER_BUILDING", "killerId": 1 })),
                event("BUILDING_KILL", json!({ "teamId": 100, "buildingType": "INHIBITOR_BUILDING", "killerId": 9 })),
                dragon(200, "AIR_DRAGON"),
                dragon(100, "ELDER_DRAGON"),
                event("ELITE_MONSTER_KILL", json!({ "killerTeamId": 100, "monsterType": "HORDE" })),
                event("ELITE_MONSTER_KILL", json!({ "killerTeamId": 100, "monsterType": "RIFTHERALD" })),
                event("ELITE_MONSTER_KILL", json!({ "killerId": 8, "monsterType": "BARON_NASHOR" })),
                event("WARD_PLACED", json!({ "creatorId": 5, "wardType": "SIGHT_WARD" })),
                event("WARD_PLACED", json!({ "creatorId": 5, "wardType": "UNDEFINED" })),
                event("WARD_KILL", json!({ "killerId": 10, "wardType": "SIGHT_WARD" })),
                event("GAME_END", json!({ "winningTeam": 200 })) ] } ] }
    })
}

/// Reads a document as if it came from a file.
fn read_text(text: &str) -> Result<Answers, super::RiotError> {
    let folder = tempfile::TempDir::new().expect("folder");
    let path = folder.path().join("answer.json");
    std::fs::write(&path, text).expect("written");
    read(&path)
}

#[track_caller]
fn rows_of(document: &Value) -> Rows {
    rows(&read_text(&document.to_string()).expect("it is an answer"))
}

/// What is said of a document in which one place was changed.
#[track_caller]
fn refused(document: &Value) -> String {
    read_text(&document.to_string()).expect_err("it is refused").to_string()
}

#[test]
fn a_timeline_counts_what_each_side_has_got_so_far() {
    let frames = rows_of(&timeline()).frames;
    assert_eq!(frames.iter().map(|f| f.game_seconds).collect::<Vec<_>>(), [0.0, 60.016, 310.5]);
    let (first, last) = (&frames[0], &frames[2]);
    assert_eq!((first.blue.gold, first.red.gold, first.blue.kills), (2515, 2540, 0));
    assert_eq!(
        (last.blue.gold, last.blue.xp, last.blue.levels, last.blue.minions, last.blue.jungle),
        (4515, 150, 5, 15, 5)
    );
    assert_eq!((last.blue.kills, last.red.kills), (1, 1), "a death by a tower counts for the other side");
    assert_eq!((last.blue.towers, last.red.towers, last.blue.inhibitors, last.red.inhibitors), (1, 0, 0, 1));
    assert_eq!((last.blue.dragons, last.red.dragons, last.blue.elders), (0, 1, 1));
    assert_eq!((last.blue.voidgrubs, last.blue.heralds, last.red.barons), (1, 1, 1));
    assert_eq!((last.blue.wards, last.red.wards_destroyed), (1, 1));
    assert_eq!((last.blue_win, last.remake, last.started_at), (Some(false), Some(false), Some(1_700_000_000_000_000)));
}

#[test]
fn a_match_that_ended_before_anybody_could_win_was_remade() {
    let mut short = timeline();
    short["info"]["frames"][2]["timestamp"] = json!(200_000);
    assert_eq!(
        rows_of(&short).frames.iter().map(|f| (f.blue_win, f.remake)).collect::<HashSet<_>>(),
        [(None, Some(true))].into()
    );
    let mut aborted = timeline();
    aborted["info"]["endOfGameResult"] = json!("Abort_TooFewPlayers");
    assert_eq!(rows_of(&aborted).frames[0].remake, Some(true));
}

#[test]
fn a_match_that_goes_on_has_no_winner_yet() {
    let mut running = timeline();
    running["info"]["frames"].as_array_mut().expect("frames").truncate(2);
    let frames = rows_of(&running).frames;
    assert_eq!((frames[1].blue_win, frames[1].remake), (None, None));
}

#[test]
fn what_is_amiss_is_told_with_its_place() {
    let change = |pointer: &str, value: Value| {
        let mut document = timeline();
        *document.pointer_mut(pointer).expect("a place") = value;
        refused(&document)
    };
    assert_eq!(
        change("/info/frames/1/participantFrames/3/totalGold", json!("much")),
        "has text at info.frames[1].participantFrames.3.totalGold, where a whole number belongs"
    );
    assert_eq!(
        change("/info/frames/1/timestamp", json!(-4)),
        "is at odds with itself: frames follow each other in time (info.frames[1].timestamp)"
    );
    assert_eq!(change("/info/frames/2/participantFrames/10", Value::Null), "lacks info.frames[2].participantFrames.10");
    assert_eq!(
        change("/info/frames/0/events", json!({})),
        "has an object at info.frames[0].events, where a list belongs"
    );
    assert_eq!(
        change("/info/frames/0/participantFrames/1/xp", json!(i64::MAX)),
        "is at odds with itself: no match has so many (info.frames[0].participantFrames.1.xp)"
    );
    assert_eq!(
        change("/metadata/dataVersion", json!("3")),
        "has metadata.dataVersion `3`, and this clutch reads match-v5 data of version 2"
    );
}

#[test]
fn files_that_are_no_answers_are_told_apart() {
    assert_eq!(
        refused(&json!({ "status": { "message": "Data not found", "status_code": 404 } })),
        "is no match but Riot's answer 404: Data not found"
    );
    assert_eq!(
        refused(&json!({ "gameId": 1, "participantIdentities": [] })),
        "is neither a match nor a timeline of match-v5: it has no metadata"
    );
    assert_eq!(read_text("").expect_err("nothing").to_string(), "is empty");
    let whole = timeline().to_string();
    let cut = read_text(&whole[..whole.len() / 2]).expect_err("cut short").to_string();
    assert!(cut.starts_with("is no JSON, or was cut short: EOF while parsing"), "{cut}");
}

#[test]
fn several_documents_may_stand_in_one_file() {
    let text = format!("{}\n{}\n", timeline(), timeline());
    assert_eq!(read_text(&text).expect("both").counts(), (0, 2));
}

#[test]
fn fields_and_events_that_are_new_are_counted() {
    let mut document = timeline();
    document["info"]["season"] = json!(16);
    document["info"]["frames"][0]["participantFrames"]["1"]["mana"] = json!(7);
    document["info"]["frames"][0]["events"][0]["type"] = json!("PORTAL_OPENED");
    let unknown = read_text(&document.to_string()).expect("read all the same").unknown;
    let expected = [("event PORTAL_OPENED", 1), ("info.frames[].participantFrames.*.mana", 1), ("info.season", 1)];
    assert_eq!(unknown, expected.map(|(name, count)| (name.to_owned(), count)).into());
}

/// Real answers, where they are at hand.
fn samples() -> Option<PathBuf> {
    let folder = real_data::real_data().map(|data| data.join("riot_match_v5_samples"));
    if let Some(folder) = folder.filter(|folder| folder.is_dir()) {
        return Some(folder);
    }
    eprintln!("CLUTCH_DATA names no real data: nothing is tested on real answers");
    None
}

fn sample(folder: &Path, name: &str) -> Answers {
    match read(&folder.join(name)) {
        Ok(answers) => answers,
        Err(error) => panic!("{name} {error}"),
    }
}

const SAMPLES: [&str; 7] = [
    "ericcui_timeline.json.gz",
    "gabryuri_game.json.gz",
    "gabryuri_match.json.gz",
    "gabryuri_match_remake.json.gz",
    "gabryuri_timeline.json.gz",
    "nolasaurus_match.json.gz",
    "nolasaurus_timeline.json.gz",
];

#[test]
fn no_field_of_a_real_answer_goes_unnoticed() {
    let Some(folder) = samples() else { return };
    for name in SAMPLES {
        assert_eq!(sample(&folder, name).unknown, Unknown::new(), "{name}");
    }
}

#[test]
fn real_answers_become_rows_and_agree_with_each_other() {
    let Some(folder) = samples() else { return };
    let mut answers = Answers::default();
    for name in SAMPLES {
        answers.add(sample(&folder, name));
    }
    assert_eq!(answers.counts(), (4, 3));
    let rows = rows(&answers);
    assert_eq!((rows.frames.len(), rows.results.len(), rows.picks.len()), (82, 4, 40));
    let remakes: Vec<_> = rows.results.iter().filter(|r| r.remake).map(|r| (r.match_id.as_str(), r.blue_win)).collect();
    assert_eq!(remakes, [("BR1_2619338540", None)]);
    assert_eq!(rows.picks.iter().filter(|pick| pick.remake && pick.win.is_none()).count(), 10);
    // The one match of which there is both: the last frame has counted what the match says at its end.
    let result = rows.results.iter().find(|r| r.match_id == "NA1_4729149632").expect("it is there");
    let last = rows.frames.iter().rfind(|f| f.match_id == result.match_id).expect("frames");
    assert_eq!((last.blue.kills, last.red.kills), (result.blue.kills, result.red.kills));
    assert_eq!((last.blue.towers, last.red.towers), (result.blue.towers, result.red.towers));
    assert_eq!((last.blue.inhibitors, last.red.inhibitors), (result.blue.inhibitors, result.red.inhibitors));
    assert_eq!((last.blue_win, last.patch.as_deref()), (result.blue_win, Some("13.14")));
    let standing = rows.picks.iter().filter(|pick| pick.match_id == result.match_id).filter_map(|pick| pick.at_15);
    assert_eq!(standing.map(|s| s.team_gold_lead).collect::<HashSet<_>>().len(), 2);
}

/// Every name in the lists is one that some answer may have; a name twice would hide that it is read.
#[test]
fn nothing_is_both_read_and_left_out() {
    let mut unknown = Unknown::new();
    unknown_of_match(&json!({ "info": { "participants": [{ "win": true, "championName": "Ahri" }] } }), &mut unknown);
    unknown_of_timeline(&json!({ "info": { "frames": [{ "timestamp": 1 }] } }), &mut unknown);
    assert_eq!(unknown, Unknown::new());
    assert_eq!(super::known::repeated(), Vec::<&str>::new());
}

/// Every place of a document, as JSON pointers.
fn places(value: &Value, here: &str, all: &mut Vec<String>) {
    all.push(here.to_owned());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| places(value, &format!("{here}/{name}"), all)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| places(item, &format!("{here}/{index}"), all));
        }
        _ => {}
    }
}

/// A match of ten players, as short as one can be.
fn finished() -> Value {
    let player = |id: i64| {
        json!({ "participantId": id, "teamId": if id <= 5 { 100 } else { 200 }, "championName": format!("C{id}"),
            "teamPosition": "TOP", "gameEndedInEarlySurrender": false, "gameEndedInSurrender": false, "win": id <= 5 })
    };
    let team = |id: i64| {
        let kills = json!({ "first": false, "kills": 3 });
        json!({ "teamId": id, "win": id == 100, "bans": [], "objectives": { "champion": kills, "tower": kills } })
    };
    json!({
        "metadata": { "dataVersion": "2", "matchId": "EUW1_1", "participants": [] },
        "info": { "gameDuration": 310, "gameStartTimestamp": 1_700_000_000_000_i64, "gameEndTimestamp": 1_700_000_310_000_i64,
            "gameVersion": "16.1.2.3", "participants": (1..=10).map(player).collect::<Vec<_>>(),
            "teams": [team(100), team(200)] }
    })
}

#[test]
fn a_match_before_there_were_ends_counted_in_milliseconds() {
    let mut old = finished();
    old["info"].as_object_mut().expect("an object").remove("gameEndTimestamp");
    old["info"]["gameDuration"] = json!(310_000);
    let (old, new) = (rows_of(&old).results, rows_of(&finished()).results);
    assert_eq!((old[0].duration_seconds, old[0].ended_at), (310, new[0].ended_at));
}

proptest! {
    #[test]
    fn no_change_makes_reading_panic(
        of_timeline in any::<bool>(),
        place in any::<prop::sample::Index>(),
        value in prop::sample::select(vec![
            Value::Null, json!(true), json!(-1), json!(i64::MIN), json!(i64::MAX), json!(u64::MAX), json!(1.5), json!(""),
            json!("DRAGON"), json!([]), json!([[]]), json!({}), json!({ "1": 1 }),
        ]),
    ) {
        let mut document = if of_timeline { timeline() } else { finished() };
        let mut all = Vec::new();
        places(&document, "", &mut all);
        if let Some(found) = document.pointer_mut(place.get::<String>(&all)) {
            *found = value;
        }
        if let Ok(answers) = read_text(&document.to_string()) {
            let rows = rows(&answers);
            prop_assert!(rows.frames.len() <= 3 && rows.picks.len() <= 10);
            crate::data::lol::Frame::table(&rows.frames);
        }
    }
}
