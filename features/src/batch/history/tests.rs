//! Reading files: what is taken, what is refused row by row, and what refuses the whole file.

use std::sync::Mutex;

use polars::prelude::{
    BooleanChunked, Column as PolarsColumn, DataFrame, DataType, IntoSeries, NamedFrom, NewChunkedArray, ParquetWriter,
    Series, TimeUnit,
};

use super::*;
use crate::batch::fixture::{Folder, gzip, stream};
use crate::batch::{FileFault, write_table};
use crate::value::Value;

const HEADER: &str = "match_id,seq,points,odds,team,home,at\n";

fn read(folder: &Folder, pattern: &str) -> Result<History, BatchError> {
    read_history(&stream(), &folder.pattern(pattern), &|_| ())
}

fn fault(folder: &Folder, pattern: &str) -> FileFault {
    match read(folder, pattern) {
        Err(BatchError::File { fault, .. }) => fault,
        other => panic!("expected a fault of the file, got {other:?}"),
    }
}

fn values(history: &History, field: &str) -> Vec<Value> {
    let column = history.table.column(field).unwrap();
    (0..column.len()).map(|row| column.value(row)).collect()
}

fn write_parquet(folder: &Folder, name: &str, series: Vec<Series>) {
    let rows = series[0].len();
    let mut frame = DataFrame::new(rows, series.into_iter().map(PolarsColumn::from).collect()).unwrap();
    ParquetWriter::new(std::fs::File::create(folder.path(name)).unwrap()).finish(&mut frame).unwrap();
}

/// Two rows, with `extra` columns.
fn parquet_with(folder: &Folder, name: &str, extra: Vec<Series>) {
    let mut series = vec![Series::new("match_id".into(), ["a", "b"]), Series::new("seq".into(), [1_i64, 2])];
    series.extend(extra);
    write_parquet(folder, name, series);
}

#[test]
fn csv_is_read_by_header_names_in_any_order() {
    let folder = Folder::new();
    folder.write("a.csv", "points,unknown,seq,match_id,odds,team,home,at\n3,x,1,a,1.5,Reds,true,2024-09-05\n");
    let history = read(&folder, "a.csv").unwrap();
    let row: Vec<Value> = history.table.columns.iter().map(|column| column.value(0)).collect();
    let day = Value::Timestamp(1_725_494_400_000_000);
    let expected = [
        Value::String("a".into()),
        Value::Int(1),
        Value::Int(3),
        Value::Float(1.5),
        Value::String("Reds".into()),
        Value::Bool(true),
        day,
    ];
    assert_eq!(row, expected);
    assert_eq!((history.len(), history.rejects.len(), history.notes.len()), (1, 0, 0));
}

#[test]
fn na_nan_and_nothing_are_null_in_csv() {
    let folder = Folder::new();
    folder.write("a.csv", format!("{HEADER}a,1,NA,NaN,,NA,NaN\n"));
    let history = read(&folder, "a.csv").unwrap();
    for field in ["points", "odds", "team", "home", "at"] {
        assert_eq!(values(&history, field), [Value::Null], "{field}");
    }
}

#[test]
fn a_cell_of_another_type_rejects_its_row_only() {
    let folder = Folder::new();
    folder.write("a.csv", format!("{HEADER}a,1,3,,,,\na,2,three,,,,\na,3,4,,,,\n"));
    let history = read(&folder, "a.csv").unwrap();
    assert_eq!(values(&history, "seq"), [Value::Int(1), Value::Int(3)]);
    let expected = Reject {
        file: folder.path("a.csv"),
        row: 2,
        field: Some("points".to_owned()),
        reason: "`three` is no int".to_owned(),
        raw: "a,2,three,,,,".to_owned(),
    };
    assert_eq!(history.rejects, [expected]);
}

#[test]
fn other_spellings_of_null_and_infinity_are_rejected() {
    for cell in ["nan", "null", "None", "inf", "-Infinity", "1e999", " 1"] {
        let folder = Folder::new();
        folder.write("a.csv", format!("{HEADER}a,1,,{cell},,,\n"));
        let history = read(&folder, "a.csv").unwrap();
        assert_eq!(history.rejects.len(), 1, "{cell}");
    }
}

