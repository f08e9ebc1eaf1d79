//! Versions that clients name themselves (`NAME`, `NAME@alias`, `NAME/3`), loaded on demand into a small cache.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use models::reference::ModelRef;
use models::registry::{Registry, RegistryError};

use super::{BindError, Binder, LoadedModel};

/// How many versions are kept beside those that endpoints serve.
const CAPACITY: usize = 8;

/// Loads versions by reference and keeps the most recently used. What a reference resolves to is remembered until
/// [`DirectModels::forget_resolved`], so a request does not read the registry.
#[derive(Debug)]
pub struct DirectModels {
    registry: Arc<dyn Registry>,
    binder: Binder,
    cache: Mutex<Cache>,
    /// One load at a time: a burst of requests for a new version reads it once, on one blocking thread.
    loading: tokio::sync::Mutex<()>,
}

/// Why a reference gives no model.
#[derive(Debug, thiserror::Error)]
pub enum DirectError {
    #[error("the reference names nothing in the registry")]
    Unknown(#[source] RegistryError),
    #[error("version {version} cannot be used")]
    Unusable { version: u32, source: BindError },
    #[error("loading it was interrupted")]
    Interrupted,
}

impl DirectError {
    /// The server's or the registry's fault, not the reference's.
    pub fn is_a_failure(&self) -> bool {
        !matches!(
            self,
            DirectError::Unknown(
                RegistryError::UnknownModel { .. }
                    | RegistryError::UnknownVersion { .. }
                    | RegistryError::UnknownAlias { .. }
                    | RegistryError::Name { .. }
            )
        )
    }
}

#[derive(Debug, Default)]
struct Cache {
    resolved: HashMap<ModelRef, Arc<LoadedModel>>,
    /// Least recently used first.
    loaded: Vec<Arc<LoadedModel>>,
    /// How often what is resolved was forgotten: what was resolved before is not remembered after.
    epoch: u64,
}

impl DirectModels {
    pub fn new(registry: Arc<dyn Registry>, binder: Binder) -> DirectModels {
        DirectModels { registry, binder, cache: Mutex::default(), loading: tokio::sync::Mutex::default() }
    }

    /// What is in memory for a reference. Never blocks on the registry.
    pub(super) fn cached(&self, reference: &ModelRef) -> Option<Arc<LoadedModel>> {
        self.cache().resolved.get(reference).cloned()
    }

    /// From memory, or else from the registry, which is read on a blocking thread.
    pub async fn get(self: &Arc<Self>, reference: ModelRef) -> Result<Arc<LoadedModel>, DirectError> {
        if let Some(loaded) = self.cached(&reference) {
            return Ok(loaded);
        }
        let _one_at_a_time = self.loading.lock().await;
        if let Some(loaded) = self.cached(&reference) {
            return Ok(loaded);
        }
        let direct = Arc::clone(self);
        tokio::task::spawn_blocking(move || direct.load(&reference)).await.map_err(|_| DirectError::Interrupted)?
    }

    /// Resolves, loads and remembers. Blocks on the registry.
    pub(super) fn load(&self, reference: &ModelRef) -> Result<Arc<LoadedModel>, DirectError> {
        let epoch = self.cache().epoch;
        let number = self.registry.resolve(reference).map_err(DirectError::Unknown)?;
        let known = self.cache().take(&reference.name, number);
        let loaded = match known {
            Some(loaded) => loaded,
            None => match self.binder.load(&*self.registry, &reference.name, number) {
                Ok(loaded) => Arc::new(loaded),
                Err(source) => return Err(DirectError::Unusable { version: number, source }),
            },
        };
        self.cache().put(reference, epoch, Arc::clone(&loaded));
        Ok(loaded)
    }

    /// The registry changed: references are resolved anew at their next use. Loaded versions stay, they never change.
    pub fn forget_resolved(&self) {
        let mut cache = self.cache();
        cache.resolved.clear();
        cache.epoch += 1;
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cache {
    fn take(&mut self, name: &str, version: u32) -> Option<Arc<LoadedModel>> {
        let place = self.loaded.iter().position(|m| m.name == name && m.version == version)?;
        Some(self.loaded.remove(place))
    }

    /// Makes `loaded` the most recently used, and forgets the least recently used beyond the capacity together with
    /// the references to it.
    fn put(&mut self, reference: &ModelRef, epoch: u64, loaded: Arc<LoadedModel>) {
        if epoch == self.epoch {
            self.resolved.insert(reference.clone(), Arc::clone(&loaded));
        }
        self.loaded.push(loaded);
        while self.loaded.len() > CAPACITY {
            let dropped = self.loaded.remove(0);
            self.resolved.retain(|_, kept| !Arc::ptr_eq(kept, &dropped));
        }
    }
}
