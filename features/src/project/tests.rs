use super::*;

fn nfl() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../notebooks-data/nfl")
}

#[test]
fn the_nfl_project_is_clean() {
    match Project::load(&nfl(), &|_| None) {
        Ok(project) => assert_eq!(project.views.len(), 2),
        Err(problems) => panic!("{problems}"),
    }
}
