//! `clutch check --explain`: each view's plan in plain words.

use features::duration;
use features::explain::{Buffer, Explanation, Operator, StateEstimate, explain};
use features::kernel::Cost;
use features::plan::View;
use features::project::Project;
use features::schema::{EventTime, Stream};
use serde_json::json;

use crate::table::{count, table};

/// Longer expressions are cut; `--json` has them whole.
const LONGEST: usize = 100;

/// What is said of a view beside its plan: the sizes of states over imported history, where there is some.
#[cfg(feature = "train")]
enum Measured {
    Sizes(features::batch::StateSizes),
    /// Nothing was imported, or nothing that the view keeps.
    Nothing,
    /// There is history, and it cannot be read.
    Unreadable(String),
}
#[cfg(not(feature = "train"))]
struct Measured;

/// Each view explained: lines for people, an object for `--json`.
pub(super) fn views(project: &Project) -> Vec<(Vec<String>, serde_json::Value)> {
    let one = |view: &std::sync::Arc<View>| {
        let (explanation, measured) = (explain(view), measured(project, view));
        let mut object = json!({ "view": view.name, "plan": explanation });
        measured.tell(&mut object);
        (lines(view, &explanation, &measured), object)
    };
    project.views.values().map(one).collect()
}

/// Over what the project has imported.
#[cfg(feature = "train")]
fn measured(project: &Project, view: &std::sync::Arc<View>) -> Measured {
    match features::batch::read_imported(project, &view.stream, &|_| {}) {
        Ok(history) => features::batch::state_sizes(view, &history).map_or(Measured::Nothing, Measured::Sizes),
        Err(features::batch::BatchError::NoHistory { .. }) => Measured::Nothing,
        Err(error) => Measured::Unreadable(error.to_string()),
    }
}

#[cfg(not(feature = "train"))]
fn measured(_project: &Project, _view: &std::sync::Arc<View>) -> Measured {
    Measured
}

#[cfg(feature = "train")]
impl Measured {
    fn tell(&self, object: &mut serde_json::Value) {
        object["measured_state_bytes"] = match self {
            Measured::Sizes(sizes) => json!(sizes),
            Measured::Nothing | Measured::Unreadable(_) => serde_json::Value::Null,
        };
        if let Measured::Unreadable(error) = self {
            object["unreadable_history"] = json!(error);
        }
    }

    fn line(&self) -> String {
        match self {
            Measured::Sizes(sizes) => format!(
                "measured over the imported history, stored bytes: median {}, 99 in 100 keys at most {}, largest {}, of {} keys",
                count(sizes.median as u64),
                count(sizes.p99 as u64),
                count(sizes.largest as u64),
                count(sizes.keys as u64)
            ),
            Measured::Nothing => {
                "not measured: no history is imported (clutch data import, or clutch data simulate)".to_owned()
            }
            Measured::Unreadable(error) => format!("not measured: the imported history cannot be read: {error}"),
        }
    }
}

#[cfg(not(feature = "train"))]
impl Measured {
    fn tell(&self, object: &mut serde_json::Value) {
        object["measured_state_bytes"] = serde_json::Value::Null;
    }

    fn line(&self) -> String {
        "not measured: this binary cannot read history".to_owned()
    }
}

fn lines(view: &View, plan: &Explanation, measured: &Measured) -> Vec<String> {
    let mut lines = vec![format!("view `{}` over stream `{}`", view.name, view.stream.name), String::new()];
    let mut say = |line: String| lines.push(format!("  {line}"));
    for rule in rules(&view.stream) {
        say(rule);
    }
    say(String::new());
    say(format!("1. of each event, before windows ({} operations)", plan.before_operations));
    match &plan.filter {
        Some(filter) => say(format!("     keep it where {filter}; an event that is dropped enters no window")),
        None => say("     every event is kept".to_owned()),
    }
    for expression in &plan.before {
        say(format!("     compute {}", super::shortened(expression, LONGEST)));
    }
    say(String::new());
    match plan.buffers.as_slice() {
        [] => say("2. no windows: a row depends on its own event only".to_owned()),
        [_] => say("2. windows, over one buffer of rows that all calls share".to_owned()),
        buffers => say(format!("2. windows, over {} buffers: one for each way to divide the key", buffers.len())),
    }
    for buffer in &plan.buffers {
        for line in of_buffer(buffer) {
            say(format!("     {line}"));
        }
    }
    say(String::new());
    say(format!("3. of fields and windows, the columns ({} operations)", plan.after_operations));
    let columns =
        plan.after.iter().map(|output| vec![output.column.clone(), super::shortened(&output.expression, LONGEST)]);
    for line in table(&columns.collect::<Vec<_>>()) {
        say(format!("   {line}"));
    }
    say(String::new());
    for line in of_state(&plan.state, measured) {
        say(line);
    }
    lines
}

