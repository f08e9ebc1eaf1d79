//! `clutch doctor`: looks, changes nothing, and says what is amiss.

use std::path::Path;
use std::process::ExitCode;
use std::thread::available_parallelism;

use features::project::Project;
use models::artifact::AnyModel;
use models::predictor::onnx::RuntimeError;
use models::reference::{ModelRef, Selector};
use models::registry::{DirectoryRegistry, Registry, RegistryError};
use serde_json::json;

use crate::context::Context;
use crate::{clock, output};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch doctor
  clutch doctor --project nfl --json")]
pub(crate) struct Args {}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    Warn,
    Fail,
}

/// One thing looked at.
#[derive(Debug, serde::Serialize)]
struct Finding {
    name: &'static str,
    status: Status,
    detail: String,
    /// What to do about it.
    remedy: Option<String>,
}

impl Finding {
    fn ok(name: &'static str, detail: impl Into<String>) -> Finding {
        Finding { name, status: Status::Ok, detail: detail.into(), remedy: None }
    }

    fn warn(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { name, status: Status::Warn, detail: detail.into(), remedy: Some(remedy.into()) }
    }

    fn fail(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { name, status: Status::Fail, detail: detail.into(), remedy: Some(remedy.into()) }
    }
}

pub(crate) fn run(_args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    let mut findings = vec![binary(), machine(), disk(&context.project_dir)];
    match Project::load(&context.project_dir, &crate::context::environment) {
        Ok(project) => {
            findings.push(Finding::ok("project", format!("`{}` has no problems", project.name)));
            findings.extend(state(&project));
            #[cfg(feature = "serve")]
            findings.extend(redis(&project));
            #[cfg(feature = "serve")]
            findings.extend(tables(&project));
            #[cfg(feature = "train")]
            findings.extend(history(&project));
            findings.extend(registry(&project, context));
            findings.push(onnxruntime(context, uses_onnx(&project, context)));
        }
        Err(problems) => {
            let remedy = format!("clutch check --project {}", context.project_dir.display());
            findings.push(Finding::fail("project", format!("{} problems", problems.0.len()), remedy));
            // Which models there are nobody knows, but the library is there or not.
            findings.push(onnxruntime(context, false));
        }
    }
    for finding in &findings {
        let mark = match finding.status {
            Status::Ok => "ok  ",
            Status::Warn => "warn",
            Status::Fail => "FAIL",
        };
        output::say(context, format!("{mark}  {:<10} {}", finding.name, finding.detail));
        if let Some(remedy) = &finding.remedy {
            output::say(context, format!("{:18}→ {remedy}", ""));
        }
    }
    let healthy = findings.iter().all(|finding| finding.status != Status::Fail);
    output::json(context, &json!({ "healthy": healthy, "findings": findings }));
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::from(output::NO) })
}

fn binary() -> Finding {
    let parts = [("train", cfg!(feature = "train")), ("serve", cfg!(feature = "serve"))];
    let built: Vec<&str> = parts.iter().filter(|(_, built)| *built).map(|(name, _)| *name).collect();
    Finding::ok("binary", format!("clutch {}, built with {}", env!("CARGO_PKG_VERSION"), built.join(" and ")))
}

fn machine() -> Finding {
    match available_parallelism() {
        Ok(cores) => Finding::ok("machine", format!("{cores} cores")),
        Err(error) => Finding::warn("machine", format!("cores are unknown: {error}"), "check the process's limits"),
    }
}

/// Below this the log takes no more events (128 MB), with room for an import beside it.
const ENOUGH_DISK: u64 = 1 << 30;

fn disk(dir: &Path) -> Finding {
    match rustix::fs::statvfs(dir) {
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let detail = format!("{:.1} GB free at {}", free as f64 / 1e9, dir.display());
            if free < ENOUGH_DISK {
                Finding::warn("disk", detail, "make room: below 128 MB the event log takes nothing more")
            } else {
                Finding::ok("disk", detail)
            }
        }
        Err(error) => {
            Finding::fail("disk", format!("{}: {error}", dir.display()), "name the folder with --project DIR")
        }
    }
}

/// Whether `.clutch` can be written, and who holds it.
fn state(project: &Project) -> Vec<Finding> {
    let dir = project.instance_dir();
    if !dir.exists() {
        return vec![Finding::ok("state", format!("{} does not exist yet: the first command makes it", dir.display()))];
    }
    let mut findings = Vec::new();
    match rustix::fs::access(&dir, rustix::fs::Access::WRITE_OK) {
        Ok(()) => findings.push(Finding::ok("state", format!("{} can be written", dir.display()))),
        Err(error) => {
            let remedy = "give this user the right to write there, or mount it writable";
            findings.push(Finding::fail("state", format!("{}: {error}", dir.display()), remedy));
        }
    }
    #[cfg(feature = "serve")]
    findings.push(server(&dir));
    findings
}

