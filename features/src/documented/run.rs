//! Examples through the hosts: the stream host, written and read back after each event, and the batch host as served.

use std::path::Path;
use std::sync::Arc;

use crate::batch::{History, Order, compute};
use crate::column::Column;
use crate::diagnostic::Problems;
use crate::element::format_timestamp;
use crate::event::{Decision, EventDecoder};
use crate::host::{KeyState, Position, StreamHost};
use crate::plan::View;
use crate::project::{Project, SourceFile, Sources};
use crate::schema::Stream;
use crate::value::{Type, Value};

/// The stream that the examples read.
pub(super) struct Plays {
    manifest: String,
}

/// What became of an event: its row, or why it has none.
type Outcome = Result<Vec<Value>, &'static str>;

impl Plays {
    /// As the guide declares it.
    pub(super) fn declared_in(guide: &str) -> Plays {
        let block = guide.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
        let streams: Vec<&str> = block.filter(|block| block.contains("[streams.plays]")).collect();
        let [stream] = streams.as_slice() else { panic!("the guide declares the stream `plays` once") };
        Plays { manifest: format!("[project]\nname = \"guide\"\n{stream}") }
    }

    fn check(&self, sql: &str) -> Result<Arc<View>, Problems> {
        let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.to_owned() };
        let manifest = file("clutch.toml", &self.manifest);
        let sources = Sources { manifest, views: vec![file("views/view.sql", sql)] };
        let project = Project::check(Path::new("/guide"), &sources, &|_| None)?;
        Ok(project.views.values().next().cloned().unwrap_or_else(|| panic!("no view in {sql}")))
    }

    #[track_caller]
    fn view(&self, sql: &str) -> Arc<View> {
        self.check(sql).unwrap_or_else(|problems| panic!("{problems}\n{sql}"))
    }

    /// What an expression gives, as SQL would write it.
    pub(super) fn value(&self, expression: &str, seen: &mut dyn FnMut(&View)) -> String {
        let view = self.view(&format!("CREATE VIEW example AS SELECT {expression} AS x FROM plays"));
        seen(&view);
        let event = self.event(&view.stream, &[], &[], 0);
        match run(&view, &[event]).remove(0) {
            Ok(row) => match &row[0] {
                Value::String(text) => format!("'{}'", text.replace('\'', "''")),
                Value::Timestamp(_) => format!("TIMESTAMP '{}'", written(&row[0])),
                value => written(value),
            },
            Err(why) => panic!("{expression}: {why}"),
        }
    }

    /// The table with the view's columns as they come out.
    pub(super) fn table(&self, sql: &str, table: &[&str], seen: &mut dyn FnMut(&View)) -> Vec<String> {
        let view = self.view(sql);
        seen(&view);
        let mut cells: Vec<Vec<String>> = table.iter().map(|line| split(line)).collect();
        let header = cells[0].clone();
        let events = cells.iter().skip(2).enumerate();
        let events: Vec<_> = events.map(|(row, cells)| self.event(&view.stream, &header, cells, row)).collect();
        for (outcome, row) in run(&view, &events).into_iter().zip(cells.iter_mut().skip(2)) {
            for (name, cell) in header.iter().zip(row) {
                if view.stream.schema.index_of(name).is_some() {
                    continue;
                }
                let column = view.columns.iter().position(|column| column.name == *name);
                let column = column.unwrap_or_else(|| panic!("`{name}` is neither a field nor a column of\n{sql}"));
                *cell = match &outcome {
                    Ok(row) => written(&row[column]),
                    Err(why) => (*why).to_owned(),
                };
            }
        }
        cells[1] = vec!["---".to_owned(); header.len()];
        let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..header.len()).map(width).collect();
        let line = |(at, row): (usize, &Vec<String>)| {
            let padded = row.iter().zip(&widths).map(|(cell, &width)| match at {
                1 => "-".repeat(width),
                _ => format!("{cell:<width$}"),
            });
            format!("| {} |", padded.collect::<Vec<_>>().join(" | "))
        };
        cells.iter().enumerate().map(line).collect()
    }

    /// What `check` prints of a view that it refuses.
    pub(super) fn refusal(&self, sql: &str) -> Vec<String> {
        let Err(problems) = self.check(sql) else { panic!("accepted:\n{sql}") };
        problems.render(false).lines().map(str::to_owned).collect()
    }

    /// Why a view is refused, and what is said to be right.
    pub(super) fn first_fault(&self, sql: &str) -> (String, String) {
        let Err(problems) = self.check(sql) else { panic!("accepted:\n{sql}") };
        let problem = &problems.0[0];
        let help = problem.help.clone().unwrap_or_default();
        (problem.message.clone(), help.trim_start_matches("instead: ").to_owned())
    }

    /// An event of one game, a second and a play after the one before it, where the table does not say otherwise.
    fn event(&self, stream: &Stream, header: &[String], cells: &[String], row: usize) -> Box<[Value]> {
        let number = i64::try_from(row).unwrap_or(0);
        let value = |field: &crate::schema::Field| match header.iter().position(|name| *name == field.name) {
            Some(at) => read(field.ty, &cells[at]),
            None => match field.name.as_str() {
                "game" => Value::String("A".into()),
                "play" => Value::Int(number + 1),
                "second" => Value::Int(number),
                _ => Value::Null,
            },
        };
        stream.schema.fields.iter().map(value).collect()
    }
}

