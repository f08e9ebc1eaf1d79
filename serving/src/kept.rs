//! What a server keeps in tables: predictions and outcomes, each by threads of their own.

use std::sync::Arc;

use features::project::Project;
use tokio::task::spawn_blocking;

use crate::causes::with_causes;
use crate::clock::Clock;
use crate::instance::Instance;
use crate::log::EventLog;
use crate::metrics::Metrics;
use crate::outcome::{Intake, Labels};
use crate::prediction_log::{FollowerParts, Followers, LogParts, LogStartError, PredictionLog};
use crate::server::ServeError;
use crate::tables::{TablesError, TablesPlace};

/// Stopped when it is dropped, which may wait for the tables.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) intake: Arc<Intake>,
    followers: Followers,
    pub(crate) log: Arc<PredictionLog>,
}

impl Kept {
    /// Tables that cannot be reached hold nobody up: they are tried again.
    pub(crate) async fn start(
        project: &Arc<Project>,
        instance: &Instance,
        log: &Arc<dyn EventLog>,
        clock: &Arc<dyn Clock>,
        metrics: &Arc<Metrics>,
    ) -> Result<Kept, ServeError> {
        let labels = Arc::new(Labels::of(project));
        let place = TablesPlace::of(project, instance.dir());
        let spool = instance.dir().join("spool");
        let (project, log, clock) = (Arc::clone(project), Arc::clone(log), Arc::clone(clock));
        let metrics = Arc::clone(metrics);
        let start = move || {
            // Brought up to date by one, before many use them.
            match place.open() {
                Ok(_) => {}
                Err(refused @ (TablesError::Newer { .. } | TablesError::NoPostgres)) => {
                    return Err(ServeError::Tables(refused));
                }
                Err(error) => {
                    let error = with_causes(&error);
                    tracing::error!(error, "the tables are not there; requests are answered all the same");
                }
            }
            let intake = Intake::start(
                place.clone(),
                Arc::clone(&labels),
                Arc::clone(&clock),
                project.prediction_log.keep,
                metrics.outcomes.clone(),
            );
            let intake = Arc::new(intake.map_err(LogStartError::Thread)?);
            let parts = LogParts {
                place: place.clone(),
                spool,
                labels: Arc::clone(&labels),
                log: Arc::clone(&log),
                clock: Arc::clone(&clock),
                metrics: metrics.prediction_log.clone(),
            };
            let predictions = Arc::new(PredictionLog::start(&project, parts)?);
            let followers = Followers::start(&project, &FollowerParts { place, log, labels, clock, metrics })?;
            Ok(Kept { intake, followers, log: predictions })
        };
        spawn_blocking(start).await.map_err(|_| ServeError::Interrupted("opened its tables"))?
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.followers.stop();
        self.log.stop();
        self.intake.stop();
    }
}