#[cfg(feature = "serve")]
fn server(dir: &Path) -> Finding {
    use std::time::Duration;

    let Some(holder) = serving::instance::Holder::read(dir) else {
        return Finding::ok("server", "none has run here");
    };
    let Some(http) = holder.http else {
        return Finding::ok("server", format!("process {} has or had the folder, without HTTP", holder.pid));
    };
    let config = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(2))).build();
    match ureq::Agent::new_with_config(config).get(format!("http://{http}/readyz")).call() {
        Ok(_) => Finding::ok("server", format!("process {} is ready on http://{http}", holder.pid)),
        Err(ureq::Error::StatusCode(code)) => {
            let remedy = format!("curl http://{http}/readyz says what it waits for");
            Finding::warn("server", format!("process {} on http://{http} answers {code}", holder.pid), remedy)
        }
        Err(_) => Finding::ok("server", format!("none runs (the last was process {})", holder.pid)),
    }
}

/// Whether the Redis that the project names can keep states.
#[cfg(feature = "serve")]
fn redis(project: &Project) -> Option<Finding> {
    use features::online::{RedisProblem, RedisStore};

    let connection = project.connections.redis.as_ref()?;
    Some(match RedisStore::open(connection) {
        Ok(_) => Finding::ok("redis", format!("{} keeps states", connection.address())),
        Err(problem) => {
            let remedy = match problem {
                RedisProblem::Unreachable { .. } | RedisProblem::Busy { .. } => {
                    "start it, or correct the address, user and password in [connections]"
                }
                _ => "clutch serve refuses it until then",
            };
            Finding::fail("redis", with_causes(&problem), remedy)
        }
    })
}

/// Whether predictions and outcomes can be kept. A file that is not there yet is made by the first server.
#[cfg(feature = "serve")]
fn tables(project: &Project) -> Option<Finding> {
    use serving::tables::{TablesError, TablesPlace};

    let place = TablesPlace::of(project, &project.instance_dir());
    if !project.prediction_log.enabled {
        return Some(Finding::ok("tables", "the prediction log is turned off"));
    }
    if matches!(&place, TablesPlace::File(path) if !path.exists()) {
        return None;
    }
    Some(match place.open() {
        Ok(_) => Finding::ok("tables", format!("{place} keeps predictions and outcomes")),
        Err(error) => {
            let remedy = match error {
                TablesError::Newer { .. } | TablesError::NoPostgres => "use the binary that it says",
                _ => {
                    "start it, or correct its address, user and password in [connections]; meanwhile nothing is logged"
                }
            };
            Finding::fail("tables", with_causes(&error), remedy)
        }
    })
}

#[cfg(feature = "serve")]
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(feature = "train")]
fn history(project: &Project) -> Vec<Finding> {
    let look = |stream| {
        let store = features::batch::HistoryStore::new(&project.state_dir(), stream);
        match store.rows() {
            Ok(0) => {
                let remedy = "clutch data import, clutch data download or clutch data simulate";
                Finding::warn("history", format!("no events of `{}` are imported", stream.name), remedy)
            }
            Ok(rows) => Finding::ok("history", format!("{rows} events of `{}`", stream.name)),
            Err(error) => {
                let remedy = format!("remove {} and import again", store.folder().display());
                Finding::fail("history", error.to_string(), remedy)
            }
        }
    };
    project.streams.values().map(look).collect()
}

/// Whether ONNX Runtime is there; without a model that needs it its absence is no fault.
fn onnxruntime(context: &Context, needed: bool) -> Finding {
    match context.onnxruntime().find() {
        Ok(library) => Finding::ok("onnx", format!("ONNX Runtime 1.{} at {}", library.minor, library.path.display())),
        Err(RuntimeError::Missing { .. }) if !needed => {
            Finding::ok("onnx", "no ONNX Runtime; only models brought from outside need it (make onnxruntime)")
        }
        Err(error) => {
            let remedy = "make onnxruntime, or scripts/onnxruntime.sh PROJECT, or name its library: CLUTCH_ONNXRUNTIME";
            let detail = error.to_string();
            if needed { Finding::fail("onnx", detail, remedy) } else { Finding::warn("onnx", detail, remedy) }
        }
    }
}

/// Whether any champion is a model brought from outside.
fn uses_onnx(project: &Project, context: &Context) -> bool {
    let registry = DirectoryRegistry::new(context.registry_dir(None, project), clock::clock());
    let uses = |model: &str| {
        let champion = ModelRef::alias(model, "champion");
        let version = registry.resolve(&champion).and_then(|number| registry.load(model, number));
        version.is_ok_and(|version| matches!(version.artifact.model(), AnyModel::Onnx(_)))
    };
    project.models.keys().any(|model| uses(model))
}

/// For each model of the project: whether its champion can be loaded.
fn registry(project: &Project, context: &Context) -> Vec<Finding> {
    let registry = DirectoryRegistry::new(context.registry_dir(None, project), clock::clock());
    let look = |model: &str| {
        let champion = ModelRef { name: model.to_owned(), selector: Selector::Alias("champion".to_owned()) };
        match registry.resolve(&champion).and_then(|number| registry.load(model, number)) {
            Ok(version) => Finding::ok("model", format!("`{model}` version {} is champion and loads", version.number)),
            Err(RegistryError::UnknownModel { .. } | RegistryError::UnknownAlias { .. }) => {
                let remedy = format!("clutch train --model {model}");
                Finding::warn("model", format!("`{model}` has no champion"), remedy)
            }
            Err(error) => {
                let remedy = format!("clutch models rollback {model}, or train it again");
                Finding::fail("model", error.to_string(), remedy)
            }
        }
    };
    project.models.keys().map(|model| look(model)).collect()
}
