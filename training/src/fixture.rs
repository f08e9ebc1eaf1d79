//! A small project in a temporary folder, with matches whose outcome leans on the lead, for tests.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use features::project::{Model, Project};
use models::registry::DirectoryRegistry;
use tempfile::TempDir;

use crate::progress::Silent;
use crate::train::{TrainError, TrainRun, train};
use crate::validation::Validations;
use crate::{Source, TrainReport};

pub(crate) const STREAM: &str = r#"
[project]
name = "test"

[streams.plays]
topic = "plays"
key = ["match_id"]
id = ["match_id", "n"]
order = "n"

[streams.plays.fields]
match_id = { type = "string", required = true }
n = { type = "int", required = true }
season = "int"
lead = "float"
tempo = "float"
fixed = "float"
odds = "float"
won = { type = "bool", outcome = true }
margin = { type = "float", outcome = true }
"#;

pub(crate) const VIEW: &str = "CREATE VIEW state AS SELECT match_id, n, lead, tempo, n > 5 AS late, \
    avg(lead) OVER recent AS lead_recent FROM plays \
    WINDOW recent AS (PARTITION BY match_id ORDER BY event_time ROWS 3 PRECEDING EXCLUDE CURRENT ROW)";

/// Who wins; everything a model can declare.
pub(crate) const WINNER: &str = r#"
[models.winner]
view = "state"
label = "won"
task = "classification"
algorithm = "logistic"
split = { time = "season", test_from = 2002 }
group = "match_id"
reference = "odds"
seed = 3
"#;

pub(crate) const MARGIN: &str = r#"
[models.margin]
view = "state"
label = "margin"
task = "regression"
algorithm = "linear"
split = { time = "season", test_from = 2002 }
group = "match_id"
"#;

pub(crate) struct Fixture {
    folder: TempDir,
    pub(crate) project: Project,
}

/// One event as it stands in the CSV file; empty text is NULL.
#[derive(Debug, Clone)]
pub(crate) struct Play {
    pub(crate) match_id: String,
    pub(crate) n: u32,
    pub(crate) season: String,
    pub(crate) lead: f64,
    pub(crate) tempo: String,
    pub(crate) odds: String,
    pub(crate) won: String,
    pub(crate) margin: String,
}

impl Fixture {
    pub(crate) fn new(models: &str) -> Fixture {
        Fixture::with_view(models, VIEW)
    }

    pub(crate) fn with_view(models: &str, view: &str) -> Fixture {
        let folder = TempDir::new().expect("temporary folder");
        std::fs::create_dir(folder.path().join("views")).expect("views");
        std::fs::write(folder.path().join("views/state.sql"), view).expect("view");
        std::fs::write(folder.path().join("clutch.toml"), format!("{STREAM}{models}")).expect("clutch.toml");
        let project = match Project::load(folder.path(), &|_| None) {
            Ok(project) => project,
            Err(problems) => panic!("{}", problems.render(false)),
        };
        Fixture { folder, project }
    }

    pub(crate) fn model(&self, name: &str) -> &Arc<Model> {
        &self.project.models[name]
    }

