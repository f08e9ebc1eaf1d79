//! One prediction as one line.

use features::project::Endpoint;
use features::value::Micros;
use serde_json::{Map, Value};

use super::latency::Latency;

/// What a line needs of a streamed prediction.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Prediction {
    key: Map<String, Value>,
    id: Map<String, Value>,
    outputs: Map<String, Value>,
    include: Map<String, Value>,
    /// Of a family: who predicted, `Some(None)` the general model.
    #[serde(default, deserialize_with = "present")]
    member: Option<Option<String>>,
    /// Of an endpoint that explains: `Some(None)` where the model cannot tell.
    #[serde(default, deserialize_with = "present")]
    explanation: Option<Option<Explanation>>,
    appended_at: Micros,
    stages_us: Stages,
}

/// Tells NULL from what is not there.
fn present<'de, D: serde::Deserializer<'de>, T: serde::Deserialize<'de>>(
    from: D,
) -> Result<Option<Option<T>>, D::Error> {
    serde::Deserialize::deserialize(from).map(Some)
}

#[derive(Debug, serde::Deserialize)]
struct Explanation {
    base: f64,
    contributions: Map<String, Value>,
    margin: f64,
}

#[derive(Debug, serde::Deserialize)]
struct Stages {
    queue: Micros,
    decode: Micros,
    features: Micros,
    predict: Micros,
}

impl Prediction {
    pub(super) fn latency(&self, committed_at: Micros, seen_at: Micros) -> Latency {
        let Stages { queue, decode, features, predict } = self.stages_us;
        Latency {
            total: (seen_at - self.appended_at).max(0),
            queue,
            decode,
            features,
            predict,
            commit: (committed_at - self.appended_at - queue - decode - features - predict).max(0),
            deliver: (seen_at - committed_at).max(0),
        }
    }
}

const BAR: usize = 20;
/// Contributions that a line tells one by one.
const MOST_TOLD: usize = 4;

/// The endpoint's template, or key and id; the prediction, and of a family who made it; the time it took.
pub(super) fn line(endpoint: &Endpoint, prediction: &Prediction, latency: &Latency) -> String {
    let situation = match &endpoint.watch {
        Some(template) => fill(template, prediction),
        None => names(prediction),
    };
    let output = match prediction.outputs.iter().next() {
        Some((name, value)) if name == "probability" => {
            let share = value.as_f64().unwrap_or_default();
            format!("{} {:5.1} %", bar(share), 100.0 * share)
        }
        Some((_, value)) => format!("{:8.2}", value.as_f64().unwrap_or_default()),
        None => "-".to_owned(),
    };
    let member = match &prediction.member {
        Some(Some(member)) => format!("  by {member}"),
        Some(None) => "  by the general model".to_owned(),
        None => String::new(),
    };
    let ms = |micros: Micros| micros as f64 / 1_000.0;
    format!(
        "{situation}  {output}{member}  {:.2} ms (queue {:.2}, compute {:.2}, commit {:.2})",
        ms(latency.total),
        ms(latency.queue),
        ms(latency.decode + latency.features + latency.predict),
        ms(latency.commit),
    )
}

/// What moved the margin most, and what all others did together; `None` from an endpoint that does not explain.
pub(super) fn explanation(prediction: &Prediction) -> Option<String> {
    let Some(Explanation { base, contributions, margin }) = prediction.explanation.as_ref()? else {
        return Some("    this model cannot tell what moved it".to_owned());
    };
    let mut told: Vec<(&str, f64)> =
        contributions.iter().map(|(name, value)| (name.as_str(), value.as_f64().unwrap_or_default())).collect();
    told.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let rest = told.split_off(told.len().min(MOST_TOLD));
    let named = told.iter().map(|(name, value)| format!("{name} {value:+.3}"));
    let others = rest.iter().map(|(_, value)| value).sum::<f64>();
    let others = (!rest.is_empty()).then(|| format!("{} others {others:+.3}", rest.len()));
    let parts: Vec<String> = named.chain(others).collect();
    Some(format!("    {margin:+.3} = {base:+.3}, {}", parts.join(", ")))
}

/// Replaces `{name}` and `{name:clock}`; the project has checked the template.
fn fill(template: &str, prediction: &Prediction) -> String {
    let mut line = String::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('{') {
        line.push_str(text);
        let Some((inside, after)) = after.split_once('}') else {
            line.push('{');
            rest = after;
            continue;
        };
        let (name, form) = inside.split_once(':').unwrap_or((inside, ""));
        line.push_str(&shown(prediction.include.get(name).unwrap_or(&Value::Null), form));
        rest = after;
    }
    line + rest
}

