//! `clutch serve`

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use features::project::Project;
use models::registry::DirectoryRegistry;
use serde_json::json;
use serving::clock::SystemClock;
use serving::http::Limits;
use serving::instance::{Instance, InstanceError, LockError, Places};
use serving::server::{ServerParts, Started, StartedEndpoint};
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::output::{self, UsageError, note, say};
use crate::{clock, telemetry};

/// How soon a new champion is noticed.
const FOLLOW_EVERY: Duration = Duration::from_millis(500);

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch serve --project nfl
  clutch serve --project nfl --listen 0.0.0.0:8080
  clutch serve --project nfl --listen 127.0.0.1:0 --json
  clutch serve --project nfl --listen 127.0.0.1:8601 --state-dir nfl/.clutch/second     one more, where streams are on Kafka")]
pub(crate) struct Args {
    /// Where to answer HTTP; port 0 takes any that is free.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8600")]
    listen: String,
    /// Where versions are kept, if not where the project says.
    #[arg(long, value_name = "DIR")]
    registry: Option<PathBuf>,
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    let project = Arc::new(context.project()?);
    let address = resolve(&args.listen)?;
    telemetry::start()?;
    let registry = context.registry_dir(args.registry.as_deref(), &project);
    // The lock before the port: a second server on one folder is told who the first is, whatever its port.
    let instance = open(&project)?;
    let listener = bind(address)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    let shutdown = CancellationToken::new();
    let served = runtime.block_on(async {
        let parts = ServerParts {
            listener: tokio::net::TcpListener::from_std(listener).context("cannot listen")?,
            instance,
            project: Arc::clone(&project),
            registry: Arc::new(DirectoryRegistry::new(registry, clock::clock())),
            clock: Arc::new(SystemClock),
            limits: Limits::default(),
            follow_every: FOLLOW_EVERY,
            shutdown: shutdown.clone(),
        };
        let server = serving::server::run(parts, |started| announce(started, &project, context));
        until_signalled(server, &shutdown).await
    });
    served?;
    output::json(context, &json!({ "stopped": true }));
    Ok(ExitCode::SUCCESS)
}

fn resolve(listen: &str) -> Result<SocketAddr, UsageError> {
    let found = listen.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    found.ok_or_else(|| UsageError::new(format!("--listen {listen} is no address: write it like 127.0.0.1:8600")))
}

fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|error| {
        let remedy = match error.kind() {
            ErrorKind::AddrInUse => "something else listens there: stop it, or choose another port with --listen",
            ErrorKind::PermissionDenied => "ports below 1024 need a privilege: choose another with --listen",
            ErrorKind::AddrNotAvailable => "this machine does not have that address: choose another with --listen",
            _ => "choose another address with --listen",
        };
        anyhow::Error::new(error).context(format!("cannot listen on {address}: {remedy}"))
    })
}

/// Opens the project's `.clutch`.
pub(crate) fn open(project: &Project) -> anyhow::Result<Instance> {
    let places = Places { state_dir: project.instance_dir(), temporary: std::env::temp_dir() };
    Instance::open(&places, Arc::new(SystemClock)).map_err(|error| {
        let remedy = match &error {
            InstanceError::Lock(LockError::Held { .. }) => "one server at a time owns it: stop the first, or use it",
            InstanceError::Lock(LockError::Io { .. }) | InstanceError::Io { .. } => {
                "the folder must be writable, with room on its disk"
            }
            InstanceError::Database { .. } | InstanceError::Log { .. } | InstanceError::Store { .. } => {
                "its disk must be writable and have room; if its files are damaged, move the folder `db` away and \
                 replay from history"
            }
        };
        anyhow::Error::new(error).context(format!("cannot use `{}`: {remedy}", places.state_dir.display()))
    })
}

/// Runs the server until it ends by itself or by a signal. The first signal ends it gracefully, the second at once.
async fn until_signalled(
    server: impl Future<Output = Result<(), serving::server::ServeError>>,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let mut signals = Signals::new().context("cannot listen for signals")?;
    let mut server = std::pin::pin!(server);
    tokio::select! {
        ended = server.as_mut() => return Ok(ended?),
        () = signals.next() => {}
    }
    note("stopping: requests in flight are answered first; once more to stop at once");
    shutdown.cancel();
    tokio::select! {
        ended = server => Ok(ended?),
        () = signals.next() => stop_at_once(),
    }
}

#[expect(clippy::disallowed_methods, reason = "the user asked twice: nothing may hold this up any more")]
fn stop_at_once() -> ! {
    std::process::exit(130)
}

/// SIGINT and SIGTERM.
#[derive(Debug)]
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn new() -> std::io::Result<Signals> {
        Ok(Signals {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

fn announce(started: &Started, project: &Project, context: &Context) {
    let endpoints: Vec<_> = started.endpoints.iter().map(endpoint_json).collect();
    output::json(
        context,
        &json!({
            "http": started.http.to_string(),
            "admin": started.admin,
            "project": project.name,
            "pid": std::process::id(),
            "endpoints": endpoints,
        }),
    );
    for line in describe(started, project, &context.project_dir.display().to_string()) {
        say(context, line);
    }
}

fn endpoint_json(endpoint: &StartedEndpoint) -> serde_json::Value {
    json!({
        "endpoint": endpoint.endpoint,
        "model": endpoint.model,
        "version": endpoint.version,
        "refused": endpoint.refused,
    })
}

fn describe(started: &Started, project: &Project, dir: &str) -> Vec<String> {
    let url = format!("http://{}", started.http);
    let mut lines = vec![format!("{} is served on {url}", project.name), String::new()];
    let width = started.endpoints.iter().map(|e| e.endpoint.len()).max().unwrap_or_default();
    for StartedEndpoint { endpoint, model, version, refused, .. } in &started.endpoints {
        let serving = match version {
            Some(version) => format!("model {model}, version {version}"),
            None => format!("no version yet: clutch train --project {dir} --model {model}"),
        };
        lines.push(format!("  {endpoint:width$}  {serving}"));
        if let Some(reason) = refused {
            lines.push(format!("  {:width$}  the champion is refused: {reason}", ""));
        }
    }
    if started.endpoints.is_empty() {
        lines.push(
            "  the project declares no endpoint: add [endpoints.NAME] with model = \"…\" to clutch.toml".to_owned(),
        );
    }
    lines.push(String::new());
    if let Some((endpoint, example)) = started.endpoints.iter().find_map(|e| Some((&e.endpoint, e.example.as_ref()?))) {
        let body = json!({ "endpoint": endpoint, "features": example });
        lines.push("Try it:".to_owned());
        lines.push(format!("  curl -s {url}/predict -H 'Content-Type: application/json' -d '{body}'"));
        lines.push(format!("  curl -s {url}/models/status"));
        lines.push(String::new());
    }
    lines.push(format!("Events, predictions and states are kept in {}.", project.instance_dir().display()));
    lines.push("Messages go to standard error (CLUTCH_LOG=debug tells more). Ctrl-C stops.".to_owned());
    lines
}
