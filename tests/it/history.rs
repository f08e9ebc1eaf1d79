//! History from files: `clutch data import`, `clutch data download`, `clutch features`.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;

use features::batch::{Order, compute, read_history};
use features::column::Table;
use features::event::{Decision, Event};
use features::host::{KeyState, Position, StreamHost};
use features::project::Project;
use features::schema::Stream;
use features::value::Value;

use crate::support::real_data;

const MANIFEST: &str = r#"
[project]
name = "test"

[streams.scores]
topic = "scores"
key = ["match_id"]
id = ["match_id", "seq"]
order = "seq"
lateness = "10s"

[streams.scores.fields]
match_id = "string"
seq = { type = "int", required = true }
points = { type = "int", check = "points >= 0" }
"#;

const VIEW: &str = "CREATE VIEW form AS
SELECT points * 2 AS twice, sum(points) OVER (PARTITION BY match_id ORDER BY event_time ROWS 1 PRECEDING) AS recent
FROM scores WHERE points < 100";

const ROWS: &str = "match_id,seq,points\na,1,3\na,2,5\nb,1,7\na,3,x\na,4,-1\na,5,100\n";

/// A project of one stream and one view.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.write("clutch.toml", MANIFEST);
        std::fs::create_dir(folder.path("views")).unwrap();
        folder.write("views/form.sql", VIEW);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn write(&self, name: &str, content: &str) -> String {
        std::fs::write(self.path(name), content).unwrap();
        self.text(name)
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut clutch = Command::new(env!("CARGO_BIN_EXE_clutch"));
        // The servers of these tests are on this machine.
        for proxy in ["ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"] {
            clutch.env_remove(proxy);
        }
        clutch.args(args).arg("--project").arg(self.0.path()).output().unwrap()
    }

    #[track_caller]
    fn json(&self, args: &[&str]) -> serde_json::Value {
        let output = self.run(&[args, &["--json"]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        serde_json::from_str(text.lines().last().unwrap()).unwrap()
    }

    /// Exit code and standard error.
    fn failure(&self, args: &[&str]) -> (i32, String) {
        let output = self.run(args);
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }
}

#[test]
fn importing_counts_what_is_new_known_and_rejected() {
    let folder = Folder::new();
    let file = folder.write("rows.csv", ROWS);
    let counts = |json: serde_json::Value| ["added", "present", "rejected", "total"].map(|name| json[name].as_u64());
    assert_eq!(counts(folder.json(&["data", "import", &file])), [4, 0, 2, 4].map(Some));
    assert_eq!(counts(folder.json(&["data", "import", "--stream", "scores", &file])), [0, 4, 2, 4].map(Some));
}

#[test]
fn rejected_rows_are_kept_with_their_reasons() {
    let folder = Folder::new();
    let file = folder.write("rows.csv", ROWS);
    let imported = folder.json(&["data", "import", &file]);
    let rejects = std::fs::read_to_string(imported["files"][0]["rejects"].as_str().unwrap()).unwrap();
    let reasons: Vec<serde_json::Value> = rejects
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["reason"].clone())
        .collect();
    assert_eq!(reasons, ["`x` is no int", "fails its check: points >= 0"]);
}

#[test]
fn a_broken_file_is_reported_and_the_others_are_imported() {
    let folder = Folder::new();
    let good = folder.write("rows.csv", ROWS);
    let cut = folder.write("cut.parquet", "PAR1....");
    let output = folder.run(&["data", "import", &cut, &good, "--json"]);
    assert_eq!(output.status.code(), Some(3));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["total"], 4);
    assert!(json["failed"][0]["error"].as_str().unwrap().contains("cut off"), "{json}");
}

