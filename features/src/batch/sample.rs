//! The first rows of a file whose stream is yet to be declared.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use polars::prelude::{DataType, SerReader, Series};
use serde_json::Value as Json;
use smol_str::SmolStr;

use super::error::{BatchError, FileFault};
use super::files::Format;
use super::frame;
use super::read::json::{LARGEST, whole};
use super::read::{check_ends, guarded, plain_reader};
use crate::project::propose::{Sample, SampleColumn};
use crate::schema::Field;
use crate::value::{Type, Value};

/// More columns than this are left out.
const MAX_COLUMNS: usize = 1_000;
/// Objects within objects are followed so deep.
const MAX_DEPTH: usize = 4;

/// Reads at most `rows` rows of a Parquet, CSV or JSON lines file.
pub fn read_sample(path: &Path, rows: usize) -> Result<Sample, BatchError> {
    let read = || -> Result<Sample, FileFault> {
        let file = File::open(path)?;
        match Format::of(path)? {
            Format::Parquet => parquet(file, rows),
            Format::Csv { gzip } => csv(opened(file, gzip), rows),
            Format::JsonLines { gzip } => json_lines(opened(file, gzip), rows),
            Format::Json { gzip } => json(opened(file, gzip), rows),
        }
    };
    read().map_err(|fault| BatchError::file(path, fault))
}

fn opened(file: File, gzip: bool) -> Box<dyn BufRead> {
    let file = BufReader::new(file);
    if gzip { Box::new(BufReader::new(MultiGzDecoder::new(file))) } else { Box::new(file) }
}

fn csv(source: impl BufRead, rows: usize) -> Result<Sample, FileFault> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(source);
    let fault = |error: csv::Error| FileFault::Damaged { reason: error.to_string() };
    let header = reader.headers().map_err(fault)?.clone();
    if header.is_empty() {
        return Err(FileFault::Empty);
    }
    let names = header.iter().take(MAX_COLUMNS).map(|name| name.trim_start_matches('\u{feff}').to_owned());
    let mut columns: Vec<SampleColumn> =
        names.map(|name| SampleColumn { name, path: None, values: Vec::new() }).collect();
    let mut read = 0;
    for record in reader.records().take(rows) {
        let record = record.map_err(fault)?;
        for (place, column) in columns.iter_mut().enumerate() {
            column.values.push(match record.get(place) {
                None | Some("" | "NA" | "NaN") => Value::Null,
                Some(text) => Value::String(SmolStr::new(text)),
            });
        }
        read += 1;
    }
    Ok(Sample { columns, rows: read, text: true, skipped: Vec::new() })
}

fn json_lines(source: impl BufRead, rows: usize) -> Result<Sample, FileFault> {
    let mut sample = Sample::default();
    for line in source.lines() {
        if rows <= sample.rows {
            break;
        }
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let Ok(Json::Object(object)) = serde_json::from_str(line.trim_start_matches('\u{feff}')) else {
            return Err(FileFault::OtherFormat { expected: "JSON lines" });
        };
        add(&mut sample, &object);
    }
    if sample.rows == 0 { Err(FileFault::Empty) } else { Ok(sample) }
}

/// Documents that are a message each, or an array of them.
fn json(source: impl BufRead, rows: usize) -> Result<Sample, FileFault> {
    let text = whole(source, LARGEST)?;
    let text = std::str::from_utf8(&text).map_err(|_| FileFault::OtherFormat { expected: "JSON" })?;
    let mut sample = Sample::default();
    for document in serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}')).into_iter::<Json>() {
        let messages = match document {
            Ok(Json::Array(messages)) => messages,
            Ok(message) => vec![message],
            Err(_) => return Err(FileFault::OtherFormat { expected: "JSON" }),
        };
        for message in messages {
            let Json::Object(object) = message else { return Err(FileFault::OtherFormat { expected: "JSON" }) };
            if sample.rows < rows {
                add(&mut sample, &object);
            }
        }
    }
    if sample.rows == 0 { Err(FileFault::Empty) } else { Ok(sample) }
}

/// Adds a message as a row.
fn add(sample: &mut Sample, object: &serde_json::Map<String, Json>) {
    let mut found = Vec::new();
    flatten(object, "", "", 0, &mut found, &mut sample.skipped);
    for (name, path, value) in found {
        if let Some(column) = sample.columns.iter_mut().find(|column| column.name == name) {
            // The first of two values of one name counts.
            if column.values.len() == sample.rows {
                column.values.push(value);
            }
        } else if sample.columns.len() < MAX_COLUMNS {
            let mut values = vec![Value::Null; sample.rows];
            values.push(value);
            sample.columns.push(SampleColumn { name, path, values });
        }
    }
    sample.rows += 1;
    for column in &mut sample.columns {
        column.values.resize(sample.rows, Value::Null);
    }
}

type Found = (String, Option<String>, Value);

