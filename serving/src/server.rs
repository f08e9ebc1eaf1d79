//! The server: everything that `clutch serve` runs, put together, started in order and stopped in the reverse of it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use features::project::Project;
use models::registry::Registry;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::admin::{self, Desk};
use crate::clock::Clock;
use crate::connect::{ConnectError, Connected, connect};
use crate::http::{App, Exchange, Limits, Readiness, router, serve_connections};
use crate::instance::{Instance, LockError};
use crate::kept::Kept;
use crate::log::{EventLog, LogError};
use crate::metrics::Metrics;
use crate::predict::PredictService;
use crate::prediction_log::{FollowError, LogStartError};
use crate::requests::{RequestParts, Responders};
use crate::routing::{Binder, DirectModels, Followed, Routes, follow};
use crate::sink::{SinkParts, SinkStartError, Sinks};
use crate::skew::{CheckStartError, Checks};
use crate::tables::TablesError;
use crate::updates::ModelUpdates;
use crate::views::{Stored, StoredStates};
use crate::worker::{self, PartitionStatus, Phase, Settings, StartError, Workers};

/// How often a starting server looks whether its workers are ready.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// What the caller hands in.
#[derive(Debug)]
pub struct ServerParts {
    pub listener: TcpListener,
    /// The opened `.clutch`: its log and store are used, its lock is released when [`run`] returns.
    pub instance: Instance,
    pub project: Arc<Project>,
    pub registry: Arc<dyn Registry>,
    pub clock: Arc<dyn Clock>,
    pub limits: Limits,
    /// How often the registry is asked whether it changed.
    pub follow_every: Duration,
    /// Ends the server, gracefully.
    pub shutdown: CancellationToken,
}

