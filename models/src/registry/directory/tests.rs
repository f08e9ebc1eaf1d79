use std::path::Path;
use std::sync::Arc;

use super::disk::faults::{Faults, Kind};
use super::*;
use crate::artifact::{MANIFEST, MODEL};
use crate::contract::{self, sample};
use crate::registry::{CHAMPION, publish_and_maybe_promote};

mod crashes;
mod processes;

const NOW: i64 = 1_739_143_800_000_000;

fn registry(root: &Path) -> DirectoryRegistry {
    DirectoryRegistry::new(root, Arc::new(|| NOW))
}

fn failing(root: &Path, at: usize, kind: Kind) -> DirectoryRegistry {
    DirectoryRegistry { disk: Disk { faults: Faults::at(at, kind) }, ..registry(root) }
}

#[test]
fn keeps_the_contract() {
    let root = tempfile::tempdir().unwrap();
    contract::registry(&registry(&root.path().join("made/when/needed")));
}

#[test]
fn two_of_them_on_one_folder_keep_the_contract_together() {
    let root = tempfile::tempdir().unwrap();
    let publish = |writer: u32| {
        let own = registry(root.path());
        (0..10)
            .map(|i| own.publish(&sample::artifact("model", f64::from(writer * 10 + i))).unwrap())
            .collect::<Vec<_>>()
    };
    let mut numbers: Vec<u32> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..3).map(|writer| scope.spawn(move || publish(writer))).collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=30).collect::<Vec<_>>());
    assert_eq!(std::fs::read_dir(root.path().join("model/staging")).unwrap().count(), 0);
}

/// The persisted form, version 1.
#[test]
fn aliases_and_history_are_written_byte_for_byte() {
    let root = tempfile::tempdir().unwrap();
    let registry = registry(root.path());
    for intercept in [0.0, 1.0] {
        publish_and_maybe_promote(&registry, &sample::artifact("model", intercept)).unwrap();
    }
    registry.set_alias("model", CHAMPION, 2, "better on \"2024\"\n").unwrap();
    let read = |name: &str| std::fs::read_to_string(root.path().join("model").join(name)).unwrap();
    assert_eq!(read("aliases.json"), include_str!("golden/v1/aliases.json"));
    assert_eq!(read("history.jsonl"), include_str!("golden/v1/history.jsonl"));
}

#[test]
fn aliases_and_history_of_format_version_1_are_read() {
    let root = tempfile::tempdir().unwrap();
    let registry = registry(root.path());
    for intercept in [0.0, 1.0] {
        registry.publish(&sample::artifact("model", intercept)).unwrap();
    }
    for (name, content) in [
        ("aliases.json", include_str!("golden/v1/aliases.json")),
        ("history.jsonl", include_str!("golden/v1/history.jsonl")),
    ] {
        std::fs::write(root.path().join("model").join(name), content).unwrap();
    }
    assert_eq!(registry.aliases("model").unwrap(), [(CHAMPION.to_owned(), 2)]);
    let history = registry.history("model").unwrap();
    assert_eq!(history.iter().map(|m| (m.from, m.to)).collect::<Vec<_>>(), [(None, 1), (Some(1), 2)]);
    assert_eq!((history[1].at, history[1].reason.as_str()), (NOW, "better on \"2024\"\n"));
}

#[test]
fn aliases_of_a_newer_format_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let registry = registry(root.path());
    registry.publish(&sample::artifact("model", 0.0)).unwrap();
    let path = root.path().join("model/aliases.json");
    std::fs::write(&path, r#"{"format_version":2}"#).unwrap();
    for error in [registry.aliases("model").unwrap_err(), registry.set_alias("model", "x", 1, "").unwrap_err()] {
        assert!(matches!(&error, RegistryError::Newer { found: 2, .. }), "{error}");
        assert!(error.to_string().contains("aliases.json` has format version 2, this clutch reads 1"), "{error}");
    }
    std::fs::write(&path, "{").unwrap();
    assert!(matches!(registry.aliases("model"), Err(RegistryError::Damaged { .. })));
}

#[test]
fn a_broken_version_says_why_and_leaves_the_others_alone() {
    let root = tempfile::tempdir().unwrap();
    let registry = registry(root.path());
    for intercept in [0.0, 1.0, 2.0, 3.0] {
        registry.publish(&sample::artifact("model", intercept)).unwrap();
    }
    let file = |number: u32, name: &str| root.path().join(format!("model/versions/{number}/{name}"));
    std::fs::remove_file(file(1, MANIFEST)).unwrap();
    std::fs::write(file(2, MODEL), "{}").unwrap();
    std::fs::write(file(3, "checksums.json"), "not JSON").unwrap();
    for (number, reason) in [
        (1, "the artifact of `model` version 1 is broken: the file `clutch.json` is missing"),
        (
            2,
            "the artifact of `model` version 2 is broken: the file `model.json` was changed or cut short: its checksum is \
             not the one in `checksums.json`",
        ),
        (3, "the artifact of `model` version 3 is broken: the file `checksums.json` cannot be understood"),
    ] {
        let error = registry.load("model", number).unwrap_err();
        assert!(matches!(error, RegistryError::Broken { .. }));
        assert!(error.to_string().starts_with(reason), "{error}");
    }
    assert_eq!(registry.load("model", 4).unwrap().artifact, sample::artifact("model", 3.0));
    assert_eq!(registry.versions("model").unwrap(), [1, 2, 3, 4]);
}

#[test]
fn strangers_in_the_folder_are_ignored() {
    let root = tempfile::tempdir().unwrap();
    let registry = registry(root.path());
    registry.publish(&sample::artifact("model", 0.0)).unwrap();
    for folder in ["model/versions/007", "model/versions/next", ".git", "empty", "half/versions"] {
        std::fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    std::fs::write(root.path().join("model/versions/2"), "a file").unwrap();
    std::fs::write(root.path().join("README"), "a file").unwrap();
    assert_eq!(registry.models().unwrap(), ["model"]);
    assert_eq!(registry.versions("model").unwrap(), [1]);
    assert_eq!(registry.publish(&sample::artifact("model", 0.0)).unwrap(), 3, "2 is taken, if only by a file");
}

/// A file system on which nobody may create anything, not even root.
#[cfg(target_os = "linux")]
#[test]
fn a_place_that_cannot_be_written_is_named() {
    let registry = registry(Path::new("/proc/registry"));
    assert_eq!(registry.models().unwrap(), [""; 0]);
    let error = registry.publish(&sample::artifact("model", 0.0)).unwrap_err();
    assert!(matches!(error, RegistryError::Io { .. }));
    assert_eq!(error.to_string(), "cannot create the folder `/proc/registry`");
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn a_file_where_the_registry_should_be_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("registry");
    std::fs::write(&path, "").unwrap();
    assert!(matches!(registry(&path).models(), Err(RegistryError::Io { action: "list", .. })));
    assert!(matches!(registry(&path).publish(&sample::artifact("model", 0.0)), Err(RegistryError::Io { .. })));
}
