//! PostgreSQL servers of a test's own, which it may kill and start again.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "test support, wherever it is compiled: what goes wrong here ends the test"
)]

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use features::project::TablesConnection;
use tempfile::TempDir;

const HEALTHY_WITHIN: Duration = Duration::from_secs(60);
/// PostgreSQL refuses to run as root: `nobody` then runs it.
const NOBODY: u32 = 65_534;

/// A server on a port of its own, its files in a folder of their own. Ends with the value.
#[derive(Debug)]
pub struct PostgresServer {
    programs: PathBuf,
    process: Child,
    port: u16,
    dir: TempDir,
}

impl PostgresServer {
    /// Where there is no PostgreSQL it says so: the test is skipped, under CI it fails.
    pub fn start() -> Option<PostgresServer> {
        let programs = programs()?;
        let dir = tempfile::tempdir().expect("a folder");
        if is_root() {
            std::os::unix::fs::chown(dir.path(), Some(NOBODY), Some(NOBODY)).expect("given away");
        }
        let data = dir.path().join("data");
        let made = unprivileged(Command::new(programs.join("initdb")), dir.path())
            .args(["--no-sync", "--username=clutch", "--auth=trust", "--encoding=UTF8", "--no-locale", "-D"])
            .arg(&data)
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        // Between its choice and its use a port may be taken by somebody else.
        for _ in 0..20 {
            let port = free_port();
            let mut process = spawn(&programs, port, dir.path());
            if is_healthy(port, &mut process) {
                return Some(PostgresServer { programs, process, port, dir });
            }
            let _ = (process.kill(), process.wait());
        }
        panic!("{} does not start", programs.display());
    }

    pub fn url(&self) -> String {
        format!("postgres://clutch@127.0.0.1:{}/postgres", self.port)
    }

    pub fn connection(&self) -> TablesConnection {
        TablesConnection::at(&self.url())
    }

    /// Ends it at once, with its connections, as a crash does. A signal to its first process: that ends the others.
    pub fn kill(&mut self) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-QUIT", &pid]).status().expect("kill runs");
        assert!(sent.success(), "process {pid} was gone");
        self.process.wait().expect("wait");
    }

    /// After a kill: on the same port, with what its files hold.
    pub fn restart(&mut self) {
        self.process = spawn(&self.programs, self.port, self.dir.path());
        assert!(is_healthy(self.port, &mut self.process), "PostgreSQL does not start again");
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            self.kill();
        }
    }
}

fn programs() -> Option<PathBuf> {
    let given = std::env::var_os("CLUTCH_POSTGRES_BIN").map(PathBuf::from);
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|dir| dir.join("initdb").is_file())
    };
    let packaged = || {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
        let mut programs: Vec<PathBuf> = versions.flatten().map(|version| version.path().join("bin")).collect();
        programs.sort();
        programs.into_iter().rev().find(|dir| dir.join("initdb").is_file())
    };
    let found = given.or_else(on_path).or_else(packaged);
    if found.is_none() {
        let missing = "SKIPPED: no PostgreSQL: scripts/services/postgres.sh install gets one";
        assert!(std::env::var_os("CI").is_none(), "{missing}");
        eprintln!("{missing}");
    }
    found
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn unprivileged(mut command: Command, dir: &Path) -> Command {
    use std::os::unix::process::CommandExt;

    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.current_dir(dir).stdin(Stdio::null());
    command
}

fn spawn(programs: &Path, port: u16, dir: &Path) -> Child {
    let mut command = unprivileged(Command::new(programs.join("postgres")), dir);
    command.arg("-D").arg(dir.join("data")).args(["-p", &port.to_string(), "-h", "127.0.0.1"]);
    // What is committed outlives this process, which is all that a test can take away.
    command.args(["-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "full_page_writes=off"]);
    command.args(["-c", "shared_buffers=32MB"]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("postgres runs")
}

/// Waits until it answers; false if it ended.
fn is_healthy(port: u16, process: &mut Child) -> bool {
    let deadline = Instant::now() + HEALTHY_WITHIN;
    while Instant::now() < deadline {
        if !matches!(process.try_wait(), Ok(None)) {
            return false;
        }
        let reached = TcpStream::connect(("127.0.0.1", port)).is_ok();
        let url = format!("postgres://clutch@127.0.0.1:{port}/postgres");
        if reached && postgres::Client::connect(&url, postgres::NoTls).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
