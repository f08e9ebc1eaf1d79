//! `clutch predict`

mod replay;

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use features::online::{MemoryStore, StateReader};
use features::project::Project;
use models::registry::DirectoryRegistry;
use serde_json::{Value, json, value::RawValue};
use serving::ask::{AskParts, ask};
use serving::clock::{Clock, SystemClock};
use serving::connect::{connect, open_reader};
use serving::instance::{Holder, Instance, InstanceError, LockError, Places};
use serving::views::{Stored, StoredStates};

use crate::clock;
use crate::context::Context;
use crate::output::{self, UsageError, say};

#[derive(Debug, clap::Args)]
#[command(after_help = r#"Examples:
  clutch predict --project nfl --model win_probability@champion --event @play.json
  clutch predict --project nfl --model win_probability/3 --key '{"game_id":"2024_22_KC_PHI"}'
  clutch predict --project nfl --model win_probability --event @play.json --explain
  echo '{"lead":3}' | clutch predict --model win --features -
  clutch predict --project nfl --replay 01936b2e-8f5c-7a41-9d0e-3c5b1f2a7e60

JSON is given as it is, as @FILE, or as - for standard input. A running server is asked; where none runs, the
answer is computed here from the same state. --replay computes a logged prediction again, from the features that were
logged and by the version that made it: 0 if every bit is the same, 1 if not."#)]
pub(crate) struct Args {
    /// The version: NAME (newest), NAME@alias or NAME/3.
    #[arg(long, value_name = "REF", required_unless_present = "replay")]
    model: Option<String>,
    #[command(flatten)]
    given: Given,
    /// With --key: look at its frames of time as they stand then (RFC 3339); else the row is as it was computed.
    #[arg(long, value_name = "TIME", requires = "key")]
    as_of: Option<String>,
    /// Repeat the model's inputs in the answer.
    #[arg(long)]
    return_features: bool,
    /// Say what each input contributed to the prediction.
    #[arg(long)]
    explain: bool,
    /// Where versions are kept, if not where the project says. A running server uses its own.
    #[arg(long, value_name = "DIR")]
    registry: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Given {
    /// An event of the view's stream, computed against its key's current state.
    #[arg(long, value_name = "JSON")]
    event: Option<String>,
    /// The key fields of the stream: its latest row.
    #[arg(long, value_name = "JSON")]
    key: Option<String>,
    /// The model's inputs by name.
    #[arg(long, value_name = "JSON")]
    features: Option<String>,
    /// A logged prediction, by its id.
    #[arg(long, value_name = "ID", conflicts_with_all = ["model", "return_features", "explain", "as_of"])]
    replay: Option<String>,
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    if let Some(id) = &args.given.replay {
        return replay::run(id, &project, args.registry.as_deref(), context);
    }
    let body = body(&args)?;
    let places = Places { state_dir: project.instance_dir(), temporary: std::env::temp_dir() };
    // Without a database there is neither a server nor a state: nothing is created just to ask.
    let instance = if places.state_dir.join("db").exists() {
        match Instance::open(&places, Arc::new(SystemClock)) {
            Ok(instance) => Some(instance),
            Err(InstanceError::Lock(LockError::Held { holder, .. })) => {
                return answered(ask_server(holder, &body)?, context);
            }
            Err(error) => return Err(error).with_context(|| format!("cannot use `{}`", places.state_dir.display())),
        }
    } else {
        None
    };
    let registry = context.registry_dir(args.registry.as_deref(), &project);
    answered(ask_here(project, registry, instance, body)?, context)
}

/// The body of `POST /predict`.
fn body(args: &Args) -> anyhow::Result<Vec<u8>> {
    let Given { event, key, features, replay: _ } = &args.given;
    let given = [("event", event), ("key", key), ("features", features)];
    let Some((name, text)) = given.into_iter().find_map(|(name, text)| Some((name, text.as_ref()?))) else {
        return Err(UsageError::new("give one of --event, --key and --features").into());
    };
    let text = literal(name, text)?;
    let raw: &RawValue =
        serde_json::from_str(text.trim()).map_err(|error| UsageError::new(format!("--{name} is not JSON: {error}")))?;
    let mut body = json!({ "model": args.model, "return_features": args.return_features, "explain": args.explain });
    if let Some(as_of) = &args.as_of {
        body["as_of"] = json!(as_of);
    }
    // The raw text goes in as it is, so that the server sees what the caller wrote.
    let mut text = body.to_string();
    text.truncate(text.len() - 1);
    Ok(format!("{text},\"{name}\":{raw}}}").into_bytes())
}

/// The JSON itself, or what `@FILE` or `-` holds.
fn literal(name: &str, text: &str) -> anyhow::Result<String> {
    if text == "-" {
        let mut read = String::new();
        std::io::stdin().read_to_string(&mut read).context("cannot read standard input")?;
        return Ok(read);
    }
    match text.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file)
            .map_err(|error| UsageError::new(format!("--{name} {text}: cannot read `{file}`: {error}")).into()),
        None => Ok(text.to_owned()),
    }
}

