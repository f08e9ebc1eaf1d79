//! The seam to tables.

use std::fmt::Debug;
use std::ops::ControlFlow;

use features::value::Micros;

use super::{Cell, Day};

/// Why tables did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum TablesError {
    #[error("the tables are of version {found}, and this binary knows versions up to {known}: use a newer binary")]
    Newer { found: i64, known: i64 },
    #[error("this binary was built without PostgreSQL, which the project's tables are in: use a full build")]
    NoPostgres,
    #[error("{address} could not {action}")]
    Unavailable { address: String, action: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("the tables hold {what} in a form that is not understood")]
    Damaged { what: &'static str },
}

/// A column of a row that goes in with many others, and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column(pub &'static str, pub Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Int,
    Real,
    Text,
    Bytes,
}

/// Where many rows go: a table and its columns.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    pub table: &'a str,
    pub columns: &'static [Column],
}

/// What can be said within a transaction. Parameters are `$1`, `$2`, …, first used in this order.
pub trait Statements {
    /// How many rows it changed.
    fn execute(&mut self, sql: &str, parameters: &[Cell<'_>]) -> Result<u64, TablesError>;

    fn query(&mut self, sql: &str, parameters: &[Cell<'_>]) -> Result<Vec<Vec<Cell<'static>>>, TablesError>;

    /// Puts in rows, one after the other in `cells`; those whose primary key is there already are left out. How many went
    /// in.
    fn insert(&mut self, target: Target<'_>, cells: &[Cell<'_>]) -> Result<u64, TablesError>;

    /// The days that have tables, ascending.
    fn days(&mut self) -> Result<Vec<Day>, TablesError>;

    /// Makes the tables of a day, where it has none.
    fn add_day(&mut self, day: Day) -> Result<(), TablesError>;

    fn drop_day(&mut self, day: Day) -> Result<(), TablesError>;
}

/// Which exposures are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExposureRange {
    /// By its number in `names`.
    pub endpoint: i64,
    /// Of this experiment only; of all, and of none, where absent.
    pub experiment: Option<i64>,
    pub from: Micros,
    /// The first time that is not read.
    pub to: Micros,
}

/// A row of `exposures`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure<'a> {
    pub unit: &'a str,
    pub pair: [u8; 16],
    pub shadow: bool,
    pub arm: i64,
    pub time: Micros,
    pub experiment: Option<i64>,
    pub period: i64,
    pub forced: bool,
    pub score: Option<f64>,
    pub failed: bool,
    pub latency_us: i64,
    pub outcome: Option<f64>,
    pub outcome_at: Option<Micros>,
}

/// Tables of one project, used by one thread; others open their own.
///
/// Contract, checked by `contract::tables`:
/// * They are brought up to date when they are opened; tables of a newer binary are refused.
/// * What one transaction did is there as a whole or not at all, also after a crash; what it read is as of one moment, and
///   nobody else changes it before it ends.
/// * A double comes back with the bits that went in, text and bytes unchanged.
/// * A row whose key is there already is left out by an insert, and changes nothing.
/// * Dropping a day takes its tables, and nothing else, away.
/// * Exposures are read in the order of unit, pair, shadow and arm over all days, and in bounded memory.
/// * After an error the next call begins anew: whoever lost its connection connects again.
pub trait Tables: Send + Debug {
    /// Runs `work` in one transaction, which is undone where it fails.
    fn run(&mut self, work: &mut dyn FnMut(&mut dyn Statements) -> Result<(), TablesError>) -> Result<(), TablesError>;

    /// Hands every exposure of a range to `each`, until that breaks off.
    fn exposures(
        &mut self,
        range: ExposureRange,
        each: &mut dyn FnMut(Exposure<'_>) -> ControlFlow<()>,
    ) -> Result<(), TablesError>;
}

/// [`Tables::run`], for work that gives something back.
pub fn transact<T>(
    tables: &mut dyn Tables,
    mut work: impl FnMut(&mut dyn Statements) -> Result<T, TablesError>,
) -> Result<T, TablesError> {
    let mut made = None;
    tables.run(&mut |statements| {
        made = Some(work(statements)?);
        Ok(())
    })?;
    made.ok_or(TablesError::Damaged { what: "nothing" })
}
