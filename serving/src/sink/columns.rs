//! A prediction as a row: which columns its files have, and what stands in them.

use features::element::parse_timestamp;
use features::plan::View;
use features::project::{Endpoint, Project, Task};
use features::schema::Stream;
use features::value::{Micros, Type, Value};
use serde_json::Map;
use smol_str::SmolStr;

/// A column of a sink's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SinkColumn {
    pub(super) name: SmolStr,
    pub(super) ty: Type,
    from: From,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum From {
    /// A member of the record itself.
    Top(&'static str),
    /// A member of the record's `key`, `id`, `outputs` or `include`.
    Nested(&'static str, SmolStr),
    /// When the log took the prediction.
    CommittedAt,
}

/// A prediction parsed, with when it was committed.
#[derive(Debug)]
pub(super) struct ParsedPrediction {
    record: Map<String, serde_json::Value>,
    committed_at: Micros,
}

impl ParsedPrediction {
    pub(super) fn parse(json: &[u8], committed_at: Micros) -> Result<ParsedPrediction, serde_json::Error> {
        Ok(ParsedPrediction { record: serde_json::from_slice(json)?, committed_at })
    }

    pub(super) fn value(&self, column: &SinkColumn) -> Value {
        let found = match &column.from {
            From::CommittedAt => return Value::Timestamp(self.committed_at),
            From::Top(name) => self.record.get(*name),
            From::Nested(group, name) => self.record.get(*group).and_then(|group| group.get(name.as_str())),
        };
        found.map_or(Value::Null, |json| typed(json, column.ty))
    }
}

/// The member of a family that predicted, where the endpoint's model is one; NULL stands for the general model.
const MEMBER: &str = "member";
/// What each input contributed, as JSON text, where the endpoint explains.
const EXPLANATION: &str = "explanation";
/// Columns that come and go with the model and the endpoint: a file keeps those that it was begun with.
const OPTIONAL: [&str; 2] = [MEMBER, EXPLANATION];

fn top(name: &'static str, ty: Type) -> SinkColumn {
    SinkColumn { name: name.into(), ty, from: From::Top(name) }
}

/// The columns of a file that was begun with columns of these names: those `wanted` today, with or without the optional
/// ones as the file has them. `None` where the two differ in others.
pub(super) fn begun_with(wanted: &[SinkColumn], names: &[String]) -> Option<Vec<SinkColumn>> {
    let mut others = wanted.iter().filter(|column| !column.optional());
    let begun = names.iter().map(|name| {
        let optional = OPTIONAL.into_iter().find(|optional| optional == name);
        let same = || wanted.iter().find(|column| column.name == *name && !column.optional());
        match (same(), optional) {
            (None, Some(optional)) => Some(top(optional, Type::String)),
            _ => others.next().filter(|column| column.name == *name).cloned(),
        }
    });
    let begun: Vec<SinkColumn> = begun.collect::<Option<_>>()?;
    others.next().is_none().then_some(begun)
}

/// The columns of an endpoint's predictions: what every prediction has, the key and id fields, the output, what the
/// endpoint includes, and times; the member of a family and explanations where there are any. A name that occurs twice
/// keeps its first column; a field that bears the name of a column of the record itself is called `field_NAME`.
pub(super) fn columns_of(project: &Project, endpoint: &Endpoint) -> Vec<SinkColumn> {
    let model = project.models.get(&endpoint.model);
    let member = model.is_some_and(|model| model.per.is_some()).then(|| top(MEMBER, Type::String));
    let explanation = endpoint.explain.then(|| top(EXPLANATION, Type::String));
    let mut columns = vec![
        top("prediction_id", Type::String),
        top("endpoint", Type::String),
        top("model", Type::String),
        top("version", Type::Int),
        top("arm", Type::String),
    ];
    columns.extend(member);
    columns.extend([
        top("stream", Type::String),
        top("partition", Type::Int),
        top("offset", Type::Int),
        top("event_time", Type::Timestamp),
        top("appended_at", Type::Timestamp),
        SinkColumn { name: "committed_at".into(), ty: Type::Timestamp, from: From::CommittedAt },
    ]);
    let fixed = columns.len();
    let mut add = |group: &'static str, name: &SmolStr, ty| {
        let taken = columns[..fixed].iter().chain(&explanation).any(|column| column.name == *name);
        let shown = if taken { smol_str::format_smolstr!("field_{name}") } else { name.clone() };
        if !columns.iter().any(|column| column.name == shown) {
            columns.push(SinkColumn { name: shown, ty, from: From::Nested(group, name.clone()) });
        }
    };
    if let Some(model) = model {
        let (view, stream) = (&model.view, &model.view.stream);
        for (group, fields) in [("key", &stream.key), ("id", &stream.id)] {
            for field in fields.iter().filter_map(|&field| stream.schema.fields.get(field)) {
                add(group, &field.name, field.ty);
            }
        }
        let output = match model.task {
            Task::Classification => "probability",
            Task::Regression => "value",
        };
        add("outputs", &output.into(), Type::Float);
        for name in &endpoint.include {
            add("include", name, included_type(stream, view, name));
        }
    }
    // Last, as it is long.
    columns.extend(explanation);
    columns
}

impl SinkColumn {
    fn optional(&self) -> bool {
        matches!(self.from, From::Top(MEMBER | EXPLANATION))
    }
}

fn included_type(stream: &Stream, view: &View, name: &str) -> Type {
    let column = view.columns.iter().find(|column| column.name == name).map(|column| column.ty);
    let field = || stream.schema.fields.iter().find(|field| field.name == name).map(|field| field.ty);
    column.or_else(field).unwrap_or(Type::String)
}

/// A value of another type than its column's is NULL; an object stands in a column of text as it is written.
fn typed(json: &serde_json::Value, ty: Type) -> Value {
    let found = match ty {
        Type::Bool => json.as_bool().map(Value::Bool),
        Type::Int => json.as_i64().map(Value::Int),
        Type::Interval => json.as_i64().map(Value::Interval),
        Type::Float => json.as_f64().map(Value::float),
        Type::String => match json {
            serde_json::Value::Object(_) => Some(Value::String(json.to_string().into())),
            json => json.as_str().map(|text| Value::String(text.into())),
        },
        Type::Timestamp => json.as_i64().or_else(|| json.as_str().and_then(parse_timestamp)).map(Value::Timestamp),
    };
    found.unwrap_or(Value::Null)
}
