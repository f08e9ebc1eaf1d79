//! What every implementation of [`Tables`] promises.

#![expect(clippy::expect_used, reason = "test support, wherever it is compiled: what goes wrong here ends the test")]

use std::ops::ControlFlow;

use super::{Cell, Column, Day, ExposureRange, Kind, Tables, TablesError, Target, transact};

const POSITIONS: Target<'static> = Target {
    table: "positions",
    columns: &[Column("follower", Kind::Text), Column("part", Kind::Int), Column("next", Kind::Int)],
};
const OUTCOMES: Target<'static> = Target {
    table: "outcomes",
    columns: &[
        Column("subject", Kind::Text),
        Column("revision", Kind::Int),
        Column("value", Kind::Real),
        Column("received_at", Kind::Int),
        Column("source", Kind::Text),
        Column("joined", Kind::Int),
    ],
};
const EXPOSURES: &[Column] = &[
    Column("endpoint", Kind::Int),
    Column("unit", Kind::Text),
    Column("pair", Kind::Bytes),
    Column("shadow", Kind::Int),
    Column("arm", Kind::Int),
    Column("time", Kind::Int),
    Column("experiment", Kind::Int),
    Column("period", Kind::Int),
    Column("forced", Kind::Int),
    Column("score", Kind::Real),
    Column("failed", Kind::Int),
    Column("latency_us", Kind::Int),
];
const DAY: i64 = 86_400_000_000;

/// Runs every promise against the tables that `open` opens: always the same ones, empty at first.
pub fn tables(open: &mut dyn FnMut() -> Result<Box<dyn Tables>, TablesError>) {
    values_come_back_as_they_went_in(&mut *open().expect("open"));
    a_transaction_is_whole_or_nothing(&mut *open().expect("open"));
    a_row_that_is_there_is_left_out(&mut *open().expect("open"));
    a_day_is_dropped_alone(&mut *open().expect("open"));
    exposures_come_by_unit_over_all_days(&mut *open().expect("open"));
    what_was_written_is_seen_by_others(open);
    newer_tables_are_refused(open);
}

fn count(tables: &mut dyn Tables, of: &str) -> i64 {
    let counted = transact(tables, |statements| statements.query(&format!("SELECT COUNT(*) FROM {of}"), &[]));
    counted.expect("count")[0][0].int().expect("a number")
}

fn values_come_back_as_they_went_in(tables: &mut dyn Tables) {
    let reals = [0.1, -0.0, f64::MIN_POSITIVE / 4.0, f64::MAX, -1.0 / 3.0];
    let texts = ["", "g-1", "\u{e9}\"'\\", "line\nline"];
    let (first, second) = (Day::of(0), Day::of(DAY));
    let back = transact(tables, |statements| {
        statements.add_day(first)?;
        statements.add_day(second)?;
        let mut cells = Vec::new();
        for (revision, real) in (0..).zip(reals) {
            cells.extend([Cell::from("s"), Cell::Int(revision), real.into(), Cell::Int(i64::MIN), "t".into()]);
            cells.push(Cell::Int(1));
        }
        statements.insert(OUTCOMES, &cells)?;
        for text in texts {
            let sql = "INSERT INTO names (name) VALUES ($1)";
            statements.execute(sql, &[text.into()])?;
        }
        let reals =
            statements.query("SELECT value FROM outcomes WHERE subject = $1 ORDER BY revision", &["s".into()])?;
        let texts = statements.query("SELECT name FROM names ORDER BY id", &[])?;
        let null = statements.query("SELECT told_at, received_at FROM outcomes LIMIT 1", &[])?;
        Ok((reals, texts, null))
    });
    let (real, text, null) = back.expect("transaction");
    let bits = |real: f64| real.to_bits();
    let found: Vec<u64> = real.iter().map(|row| bits(row[0].real().expect("a double"))).collect();
    assert_eq!(found, reals.map(bits));
    assert_eq!(text.iter().map(|row| row[0].text().expect("text")).collect::<Vec<_>>(), texts);
    assert_eq!(null, [[Cell::Null, Cell::Int(i64::MIN)]]);
}

fn a_transaction_is_whole_or_nothing(tables: &mut dyn Tables) {
    let before = count(tables, "positions");
    let refused = tables.run(&mut |statements| {
        statements.insert(POSITIONS, &["whole".into(), Cell::Int(0), Cell::Int(1)])?;
        Err(TablesError::Damaged { what: "a test" })
    });
    assert!(matches!(refused, Err(TablesError::Damaged { .. })), "{refused:?}");
    assert_eq!(count(tables, "positions"), before);
    let failed = tables.run(&mut |statements| {
        statements.insert(POSITIONS, &["whole".into(), Cell::Int(0), Cell::Int(1)])?;
        statements.execute("INSERT INTO no_such_table VALUES (1)", &[]).map(|_| ())
    });
    assert!(matches!(failed, Err(TablesError::Unavailable { .. })), "{failed:?}");
    assert_eq!(count(tables, "positions"), before, "and the next call begins anew");
}

fn a_row_that_is_there_is_left_out(tables: &mut dyn Tables) {
    let row = |next: i64| [Cell::from("again"), Cell::Int(3), Cell::Int(next)];
    let put = |tables: &mut dyn Tables, cells: &[Cell<'_>]| {
        transact(tables, |statements| statements.insert(POSITIONS, cells)).expect("insert")
    };
    assert_eq!(put(tables, &row(1)), 1);
    assert_eq!(put(tables, &[row(2), [Cell::from("again"), Cell::Int(4), Cell::Int(9)]].concat()), 1);
    let sql = "SELECT next FROM positions WHERE follower = $1 ORDER BY part";
    let kept = transact(tables, |statements| statements.query(sql, &["again".into()])).expect("query");
    assert_eq!(kept, [[Cell::Int(1)], [Cell::Int(9)]]);
    assert_eq!(put(tables, &[]), 0);
}