fn shown(value: &Value, form: &str) -> String {
    match (value, form) {
        (Value::Null, _) => "-".to_owned(),
        (Value::String(text), _) => text.clone(),
        (value, "clock") => value.as_f64().map_or_else(|| value.to_string(), clock),
        (value, _) => match value.as_f64() {
            Some(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
            _ => value.to_string(),
        },
    }
}

/// Seconds as minutes and seconds, always as wide.
fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0).floor() as u64;
    format!("{:>2}:{:02}", whole / 60, whole % 60)
}

/// Key and id fields, each once.
fn names(prediction: &Prediction) -> String {
    let others = prediction.id.iter().filter(|(name, _)| !prediction.key.contains_key(*name));
    let named = prediction.key.iter().chain(others).map(|(name, value)| format!("{name}={}", shown(value, "")));
    named.collect::<Vec<_>>().join(" ")
}

/// A share as a bar of eighths.
fn bar(share: f64) -> String {
    const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    let eighths = (share.clamp(0.0, 1.0) * (BAR * 8) as f64).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        bar.push(EIGHTHS[eighths % 8]);
    }
    let width = bar.chars().count();
    format!("▕{bar}{}▏", " ".repeat(BAR.saturating_sub(width)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn prediction(outputs: Value) -> Prediction {
        serde_json::from_value(json!({
            "key": {"game": "g1"}, "id": {"game": "g1", "play": 7}, "outputs": outputs,
            "include": {"qtr": 4, "clock": 125.0, "down": null, "home": "DET", "share": 0.25},
            "appended_at": 1_000,
            "stages_us": {"queue": 100, "decode": 20, "features": 30, "predict": 50},
        }))
        .expect("prediction")
    }

    fn endpoint(watch: Option<&str>) -> Endpoint {
        let (name, model, topic) = ("win".into(), "win".into(), "plays-win".into());
        Endpoint {
            name,
            model,
            topic,
            include: Vec::new(),
            explain: false,
            http_to_topic: false,
            watch: watch.map(str::to_owned),
        }
    }

    #[test]
    fn a_line_follows_the_endpoints_template() {
        let prediction = prediction(json!({"probability": 0.6225}));
        let latency = prediction.latency(1_500, 2_000);
        let line = line(&endpoint(Some("Q{qtr} {clock:clock} {home} {down} {share}")), &prediction, &latency);
        assert_eq!(
            line,
            "Q4  2:05 DET - 0.25  ▕████████████▌       ▏  62.3 %  1.00 ms (queue 0.10, compute 0.10, commit 0.30)"
        );
    }

    fn told(more: Value) -> Prediction {
        let mut record = json!({
            "key": {"game": "g1"}, "id": {"game": "g1"}, "outputs": {"value": 1.0}, "include": {}, "appended_at": 0,
            "stages_us": {"queue": 0, "decode": 0, "features": 0, "predict": 0},
        });
        record.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        serde_json::from_value(record).expect("prediction")
    }

    #[test]
    fn of_a_family_a_line_says_who_predicted() {
        let line = |more| line(&endpoint(None), &told(more), &Latency::default());
        assert!(line(json!({"member": "LeeSin"})).starts_with("game=g1      1.00  by LeeSin  0.00 ms"));
        assert!(line(json!({"member": null})).starts_with("game=g1      1.00  by the general model  0.00 ms"));
        assert!(line(json!({})).starts_with("game=g1      1.00  0.00 ms"));
    }

    #[test]
    fn what_moved_the_margin_most_is_told_first() {
        let contributions = json!({"a": 0.01, "b": -2.0, "c": 0.5, "d": 0.02, "e": 0.25, "f": -0.125});
        let explained = told(json!({"explanation": {"base": 0.5, "contributions": contributions, "margin": -0.845}}));
        let expected = "    -0.845 = +0.500, b -2.000, c +0.500, e +0.250, f -0.125, 2 others +0.030";
        assert_eq!(explanation(&explained).as_deref(), Some(expected));
        assert!(explanation(&told(json!({"explanation": null}))).is_some_and(|line| line.contains("cannot tell")));
        assert_eq!(explanation(&told(json!({}))), None);
    }

    #[test]
    fn without_a_template_a_line_names_the_event() {
        let prediction = prediction(json!({"value": -3.5}));
        let line = line(&endpoint(None), &prediction, &Latency::default());
        assert!(line.starts_with("game=g1 play=7     -3.50  0.00 ms"), "{line}");
    }

    #[test]
    fn a_bar_is_always_as_wide() {
        for share in [0.0, 0.004, 0.5, 0.999, 1.0, 7.0, -1.0] {
            assert_eq!(bar(share).chars().count(), BAR + 2, "{share}");
        }
    }
}
