//! What reports on HTML pages are made of: text, tables, and drawings in SVG in the page's own colours, so that they follow
//! light, dark and print. A page needs no network, no script and no other file.

pub mod chart;
mod markup;
mod tables;

pub use markup::{Markup, escape};
pub use tables::{Cell, count, figure, number, table};

const STYLE: &str = include_str!("style.css");

/// A whole page; `body` writes what stands in its main part.
pub fn page(title: &str, body: impl FnOnce(&mut Markup)) -> String {
    let mut page = Markup::default();
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
    page.element("title", title);
    page.raw("<style>\n").raw(STYLE).raw("</style>\n</head>\n<body>\n<main>\n");
    body(&mut page);
    page.raw("</main>\n</body>\n</html>\n");
    page.finish()
}
