use std::collections::BTreeSet;

use super::sample;
use crate::reference::{ModelRef, Selector};
use crate::registry::{AliasChange, Expected, MoveKind, Registry, RegistryError};

/// Runs every promise of [`Registry`] on an empty one.
pub fn registry(registry: &dyn Registry) {
    an_empty_registry_is_no_error(registry);
    versions_count_from_one_and_read_back(registry);
    models_are_listed_by_name(registry);
    references_resolve(registry);
    what_is_not_there_is_said_so(registry);
    an_alias_moves_only_from_where_it_is_expected(registry);
    moves_are_kept_in_order(registry);
    the_revision_changes_with_every_change(registry);
    names_that_are_none_reach_nothing(registry);
    writers_never_share_a_number(registry);
    of_many_conditional_moves_one_happens(registry);
}

fn an_empty_registry_is_no_error(registry: &dyn Registry) {
    assert_eq!(registry.models().expect("models"), [""; 0]);
    registry.revision().expect("revision");
}

fn versions_count_from_one_and_read_back(registry: &dyn Registry) {
    for number in 1..=3_u32 {
        let artifact = sample::artifact("counted", f64::from(number));
        assert_eq!(registry.publish(&artifact).expect("publish"), number);
        assert_eq!(registry.versions("counted").expect("versions"), (1..=number).collect::<Vec<_>>());
    }
    for number in 1..=3_u32 {
        let version = registry.load("counted", number).expect("load");
        assert_eq!((version.model.as_str(), version.number), ("counted", number));
        assert_eq!(version.artifact, sample::artifact("counted", f64::from(number)));
    }
}

fn models_are_listed_by_name(registry: &dyn Registry) {
    registry.publish(&sample::artifact("a_first", 0.0)).expect("publish");
    assert_eq!(registry.models().expect("models"), ["a_first", "counted"]);
}

fn references_resolve(registry: &dyn Registry) {
    registry.set_alias("counted", "champion", 2, "").expect("set_alias");
    let resolve = |text: &str| registry.resolve(&text.parse().expect("reference")).expect(text);
    assert_eq!(resolve("counted"), 3);
    assert_eq!(resolve("counted/1"), 1);
    assert_eq!(resolve("counted@champion"), 2);
    assert_eq!(registry.aliases("counted").expect("aliases"), [("champion".to_owned(), 2)]);
}

fn what_is_not_there_is_said_so(registry: &dyn Registry) {
    let resolve = |text: &str| registry.resolve(&text.parse().expect("reference")).expect_err(text);
    assert!(
        matches!(resolve("countd"), RegistryError::UnknownModel { nearest: Some(nearest), .. } if nearest == "counted")
    );
    assert!(matches!(resolve("something_else@champion"), RegistryError::UnknownModel { nearest: None, .. }));
    assert!(matches!(resolve("counted/4"), RegistryError::UnknownVersion { number: 4, newest: Some(3), .. }));
    assert!(
        matches!(resolve("counted@champio"), RegistryError::UnknownAlias { nearest: Some(nearest), .. } if nearest == "champion")
    );
    assert!(matches!(registry.load("counted", 0), Err(RegistryError::UnknownVersion { .. })));
    assert!(matches!(registry.load("nobody", 1), Err(RegistryError::UnknownModel { .. })));
    assert!(matches!(registry.set_alias("counted", "x", 9, ""), Err(RegistryError::UnknownVersion { .. })));
    assert!(matches!(registry.set_alias("nobody", "x", 1, ""), Err(RegistryError::UnknownModel { .. })));
    assert!(matches!(registry.history("nobody"), Err(RegistryError::UnknownModel { .. })));
}

fn an_alias_moves_only_from_where_it_is_expected(registry: &dyn Registry) {
    let attempt = |expected, to| {
        let change = AliasChange { alias: "guarded", to, expected, kind: MoveKind::Promotion, reason: "" };
        registry.move_alias("counted", &change)
    };
    assert!(matches!(attempt(Expected::At(1), 2), Err(RegistryError::AliasMoved { found: None, .. })));
    assert_eq!(attempt(Expected::Unset, 1).expect("unset so far").from, None);
    assert!(matches!(attempt(Expected::Unset, 2), Err(RegistryError::AliasMoved { found: Some(1), .. })));
    assert!(matches!(attempt(Expected::At(3), 2), Err(RegistryError::AliasMoved { found: Some(1), .. })));
    assert_eq!(attempt(Expected::At(1), 2).expect("at 1").from, Some(1));
    assert_eq!(attempt(Expected::Anywhere, 3).expect("anywhere").from, Some(2));
}

