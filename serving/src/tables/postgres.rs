//! Tables in PostgreSQL. One connection, made again when it was lost.

mod parameters;
mod tls;

use std::ops::ControlFlow;
use std::time::Duration;

use features::project::TablesConnection;
use postgres::{Client, Config, Row, Transaction};

use self::parameters::{arrays, cell, references};
use super::migrations::{BY_DAY, POSTGRES};
use super::{Cell, Day, Exposure, ExposureRange, Statements, Tables, TablesError, Target};

/// A server that cannot be reached holds nobody up for longer.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Nor one that has gone without a word.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// Nor a statement that waits for another's lock. Milliseconds.
const OPTIONS: &str = "-c statement_timeout=60000 -c lock_timeout=30000 -c TimeZone=UTC";
/// How many exposures are fetched in one go.
const PAGE: i32 = 20_000;
/// Migrations of several processes come one after the other: any number that others do not use.
const MIGRATION_LOCK: i64 = 7_163_845;
/// Transactions come one after the other, as those of SQLite do.
const TURN_LOCK: i64 = 7_163_846;

pub struct PostgresTables {
    config: Config,
    /// Absent after it was lost.
    client: Option<Client>,
    address: String,
}

impl std::fmt::Debug for PostgresTables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresTables").field("address", &self.address).finish_non_exhaustive()
    }
}

impl PostgresTables {
    /// Connects, and brings the tables up to date.
    pub fn open(connection: &TablesConnection) -> Result<PostgresTables, TablesError> {
        let address = connection.to_string();
        let parsed = connection.reveal().parse::<Config>();
        let mut config = parsed.map_err(|source| unavailable(&address, "be understood as an address", source))?;
        config.application_name("clutch").options(OPTIONS).connect_timeout(CONNECT_WITHIN);
        config.tcp_user_timeout(ANSWER_WITHIN).keepalives_idle(ANSWER_WITHIN);
        let mut tables = PostgresTables { config, client: None, address };
        tables.within(&mut |inside| {
            inside.execute("SELECT pg_advisory_xact_lock($1)", &[Cell::Int(MIGRATION_LOCK)])?;
            POSTGRES.apply(inside, Inside::batch)
        })?;
        Ok(tables)
    }

    fn client(&mut self) -> Result<&mut Client, TablesError> {
        let lost = self.client.as_ref().is_none_or(Client::is_closed);
        if lost {
            self.client = None;
            let tls = tls::connector().map_err(|source| TablesError::Unavailable {
                address: self.address.clone(),
                action: "be reached with TLS",
                source,
            })?;
            let client = self.config.connect(tls);
            self.client = Some(client.map_err(|source| unavailable(&self.address, "be reached", source))?);
        }
        let address = self.address.clone();
        let none = || TablesError::Unavailable { address, action: "be reached", source: "no connection".into() };
        self.client.as_mut().ok_or_else(none)
    }

    fn within(&mut self, work: &mut dyn FnMut(&mut Inside<'_>) -> Result<(), TablesError>) -> Result<(), TablesError> {
        let address = self.address.clone();
        let begun = self.client()?.transaction();
        let transaction = begun.map_err(|source| unavailable(&address, "begin a transaction", source))?;
        let mut inside = Inside { transaction, address: &address };
        work(&mut inside)?;
        inside.transaction.commit().map_err(|source| unavailable(&address, "commit", source))
    }
}

impl Tables for PostgresTables {
    fn run(&mut self, work: &mut dyn FnMut(&mut dyn Statements) -> Result<(), TablesError>) -> Result<(), TablesError> {
        self.within(&mut |inside| {
            inside.execute("SELECT pg_advisory_xact_lock($1)", &[Cell::Int(TURN_LOCK)])?;
            work(inside)
        })
    }

