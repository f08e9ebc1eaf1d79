//! Views read again over a stream as it was declared.

use super::changed;
use crate::project::view_as_declared;

#[test]
fn a_view_read_over_the_recorded_declaration_is_the_same_whatever_the_project_says_now() {
    let project = changed(&[]).expect("a good project");
    let (name, declaration) = project.declarations.first().expect("a stream");
    assert_eq!(name, "plays");
    let view = &project.views["form"];
    let again = view_as_declared(declaration, &view.text).expect("readable").expect("a view");
    assert_eq!(again.hash, view.hash);
}

#[test]
fn another_declaration_gives_another_hash() {
    let project = changed(&[]).expect("a good project");
    let now = changed(&[("lateness   = \"30s\"", "lateness   = \"40s\"")]).expect("a good project");
    let view = &project.views["form"];
    let again = view_as_declared(&now.declarations["plays"], &view.text).expect("readable").expect("a view");
    assert_ne!(again.hash, view.hash);
    assert_eq!(again.hash, now.views["form"].hash);
}

#[test]
fn a_declaration_that_cannot_be_read_is_a_problem() {
    assert!(view_as_declared("[streams.plays", "CREATE VIEW form AS SELECT 1 AS one FROM plays").is_err());
}
