//! The ready-made `lol` project.

use serde_json::{Value, json};

use crate::support::{Server, TestProject, assert_success, last_json_line, real_data};

/// The public sets of games, each with the stream, the model and the view that read it.
const GAMES: [(&str, &str, &str, &str); 2] = [
    ("lol_10min_highdiamond", "diamond_games", "win_at_10", "state_at_10"),
    ("lol_15min_kr", "kr_games", "win_at_15", "state_at_15"),
];

#[test]
fn real_games_are_imported_agree_in_every_host_and_are_learned_from() {
    let Some(data) = real_data() else {
        eprintln!("CLUTCH_DATA names no real data: nothing is tested on real games");
        return;
    };
    let project = TestProject::template("lol");
    let mut games = Vec::new();
    for (folder, stream, model, view) in GAMES {
        let file = data.join(folder).join("games_dev.parquet").display().to_string();
        let imported = project.json(&["data", "import", "--stream", stream, &file]);
        assert_eq!((&imported["rejected"], &imported["added"]), (&0.into(), &imported["total"]), "{imported}");
        games.push((view, imported["total"].clone()));
        let trained = project.json(&["train", "--model", model]);
        let rows = |part: &str| trained["rows"][part].as_f64().expect("a number");
        let share = rows("test") / (rows("test") + rows("train"));
        assert!((share - 0.2).abs() < 0.001, "{trained}");
        let log_loss = trained["metrics"]["log_loss"].as_f64().expect("a number");
        assert!(log_loss < 0.56, "{model}: {log_loss}");
    }
    // The matches of Riot's own answers, and the picks of the games: then every view of the project has history.
    let answers = data.join("riot_match_v5_samples/*.json*").display().to_string();
    project.json(&["data", "import", "--format", "riot", &answers]);
    let file = data.join("lol_15min_kr/games_dev.parquet").display().to_string();
    let imported = project.json(&["data", "import", "--format", "lol-games", &file]);
    games.push(("pick_state", imported["imported"][0]["total"].clone()));
    let parity = parity_of_all(&project, &["live_state", "pick_state", "state_at_10", "state_at_15"]);
    for (view, total) in games {
        assert_eq!(parity[view]["rows"], total, "{view}");
    }
}

/// Checks every view of the project: these have history, and all hosts agree. The report of each, by its name.
fn parity_of_all(project: &TestProject, views: &[&str]) -> serde_json::Map<String, Value> {
    let output = project.output(&["parity", "--restarts", "60", "--json"]);
    assert_success(&output);
    let report = last_json_line(&output);
    assert_eq!((&report["mismatches"], &report["skipped"]), (&0.into(), &json!([])), "{report}");
    let checked = report["views"].as_array().expect("views").iter();
    let mut checked: Vec<_> =
        checked.map(|view| (view["view"].as_str().expect("a name").to_owned(), view.clone())).collect();
    checked.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(checked.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), views);
    for (name, view) in &checked {
        let compared = |host: &str| view["compared"][host].as_u64().expect("a number");
        assert!(compared("batch") > 0 && compared("request") > 0 && compared("oracle") > 0, "{name}: {view}");
    }
    checked.into_iter().collect()
}

/// All that a new user does, on matches that nobody played.
#[test]
fn simulated_matches_are_learned_from_and_predicted_minute_by_minute() {
    let project = TestProject::template("lol");
    let simulated = project.json(&["data", "simulate", "lol", "--matches", "300", "--seed", "7"]);
    let streams: Vec<&str> =
        simulated["imported"].as_array().expect("streams").iter().filter_map(|s| s["stream"].as_str()).collect();
    assert_eq!(streams, ["live_matches", "diamond_games", "kr_games", "picks", "matches"]);
    for (model, limit) in [("win_at_10", 0.65), ("win_at_15", 0.6), ("win_probability", 0.55)] {
        let trained = project.json(&["train", "--model", model]);
        let log_loss = trained["metrics"]["log_loss"].as_f64().expect("a number");
        assert!(log_loss < limit && trained["promoted"] == true, "{model}: {trained}");
    }
    parity_of_all(&project, &["live_state", "pick_state", "state_at_10", "state_at_15"]);

    // A match that no model has seen.
    let live = project.dir().join("live");
    let out = live.display().to_string();
    project.json(&["data", "simulate", "lol", "--matches", "1", "--first", "9000", "--no-import", "--out", &out]);
    let server = Server::start(&project);
    let frames = live.join("live_matches*.parquet").display().to_string();
    let replayed = project.json(&["stream", "replay", "--stream", "live_matches", "--data", &frames]);
    assert_eq!((&replayed["accepted"], &replayed["predictions"]), (&replayed["sent"], &replayed["sent"]), "{replayed}");
    assert!(replayed["sent"].as_u64() > Some(3), "{replayed}");
    let watched = project.json(&["stream", "watch", "--endpoint", "win_probability", "--from-start", "--limit", "2"]);
    assert_eq!(watched["predictions"], 2, "{watched}");
    let request = json!({ "endpoint": "win_probability", "key": { "match_id": "SIM1_0000009000" } });
    let mut answer = ureq::post(server.url("/predict"))
        .header("content-type", "application/json")
        .send(request.to_string())
        .expect("POST /predict");
    let answer: Value = serde_json::from_str(&answer.body_mut().read_to_string().expect("an answer")).expect("JSON");
    let probability = answer["outputs"]["probability"].as_f64();
    assert!(probability.is_some_and(|p| (0.0..=1.0).contains(&p)), "{answer}");
}

