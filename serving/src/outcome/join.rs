//! Outcomes and predictions brought together in the tables, whichever comes first.

use features::value::Micros;
use smol_str::SmolStr;
use uuid::Uuid;

use super::decide::{News, decide};
use super::known::{Latest, known, latest, shown};
use super::label::Labels;
use super::told::{Subject, Told, Verdict, What};
use crate::prediction_log::Record;
use crate::tables::{Cell, Column, Day, Kind, Statements, TablesError, Target};

const OUTCOMES: Target<'static> = Target {
    table: "outcomes",
    columns: &[
        Column("subject", Kind::Text),
        Column("revision", Kind::Int),
        Column("value", Kind::Real),
        Column("fields", Kind::Text),
        Column("told_at", Kind::Int),
        Column("received_at", Kind::Int),
        Column("source", Kind::Text),
        Column("joined", Kind::Int),
    ],
};

impl Labels {
    /// Takes an outcome, and joins it to every prediction that it belongs to and that is logged. `oldest`: what is older is
    /// dropped, or about to be.
    pub fn take(
        &self,
        statements: &mut dyn Statements,
        told: &Told,
        now: Micros,
        oldest: Day,
    ) -> Result<Verdict, TablesError> {
        let subject = told.subject.text();
        let known = known(statements, &subject)?;
        let news = decide(known.as_ref(), told);
        let revision = match news {
            News::First => 0,
            News::Repeated => return Ok(Verdict::Repeated),
            News::Correction(revision) => revision,
            News::Contradiction => {
                let known = known.map(|known| shown(&known.what)).unwrap_or_default();
                return Ok(Verdict::Contradicts { known });
            }
        };
        let Some(joined) = self.join(statements, told, now, oldest)? else {
            return Ok(Verdict::Mistyped { expected: "true or false, or 1 or 0" });
        };
        if joined == 0
            && let Subject::Prediction(id) = &told.subject
            && day_of(*id).is_some_and(|day| day < oldest)
        {
            return Ok(Verdict::TooLate);
        }
        let (value, fields) = match &told.what {
            What::Value(value) => (Some(*value), None),
            What::Fields(fields) => (None, serde_json::to_string(fields).ok()),
        };
        let cells = [
            subject.into(),
            revision.into(),
            value.into(),
            fields.into(),
            told.told_at.into(),
            now.into(),
            told.source.as_str().into(),
            (joined > 0).into(),
        ];
        statements.insert(OUTCOMES, &cells)?;
        Ok(match (news, joined) {
            (News::Correction(_), predictions) => Verdict::Corrected { predictions },
            (_, 0) => Verdict::Pending,
            (_, predictions) => Verdict::Recorded { predictions },
        })
    }

    /// Joins an outcome to the predictions that are there; how many. `None` if it is no outcome of theirs.
    fn join(
        &self,
        statements: &mut dyn Statements,
        told: &Told,
        now: Micros,
        oldest: Day,
    ) -> Result<Option<u64>, TablesError> {
        match &told.subject {
            Subject::Prediction(id) => self.join_prediction(statements, *id, &told.what, now),
            Subject::Unit { endpoint, unit } => {
                if !self.fits(endpoint, &told.what) {
                    return Ok(None);
                }
                let mut joined = 0;
                for day in days_from(statements, oldest)? {
                    joined += self.join_unit(statements, day, endpoint, (unit, None), &told.what, now)?;
                }
                Ok(Some(joined))
            }
            Subject::Key { stream, key } => {
                let mut joined = 0;
                for day in days_from(statements, oldest)? {
                    for endpoint in self.over(stream) {
                        let units = format!(
                            "SELECT unit FROM keys_{day} \
                             WHERE endpoint = (SELECT id FROM names WHERE name = $1) AND key = $2"
                        );
                        for row in statements.query(&units, &[endpoint.as_str().into(), key.as_str().into()])? {
                            let unit = row.first().and_then(|unit| unit.text()).unwrap_or_default();
                            let of_unit = Subject::Unit { endpoint: endpoint.clone(), unit: unit.into() };
                            // What is told of the unit itself outranks it, as for predictions that come later.
                            if known(statements, &of_unit.text())?.is_some() {
                                continue;
                            }
                            joined += self.join_unit(statements, day, endpoint, (unit, Some(key)), &told.what, now)?;
                        }
                    }
                }
                Ok(Some(joined))
            }
        }
    }

    fn join_prediction(
        &self,
        statements: &mut dyn Statements,
        id: Uuid,
        what: &What,
        now: Micros,
    ) -> Result<Option<u64>, TablesError> {
        let Some((day, endpoint, unit, pair, fields)) = find(statements, id)? else { return Ok(Some(0)) };
        if !self.fits(&endpoint, what) {
            return Ok(None);
        }
        let label = self.judge(&endpoint, fields.as_deref(), what);
        set(statements, day, &endpoint, &unit, &pair, label, now)?;
        Ok(Some(1))
    }

