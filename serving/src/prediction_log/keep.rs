//! How long predictions and outcomes are kept.

use features::value::Micros;

use crate::tables::{Cell, Day, Statements, TablesError};

/// The oldest day that is kept: a day is kept as long as any of it may be.
pub fn oldest_kept(now: Micros, keep: Micros) -> Day {
    Day::of(now.saturating_sub(keep))
}

/// Drops days before `oldest`, and outcomes that have waited for their prediction since before `waited`, or that are older
/// than any prediction. How many days.
pub(super) fn drop_old(statements: &mut dyn Statements, oldest: Day, waited: Micros) -> Result<u64, TablesError> {
    let mut dropped = 0;
    for day in statements.days()?.into_iter().filter(|day| *day < oldest) {
        statements.drop_day(day)?;
        dropped += 1;
    }
    let waiting = "DELETE FROM outcomes WHERE joined = 0 AND received_at < $1";
    statements.execute(waiting, &[Cell::Int(waited)])?;
    let before = oldest.start().min(waited);
    statements.execute("DELETE FROM outcomes WHERE received_at < $1", &[Cell::Int(before)])?;
    Ok(dropped)
}
