//! A writer that fails at each of its steps in turn: what others see then, and that they can go on.

use super::*;

/// Runs `write` on a copy of what `prepare` made, failing at step 0, 1, 2, …, until it fails no more; `check` looks at
/// what is left with a registry that does not fail. Returns how many steps there were.
fn at_every_step(
    kind: Kind,
    prepare: impl Fn(&DirectoryRegistry),
    write: impl Fn(&DirectoryRegistry) -> Result<(), RegistryError>,
    check: impl Fn(&Path, usize, bool),
) -> usize {
    for step in 0.. {
        let root = tempfile::tempdir().unwrap();
        prepare(&registry(root.path()));
        let writer = failing(root.path(), step, kind);
        let done = write(&writer).is_ok();
        if !writer.disk.faults.happened() {
            assert!(done, "nothing failed");
            return step;
        }
        drop(writer);
        check(root.path(), step, done);
    }
    unreachable!("a write has an end")
}

fn publish(registry: &DirectoryRegistry, intercept: f64) -> Result<(), RegistryError> {
    registry.publish(&sample::artifact("model", intercept)).map(|_| ())
}

#[test]
fn a_version_is_there_whole_or_not_at_all() {
    for kind in [Kind::Crash, Kind::Full] {
        let steps = at_every_step(
            kind,
            |_| {},
            |writer| publish(writer, 1.0),
            |root, step, done| {
                let after = registry(root);
                let versions = after.versions("model").unwrap_or_default();
                assert!(versions.is_empty() || versions == [1], "step {step}: {versions:?}");
                assert!(!done || versions == [1], "step {step}: reported, but not there");
                assert_eq!(after.models().unwrap().len(), versions.len(), "step {step}");
                for number in &versions {
                    assert_eq!(after.load("model", *number).unwrap().artifact, sample::artifact("model", 1.0));
                }
                publish(&after, 2.0).unwrap();
                let next = u32::try_from(versions.len()).unwrap() + 1;
                assert_eq!(after.load("model", next).unwrap().artifact, sample::artifact("model", 2.0), "step {step}");
                let staged = std::fs::read_dir(root.join("model/staging")).unwrap().count();
                assert_eq!(staged, 0, "step {step}: leftovers are cleared by the next writer");
            },
        );
        assert!(20 < steps, "{steps} steps are fewer than there are files to write and sync");
    }
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing_staged() {
    at_every_step(
        Kind::Full,
        |before| publish(before, 1.0).unwrap(),
        |writer| publish(writer, 2.0),
        |root, step, done| {
            assert!(!done, "step {step} failed silently");
            let staged = std::fs::read_dir(root.join("model/staging")).unwrap().count();
            assert_eq!(staged, 0, "step {step}");
        },
    );
    let root = tempfile::tempdir().unwrap();
    publish(&registry(root.path()), 1.0).unwrap();
    let error = publish(&failing(root.path(), 3, Kind::Full), 2.0).unwrap_err();
    let RegistryError::Io { source, .. } = &error else { panic!("{error}") };
    assert_eq!(source.kind(), std::io::ErrorKind::StorageFull);
}

#[test]
fn an_alias_and_its_history_never_disagree() {
    for kind in [Kind::Crash, Kind::Full] {
        let steps = at_every_step(
            kind,
            |before| {
                publish(before, 1.0).unwrap();
                publish(before, 2.0).unwrap();
                before.set_alias("model", CHAMPION, 1, "first").unwrap();
            },
            |writer| writer.set_alias("model", CHAMPION, 2, "second").map(|_| ()),
            |root, step, done| {
                let after = registry(root);
                let stands = |registry: &DirectoryRegistry| registry.aliases("model").unwrap()[0].1;
                let moves = |registry: &DirectoryRegistry| -> Vec<(Option<u32>, u32, String)> {
                    registry.history("model").unwrap().into_iter().map(|m| (m.from, m.to, m.reason)).collect()
                };
                let first = (None, 1, "first".to_owned());
                let second = (Some(1), 2, "second".to_owned());
                let moved = stands(&after) == 2;
                assert!(!done || moved, "step {step}: reported, but not there");
                let mut expected = if moved { vec![first, second] } else { vec![first] };
                assert_eq!(moves(&after), expected, "step {step}");

                let from = stands(&after);
                after.set_alias("model", CHAMPION, 1, "third").unwrap();
                expected.push((Some(from), 1, "third".to_owned()));
                assert_eq!(moves(&after), expected, "step {step}, after the next move");
                let lines = std::fs::read_to_string(root.join("model/history.jsonl")).unwrap();
                assert_eq!(lines.lines().count(), expected.len(), "step {step}: the next writer fills the gap");
            },
        );
        assert!(7 < steps, "{steps}");
    }
}

/// Also the very first move, where no file is there yet.
#[test]
fn a_first_champion_is_there_with_its_history_or_not_at_all() {
    at_every_step(
        Kind::Crash,
        |before| publish(before, 1.0).unwrap(),
        |writer| writer.set_alias("model", CHAMPION, 1, "").map(|_| ()),
        |root, step, _| {
            let after = registry(root);
            let (aliases, history) = (after.aliases("model").unwrap(), after.history("model").unwrap());
            assert_eq!(aliases.len(), history.len(), "step {step}");
        },
    );
}

#[test]
fn what_a_living_writer_stages_is_not_cleared_away() {
    let root = tempfile::tempdir().unwrap();
    let living = registry(root.path());
    publish(&living, 1.0).unwrap();
    let staged = root.path().join("model/staging/someone");
    std::fs::create_dir(&staged).unwrap();
    let lock = living.disk.open_lock(&living.layout.publish_lock("model")).unwrap();
    lock.lock_shared().unwrap();
    publish(&registry(root.path()), 2.0).unwrap();
    assert!(staged.is_dir());
    drop(lock);
    publish(&registry(root.path()), 3.0).unwrap();
    assert!(!staged.exists());
}