fn rules(stream: &Stream) -> Vec<String> {
    let names = |fields: &[usize]| -> String {
        fields.iter().map(|&field| stream.schema.fields[field].name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let order = match &stream.event_time {
        EventTime::Time { text, .. } => super::shortened(text, LONGEST),
        EventTime::Order { field } => format!("the field {}, which is no time", stream.schema.fields[*field].name),
    };
    let mut rules = vec![
        format!("events of one ({}) in order of {order}, then of their place in the log", names(&stream.key)),
        format!("older than the newest by more than {}: late, to the dead letters", duration::format(stream.lateness)),
    ];
    rules.push(match stream.id.as_slice() {
        [] => "events have no id, so none is a duplicate".to_owned(),
        id => format!("an ({}) seen within {}: a duplicate", names(id), duration::format(stream.dedupe)),
    });
    if let Some(retention) = stream.retention {
        rules.push(format!("no event for {}: the key starts anew", duration::format(retention)));
    }
    rules
}

fn of_buffer(buffer: &Buffer) -> Vec<String> {
    let mut lines = Vec::new();
    let whose = match buffer.by.as_slice() {
        [] => "the whole key".to_owned(),
        by => format!("each value of {}", by.join(", ")),
    };
    let reach = match buffer.rows {
        0 => String::new(),
        rows => format!(" and the {rows} rows before that"),
    };
    lines.push(format!(
        "buffer of {whose}: {} values of a row, about {} stored bytes; rows of the last {}{reach}",
        buffer.values_per_row,
        buffer.bytes_per_row,
        length(buffer.seconds)
    ));
    lines.push("  a request reads all of it, and a changed state is written whole once a batch".to_owned());
    for window in &buffer.windows {
        lines.push(format!("  over {}", window.window));
        let header = ["", "an event in order", "one out of order", "a request", "stored beside the rows"];
        let header = header.map(str::to_owned).to_vec();
        let rows = window.operators.iter().map(of_operator);
        lines.extend(
            table(&[header].into_iter().chain(rows).collect::<Vec<_>>()).iter().map(|line| format!("  {line}")),
        );
    }
    lines
}

fn of_operator(operator: &Operator) -> Vec<String> {
    let shared = match operator.calls.as_slice() {
        [call] => call.clone(),
        calls => format!("{} (one accumulator)", calls.join(", ")),
    };
    let stored = match operator.stored_bytes {
        0 => "nothing".to_owned(),
        bytes => format!("about {bytes} bytes"),
    };
    let [in_order, out_of_order, request] =
        [operator.in_order, operator.out_of_order, operator.request].map(|of| cost(of).to_owned());
    vec![shared, in_order, out_of_order, request, stored]
}

/// A length of time that is told in seconds.
#[expect(clippy::cast_possible_truncation, reason = "lateness and frames are told in microseconds, far from any limit")]
fn length(seconds: f64) -> String {
    duration::format((seconds * 1e6).round() as i64)
}

fn cost(cost: Cost) -> &'static str {
    match cost {
        Cost::Constant => "always the same",
        Cost::Logarithmic => "little more with more different values",
        Cost::Behind => "with the rows newer than it",
        Cost::Frame => "with the rows of the frame",
        Cost::Buffer => "with the rows of the buffer",
    }
}

fn of_state(state: &StateEstimate, measured: &Measured) -> Vec<String> {
    let mut lines = vec![format!(
        "state of a key as it is stored: about {} bytes at {} events a minute, with {} partitions",
        count(state.bytes),
        StateEstimate::EVENTS_PER_MINUTE,
        StateEstimate::PARTITIONS
    )];
    let rows: Vec<Vec<String>> = state
        .summands
        .iter()
        .map(|summand| vec![summand.what.clone(), summand.bytes.to_string(), summand.formula.clone()])
        .collect();
    lines.extend(table(&rows).iter().map(|line| format!("   {line}")));
    lines.push("bounded by".to_owned());
    lines.extend(state.bounded_by.iter().map(|bound| format!("     {bound}")));
    lines.push(measured.line());
    lines
}
