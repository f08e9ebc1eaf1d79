//! A project folder, checked: streams, views, models, endpoints, sinks and connections.

mod algorithm;
mod check;
mod connections;
mod declaration;
mod document;
mod endpoints;
mod enumeration;
mod exploded;
mod family;
mod fields;
mod gate;
mod inputs;
mod kafka;
mod models;
mod prediction_log;
pub mod propose;
mod redis;
mod requests;
mod skew;
mod slices;
mod sources;
mod spec;
mod split;
mod stack;
mod streams;
mod tables;
mod tune;
mod views;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use smol_str::SmolStr;

pub use algorithm::{
    Algorithm, Boosting, CalibrationMethod, Dimension, Direction, EarlyStopping, Forest, ForestVariant, Parameter,
    Tunable,
};
pub use declaration::view_as_declared;
pub use kafka::{KafkaConnection, KafkaSasl, KafkaTls, SaslMechanism};
pub use prediction_log::PredictionLog;
pub use sources::{SourceFile, Sources};
pub use spec::{
    Connections, Endpoint, GateRule, Model, Per, RedisConnection, RedisUrl, RequestStream, Secret, Sink, SinkFormat,
    SkewCheck, Split, Stack, Task, TestPart,
};
pub use tables::TablesConnection;

use crate::diagnostic::Problems;
use crate::plan::View;
use crate::schema::Stream;

/// A checked project. Built only by [`Project::load`]: whoever holds one need not check again.
#[derive(Debug, Clone)]
pub struct Project {
    pub dir: PathBuf,
    pub name: String,
    pub streams: IndexMap<SmolStr, Arc<Stream>>,
    /// Each stream as `clutch.toml` declares it, as TOML of its own: see [`view_as_declared`].
    pub declarations: IndexMap<SmolStr, String>,
    /// Of the streams that declare one.
    pub skew_checks: IndexMap<SmolStr, SkewCheck>,
    /// Of the streams that declare one: the share of events that may be refused before the stream stops.
    pub reject_limits: IndexMap<SmolStr, f64>,
    pub views: IndexMap<SmolStr, Arc<View>>,
    pub models: IndexMap<SmolStr, Arc<Model>>,
    pub endpoints: IndexMap<SmolStr, Endpoint>,
    pub requests: IndexMap<SmolStr, RequestStream>,
    /// The topic on which moves of aliases are told; `None`: they are not.
    pub model_updates: Option<String>,
    pub sinks: IndexMap<SmolStr, Sink>,
    pub connections: Connections,
    /// Where a process keeps its own, if not in [`Project::state_dir`].
    pub own_dir: Option<PathBuf>,
    pub prediction_log: PredictionLog,
}

impl Project {
    /// Reads `clutch.toml` and `views/*.sql` below `dir`. `environment` resolves `${NAME}`.
    pub fn load(dir: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Result<Project, Problems> {
        let sources = Sources::read(dir).map_err(Problems)?;
        Project::check(dir, &sources, environment)
    }

    /// Checks files that are already read; touches no file.
    pub fn check(
        dir: &Path,
        sources: &Sources,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Project, Problems> {
        check::check(dir, sources, environment).map_err(Problems)
    }

    /// Where embedded state lives: `.clutch` in the project folder.
    pub fn state_dir(&self) -> PathBuf {
        self.dir.join(".clutch")
    }

    /// Where a process keeps what is its own: its lock, its database and its admin socket. Several of one project need one
    /// each; registry and history they share.
    pub fn instance_dir(&self) -> PathBuf {
        self.own_dir.clone().unwrap_or_else(|| self.state_dir())
    }

    /// The views of a stream, in declaration order: the order of [`crate::host::KeyState::views`].
    pub fn views_of(&self, stream: &str) -> Vec<Arc<View>> {
        self.views.values().filter(|v| v.stream.name == stream).cloned().collect()
    }
}

#[cfg(test)]
mod tests;
