//! What the workers of a stream do: which views they run, which endpoints they publish for, and what is written with a
//! prediction.

use std::sync::Arc;

use features::plan::View;
use features::project::{Endpoint, Project};
use features::schema::Stream;
use smol_str::SmolStr;

use crate::log::{Consumer, TopicPartition};
use crate::outcome::Labels;
use crate::routing::{Route, Routes};
use crate::views::ViewVersions;

/// The name under which workers keep their offsets in the log. Of an exploded stream its own name is added: it reads a
/// topic that is another's.
const GROUP: &str = "worker";

/// One stream's work, shared by the workers of its partitions.
#[derive(Debug)]
pub struct StreamPlan {
    pub stream: Arc<Stream>,
    /// Which versions of its views are kept.
    pub views: Arc<ViewVersions>,
    pub topic: SmolStr,
    pub dead_letters: SmolStr,
    /// The share of events that may be refused before its workers stop.
    pub(super) reject_limit: Option<f64>,
    pub(super) endpoints: Vec<EndpointPlan>,
}

/// What is published for one endpoint.
#[derive(Debug)]
pub(super) struct EndpointPlan {
    pub(super) route: Arc<Route>,
    /// Its model's view as the project declares it: what is folded while no version serves.
    pub(super) declared: Arc<View>,
    pub(super) topic: SmolStr,
    /// What its streamed predictions carry for the log; `None` where nothing is logged.
    pub(super) labels: Option<Arc<Labels>>,
}

/// Where an included value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Included {
    /// A field of the stream.
    Field(usize),
    /// A column of the view.
    Column(usize),
    /// An older version of the view has no such column.
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error("there is no stream `{name}`")]
    UnknownStream { name: SmolStr },
    #[error("endpoint `{endpoint}` includes `{name}`, which neither its stream nor its view has")]
    UnknownInclude { endpoint: SmolStr, name: SmolStr },
}

impl StreamPlan {
    /// The endpoints of `project` whose models look at the stream `name`, with their routes.
    pub fn new(project: &Project, name: &str, routes: &Routes) -> Result<StreamPlan, PlanError> {
        let stream = project.streams.get(name).ok_or_else(|| PlanError::UnknownStream { name: name.into() })?;
        let mut endpoints = Vec::new();
        let labels = project.prediction_log.enabled.then(|| Arc::new(Labels::of(project)));
        for endpoint in project.endpoints.values() {
            let Some(model) = project.models.get(&endpoint.model).filter(|m| m.view.stream.name == name) else {
                continue;
            };
            let Some(route) = routes.endpoint(&endpoint.name) else { continue };
            check_includes(endpoint, &model.view)?;
            endpoints.push(EndpointPlan {
                route: Arc::clone(route),
                declared: Arc::clone(&model.view),
                topic: SmolStr::from(&endpoint.topic),
                labels: labels.clone(),
            });
        }
        Ok(StreamPlan {
            views: Arc::clone(&routes.views),
            topic: SmolStr::from(&stream.topic),
            dead_letters: stream.dead_letters_topic().into(),
            reject_limit: project.reject_limits.get(name).copied(),
            stream: Arc::clone(stream),
            endpoints,
        })
    }

    /// Who consumes a partition of the stream's topic.
    pub fn consumer(&self, partition: u32) -> Consumer {
        consumer(&self.stream, partition)
    }

    /// The topics that workers read or write, all with the stream's number of partitions.
    pub fn topics(&self) -> Vec<SmolStr> {
        let mut topics =
            vec![self.topic.clone(), self.dead_letters.clone(), SmolStr::from(&self.stream.outcomes_topic)];
        topics.extend(self.endpoints.iter().map(|endpoint| endpoint.topic.clone()));
        topics
    }

    /// Where predictions are published, each topic once.
    pub fn prediction_topics(&self) -> Vec<&SmolStr> {
        let mut topics: Vec<_> = self.endpoints.iter().map(|endpoint| &endpoint.topic).collect();
        topics.sort_unstable();
        topics.dedup();
        topics
    }

    /// Whether what serves is settled: nothing waits for its view, and the registry could say what is to serve. Until
    /// then no states are removed.
    pub(super) fn is_settled(&self) -> bool {
        self.endpoints.iter().all(|endpoint| endpoint.route.is_settled())
    }

    pub fn has_endpoints(&self) -> bool {
        !self.endpoints.is_empty()
    }
}

/// Who works a partition of a stream's topic.
pub(crate) fn consumer(stream: &Stream, partition: u32) -> Consumer {
    let group = match stream.explode {
        None => SmolStr::new_static(GROUP),
        Some(_) => smol_str::format_smolstr!("{GROUP}-{}", stream.name),
    };
    Consumer { group, place: TopicPartition { topic: SmolStr::from(&stream.topic), partition } }
}

/// What an endpoint includes, in rows of `view`. A column of the view comes before a field of the stream of the same
/// name.
pub(super) fn included(endpoint: &Endpoint, view: &View) -> Vec<(SmolStr, Included)> {
    let find = |name: &SmolStr| {
        let column = view.columns.iter().position(|column| column.name == *name).map(Included::Column);
        let found = column.or_else(|| view.stream.schema.index_of(name).map(Included::Field));
        (name.clone(), found.unwrap_or(Included::Nothing))
    };
    endpoint.include.iter().map(find).collect()
}

fn check_includes(endpoint: &Endpoint, view: &View) -> Result<(), PlanError> {
    match included(endpoint, view).into_iter().find(|(_, place)| *place == Included::Nothing) {
        Some((name, _)) => Err(PlanError::UnknownInclude { endpoint: endpoint.name.clone(), name }),
        None => Ok(()),
    }
}
