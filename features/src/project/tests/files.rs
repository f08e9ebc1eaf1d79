use std::fs;

use crate::project::Project;

use super::{PROJECT, VIEW, environment};

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("folder");
    fs::create_dir(dir.path().join("views")).expect("views");
    fs::write(dir.path().join("clutch.toml"), PROJECT).expect("clutch.toml");
    fs::write(dir.path().join("views/form.sql"), VIEW).expect("form.sql");
    dir
}

#[track_caller]
fn first_message(dir: &tempfile::TempDir) -> String {
    let problems = Project::load(dir.path(), &environment).expect_err("faulty");
    problems.0[0].message.clone()
}

#[test]
fn a_project_is_read_from_its_folder() {
    let dir = folder();
    let project = Project::load(dir.path(), &environment).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(project.dir.is_absolute());
    assert_eq!(project.state_dir(), project.dir.join(".clutch"));
}

#[test]
fn a_byte_order_mark_and_other_files_do_no_harm() {
    let dir = folder();
    fs::write(dir.path().join("clutch.toml"), format!("\u{feff}{PROJECT}")).expect("clutch.toml");
    fs::write(dir.path().join("views/form.sql"), format!("\u{feff}{}", VIEW.replace('\n', "\r\n"))).expect("form.sql");
    fs::write(dir.path().join("views/notes.txt"), "not SQL").expect("notes");
    assert!(Project::load(dir.path(), &environment).is_ok());
}

#[test]
fn a_folder_without_a_project_is_told_so() {
    let dir = tempfile::tempdir().expect("folder");
    assert_eq!(first_message(&dir), "there is no project here");
}

#[test]
fn text_that_is_not_utf8_is_told_with_its_line() {
    let dir = folder();
    fs::write(dir.path().join("views/form.sql"), b"CREATE VIEW form AS\nSELECT 'Stra\xdfe'").expect("form.sql");
    assert_eq!(first_message(&dir), "line 2 is not UTF-8");
}

#[test]
fn an_empty_or_huge_view_is_an_error() {
    let dir = folder();
    fs::write(dir.path().join("views/form.sql"), "").expect("form.sql");
    let problems = Project::load(dir.path(), &environment).expect_err("empty");
    assert!(problems.0.iter().any(|p| p.message == "the file holds no view"), "{problems}");
    fs::write(dir.path().join("views/form.sql"), " ".repeat(5 * 1024 * 1024)).expect("form.sql");
    assert_eq!(first_message(&dir), "larger than 4 MB");
}

#[test]
fn views_stand_in_the_order_of_their_files() {
    let dir = folder();
    for name in ["b", "a", "c"] {
        let text = VIEW.replace("VIEW form", &format!("VIEW {name}_view"));
        fs::write(dir.path().join(format!("views/{name}.sql")), text).expect("view");
    }
    let project = Project::load(dir.path(), &environment).unwrap_or_else(|problems| panic!("{problems}"));
    let names: Vec<_> = project.views_of("plays").iter().map(|view| view.name.to_string()).collect();
    assert_eq!(names, ["a_view", "b_view", "c_view", "form"]);
}
