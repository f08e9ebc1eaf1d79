//! Where a replay goes: to the running server, or to workers in this process where none runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use features::project::Project;
use models::registry::DirectoryRegistry;
use serving::admin::{Client, ClientError, Desk, Status, StreamReport};
use serving::clock::{Clock, SystemClock};
use serving::connect::{Connected, connect};
use serving::instance::{Holder, Instance};
use serving::log::{RecordBatch, Sequence};
use serving::metrics::Metrics;
use serving::routing::{Binder, Routes, refresh};
use serving::sink::{SinkParts, Sinks};
use serving::skew::Trays;
use serving::views::Stored;
use serving::worker::{Parts, Settings, Workers};
use tokio::task::spawn_blocking;

use crate::output::note;
use crate::{clock, serve};

/// How often a waiting replay looks how far the workers are.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long somebody who has pressed Ctrl-C is kept waiting for figures.
const AT_ONCE: Duration = Duration::from_secs(1);
const BACK_OFF: Duration = Duration::from_millis(50);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(1);

/// Takes appends, and tells what became of them.
#[derive(Debug)]
pub(super) struct Target {
    end: End,
    patience: Duration,
}

#[derive(Debug)]
enum End {
    Server(Server),
    Here(Box<Here>),
}

/// A server behind its admin socket, which may go away and come back.
#[derive(Debug)]
pub(super) struct Server {
    state_dir: PathBuf,
    client: Option<Client>,
    reconnects: u64,
}

/// Workers in this process.
#[derive(Debug)]
struct Here {
    desk: Arc<Desk>,
    workers: Arc<Workers>,
    sinks: Arc<Sinks>,
    instance: Instance,
}

impl Target {
    pub(super) fn server(server: Server, patience: Duration) -> Target {
        Target { end: End::Server(server), patience }
    }

    /// Workers in this process.
    pub(super) async fn here(project: &Project, registry: &Path, patience: Duration) -> anyhow::Result<Target> {
        note("no server runs: working the stream in this process");
        let (project, registry) = (project.clone(), registry.to_path_buf());
        let here = spawn_blocking(move || Here::start(&project, registry)).await??;
        Ok(Target { end: End::Here(Box::new(here)), patience })
    }

    pub(super) fn is_here(&self) -> bool {
        matches!(self.end, End::Here(_))
    }

    /// How often a lost server was found again.
    pub(super) fn reconnects(&self) -> u64 {
        match &self.end {
            End::Server(server) => server.reconnects,
            End::Here(_) => 0,
        }
    }

    /// Appends; waits for a server that is away or has no room, as long as patience lasts.
    pub(super) async fn append(&mut self, topic: &str, sequence: Sequence, records: RecordBatch) -> anyhow::Result<()> {
        match &mut self.end {
            End::Here(here) => {
                let (desk, topic) = (Arc::clone(&here.desk), topic.to_owned());
                spawn_blocking(move || desk.append(&topic, Some(sequence), &records)).await??;
                Ok(())
            }
            End::Server(server) => {
                let patience = self.patience;
                server.insist(patience, async |client| client.append(topic, sequence, &records).await).await?;
                Ok(())
            }
        }
    }

    pub(super) async fn report(&mut self, stream: &str) -> anyhow::Result<StreamReport> {
        let mut status = self.status().await?;
        status.streams.swap_remove(stream).with_context(|| {
            format!("the server does not know stream `{stream}`: it runs an older state of the project, restart it")
        })
    }

    /// As [`Target::report`], but waits for nobody: `None` if there is no answer now.
    pub(super) async fn report_once(&mut self, stream: &str) -> Option<StreamReport> {
        let patience = std::mem::replace(&mut self.patience, Duration::ZERO);
        let answer = tokio::time::timeout(AT_ONCE, self.report(stream)).await;
        self.patience = patience;
        match answer {
            Ok(Ok(report)) => Some(report),
            Ok(Err(_)) | Err(_) => None,
        }
    }

    async fn status(&mut self) -> anyhow::Result<Status> {
        match &mut self.end {
            End::Here(here) => {
                let desk = Arc::clone(&here.desk);
                Ok(spawn_blocking(move || desk.status(false)).await??)
            }
            End::Server(server) => {
                let patience = self.patience;
                server.insist(patience, async |client| client.status(false).await).await
            }
        }
    }

