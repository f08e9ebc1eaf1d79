//! The documentation of views, run: every example in docs/views.md and docs/functions.md goes through the batch host and
//! the stream host, every refusal through the front end. What a page says must be what comes out; with
//! `CLUTCH_WRITE_DOCS=1` the pages are written anew, to be read before they are kept.

mod page;
mod run;

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::element::{Element, NullRule};
use crate::plan::{Node, View};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("docs/{name}: {error}"))
}

/// The page is as it would be written today.
#[track_caller]
fn is_true(name: &str, today: &str) {
    let kept = text(name);
    #[expect(clippy::disallowed_methods, reason = "how this test is told to write the pages anew")]
    if std::env::var("CLUTCH_WRITE_DOCS").is_ok() && kept != today {
        std::fs::write(path(name), today).unwrap();
        return;
    }
    let stale: String = kept
        .lines()
        .zip(today.lines())
        .enumerate()
        .filter(|(_, (kept, today))| kept != today)
        .map(|(at, (kept, today))| format!("docs/{name}:{}\n  says {kept}\n  true {today}\n", at + 1))
        .collect();
    assert!(kept == today, "the page is stale:\n{stale}CLUTCH_WRITE_DOCS=1 writes it anew");
}

fn plays() -> run::Plays {
    run::Plays::declared_in(&text("views.md"))
}

#[test]
fn every_example_of_the_guide_gives_what_it_says() {
    is_true("views.md", &page::rewritten(&text("views.md"), &plays(), &mut |_| {}));
}

#[test]
fn every_example_of_the_reference_gives_what_it_says() {
    let today = page::rewritten(&text("functions.md"), &plays(), &mut |_| {});
    is_true("functions.md", &page::with_table(&today, &overloads()));
}

/// What the examples of the reference use, by SQL name.
fn used() -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    page::rewritten(&text("functions.md"), &plays(), &mut |view: &View| {
        let mut look = |node: &Node| {
            if let Node::Call(element, _) = node {
                used.insert(element.sql_name().to_owned());
            }
        };
        for expression in view.before_expressions().into_iter().chain(view.columns.iter().map(|c| &c.expr)) {
            expression.walk(&mut |expression| look(&expression.node));
        }
        for call in &view.calls {
            used.insert(crate::sql::describe_call(view, call).split('(').next().unwrap_or_default().to_owned());
        }
    });
    used
}

#[test]
fn every_function_of_the_table_and_of_the_kernel_has_an_example() {
    let (used, reference) = (used(), text("functions.md"));
    // A cast to its own type is left out, and no interval is cast. LEAST and GREATEST have nodes of their own.
    let unreachable = ["cast:interval", "least", "greatest"];
    let missing: BTreeSet<&str> = Element::all().map(Element::sql_name).filter(|name| !used.contains(*name)).collect();
    let missing: Vec<&str> = missing.into_iter().filter(|name| !unreachable.contains(name)).collect();
    assert!(missing.is_empty(), "docs/functions.md has no example of {missing:?}");
    let windows: Vec<&str> = crate::sql::WINDOW_FUNCTIONS
        .into_iter()
        .filter(|name| !(used.contains(*name) || *name == "time_since_last" && reference.contains("time_since_last()")))
        .collect();
    assert!(windows.is_empty(), "docs/functions.md has no example of {windows:?}");
    for name in ["least", "greatest", "coalesce", "nullif", "CASE", "IN (", "BETWEEN", "IS NULL", "AND", "OR", "NOT"] {
        assert!(reference.contains(name), "docs/functions.md does not speak of {name}");
    }
}

/// One row for every overload; comparisons and what compares, which exist for every type, are told in words.
fn overloads() -> Vec<String> {
    let told = ["=", "<>", "<", "<=", ">", ">=", "least", "greatest"];
    let rule = |element: Element| match element.null_rule() {
        NullRule::Strict => "if an argument is",
        NullRule::Finite => "also if not finite",
        NullRule::Partial => "also where undefined",
        NullRule::Overflow => "also on overflow, counted",
        NullRule::PartialOverflow => "also where undefined or on overflow, counted",
    };
    Element::all()
        .filter(|element| !told.contains(&element.sql_name()))
        .filter(|element| !(element.name().starts_with("same_") || element.sql_name() == "cast:interval"))
        .map(|element| {
            let doc = element.doc().replace('|', "\\|");
            format!("| `{}` | {} | {doc} | {} |", element.signature(), element.result(), rule(element))
        })
        .collect()
}