fn moves_are_kept_in_order(registry: &dyn Registry) {
    registry.set_alias("counted", "kept", 1, "first").expect("set_alias");
    let change =
        AliasChange {
            alias: "kept", to: 3, expected: Expected::At(1), kind: MoveKind::Rollback, reason: "„two“\n"
        };
    let told = registry.move_alias("counted", &change).expect("move");
    let history = registry.history("counted").expect("history");
    let kept: Vec<_> = history.iter().filter(|m| m.alias == "kept").collect();
    assert_eq!(kept.len(), 2);
    assert_eq!(
        (kept[0].from, kept[0].to, kept[0].kind, kept[0].reason.as_str()),
        (None, 1, MoveKind::Promotion, "first")
    );
    assert_eq!(
        (kept[1].from, kept[1].to, kept[1].kind, kept[1].reason.as_str()),
        (Some(1), 3, MoveKind::Rollback, "„two“\n")
    );
    assert_eq!(history.last(), Some(&told));
}

fn the_revision_changes_with_every_change(registry: &dyn Registry) {
    let mut seen = vec![registry.revision().expect("revision")];
    let mut changed = |what: &str| {
        let revision = registry.revision().expect("revision");
        assert!(!seen.contains(&revision), "{what} left the revision as it was before");
        seen.push(revision);
        assert_eq!(registry.revision().expect("revision"), revision, "and it rests while nothing changes");
    };
    registry.publish(&sample::artifact("a_first", 0.0)).expect("publish");
    changed("a version");
    registry.publish(&sample::artifact("b_second", 0.0)).expect("publish");
    changed("a model");
    registry.set_alias("a_first", "champion", 1, "").expect("set_alias");
    changed("an alias");
    registry.set_alias("a_first", "champion", 2, "").expect("set_alias");
    changed("a move");
    registry.set_alias("a_first", "champion", 1, "").expect("set_alias");
    changed("a move back");
}

fn names_that_are_none_reach_nothing(registry: &dyn Registry) {
    for name in ["", ".", "..", "../counted", "counted/versions", "/tmp", "a\0b", "counted\n"] {
        let reference = ModelRef { name: name.to_owned(), selector: Selector::Newest };
        assert!(matches!(registry.resolve(&reference), Err(RegistryError::UnknownModel { .. })), "{name:?}");
        assert!(matches!(registry.load(name, 1), Err(RegistryError::UnknownModel { .. })), "{name:?}");
        assert!(matches!(registry.set_alias("counted", name, 1, ""), Err(RegistryError::Name { .. })), "{name:?}");
    }
}

fn writers_never_share_a_number(registry: &dyn Registry) {
    let publish_ten = |writer: u32| {
        let publish = |i: u32| {
            let intercept = f64::from(writer * 10 + i);
            (registry.publish(&sample::artifact("contended", intercept)).expect("publish"), intercept)
        };
        (0..10).map(publish).collect::<Vec<_>>()
    };
    let published: Vec<(u32, f64)> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4).map(|writer| scope.spawn(move || publish_ten(writer))).collect();
        writers.into_iter().flat_map(|writer| writer.join().expect("writer")).collect()
    });
    let numbers: BTreeSet<u32> = published.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=40).collect());
    for (number, intercept) in published {
        let stored = registry.load("contended", number).expect("load").artifact;
        assert_eq!(stored, sample::artifact("contended", intercept), "version {number} is the one its writer stored");
    }
}

fn of_many_conditional_moves_one_happens(registry: &dyn Registry) {
    let attempt = |to: u32| {
        let expected = Expected::Unset;
        let change = AliasChange { alias: "champion", to, expected, kind: MoveKind::Promotion, reason: "" };
        registry.move_alias("contended", &change).is_ok()
    };
    let happened = std::thread::scope(|scope| {
        let writers: Vec<_> = (1..=4).map(|to| scope.spawn(move || attempt(to))).collect();
        writers.into_iter().filter_map(|writer| writer.join().ok()).filter(|happened| *happened).count()
    });
    assert_eq!(happened, 1);
    assert_eq!(registry.history("contended").expect("history").len(), 1);
}