#[test]
fn an_integer_beyond_64_bits_is_rejected() {
    let folder = Folder::new();
    folder.write("a.csv", format!("{HEADER}a,1,9223372036854775808,,,,\na,2,9223372036854775807,,,,\n"));
    let history = read(&folder, "a.csv").unwrap();
    assert_eq!(values(&history, "points"), [Value::Int(i64::MAX)]);
    assert_eq!(history.rejects[0].row, 1);
}

#[test]
fn a_row_of_another_length_is_rejected() {
    let folder = Folder::new();
    folder.write("a.csv", format!("{HEADER}a,1,3\na,2,3,,,,\n"));
    let history = read(&folder, "a.csv").unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(history.rejects[0].reason, "the row has 3 cells, the header 7");
}

#[test]
fn quotes_and_line_ends_inside_cells_are_kept() {
    let folder = Folder::new();
    folder.write("a.csv", format!("{HEADER}a,1,,,\"the \"\"Reds\"\",\nand more\",,\r\n"));
    let history = read(&folder, "a.csv").unwrap();
    assert_eq!(values(&history, "team"), [Value::String("the \"Reds\",\nand more".into())]);
}

#[test]
fn gzip_csv_is_read() {
    let folder = Folder::new();
    folder.write_gzip("a.csv.gz", &format!("{HEADER}a,1,3,,,,\n"));
    assert_eq!(values(&read(&folder, "a.csv.gz").unwrap(), "points"), [Value::Int(3)]);
}

#[test]
fn files_of_all_formats_are_read_in_name_order() {
    let folder = Folder::new();
    folder.write("2.csv", format!("{HEADER}b,2,,,,,\n"));
    folder.write_gzip("3.csv.gz", &format!("{HEADER}c,3,,,,,\n"));
    parquet_with(&folder, "1.parquet", vec![]);
    let history = read(&folder, "*").unwrap();
    assert_eq!(values(&history, "seq"), [1, 2, 2, 3].map(Value::Int));
    assert_eq!(history.times, [1, 2, 2, 3]);
}

#[test]
fn progress_tells_the_rows_read_so_far() {
    let folder = Folder::new();
    folder.write("1.csv", format!("{HEADER}b,2,,,,,\n"));
    parquet_with(&folder, "2.parquet", vec![]);
    let told = Mutex::new(Vec::new());
    read_history(&stream(), &folder.pattern("*"), &|rows| told.lock().unwrap().push(rows)).unwrap();
    assert_eq!(told.lock().unwrap().iter().max(), Some(&3));
}

#[test]
fn a_row_without_an_event_time_is_rejected_with_its_place_in_the_file() {
    let folder = Folder::new();
    folder.write("a.csv", format!("{HEADER}a,x,,,,,\na,NA,7,,,,\na,3,,,,,\n"));
    let history = read(&folder, "a.csv").unwrap();
    assert_eq!(history.times, [3]);
    assert_eq!(history.rejects.iter().map(|reject| reject.row).collect::<Vec<_>>(), [1, 2]);
    assert!(history.rejects[1].raw.contains("\"points\":7"), "{}", history.rejects[1].raw);
}

#[test]
fn narrow_integers_widen_and_whole_floats_are_integers() {
    let folder = Folder::new();
    let int8 = Series::new("points".into(), [7_i64, -1]).cast(&DataType::Int8).unwrap();
    parquet_with(&folder, "int8.parquet", vec![int8]);
    assert_eq!(values(&read(&folder, "int8.parquet").unwrap(), "points"), [Value::Int(7), Value::Int(-1)]);
    parquet_with(&folder, "float.parquet", vec![Series::new("points".into(), [7.0, f64::NAN])]);
    assert_eq!(values(&read(&folder, "float.parquet").unwrap(), "points"), [Value::Int(7), Value::Null]);
}