/// Files of answers, some of them broken.
#[test]
fn riot_answers_become_frames_results_and_picks() {
    let project = TestProject::template("lol");
    let answers = project.dir().join("answers");
    std::fs::create_dir_all(&answers).expect("folder");
    std::fs::write(answers.join("cut.json"), "{\"metadata\": {").expect("writable");
    let pattern = answers.join("*.json*").display().to_string();
    let broken = project.output(&["data", "import", "--format", "riot", &pattern, "--json"]);
    assert_eq!(broken.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&broken.stderr).contains("cut.json is no JSON, or was cut short"));
    let Some(data) = real_data() else {
        eprintln!("CLUTCH_DATA names no real data: nothing is tested on real answers");
        return;
    };
    for file in std::fs::read_dir(data.join("riot_match_v5_samples")).expect("samples") {
        let file = file.expect("entry");
        std::fs::copy(file.path(), answers.join(file.file_name())).expect("copied");
    }
    let output = project.output(&["data", "import", "--format", "riot", &pattern, "--json"]);
    assert_eq!(output.status.code(), Some(3), "the broken file is told, and stops no other");
    let report = last_json_line(&output);
    assert_eq!((&report["matches"], &report["timelines"], &report["unknown"]), (&4.into(), &3.into(), &json!({})));
    let total = |of: &Value| {
        of["imported"].as_array().expect("streams").iter().map(|s| s["total"].as_u64()).collect::<Vec<_>>()
    };
    assert_eq!(total(&report), [Some(82), Some(4), Some(40)]);
    std::fs::remove_file(answers.join("cut.json")).expect("removed");
    let again = project.json(&["data", "import", "--format", "riot", &pattern]);
    assert_eq!(total(&again), total(&report), "importing twice adds nothing");
    assert_success(&project.output(&["parity", "--view", "live_state"]));
}

/// Real games where they are at hand, simulated ones elsewhere.
#[test]
fn a_family_has_a_model_for_each_champion_and_says_which_one_predicted() {
    let project = TestProject::template("lol");
    match real_data() {
        Some(data) => {
            let games = data.join("lol_15min_kr/games_dev.parquet").display().to_string();
            let imported = project.json(&["data", "import", "--format", "lol-games", &games]);
            assert_eq!(imported["imported"][0]["added"], 67_280);
        }
        None => {
            eprintln!("CLUTCH_DATA names no real data: the family is of simulated games");
            project.json(&["data", "simulate", "lol", "--matches", "1500", "--seed", "7"]);
        }
    }
    let trained = project.json(&["train", "--model", "champion_win"]);
    let family = &trained["family"];
    let members = family["members"].as_array().expect("members");
    assert!(members.len() > 40, "{}", members.len());
    assert_eq!(
        (&family["per"], &family["metric"], &family["min_rows"]),
        (&"champion".into(), &"log_loss".into(), &50.into())
    );
    let sum = |part: &str| {
        let members = members.iter().chain([&family["rest"]]);
        members.filter_map(|member| member["rows"][part].as_u64()).sum::<u64>()
    };
    assert_eq!(
        (Some(sum("train")), Some(sum("test"))),
        (trained["rows"]["train"].as_u64(), trained["rows"]["test"].as_u64())
    );
    let evaluated = project.json(&["evaluate", "--model", "champion_win@champion"]);
    assert!(evaluated["metrics"]["log_loss"].is_number());

    let features = |champion: &str| {
        json!({ "team_gold_lead": 500, "team_kill_lead": 2, "team_tower_lead": 0, "team_dragon_lead": 0,
            "team_voidgrub_lead": 1, "gold_lead": 100, "cs_lead": 3, "kills_over_deaths": 1, "champion": champion })
    };
    let server = Server::start(&project);
    let ask = |request: Value| -> Value {
        let mut answer = ureq::post(server.url("/predict"))
            .header("content-type", "application/json")
            .send(request.to_string())
            .expect("POST /predict");
        serde_json::from_str(&answer.body_mut().read_to_string().expect("an answer")).expect("JSON")
    };
    let of = |champion: &str| ask(json!({ "endpoint": "champion_win", "features": features(champion) }));
    assert_eq!(of("LeeSin")["member"], "LeeSin");
    let unseen = of("Nobody");
    assert_eq!(unseen.get("member"), Some(&Value::Null), "the general model: {unseen}");
    assert_ne!(of("LeeSin")["outputs"], unseen["outputs"]);
    let event = json!({ "match_id": "KR_9000000000", "participant": 1, "champion": "LeeSin", "gold": 1, "team_gold_lead": 500 });
    assert_eq!(ask(json!({ "endpoint": "champion_win", "event": event }))["member"], "LeeSin");

    let file = project.dir().join("family.onnx").display().to_string();
    let exported = project.output(&["models", "export", "champion_win", "--onnx", &file]);
    assert_success(&exported);
    let told = String::from_utf8_lossy(&exported.stdout).into_owned();
    assert!(told.contains("input   champion: text, one each, \"\" where missing"), "{told}");
}
