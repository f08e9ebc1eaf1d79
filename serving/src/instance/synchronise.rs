//! Brings what was committed to the disk itself, every so often: what a loss of power can cost is bounded by it.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use fjall::{Database, PersistMode};

/// A thread that synchronises the database at an interval, until it is dropped.
pub(super) struct Synchroniser {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Synchroniser {
    pub(super) fn start(database: Database, interval: Duration) -> std::io::Result<Synchroniser> {
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let signal = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("clutch-sync".to_owned())
            .spawn(move || run(&database, interval, &signal))?;
        Ok(Synchroniser { stop, thread: Some(thread) })
    }
}

impl Drop for Synchroniser {
    fn drop(&mut self) {
        *self.stop.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stop.1.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that synchronises the database panicked");
        }
    }
}

fn run(database: &Database, interval: Duration, (stopped, changed): &(Mutex<bool>, Condvar)) {
    let mut synchronised = 0;
    let mut failing = false;
    loop {
        let guard = stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = changed.wait_timeout_while(guard, interval, |stopped| !*stopped);
        let stop = *waiting.unwrap_or_else(PoisonError::into_inner).0;
        let written = database.snapshot().seqno();
        if written != synchronised {
            match database.persist(PersistMode::SyncData) {
                Ok(()) => (synchronised, failing) = (written, false),
                // Told once, not every second.
                Err(_) if failing => {}
                Err(error) => {
                    failing = true;
                    tracing::error!(%error, "the database could not be synchronised with the disk");
                }
            }
        }
        if stop {
            return;
        }
    }
}