    /// Joins an outcome to the answers of a day to one unit; of these to those of one key, where there is one. What was told of
    /// a prediction itself stays.
    fn join_unit(
        &self,
        statements: &mut dyn Statements,
        day: Day,
        endpoint: &str,
        (unit, key): (&str, Option<&SmolStr>),
        what: &What,
        now: Micros,
    ) -> Result<u64, TablesError> {
        let sql = format!(
            "SELECT p.id, p.key, p.fields FROM exposures_{day} e JOIN predictions_{day} p ON p.id = e.pair \
             WHERE e.endpoint = (SELECT id FROM names WHERE name = $1) AND e.unit = $2 AND e.shadow = 0"
        );
        let rows = statements.query(&sql, &[endpoint.into(), unit.into()])?;
        let of_key = |row: &&Vec<Cell<'static>>| match (key, row.get(1).and_then(Cell::text)) {
            (Some(key), found) => found == Some(key.as_str()),
            (None, _) => true,
        };
        let pairs: Vec<(&[u8], Option<&str>)> = rows
            .iter()
            .filter(of_key)
            .filter_map(|row| Some((row.first()?.bytes()?, row.get(2).and_then(Cell::text))))
            .collect();
        let own = |pair: &[u8]| Uuid::from_slice(pair).ok().map(|id| Subject::Prediction(id).text());
        let told_of: Vec<String> = pairs.iter().filter_map(|(pair, _)| own(pair)).collect();
        let own_outcomes = latest(statements, told_of)?;
        let mut joined = 0;
        for (pair, fields) in pairs {
            if own(pair).is_some_and(|subject| own_outcomes.contains_key(&subject)) {
                continue;
            }
            let label = self.judge(endpoint, fields, what);
            set(statements, day, endpoint, unit, pair, label, now)?;
            joined += 1;
        }
        Ok(joined)
    }

    /// Joins what is already known to predictions that have just been written. `again`: some were there before, and what is
    /// told of them may be joined already.
    pub(crate) fn join_new(
        &self,
        statements: &mut dyn Statements,
        day: Day,
        records: &[&Record],
        again: bool,
    ) -> Result<(), TablesError> {
        let waiting = again || !statements.query("SELECT 1 FROM outcomes WHERE joined = 0 LIMIT 1", &[])?.is_empty();
        let subjects_of = |record: &Record| {
            let own = (waiting || record.shadow_of.is_some()).then(|| Subject::Prediction(record.pair()));
            let unit = record.unit.clone().map(|unit| Subject::Unit { endpoint: record.endpoint.clone(), unit });
            let stream = self.stream(&record.endpoint).filter(|_| !record.key.is_empty());
            let key = stream.map(|stream| Subject::Key { stream: stream.name.clone(), key: record.key.clone() });
            [own, unit, key]
        };
        let mut subjects: Vec<Subject> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for subject in records.iter().flat_map(|record| subjects_of(record)).flatten() {
            if seen.insert(subject.clone()) {
                subjects.push(subject);
            }
        }
        let known = latest(statements, subjects.iter().map(Subject::text).collect())?;
        if known.is_empty() {
            return Ok(());
        }
        for record in records {
            let found = subjects_of(record).into_iter().flatten().find_map(|subject| known.get(&subject.text()));
            let Some(Latest { what, received_at, .. }) = found else { continue };
            let label = self.judge(&record.endpoint, record.fields.as_deref(), what);
            let unit = record.unit.as_deref().unwrap_or_default();
            set(statements, day, &record.endpoint, unit, record.pair().as_bytes(), label, *received_at)?;
        }
        for (subject, _) in known.iter().filter(|(_, latest)| !latest.joined) {
            statements.execute("UPDATE outcomes SET joined = 1 WHERE subject = $1", &[subject.as_str().into()])?;
        }
        Ok(())
    }
}

/// A prediction's day, endpoint, unit and pair, and what was logged for its label.
type Found = (Day, SmolStr, String, Vec<u8>, Option<String>);

fn find(statements: &mut dyn Statements, id: Uuid) -> Result<Option<Found>, TablesError> {
    let Some((day, row)) = crate::prediction_log::row_of(
        statements,
        id,
        "p.served, p.unit, p.shadow_of, p.fields, (SELECT s.endpoint FROM served s WHERE s.id = p.served)",
    )?
    else {
        return Ok(None);
    };
    let text = |place: usize| row.get(place).and_then(Cell::text).map(str::to_owned);
    let pair = row.get(2).and_then(Cell::bytes).map_or_else(|| id.as_bytes().to_vec(), <[u8]>::to_vec);
    let endpoint = SmolStr::from(text(4).unwrap_or_default());
    // What the label needs was logged with the answer that went out.
    let fields = match text(3) {
        Some(fields) => Some(fields),
        None => match Uuid::from_slice(&pair).ok().filter(|pair| *pair != id) {
            Some(pair) => crate::prediction_log::row_of(statements, pair, "p.fields")?
                .and_then(|(_, row)| row.first().and_then(Cell::text).map(str::to_owned)),
            None => None,
        },
    };
    Ok(Some((day, endpoint, text(1).unwrap_or_default(), pair, fields)))
}

/// Writes an outcome to the answers to one request: that which went out, and its shadows. One that leaves them without a
/// label takes away what they had.
fn set(
    statements: &mut dyn Statements,
    day: Day,
    endpoint: &str,
    unit: &str,
    pair: &[u8],
    label: Option<f64>,
    at: Micros,
) -> Result<(), TablesError> {
    let sql = format!(
        "UPDATE exposures_{day} SET outcome = $1, outcome_at = $2 \
         WHERE endpoint = (SELECT id FROM names WHERE name = $3) AND unit = $4 AND pair = $5"
    );
    let at = label.map(|_| at);
    statements.execute(&sql, &[label.into(), at.into(), endpoint.into(), unit.into(), pair.into()]).map(|_| ())
}

fn days_from(statements: &mut dyn Statements, oldest: Day) -> Result<Vec<Day>, TablesError> {
    Ok(statements.days()?.into_iter().filter(|day| *day >= oldest).collect())
}

/// The day that an id was made on, where it tells.
pub(crate) fn day_of(id: Uuid) -> Option<Day> {
    let (seconds, nanos) = id.get_timestamp().filter(|_| id.get_version_num() == 7)?.to_unix();
    let micros = i64::try_from(seconds).ok()?.checked_mul(1_000_000)?.checked_add(i64::from(nanos) / 1_000)?;
    Some(Day::of(micros))
}