fn ask_server(holder: Option<Holder>, body: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
    let http = holder.as_ref().and_then(|holder| holder.http);
    let http = http.context("another process uses the project and does not answer HTTP (yet): try again shortly")?;
    let url = format!("http://{}/predict", reachable(http));
    let answer = ureq::post(&url)
        .config()
        .http_status_as_error(false)
        .build()
        .header("Content-Type", "application/json")
        .send(body)
        .with_context(|| format!("cannot ask the server on {url}"))?;
    let status = answer.status().as_u16();
    let body = answer.into_body().read_to_vec().with_context(|| format!("the server on {url} broke off"))?;
    Ok((status, body))
}

/// A server that listens on every address is asked on the local one.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::new(std::net::Ipv6Addr::LOCALHOST.into(), address.port()),
        _ => address,
    }
}

fn ask_here(
    project: Project,
    registry: PathBuf,
    instance: Option<Instance>,
    body: Vec<u8>,
) -> anyhow::Result<(u16, Vec<u8>)> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (reader, stored) = match &instance {
        // How far states are is told by their log: where that is Kafka's, no broker is asked just for one answer.
        Some(instance) if project.connections.kafka.is_some() => (open_reader(&project, instance, &clock)?, None),
        Some(instance) => {
            let connected = connect(&project, instance)?;
            let stored = Arc::new(Stored::on(&connected.ground)) as Arc<dyn StoredStates>;
            (connected.reader(&project, &clock), Some(stored))
        }
        None => (Arc::new(MemoryStore::new()) as Arc<dyn StateReader>, None),
    };
    let parts = AskParts {
        project: Arc::new(project),
        registry: Arc::new(DirectoryRegistry::new(registry, clock::clock())),
        reader,
        stored,
        clock,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    Ok(runtime.block_on(ask(parts, "/predict", body))?)
}

/// Prints the answer. What the caller got wrong ends with 2, what has no answer with 1.
fn answered((status, body): (u16, Vec<u8>), context: &Context) -> anyhow::Result<ExitCode> {
    let answer: Value = serde_json::from_slice(&body).context("the answer is not JSON")?;
    if status == 200 {
        for line in describe(&answer) {
            say(context, line);
        }
        output::json(context, &answer);
        return Ok(ExitCode::SUCCESS);
    }
    let detail = answer["detail"].as_str().unwrap_or("no reason was given").to_owned();
    let detail = match answer["nearest"].as_str() {
        Some(nearest) => format!("{detail}: did you mean `{nearest}`?"),
        None => detail,
    };
    let code = match (status, answer["code"].as_str()) {
        (_, Some("late_event" | "dropped_by_view" | "unknown_key" | "idle_key" | "as_of_too_early")) => output::NO,
        (400..500, _) => output::USAGE,
        _ => output::FAILED,
    };
    output::note(format!("error: {detail}"));
    output::json(context, &json!({ "error": detail, "problem": answer }));
    Ok(ExitCode::from(code))
}

fn describe(answer: &Value) -> Vec<String> {
    let outputs = answer["outputs"].as_object();
    let mut lines: Vec<String> =
        outputs.into_iter().flatten().map(|(name, value)| format!("{name}  {value}")).collect();
    let age = match answer["features_age_ms"].as_i64() {
        Some(ms) => format!(", the newest event of the key is {} old", age(ms)),
        None => String::new(),
    };
    let model = answer["model"].as_str().unwrap_or_default();
    let member = match answer.get("member") {
        Some(Value::String(member)) => format!(", its model of {member}"),
        Some(_) => ", its general model".to_owned(),
        None => String::new(),
    };
    lines.push(format!("by {model} version {}{member}{age}", answer["version"]));
    for (name, value) in answer["features"].as_object().into_iter().flatten() {
        lines.push(format!("  {name} = {value}"));
    }
    lines.extend(answer.get("explanation").map(explanation).unwrap_or_default());
    lines
}

