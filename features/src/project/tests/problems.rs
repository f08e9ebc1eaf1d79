//! Golden renderings: what is wrong, where, and what would be right.

use super::{PROJECT, VIEW, check, explained};

/// Each change by itself.
fn each(changes: &[(&str, &str)]) -> String {
    changes.iter().map(|change| explained(&[*change])).collect()
}

#[test]
fn unknown_keys_and_wrong_types() {
    golden!(each(&[
        ("topic      =", "topik      ="),
        ("[sinks.file]", "[sink.file]"),
        ("required = true", "requird = true"),
        ("required = true", "required = 1"),
        ("retention  = \"7d\"", "retention  = 7"),
        ("retention  = \"7d\"", "retention  = \"7 fortnights\""),
        ("retention  = \"7d\"", "retention  = \"1 month\""),
        ("retention  = \"7d\"", "partitions = 0"),
        ("key        = [\"game_id\"]", "key        = [1]"),
        ("key        = [\"game_id\"]\n", ""),
        ("event_time = \"at\"\n", ""),
        ("event_time = \"at\"\n", "event_time = \"at\"\norder = \"play_id\"\n"),
        ("seed      = 7", "seed      = -7"),
        ("l2        = 0.5", "l2        = -0.5"),
        ("name = \"demo\"", "nmae = \"demo\""),
    ]));
}

#[test]
fn skew_checks_that_cannot_be() {
    let declared = |keys: &str| {
        explained(&[("[models.winner]\n", &format!("[streams.plays.skew_check]\n{keys}\n[models.winner]\n"))])
    };
    golden!(
        ["shere = 0.1", "share = 1.5", "share = \"all\"", "share = 1\nevery = \"1ms\"", "share = 1\nevery = 30"]
            .map(declared)
            .concat()
    );
}

#[test]
fn fields_that_cannot_be() {
    golden!(each(&[
        ("down    = { type = \"int\"", "down    = { type = \"integer\""),
        ("yards   = \"float\"", "yards   = \"flaot\""),
        ("yards   = \"float\"", "yards   = 5"),
        ("yards   = \"float\"", "yards   = \"decimal(10, 2)\""),
        ("path = \"/data/score\"", "path = \"data.score\""),
        ("outcome = true", "outcome = true, required = true"),
        ("down BETWEEN 1 AND 4", "down"),
        ("down BETWEEN 1 AND 4", "dwn BETWEEN 1 AND 4"),
        ("down BETWEEN 1 AND 4", "result BETWEEN 1 AND 4"),
        ("down BETWEEN 1 AND 4", "event_time > at"),
        ("team    = \"string\"", "event_time = \"timestamp\"\nteam = \"string\""),
    ]));
}

#[test]
fn keys_ids_and_times_that_cannot_be() {
    golden!(each(&[
        ("key        = [\"game_id\"]", "key        = [\"gmae_id\"]"),
        ("key        = [\"game_id\"]", "key        = []"),
        ("key        = [\"game_id\"]", "key        = [\"game_id\", \"yards\"]"),
        ("id         = [\"game_id\", \"play_id\"]", "id         = [\"game_id\", \"result\"]"),
        ("id         = [\"game_id\", \"play_id\"]", "id         = [\"game_id\", \"game_id\"]"),
        ("event_time = \"at\"", "event_time = \"att\""),
        ("event_time = \"at\"", "event_time = \"season\""),
        ("event_time = \"at\"", "event_time = \"at + down\""),
        ("event_time = \"at\"", "event_time = \"now()\""),
        ("event_time = \"at\"", "event_time = \"at + result * INTERVAL '1 second'\""),
        ("event_time = \"at\"", "order = \"yards\""),
        ("event_time = \"at\"", "order = \"result\""),
        ("topic      = \"demo-plays\"", "topic      = \"demo plays\""),
    ]));
}