fn split(line: &str) -> Vec<String> {
    line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

#[track_caller]
fn read(ty: Type, cell: &str) -> Value {
    let wrong = || panic!("`{cell}` is no {ty}");
    match (cell, ty) {
        ("NULL", _) => Value::Null,
        (text, Type::String) => Value::String(text.into()),
        (text, Type::Int) => text.parse().map_or_else(|_| wrong(), Value::Int),
        (text, Type::Float) => text.parse().map_or_else(|_| wrong(), Value::Float),
        (text, Type::Bool) => text.parse().map_or_else(|_| wrong(), Value::Bool),
        (text, _) => crate::element::parse_timestamp(text).map_or_else(wrong, Value::Timestamp),
    }
}

fn written(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Float(x) => format!("{x:?}"),
        Value::String(text) => text.to_string(),
        Value::Timestamp(t) => format_timestamp(*t).map_or_else(|| t.to_string(), |text| text.to_string()),
        Value::Interval(i) => crate::duration::format(*i),
    }
}

/// One outcome per event, the same from both hosts.
#[track_caller]
fn run(view: &Arc<View>, events: &[Box<[Value]>]) -> Vec<Outcome> {
    let live = streamed(view, events);
    let batch = computed(view, events);
    for (row, (live, batch)) in live.iter().zip(&batch).enumerate() {
        match (live, batch) {
            (Ok(live), Some(batch)) => {
                assert!(live.iter().zip(batch).all(|(a, b)| a.same_bits(b)), "row {row}: {live:?} and {batch:?}");
            }
            (Err(_), None) => {}
            _ => panic!("row {row}: one host has a row, the other has none"),
        }
    }
    live
}

fn streamed(view: &Arc<View>, events: &[Box<[Value]>]) -> Vec<Outcome> {
    let mut host = StreamHost::new(Arc::clone(&view.stream), vec![Arc::clone(view)]);
    let mut decoder = EventDecoder::new(Arc::clone(&view.stream));
    let mut states: std::collections::HashMap<Vec<u8>, Vec<u8>> = std::collections::HashMap::new();
    let one = |(offset, fields): (usize, &[Value])| {
        let event = decoder.validate(fields.into()).unwrap_or_else(|invalid| panic!("{invalid}"));
        let key = host.key_of(&event);
        let mut state = states.get(&key).map_or_else(KeyState::default, |bytes| {
            KeyState::decode(bytes, &host).unwrap_or_else(|error| panic!("{error}"))
        });
        let position = Position { partition: 0, offset: offset as u64, append_time: None };
        let accepted = host.process(&mut state, &event, position);
        states.insert(key, state.encode(&host));
        match (accepted.decision, accepted.rows.into_iter().next().flatten()) {
            (Decision::Accept, Some(row)) => Ok(row.columns.to_vec()),
            (Decision::Accept, None) => Err("no row"),
            (Decision::Late { .. }, _) => Err("late"),
            (Decision::Duplicate, _) => Err("duplicate"),
            (Decision::Future { .. }, _) => Err("future"),
        }
    };
    events.iter().map(AsRef::as_ref).enumerate().map(one).collect()
}

fn computed(view: &Arc<View>, events: &[Box<[Value]>]) -> Vec<Option<Vec<Value>>> {
    let column = |(field, declared): (usize, &crate::schema::Field)| {
        let values: Vec<Value> = events.iter().map(|event| event[field].clone()).collect();
        Column::from_values(declared.ty, &values)
    };
    let columns = view.stream.schema.fields.iter().enumerate().map(column).collect();
    let history = History::from_columns(&view.stream, columns, Path::new("guide"));
    let table = compute(view, &history, Order::Served).unwrap_or_else(|error| panic!("{error}"));
    let mut rows = vec![None; events.len()];
    for (at, &source) in table.source.iter().enumerate() {
        rows[source] = Some(table.table.columns.iter().map(|column| column.value(at)).collect());
    }
    rows
}
