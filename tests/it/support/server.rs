//! A running `clutch serve`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};

use serde_json::Value;

use super::TestProject;

/// Killed when dropped.
pub(crate) struct Server {
    process: Child,
    /// What the first line of its output said.
    pub(crate) ready: Value,
}

impl Server {
    /// Starts and waits for the line that says it is ready.
    #[track_caller]
    pub(crate) fn start(project: &TestProject) -> Server {
        Server::start_with(project, &[])
    }

    /// With more options.
    #[track_caller]
    pub(crate) fn start_with(project: &TestProject, more: &[&str]) -> Server {
        let mut process = project
            .command(&[&["serve", "--listen", "127.0.0.1:0", "--json"], more].concat())
            .env("CLUTCH_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .expect("clutch serve starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("readable");
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not ready: `{line}`"));
        Server { process, ready }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.ready["http"].as_str().expect("an address"))
    }

    /// SIGTERM, and how it ended.
    pub(crate) fn terminate(self) -> ExitStatus {
        self.signal();
        self.wait()
    }

    /// SIGTERM.
    pub(crate) fn signal(&self) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        assert!(sent.success(), "process {pid} was gone");
    }

    pub(crate) fn wait(mut self) -> ExitStatus {
        self.process.wait().expect("gone")
    }

    /// SIGKILL: nothing is flushed, nothing is closed.
    pub(crate) fn kill(mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("gone");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
