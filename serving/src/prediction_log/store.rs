//! Predictions into the tables: their rows, what analysis reads of them, and the outcomes that were there before them.

use std::collections::{BTreeMap, HashMap, HashSet};

use smol_str::SmolStr;

use super::record::Record;
use crate::outcome::Labels;
use crate::tables::{Cell, Column, Day, Kind, Statements, TablesError, Target};

const PREDICTIONS: &[Column] = &[
    Column("id", Kind::Bytes),
    Column("time", Kind::Int),
    Column("served", Kind::Int),
    Column("experiment", Kind::Int),
    Column("arm", Kind::Int),
    Column("period", Kind::Int),
    Column("forced", Kind::Int),
    Column("shadow_of", Kind::Bytes),
    Column("unit", Kind::Text),
    Column("key", Kind::Text),
    Column("features", Kind::Text),
    Column("imputed", Kind::Int),
    Column("age_ms", Kind::Int),
    Column("fields", Kind::Text),
    Column("output", Kind::Real),
    Column("error", Kind::Text),
    Column("latency_us", Kind::Int),
    Column("phases", Kind::Text),
    Column("place", Kind::Text),
];

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

const KEYS: &[Column] = &[Column("endpoint", Kind::Int), Column("key", Kind::Text), Column("unit", Kind::Text)];

/// The most names and versions that a store remembers the numbers of.
const REMEMBERED: usize = 10_000;

/// Writes predictions. Remembers the numbers of names, so one for each connection.
#[derive(Debug, Default)]
pub struct Store {
    names: HashMap<SmolStr, i64>,
    served: HashMap<Served, i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Served {
    endpoint: SmolStr,
    model: SmolStr,
    version: u32,
    digest: SmolStr,
    view_hash: SmolStr,
}

impl Store {
    /// Writes `records`; those that are there already are left out. How many were new.
    pub fn write(
        &mut self,
        statements: &mut dyn Statements,
        records: &[Record],
        labels: &Labels,
    ) -> Result<u64, TablesError> {
        if self.names.len() > REMEMBERED || self.served.len() > REMEMBERED {
            self.forget();
        }
        let written = self.write_all(statements, records, labels);
        // What a transaction that is undone numbered is numbered anew.
        if written.is_err() {
            self.forget();
        }
        written
    }

    /// For what a transaction was undone after [`Store::write`] had returned.
    pub fn forget(&mut self) {
        self.names.clear();
        self.served.clear();
    }

    fn write_all(
        &mut self,
        statements: &mut dyn Statements,
        records: &[Record],
        labels: &Labels,
    ) -> Result<u64, TablesError> {
        let mut days: BTreeMap<Day, Vec<&Record>> = BTreeMap::new();
        for record in records {
            days.entry(Day::of(record.time)).or_default().push(record);
        }
        let mut written = 0;
        for (day, records) in days {
            statements.add_day(day)?;
            let new = self.write_day(statements, day, &records)?;
            written += new;
            labels.join_new(statements, day, &records, new < records.len() as u64)?;
        }
        Ok(written)
    }

    fn write_day(
        &mut self,
        statements: &mut dyn Statements,
        day: Day,
        records: &[&Record],
    ) -> Result<u64, TablesError> {
        let mut predictions = Vec::with_capacity(records.len() * PREDICTIONS.len());
        let mut exposures = Vec::with_capacity(records.len() * EXPOSURES.len());
        let mut keys = Vec::new();
        let mut keyed = HashSet::new();
        for record in records {
            let endpoint = self.name(statements, &record.endpoint)?;
            let arm = self.name(statements, &record.arm)?;
            let experiment = match &record.experiment {
                Some(experiment) => Some(self.name(statements, experiment)?),
                None => None,
            };
            let served = self.served(statements, record)?;
            let unit = record.unit.as_deref().unwrap_or_default();
            predictions.extend([
                Cell::from(&record.id.as_bytes()[..]),
                record.time.into(),
                served.into(),
                experiment.into(),
                arm.into(),
                record.period.into(),
                record.forced.into(),
                record.shadow_of.as_ref().map(|id| &id.as_bytes()[..]).into(),
                unit.into(),
                record.key.as_str().into(),
                record.features.as_str().into(),
                record.imputed.into(),
                record.age_ms.into(),
                record.fields.as_deref().into(),
                record.output.into(),
                record.error.as_deref().into(),
                record.latency_us.into(),
                record.phases.as_str().into(),
                record.place.as_deref().into(),
            ]);
            exposures.extend([
                endpoint.into(),
                unit.into(),
                Cell::Bytes(record.pair().as_bytes().to_vec().into()),
                record.shadow_of.is_some().into(),
                arm.into(),
                record.time.into(),
                experiment.into(),
                record.period.into(),
                record.forced.into(),
                record.output.into(),
                record.output.is_none().into(),
                record.latency_us.into(),
            ]);
            if !record.key.is_empty() && keyed.insert((endpoint, &record.key, unit)) {
                keys.extend([endpoint.into(), record.key.as_str().into(), unit.into()]);
            }
        }
        let mut put = |table: &str, columns, cells: &[Cell<'_>]| {
            let table = format!("{table}_{day}");
            statements.insert(Target { table: &table, columns }, cells)
        };
        let written = put("predictions", PREDICTIONS, &predictions)?;
        put("exposures", EXPOSURES, &exposures)?;
        put("keys", KEYS, &keys)?;
        Ok(written)
    }

    fn name(&mut self, statements: &mut dyn Statements, name: &SmolStr) -> Result<i64, TablesError> {
        if let Some(id) = self.names.get(name) {
            return Ok(*id);
        }
        let text = || [Cell::from(name.as_str())];
        statements.execute("INSERT INTO names (name) VALUES ($1) ON CONFLICT DO NOTHING", &text())?;
        let id = number(&statements.query("SELECT id FROM names WHERE name = $1", &text())?, "a name")?;
        self.names.insert(name.clone(), id);
        Ok(id)
    }

    fn served(&mut self, statements: &mut dyn Statements, record: &Record) -> Result<i64, TablesError> {
        let served = Served {
            endpoint: record.endpoint.clone(),
            model: record.model.clone(),
            version: record.version,
            digest: record.digest.clone(),
            view_hash: record.view_hash.clone(),
        };
        if let Some(id) = self.served.get(&served) {
            return Ok(*id);
        }
        let cells = [
            Cell::from(served.endpoint.as_str()),
            served.model.as_str().into(),
            served.version.into(),
            served.digest.as_str().into(),
            served.view_hash.as_str().into(),
        ];
        let insert = "INSERT INTO served (endpoint, model, version, digest, view_hash) VALUES ($1, $2, $3, $4, $5) \
                      ON CONFLICT DO NOTHING";
        statements.execute(insert, &cells)?;
        let select = "SELECT id FROM served \
                      WHERE endpoint = $1 AND model = $2 AND version = $3 AND digest = $4 AND view_hash = $5";
        let id = number(&statements.query(select, &cells)?, "a version")?;
        drop(cells);
        self.served.insert(served, id);
        Ok(id)
    }
}

/// The one number that a question has for an answer.
pub(crate) fn number(rows: &[Vec<Cell<'static>>], what: &'static str) -> Result<i64, TablesError> {
    rows.first().and_then(|row| row.first()?.int()).ok_or(TablesError::Damaged { what })
}
