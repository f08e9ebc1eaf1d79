//! One run of each kind over a loaded topic: its processes are started, watched to the end and ended.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value as Json, json};

use super::broker::Broker;
use super::copy::Copy;
use super::processes::{Measured, Running, Services, measure};
use super::scratch::scratch_project;

const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers");

/// Where it all happens.
pub(crate) struct Ground {
    pub(crate) broker: Broker,
    pub(crate) redis: String,
    pub(crate) services: Services,
    /// A project with a trained model.
    pub(crate) trained: PathBuf,
    /// Of this run of the benchmark; what it makes is in here.
    pub(crate) folder: PathBuf,
    /// Names that nobody else has begin with it.
    pub(crate) own: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum States {
    Embedded,
    Redis,
}

/// What a run has left.
pub(crate) struct Done {
    pub(crate) measured: Measured,
    pub(crate) output: String,
    /// What `clutch` counted itself.
    pub(crate) totals: Json,
}

impl Ground {
    pub(crate) fn copy(&self, input: &str, name: &str) -> Measured {
        let (broker, name) = (self.broker.clone(), format!("{}-{name}", self.own));
        broker.create(&name);
        let copy = Copy { broker, input: input.to_owned(), output: name.clone(), group: name.clone() };
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        let worker = Running::start("the copy", command.arg("--copy").args(copy.arguments()));
        self.until_committed(&[worker], &name, input)
    }

    fn until_committed(&self, workers: &[Running], group: &str, input: &str) -> Measured {
        let (end, committed) = (self.broker.ends(input).iter().sum(), self.broker.watch(group, input));
        let bar = super::bar(group, end);
        let measured = measure(workers, &self.services, end, || committed.so_far(), |now| bar.set_position(now));
        bar.finish_and_clear();
        measured
    }

    pub(crate) fn clutch(&self, input: &str, name: &str, states: States) -> Done {
        let own = format!("{}-{name}", self.own);
        let output = format!("{own}-predictions");
        let project = self.project(input, &own, &output, states);
        let mut serve = self.command(&project, &["serve", "--listen", "127.0.0.1:0"]);
        serve.env("CLUTCH_LOG", "warn").stdout(Stdio::null()).stderr(self.log(&own));
        let mut workers = [Running::start("clutch serve", &mut serve)];
        let measured = self.until_committed(&workers, &format!("{own}-worker"), input);
        let status = self.command(&project, &["stream", "status", "--json"]).output().expect("clutch runs");
        workers[0].terminate();
        let told = String::from_utf8_lossy(&status.stdout);
        let status: Json = serde_json::from_str(told.lines().last().unwrap_or_default())
            .unwrap_or_else(|error| panic!("{error}: {told}{}", String::from_utf8_lossy(&status.stderr)));
        Done { measured, output, totals: status["streams"]["plays"]["totals"].clone() }
    }

    /// The trained project, on the services, under names of its own.
    fn project(&self, input: &str, own: &str, output: &str, states: States) -> PathBuf {
        let project = scratch_project(&self.trained, &self.folder.join(own), |manifest| {
            let endpoint = "[endpoints.win_probability]\n";
            let mended = manifest.replacen("\"nfl-plays\"", &format!("\"{input}\""), 1).replacen(
                endpoint,
                &format!("{endpoint}topic = \"{output}\"\n"),
                1,
            );
            assert!(mended.contains(input) && mended.contains(output), "the project is another one");
            let kafka = format!("kafka = {{ bootstrap_servers = \"${{KAFKA}}\", namespace = \"{own}\" }}\n");
            let redis = format!("redis = {{ url = \"${{REDIS_URL}}\", prefix = \"{own}\" }}\n");
            let redis = if states == States::Redis { redis } else { String::new() };
            format!("{mended}\n[connections]\n{kafka}{redis}")
        });
        let registry = Path::new(".clutch/registry");
        copy_folder(&self.trained.join(registry), &project.join(registry));
        project
    }

    fn command(&self, project: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clutch"));
        command.args(arguments).arg("--project").arg(project).stdin(Stdio::null());
        command.env("KAFKA", &self.broker.address).env("REDIS_URL", &self.redis);
        command
    }

    /// A process of Quix Streams for each core.
    pub(crate) fn quix(&self, python: &str, input: &str, processes: usize) -> Done {
        let (job, output, group) = self.job(input, "quix");
        let start = |number: usize| {
            let mut command = self.peer(python, "quix_stream.py", &job, &format!("quix-state-{number}"));
            Running::start("quix_stream.py", command.stdout(Stdio::null()))
        };
        let mut workers: Vec<Running> = (0..processes).map(start).collect();
        let measured = self.until_committed(&workers, &group, input);
        workers.iter_mut().for_each(Running::terminate);
        Done { measured, output, totals: Json::Null }
    }

    /// Spark is one process with helpers of its own, and says itself how far it is.
    pub(crate) fn spark(&self, python: &str, input: &str) -> Done {
        let (job, output, _) = self.job(input, "spark");
        let mut command = self.peer(python, "spark_stream.py", &job, "spark-checkpoint");
        let mut worker = Running::start("spark_stream.py", command.stdout(Stdio::piped()));
        let stdout = worker.child().stdout.take().expect("piped");
        let taken = Arc::new(AtomicU64::new(0));
        let told = Arc::clone(&taken);
        std::thread::spawn(move || {
            for events in BufReader::new(stdout).lines().map_while(Result::ok).filter_map(|line| line.parse().ok()) {
                told.store(events, Ordering::SeqCst);
            }
        });
        let end = self.broker.ends(input).iter().sum();
        let bar = super::bar("spark", end);
        let so_far = || taken.load(Ordering::SeqCst);
        let mut workers = [worker];
        let measured = measure(&workers, &self.services, end, so_far, |now| bar.set_position(now));
        bar.finish_and_clear();
        // It ends by itself, after what it printed last.
        workers[0].child().wait().expect("a status");
        Done { measured, output, totals: Json::Null }
    }

    /// What a peer is to do: a file of it, the topic of its predictions and its group.
    fn job(&self, input: &str, name: &str) -> (PathBuf, String, String) {
        let (output, group) = (format!("{}-{name}", self.own), format!("{}-{name}", self.own));
        self.broker.create(&output);
        let model = self.trained.join(".clutch/registry/win_probability/versions/1/clutch.json");
        let job = json!({
            "kafka": self.broker.address, "input": input, "output": output, "group": group,
            "partitions": self.broker.partitions, "model": model, "project": self.trained,
        });
        let path = self.folder.join(format!("{name}.json"));
        std::fs::write(&path, job.to_string()).expect("room on the disk");
        (path, output, group)
    }

    /// What a process has to say.
    fn log(&self, name: &str) -> File {
        File::create(self.folder.join(format!("{name}.log"))).expect("room on the disk")
    }

    fn peer(&self, python: &str, script: &str, job: &Path, state: &str) -> Command {
        let mut command = Command::new(python);
        command.arg(Path::new(PEERS).join(script)).arg(job).arg(self.folder.join(state));
        command.stdin(Stdio::null()).stderr(self.log(state));
        command
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("folder");
    for entry in std::fs::read_dir(from).expect("readable") {
        let path = entry.expect("entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("room on the disk");
        }
    }
}
