//! Every way into a stream reads a field's spellings alike.

use std::sync::Arc;

use polars::prelude::{Column as PolarsColumn, DataFrame, NamedFrom, ParquetWriter, Series};

use super::fixture::{self, Folder};
use super::history::read_history;
use crate::element::Element;
use crate::enumeration::Enumeration;
use crate::schema::{Schema, Stream};
use crate::timestamp::TimeFormat;
use crate::value::{Type, Value};

/// The stream of the fixture, its `at` of this format and its `team` one of two.
fn stream(format: &str) -> Arc<Stream> {
    let mut stream = fixture::stream().as_ref().clone();
    let mut fields = stream.schema.fields.clone();
    fields[4].values = Some(Enumeration::new(["Reds", "Blues"].map(Into::into).into(), None));
    fields[6].format = if format.is_empty() { TimeFormat::Usual } else { TimeFormat::parse(format).unwrap() };
    stream.schema = Arc::new(Schema::new(fields));
    Arc::new(stream)
}

/// What CSV, JSON and Parquet make of a field's text; `None` where the row is rejected.
fn read(format: &str, field: &str, text: &str) -> [Option<Value>; 3] {
    let folder = Folder::new();
    folder.write("a.csv", format!("match_id,seq,{field}\na,1,\"{text}\"\n"));
    folder.write("a.jsonl", serde_json::json!({ "match_id": "a", "seq": 1, field: text }).to_string());
    let columns =
        [Series::new("match_id".into(), ["a"]), Series::new("seq".into(), [1_i64]), Series::new(field.into(), [text])];
    let mut frame = DataFrame::new(1, columns.into_iter().map(PolarsColumn::from).collect()).unwrap();
    ParquetWriter::new(std::fs::File::create(folder.path("a.parquet")).unwrap()).finish(&mut frame).unwrap();
    ["a.csv", "a.jsonl", "a.parquet"].map(|file| {
        let history = read_history(&stream(format), &folder.pattern(file), &|_| ()).unwrap();
        (history.len() == 1).then(|| history.table.column(field).unwrap().value(0))
    })
}

#[test]
fn usual_spellings_of_times_are_one_in_files_events_and_casts() {
    let cast = Element::resolve("cast:timestamp", &[Type::String]).unwrap().element;
    for text in [
        "2024-09-05",
        "2024-09-05 20:20",
        "2024-09-05T20:20:00.123456789Z",
        "2024-09-05 22:20:00 +0200",
        "20240905T202000Z",
        "Thu, 5 Sep 2024 20:20:00 GMT",
        "9/5/2024",
        " 2024-09-05",
        "2024-09-05T24:00",
        "2016-12-31T23:59:60Z",
        "1725567600",
        "20240905",
    ] {
        let casted = cast.apply(&[Value::String(text.into())], &mut 0);
        let expected = (!casted.is_null()).then_some(casted);
        assert_eq!(read("", "at", text), [(); 3].map(|()| expected.clone()), "{text}");
    }
}

#[test]
fn declared_formats_are_read_alike() {
    for (format, text, expected) in [
        ("epoch_ms", "1725567600123", Some(1_725_567_600_123_000)),
        ("epoch_s", "1725567600.5", Some(1_725_567_600_500_000)),
        ("epoch_s", "2024-09-05T20:20:00Z", Some(1_725_567_600_000_000)),
        ("epoch_s", "soon", None),
        ("epoch_ns", "1725567600000000000", Some(1_725_567_600_000_000)),
        ("epoch_ns", "1725567600000000000.0", None),
        ("epoch_s", "9007199254740992.0", None),
        ("epoch_ms", "1725567600000.0", Some(1_725_567_600_000_000)),
        ("%m/%d/%Y %H:%M", "9/5/2024 20:20", Some(1_725_567_600_000_000)),
        ("%m/%d/%Y %H:%M", "13/5/2024 20:20", None),
        ("%m/%d/%Y %H:%M", "2024-09-05", None),
    ] {
        assert_eq!(read(format, "at", text), [(); 3].map(|()| expected.map(Value::Timestamp)), "{format} {text}");
    }
}

#[test]
fn numbers_of_a_declared_format_are_read_alike() {
    let folder = Folder::new();
    folder.write(
        "a.jsonl",
        r#"{"match_id":"a","seq":1,"at":1725567600}
{"match_id":"a","seq":2,"at":1725567600.5}"#,
    );
    let columns = [
        Series::new("match_id".into(), ["a", "a"]),
        Series::new("seq".into(), [1_i64, 2]),
        Series::new("at".into(), [1_725_567_600.0, 1_725_567_600.5]),
    ];
    let mut frame = DataFrame::new(2, columns.into_iter().map(PolarsColumn::from).collect()).unwrap();
    ParquetWriter::new(std::fs::File::create(folder.path("a.parquet")).unwrap()).finish(&mut frame).unwrap();
    for file in ["a.jsonl", "a.parquet"] {
        let history = read_history(&stream("epoch_s"), &folder.pattern(file), &|_| ()).unwrap();
        let at = history.table.column("at").unwrap();
        let expected = [1_725_567_600_000_000, 1_725_567_600_500_000].map(Value::Timestamp);
        assert_eq!([0, 1].map(|row| at.value(row)), expected, "{file}");
    }
}

#[test]
fn numbers_that_tell_no_time_are_no_event_anywhere() {
    let json = |number: &str| format!(r#"{{"match_id":"a","seq":1,"at":{number}}}"#);
    for (format, number, column) in [
        ("epoch_ns", "1.7e18", Series::new("at".into(), [1.7e18])),
        ("epoch_us", "9007199254740994.0", Series::new("at".into(), [9_007_199_254_740_994.0])),
        ("epoch_ns", "18446744073709551615", Series::new("at".into(), [u64::MAX])),
        ("epoch_s", "9223372036854775807", Series::new("at".into(), [i64::MAX])),
    ] {
        let folder = Folder::new();
        folder.write("a.jsonl", json(number));
        let columns = [Series::new("match_id".into(), ["a"]), Series::new("seq".into(), [1_i64]), column];
        let mut frame = DataFrame::new(1, columns.into_iter().map(PolarsColumn::from).collect()).unwrap();
        ParquetWriter::new(std::fs::File::create(folder.path("a.parquet")).unwrap()).finish(&mut frame).unwrap();
        for file in ["a.jsonl", "a.parquet"] {
            let history = read_history(&stream(format), &folder.pattern(file), &|_| ()).unwrap();
            assert_eq!(history.len(), 0, "{format} {number} of {file}");
        }
    }
}

#[test]
fn a_text_that_is_not_declared_is_no_event_anywhere() {
    assert_eq!(read("", "team", "Reds"), [(); 3].map(|()| Some(Value::String("Reds".into()))));
    assert_eq!(read("", "team", "Greens"), [None, None, None]);
}
