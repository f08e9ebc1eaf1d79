//! What the tables know of subjects.

use std::collections::HashMap;

use features::value::Micros;

use super::decide::Known;
use super::told::What;
use crate::tables::{Cell, Statements, TablesError};

/// Subjects that are looked up at once.
const AT_ONCE: usize = 256;

/// The last revision that was told of a subject.
#[derive(Debug)]
pub(super) struct Latest {
    pub(super) what: What,
    pub(super) received_at: Micros,
    /// It belongs to a prediction that is logged.
    pub(super) joined: bool,
}

/// Of each of these subjects that is known, by its text.
pub(super) fn latest(
    statements: &mut dyn Statements,
    subjects: Vec<String>,
) -> Result<HashMap<String, Latest>, TablesError> {
    let mut found = HashMap::new();
    let mut revisions: HashMap<String, i64> = HashMap::new();
    for subjects in subjects.chunks(AT_ONCE) {
        // Always as many parameters: the statement is prepared once.
        let places: Vec<String> = (1..=AT_ONCE).map(|place| format!("${place}")).collect();
        let sql = format!(
            "SELECT subject, revision, value, fields, received_at, joined FROM outcomes WHERE subject IN ({})",
            places.join(", ")
        );
        let mut cells: Vec<Cell<'_>> = subjects.iter().map(|subject| Cell::from(subject.as_str())).collect();
        cells.resize(AT_ONCE, Cell::Null);
        for row in statements.query(&sql, &cells)? {
            let [subject, revision, value, fields, received_at, joined] = &row[..] else { continue };
            let (Some(subject), Some(revision)) = (subject.text(), revision.int()) else { continue };
            if revisions.get(subject).is_none_or(|known| *known < revision) {
                let what = what(value, fields)?;
                let received_at = received_at.int().unwrap_or_default();
                let joined = joined.int() == Some(1);
                revisions.insert(subject.to_owned(), revision);
                found.insert(subject.to_owned(), Latest { what, received_at, joined });
            }
        }
    }
    Ok(found)
}

pub(super) fn known(statements: &mut dyn Statements, subject: &str) -> Result<Option<Known>, TablesError> {
    let sql = "SELECT revision, value, fields, told_at FROM outcomes WHERE subject = $1 ORDER BY revision DESC LIMIT 1";
    let rows = statements.query(sql, &[subject.into()])?;
    let Some([revision, value, fields, told_at]) = rows.first().map(|row| &row[..]) else { return Ok(None) };
    let revision = revision.int().unwrap_or_default();
    Ok(Some(Known { revision, what: what(value, fields)?, told_at: told_at.int() }))
}

fn what(value: &Cell<'_>, fields: &Cell<'_>) -> Result<What, TablesError> {
    let damaged = TablesError::Damaged { what: "an outcome" };
    match (value.real(), fields.text()) {
        (Some(value), _) => Ok(What::Value(value)),
        (None, Some(fields)) => serde_json::from_str(fields).map(What::Fields).map_err(|_| damaged),
        (None, None) => Err(damaged),
    }
}

/// For people.
pub(super) fn shown(what: &What) -> String {
    match what {
        What::Value(value) => value.to_string(),
        What::Fields(fields) => serde_json::to_string(fields).unwrap_or_default(),
    }
}
