//! Champions come and go, and some of them are broken.

use std::sync::Arc;
use std::time::Duration;

use models::registry::{CHAMPION, DirectoryRegistry, Registry};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::fixture;
use crate::metrics::Metrics;

struct Setting {
    dir: tempfile::TempDir,
    project: features::project::Project,
    registry: Arc<DirectoryRegistry>,
}

impl Setting {
    fn new() -> Setting {
        let dir = tempfile::tempdir().expect("folder");
        let registry = Arc::new(DirectoryRegistry::new(dir.path().join("registry"), Arc::new(|| 0)));
        Setting { dir, project: fixture::project(), registry }
    }

    /// Publishes the next version of `win` and makes it champion.
    fn promote(&self, intercept: f64) -> u32 {
        let version = self.registry.publish(&fixture::artifact(&self.project, "win", intercept)).expect("publish");
        self.registry.set_alias("win", CHAMPION, version, "").expect("alias");
        version
    }

    /// Damages every file of a version.
    fn damage(&self, version: u32) {
        let mut folders = vec![self.dir.path().join("registry")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("folder") {
                let path = entry.expect("entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.components().any(|part| part.as_os_str() == version.to_string().as_str()) {
                    std::fs::write(path, "{").expect("damage");
                }
            }
        }
    }

    /// A server that starts now.
    fn start(&self) -> Followed {
        self.start_with(None)
    }

    fn start_with(&self, stored: Option<Arc<dyn crate::views::StoredStates>>) -> Followed {
        let metrics = Arc::new(Metrics::new());
        let registry: Arc<dyn Registry> = self.registry.clone();
        let routes = Arc::new(Routes::new(&self.project));
        let binder = Binder::new(&self.project, &routes, Arc::clone(&metrics));
        let followed = Followed {
            routes,
            direct: Arc::new(DirectModels::new(Arc::clone(&registry), binder.clone())),
            registry,
            binder,
            metrics,
        };
        stored.into_iter().for_each(|stored| followed.routes.views.survey(stored));
        followed.refresh();
        followed
    }
}

fn win(followed: &Followed) -> Arc<Route> {
    Arc::clone(followed.routes.endpoint("win").expect("endpoint"))
}

fn serving(followed: &Followed) -> Option<u32> {
    win(followed).champion.load().as_ref().map(|model| model.version)
}

#[test]
fn a_new_champion_is_swapped_in() {
    let setting = Setting::new();
    setting.promote(0.0);
    let followed = setting.start();
    assert_eq!(serving(&followed), Some(1));
    setting.promote(1.0);
    followed.refresh();
    assert_eq!(serving(&followed), Some(2));
    assert_eq!(
        *win(&followed).status(),
        RouteStatus { champion: Some(2), serving: Some(2), awaited: None, refused: None }
    );
}

#[test]
fn a_roll_back_is_followed_too() {
    let setting = Setting::new();
    setting.promote(0.0);
    setting.promote(1.0);
    let followed = setting.start();
    setting.registry.set_alias("win", CHAMPION, 1, "").expect("alias");
    followed.refresh();
    assert_eq!(serving(&followed), Some(1));
}

