//! Tables in SQLite: a file beside the log, or memory for tests.

mod merge;

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ToSql, Transaction, TransactionBehavior, params_from_iter};

use self::merge::merged;
use super::migrations::{BY_DAY, SQLITE};
use super::{Cell, Day, Exposure, ExposureRange, Statements, Tables, TablesError, Target};

/// How long one writer waits for another.
const BUSY: Duration = Duration::from_secs(10);
/// Statements that are kept prepared: those of some days, and of all questions.
const PREPARED: usize = 256;
/// What of the file is kept in memory, in KiB.
const CACHE_KIB: i64 = 16 * 1024;

#[derive(Debug)]
pub struct SqliteTables {
    connection: Connection,
    address: String,
}

impl SqliteTables {
    /// Opens the file, made if missing, and brings it up to date.
    pub fn open(path: &Path) -> Result<SqliteTables, TablesError> {
        let address = path.display().to_string();
        let opened = || {
            let connection = Connection::open(path)?;
            connection.busy_timeout(BUSY)?;
            // Readers and the writer do not wait for each other; what is committed outlives the process at once, and a loss of
            // power but for the last moments.
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
            Ok(connection)
        };
        let connection = opened().map_err(|source| unavailable(&address, "be opened", source))?;
        SqliteTables::of(connection, address)
    }

    /// Gone when it is dropped.
    pub fn in_memory() -> Result<SqliteTables, TablesError> {
        let address = "memory".to_owned();
        let connection = Connection::open_in_memory().map_err(|source| unavailable(&address, "be made", source))?;
        SqliteTables::of(connection, address)
    }

    fn of(connection: Connection, address: String) -> Result<SqliteTables, TablesError> {
        connection.set_prepared_statement_cache_capacity(PREPARED);
        let mut tables = SqliteTables { connection, address };
        tables.within(&mut |statements| SQLITE.apply(statements, Inside::batch))?;
        Ok(tables)
    }

    fn within(&mut self, work: &mut dyn FnMut(&mut Inside<'_>) -> Result<(), TablesError>) -> Result<(), TablesError> {
        let SqliteTables { connection, address } = self;
        let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = begun.map_err(|source| unavailable(address, "begin a transaction", source))?;
        let mut inside = Inside { transaction, address };
        work(&mut inside)?;
        let Inside { transaction, address } = inside;
        transaction.commit().map_err(|source| unavailable(address, "commit", source))
    }
}

impl Tables for SqliteTables {
    fn run(&mut self, work: &mut dyn FnMut(&mut dyn Statements) -> Result<(), TablesError>) -> Result<(), TablesError> {
        self.within(&mut |inside| work(inside))
    }

    fn exposures(
        &mut self,
        range: ExposureRange,
        each: &mut dyn FnMut(Exposure<'_>) -> ControlFlow<()>,
    ) -> Result<(), TablesError> {
        let SqliteTables { connection, address } = self;
        let read = |source| unavailable(address, "read exposures", source);
        // One moment for all days.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred).map_err(read)?;
        let days = {
            let mut inside = Inside { transaction, address };
            let days = inside.days()?;
            let within = |day: &Day| *day >= Day::of(range.from) && *day <= Day::of(range.to.saturating_sub(1));
            let days: Vec<Day> = days.into_iter().filter(within).collect();
            merged(&inside.transaction, &days, range, each).map_err(read)?;
            days
        };
        tracing::trace!(days = days.len(), "exposures were read");
        Ok(())
    }
}

/// A transaction that is open.
struct Inside<'a> {
    transaction: Transaction<'a>,
    address: &'a str,
}

impl Inside<'_> {
    fn batch(&mut self, sql: &str) -> Result<(), TablesError> {
        self.transaction.execute_batch(sql).map_err(|source| unavailable(self.address, "be changed", source))
    }
}

impl Statements for Inside<'_> {
    fn execute(&mut self, sql: &str, parameters: &[Cell<'_>]) -> Result<u64, TablesError> {
        let done = self.transaction.prepare_cached(sql).and_then(|mut statement| {
            let changed = statement.execute(params_from_iter(parameters.iter()))?;
            Ok(changed as u64)
        });
        done.map_err(|source| unavailable(self.address, "be written", source))
    }

    fn query(&mut self, sql: &str, parameters: &[Cell<'_>]) -> Result<Vec<Vec<Cell<'static>>>, TablesError> {
        let read = || {
            let mut statement = self.transaction.prepare_cached(sql)?;
            let width = statement.column_count();
            let mut rows = statement.query(params_from_iter(parameters.iter()))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let cells = (0..width).map(|column| Ok(cell(row.get_ref(column)?)));
                found.push(cells.collect::<Result<Vec<_>, rusqlite::Error>>()?);
            }
            Ok(found)
        };
        read().map_err(|source| unavailable(self.address, "be read", source))
    }

    fn insert(&mut self, target: Target<'_>, cells: &[Cell<'_>]) -> Result<u64, TablesError> {
        let names: Vec<&str> = target.columns.iter().map(|column| column.0).collect();
        let places: Vec<String> = (1..=names.len()).map(|place| format!("?{place}")).collect();
        let (names, places) = (names.join(", "), places.join(", "));
        let sql = format!("INSERT OR IGNORE INTO {} ({names}) VALUES ({places})", target.table);
        let insert = || {
            let mut statement = self.transaction.prepare_cached(&sql)?;
            let mut inserted = 0;
            for row in cells.chunks_exact(target.columns.len().max(1)) {
                inserted += statement.execute(params_from_iter(row.iter()))? as u64;
            }
            Ok(inserted)
        };
        insert().map_err(|source| unavailable(self.address, "be written", source))
    }

    fn days(&mut self) -> Result<Vec<Day>, TablesError> {
        let rows = self.query("SELECT day FROM days ORDER BY day", &[])?;
        Ok(rows.iter().filter_map(|row| row.first()?.int()).map(Day::numbered).collect())
    }

    fn add_day(&mut self, day: Day) -> Result<(), TablesError> {
        let known = self.query("SELECT 1 FROM days WHERE day = $1", &[Cell::Int(day.number())])?;
        if known.is_empty() { self.batch(&SQLITE.day(day)) } else { Ok(()) }
    }

    fn drop_day(&mut self, day: Day) -> Result<(), TablesError> {
        for table in BY_DAY {
            self.batch(&format!("DROP TABLE IF EXISTS {table}_{day}"))?;
        }
        self.execute("DELETE FROM days WHERE day = $1", &[Cell::Int(day.number())]).map(|_| ())
    }
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Cell::Null => ToSqlOutput::Owned(Value::Null),
            Cell::Int(int) => ToSqlOutput::Owned(Value::Integer(*int)),
            Cell::Real(real) => ToSqlOutput::Owned(Value::Real(*real)),
            Cell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Cell::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

fn cell(value: ValueRef<'_>) -> Cell<'static> {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(int) => Cell::Int(int),
        ValueRef::Real(real) => Cell::Real(real),
        ValueRef::Text(text) => Cell::from(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec().into()),
    }
}

fn unavailable(address: &str, action: &'static str, source: rusqlite::Error) -> TablesError {
    TablesError::Unavailable { address: address.to_owned(), action, source: Box::new(source) }
}