fn exposure(unit: &str, pair: u8, time: i64, experiment: Option<i64>) -> Vec<Cell<'_>> {
    let mut cells = vec![Cell::Int(1), unit.into(), Cell::Bytes(vec![pair; 16].into()), Cell::Int(0), Cell::Int(5)];
    cells.extend([Cell::Int(time), experiment.into(), Cell::Int(0), Cell::Int(0), Cell::Real(0.5), Cell::Int(0)]);
    cells.push(Cell::Int(7));
    cells
}

fn a_day_is_dropped_alone(tables: &mut dyn Tables) {
    let (kept, dropped) = (Day::of(10 * DAY), Day::of(11 * DAY));
    let days = transact(tables, |statements| {
        statements.add_day(kept)?;
        statements.add_day(dropped)?;
        statements.add_day(dropped)?;
        let table = format!("exposures_{kept}");
        statements.insert(Target { table: &table, columns: EXPOSURES }, &exposure("u", 1, 10 * DAY, None))?;
        statements.drop_day(dropped)?;
        statements.days()
    });
    let days = days.expect("transaction");
    assert!(days.contains(&kept) && !days.contains(&dropped), "{days:?}");
    assert_eq!(count(tables, &format!("exposures_{kept}")), 1);
    transact(tables, |statements| statements.drop_day(kept)).expect("dropped");
}

fn exposures_come_by_unit_over_all_days(tables: &mut dyn Tables) {
    let rows = [("b", 2, 0, Some(7)), ("a", 1, DAY, Some(7)), ("b", 1, DAY, None), ("\u{e9}", 1, 2 * DAY, Some(7))];
    transact(tables, |statements| {
        for (unit, pair, time, experiment) in rows {
            let day = Day::of(time);
            statements.add_day(day)?;
            let table = format!("exposures_{day}");
            statements.insert(Target { table: &table, columns: EXPOSURES }, &exposure(unit, pair, time, experiment))?;
        }
        Ok(())
    })
    .expect("written");
    let mut read = |experiment, to| {
        let mut found = Vec::new();
        let range = ExposureRange { endpoint: 1, experiment, from: 0, to };
        let each = &mut |exposure: super::Exposure<'_>| {
            found.push((exposure.unit.to_owned(), exposure.pair[0]));
            ControlFlow::Continue(())
        };
        tables.exposures(range, each).expect("read");
        found
    };
    let owned = |rows: &[(&str, u8)]| rows.iter().map(|(unit, pair)| ((*unit).to_owned(), *pair)).collect::<Vec<_>>();
    assert_eq!(read(None, 9 * DAY), owned(&[("a", 1), ("b", 1), ("b", 2), ("\u{e9}", 1)]));
    assert_eq!(read(Some(7), 9 * DAY), owned(&[("a", 1), ("b", 2), ("\u{e9}", 1)]));
    assert_eq!(read(None, DAY), owned(&[("b", 2)]));
    assert_eq!(read(Some(8), DAY), owned(&[]));
}

fn what_was_written_is_seen_by_others(open: &mut dyn FnMut() -> Result<Box<dyn Tables>, TablesError>) {
    let before = count(&mut *open().expect("open"), "positions");
    transact(&mut *open().expect("open"), |statements| {
        statements.insert(POSITIONS, &["others".into(), Cell::Int(0), Cell::Int(1)])
    })
    .expect("written");
    assert_eq!(count(&mut *open().expect("open"), "positions"), before + 1);
}

fn newer_tables_are_refused(open: &mut dyn FnMut() -> Result<Box<dyn Tables>, TablesError>) {
    let sql = "INSERT INTO clutch_migrations (number, name) VALUES ($1, $2)";
    let newer = [Cell::Int(9_999), "of tomorrow".into()];
    transact(&mut *open().expect("open"), |statements| statements.execute(sql, &newer)).expect("written");
    let refused = open().expect_err("refused");
    assert!(matches!(refused, TablesError::Newer { found: 9_999, .. }), "{refused}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::SqliteTables;

    #[test]
    fn a_file_of_sqlite_keeps_the_contract() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("tables.db");
        tables(&mut || Ok(Box::new(SqliteTables::open(&path)?)));
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn postgresql_keeps_the_contract() {
        use crate::tables::{PostgresTables, sandbox::PostgresServer};

        let Some(server) = PostgresServer::start() else { return };
        let connection = server.connection();
        tables(&mut || Ok(Box::new(PostgresTables::open(&connection)?)));
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn postgresql_that_went_and_came_back_is_found_again() {
        use crate::tables::{PostgresTables, sandbox::PostgresServer};

        let Some(mut server) = PostgresServer::start() else { return };
        let mut tables = PostgresTables::open(&server.connection()).expect("open");
        let put = |tables: &mut PostgresTables, part| {
            let cells = ["gone".into(), Cell::Int(part), Cell::Int(1)];
            transact(tables, |statements| statements.insert(POSITIONS, &cells))
        };
        put(&mut tables, 0).expect("written");
        // In mid-transaction: what it had done is undone.
        let gone = tables.run(&mut |statements| {
            statements.insert(POSITIONS, &["gone".into(), Cell::Int(1), Cell::Int(1)])?;
            server.kill();
            statements.insert(POSITIONS, &["gone".into(), Cell::Int(2), Cell::Int(1)]).map(|_| ())
        });
        assert!(matches!(gone, Err(TablesError::Unavailable { .. })), "{gone:?}");
        put(&mut tables, 3).expect_err("it is down");
        server.restart();
        put(&mut tables, 4).expect("it is back");
        assert_eq!(count(&mut tables, "positions"), 2);
    }
}