#[test]
fn a_broken_champion_leaves_the_last_good_one_serving_and_is_reported() {
    let setting = Setting::new();
    setting.promote(0.0);
    let followed = setting.start();
    let broken = setting.promote(1.0);
    setting.damage(broken);
    followed.refresh();
    let status = win(&followed).status();
    assert_eq!((status.champion, status.serving), (Some(2), Some(1)));
    let refused = status.refused.as_ref().expect("refused");
    assert_eq!(refused.version, Some(2));
    assert!(refused.reason.contains("broken"), "{}", refused.reason);
    let metrics = followed.metrics.encode();
    assert!(metrics.contains(r#"clutch_model_broken{endpoint="win",model="win"} 2"#), "{metrics}");
    assert!(metrics.contains(r#"clutch_model_served{endpoint="win",model="win"} 1"#), "{metrics}");
}

#[test]
fn a_server_that_starts_with_a_broken_champion_takes_the_newest_former_one_that_works() {
    let setting = Setting::new();
    for intercept in [0.0, 1.0, 2.0, 3.0] {
        setting.promote(intercept);
    }
    setting.damage(4);
    setting.damage(3);
    let followed = setting.start();
    assert_eq!(serving(&followed), Some(2));
    assert_eq!(win(&followed).status().refused.as_ref().and_then(|r| r.version), Some(4));
}

#[test]
fn a_version_that_was_never_champion_is_no_fallback() {
    let setting = Setting::new();
    setting.registry.publish(&fixture::artifact(&setting.project, "win", 0.0)).expect("publish");
    let broken = setting.promote(1.0);
    setting.damage(broken);
    assert_eq!(serving(&setting.start()), None);
}

#[test]
fn a_mended_situation_is_no_longer_reported() {
    let setting = Setting::new();
    setting.promote(0.0);
    let broken = setting.promote(1.0);
    setting.damage(broken);
    let followed = setting.start();
    assert!(win(&followed).status().refused.is_some());
    setting.promote(2.0);
    followed.refresh();
    assert_eq!(
        *win(&followed).status(),
        RouteStatus { champion: Some(3), serving: Some(3), awaited: None, refused: None }
    );
    assert!(!followed.metrics.encode().contains("clutch_model_broken{"));
}

#[test]
fn a_version_trained_on_another_form_of_the_view_is_refused() {
    let setting = Setting::new();
    let mut other = setting.project.clone();
    let mut view = (**other.views.get("score").expect("view")).clone();
    view.hash = features::plan::ViewHash("f".repeat(32));
    other.views.insert("score".into(), Arc::new(view));
    setting.registry.publish(&fixture::artifact(&other, "win", 0.0)).expect("publish");
    setting.registry.set_alias("win", CHAMPION, 1, "").expect("alias");
    let followed = setting.start();
    assert_eq!(serving(&followed), None);
    let status = win(&followed).status();
    let reason = &status.refused.as_ref().expect("refused").reason;
    assert!(reason.contains("has changed since training: it was ffffffff"), "{reason}");
}

/// The project with another window in its view.
fn edited(project: &features::project::Project) -> features::project::Project {
    let view = &project.views["score"];
    let text = view.text.replace("lag(lead, 1)", "lag(lead, 2)");
    let read = features::sql::view(&text, &features::sql::Catalog::from(Arc::clone(&view.stream)));
    let mut edited = project.clone();
    edited.views.insert("score".into(), Arc::new(read.view.expect("view")));
    edited
}

/// Version 1 is trained on the view as it was, version 2 on the view as it is now; the first is champion.
fn view_edited() -> Setting {
    let mut setting = Setting::new();
    setting.promote(0.0);
    setting.project = edited(&setting.project);
    setting.registry.publish(&fixture::artifact(&setting.project, "win", 1.0)).expect("publish");
    setting
}

fn stand(followed: &Followed, version: usize, live: bool) {
    let version = &followed.routes.views.kept("plays")[version];
    let standing = crate::views::Standing { live, folded: 30, of: 40, problem: None };
    (0..version.view.stream.partitions).for_each(|partition| version.report(partition, standing.clone()));
}

#[test]
fn a_version_keeps_the_view_that_it_was_trained_on() {
    let setting = view_edited();
    let followed = setting.start();
    assert_eq!(serving(&followed), Some(1));
    let champion = win(&followed).champion.load_full().expect("champion");
    assert_ne!(champion.view.hash, setting.project.views["score"].hash);
    assert_eq!(champion.view.hash, champion.artifact.manifest().view.hash);
    let kept: Vec<_> = followed.routes.views.kept("plays").iter().map(|v| v.view.hash.clone()).collect();
    assert_eq!(kept, [setting.project.views["score"].hash.clone(), champion.view.hash.clone()]);
}

#[test]
fn a_champion_waits_until_its_view_is_live_and_the_one_before_serves() {
    let setting = view_edited();
    let followed = setting.start();
    stand(&followed, 0, false);
    setting.registry.set_alias("win", CHAMPION, 2, "").expect("alias");
    followed.refresh();
    let status = win(&followed).status();
    assert_eq!((status.champion, status.serving, status.awaited), (Some(2), Some(1), Some(2)));
    assert!(!win(&followed).is_settled() && !followed.routes.is_a_version_due());
    assert_eq!(win(&followed).awaited().expect("awaited").progress.percent, 75);

    stand(&followed, 0, true);
    assert!(followed.routes.is_a_version_due());
    followed.refresh();
    assert_eq!(serving(&followed), Some(2));
    assert!(win(&followed).is_settled() && win(&followed).awaited().is_none());
    assert_eq!(followed.routes.views.kept("plays").len(), 1, "nobody needs the older view any more");
}

#[test]
fn a_champion_that_is_withdrawn_while_it_waits_never_serves() {
    let setting = view_edited();
    let followed = setting.start();
    stand(&followed, 0, false);
    setting.registry.set_alias("win", CHAMPION, 2, "").expect("alias");
    followed.refresh();
    setting.registry.set_alias("win", CHAMPION, 1, "").expect("alias");
    followed.refresh();
    stand(&followed, 0, true);
    followed.refresh();
    assert_eq!(serving(&followed), Some(1));
    assert!(win(&followed).is_settled());
}

#[test]
fn a_server_that_starts_while_the_champions_view_is_built_up_takes_the_one_before() {
    #[derive(Debug)]
    struct OnlyOlder(features::plan::ViewHash);
    impl crate::views::StoredStates for OnlyOlder {
        fn standing(&self, view: &Arc<features::plan::View>, _: u32) -> crate::views::Standing {
            crate::views::Standing { live: view.hash != self.0, ..Default::default() }
        }
    }
    let setting = view_edited();
    setting.registry.set_alias("win", CHAMPION, 2, "").expect("alias");
    let stored = Arc::new(OnlyOlder(setting.project.views["score"].hash.clone()));
    let followed = setting.start_with(Some(stored));
    let status = win(&followed).status();
    assert_eq!((status.champion, status.serving, status.awaited), (Some(2), Some(1), Some(2)));
}

#[test]
fn with_nothing_else_to_serve_a_champion_does_not_wait() {
    #[derive(Debug)]
    struct Nothing;
    impl crate::views::StoredStates for Nothing {
        fn standing(&self, _: &Arc<features::plan::View>, _: u32) -> crate::views::Standing {
            crate::views::Standing::default()
        }
    }
    let setting = view_edited();
    setting.registry.set_alias("win", CHAMPION, 2, "").expect("alias");
    assert_eq!(serving(&setting.start_with(Some(Arc::new(Nothing)))), Some(2));
}

#[test]
fn a_first_champion_waits_until_its_view_is_live() {
    let setting = Setting::new();
    let followed = setting.start();
    stand(&followed, 0, false);
    setting.promote(0.0);
    followed.refresh();
    let status = win(&followed).status();
    assert_eq!((status.champion, status.serving, status.awaited), (Some(1), None, Some(1)));
    assert_eq!(serving(&followed), None);
    stand(&followed, 0, true);
    assert!(followed.routes.is_a_version_due());
    followed.refresh();
    assert_eq!(serving(&followed), Some(1));
    assert!(win(&followed).is_settled());
}

#[test]
fn a_server_that_starts_beside_what_serves_lets_a_first_champion_wait() {
    #[derive(Debug)]
    struct Only(features::plan::ViewHash);
    impl crate::views::StoredStates for Only {
        fn standing(&self, view: &Arc<features::plan::View>, _: u32) -> crate::views::Standing {
            crate::views::Standing { live: view.hash == self.0, ..Default::default() }
        }
    }
    let mut setting = Setting::new();
    let older = setting.project.views["score"].hash.clone();
    setting.registry.publish(&fixture::artifact(&setting.project, "spare", 0.0)).expect("publish");
    setting.registry.set_alias("spare", CHAMPION, 1, "").expect("alias");
    setting.project = edited(&setting.project);
    setting.promote(0.0);
    let followed = setting.start_with(Some(Arc::new(Only(older))));
    let spare = followed.routes.endpoint("spare").expect("endpoint").status();
    assert_eq!((spare.serving, spare.awaited), (Some(1), None));
    let status = win(&followed).status();
    assert_eq!((status.serving, status.awaited), (None, Some(1)));
}

#[test]
fn an_endpoint_without_a_champion_waits_for_one() {
    let setting = Setting::new();
    let followed = setting.start();
    assert_eq!(*win(&followed).status(), RouteStatus::default());
    setting.promote(0.0);
    followed.refresh();
    assert_eq!(serving(&followed), Some(1));
}

#[test]
fn versions_that_clients_name_are_kept_until_others_are_asked_for() {
    let setting = Setting::new();
    for intercept in 0..10_u32 {
        setting.promote(f64::from(intercept));
    }
    let followed = setting.start();
    let reference = |number: u32| format!("win/{number}").parse().expect("reference");
    for number in 1..=10 {
        assert_eq!(followed.direct.load(&reference(number)).expect("load").version, number);
    }
    assert!(followed.direct.cached(&reference(1)).is_none(), "the least recently used are forgotten");
    assert!(followed.direct.cached(&reference(3)).is_some());
    followed.direct.load(&reference(1)).expect("loaded again");
}

#[tokio::test]
async fn a_reference_means_something_else_once_the_registry_changed() {
    let setting = Setting::new();
    setting.promote(0.0);
    let followed = setting.start();
    let newest: models::reference::ModelRef = "win".parse().expect("reference");
    assert_eq!(followed.direct.get(newest.clone()).await.expect("load").version, 1);
    setting.promote(1.0);
    assert_eq!(followed.direct.get(newest.clone()).await.expect("load").version, 1, "until the registry is looked at");
    followed.refresh();
    assert_eq!(followed.direct.get(newest.clone()).await.expect("load").version, 2);
}

#[tokio::test]
async fn the_registry_is_followed_until_shutdown() {
    let setting = Setting::new();
    let followed = setting.start();
    let seen = setting.registry.revision().ok();
    let version = setting.promote(0.0);
    let shutdown = CancellationToken::new();
    let follow = follow(followed.clone(), None, seen, Duration::from_millis(1), shutdown.clone());
    let watch = async {
        while serving(&followed) != Some(version) {
            tokio::task::yield_now().await;
        }
        shutdown.cancel();
    };
    tokio::join!(follow, watch);
}
