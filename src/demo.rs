//! `clutch demo`: the whole tour, by running the very commands that a user would type, each shown before it runs.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::context::Context;
use crate::output;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch demo              watch one game at two plays a second, then leave the server running
  clutch demo --once       ends by itself
  clutch demo --fresh      begin again from nothing")]
pub(crate) struct Args {
    /// Where the demo's project goes.
    #[arg(long, default_value = "clutch-demo", value_name = "DIR")]
    dir: PathBuf,
    /// End after the game instead of leaving the server running.
    #[arg(long)]
    once: bool,
    /// Remove an earlier demo first.
    #[arg(long)]
    fresh: bool,
    /// Plays a second in the replay [default: 2, or 20 with --once].
    #[arg(long)]
    rate: Option<u32>,
}

const SEED: &str = "7";

pub(crate) fn run(args: Args, _context: &Context) -> Result<ExitCode> {
    let dir = &args.dir;
    if args.fresh {
        remove_demo(dir)?;
    }
    let tour = Tour { clutch: std::env::current_exe().context("finding the clutch binary")?, project: dir.clone() };

    if !dir.join("clutch.toml").is_file() {
        tour.step("A project is a folder: clutch.toml and views/*.sql.", &["init", &path(dir), "--template", "nfl"])?;
    }
    tour.step("Check it: every problem would be named with its place and its remedy.", &["check"])?;
    if !dir.join(".clutch/history/plays").is_dir() {
        tour.step(
            "Three seasons of play-by-play, simulated, so that nothing need be downloaded.",
            &["data", "simulate", "nfl", "--seasons", "3", "--seed", SEED, "--first-season", "2021"],
        )?;
    }
    for model in ["win_probability", "final_margin", "final_total"] {
        if !dir.join(".clutch/registry").join(model).is_dir() {
            let args = ["train", "--model", model];
            tour.step("Train: features by the batch host, fit, evaluate by season, register.", &args)?;
        }
    }
    play(&tour, &args)
}

