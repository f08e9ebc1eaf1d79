//! What belongs to one unit, exported and erased.

use uuid::Uuid;

use super::find::{WHOLE, record, whole_of};
use super::record::Record;
use crate::tables::{Cell, Statements, Tables, TablesError, transact};

/// What was erased from the tables.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    pub predictions: u64,
    pub outcomes: u64,
}

/// Hands every prediction of a unit to `each`, with what was told of its outcome, as JSON objects, day by day.
pub fn export(
    tables: &mut dyn Tables,
    unit: &str,
    each: &mut dyn FnMut(&serde_json::Value),
) -> Result<(), TablesError> {
    for (record, outcome) in transact(tables, |statements| found(statements, unit))? {
        each(&exported(&record, outcome));
    }
    for (subject, json) in transact(tables, |statements| told(statements, unit))? {
        each(&serde_json::json!({ "outcome_of": subject, "told": json }));
    }
    Ok(())
}

/// A prediction as it is exported.
pub fn exported(record: &Record, outcome: Option<f64>) -> serde_json::Value {
    let mut json = serde_json::to_value(record).unwrap_or_default();
    json["features"] = serde_json::from_str(&record.features).unwrap_or_default();
    json["phases"] = serde_json::from_str(&record.phases).unwrap_or_default();
    json["outcome"] = outcome.into();
    json
}

/// Erases what belongs to a unit from the tables.
pub fn forget(tables: &mut dyn Tables, unit: &str) -> Result<Forgotten, TablesError> {
    transact(tables, |statements| {
        let mut forgotten = Forgotten::default();
        for (subject, _) in told(statements, unit)? {
            let erase = "DELETE FROM outcomes WHERE subject = $1";
            forgotten.outcomes += statements.execute(erase, &[subject.as_str().into()])?;
        }
        for day in statements.days()? {
            let erase = |table: &str| format!("DELETE FROM {table}_{day} WHERE unit = $1");
            forgotten.predictions += statements.execute(&erase("predictions"), &[unit.into()])?;
            statements.execute(&erase("exposures"), &[unit.into()])?;
            statements.execute(&erase("keys"), &[unit.into()])?;
        }
        Ok(forgotten)
    })
}

fn found(statements: &mut dyn Statements, unit: &str) -> Result<Vec<(Record, Option<f64>)>, TablesError> {
    let mut found = Vec::new();
    for day in statements.days()? {
        let sql = format!("SELECT {WHOLE} FROM {} WHERE p.unit = $1 ORDER BY p.time, p.id", whole_of(day));
        let rows = statements.query(&sql, &[unit.into()])?;
        let outcomes = format!(
            "SELECT outcome FROM exposures_{day} \
             WHERE endpoint = (SELECT id FROM names WHERE name = $1) AND unit = $2 AND pair = $3 AND shadow = 0"
        );
        for row in rows {
            let record = record(&row)?;
            let pair = record.pair();
            let cells = [record.endpoint.as_str().into(), unit.into(), Cell::from(&pair.as_bytes()[..])];
            let outcome = statements.query(&outcomes, &cells)?.first().and_then(|row| row.first()?.real());
            found.push((record, outcome));
        }
    }
    Ok(found)
}

/// Subjects of outcomes that are the unit's: the unit itself at any endpoint, its predictions, and keys that are its own and
/// no other unit's.
fn told(statements: &mut dyn Statements, unit: &str) -> Result<Vec<(String, serde_json::Value)>, TablesError> {
    let mut subjects = std::collections::BTreeSet::new();
    for day in statements.days()? {
        let ids = format!("SELECT id FROM predictions_{day} WHERE unit = $1");
        for row in statements.query(&ids, &[unit.into()])? {
            let id = row.first().and_then(|id| Uuid::from_slice(id.bytes()?).ok());
            subjects.extend(id.map(|id| format!("p:{}", id.simple())));
        }
    }
    let mut told = Vec::new();
    let all = "SELECT subject, value, fields, received_at, source FROM outcomes ORDER BY subject, revision";
    for row in statements.query(all, &[])? {
        let Some(subject) = row.first().and_then(Cell::text) else { continue };
        let named = matches!(subject.get(..2), Some("u:" | "s:"))
            && subject[2..].split_once(':').is_some_and(|(_, of)| of == unit);
        if named || subjects.contains(subject) {
            let json = serde_json::json!({
                "value": row.get(1).and_then(Cell::real),
                "fields": row.get(2).and_then(Cell::text),
                "received_at": row.get(3).and_then(Cell::int),
                "source": row.get(4).and_then(Cell::text),
            });
            told.push((subject.to_owned(), json));
        }
    }
    Ok(told)
}
