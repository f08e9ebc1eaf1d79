//! The documentation, pasted: the blocks of docs/models.md and of the README's first steps run one after the other in the
//! project that they speak of. Only sizes differ: fewer games, points and minutes than a reader would take.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::support::{Python, assert_success, last_json_line, python};

/// What readers have more time for than tests.
const SMALLER: [(&str, &str); 6] = [
    ("data simulate nfl", "data simulate nfl --games 8"),
    ("--matches 3000", "--matches 400"),
    ("--tune  ", "--tune --trials 3  "),
    ("--trials 81", "--trials 4"),
    ("--budget 10m", "--budget 1s"),
    // The library is there: `CLUTCH_ONNXRUNTIME` names it.
    ("make -C ..", ": make -C .."),
];

/// A block of a page.
struct Block {
    language: String,
    text: String,
    /// For messages.
    page: &'static str,
    line: usize,
    /// The `##` heading that it stands under.
    section: String,
}

fn blocks_of(page: &'static str) -> Vec<Block> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).expect("the page");
    let (mut blocks, mut section) = (Vec::new(), String::new());
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        if let Some(heading) = line.strip_prefix("## ") {
            heading.clone_into(&mut section);
        }
        if let Some(language) = line.strip_prefix("```") {
            let inside = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            let text = inside.map(|line| format!("{line}\n")).collect();
            blocks.push(Block { language: language.to_owned(), text, page, line: at + 1, section: section.clone() });
        }
    }
    blocks
}

/// Somebody who pastes blocks into a shell, an editor and Python, and stays in the folder where they are.
struct Reader {
    _home: TempDir,
    folder: PathBuf,
    python: Option<Python>,
}

impl Reader {
    fn new() -> Reader {
        let home = TempDir::new().expect("temporary folder");
        let folder = home.path().to_owned();
        Reader { _home: home, folder, python: python() }
    }

    fn shell(&self, script: &str) -> Output {
        let clutch = Path::new(env!("CARGO_BIN_EXE_clutch")).parent().expect("a folder").display().to_string();
        let mut shell = Command::new("bash");
        let script = format!("PATH={clutch:?}:$PATH\n{script}");
        shell.args(["-euo", "pipefail", "-c", &script]).current_dir(&self.folder).stdin(Stdio::null());
        shell.env("CLUTCH_LOG", "warn");
        if let Some(python) = &self.python {
            shell.env("CLUTCH_ONNXRUNTIME", python.onnxruntime());
        }
        shell.output().expect("bash runs")
    }

    #[track_caller]
    fn paste(&mut self, block: &Block) {
        let Block { language, text, page, line, .. } = block;
        let output = match language.as_str() {
            "sh" => {
                // Where the reader stands afterwards.
                let there = self.folder.join(".stands");
                let output = self.shell(&format!("{}pwd >{:?}", smaller(text), there));
                if let Ok(folder) = std::fs::read_to_string(&there) {
                    std::fs::remove_file(&there).expect("removable");
                    self.folder = PathBuf::from(folder.trim_end());
                }
                output
            }
            "toml" => {
                let path = self.folder.join("clutch.toml");
                let before = std::fs::read_to_string(&path).expect("clutch.toml");
                std::fs::write(&path, format!("{before}\n{text}")).expect("writable");
                self.shell("clutch check")
            }
            "python" => match &self.python {
                Some(python) => python.run_text(text, &self.folder),
                None => return,
            },
            "json" => {
                let read = serde_json::from_str::<serde_json::Value>(text);
                return assert!(read.is_ok(), "{page}:{line}: {read:?}");
            }
            _ => return,
        };
        let told = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        assert!(output.status.success(), "{page}:{line} fails when pasted:\n{text}\n{}", told.join("\n"));
    }
}

fn smaller(script: &str) -> String {
    let line = |line: &str| {
        let line = SMALLER.iter().fold(line.to_owned(), |line, (from, to)| line.replace(from, to));
        let curve = line.starts_with("clutch train") && !line.contains("--no-learning-curve");
        (if curve { line.replacen("train", "train --no-learning-curve", 1) } else { line }) + "\n"
    };
    script.lines().map(line).collect()
}

#[test]
fn the_guide_to_models_works_when_pasted() {
    let blocks = blocks_of("docs/models.md");
    for what in [
        "algorithm = \"logistic\"",
        "algorithm = \"linear\"",
        "algorithm = \"boosting\"",
        "algorithm = \"forest\"",
        "\nper ",
        "\nweight ",
        "\nclass_weight ",
        "\ncalibration ",
        ".tune]",
        ".slices]",
        ".feature_groups]",
    ] {
        assert!(
            blocks.iter().any(|block| block.language == "toml" && block.text.contains(what)),
            "no block has {what}"
        );
    }

    let mut reader = Reader::new();
    reader.paste(&Block {
        language: "sh".to_owned(),
        text: "clutch init nfl --template nfl\ncd nfl\nclutch data simulate nfl --seasons 3 --seed 7\n\
               clutch train --model win_probability\n"
            .to_owned(),
        page: "README.md",
        line: 0,
        section: String::new(),
    });
    // Without Python, what a section goes on to do with its results is left out too; `python()` has said so, loudly.
    let mut without = None;
    for block in &blocks {
        if block.language == "python" && reader.python.is_none() {
            without = Some(&block.section);
        }
        if without != Some(&block.section) {
            reader.paste(block);
        }
    }
    let listed = reader.shell("clutch models list --json");
    assert_success(&listed);
    let listed = last_json_line(&listed).to_string();
    for model in ["win_plain", "margin_plain", "win_boosted", "win_forest_platt", "win_late", "win_by_quarter"] {
        assert!(listed.contains(model), "{model} was not trained: {listed}");
    }
}

/// With a server on a free port, and a replay as fast as it goes.
#[test]
fn the_first_steps_by_hand_work_when_pasted() {
    let blocks = blocks_of("README.md");
    let steps: Vec<&Block> =
        blocks.iter().filter(|block| block.section == "The same by hand" && block.language == "sh").collect();
    let [steps, request] = steps.as_slice() else { panic!("two blocks of commands") };
    let serve = "exec {server}< <(clutch serve --listen 127.0.0.1:0 --json)\nserver_id=$!\nread -r ready <&$server\n\
                 http=$(sed 's/.*\"http\":\"\\([^\"]*\\)\".*/\\1/' <<<\"$ready\")";
    let pasted = [&steps.text, &request.text].map(|text| text.as_str()).concat();
    assert!(pasted.contains("clutch serve &") && pasted.contains("localhost:8600") && pasted.contains(" --rate 2/s"));
    // The comment is for the reader.
    let pasted = pasted.replace("clutch serve &  ", &format!("{serve}\n#")).replace(" --rate 2/s", "");
    // Whatever starts first, fifty predictions are seen.
    let pasted = pasted.replace("clutch stream watch &", "clutch stream watch --from-start --limit 50 & watch=$!");
    let pasted = smaller(&pasted.replace("curl -s localhost:8600", "curl -s \"$http\""));
    let output = Reader::new().shell(&format!("{pasted}\nwait $watch\nkill $server_id\nwait\n"));
    assert_success(&output);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("\"probability\":0."), "the request is answered: {told}");
    assert_eq!(told.matches(" ms (queue ").count(), 50, "predictions are watched: {told}");
}