    /// Waits until everything in the stream's log is worked off.
    pub(super) async fn drain(&mut self, stream: &str) -> anyhow::Result<()> {
        let mut committed = 0;
        let mut moved = Instant::now();
        loop {
            let report = self.report(stream).await?;
            if report.totals.lag == 0 {
                return Ok(());
            }
            if report.partitions.iter().all(|partition| partition.worker.is_none()) {
                note(format!(
                    "no endpoint looks at stream `{stream}`: its events are in the log, and nobody works them"
                ));
                return Ok(());
            }
            if report.totals.committed != committed {
                committed = report.totals.committed;
                moved = Instant::now();
            } else if moved.elapsed() > self.patience {
                let error = report.partitions.into_iter().find_map(|partition| partition.worker?.error);
                bail!(
                    "{} events wait, and nothing has moved for {} s: {}",
                    report.totals.lag,
                    self.patience.as_secs(),
                    error.as_deref().unwrap_or("the workers say nothing")
                );
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Ends the workers of this process; leaves a server alone.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        if let End::Here(here) = self.end {
            spawn_blocking(move || here.stop()).await?;
        }
        Ok(())
    }
}

impl Server {
    /// The server that owns the project's folder, if one does. One that is only starting counts: it will answer soon.
    pub(super) async fn find(project: &Project) -> anyhow::Result<Option<Server>> {
        let state_dir = project.instance_dir();
        match Client::connect(&state_dir).await {
            Ok(client) => Ok(Some(Server { state_dir, client: Some(client), reconnects: 0 })),
            Err(ClientError::Unreachable { .. }) if Holder::holds(&state_dir) => {
                Ok(Some(Server { state_dir, client: None, reconnects: 0 }))
            }
            Err(ClientError::Unreachable { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks until there is an answer, or patience is over. What is asked may be asked again.
    async fn insist<T>(
        &mut self,
        patience: Duration,
        ask: impl AsyncFn(&mut Client) -> Result<T, ClientError>,
    ) -> anyhow::Result<T> {
        let mut away: Option<Instant> = None;
        let mut back_off = BACK_OFF;
        loop {
            let error = match self.try_once(&ask).await {
                Ok(answer) => {
                    if away.is_some() {
                        note("the server answers again");
                    }
                    return Ok(answer);
                }
                Err(error) if passes(&error) => error,
                Err(error) => return Err(error.into()),
            };
            if patience.is_zero() {
                return Err(error.into());
            }
            let since = *away.get_or_insert_with(|| {
                note(format!("waiting for the server, for up to {} s: {error}", patience.as_secs()));
                Instant::now()
            });
            if since.elapsed() > patience {
                return Err(anyhow::Error::new(error).context(format!("gave up after {} s", patience.as_secs())));
            }
            tokio::time::sleep(back_off).await;
            back_off = (back_off * 2).min(LONGEST_BACK_OFF);
        }
    }

    async fn try_once<T>(
        &mut self,
        ask: &impl AsyncFn(&mut Client) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let mut client = match self.client.take() {
            Some(client) => client,
            None => {
                let client = Client::connect(&self.state_dir).await?;
                self.reconnects += 1;
                client
            }
        };
        let answer = ask(&mut client).await;
        if !matches!(answer, Err(ClientError::Broken(_) | ClientError::Unreachable { .. })) {
            self.client = Some(client);
        }
        answer
    }
}

/// Whether trying again later can help.
fn passes(error: &ClientError) -> bool {
    match error {
        ClientError::Unreachable { .. } | ClientError::Broken(_) => true,
        ClientError::Refused { code, .. } => {
            matches!(code.as_str(), "disk_full" | "log" | "store" | "busy" | "interrupted")
        }
        ClientError::Answer(_) | ClientError::Uri(_) => false,
    }
}

impl Here {
    fn start(project: &Project, registry: PathBuf) -> anyhow::Result<Here> {
        let instance = serve::open(project)?;
        let metrics = Arc::new(Metrics::new());
        let routes = Arc::new(Routes::new(project));
        let registry = DirectoryRegistry::new(registry, clock::clock());
        let Connected { ground, groups, .. } = connect(project, &instance)?;
        if groups.is_none() {
            routes.views.survey(Arc::new(Stored::on(&ground)));
        }
        refresh(&routes, &registry, &Binder::new(project, &routes, Arc::clone(&metrics)), &metrics);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let parts = Parts {
            ground: ground.clone(),
            groups,
            routes: Arc::clone(&routes),
            clock: Arc::clone(&clock),
            metrics: Arc::clone(&metrics),
            settings: Settings::default(),
            // A check belongs to a server, which lives long enough to make it.
            trays: Trays::default(),
        };
        let workers = Arc::new(Workers::start(project, &parts)?);
        let sinks = SinkParts { log: Arc::clone(&ground.log), database: instance.database().clone(), clock, metrics };
        let sinks = Arc::new(Sinks::start(project, &sinks)?);
        let desk = Desk {
            log: ground.log,
            store: ground.store,
            plans: workers.plans().to_vec(),
            routes,
            workers: Some(Arc::clone(&workers)),
            // Questions are for a server to answer.
            responders: None,
            requests: Vec::new(),
            sinks: Some(Arc::clone(&sinks)),
            checks: None,
            prediction_log: None,
        };
        Ok(Here { desk: Arc::new(desk), workers, sinks, instance })
    }

    /// Sinks last: they write what the workers leave.
    fn stop(self) {
        self.workers.stop();
        self.sinks.stop();
        for (name, sink) in self.sinks.reports() {
            if sink.behind > 0 {
                let why = sink.error.as_deref().unwrap_or("it did not get to it");
                note(format!("sink `{name}` has not written {} predictions: {why}", sink.behind));
            }
        }
        drop(self.desk);
        drop(self.instance);
    }
}
