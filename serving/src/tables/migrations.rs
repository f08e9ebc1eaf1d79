//! The numbered files of `migrations/`, in the binary: applied in order when tables are opened, each once, and recorded.

use super::{Cell, Day, Statements, TablesError};

/// One kind of database's files.
#[derive(Debug)]
pub(super) struct Migrations {
    /// Each with its number and name.
    steps: &'static [(i64, &'static str, &'static str)],
    /// The tables of a day, with `{day}` in place of it.
    day: &'static str,
}

pub(super) const SQLITE: Migrations = Migrations {
    steps: &[(1, "prediction_log", include_str!("../../migrations/sqlite/0001_prediction_log.sql"))],
    day: include_str!("../../migrations/sqlite/day.sql"),
};

#[cfg(feature = "postgres")]
pub(super) const POSTGRES: Migrations = Migrations {
    steps: &[(1, "prediction_log", include_str!("../../migrations/postgres/0001_prediction_log.sql"))],
    day: include_str!("../../migrations/postgres/day.sql"),
};

/// The tables whose days are made by `day.sql`.
pub(super) const BY_DAY: [&str; 3] = ["predictions", "exposures", "keys"];

const RECORD: &str = "CREATE TABLE IF NOT EXISTS clutch_migrations (
    number BIGINT PRIMARY KEY,
    name   TEXT NOT NULL
)";

impl Migrations {
    fn newest(&self) -> i64 {
        self.steps.last().map_or(0, |(number, ..)| *number)
    }

    /// Applies what is not applied yet; `batch` runs the statements of a file.
    pub(super) fn apply<S: Statements>(
        &self,
        statements: &mut S,
        batch: impl Fn(&mut S, &str) -> Result<(), TablesError>,
    ) -> Result<(), TablesError> {
        batch(statements, RECORD)?;
        let applied = statements.query("SELECT COALESCE(MAX(number), 0) FROM clutch_migrations", &[])?;
        let found = applied.first().and_then(|row| row.first()?.int()).unwrap_or(0);
        let known = self.newest();
        if found > known {
            return Err(TablesError::Newer { found, known });
        }
        for &(number, name, sql) in self.steps.iter().filter(|(number, ..)| *number > found) {
            batch(statements, sql)?;
            let record = "INSERT INTO clutch_migrations (number, name) VALUES ($1, $2)";
            statements.execute(record, &[Cell::Int(number), name.into()])?;
            tracing::info!(number, name, "the tables were brought up to date");
        }
        Ok(())
    }

    pub(super) fn day(&self, day: Day) -> String {
        self.day.replace("{day}", &day.to_string())
    }
}
