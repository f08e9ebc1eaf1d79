//! What must be there before a stream is worked: its plan and its topics.

use std::sync::Arc;

use features::project::Project;
use smol_str::SmolStr;

use super::plan::{PlanError, StreamPlan};
use crate::log::{EventLog, LogError};
use crate::routing::Routes;

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error("the topics of stream `{stream}` cannot be set up")]
    Topics { stream: SmolStr, source: LogError },
    #[error("the group that shares out partitions cannot be joined")]
    Group(#[source] LogError),
    #[error("a worker's thread could not be started")]
    Thread(#[source] std::io::Error),
}

/// Plans every stream of the project, in its order, and creates the topics that are missing.
pub fn prepare(project: &Project, routes: &Routes, log: &dyn EventLog) -> Result<Vec<Arc<StreamPlan>>, StartError> {
    let mut plans = Vec::new();
    for name in project.streams.keys() {
        let plan = StreamPlan::new(project, name, routes)?;
        for topic in plan.topics() {
            let created = log.create_topic(&topic, plan.stream.partitions);
            created.map_err(|source| StartError::Topics { stream: name.clone(), source })?;
        }
        plans.push(Arc::new(plan));
    }
    Ok(plans)
}
