//! Follows the registry while the server runs.

use std::sync::Arc;
use std::time::Duration;

use models::registry::Registry;
use tokio::task::spawn_blocking;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::{Binder, DirectModels, Routes, refresh};
use crate::metrics::Metrics;
use crate::updates::ModelUpdates;

/// What [`follow`] keeps up to date, and from what.
#[derive(Debug, Clone)]
pub struct Followed {
    pub routes: Arc<Routes>,
    pub direct: Arc<DirectModels>,
    pub registry: Arc<dyn Registry>,
    pub binder: Binder,
    pub metrics: Arc<Metrics>,
}

impl Followed {
    /// Brings everything up to date once. Blocks on the registry.
    pub fn refresh(&self) {
        refresh(&self.routes, &*self.registry, &self.binder, &self.metrics);
        self.direct.forget_resolved();
    }
}

/// Tells what the registry shows, where the project asks for it.
fn tell(updates: Option<&ModelUpdates>, registry: &dyn Registry) {
    if let Some(updates) = updates
        && let Err(error) = updates.tell(registry)
    {
        tracing::warn!(error = &error as &dyn std::error::Error, "moves of aliases are not told yet");
    }
}

/// Asks for the registry's revision every `interval`, and refreshes when it changed since `seen` or when the view of a
/// version that is awaited has become live; ends with `shutdown`.
/// The registry is only ever read on blocking threads.
pub async fn follow(
    followed: Followed,
    updates: Option<Arc<ModelUpdates>>,
    mut seen: Option<u64>,
    interval: Duration,
    shutdown: CancellationToken,
) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let step = {
            let (followed, updates) = (followed.clone(), updates.clone());
            spawn_blocking(move || {
                let now = look(&followed, seen);
                if let Some(updates) = updates.as_ref().filter(|_| now != seen) {
                    updates.changed();
                }
                tell(updates.as_deref(), &*followed.registry);
                now
            })
        };
        match step.await {
            Ok(revision) => seen = revision,
            Err(error) => tracing::error!(%error, "following the registry was interrupted"),
        }
    }
}

/// One look at the registry; returns the revision that the routes now show.
fn look(followed: &Followed, seen: Option<u64>) -> Option<u64> {
    match followed.registry.revision() {
        Ok(revision) if seen == Some(revision) => {
            if followed.routes.is_a_version_due() {
                followed.refresh();
            }
            seen
        }
        Ok(revision) => {
            followed.refresh();
            Some(revision)
        }
        Err(error) => {
            followed.metrics.models.refresh_failures.inc();
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the registry cannot be read; serving what is loaded"
            );
            seen
        }
    }
}