#[test]
fn replacing_leaves_the_history_alone_if_a_file_is_broken() {
    let folder = Folder::new();
    let good = folder.write("rows.csv", ROWS);
    let cut = folder.write("cut.parquet", "PAR1....");
    folder.json(&["data", "import", &good]);
    let (code, error) = folder.failure(&["data", "import", "--replace", &good, &cut]);
    assert_eq!((code, error.contains("nothing was replaced")), (3, true), "{error}");
    assert_eq!(folder.json(&["data", "import", &good])["total"], 4);
}

#[test]
fn features_hold_key_id_and_view_columns_in_input_order() {
    let folder = Folder::new();
    let file = folder.write("rows.csv", ROWS);
    folder.json(&["data", "import", &file]);
    let report = folder.json(&["features", "--view", "form", "--out", &folder.text("out.csv")]);
    assert_eq!(report["columns"], serde_json::json!(["match_id", "seq", "twice", "recent"]));
    assert_eq!(report["rows"], 3);
    let text = std::fs::read_to_string(folder.path("out.csv")).unwrap();
    assert_eq!(text, "match_id,seq,twice,recent\na,1,6,3\na,2,10,8\nb,1,14,7\n");
}

#[test]
fn features_are_the_same_in_every_format() {
    let folder = Folder::new();
    let data = format!("scores={}", folder.write("rows.csv", ROWS));
    for name in ["out.jsonl", "out.parquet", "out.csv.gz"] {
        folder.json(&["features", "--view", "form", "--data", &data, "--out", &folder.text(name)]);
    }
    let lines = std::fs::read_to_string(folder.path("out.jsonl")).unwrap();
    assert_eq!(lines.lines().next(), Some(r#"{"match_id":"a","seq":1,"twice":6,"recent":3}"#));
    // Read back as history: the columns of the stream are all there but `points`.
    let project = Project::load(folder.0.path(), &|_| None).unwrap();
    for name in ["out.parquet", "out.csv.gz"] {
        let history = read_history(&project.streams["scores"], &folder.text(name), &|_| ()).unwrap();
        assert_eq!(history.times, [1, 2, 1], "{name}");
    }
}

#[test]
fn served_order_drops_what_a_live_stream_would_have_dropped() {
    let folder = Folder::new();
    let rows = "match_id,seq,points\na,20000000,1\na,1,2\na,20000000,3\n";
    let data = format!("scores={}", folder.write("rows.csv", rows));
    let run = |order: &str| {
        let out = folder.text("out.csv");
        folder.json(&["features", "--view", "form", "--data", &data, "--out", &out, "--order", order])
    };
    let served = run("served");
    assert_eq!((&served["rows"], &served["late"], &served["duplicate"]), (&1.into(), &1.into(), &1.into()));
    assert_eq!(run("ideal")["rows"], 3);
}

#[test]
fn mistakes_on_the_command_line_end_with_exit_code_2() {
    let folder = Folder::new();
    let data = format!("scores={}", folder.write("rows.csv", ROWS));
    for (args, says) in [
        (vec!["features", "--view", "from", "--data", &data, "--out", "out.csv"], "form"),
        (vec!["features", "--view", "form", "--data", &data, "--out", "out.xlsx"], "must end in .parquet"),
        (vec!["features", "--view", "form", "--out", "out.csv"], "no history yet"),
        (vec!["features", "--view", "form", "--data", "scores=*.none", "--out", "out.csv"], "no file matches"),
        (vec!["features", "--view", "form", "--data", "rows.csv", "--out", "out.csv"], "STREAM=GLOB"),
        (vec!["features", "--view", "form", "--data", "score=rows.csv", "--out", "out.csv"], "scores"),
        (vec!["data", "import", "missing.csv"], "no file matches"),
        (vec!["data", "download", "nflverse", "--seasons", "24"], "`24` is no season"),
    ] {
        let (code, error) = folder.failure(&args);
        assert!(code == 2 && error.contains(says), "{args:?}: {code}\n{error}");
    }
}

#[test]
fn a_file_that_cannot_be_written_ends_with_exit_code_3_and_is_named() {
    let folder = Folder::new();
    let data = format!("scores={}", folder.write("rows.csv", ROWS));
    let out = folder.text("no/such/folder/out.parquet");
    let (code, error) = folder.failure(&["features", "--view", "form", "--data", &data, "--out", &out]);
    assert!(code == 3 && error.contains("no/such/folder"), "{code}\n{error}");
}

/// Answers each connection with one reply.
fn serve(replies: Vec<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for reply in replies {
            let (mut connection, _) = listener.accept().unwrap();
            let lines = BufReader::new(&connection).lines().map(|line| line.unwrap());
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            connection.write_all(&reply).unwrap();
        }
    });
    url
}

