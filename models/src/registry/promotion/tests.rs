use std::sync::Arc;

use super::*;
use crate::artifact::{GateReport, GateRuleReport};
use crate::contract::sample;
use crate::registry::MemoryRegistry;

fn registry() -> MemoryRegistry {
    MemoryRegistry::new(Arc::new(|| 0))
}

fn artifact(gate: GateOutcome) -> Artifact {
    let good = sample::artifact("model", 0.0);
    let mut manifest = good.manifest().clone();
    let rule = GateRuleReport {
        metric: "auc".to_owned(),
        reference: None,
        min: Some(0.8),
        max: None,
        observed: Some(0.7),
        kept: gate != GateOutcome::Failed,
    };
    manifest.gate = GateReport { outcome: gate, rules: vec![rule] };
    Artifact::new(manifest, good.model().clone(), good.input_example().clone()).unwrap()
}

/// A model with so many versions, of which version 1 is champion.
fn with_versions(count: usize) -> MemoryRegistry {
    let registry = registry();
    for _ in 0..count {
        publish_and_maybe_promote(&registry, &artifact(GateOutcome::None)).unwrap();
    }
    registry
}

fn champion_of(registry: &MemoryRegistry) -> Option<u32> {
    champion(registry, "model").unwrap()
}

#[test]
fn the_first_version_becomes_champion_and_later_ones_wait() {
    for gate in [GateOutcome::None, GateOutcome::Passed] {
        let registry = registry();
        let publish = || publish_and_maybe_promote(&registry, &artifact(gate)).unwrap();
        assert_eq!(publish(), Published { version: 1, promoted: true });
        assert_eq!(publish(), Published { version: 2, promoted: false });
        assert_eq!(champion_of(&registry), Some(1));
    }
}

#[test]
fn the_first_version_to_pass_its_gate_becomes_champion() {
    let registry = registry();
    let publish = |gate| publish_and_maybe_promote(&registry, &artifact(gate)).unwrap();
    assert_eq!(publish(GateOutcome::Failed), Published { version: 1, promoted: false });
    assert_eq!(publish(GateOutcome::Passed), Published { version: 2, promoted: true });
    assert_eq!(registry.history("model").unwrap()[0].reason, "first version to pass its gate");
}

#[test]
fn a_failed_gate_is_overruled_only_by_force() {
    let registry = with_versions(1);
    registry.publish(&artifact(GateOutcome::Failed)).unwrap();
    let error = promote(&registry, "model", 2, "", false, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "version 2 of `model` failed its gate (auc); promote another, or insist with --force"
    );
    assert_eq!(champion_of(&registry), Some(1));
    promote(&registry, "model", 2, "we know better", true, None).unwrap();
    assert_eq!(champion_of(&registry), Some(2));
}

/// A version whose view's hosts disagreed in so many values.
fn with_parity(mismatches: u64) -> Artifact {
    let good = sample::artifact("model", 0.0);
    let mut manifest = good.manifest().clone();
    manifest.parity = Some(sample::certificate(mismatches));
    Artifact::new(manifest, good.model().clone(), good.input_example().clone()).unwrap()
}

#[test]
fn a_version_whose_view_failed_parity_is_never_promoted() {
    let registry = registry();
    let published = publish_and_maybe_promote(&registry, &with_parity(3)).unwrap();
    assert_eq!(published, Published { version: 1, promoted: false });
    for force in [false, true] {
        let error = promote(&registry, "model", 1, "", force, None).unwrap_err();
        assert!(matches!(error, PromotionError::ParityFailed { mismatches: 3, .. }), "{error}");
    }
    assert_eq!(champion_of(&registry), None);
}

#[test]
fn a_version_whose_view_passed_parity_is_promoted() {
    let registry = registry();
    assert!(publish_and_maybe_promote(&registry, &with_parity(0)).unwrap().promoted);
}

/// A version trained when so many mismatches were known (`None`: unchecked), and a check since then that found as many.
fn promoted_after(before: Option<u64>, since: u64, minutes_later: i64) -> Result<AliasMove, PromotionError> {
    let registry = with_versions(1);
    let artifact = before.map_or_else(|| artifact(GateOutcome::None), with_parity);
    registry.publish(&artifact).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::new(folder.path());
    let mut certificate = sample::certificate(since);
    certificate.view_hash = artifact.manifest().view.hash.clone();
    certificate.checked_at += minutes_later * 60_000_000;
    certificates.store(&certificate).unwrap();
    promote(&registry, "model", 2, "", true, Some(&certificates))
}

#[test]
fn parity_that_fails_after_training_stands_in_the_way() {
    for before in [None, Some(0)] {
        let error = promoted_after(before, 2, 1).unwrap_err();
        assert!(matches!(error, PromotionError::ParityFailed { mismatches: 2, .. }), "{error}");
    }
}

#[test]
fn of_two_checks_the_newer_counts() {
    assert!(promoted_after(Some(5), 0, 1).is_ok(), "mended since");
    assert!(promoted_after(Some(0), 5, -1).is_ok(), "checked anew before training");
    assert!(promoted_after(Some(5), 0, -1).is_err());
    assert!(promoted_after(None, 0, 1).is_ok());
}

#[test]
fn promoting_the_champion_changes_nothing() {
    let registry = with_versions(1);
    assert!(matches!(promote(&registry, "model", 1, "", false, None), Err(PromotionError::AlreadyChampion { .. })));
    assert_eq!(registry.history("model").unwrap().len(), 1);
}

#[test]
fn rollbacks_go_back_one_promotion_each() {
    let registry = with_versions(3);
    for number in [2, 3] {
        promote(&registry, "model", number, "", false, None).unwrap();
    }
    for previous in [2, 1] {
        let made = rollback(&registry, "model", "it drifts").unwrap();
        assert_eq!((made.to, made.kind), (previous, MoveKind::Rollback));
        assert_eq!(champion_of(&registry), Some(previous));
    }
    assert!(matches!(rollback(&registry, "model", ""), Err(PromotionError::NoPrevious { number: 1, .. })));
}

#[test]
fn a_promotion_after_a_rollback_can_be_rolled_back_too() {
    let registry = with_versions(3);
    promote(&registry, "model", 2, "", false, None).unwrap();
    rollback(&registry, "model", "").unwrap();
    promote(&registry, "model", 3, "", false, None).unwrap();
    assert_eq!(rollback(&registry, "model", "").unwrap().to, 1);
}

#[test]
fn going_back_by_promotion_is_a_promotion() {
    let registry = with_versions(2);
    promote(&registry, "model", 2, "", false, None).unwrap();
    promote(&registry, "model", 1, "", false, None).unwrap();
    assert_eq!(rollback(&registry, "model", "").unwrap().to, 2);
}

#[test]
fn other_aliases_are_no_champions() {
    let registry = registry();
    registry.publish(&artifact(GateOutcome::Failed)).unwrap();
    registry.set_alias("model", "candidate", 1, "").unwrap();
    assert!(matches!(rollback(&registry, "model", ""), Err(PromotionError::NoChampion { .. })));
}