/// Serves, replays one game that the models never saw, and watches it.
fn play(tour: &Tour, args: &Args) -> Result<ExitCode> {
    // A log of its own for every run: the same game twice would be all duplicates.
    let log = args.dir.join(".clutch/db");
    if log.is_dir() {
        std::fs::remove_dir_all(&log).with_context(|| format!("removing the last run's log {}", log.display()))?;
    }
    let game = args.dir.join("live");
    tour.step(
        "One more game, which no model has seen.",
        &[
            "data",
            "simulate",
            "nfl",
            "--seasons",
            "1",
            "--games",
            "1",
            "--first-season",
            "2024",
            "--seed",
            "8",
            "--no-import",
            "--out",
            &path(&game),
        ],
    )?;
    let server = tour.serve()?;
    let http = server.address.clone();
    output::print_line(&format!("\nserving on http://{http}: POST /predict, /models/status, /metrics\n"));
    predict_once(&http)?;

    let mut watch =
        tour.start(&["stream", "watch", "--endpoint", "win_probability", "--until-idle", "3s"], Stdio::inherit())?;
    let rate = format!("{}/s", args.rate.unwrap_or(if args.once { 20 } else { 2 }));
    let data = path(&game.join("*.parquet"));
    let replay = ["stream", "replay", "--stream", "plays", "--data", &data, "--rate", &rate, "--json"];
    tour.show("Replay it play by play, and watch it being predicted.", &replay);
    let mut replaying = tour.start(&replay, Stdio::null())?;
    let replayed = replaying.wait().context("waiting for the replay")?;
    watch.wait().context("waiting for the watcher")?;
    if !replayed.success() {
        bail!("the replay failed");
    }
    what_next(tour, (!args.once).then_some(http.as_str()));
    if !args.once {
        output::print_line("\nThe server runs on; Ctrl-C stops it.");
        let mut server = server;
        server.process.wait().context("waiting for the server")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Two minutes left, three points behind, on the edge of field goal range.
fn predict_once(http: &str) -> Result<()> {
    let request = serde_json::json!({
        "endpoint": "win_probability",
        "event": {
            "game_id": "yours", "play_id": 1, "season_type": "REG", "game_date": "2026-11-22", "home_team": "NYG",
            "away_team": "DAL", "posteam": "NYG", "defteam": "DAL", "qtr": 4, "game_seconds_remaining": 130, "down": 2,
            "ydstogo": 6, "yardline_100": 38, "score_differential": -3, "posteam_score": 20, "defteam_score": 23,
            "posteam_timeouts_remaining": 2, "defteam_timeouts_remaining": 1, "receive_2h_ko": 0, "play_type": "pass",
            "spread_line": 1.5, "total_line": 44.5
        }
    });
    output::print_line(
        "Ask about a situation of your own (home team, 2:10 left, three points behind, 38 yards to go):",
    );
    output::print_line(&format!("$ curl http://{http}/predict -H 'content-type: application/json' -d '{request}'"));
    let mut response = ureq::post(format!("http://{http}/predict"))
        .header("content-type", "application/json")
        .send(request.to_string())
        .context("POST /predict")?;
    let answer = response.body_mut().read_to_string().context("reading the answer")?;
    output::print_line(&format!("{answer}\n"));
    Ok(())
}

/// `http`: where the server answers, if it runs on.
fn what_next(tour: &Tour, http: Option<&str>) {
    let project = path(&tour.project);
    let server = match http {
        Some(http) => format!("  curl -s http://{http}/models/status"),
        None => format!("  clutch serve --project {project}"),
    };
    for line in [
        "\nWhat to try next:".to_owned(),
        format!("  alias clutch={}", path(&tour.clutch)),
        format!("  $EDITOR {project}/views/win_probability.sql     change a feature, then: clutch check, clutch train"),
        format!("  clutch models show win_probability --project {project}"),
        format!("  clutch stream status --project {project}"),
        server,
        format!("  clutch data download nflverse --seasons 2021-2024 --project {project}    real seasons (CC BY 4.0)"),
    ] {
        output::print_line(&line);
    }
}

/// Removes a demo folder, and only one.
fn remove_demo(dir: &Path) -> Result<()> {
    if !dir.exists() {
        return Ok(());
    }
    if !dir.join("clutch.toml").is_file() {
        bail!("{} holds no clutch.toml: not removing a folder that is no demo", dir.display());
    }
    std::fs::remove_dir_all(dir).with_context(|| format!("removing {}", dir.display()))
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

/// Runs `clutch` subcommands on the demo's project.
struct Tour {
    clutch: PathBuf,
    project: PathBuf,
}

/// A running `clutch serve`, stopped when dropped.
struct Server {
    process: Child,
    address: String,
}

impl Tour {
    fn show(&self, why: &str, args: &[&str]) {
        let project = if args[0] == "init" { String::new() } else { format!(" --project {}", self.project.display()) };
        output::print_line(&format!("\n# {why}\n$ clutch {}{project}", args.join(" ")));
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.clutch);
        command.args(args).stdin(Stdio::null());
        if args[0] != "init" {
            command.arg("--project").arg(&self.project);
        }
        command
    }

    fn step(&self, why: &str, args: &[&str]) -> Result<()> {
        self.show(why, args);
        let status = self.command(args).status().with_context(|| format!("running clutch {}", args.join(" ")))?;
        if !status.success() {
            bail!("`clutch {}` failed", args.join(" "));
        }
        Ok(())
    }

    fn start(&self, args: &[&str], stdout: Stdio) -> Result<Child> {
        self.command(args).stdout(stdout).spawn().with_context(|| format!("starting clutch {}", args.join(" ")))
    }

    fn serve(&self) -> Result<Server> {
        let args = ["serve", "--listen", "127.0.0.1:0", "--json"];
        self.show("Serve: HTTP, streams and state in one process.", &args);
        let mut process = self.start(&args, Stdio::piped())?;
        let stdout = process.stdout.take().context("the server has no output")?;
        let mut first = String::new();
        BufReader::new(stdout).read_line(&mut first).context("reading the server's first line")?;
        let ready: serde_json::Value = serde_json::from_str(&first).context("the server did not start")?;
        let address = ready["http"].as_str().context("the server named no address")?.to_owned();
        Ok(Server { process, address })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ctrl-C reaches the whole group; by now the server may be gone, which is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
