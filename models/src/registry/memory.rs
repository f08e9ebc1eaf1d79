//! A registry for tests and for single predictions: gone with the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{AliasChange, AliasMove, Clock, Registry, RegistryError, Version};
use crate::artifact::Artifact;

pub struct MemoryRegistry {
    state: Mutex<State>,
    clock: Clock,
}

#[derive(Debug, Default)]
struct State {
    models: BTreeMap<String, Model>,
    revision: u64,
}

#[derive(Debug, Default)]
struct Model {
    /// Version n stands at n − 1.
    versions: Vec<Artifact>,
    aliases: BTreeMap<String, u32>,
    history: Vec<AliasMove>,
}

impl MemoryRegistry {
    pub fn new(clock: Clock) -> MemoryRegistry {
        MemoryRegistry { state: Mutex::default(), clock }
    }

    /// Every change is made whole under the lock, so a panic elsewhere leaves nothing half-done behind.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn model(&self, name: &str) -> Result<&Model, RegistryError> {
        self.models.get(name).ok_or_else(|| {
            let known: Vec<String> = self.models.keys().cloned().collect();
            RegistryError::unknown_model(name, &known)
        })
    }
}

impl Registry for MemoryRegistry {
    fn publish(&self, artifact: &Artifact) -> Result<u32, RegistryError> {
        let name = &artifact.manifest().model;
        let mut state = self.state();
        state.revision += 1;
        let model = state.models.entry(name.clone()).or_default();
        model.versions.push(artifact.clone());
        Ok(number_of(model.versions.len()))
    }

    fn models(&self) -> Result<Vec<String>, RegistryError> {
        Ok(self.state().models.keys().cloned().collect())
    }

    fn versions(&self, model: &str) -> Result<Vec<u32>, RegistryError> {
        Ok((1..=number_of(self.state().model(model)?.versions.len())).collect())
    }

    fn load(&self, model: &str, number: u32) -> Result<Version, RegistryError> {
        let state = self.state();
        let versions = &state.model(model)?.versions;
        let artifact = number.checked_sub(1).and_then(|i| versions.get(usize::try_from(i).ok()?));
        let artifact = artifact.cloned().ok_or_else(|| unknown_version(model, number, versions.len()))?;
        Ok(Version { model: model.to_owned(), number, artifact })
    }

    fn aliases(&self, model: &str) -> Result<Vec<(String, u32)>, RegistryError> {
        Ok(self.state().model(model)?.aliases.iter().map(|(alias, number)| (alias.clone(), *number)).collect())
    }

    fn move_alias(&self, name: &str, change: &AliasChange<'_>) -> Result<AliasMove, RegistryError> {
        let mut state = self.state();
        let versions = state.model(name)?.versions.len();
        if change.to == 0 || number_of(versions) < change.to {
            return Err(unknown_version(name, change.to, versions));
        }
        let from = state.model(name)?.aliases.get(change.alias).copied();
        let happened = change.happen(name, from, (self.clock)())?;
        state.revision += 1;
        let model = state.models.entry(name.to_owned()).or_default();
        model.aliases.insert(happened.alias.clone(), happened.to);
        model.history.push(happened.clone());
        Ok(happened)
    }

    fn history(&self, model: &str) -> Result<Vec<AliasMove>, RegistryError> {
        Ok(self.state().model(model)?.history.clone())
    }

    fn revision(&self) -> Result<u64, RegistryError> {
        Ok(self.state().revision)
    }
}

fn number_of(versions: usize) -> u32 {
    u32::try_from(versions).unwrap_or(u32::MAX)
}

fn unknown_version(model: &str, number: u32, versions: usize) -> RegistryError {
    RegistryError::UnknownVersion { model: model.to_owned(), number, newest: Some(number_of(versions)) }
}

impl std::fmt::Debug for MemoryRegistry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryRegistry").field("state", &self.state).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn keeps_the_contract() {
        crate::contract::registry(&MemoryRegistry::new(Arc::new(|| 0)));
    }
}