/// A server that is ready.
#[derive(Debug, Clone)]
pub struct Started {
    pub http: SocketAddr,
    pub admin: PathBuf,
    pub endpoints: Vec<StartedEndpoint>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartedEndpoint {
    pub endpoint: String,
    pub model: String,
    /// `None` while the model has no champion that can be used.
    pub version: Option<u32>,
    /// Why the champion is not what serves.
    pub refused: Option<String>,
    /// One row of the version's inputs by name, to try it with.
    pub example: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("the address of the listener is not known")]
    Address(#[source] std::io::Error),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Workers(#[from] StartError),
    #[error(transparent)]
    Sinks(#[from] SinkStartError),
    #[error("the tables cannot be used")]
    Tables(#[source] TablesError),
    #[error(transparent)]
    PredictionLog(#[from] LogStartError),
    #[error("the threads that follow topics for the tables could not be started")]
    Followers(#[from] FollowError),
    #[error("the topic of [model_updates] cannot be set up")]
    ModelUpdates(#[source] LogError),
    #[error(transparent)]
    SkewCheck(#[from] CheckStartError),
    #[error(transparent)]
    Admin(#[from] admin::BindError),
    #[error("the server was interrupted while it {0}")]
    Interrupted(&'static str),
}

/// Serves until `shutdown`; `ready` is called once, when requests are answered and the streams are being worked.
///
/// On shutdown no connection is accepted any more, requests in flight are answered, and then what they relied on stops.
pub async fn run(parts: ServerParts, ready: impl FnOnce(&Started)) -> Result<(), ServeError> {
    let ServerParts { listener, mut instance, project, registry, clock, limits, follow_every, shutdown } = parts;
    let http = listener.local_addr().map_err(ServeError::Address)?;
    instance.announce(http)?;

    let metrics = Arc::new(Metrics::new());
    let (connected, instance) = connected(&project, instance).await?;
    let reader = connected.reader(&project, &clock);
    let Connected { ground, groups, .. } = connected;
    // What a group gives to this process it learns later: until then nothing here is behind.
    let stored = groups.is_none().then(|| Arc::new(Stored::on(&ground)) as Arc<dyn StoredStates>);
    let (followed, seen) = load_routes(&project, registry, &metrics, stored).await?;
    let checks = Arc::new(Checks::new(&project, &metrics));
    let parts = worker::Parts {
        ground: ground.clone(),
        groups: groups.clone(),
        routes: Arc::clone(&followed.routes),
        clock: Arc::clone(&clock),
        metrics: Arc::clone(&metrics),
        settings: Settings::default(),
        trays: checks.trays(),
    };
    let admin_socket = admin::bind(instance.socket())?;
    let workers = start_workers(&project, parts).await?;
    let sinks = SinkParts {
        log: Arc::clone(&ground.log),
        database: instance.database().clone(),
        clock: Arc::clone(&clock),
        metrics: Arc::clone(&metrics),
    };
    let sinks = start_sinks(&project, sinks).await?;
    start_checks(&checks, &workers, &ground.log, &clock).await?;
    let kept = match project.prediction_log.enabled {
        true => Some(Kept::start(&project, &instance, &ground.log, &clock, &metrics).await?),
        false => None,
    };
    let (routes, direct) = (Arc::clone(&followed.routes), Arc::clone(&followed.direct));
    let service = PredictService::new(routes, direct, reader, Arc::clone(&clock));
    let service = Arc::new(if kept.is_some() { service.with_log() } else { service });
    let log = kept.as_ref().map(|kept| Arc::clone(&kept.log));
    let requests = RequestParts {
        log: Arc::clone(&ground.log),
        groups,
        asking: Arc::new(Exchange::new(Arc::clone(&service), log, Handle::current())),
        metrics: Arc::clone(&metrics),
    };
    let responders = start_responders(&project, requests).await?;
    let updates = model_updates(&project, &ground.log).await?;
    let desk = Arc::new(Desk {
        log: ground.log,
        store: ground.store,
        plans: workers.plans().to_vec(),
        routes: Arc::clone(&followed.routes),
        workers: Some(Arc::clone(&workers)),
        responders: Some(Arc::clone(&responders)),
        requests: project.requests.values().cloned().collect(),
        sinks: Some(Arc::clone(&sinks)),
        checks: Some(Arc::clone(&checks)),
        prediction_log: kept.as_ref().map(|kept| Arc::clone(&kept.log)),
    });

    let readiness = Arc::new(ServerReadiness {
        workers: Arc::clone(&workers),
        responders: Arc::clone(&responders),
        shutdown: shutdown.clone(),
    });
    let app = App::new(service, metrics, Arc::clone(&readiness) as Arc<dyn Readiness>, limits.clone());
    let app = app.with_checks(Arc::clone(&checks));
    let app = match &kept {
        Some(kept) => {
            app.with_log(Arc::clone(&kept.log)).with_outcomes(project, Arc::clone(&kept.intake), Arc::clone(&clock))
        }
        None => app,
    };
    let started = Started { http, admin: instance.socket().to_path_buf(), endpoints: endpoints(&followed.routes) };
    let announce = async {
        if ready_or_ending(&readiness).await {
            ready(&started);
        }
    };
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps Nagle's algorithm");
        }
    });
    tokio::join!(
        serve_connections(listener, router(Arc::new(app)), limits, shutdown.clone()),
        follow(followed, updates, seen, follow_every, shutdown.clone()),
        admin::serve(admin_socket, desk, shutdown.clone()),
        announce,
    );
    drop(readiness);
    // Workers end with their batch, checks and sinks do what is left; closing the database and giving up the lock may wait for
    // the disk.
    let stop = move || {
        responders.stop();
        workers.stop();
        checks.stop();
        sinks.stop();
        drop(kept);
        drop(instance);
    };
    spawn_blocking(stop).await.map_err(|_| ServeError::Interrupted("stopped"))
}

async fn connected(project: &Arc<Project>, instance: Instance) -> Result<(Connected, Instance), ServeError> {
    let project = Arc::clone(project);
    let connecting = spawn_blocking(move || connect(&project, &instance).map(|connected| (connected, instance))).await;
    Ok(connecting.map_err(|_| ServeError::Interrupted("connected"))??)
}

async fn start_workers(project: &Arc<Project>, parts: worker::Parts) -> Result<Arc<Workers>, ServeError> {
    let project = Arc::clone(project);
    let started = spawn_blocking(move || Workers::start(&project, &parts)).await;
    Ok(Arc::new(started.map_err(|_| ServeError::Interrupted("started its workers"))??))
}

async fn start_responders(project: &Arc<Project>, parts: RequestParts) -> Result<Arc<Responders>, ServeError> {
    let streams = project.requests.values().cloned().collect();
    let started = spawn_blocking(move || Responders::start(streams, &parts)).await;
    Ok(Arc::new(started.map_err(|_| ServeError::Interrupted("started its responders"))??))
}

/// `None` where the project does not ask for them.
async fn model_updates(project: &Project, log: &Arc<dyn EventLog>) -> Result<Option<Arc<ModelUpdates>>, ServeError> {
    let Some(topic) = project.model_updates.clone() else { return Ok(None) };
    let log = Arc::clone(log);
    let made = spawn_blocking(move || ModelUpdates::new(log, &topic)).await;
    let made = made.map_err(|_| ServeError::Interrupted("prepared its model updates"))?;
    Ok(Some(Arc::new(made.map_err(ServeError::ModelUpdates)?)))
}

async fn start_sinks(project: &Arc<Project>, parts: SinkParts) -> Result<Arc<Sinks>, ServeError> {
    let project = Arc::clone(project);
    let started = spawn_blocking(move || Sinks::start(&project, &parts)).await;
    Ok(Arc::new(started.map_err(|_| ServeError::Interrupted("started its sinks"))??))
}

async fn start_checks(
    checks: &Arc<Checks>,
    workers: &Arc<Workers>,
    log: &Arc<dyn EventLog>,
    clock: &Arc<dyn Clock>,
) -> Result<(), ServeError> {
    let (checks, workers) = (Arc::clone(checks), Arc::clone(workers));
    let (log, clock) = (Arc::clone(log), Arc::clone(clock));
    let started = spawn_blocking(move || checks.start(workers.plans(), &log, &clock)).await;
    Ok(started.map_err(|_| ServeError::Interrupted("started its skew checks"))??)
}

/// Waits until every partition is taken; false if the server ends before.
async fn ready_or_ending(readiness: &ServerReadiness) -> bool {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            () = readiness.shutdown.cancelled() => return false,
            _ = looks.tick() => if readiness.is_ready() { return true },
        }
    }
}

/// The routes as the registry has them now, and the revision that they show. `stored` says which versions of views have
/// their states.
pub(crate) async fn load_routes(
    project: &Project,
    registry: Arc<dyn Registry>,
    metrics: &Arc<Metrics>,
    stored: Option<Arc<dyn StoredStates>>,
) -> Result<(Followed, Option<u64>), ServeError> {
    let routes = Arc::new(Routes::new(project));
    let binder = Binder::new(project, &routes, Arc::clone(metrics));
    let followed = Followed {
        routes,
        direct: Arc::new(DirectModels::new(Arc::clone(&registry), binder.clone())),
        registry,
        binder,
        metrics: Arc::clone(metrics),
    };
    let load = move || {
        if let Some(stored) = stored {
            followed.routes.views.survey(stored);
        }
        // Read first: a change in between is seen again, not missed.
        let seen = followed.registry.revision().ok();
        followed.refresh();
        (followed, seen)
    };
    spawn_blocking(load).await.map_err(|_| ServeError::Interrupted("loaded its models"))
}

fn endpoints(routes: &Routes) -> Vec<StartedEndpoint> {
    let started = |route: &Arc<crate::routing::Route>| {
        let status = route.status();
        StartedEndpoint {
            endpoint: route.endpoint.name.to_string(),
            model: route.endpoint.model.to_string(),
            version: status.serving,
            refused: status.refused.as_ref().map(|refused| refused.reason.clone()),
            example: route.champion.load().as_ref().map(|model| model.artifact.input_example().clone()),
        }
    };
    routes.routes.iter().map(started).collect()
}

/// What `GET /readyz` tells.
#[derive(Debug)]
struct ServerReadiness {
    workers: Arc<Workers>,
    responders: Arc<Responders>,
    shutdown: CancellationToken,
}

impl ServerReadiness {
    fn is_ready(&self) -> bool {
        self.workers.is_ready() && self.responders.is_ready()
    }
}

impl Readiness for ServerReadiness {
    fn waiting_for(&self) -> Vec<String> {
        if self.shutdown.is_cancelled() {
            return vec!["the server is shutting down".to_owned()];
        }
        let mut waiting = Vec::new();
        for plan in self.workers.plans() {
            for partition in 0..plan.stream.partitions {
                let status = self.workers.status(&plan.stream.name, partition);
                if let Some(what) = status.as_ref().and_then(unready) {
                    waiting.push(format!("stream {}, partition {partition}: {what}", plan.stream.name));
                }
            }
        }
        for stream in self.responders.streams() {
            for partition in 0..stream.partitions {
                let status = self.responders.status(&stream.topic, partition);
                if let Some(what) = status.as_ref().and_then(unready) {
                    waiting.push(format!("requests {}, partition {partition}: {what}", stream.name));
                }
            }
        }
        waiting
    }
}

/// What a worker that is not running is about. Its error stays in the log: readiness is public.
fn unready(status: &PartitionStatus) -> Option<&'static str> {
    match status.phase {
        Phase::Running => None,
        Phase::Taking => Some("is being taken"),
        Phase::CatchingUp => Some("is catching up"),
        Phase::Failing => Some("failed and is taken again"),
        Phase::Stopped => Some("has stopped"),
    }
}
