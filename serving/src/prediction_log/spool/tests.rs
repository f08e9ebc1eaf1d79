use std::io::Write;
use std::path::PathBuf;

use super::*;
use crate::prediction_log::tests::record;

fn records(range: std::ops::Range<u8>) -> Vec<Record> {
    range.map(|n| record(n, if n % 2 == 0 { "even" } else { "odd" })).collect()
}

fn ids(records: &[Record]) -> Vec<u8> {
    records.iter().map(|record| record.id.as_bytes()[0]).collect()
}

fn only_file(dir: &Path) -> PathBuf {
    let mut files = std::fs::read_dir(dir).expect("folder").map(|entry| entry.expect("entry").path());
    let file = files.next().expect("a file");
    assert_eq!(files.next(), None);
    file
}

#[test]
fn what_goes_in_comes_out_in_order_and_is_gone_when_it_is_written() {
    let dir = tempfile::tempdir().expect("folder");
    let mut spool = Spool::open(dir.path(), 1 << 20).expect("open");
    assert_eq!(spool.append(&records(0..5)).0, 5);
    let (first, mark) = spool.oldest(3).expect("read");
    assert_eq!(ids(&first), [0, 1, 2]);
    assert_eq!(ids(&spool.oldest(3).expect("read").0), [0, 1, 2], "as long as nobody says that it is written");
    spool.written_to(mark.expect("a mark")).expect("written");
    let (rest, mark) = spool.oldest(9).expect("read");
    assert_eq!(ids(&rest), [3, 4]);
    spool.written_to(mark.expect("a mark")).expect("written");
    assert!(spool.is_empty());
    assert_eq!((spool.bytes(), std::fs::read_dir(dir.path()).expect("folder").count()), (0, 0));
}

#[test]
fn a_half_written_end_is_cut_off_and_written_over() {
    let dir = tempfile::tempdir().expect("folder");
    let mut spool = Spool::open(dir.path(), 1 << 20).expect("open");
    spool.append(&records(0..3));
    drop(spool);
    // What a process wrote last before it was killed, cut anywhere.
    let path = only_file(dir.path());
    let whole = std::fs::read(&path).expect("file");
    let mut last = Vec::new();
    frame::put(&mut last, &record(9, "odd"));
    for cut in [1, 4, 11, 12, 40, last.len() - 1] {
        std::fs::write(&path, [&whole[..], &last[..cut]].concat()).expect("written");
        let mut spool = Spool::open(dir.path(), 1 << 20).expect("open");
        assert_eq!(ids(&spool.records().expect("read")), [0, 1, 2], "cut at {cut}");
        assert_eq!(spool.append(&records(3..4)).0, 1);
        drop(spool);
        assert_eq!(ids(&Spool::open(dir.path(), 1 << 20).expect("open").records().expect("read")), [0, 1, 2, 3]);
    }
}

#[test]
fn a_record_that_somebody_changed_is_left_out_with_what_follows() {
    let dir = tempfile::tempdir().expect("folder");
    Spool::open(dir.path(), 1 << 20).expect("open").append(&records(0..3));
    let path = only_file(dir.path());
    let mut bytes = std::fs::read(&path).expect("file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).expect("written");
    assert_eq!(ids(&Spool::open(dir.path(), 1 << 20).expect("open").records().expect("read")), [0]);
}

#[test]
fn beyond_its_limit_it_takes_nothing_and_says_how_much() {
    let dir = tempfile::tempdir().expect("folder");
    let mut spool = Spool::open(dir.path(), 4_096).expect("open");
    let many = records(0..100);
    let (written, problem) = spool.append(&many);
    assert!(matches!(problem, Some(SpoolError::Full { limit: 4_096 })), "{problem:?}");
    assert!(0 < written && written < 100 && spool.bytes() <= 4_096, "{written}");
    assert_eq!(ids(&spool.records().expect("read")), ids(&many[..written]));
    // Room comes back with what is written.
    while !spool.is_empty() {
        let (_, mark) = spool.oldest(1).expect("read");
        spool.written_to(mark.expect("a mark")).expect("written");
    }
    assert_ne!(spool.append(&many).0, 0);
}

#[test]
fn a_file_that_takes_no_more_loses_nothing_that_it_has() {
    let dir = tempfile::tempdir().expect("folder");
    let mut spool = Spool::open(dir.path(), 1 << 20).expect("open");
    spool.append(&records(0..2));
    let mut file = std::fs::OpenOptions::new().append(true).open(only_file(dir.path())).expect("file");
    file.write_all(b"half of a record").expect("written");
    drop(spool);
    let mut spool = Spool::open(dir.path(), 1 << 20).expect("open");
    spool.append(&records(2..4));
    assert_eq!(ids(&spool.records().expect("read")), [0, 1, 2, 3]);
}

#[test]
fn what_belongs_to_a_unit_is_taken_off_the_disk() {
    let dir = tempfile::tempdir().expect("folder");
    let mut spool = Spool::open(dir.path(), 1 << 20).expect("open");
    spool.append(&records(0..6));
    assert_eq!(spool.retain(|record| record.unit.as_deref() != Some("odd")).expect("rewritten"), 3);
    let text = String::from_utf8_lossy(&std::fs::read(only_file(dir.path())).expect("file")).into_owned();
    assert!(!text.contains("odd") && text.contains("even"));
    spool.append(&records(6..7));
    drop(spool);
    let spool = Spool::open(dir.path(), 1 << 20).expect("open");
    assert_eq!(ids(&spool.records().expect("read")), [0, 2, 4, 6]);
}