#[test]
fn a_downloaded_season_is_imported() {
    let folder = Folder::new();
    let data = format!("scores={}", folder.write("rows.csv", "match_id,seq,points\na,1,3\na,2,5\n"));
    folder.json(&["features", "--view", "form", "--data", &data, "--out", &folder.text("season.parquet")]);
    let file = std::fs::read(folder.path("season.parquet")).unwrap();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", file.len());
    let url = serve(vec![[head.as_bytes(), &file].concat()]);
    let args = ["data", "download", "nflverse", "--seasons", "2024", "--stream", "scores", "--base-url", &url];
    assert_eq!(folder.json(&args)["total"], 2);
    // It is there now: no server is asked again.
    assert_eq!(folder.json(&args)["total"], 2);
}

#[test]
fn a_season_that_is_not_published_is_named() {
    let folder = Folder::new();
    let url = serve(vec![b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec()]);
    let args = ["data", "download", "nflverse", "--seasons", "2098", "--no-import", "--base-url", &url];
    let (code, error) = folder.failure(&args);
    assert!(code == 3 && error.contains("season 2098 is not published at"), "{code}\n{error}");
}

#[test]
fn real_plays_give_the_stream_hosts_rows_bit_for_bit() {
    let Some(file) = real_data().map(|data| data.join("nfl_pbp/pbp_2021.parquet")) else {
        eprintln!("skipped: CLUTCH_DATA names no real plays");
        return;
    };
    let nfl = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("notebooks-data/nfl");
    let project = Project::load(&nfl, &|_| None).unwrap();
    let stream = &project.streams["plays"];
    let history = read_history(stream, &file.display().to_string(), &|_| ()).unwrap();
    let views = project.views_of("plays");
    let tables: Vec<_> = views.iter().map(|view| compute(view, &history, Order::Served).unwrap()).collect();

    let mut host = StreamHost::new(Arc::clone(stream), views);
    let mut states: std::collections::HashMap<Vec<u8>, KeyState> = std::collections::HashMap::new();
    let mut next = vec![0; tables.len()];
    let mut refused = 0;
    for row in 0..history.len() {
        let event = Event { fields: fields(stream, &history.table, row), time: history.times[row] };
        let position = Position { partition: 0, offset: row as u64, append_time: None };
        let state = states.entry(host.key_of(&event)).or_default();
        let accepted = host.process(state, &event, position);
        refused += u64::from(accepted.decision != Decision::Accept);
        for ((table, next), streamed) in tables.iter().zip(&mut next).zip(&accepted.rows) {
            let Some(streamed) = streamed else { continue };
            assert_eq!(table.source[*next], row);
            for (column, value) in table.table.columns.iter().zip(streamed.columns.iter()) {
                let batch = column.value(*next);
                assert!(batch.same_bits(value), "row {row}: {batch:?} in batch, {value:?} in the stream");
            }
            *next += 1;
        }
    }
    for (table, next) in tables.iter().zip(next) {
        assert_eq!((table.table.rows, table.late + table.duplicate), (next, refused));
    }
}

fn fields(stream: &Stream, table: &Table, row: usize) -> Box<[Value]> {
    (0..stream.schema.fields.len()).map(|field| table.columns[field].value(row)).collect()
}
