//! The exposures of several days, each of which is in order, as one sequence in order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;

use rusqlite::{Connection, Row, Rows, params};

use crate::tables::{Day, Exposure, ExposureRange};

const COLUMNS: &str = "unit, pair, shadow, arm, time, experiment, period, forced, score, failed, latency_us, outcome, \
                       outcome_at";

pub(super) fn merged(
    connection: &Connection,
    days: &[Day],
    range: ExposureRange,
    each: &mut dyn FnMut(Exposure<'_>) -> ControlFlow<()>,
) -> rusqlite::Result<()> {
    let statement = |day: &Day| {
        connection.prepare(&format!(
            "SELECT {COLUMNS} FROM exposures_{day} WHERE endpoint = ?1 ORDER BY endpoint, unit, pair, shadow, arm"
        ))
    };
    let mut statements = days.iter().map(statement).collect::<rusqlite::Result<Vec<_>>>()?;
    let mut cursors = Vec::with_capacity(statements.len());
    for statement in &mut statements {
        let mut cursor = Cursor { rows: statement.query(params![range.endpoint])?, unit: String::new(), row: BLANK };
        if cursor.next()? {
            cursors.push(cursor);
        }
    }
    let mut waiting: BinaryHeap<Reverse<(Key, usize)>> =
        cursors.iter().enumerate().map(|(place, cursor)| Reverse((cursor.key(), place))).collect();
    while let Some(Reverse((_, place))) = waiting.pop() {
        let next = waiting.peek().map(|Reverse((key, _))| key.clone());
        // As long as one day comes first nothing else is looked at.
        loop {
            let cursor = &mut cursors[place];
            if cursor.is_within(range) && each(cursor.exposure()).is_break() {
                return Ok(());
            }
            if !cursor.next()? {
                break;
            }
            if next.as_ref().is_some_and(|next| cursor.comes_after(next)) {
                waiting.push(Reverse((cursor.key(), place)));
                break;
            }
        }
    }
    Ok(())
}

type Key = (String, [u8; 16], bool, i64);

/// Where the reading of one day is.
struct Cursor<'a> {
    rows: Rows<'a>,
    unit: String,
    /// Of the row, all but the unit.
    row: Exposure<'static>,
}

const BLANK: Exposure<'static> = Exposure {
    unit: "",
    pair: [0; 16],
    shadow: false,
    arm: 0,
    time: 0,
    experiment: None,
    period: 0,
    forced: false,
    score: None,
    failed: false,
    latency_us: 0,
    outcome: None,
    outcome_at: None,
};

impl Cursor<'_> {
    fn next(&mut self) -> rusqlite::Result<bool> {
        let Some(row) = self.rows.next()? else { return Ok(false) };
        self.unit.clear();
        self.unit.push_str(row.get_ref(0)?.as_str()?);
        self.row = read(row)?;
        Ok(true)
    }

    fn exposure(&self) -> Exposure<'_> {
        Exposure { unit: &self.unit, ..self.row }
    }

    fn is_within(&self, range: ExposureRange) -> bool {
        let Exposure { time, experiment, .. } = self.row;
        time >= range.from && time < range.to && (range.experiment.is_none() || experiment == range.experiment)
    }

    fn key(&self) -> Key {
        (self.unit.clone(), self.row.pair, self.row.shadow, self.row.arm)
    }

    fn comes_after(&self, other: &Key) -> bool {
        let own = (self.unit.as_str(), self.row.pair, self.row.shadow, self.row.arm);
        own > (other.0.as_str(), other.1, other.2, other.3)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Exposure<'static>> {
    Ok(Exposure {
        unit: "",
        pair: row.get_ref(1)?.as_blob()?.try_into().unwrap_or([0; 16]),
        shadow: row.get::<_, i64>(2)? != 0,
        arm: row.get(3)?,
        time: row.get(4)?,
        experiment: row.get(5)?,
        period: row.get(6)?,
        forced: row.get::<_, i64>(7)? != 0,
        score: row.get(8)?,
        failed: row.get::<_, i64>(9)? != 0,
        latency_us: row.get(10)?,
        outcome: row.get(11)?,
        outcome_at: row.get(12)?,
    })
}