#[test]
fn every_integer_type_of_parquet_is_read() {
    use DataType as D;
    for ty in [D::Int8, D::Int16, D::Int32, D::Int64, D::UInt8, D::UInt16, D::UInt32, D::UInt64] {
        let folder = Folder::new();
        let points = Series::new("points".into(), [5_i64, 6]).cast(&ty).unwrap();
        let odds = Series::new("odds".into(), [5_i64, 6]).cast(&ty).unwrap();
        parquet_with(&folder, "a.parquet", vec![points, odds]);
        let history = read(&folder, "a.parquet").unwrap();
        assert_eq!(values(&history, "points"), [5, 6].map(Value::Int), "{ty}");
        assert_eq!(values(&history, "odds"), [5.0, 6.0].map(Value::Float), "{ty}");
    }
}

#[test]
fn a_broken_float_for_an_integer_rejects_its_row() {
    let folder = Folder::new();
    parquet_with(&folder, "a.parquet", vec![Series::new("points".into(), [1.5, 2.0])]);
    let history = read(&folder, "a.parquet").unwrap();
    assert_eq!(values(&history, "match_id"), [Value::String("b".into())]);
    assert_eq!(history.rejects[0].reason, "1.5 is no integer of 64 bits");
    assert_eq!(history.rejects[0].raw, r#"{"match_id":"a","seq":"1","points":"1.5"}"#);
}

#[test]
fn nan_is_null_and_infinity_is_rejected_in_parquet() {
    let folder = Folder::new();
    parquet_with(&folder, "a.parquet", vec![Series::new("odds".into(), [f64::NAN, f64::INFINITY])]);
    let history = read(&folder, "a.parquet").unwrap();
    assert_eq!(values(&history, "odds"), [Value::Null]);
    assert_eq!(history.rejects[0].reason, "inf is not finite");
}

#[test]
fn a_float_of_32_bits_keeps_its_value() {
    let folder = Folder::new();
    parquet_with(&folder, "a.parquet", vec![Series::new("odds".into(), [0.1_f32, 0.5])]);
    let history = read(&folder, "a.parquet").unwrap();
    assert_eq!(values(&history, "odds"), [Value::Float(f64::from(0.1_f32)), Value::Float(0.5)]);
}

#[test]
fn dates_and_times_of_every_unit_become_timestamps() {
    let second = Value::Timestamp(1_000_000);
    for (unit, factor) in [
        (TimeUnit::Milliseconds, 1_000_i64),
        (TimeUnit::Microseconds, 1_000_000),
        (TimeUnit::Nanoseconds, 1_000_000_000),
    ] {
        let folder = Folder::new();
        let at = Series::new("at".into(), [factor, factor]).cast(&DataType::Datetime(unit, None)).unwrap();
        parquet_with(&folder, "a.parquet", vec![at]);
        assert_eq!(values(&read(&folder, "a.parquet").unwrap(), "at")[0], second, "{unit:?}");
    }
    let folder = Folder::new();
    let days = Series::new("at".into(), [1_i32, 0]).cast(&DataType::Date).unwrap();
    parquet_with(&folder, "a.parquet", vec![days]);
    assert_eq!(values(&read(&folder, "a.parquet").unwrap(), "at")[0], Value::Timestamp(86_400_000_000));
}

#[test]
fn text_is_parsed_for_a_timestamp() {
    let folder = Folder::new();
    parquet_with(&folder, "a.parquet", vec![Series::new("at".into(), ["1970-01-02", "soon"])]);
    let history = read(&folder, "a.parquet").unwrap();
    assert_eq!(values(&history, "at"), [Value::Timestamp(86_400_000_000)]);
    let reason = &history.rejects[0].reason;
    assert!(reason.starts_with("`soon` is no timestamp: write it like "), "{reason}");
}

#[test]
fn a_column_of_nothing_but_null_has_every_type() {
    let folder = Folder::new();
    let nulls = BooleanChunked::from_iter_options("points".into(), [None, None].into_iter()).into_series();
    parquet_with(&folder, "a.parquet", vec![nulls]);
    assert_eq!(values(&read(&folder, "a.parquet").unwrap(), "points"), [Value::Null, Value::Null]);
}

#[test]
fn a_column_of_another_type_names_both_types() {
    let folder = Folder::new();
    parquet_with(&folder, "a.parquet", vec![Series::new("points".into(), ["1", "2"])]);
    let message = read(&folder, "a.parquet").unwrap_err().to_string();
    assert!(message.contains("column `points` holds str, but the field is declared int"), "{message}");
}

#[test]
fn a_column_of_a_type_that_no_field_has_is_refused_where_it_is_declared_and_ignored_elsewhere() {
    let folder = Folder::new();
    let list = || Series::new("x".into(), [Series::new("".into(), [1_i64]), Series::new("".into(), [2_i64])]);
    parquet_with(&folder, "declared.parquet", vec![list().with_name("points".into())]);
    assert!(matches!(fault(&folder, "declared.parquet"), FileFault::Mistyped { column, .. } if column == "points"));
    parquet_with(&folder, "elsewhere.parquet", vec![list().with_name("unknown".into())]);
    assert_eq!(read(&folder, "elsewhere.parquet").unwrap().len(), 2);
}

#[test]
fn a_missing_optional_column_is_null_and_noted_once() {
    let folder = Folder::new();
    folder.write("1.csv", "match_id,seq,odds,team,home,at,Point\na,1,,,,,3\n");
    folder.write("2.csv", "match_id,seq,odds,team,home,at\na,2,,,,\n");
    let history = read(&folder, "*.csv").unwrap();
    assert_eq!(values(&history, "points"), [Value::Null, Value::Null]);
    let expected = Note::MissingColumn {
        field: "points".to_owned(),
        nearest: Some("Point".to_owned()),
        files: 2,
        first: folder.path("1.csv"),
    };
    assert_eq!(history.notes, [expected]);
}

#[test]
fn a_missing_key_column_names_the_nearest() {
    let folder = Folder::new();
    folder.write("a.csv", "matchid,seq\na,1\n");
    let message = read(&folder, "a.csv").unwrap_err().to_string();
    assert!(message.contains("no column `match_id`") && message.contains("`matchid`"), "{message}");
    parquet_with(&folder, "a.parquet", vec![]);
    write_parquet(&folder, "b.parquet", vec![Series::new("seq".into(), [1_i64])]);
    assert!(matches!(fault(&folder, "b.parquet"), FileFault::MissingColumn { column, .. } if column == "match_id"));
}

#[test]
fn a_column_named_twice_is_refused() {
    let folder = Folder::new();
    folder.write("a.csv", "match_id,seq,seq\na,1,2\n");
    assert!(matches!(fault(&folder, "a.csv"), FileFault::DoubleColumn { column } if column == "seq"));
}

#[test]
fn an_empty_file_is_refused_whatever_its_format() {
    for name in ["a.parquet", "a.csv", "a.csv.gz", "a.jsonl"] {
        let folder = Folder::new();
        folder.write(name, "");
        assert!(matches!(fault(&folder, name), FileFault::Empty), "{name}");
    }
}

#[test]
fn a_gzip_file_of_nothing_is_empty() {
    let folder = Folder::new();
    folder.write_gzip("a.csv.gz", "");
    assert!(matches!(fault(&folder, "a.csv.gz"), FileFault::Empty));
}

#[test]
fn a_parquet_file_cut_in_half_is_refused() {
    let folder = Folder::new();
    parquet_with(&folder, "whole.parquet", vec![]);
    let whole = std::fs::read(folder.path("whole.parquet")).unwrap();
    for length in [5, whole.len() / 2, whole.len() - 1] {
        folder.write("half.parquet", &whole[..length]);
        assert!(matches!(fault(&folder, "half.parquet"), FileFault::CutOff), "{length} bytes");
    }
}

#[test]
fn a_parquet_file_damaged_inside_is_refused() {
    let folder = Folder::new();
    parquet_with(&folder, "a.parquet", vec![]);
    let mut bytes = std::fs::read(folder.path("a.parquet")).unwrap();
    let footer = bytes.len() - 40;
    bytes[footer..footer + 20].fill(0xff);
    folder.write("a.parquet", bytes);
    assert!(matches!(fault(&folder, "a.parquet"), FileFault::Damaged { .. }));
}

#[test]
fn a_file_of_another_format_than_its_name_is_refused() {
    let folder = Folder::new();
    folder.write("a.parquet", HEADER);
    assert!(matches!(fault(&folder, "a.parquet"), FileFault::OtherFormat { expected: "Parquet" }));
    folder.write("a.csv.gz", HEADER);
    assert!(matches!(fault(&folder, "a.csv.gz"), FileFault::OtherFormat { expected: "gzip" }));
}

#[test]
fn a_gzip_file_cut_in_half_is_refused() {
    let folder = Folder::new();
    let rows: String = (0..5000).map(|row| format!("match {row},{row},{},,,,\n", row * 7919 % 1000)).collect();
    let whole = gzip(format!("{HEADER}{rows}").as_bytes());
    folder.write("half.csv.gz", &whole[..whole.len() / 2]);
    assert!(matches!(fault(&folder, "half.csv.gz"), FileFault::CutOff));
}

#[test]
fn csv_that_is_not_utf8_names_the_row() {
    let folder = Folder::new();
    folder.write("a.csv", [HEADER.as_bytes(), b"a,1,,,,,\na,2,,,S\xe3o Paulo,,\n"].concat());
    assert!(matches!(fault(&folder, "a.csv"), FileFault::NotUtf8 { row: 2 }));
}

#[test]
fn a_header_that_is_not_utf8_is_refused() {
    let folder = Folder::new();
    let utf16: Vec<u8> = HEADER.encode_utf16().flat_map(u16::to_le_bytes).collect();
    folder.write("a.csv", [b"\xff\xfe".as_slice(), &utf16].concat());
    assert!(matches!(fault(&folder, "a.csv"), FileFault::HeaderNotUtf8));
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let folder = Folder::new();
    folder.write("a.csv", format!("\u{feff}{HEADER}a,1,,,,,\n"));
    folder.write("a.jsonl", "\u{feff}{\"match_id\":\"a\",\"seq\":1}\n");
    for name in ["a.csv", "a.jsonl"] {
        assert_eq!(read(&folder, name).unwrap().len(), 1, "{name}");
    }
}

#[test]
fn a_row_without_its_key_is_rejected() {
    let folder = Folder::new();
    folder.write("a.csv", format!("{HEADER},1,,,,,\na,2,,,,,\n"));
    let history = read(&folder, "a.csv").unwrap();
    assert_eq!(history.times, [2]);
    assert_eq!(history.rejects[0].field.as_deref(), Some("match_id"));
}

#[test]
fn of_several_broken_files_the_first_is_named() {
    let folder = Folder::new();
    for name in ["1.csv", "2.csv", "3.csv"] {
        folder.write(name, "");
    }
    let error = read(&folder, "*.csv").unwrap_err();
    assert!(error.to_string().contains("1.csv"), "{error}");
}

#[test]
fn an_unknown_ending_is_refused() {
    let folder = Folder::new();
    folder.write("a.xlsx", "x");
    assert!(matches!(fault(&folder, "a.xlsx"), FileFault::UnknownEnding));
}

#[test]
fn a_pattern_without_a_match_is_refused() {
    let folder = Folder::new();
    assert!(matches!(read(&folder, "*.parquet"), Err(BatchError::NoFiles { .. })));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = Folder::new();
    let missing = folder.path("missing.csv");
    let error = read_files(&stream(), std::slice::from_ref(&missing), &|_| ()).unwrap_err();
    assert!(error.to_string().starts_with(&missing.display().to_string()), "{error}");
}

#[test]
fn a_file_with_a_header_only_holds_no_events() {
    let folder = Folder::new();
    folder.write("a.csv", HEADER);
    assert!(read(&folder, "a.csv").unwrap().is_empty());
}

#[test]
fn what_is_written_is_read_back_in_every_format() {
    let folder = Folder::new();
    let cells = "a,1,3,1.5,Reds,true,2024-09-05T01:02:03.000004Z\na,2,,,,,\nb,3,-9223372036854775808,5e-324,\"x,\"\"y\",false,1969-12-31T23:59:59Z\n";
    folder.write("source.csv", format!("{HEADER}{cells}"));
    let history = read(&folder, "source.csv").unwrap();
    assert_eq!(history.len(), 3);
    for name in ["copy.parquet", "copy.csv", "copy.csv.gz"] {
        write_table(&folder.path(name), &history.table).unwrap();
        let copy = read(&folder, name).unwrap();
        for field in history.stream.schema.fields.iter() {
            assert_eq!(values(&copy, &field.name), values(&history, &field.name), "{name}: {}", field.name);
        }
    }
}

#[test]
fn a_file_that_cannot_be_written_leaves_nothing_behind() {
    let folder = Folder::new();
    let history = History::from_columns(&stream(), empty_columns(), folder.dir());
    // A folder stands where the file should be.
    std::fs::create_dir(folder.path("out.parquet")).unwrap();
    assert!(write_table(&folder.path("out.parquet"), &history.table).is_err());
    assert_eq!(folder.names(), ["out.parquet"]);
}

fn empty_columns() -> Vec<Column> {
    stream().schema.fields.iter().map(|field| rows::nulls(field.ty, 0)).collect()
}

#[test]
fn json_lines_go_through_the_decoder_of_live_events() {
    let folder = Folder::new();
    let lines = [
        r#"{"match_id":"a","seq":1,"points":3.0,"odds":1,"unknown":[1],"at":"2024-09-05T00:00:00Z"}"#,
        "",
        r#"{"match_id":"a","seq":2,"points":"3"}"#,
        r#"{"match_id":"a""#,
        r#"{"match_id":"a","seq":null}"#,
        r#"{"match_id":"a","seq":6,"home":true}"#,
    ];
    folder.write("a.jsonl", lines.join("\n"));
    let history = read(&folder, "a.jsonl").unwrap();
    assert_eq!(history.times, [1, 6]);
    assert_eq!(values(&history, "points"), [Value::Int(3), Value::Null]);
    assert_eq!(values(&history, "at")[0], Value::Timestamp(1_725_494_400_000_000));
    let rejects: Vec<(u64, Option<&str>)> =
        history.rejects.iter().map(|reject| (reject.row, reject.field.as_deref())).collect();
    assert_eq!(rejects, [(3, Some("points")), (4, None), (5, Some("seq"))]);
    assert_eq!(history.rejects[1].raw, lines[3]);
}

#[test]
fn gzip_json_lines_are_read() {
    let folder = Folder::new();
    folder.write_gzip("a.jsonl.gz", "{\"match_id\":\"a\",\"seq\":1}\n");
    assert_eq!(read(&folder, "a.jsonl.gz").unwrap().times, [1]);
}

#[test]
fn a_json_line_that_is_not_utf8_is_rejected_alone() {
    let folder = Folder::new();
    folder.write("a.jsonl", b"{\"match_id\":\"S\xe3o\",\"seq\":1}\n{\"match_id\":\"a\",\"seq\":2}\n");
    let history = read(&folder, "a.jsonl").unwrap();
    assert_eq!((history.times.as_slice(), history.rejects[0].row), ([2].as_slice(), 1));
}

#[test]
fn a_huge_json_line_is_rejected_and_the_next_one_read() {
    let folder = Folder::new();
    let huge = "x".repeat(17 << 20);
    folder.write("a.jsonl", format!("{{\"match_id\":\"{huge}\",\"seq\":1}}\n{{\"match_id\":\"a\",\"seq\":2}}\n"));
    let history = read(&folder, "a.jsonl").unwrap();
    assert_eq!(history.times, [2]);
    assert!(history.rejects[0].raw.len() <= 64 << 10);
}

#[test]
fn deeply_nested_json_is_rejected() {
    let folder = Folder::new();
    folder.write("a.jsonl", "[".repeat(100_000));
    assert_eq!(read(&folder, "a.jsonl").unwrap().rejects.len(), 1);
}