#[test]
fn models_that_do_not_fit() {
    golden!(each(&[
        ("view      = \"form\"", "view      = \"from\""),
        ("task      = \"classification\"", "task      = \"clasification\""),
        ("task      = \"classification\"", "task      = \"regression\""),
        ("algorithm = \"logistic\"", "algorithm = \"onnx\""),
        ("algorithm = \"logistic\"", "algorithm = \"logit\""),
        ("label     = \"CASE WHEN team = home THEN result > 0 ELSE result < 0 END\"\n", ""),
        ("THEN result > 0 ELSE result < 0 END", "THEN result ELSE -result END"),
        ("where     = \"result <> 0\"", "where     = \"reslt <> 0\""),
        ("split     = { time = \"season\", test_from = 2024 }", "split     = { time = \"seasn\", test_from = 2024 }"),
        ("test_from = 2024", "test_from = \"2024\""),
        (", test_from = 2024", ""),
        (", test_from = 2024", ", test_share = 1.0"),
        (", test_from = 2024", ", test_share = \"a fifth\""),
        ("test_from = 2024", "test_from = 2024, test_share = 0.2"),
        ("group     = \"game_id\"", "group     = [\"gam\"]"),
        ("seed      = 7", "per = \"champion\""),
        ("seed      = 7", "per = \"yards_recent\""),
        ("seed      = 7", "min_rows = 100"),
        ("seed      = 7", "per = \"down\"\nmin_rows = 0"),
        ("seed      = 7", "features = [\"dwn\", \"game_id\", \"down\", \"down\"]"),
    ]));
}

#[test]
fn algorithms_that_do_not_fit() {
    let boosting = |rest: &str| format!("algorithm = \"boosting\"\n{rest}\n");
    let forest = |rest: &str| format!("algorithm = \"forest\"\n{rest}\n");
    let written = [
        boosting("tree = 100"),
        boosting("trees = 0"),
        boosting("learning_rate = 0"),
        boosting("subsample = 1.5"),
        boosting("min_leaf_rows = 5"),
        boosting("monotone = { down = \"upward\" }"),
        boosting("monotone = { dwn = \"up\" }"),
        boosting("early_stopping = { round = 5 }"),
        boosting("early_stopping = { share = 1.0 }"),
        forest("variant = \"rnd\""),
        forest("learning_rate = 0.1"),
        "algorithm = \"logistic\"\nmax_depth = 3\n".to_owned(),
        boosting("calibration = \"plat\""),
        boosting("class_weight = \"even\""),
        boosting("weight = \"team\""),
        boosting("weight = \"yard\""),
        boosting("feature_groups = { down = [\"score\"], market = \"score\" }"),
        boosting("features = [\"state\"]\nfeature_groups = { stat = [\"scroe\"] }"),
        boosting(
            "tune = { max_depht = [2, 6], max_depth = [2, 40], trees = [10.5, 20], learning_rate = [0.3, 0.1], l2 = 3 }",
        ),
        boosting("cross_validate = 0"),
    ];
    let written: Vec<_> =
        written.iter().map(|text| ("algorithm = \"logistic\"\nl2        = 0.5\n", text.as_str())).collect();
    golden!(each(&written));
}

#[test]
fn stacks_that_do_not_fit() {
    let base = "view = \"form\"\nlabel = \"CASE WHEN team = home THEN result > 0 ELSE result < 0 END\"\n\
                where = \"result <> 0\"\ntask = \"classification\"\ngroup = \"game_id\"\n";
    let further = |name: &str, declared: &str| format!("\n[models.{name}]\n{declared}\n[endpoints.winner]");
    let stacked = |stack: &str, further: &str| {
        explained(&[("seed      = 7", &format!("{stack}\nseed = 7")), ("\n[endpoints.winner]", further)])
    };
    let on = |stack: &str, declared: &str| stacked(stack, &further("other", declared));
    golden!(
        [
            on("stack = []", base),
            on("stack = 5", base),
            on("stack = [\"othr\", \"other\", \"other\"]", base),
            on("stack = [\"winner\"]", base),
            on("stack = \"other\"", &format!("{base}stack = \"winner\"")),
            on("stack = \"other\"", &format!("{base}stack = \"third\"\n\n[models.third]\n{base}")),
            on("stack = \"other\"", &format!("{base}per = \"down\"")),
            on(
                "stack = \"other\"",
                &base
                    .replace("task = \"classification\"", "task = \"regression\"")
                    .replace("CASE WHEN team = home THEN result > 0 ELSE result < 0 END", "result")
            ),
            on("stack = \"other\"", &base.replace("result > 0 ELSE", "result > 7 ELSE")),
            on("stack = \"other\"", &base.replace("where = \"result <> 0\"\n", "")),
            on("stack = \"other\"", &base.replace("\"game_id\"", "[\"game_id\", \"season\"]")),
            on("stack = \"other\"\nper = \"down\"", base),
            stacked("stack = \"down\"\nfeatures = [\"down\"]", &further("down", base)),
            explained(&[
                ("algorithm = \"logistic\"\nl2        = 0.5\n", "algorithm = \"boosting\"\nstack = \"other\"\n"),
                ("\n[endpoints.winner]", &further("other", base)),
            ]),
        ]
        .concat()
    );
}

