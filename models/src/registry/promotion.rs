//! Which version is champion: the rules, over any registry.

use super::{AliasChange, AliasMove, Expected, MoveKind, Registry, RegistryError};
use crate::artifact::{Artifact, GateOutcome, Manifest, ParityCertificate};
use crate::certificates::{CertificateError, Certificates};

/// The alias that endpoints serve.
pub const CHAMPION: &str = "champion";

/// A version that was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    pub version: u32,
    /// It became champion: the model had none, and the gate did not object.
    pub promoted: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum PromotionError {
    #[error(
        "version {number} of `{model}` failed its gate{}; promote another, or insist with --force",
        broken_rules(rules)
    )]
    GateFailed { model: String, number: u32, rules: Vec<String> },
    #[error(
        "version {number} of `{model}` was trained on a view whose hosts disagree ({mismatches} mismatches): run `clutch \
         parity`, mend the view, and train anew"
    )]
    ParityFailed { model: String, number: u32, mismatches: u64 },
    #[error("version {number} of `{model}` is champion already")]
    AlreadyChampion { model: String, number: u32 },
    #[error("model `{model}` has no champion to roll back")]
    NoChampion { model: String },
    #[error("version {number} of `{model}` is the first champion: there is none to go back to")]
    NoPrevious { model: String, number: u32 },
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// What is known of the parity of a version's view: what was found before it was trained, or by a check since, whichever is
/// newer. A check by another kernel counts for nothing.
pub fn known_parity(
    manifest: &Manifest,
    certificates: Option<&Certificates>,
) -> Result<Option<ParityCertificate>, CertificateError> {
    let since = certificates.map(|certificates| certificates.find(&manifest.view.hash)).transpose()?.flatten();
    let known = [manifest.parity.clone(), since].into_iter().flatten();
    Ok(known.max_by_key(|certificate| certificate.checked_at))
}

/// Stores a version. The first one of a model that passes its gate, or has none, becomes champion unless its view failed
/// parity; later ones wait for [`promote`].
pub fn publish_and_maybe_promote(registry: &dyn Registry, artifact: &Artifact) -> Result<Published, RegistryError> {
    let version = registry.publish(artifact)?;
    let gate = artifact.manifest().gate.outcome;
    if gate == GateOutcome::Failed || mismatches(artifact.manifest().parity.as_ref()) > 0 {
        return Ok(Published { version, promoted: false });
    }
    let reason = if gate == GateOutcome::Passed { "first version to pass its gate" } else { "first version" };
    let change =
        AliasChange { alias: CHAMPION, to: version, expected: Expected::Unset, kind: MoveKind::Promotion, reason };
    match registry.move_alias(&artifact.manifest().model, &change) {
        Ok(_) => Ok(Published { version, promoted: true }),
        Err(RegistryError::AliasMoved { .. }) => Ok(Published { version, promoted: false }),
        Err(error) => Err(error),
    }
}

/// Makes a version champion. Its artifact must be whole; a failed gate is overruled only by `force`, failed parity by
/// nothing: neither that which was found before training nor what `certificates` have since.
pub fn promote(
    registry: &dyn Registry,
    model: &str,
    number: u32,
    reason: &str,
    force: bool,
    certificates: Option<&Certificates>,
) -> Result<AliasMove, PromotionError> {
    let version = registry.load(model, number)?;
    let mismatches = mismatches(known_parity(version.artifact.manifest(), certificates)?.as_ref());
    if mismatches > 0 {
        return Err(PromotionError::ParityFailed { model: model.to_owned(), number, mismatches });
    }
    let gate = &version.artifact.manifest().gate;
    if gate.outcome == GateOutcome::Failed && !force {
        let rules = gate.rules.iter().filter(|r| !r.kept).map(|r| r.metric.clone()).collect();
        return Err(PromotionError::GateFailed { model: model.to_owned(), number, rules });
    }
    let champion = champion(registry, model)?;
    if champion == Some(number) {
        return Err(PromotionError::AlreadyChampion { model: model.to_owned(), number });
    }
    let expected = champion.map_or(Expected::Unset, Expected::At);
    let change = AliasChange { alias: CHAMPION, to: number, expected, kind: MoveKind::Promotion, reason };
    Ok(registry.move_alias(model, &change)?)
}

/// Takes the latest promotion back: champion becomes who was champion before it. Repeated, it goes further back.
pub fn rollback(registry: &dyn Registry, model: &str, reason: &str) -> Result<AliasMove, PromotionError> {
    let Some(current) = champion(registry, model)? else {
        return Err(PromotionError::NoChampion { model: model.to_owned() });
    };
    let Some(previous) = previous_champion(&registry.history(model)?) else {
        return Err(PromotionError::NoPrevious { model: model.to_owned(), number: current });
    };
    registry.load(model, previous)?;
    let change = AliasChange {
        alias: CHAMPION,
        to: previous,
        expected: Expected::At(current),
        kind: MoveKind::Rollback,
        reason,
    };
    Ok(registry.move_alias(model, &change)?)
}

fn champion(registry: &dyn Registry, model: &str) -> Result<Option<u32>, RegistryError> {
    Ok(registry.aliases(model)?.into_iter().find(|(alias, _)| alias == CHAMPION).map(|(_, number)| number))
}

/// A promotion puts a champion on the pile, a rollback takes one off; who then lies below the top was champion before.
fn previous_champion(history: &[AliasMove]) -> Option<u32> {
    let mut pile: Vec<u32> = Vec::new();
    for step in history.iter().filter(|m| m.alias == CHAMPION) {
        match step.kind {
            MoveKind::Promotion if pile.last() == Some(&step.to) => {}
            MoveKind::Promotion => pile.push(step.to),
            MoveKind::Rollback => {
                pile.pop();
            }
        }
    }
    pile.pop();
    pile.pop()
}

/// None where parity was not checked.
fn mismatches(parity: Option<&ParityCertificate>) -> u64 {
    parity.map_or(0, |parity| parity.mismatches)
}

fn broken_rules(rules: &[String]) -> String {
    if rules.is_empty() { String::new() } else { format!(" ({})", rules.join(", ")) }
}

#[cfg(test)]
mod tests;