/// The values of an object and of the objects within it, with their paths.
fn flatten(
    object: &serde_json::Map<String, Json>,
    prefix: &str,
    pointer: &str,
    depth: usize,
    found: &mut Vec<Found>,
    skipped: &mut Vec<String>,
) {
    for (key, value) in object {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}_{key}") };
        let pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
        let path = (depth > 0).then(|| pointer.clone());
        match value {
            Json::Null => found.push((name, path, Value::Null)),
            Json::Bool(b) => found.push((name, path, Value::Bool(*b))),
            Json::Number(number) => {
                let float = || number.as_f64().map_or(Value::Null, Value::float);
                found.push((name, path, number.as_i64().map_or_else(float, Value::Int)));
            }
            Json::String(text) => found.push((name, path, Value::String(SmolStr::new(text)))),
            Json::Object(inner) if depth < MAX_DEPTH => flatten(inner, &name, &pointer, depth + 1, found, skipped),
            Json::Object(_) | Json::Array(_) => {
                if !skipped.contains(&name) {
                    skipped.push(name);
                }
            }
        }
    }
}

fn parquet(mut file: File, rows: usize) -> Result<Sample, FileFault> {
    check_ends(&mut file)?;
    let damaged = |error: polars::error::PolarsError| FileFault::Damaged { reason: error.to_string() };
    let frame = guarded(|| plain_reader(file)?.with_slice(Some((0, rows))).finish().map_err(damaged))??;
    let mut sample = Sample { rows: frame.height(), ..Sample::default() };
    for column in frame.columns().iter().take(MAX_COLUMNS) {
        let name = column.name().to_string();
        match values(column.as_materialized_series()) {
            Some(values) => sample.columns.push(SampleColumn { name, path: None, values }),
            None => sample.skipped.push(name),
        }
    }
    Ok(sample)
}

fn values(series: &Series) -> Option<Vec<Value>> {
    let ty = match series.dtype() {
        DataType::Boolean => Type::Bool,
        DataType::Float32 | DataType::Float64 => Type::Float,
        DataType::String | DataType::Null => Type::String,
        DataType::Date | DataType::Datetime(..) => Type::Timestamp,
        integer if integer.is_integer() => Type::Int,
        _ => return None,
    };
    let (column, _) = frame::column_of(series, &Field::new("", ty)).ok()?;
    Some((0..column.len()).map(|row| column.value(row)).collect())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).expect("file");
        (dir, path)
    }

    #[track_caller]
    fn sampled(name: &str, bytes: &[u8], rows: usize) -> Sample {
        let (_dir, path) = file(name, bytes);
        read_sample(&path, rows).expect("sample")
    }

    #[test]
    fn text_files_give_text_and_spell_null_in_several_ways() {
        let sample = sampled("s.csv", "\u{feff}id,x\na,1\nb,NA\nc,\n\"d\"\n".as_bytes(), 10);
        assert_eq!((sample.rows, sample.text), (4, true));
        assert_eq!(sample.columns[0].name, "id");
        let x = [Value::String("1".into()), Value::Null, Value::Null, Value::Null];
        assert_eq!(sample.columns[1].values, x);
    }

    #[test]
    fn no_more_rows_are_read_than_asked_for() {
        assert_eq!(sampled("s.csv", b"x\n1\n2\n3\n", 2).rows, 2);
        assert_eq!(sampled("s.jsonl", b"{\"x\":1}\n\n{\"x\":2}\n{\"x\":3}\n", 2).rows, 2);
    }

    #[test]
    fn objects_within_events_become_fields_with_paths() {
        let text = br#"{"id":"a","data":{"score":1,"by/who":{"name":"x"}},"list":[1]}
{"id":"b","extra":2.5,"data":{"score":null}}"#;
        let sample = sampled("s.jsonl", text, 10);
        let columns: Vec<_> = sample.columns.iter().map(|c| (c.name.as_str(), c.path.as_deref())).collect();
        let expected = [
            ("id", None),
            ("data_score", Some("/data/score")),
            ("data_by/who_name", Some("/data/by~1who/name")),
            ("extra", None),
        ];
        assert_eq!(columns, expected);
        assert_eq!(sample.columns[3].values, [Value::Null, Value::Float(2.5)]);
        assert_eq!(sample.skipped, ["list"]);
    }

    #[test]
    fn files_that_are_no_sample_are_refused() {
        for (name, bytes) in [
            ("s.csv", &b""[..]),
            ("s.csv", b"a,b\n\xff,1\n"),
            ("s.jsonl", b""),
            ("s.jsonl", b"[1]\n"),
            ("s.jsonl", b"{\"x\":"),
            ("s.parquet", b""),
            ("s.parquet", b"PAR1 cut off"),
            ("s.csv.gz", b"no gzip"),
            ("s.xlsx", b"x"),
        ] {
            let (_dir, path) = file(name, bytes);
            assert!(read_sample(&path, 10).is_err(), "{name} {bytes:?}");
        }
    }
}
