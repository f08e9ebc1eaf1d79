//! The text of the proposed `clutch.toml`.

use std::fmt::Write;

use super::column::Facts;
use super::guess::{Guess, Id, Split, Time};
use super::identifier;
use crate::element::format_timestamp;
use crate::sql::quoted;

/// The name of the proposed model, if there is one.
pub(super) fn model_name(columns: &[Facts], guess: &Guess) -> Option<String> {
    guess.label.map(|label| identifier(&columns[label].name))
}

pub(super) fn write(name: &str, stream: &str, view: &str, columns: &[Facts], guess: &Guess) -> String {
    let mut text = String::new();
    // Writing into a String cannot fail.
    let _ = writeln!(
        text,
        "# Proposed from a sample of data: read it through, mend it, and run `clutch check`.\n\n[project]\nname = {}\n",
        toml_string(name)
    );
    stream_part(&mut text, stream, columns, guess);
    fields_part(&mut text, stream, columns, guess);
    model_part(&mut text, view, columns, guess);
    text
}

fn stream_part(text: &mut String, stream: &str, columns: &[Facts], guess: &Guess) {
    let name = |index: usize| columns[index].name.as_str();
    let (time, why) = match &guess.time {
        Time::Field(field) => {
            (format!("event_time = {}", toml_string(&quoted(name(*field)))), "when an event happened")
        }
        Time::Epoch { field, unit } => {
            let expression = format!("TIMESTAMP '1970-01-01' + {} * INTERVAL '1 {unit}'", quoted(name(*field)));
            (format!("event_time = {}", toml_string(&expression)), "when an event happened")
        }
        Time::Order(field) => {
            (format!("order      = {}", toml_string(name(*field))), "no clock: this orders the events of a key")
        }
        Time::File => (
            "event_time = \"TIMESTAMP '2000-01-01'\"".to_owned(),
            "nothing tells the time: events stand in the order of the file. Better: a field",
        ),
    };
    let _ = writeln!(text, "[streams.{stream}]");
    let _ = writeln!(text, "topic      = {}", toml_string(&stream.replace('_', "-")));
    let _ = writeln!(
        text,
        "key        = [{}]  # events of one key are kept together, in order",
        toml_string(name(guess.key))
    );
    let _ = writeln!(text, "{time}  # {why}");
    match guess.id {
        Some(Id::Alone(field)) => {
            let _ = writeln!(
                text,
                "id         = [{}]  # an event that comes twice is counted once",
                toml_string(name(field))
            );
        }
        Some(Id::WithinKey(field)) => {
            let _ = writeln!(
                text,
                "id         = [{}, {}]  # an event that comes twice is counted once",
                toml_string(name(guess.key)),
                toml_string(name(field))
            );
        }
        None => text.push_str("# id       = [\"…\"]  # what tells one event from another: repeats are then dropped\n"),
    }
    if !matches!(guess.time, Time::Order(_)) {
        text.push_str("lateness   = \"30s\"  # how far behind its key's newest event an event may be\n");
    }
}

fn fields_part(text: &mut String, stream: &str, columns: &[Facts], guess: &Guess) {
    let _ = writeln!(text, "\n[streams.{stream}.fields]");
    for (index, facts) in columns.iter().enumerate() {
        let mut parts = vec![format!("type = \"{}\"", facts.ty)];
        if let Some(path) = &facts.path {
            parts.push(format!("path = {}", toml_string(path)));
        }
        let is_id = matches!(guess.id, Some(Id::Alone(field) | Id::WithinKey(field)) if field == index);
        if index == guess.key || is_id {
            parts.push("required = true".to_owned());
        }
        let outcome = guess.outcomes.contains(&index);
        if outcome {
            parts.push("outcome = true".to_owned());
        }
        let value = if parts.len() == 1 { format!("\"{}\"", facts.ty) } else { format!("{{ {} }}", parts.join(", ")) };
        let remark = if outcome {
            "  # known only afterwards: a label, never a feature"
        } else if guess.constants.contains(&index) {
            "  # one value a key: if it is known only afterwards, add outcome = true"
        } else if facts.nulls == facts.values.len() {
            "  # no value in the sample: the type is a guess"
        } else {
            ""
        };
        let _ = writeln!(text, "{} = {value}{remark}", toml_key(&facts.name));
    }
}

fn model_part(text: &mut String, view: &str, columns: &[Facts], guess: &Guess) {
    let (Some(label), Some(model)) = (guess.label, model_name(columns, guess)) else {
        let _ = write!(
            text,
            "\n# A model learns a label that is known afterwards: mark its field with outcome = true, then\n\
             # [models.{view}]\n# view  = \"{view}\"\n# label = \"result > 0\"\n# task  = \"classification\"\n\
             # [endpoints.{view}]\n# model = \"{view}\"\n"
        );
        return;
    };
    let facts = &columns[label];
    let field = quoted(&facts.name);
    let (task, expression) = match (facts.is_yes_or_no(), facts.ty) {
        (true, crate::value::Type::Bool) => ("classification", field),
        (true, _) => ("classification", format!("{field} = 1")),
        (false, _) => ("regression", field),
    };
    let _ = writeln!(text, "\n[models.{model}]");
    let _ = writeln!(text, "view  = \"{view}\"");
    let _ = writeln!(text, "label = {}", toml_string(&expression));
    let _ = writeln!(text, "task  = \"{task}\"");
    match &guess.split {
        Some(Split::Whole { field, test_from }) => {
            let field = toml_string(&columns[*field].name);
            let _ = writeln!(text, "split = {{ time = {field}, test_from = {test_from} }}  # judged on what is newer");
        }
        Some(Split::At { field, test_from }) => {
            let at = format_timestamp(*test_from).unwrap_or_default();
            let field = toml_string(&columns[*field].name);
            let _ = writeln!(text, "split = {{ time = {field}, test_from = \"{at}\" }}  # judged on what is newer");
        }
        None => {
            text.push_str("# split = { time = \"…\", test_from = … }  # without it nothing is held back to judge by\n")
        }
    }
    let _ = writeln!(text, "\n[endpoints.{model}]\nmodel = \"{model}\"");
}

fn toml_key(name: &str) -> String {
    let bare = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare && !name.is_empty() { name.to_owned() } else { toml_string(name) }
}

fn toml_string(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
