//! What the workers of a stream do: which views they run, which endpoints they publish for, and what is written with a
//! prediction.

use std::sync::Arc;

use features::online::{Slot, ViewSet};
use features::plan::View;
use features::project::{Endpoint, Project};
use features::schema::Stream;
use smol_str::SmolStr;

use crate::routing::{Route, Routes};

/// The name under which workers keep their offsets in the log.
const GROUP: &str = "worker";

/// One stream's work, shared by the workers of its partitions.
#[derive(Debug)]
pub struct StreamPlan {
    pub stream: Arc<Stream>,
    /// In the order of [`features::host::KeyState::views`].
    pub views: Vec<Arc<View>>,
    pub view_set: ViewSet,
    pub topic: SmolStr,
    pub dead_letters: SmolStr,
    pub(super) endpoints: Vec<EndpointPlan>,
}

/// What is published for one endpoint.
#[derive(Debug)]
pub(super) struct EndpointPlan {
    pub(super) route: Arc<Route>,
    /// The place of its model's view.
    pub(super) view: usize,
    pub(super) topic: SmolStr,
    pub(super) include: Vec<(SmolStr, Included)>,
}

/// Where an included value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Included {
    /// A field of the stream.
    Field(usize),
    /// A column of the view.
    Column(usize),
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
        let views = project.views_of(name);
        let mut endpoints = Vec::new();
        for endpoint in project.endpoints.values() {
            let Some(model) = project.models.get(&endpoint.model).filter(|m| m.view.stream.name == name) else {
                continue;
            };
            let view = views.iter().position(|view| view.name == model.view.name);
            let (Some(route), Some(view)) = (routes.endpoint(&endpoint.name), view) else { continue };
            endpoints.push(EndpointPlan {
                route: Arc::clone(route),
                include: included(endpoint, stream, &views[view])?,
                topic: SmolStr::from(&endpoint.topic),
                view,
            });
        }
        Ok(StreamPlan {
            view_set: ViewSet::of(&views),
            topic: SmolStr::from(&stream.topic),
            dead_letters: dead_letters_topic(stream),
            stream: Arc::clone(stream),
            views,
            endpoints,
        })
    }

    /// The slot that holds the states of a partition.
    pub fn slot(&self, partition: u32) -> Slot {
        Slot { stream: self.stream.name.clone(), views: self.view_set.clone(), partition }
    }

    /// Who consumes a partition of the stream's topic.
    pub fn consumer(&self, partition: u32) -> crate::log::Consumer {
        let place = crate::log::TopicPartition { topic: self.topic.clone(), partition };
        crate::log::Consumer { group: GROUP.into(), place }
    }

    /// The topics that workers read or write, all with the stream's number of partitions.
    pub fn topics(&self) -> Vec<SmolStr> {
        let mut topics =
            vec![self.topic.clone(), self.dead_letters.clone(), SmolStr::from(&self.stream.outcomes_topic)];
        topics.extend(self.endpoints.iter().map(|endpoint| endpoint.topic.clone()));
        topics
    }

    pub fn has_endpoints(&self) -> bool {
        !self.endpoints.is_empty()
    }
}

/// Where events of `stream` that cannot be used are kept.
pub fn dead_letters_topic(stream: &Stream) -> SmolStr {
    smol_str::format_smolstr!("{}-dead-letters", stream.topic)
}

/// A column of the view comes before a field of the stream of the same name.
fn included(endpoint: &Endpoint, stream: &Stream, view: &View) -> Result<Vec<(SmolStr, Included)>, PlanError> {
    let find = |name: &SmolStr| {
        let column = view.columns.iter().position(|column| column.name == *name).map(Included::Column);
        let found = column.or_else(|| stream.schema.index_of(name).map(Included::Field));
        let unknown = || PlanError::UnknownInclude { endpoint: endpoint.name.clone(), name: name.clone() };
        Ok((name.clone(), found.ok_or_else(unknown)?))
    };
    endpoint.include.iter().map(find).collect()
}
