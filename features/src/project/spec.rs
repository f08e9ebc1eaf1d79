//! What a project declares beside streams and views, in checked form.

use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use smol_str::SmolStr;

use super::algorithm::{Algorithm, CalibrationMethod, Dimension};
use super::kafka::KafkaConnection;
use super::tables::TablesConnection;
use crate::plan::View;
use crate::schema::Compiled;
use crate::value::{Micros, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    Classification,
    Regression,
}

/// What is trained on lies before what is tested on.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// Index of a field of the stream.
    pub time: usize,
    pub test: TestPart,
}

/// Where the test part begins.
#[derive(Debug, Clone, PartialEq)]
pub enum TestPart {
    /// `test_from = VALUE`: at rows whose time is at least this.
    From(Value),
    /// `test_share = 0.2`: with the newest rows that make up this share, above 0 and below 1; rows of one time stay
    /// together in the test part.
    Share(f64),
}

/// `per = "column"`: one model for each value of a column of the view that has at least `min_rows` training rows, and a
/// general one for all other rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Per {
    /// Index of the view's column; text, a whole number or a boolean.
    pub column: usize,
    pub min_rows: u64,
}

/// `stack = ["…"]`: a model that learns from the predictions of other models of the project, its bases. They have its view,
/// task, label, `where` and `group`, and none of them is a family or stacked itself.
#[derive(Debug, Clone)]
pub struct Stack {
    /// In the order of their declaration, none twice.
    pub bases: Vec<Arc<Model>>,
    /// So many of the model's inputs, the first ones, are features of its own; the others only its bases see.
    pub own: usize,
}

/// A limit that a version must keep to become champion.
#[derive(Debug, Clone, PartialEq)]
pub struct GateRule {
    /// A metric (`log_loss`, `brier`, `auc`, `accuracy`, `ece`, `rmse`, `mae`, `r2`) or `paired_M_difference`.
    pub metric: String,
    /// For paired differences: the reference field's name.
    pub reference: Option<String>,
    pub min: Option<f64>,
    pub max: Option<f64>,
}

/// `[models.NAME]`
#[derive(Debug, Clone)]
pub struct Model {
    pub name: SmolStr,
    pub view: Arc<View>,
    /// Indices of the view's columns that are model inputs, in order (default: [`View::features`]). Of a stacked model its
    /// own, and then those that its bases need beside them.
    pub inputs: Vec<usize>,
    /// Over the stream's fields, outcomes included.
    pub label: Compiled,
    /// Rows to train on; over the stream's fields, outcomes included.
    pub filter: Option<Compiled>,
    pub task: Task,
    pub algorithm: Algorithm,
    /// Classification only.
    pub calibration: Option<CalibrationMethod>,
    /// How much each training row counts; over the stream's fields, outcomes included.
    pub weight: Option<Compiled>,
    /// `class_weight = "balanced"`: both classes count alike, whatever their rows.
    pub balanced: bool,
    /// `feature_groups`: names for lists of features, as indices of the view's columns.
    pub feature_groups: IndexMap<SmolStr, Vec<usize>>,
    /// A family of models.
    pub per: Option<Per>,
    /// Where it learns from other models' predictions.
    pub stack: Option<Stack>,
    pub split: Option<Split>,
    /// `[models.NAME.tune]`: what `clutch train --tune` goes over; empty: [`Algorithm::search_space`].
    pub tune: Vec<Dimension>,
    /// `cross_validate`: folds of rolling-origin cross-validation at every training.
    pub cross_validate: Option<usize>,
    /// Indices of stream fields: rows that agree in all share fate.
    pub group: Vec<usize>,
    /// Indices of stream fields that hold somebody else's predictions.
    pub references: Vec<usize>,
    pub gate: Vec<GateRule>,
    /// `[models.NAME.slices]`: parts of the test rows that the report tells apart, by values of expressions over the
    /// stream's fields, outcomes included.
    pub slices: IndexMap<SmolStr, Compiled>,
    /// `seed`, default 0.
    pub seed: u64,
}

