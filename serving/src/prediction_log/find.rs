//! A prediction by its id.

use uuid::Uuid;

use crate::outcome::day_of;
use crate::tables::{Cell, Day, Statements, TablesError};

/// Columns of a prediction's row, as `p.name, …`, and the day that it is kept under.
pub(crate) fn row_of(
    statements: &mut dyn Statements,
    id: Uuid,
    columns: &str,
) -> Result<Option<(Day, Vec<Cell<'static>>)>, TablesError> {
    let mut days = statements.days()?;
    days.reverse();
    // Most ids tell their day; those of streamed predictions do not.
    if let Some(day) = day_of(id) {
        days.sort_by_key(|other| *other != day);
    }
    for day in days {
        let sql = format!("SELECT {columns} FROM predictions_{day} p WHERE p.id = $1");
        let mut rows = statements.query(&sql, &[Cell::from(&id.as_bytes()[..])])?;
        if let Some(row) = rows.pop() {
            return Ok(Some((day, row)));
        }
    }
    Ok(None)
}

/// All of a prediction.
pub(crate) const WHOLE: &str = "p.id, p.time, s.endpoint, e.name, a.name, p.period, p.forced, p.shadow_of, p.unit, s.model, \
                                s.version, s.digest, s.view_hash, p.key, p.features, p.imputed, p.age_ms, p.fields, \
                                p.output, p.error, p.latency_us, p.phases, p.place";

/// What [`WHOLE`] is selected from, for a day.
pub(crate) fn whole_of(day: Day) -> String {
    format!(
        "predictions_{day} p JOIN served s ON s.id = p.served JOIN names a ON a.id = p.arm \
         LEFT JOIN names e ON e.id = p.experiment"
    )
}

/// A prediction as it was logged; `None` if it is not there.
pub fn prediction(statements: &mut dyn Statements, id: Uuid) -> Result<Option<super::Record>, TablesError> {
    let Some((day, _)) = row_of(statements, id, "p.id")? else { return Ok(None) };
    let sql = format!("SELECT {WHOLE} FROM {} WHERE p.id = $1", whole_of(day));
    let rows = statements.query(&sql, &[Cell::from(&id.as_bytes()[..])])?;
    rows.first().map(|row| record(row)).transpose()
}

/// A row of [`WHOLE`].
pub(crate) fn record(row: &[Cell<'static>]) -> Result<super::Record, TablesError> {
    read(row).ok_or(TablesError::Damaged { what: "a prediction" })
}

fn read(row: &[Cell<'static>]) -> Option<super::Record> {
    let uuid = |place: usize| row.get(place)?.bytes().and_then(|bytes| Uuid::from_slice(bytes).ok());
    let text = |place: usize| row.get(place)?.text();
    let int = |place: usize| row.get(place)?.int();
    let small = |place: usize| u32::try_from(int(place)?).ok();
    Some(super::Record {
        id: uuid(0)?,
        time: int(1)?,
        endpoint: text(2)?.into(),
        experiment: text(3).map(Into::into),
        arm: text(4)?.into(),
        period: small(5)?,
        forced: int(6)? != 0,
        shadow_of: uuid(7),
        unit: text(8).filter(|unit| !unit.is_empty()).map(Into::into),
        model: text(9)?.into(),
        version: small(10)?,
        digest: text(11)?.into(),
        view_hash: text(12)?.into(),
        key: text(13)?.into(),
        features: text(14)?.to_owned(),
        imputed: small(15)?,
        age_ms: int(16),
        fields: text(17).map(str::to_owned),
        output: row.get(18)?.real(),
        error: text(19).map(Into::into),
        latency_us: small(20)?,
        phases: text(21)?.to_owned(),
        place: text(22).map(str::to_owned),
    })
}
