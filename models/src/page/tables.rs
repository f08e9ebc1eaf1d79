//! Tables of text.

use super::markup::{Markup, escape};

/// A cell: text, or markup of ours.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Text(String),
    /// Longer text, which may wrap.
    Prose(String),
    Drawing(String),
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Cell {
        Cell::Text(text.into())
    }
}

/// Scrolls by itself where the page is narrower than the table.
pub fn table(page: &mut Markup, header: &[&str], rows: &[Vec<Cell>]) {
    page.raw("<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr>");
    for (column, name) in header.iter().enumerate() {
        let prose = rows.iter().any(|row| matches!(row.get(column), Some(Cell::Prose(_))));
        page.raw(if prose { "<th scope=\"col\" class=\"left\">" } else { "<th scope=\"col\">" })
            .text(name)
            .raw("</th>");
    }
    page.raw("</tr></thead>\n<tbody>\n");
    for row in rows {
        page.raw("<tr>");
        for cell in row {
            match cell {
                Cell::Text(text) => page.raw("<td>").text(text).raw("</td>"),
                Cell::Prose(text) => page.raw("<td class=\"left\">").text(text).raw("</td>"),
                Cell::Drawing(markup) => page.raw("<td>").raw(markup).raw("</td>"),
            };
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody>\n</table></div>\n");
}

/// A figure beside others; `caption` says how to read the drawing.
pub fn figure(page: &mut Markup, title: &str, drawing: &str, caption: &str) {
    page.raw("<figure>\n");
    page.element("h3", title);
    page.raw(drawing);
    page.raw(&format!("<figcaption>{}</figcaption>\n</figure>\n", escape(caption)));
}

/// Thousands parted by thin spaces, which no browser breaks.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut parted = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            parted.push('\u{202f}');
        }
        parted.push(digit);
    }
    parted
}

/// Four significant digits, whatever the unit; whole numbers as such.
pub fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e6 {
        // −0 would be written with its sign.
        return format!("{:.0}", value + 0.0);
    }
    let magnitude = value.abs().log10().floor();
    if !(-4.0..6.0).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 7")]
    let decimals = (3.0 - magnitude).max(0.0) as usize;
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_parted_by_thousands() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1\u{202f}000", "1\u{202f}234\u{202f}567"]);
    }

    #[test]
    fn numbers_have_the_digits_that_say_something() {
        let numbers = [-0.0, 4.0, -39.0, 0.009_936_4, 1.385, 10.190_1, 1e6, -6.837e-6].map(number);
        assert_eq!(numbers, ["0", "4", "-39", "0.009936", "1.385", "10.19", "1.000e6", "-6.837e-6"]);
    }
}
