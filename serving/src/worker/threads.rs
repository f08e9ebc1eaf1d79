//! The workers of a project: started, told of, and stopped.

use std::sync::{Arc, Mutex, PoisonError};

use features::project::Project;

use super::backend::Ground;
use super::crew::Crew;
use super::plan::StreamPlan;
use super::prepare::{StartError, prepare};
use super::status::PartitionStatus;
use super::step::Settings;
use crate::clock::Clock;
use crate::log::{Groups, Membership};
use crate::metrics::Metrics;
use crate::routing::Routes;
use crate::skew::Trays;

/// The workers of a project, and what they do.
#[derive(Debug)]
pub struct Workers {
    crew: Arc<Crew>,
    /// Of the groups that say which partitions this process works; emptied when they are left.
    memberships: Mutex<Vec<Box<dyn Membership>>>,
}

/// What workers are made from.
#[derive(Debug, Clone)]
pub struct Parts {
    pub ground: Ground,
    /// Who says which partitions this process works; without it works all of them.
    pub groups: Option<Arc<dyn Groups>>,
    pub routes: Arc<Routes>,
    pub clock: Arc<dyn Clock>,
    pub metrics: Arc<Metrics>,
    pub settings: Settings,
    /// Where workers leave what they serve, for the skew checks.
    pub trays: Trays,
}

impl Workers {
    /// Creates the topics of every stream and starts a worker for each partition of those that have an endpoint: at once,
    /// or as a group gives them to this process.
    pub fn start(project: &Project, parts: &Parts) -> Result<Workers, StartError> {
        let plans = prepare(project, &parts.routes, &*parts.ground.log)?;
        let crew = Arc::new(Crew::new(plans, parts));
        let workers = Workers { crew: Arc::clone(&crew), memberships: Mutex::default() };
        match &parts.groups {
            // What is running already is stopped and joined when `workers` is dropped.
            None => crew.start_all().map_err(StartError::Thread)?,
            Some(groups) => {
                let joined = crew.join(&**groups).map_err(StartError::Group)?;
                *workers.memberships.lock().unwrap_or_else(PoisonError::into_inner) = joined;
            }
        }
        Ok(workers)
    }

    /// What is worked, in the order of the project's streams; streams without endpoints included.
    pub fn plans(&self) -> &[Arc<StreamPlan>] {
        &self.crew.plans
    }

    /// How the worker of a partition stands; `None` where there is none in this process.
    pub fn status(&self, stream: &str, partition: u32) -> Option<PartitionStatus> {
        self.crew.status(stream, partition)
    }

    /// Whether every partition that is this process's is taken and caught up.
    pub fn is_ready(&self) -> bool {
        self.crew.is_ready()
    }

    /// Stops every worker after its current batch, waits until all have stopped, and then gives up their partitions.
    pub fn stop(&self) {
        self.crew.stop_all();
        let left = std::mem::take(&mut *self.memberships.lock().unwrap_or_else(PoisonError::into_inner));
        drop(left);
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests;