    pub(crate) fn registry(&self) -> DirectoryRegistry {
        DirectoryRegistry::new(self.folder.path().join("registry"), Arc::new(|| 0))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a CSV file and names it as a source.
    pub(crate) fn source(&self, name: &str, plays: &[Play]) -> Source {
        let mut text = "match_id,n,season,lead,tempo,fixed,odds,won,margin\n".to_owned();
        for p in plays {
            let Play { match_id, n, season, lead, tempo, odds, won, margin } = p;
            writeln!(text, "{match_id},{n},{season},{lead},{tempo},1,{odds},{won},{margin}").expect("a string grows");
        }
        let path = self.path(name);
        std::fs::write(&path, text).expect("CSV file");
        Source::Files(path.display().to_string())
    }

    pub(crate) fn train(&self, model: &str, plays: &[Play]) -> Result<TrainReport, TrainError> {
        self.train_with(model, plays, false)
    }

    pub(crate) fn train_with(&self, model: &str, plays: &[Play], refit: bool) -> Result<TrainReport, TrainError> {
        self.run(model, plays, refit, Validations::default())
    }

    pub(crate) fn train_validated(
        &self,
        model: &str,
        plays: &[Play],
        validations: Validations,
    ) -> Result<TrainReport, TrainError> {
        self.run(model, plays, false, validations)
    }

    fn run(
        &self,
        model: &str,
        plays: &[Play],
        refit: bool,
        validations: Validations,
    ) -> Result<TrainReport, TrainError> {
        let registry = self.registry();
        let run = TrainRun {
            project: &self.project,
            model: self.model(model),
            source: self.source("plays.csv", plays),
            registry: &registry,
            refit,
            learning_curve: true,
            validations,
            parity: None,
            now: 1_700_000_000_000_000,
            clutch_version: "test",
        };
        train(&run, &Silent)
    }
}

/// 30 matches of 10 plays in each of three seasons from 2000 on.
pub(crate) fn plays() -> Vec<Play> {
    let mut plays = Vec::new();
    for game in 0_u32..90 {
        let season = 2000 + game / 30;
        let strength = f64::from((game * 37) % 21) - 10.0;
        let luck = f64::from((game * 53) % 17) - 8.0;
        let margin = strength + luck + 0.25;
        for n in 1..=10 {
            let lead = strength * f64::from(n) / 10.0 + f64::from((game * 7 + n * 13) % 5) - 2.0;
            plays.push(Play {
                match_id: format!("m{game}"),
                n,
                season: season.to_string(),
                lead,
                tempo: if (game + n) % 9 == 0 { String::new() } else { ((game * 11 + n * 3) % 14).to_string() },
                odds: if game % 10 == 0 { String::new() } else { (0.5 + strength / 25.0).to_string() },
                won: (margin > 0.0).to_string(),
                margin: margin.to_string(),
            });
        }
    }
    plays
}

/// Fifteen matches in each of six seasons; the last two are the test part.
pub(crate) fn seasons() -> Vec<Play> {
    let mut plays = plays();
    for play in &mut plays {
        let game: u32 = play.match_id[1..].parse().expect("a number");
        play.season = (2000 + game / 15).to_string();
    }
    plays
}

/// Rows for algorithms: two inputs whose product tells the class, one with NULLs, one that takes two values; groups of
/// four rows.
pub(crate) struct Rectangle {
    pub(crate) inputs: crate::inputs::Inputs,
    pub(crate) labels: Vec<f64>,
    pub(crate) numbers: Vec<f64>,
    groups: Vec<u32>,
    rows: Vec<usize>,
    names: Vec<smol_str::SmolStr>,
}

impl Rectangle {
    pub(crate) fn new(rows: usize, seed: u64) -> Rectangle {
        let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
        // xorshift64*, for numbers from −2 to 2.
        let mut chance = || {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            #[expect(clippy::cast_precision_loss, reason = "53 bits")]
            let unit = (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64;
            4.0 * unit - 2.0
        };
        let mut columns = vec![Vec::new(); 4];
        let (mut labels, mut numbers) = (Vec::new(), Vec::new());
        for row in 0..rows {
            let [a, b, c, d] = [chance(), chance(), chance(), f64::from(u8::from(chance() > 0.0))];
            let number = a * b + 0.3 * a + 0.2 * d;
            // Both classes are there, however few the rows.
            let label = if row < 2 { row == 0 } else { number + 0.3 * chance() > 0.0 };
            labels.push(f64::from(u8::from(label)));
            numbers.push(number);
            let c = if row % 7 == 3 { f64::NAN } else { c };
            for (column, value) in columns.iter_mut().zip([a, b, c, d]) {
                column.push(value);
            }
        }
        Rectangle {
            inputs: crate::inputs::Inputs::new(columns).expect("columns of equal length"),
            labels,
            numbers,
            groups: (0..rows).map(|row| u32::try_from(row / 4).expect("few rows")).collect(),
            rows: (0..rows).collect(),
            names: ["a", "b", "c", "d"].map(Into::into).to_vec(),
        }
    }

    pub(crate) fn training(&self, task: features::project::Task) -> crate::algorithm::TrainingRows<'_> {
        let classification = task == features::project::Task::Classification;
        crate::algorithm::TrainingRows {
            task,
            names: &self.names,
            inputs: &self.inputs,
            labels: if classification { &self.labels } else { &self.numbers },
            weights: None,
            groups: &self.groups,
            rows: &self.rows,
            seed: 7,
        }
    }
}