/// What moved the margin most comes first.
fn explanation(explanation: &Value) -> Vec<String> {
    let Some(contributions) = explanation["contributions"].as_object() else {
        return vec!["no explanation: a model brought from outside cannot tell".to_owned()];
    };
    let mut contributions: Vec<(&str, f64)> =
        contributions.iter().map(|(name, value)| (name.as_str(), value.as_f64().unwrap_or_default())).collect();
    contributions.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let number = |name: &str| explanation[name].as_f64().unwrap_or_default();
    let width = contributions.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max("without any".len());
    let mut lines = vec![format!("margin {:+.4}, of which", number("margin"))];
    lines.push(format!("  {:<width$}  {:+.4}", "without any", number("base")));
    lines.extend(contributions.iter().map(|(name, value)| format!("  {name:<width$}  {value:+.4}")));
    lines
}

/// Two digits at least, in the largest unit that gives them.
fn age(ms: i64) -> String {
    let units = [("days", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)];
    match units.into_iter().find(|(_, length)| ms >= 10 * length) {
        Some((unit, length)) => format!("{} {unit}", ms / length),
        None => format!("{ms} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(given: Given) -> Args {
        Args { model: Some("win/3".into()), given, as_of: None, return_features: false, explain: false, registry: None }
    }

    fn event(text: &str) -> Args {
        args(Given { event: Some(text.into()), key: None, features: None, replay: None })
    }

    #[test]
    fn the_callers_json_is_passed_on_as_it_is_written() {
        let body = body(&event(r#" {"lead": 1.50} "#)).expect("body");
        let text = String::from_utf8(body).expect("text");
        assert_eq!(text, r#"{"model":"win/3","return_features":false,"explain":false,"event":{"lead": 1.50}}"#);
    }

    #[test]
    fn of_a_family_an_answer_says_whose_model_predicted() {
        let by = |member: Value| {
            let mut answer = json!({ "model": "win", "version": 3, "outputs": { "probability": 0.25 } });
            answer["member"] = member;
            describe(&answer)
        };
        assert_eq!(by(json!("LeeSin")), ["probability  0.25", "by win version 3, its model of LeeSin"]);
        assert_eq!(by(Value::Null), ["probability  0.25", "by win version 3, its general model"]);
    }

    #[test]
    fn what_moved_the_margin_most_comes_first() {
        let contributions = json!({ "down": -0.03, "score_differential": 0.94 });
        let answer = json!({
            "model": "win", "version": 3, "outputs": {}, "features_age_ms": null,
            "explanation": { "base": 0.125, "contributions": contributions, "margin": 1.035 },
        });
        let expected = [
            "by win version 3",
            "margin +1.0350, of which",
            "  without any         +0.1250",
            "  score_differential  +0.9400",
            "  down                -0.0300",
        ];
        assert_eq!(describe(&answer), expected);
        let none = json!({ "model": "win", "version": 3, "outputs": {}, "explanation": null });
        assert_eq!(describe(&none)[1], "no explanation: a model brought from outside cannot tell");
    }

    #[test]
    fn an_age_is_told_in_the_unit_that_people_use() {
        let ages = [0, 9_999, 10_000, 600_000, 36_000_000, 56_094_353_781].map(age);
        assert_eq!(ages, ["0 ms", "9999 ms", "10 s", "10 min", "10 h", "649 days"]);
    }

    #[test]
    fn what_is_not_json_is_a_usage_error() {
        let error = body(&event("{lead}")).expect_err("refused");
        assert!(error.downcast_ref::<UsageError>().is_some_and(|e| e.message.starts_with("--event is not JSON")));
    }

    #[test]
    fn json_may_come_from_a_file() {
        let dir = tempfile::tempdir().expect("folder");
        let file = dir.path().join("play.json");
        std::fs::write(&file, "{}").expect("write");
        assert!(body(&event(&format!("@{}", file.display()))).expect("body").ends_with(b"\"event\":{}}"));
        let error = body(&event("@no-such-file")).expect_err("refused").to_string();
        assert!(error.starts_with("--event @no-such-file: cannot read `no-such-file`"), "{error}");
    }

    #[test]
    fn a_server_on_every_address_is_asked_on_the_local_one() {
        assert_eq!(reachable("0.0.0.0:80".parse().expect("address")).to_string(), "127.0.0.1:80");
        assert_eq!(reachable("[::]:80".parse().expect("address")).to_string(), "[::1]:80");
        assert_eq!(reachable("10.0.0.1:80".parse().expect("address")).to_string(), "10.0.0.1:80");
    }
}