impl Model {
    /// Where the inputs of a base are among its own inputs.
    pub fn places_of(&self, base: &Model) -> Vec<usize> {
        let place = |column: &usize| self.inputs.iter().position(|input| input == column);
        base.inputs.iter().filter_map(place).collect()
    }
}

/// `[endpoints.NAME]`
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    pub name: SmolStr,
    /// A model of the project; served by alias `@champion`.
    pub model: SmolStr,
    /// Topic for its streamed predictions; default `STREAMTOPIC-ENDPOINT`.
    pub topic: String,
    /// Stream fields and view columns that each streamed prediction repeats.
    pub include: Vec<SmolStr>,
    /// Each streamed prediction says what every feature contributed to it.
    pub explain: bool,
    /// `http_to_topic`: predictions that are asked for over HTTP go to the topic too.
    pub http_to_topic: bool,
    /// A line for `clutch stream watch`: text with `{name}` of included values; `{name:clock}` prints seconds as m:ss.
    pub watch: Option<String>,
}

/// `[requests.NAME]`: questions that come as messages, in the form of the body of `POST /predict`; each is answered with one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestStream {
    pub name: SmolStr,
    pub topic: String,
    /// Where the answers go: default `TOPIC-answers`.
    pub answers: String,
    pub partitions: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SinkFormat {
    Csv,
    Jsonl,
    Parquet,
}

/// `[sinks.NAME]`: streamed predictions of an endpoint into files.
#[derive(Debug, Clone, PartialEq)]
pub struct Sink {
    pub name: SmolStr,
    pub endpoint: SmolStr,
    pub format: SinkFormat,
    /// Absolute: a file for csv and jsonl, a folder for parquet.
    pub path: PathBuf,
}

/// `[streams.NAME.skew_check]`: what workers serve is recomputed by the batch host, and compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SkewCheck {
    /// The share of the stream's keys that is followed: more than 0, at most 1.
    pub share: f64,
    /// How often, in microseconds of the clock on the wall, which are no event time.
    pub every: Micros,
}

/// `[connections]`, resolved; all embedded where absent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Connections {
    /// The registry's folder; default `.clutch/registry`.
    pub registry: Option<PathBuf>,
    /// Where streams are; default `.clutch`.
    pub kafka: Option<KafkaConnection>,
    /// Where key states live; default `.clutch`.
    pub redis: Option<RedisConnection>,
    /// Where the prediction log and outcomes are kept; default `.clutch`.
    pub tables: Option<TablesConnection>,
}

/// `[connections] redis`
#[derive(Debug, Clone, PartialEq)]
pub struct RedisConnection {
    /// The server; or nodes of a cluster, which name the others.
    pub nodes: Vec<RedisUrl>,
    pub cluster: bool,
    /// What the names of its keys begin with; default the project's name.
    pub prefix: SmolStr,
    /// Before what the address says.
    pub username: Option<String>,
    pub password: Option<Secret>,
    /// `cache_max_age`, in microseconds: how old a state may be that a request is answered from without asking again.
    pub cache_max_age: Option<Micros>,
}

impl RedisConnection {
    /// For messages: without logins.
    pub fn address(&self) -> String {
        self.nodes.iter().map(RedisUrl::to_string).collect::<Vec<_>>().join(", ")
    }
}

/// The address of a server, which may hold a password: shown without.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl {
    url: Secret,
    shown: String,
}

impl RedisUrl {
    pub(super) fn new(url: String, shown: String) -> RedisUrl {
        RedisUrl { url: Secret::new(url), shown }
    }

    /// A server on this machine, without a login.
    pub fn local(port: u16) -> RedisUrl {
        let url = format!("redis://127.0.0.1:{port}");
        RedisUrl::new(url.clone(), url)
    }

    /// Whole, to connect with.
    pub fn reveal(&self) -> &str {
        self.url.reveal()
    }
}

impl std::fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

impl std::fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RedisUrl({})", self.shown)
    }
}

/// What is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub(super) fn new(secret: String) -> Secret {
        Secret(secret)
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}
