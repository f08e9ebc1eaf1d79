//! Records into the tables: one batch at a time, on a thread that may wait for them as long as they take.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use features::value::Micros;

use super::keep::{drop_old, oldest_kept};
use super::record::Record;
use super::store::Store;
use crate::clock::Clock;
use crate::outcome::Labels;
use crate::tables::{Tables, TablesError, TablesPlace, transact};

/// How often old days are looked for.
const TIDY_EVERY: Duration = Duration::from_secs(3_600);

pub(super) struct Writer {
    pub(super) place: TablesPlace,
    pub(super) labels: Arc<Labels>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) keep: Micros,
    pub(super) pending: Micros,
    tables: Option<Box<dyn Tables>>,
    store: Store,
    tidied_at: Option<Micros>,
}

impl Writer {
    pub(super) fn new(
        place: TablesPlace,
        labels: Arc<Labels>,
        clock: Arc<dyn Clock>,
        keep: Micros,
        pending: Micros,
    ) -> Writer {
        Writer { place, labels, clock, keep, pending, tables: None, store: Store::default(), tidied_at: None }
    }

    /// Writes every batch that comes, and tells what became of it, until nobody sends any more.
    pub(super) fn run(mut self, batches: &Receiver<Arc<Vec<Record>>>, told: &Sender<Result<u64, TablesError>>) {
        while let Ok(batch) = batches.recv() {
            let written = self.write(&batch);
            if written.is_err() {
                // Whatever is wrong with this connection, the next one may be well.
                self.tables = None;
                self.store.forget();
            }
            if told.send(written).is_err() {
                return;
            }
            self.tidy();
        }
    }

    fn write(&mut self, batch: &[Record]) -> Result<u64, TablesError> {
        let (labels, store) = (Arc::clone(&self.labels), &mut self.store);
        let tables = opened(&mut self.tables, &self.place)?;
        transact(tables, |statements| store.write(statements, batch, &labels))
    }

    fn tidy(&mut self) {
        let now = self.clock.now();
        let every = i64::try_from(TIDY_EVERY.as_micros()).unwrap_or(Micros::MAX);
        if self.tidied_at.is_some_and(|at| now.saturating_sub(at) < every) {
            return;
        }
        self.tidied_at = Some(now);
        let (oldest, waited) = (oldest_kept(now, self.keep), now.saturating_sub(self.pending));
        let dropped = opened(&mut self.tables, &self.place)
            .and_then(|tables| transact(tables, |statements| drop_old(statements, oldest, waited)));
        match dropped {
            Ok(0) => {}
            Ok(days) => tracing::info!(days, oldest = %oldest, "days of the prediction log were dropped"),
            Err(error) => {
                let error = crate::causes::with_causes(&error);
                tracing::warn!(error, "old days of the prediction log could not be dropped; they are tried again");
            }
        }
    }
}

pub(super) fn opened<'a>(
    tables: &'a mut Option<Box<dyn Tables>>,
    place: &TablesPlace,
) -> Result<&'a mut dyn Tables, TablesError> {
    let opened = match tables.take() {
        Some(opened) => opened,
        None => place.open()?,
    };
    Ok(&mut **tables.insert(opened))
}
