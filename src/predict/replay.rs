//! `clutch predict --replay ID`

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use features::project::Project;
use features::value::Value;
use models::registry::{DirectoryRegistry, Registry};
use serde_json::{Map, Value as Json, json};
use serving::prediction_log::{Replay, ReplayError, replay};
use serving::tables::TablesPlace;
use uuid::Uuid;

use crate::clock;
use crate::context::Context;
use crate::output::{self, UsageError, say};

pub(super) fn run(id: &str, project: &Project, registry: Option<&Path>, context: &Context) -> anyhow::Result<ExitCode> {
    let id = Uuid::parse_str(id).map_err(|_| UsageError::new(format!("--replay {id} is no id of a prediction")))?;
    let place = TablesPlace::of(project, &project.instance_dir());
    if let TablesPlace::File(path) = &place
        && !path.exists()
    {
        let nothing = format!("nothing is logged yet: clutch serve logs predictions in {}", path.display());
        return Err(UsageError::new(nothing).into());
    }
    let registry: Arc<dyn Registry> =
        Arc::new(DirectoryRegistry::new(context.registry_dir(registry, project), clock::clock()));
    let replayed = match replay(&mut *place.open()?, &registry, id) {
        Err(unknown @ ReplayError::Unknown(_)) => return Err(UsageError::new(unknown.to_string()).into()),
        replayed => replayed?,
    };
    for line in describe(&replayed) {
        say(context, line);
    }
    output::json(context, &as_json(&replayed));
    Ok(if replayed.agrees() { ExitCode::SUCCESS } else { ExitCode::from(output::NO) })
}

fn describe(replayed: &Replay) -> Vec<String> {
    let Replay { record, features, output } = replayed;
    let shown = |output: Option<f64>| output.map_or("no prediction".to_owned(), |output| output.to_string());
    let mut lines = vec![
        format!("by {} version {}, arm {}", record.model, record.version, record.arm),
        format!("logged    {}", shown(record.output)),
        format!("replayed  {}", shown(*output)),
    ];
    lines.push(if replayed.agrees() {
        "the same, bit for bit".to_owned()
    } else {
        "THEY DIFFER: the version computes something else than it did".to_owned()
    });
    lines.extend(features.iter().map(|(name, value)| format!("  {name} = {}", json_of(value))));
    lines
}

fn as_json(replayed: &Replay) -> Json {
    let Replay { record, features, output } = replayed;
    let features: Map<String, Json> = features.iter().map(|(name, value)| (name.clone(), json_of(value))).collect();
    json!({
        "prediction_id": record.id,
        "endpoint": record.endpoint,
        "arm": record.arm,
        "unit": record.unit,
        "model": record.model,
        "version": record.version,
        "digest": record.digest,
        "view_hash": record.view_hash,
        "logged": record.output,
        "replayed": output,
        "same": replayed.agrees(),
        "features": features,
    })
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(value) | Value::Timestamp(value) | Value::Interval(value) => json!(value),
        Value::Float(value) => json!(value),
        Value::String(value) => json!(value.as_str()),
    }
}
