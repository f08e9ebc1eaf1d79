//! Writers in processes of their own, some of them killed.

use std::process::{Child, Command, Stdio};

use super::*;

/// Says that a process may play writer in the folder it runs in.
const STAGE: &str = "writers-welcome";

/// A writer's life, as a test so that this very binary can be started to live it.
#[test]
#[ignore = "is started by the test below"]
fn a_writer() {
    if !Path::new(STAGE).exists() {
        return;
    }
    let registry = registry(Path::new("registry"));
    for i in 0..40_u32 {
        let number = registry.publish(&sample::artifact("model", f64::from(i))).unwrap();
        registry.set_alias("model", CHAMPION, number, &number.to_string()).unwrap();
    }
}

fn start(stage: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "registry::directory::tests::processes::a_writer"])
        .current_dir(stage)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn processes_share_a_registry_and_may_be_killed() {
    let stage = tempfile::tempdir().unwrap();
    std::fs::write(stage.path().join(STAGE), "").unwrap();
    let registry = registry(&stage.path().join("registry"));
    let mut living: Vec<Child> = (0..2).map(|_| start(stage.path())).collect();
    for round in 1..=4 {
        let mut victim = start(stage.path());
        let enough = round * 8;
        while registry.versions("model").map_or(0, |versions| versions.len()) < enough {
            assert!(living.iter_mut().any(|w| w.try_wait().unwrap().is_none()), "the writers ended early");
            std::thread::yield_now();
        }
        victim.kill().unwrap();
        victim.wait().unwrap();
    }
    for writer in &mut living {
        assert!(writer.wait().unwrap().success());
    }

    let versions = registry.versions("model").unwrap();
    assert!(80 <= versions.len());
    assert_eq!(versions, (1..=u32::try_from(versions.len()).unwrap()).collect::<Vec<_>>());
    for number in &versions {
        registry.load("model", *number).unwrap();
    }
    let history = registry.history("model").unwrap();
    assert!(80 <= history.len());
    assert_eq!(history[0].from, None);
    for pair in history.windows(2) {
        assert_eq!(pair[1].from, Some(pair[0].to), "each move begins where the one before it ended");
    }
    assert!(history.iter().all(|m| m.reason == m.to.to_string()));
    assert_eq!(registry.aliases("model").unwrap(), [(CHAMPION.to_owned(), history.last().unwrap().to)]);
}