    fn exposures(
        &mut self,
        range: ExposureRange,
        each: &mut dyn FnMut(Exposure<'_>) -> ControlFlow<()>,
    ) -> Result<(), TablesError> {
        const SQL: &str = "SELECT unit, pair, shadow, arm, time, experiment, period, forced, score, failed, latency_us, \
                           outcome, outcome_at FROM exposures \
                           WHERE endpoint = $1 AND time >= $2 AND time < $3 AND day >= $4 AND day <= $5 \
                           AND (CAST($6 AS BIGINT) IS NULL OR experiment = $6) \
                           ORDER BY unit, pair, shadow, arm";
        let (first, last) = (Day::of(range.from), Day::of(range.to.saturating_sub(1)));
        self.within(&mut |inside| {
            let address = inside.address;
            let read = |source| unavailable(address, "read exposures", source);
            let cells = [
                Cell::Int(range.endpoint),
                Cell::Int(range.from),
                Cell::Int(range.to),
                Cell::Int(first.number()),
                Cell::Int(last.number()),
                range.experiment.into(),
            ];
            // Of millions of rows a minute is not enough.
            inside.transaction.batch_execute("SET LOCAL statement_timeout = 0").map_err(read)?;
            let portal = inside.transaction.bind(SQL, &references(&cells)).map_err(read)?;
            loop {
                let rows = inside.transaction.query_portal(&portal, PAGE).map_err(read)?;
                for row in &rows {
                    if each(exposure(row).map_err(read)?).is_break() {
                        return Ok(());
                    }
                }
                if rows.is_empty() {
                    return Ok(());
                }
            }
        })
    }
}

fn exposure(row: &Row) -> Result<Exposure<'_>, postgres::Error> {
    Ok(Exposure {
        unit: row.try_get(0)?,
        pair: row.try_get::<_, &[u8]>(1)?.try_into().unwrap_or([0; 16]),
        shadow: row.try_get::<_, i64>(2)? != 0,
        arm: row.try_get(3)?,
        time: row.try_get(4)?,
        experiment: row.try_get(5)?,
        period: row.try_get(6)?,
        forced: row.try_get::<_, i64>(7)? != 0,
        score: row.try_get(8)?,
        failed: row.try_get::<_, i64>(9)? != 0,
        latency_us: row.try_get(10)?,
        outcome: row.try_get(11)?,
        outcome_at: row.try_get(12)?,
    })
}

/// A transaction that is open.
struct Inside<'a> {
    transaction: Transaction<'a>,
    address: &'a str,
}

impl Inside<'_> {
    fn batch(&mut self, sql: &str) -> Result<(), TablesError> {
        self.transaction.batch_execute(sql).map_err(|source| unavailable(self.address, "be changed", source))
    }
}

impl Statements for Inside<'_> {
    fn execute(&mut self, sql: &str, parameters: &[Cell<'_>]) -> Result<u64, TablesError> {
        let done = self.transaction.execute(sql, &references(parameters));
        done.map_err(|source| unavailable(self.address, "be written", source))
    }

    fn query(&mut self, sql: &str, parameters: &[Cell<'_>]) -> Result<Vec<Vec<Cell<'static>>>, TablesError> {
        let read = |source| unavailable(self.address, "be read", source);
        let rows = self.transaction.query(sql, &references(parameters)).map_err(read)?;
        let cells = |row: &Row| (0..row.len()).map(|column| cell(row, column)).collect::<Result<Vec<_>, _>>();
        rows.iter().map(cells).collect::<Result<_, _>>().map_err(read)
    }

    fn insert(&mut self, target: Target<'_>, cells: &[Cell<'_>]) -> Result<u64, TablesError> {
        if cells.is_empty() {
            return Ok(0);
        }
        // One statement for all rows: a column of each is one parameter.
        let (types, columns) = arrays(target.columns, cells);
        let names: Vec<&str> = target.columns.iter().map(|column| column.0).collect();
        let places: Vec<String> = (1..).zip(&types).map(|(place, ty)| format!("${place}::{ty}[]")).collect();
        let (names, places) = (names.join(", "), places.join(", "));
        let table = target.table;
        let sql = format!("INSERT INTO {table} ({names}) SELECT * FROM UNNEST({places}) ON CONFLICT DO NOTHING");
        let parameters: Vec<_> = columns.iter().map(|column| &**column as _).collect();
        let done = self.transaction.execute(&sql, &parameters);
        done.map_err(|source| unavailable(self.address, "be written", source))
    }

    fn days(&mut self) -> Result<Vec<Day>, TablesError> {
        let rows = self.query("SELECT day FROM days ORDER BY day", &[])?;
        Ok(rows.iter().filter_map(|row| row.first()?.int()).map(Day::numbered).collect())
    }

    fn add_day(&mut self, day: Day) -> Result<(), TablesError> {
        let known = |inside: &mut Self| {
            let rows = inside.query("SELECT 1 FROM days WHERE day = $1", &[Cell::Int(day.number())]);
            rows.map(|rows| !rows.is_empty())
        };
        if known(self)? {
            return Ok(());
        }
        // Of several processes the first makes it; what it made is seen once it has.
        self.execute("SELECT pg_advisory_xact_lock($1)", &[Cell::Int(day.number())])?;
        if known(self)? { Ok(()) } else { self.batch(&POSTGRES.day(day)) }
    }

    fn drop_day(&mut self, day: Day) -> Result<(), TablesError> {
        for table in BY_DAY {
            self.batch(&format!("DROP TABLE IF EXISTS {table}_{day}"))?;
        }
        self.execute("DELETE FROM days WHERE day = $1", &[Cell::Int(day.number())]).map(|_| ())
    }
}

fn unavailable(address: &str, action: &'static str, source: postgres::Error) -> TablesError {
    TablesError::Unavailable { address: address.to_owned(), action, source: Box::new(source) }
}
