//! The ready-made `lol` project.

use crate::support::{TestProject, assert_success, last_json_line, real_data};

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
    for (folder, stream, model, view) in GAMES {
        let games = data.join(folder).join("games_dev.parquet").display().to_string();
        let imported = project.json(&["data", "import", "--stream", stream, &games]);
        assert_eq!((&imported["rejected"], &imported["added"]), (&0.into(), &imported["total"]), "{imported}");
        let output = project.output(&["parity", "--view", view, "--restarts", "20", "--json"]);
        assert_success(&output);
        let parity = &last_json_line(&output)["views"][0];
        assert_eq!((&parity["mismatches"], &parity["rows"]), (&0.into(), &imported["total"]), "{parity}");
        let trained = project.json(&["train", "--model", model]);
        let rows = |part: &str| trained["rows"][part].as_f64().expect("a number");
        let share = rows("test") / (rows("test") + rows("train"));
        assert!((share - 0.2).abs() < 0.001, "{trained}");
        let log_loss = trained["metrics"]["log_loss"].as_f64().expect("a number");
        assert!(log_loss < 0.56, "{model}: {log_loss}");
    }
}