#[test]
fn a_stack_over_two_views_is_refused() {
    let other = VIEW.replace("VIEW form", "VIEW other");
    let manifest = PROJECT.replace("seed      = 7", "stack = \"drive\"").replace(
        "\n[endpoints.winner]",
        "\n[models.drive]\nview = \"other\"\nlabel = \"result > 0\"\ntask = \"classification\"\n\n[endpoints.winner]",
    );
    golden!(check(&manifest, &[("form", VIEW), ("other", &other)]).expect_err("two views").to_string());
}

#[test]
fn gates_that_do_not_fit() {
    golden!(each(&[
        ("log_loss = { max = 0.6 }", "log_los = { max = 0.6 }"),
        ("log_loss = { max = 0.6 }", "rmse = { max = 0.6 }"),
        ("log_loss = { max = 0.6 }", "log_loss = 0.6"),
        ("log_loss = { max = 0.6 }", "log_loss = {}"),
        ("log_loss = { max = 0.6 }", "log_loss = { max = 0.6, min = 0.7 }"),
        ("log_loss = { max = 0.6 }", "log_loss = { max = 0.6, reference = \"wp\" }"),
        ("reference = \"wp\", max", "reference = \"yards\", max"),
        ("reference = \"wp\", max", "max"),
    ]));
}

#[test]
fn the_future_and_the_rival_stay_out_of_views() {
    golden!(
        [
            explained(&[("down, score,", "down, result AS final,")]),
            explained(&[("WHERE down IS NOT NULL", "WHERE result > 0")]),
            explained(&[("PARTITION BY game_id, team", "PARTITION BY game_id, result")]),
            explained(&[("avg(yards)", "avg(CAST(result AS float))")]),
            explained(&[("down, score,", "down, wp - 0.5 AS edge,")]),
            explained(&[("WHERE down IS NOT NULL", "WHERE wp IS NOT NULL")]),
            explained(&[
                ("reference = [\"wp\"]", "reference = [\"wpp\", \"team\"]"),
                ("reference = \"wp\"", "reference = \"wpp\"")
            ]),
        ]
        .concat()
    );
}

#[test]
fn endpoints_and_sinks_that_do_not_fit() {
    golden!(each(&[
        ("model   = \"winner\"", "model   = \"winer\""),
        ("\"team\", \"yards_recent\"", "\"team\", \"yards_recent\", \"yardz\""),
        ("\"team\", \"yards_recent\"", "\"team\", \"yards_recent\", \"result\""),
        ("{team} {yards_recent}", "{team} {down}"),
        ("{team} {yards_recent}", "{team:upper} {yards_recent"),
        ("endpoint = \"winner\"", "endpoint = \"loser\""),
        ("format   = \"csv\"", "format   = \"cvs\""),
        ("path     = \"out/winner.csv\"\n", ""),
        ("[endpoints.winner]\n", "[endpoints.winner]\ntopic = \"demo-plays\"\n"),
        ("[endpoints.winner]", "[endpoints.\"the winner\"]"),
    ]));
}

#[test]
fn two_sinks_in_one_file_are_refused() {
    let again =
        "[sinks.again]\nendpoint = \"winner\"\nformat = \"jsonl\"\npath = \"out/./winner.csv\"\n\n[connections]";
    let text = explained(&[("[connections]", again)]);
    assert!(text.contains("sink `again` writes where sink `file` writes"), "{text}");
}

#[test]
fn connections_that_cannot_be() {
    golden!(each(&[
        ("${REGISTRY}", "${REGISTRIES}"),
        ("${REGISTRY}", "${REGISTRY"),
        ("registry = { path = \"${REGISTRY}\" }", "registry = { url = \"https://mlflow.example.org\" }"),
        ("registry = { path = \"${REGISTRY}\" }", "kafka = { bootstrap_servers = \"${KAFKA}\" }"),
        ("registry = { path = \"${REGISTRY}\" }", "tables = \"sqlite\""),
        ("registry = { path = \"${REGISTRY}\" }", "rediss = { url = \"redis://localhost\" }"),
    ]));
}

#[test]
fn connections_to_tables_that_cannot_be() {
    let written = [
        "{ }",
        "{ url = \"mysql://localhost/clutch\" }",
        "{ url = \"postgres://me:secret@localhost/clutch\" }",
        "{ url = \"${DATABASES}\" }",
        "{ url = \"postgres://localhost/clutch\", pool = 3 }",
    ]
    .map(|table| format!("tables = {table}"));
    let cases: Vec<_> = written.iter().map(|table| ("registry = { path = \"${REGISTRY}\" }", table.as_str())).collect();
    golden!(each(&cases));
}

#[test]
fn prediction_logs_that_cannot_be() {
    let written = [
        "keep = \"1h\"",
        "keep = 90",
        "queue = 3",
        "spool = \"12KB\"",
        "spool = \"much\"",
        "enabled = \"yes\"",
        "spol = \"256MB\"",
    ]
    .map(|line| format!("[prediction_log]\n{line}\n\n[connections]"));
    let cases: Vec<_> = written.iter().map(|section| ("[connections]", section.as_str())).collect();
    golden!(each(&cases));
}

#[test]
fn connections_to_redis_that_cannot_be() {
    let redis = |table: &str| format!("redis = {table}");
    let written = [
        "\"redis://localhost\"",
        "{ }",
        "{ url = \"localhost:6379\" }",
        "{ url = \"http://localhost\" }",
        "{ url = \"redis://\" }",
        "{ url = \"redis://localhost:70000\" }",
        "{ url = \"redis://localhost/plays\" }",
        "{ url = \"${REDIS}\" }",
        "{ url = \"redis://:secret@localhost\" }",
        "{ url = \"redis://localhost\", password = \"secret\" }",
        "{ url = \"redis://localhost\", urls = [\"redis://localhost\"] }",
        "{ urls = [] }",
        "{ urls = [\"redis://a\", \"redis://b/1\"] }",
        "{ url = \"redis://localhost\", prefix = \"a:{b}\" }",
        "{ url = \"redis://localhost\", cache_max_age = \"soon\", cache = true }",
    ]
    .map(redis);
    let changes: Vec<_> =
        written.iter().map(|redis| ("registry = { path = \"${REGISTRY}\" }", redis.as_str())).collect();
    golden!(each(&changes));
}

#[test]
fn every_problem_is_told_at_once_and_none_twice() {
    golden!(explained(&[
        ("yards   = \"float\"", "yards   = \"flaot\""),
        ("topic      =", "topik      ="),
        ("group     = \"game_id\"", "group     = \"game\""),
        ("format   = \"csv\"", "format   = \"cvs\""),
        ("down, score,", "down, scroe,"),
    ]));
}

#[test]
fn faults_inside_strings_are_shown_where_they_stand() {
    golden!(
        [
            explained(&[("event_time = \"at\"", "event_time = \"\"\"\nat\n  + downn * INTERVAL '1 second'\"\"\"")]),
            explained(&[("where     = \"result <> 0\"", "where     = 'reslt <> 0'")]),
            explained(&[("where     = \"result <> 0\"", "where     = \"team = \\\"x\\\" AND reslt > 0\"")]),
        ]
        .concat()
    );
}

#[test]
fn views_by_one_name_and_views_of_what_is_no_stream() {
    let problems = check(
        PROJECT,
        &[
            ("form", VIEW),
            ("other", VIEW),
            ("third", &VIEW.replace("plays", "playz").replace("VIEW form", "VIEW third")),
            ("fourth", &VIEW.replace("plays", "third").replace("VIEW form", "VIEW fourth")),
        ],
    );
    golden!(problems.expect_err("two views of one name").to_string());
}

#[test]
fn broken_toml() {
    golden!(
        [
            explained(&[("[streams.plays]", "[streams.plays")]),
            explained(&[("name = \"demo\"", "name = demo")]),
            explained(&[("name = \"demo\"", "name = \"demo\"\nname = \"again\"")]),
            explained(&[("[models.winner]", "[models.winner]\n[models.winner]")]),
        ]
        .concat()
    );
}

#[test]
fn views_of_each_other() {
    let manifest = "[project]\nname = \"demo\"\n".to_owned()
        + &PROJECT[PROJECT.find("\n[streams.plays]").unwrap()..PROJECT.find("\n[models").unwrap()];
    let circle = [
        ("a", "CREATE VIEW a AS SELECT game_id, down FROM b"),
        ("b", "CREATE VIEW b AS SELECT game_id, down FROM c"),
        ("c", "CREATE VIEW c AS SELECT game_id, down FROM a"),
        ("d", "CREATE VIEW d AS SELECT game_id, down FROM d"),
    ];
    let problems = check(&manifest, &circle).expect_err("views of views");
    assert_eq!(problems.0.len(), 4);
    golden!(format!("{problems}"));
}
