//! The text of the starter view.

use super::column::Facts;
use super::guess::{Guess, Id};
use crate::sql::quoted;
use crate::value::Type;

pub(super) fn write(view: &str, stream: &str, columns: &[Facts], guess: &Guess) -> String {
    let id = match guess.id {
        Some(Id::Alone(field) | Id::WithinKey(field)) if field != guess.key => Some(field),
        _ => None,
    };
    let name = |index: usize| quoted(&columns[index].name);
    let mut selected: Vec<String> = [Some(guess.key), id].into_iter().flatten().map(name).collect();
    selected.extend(guess.features.iter().copied().map(name));
    let window = guess.averaged.map(|index| {
        let column = format!("{}_recent", columns[index].name);
        selected.push(format!("avg({}) OVER recent AS {}", name(index), quoted(&unused(&column, columns))));
        format!(
            "\nWINDOW recent AS (PARTITION BY {} ORDER BY event_time ROWS 10 PRECEDING EXCLUDE CURRENT ROW)",
            name(guess.key)
        )
    });
    let texts: Vec<&str> = (0..columns.len())
        .filter(|&index| columns[index].ty == Type::String && index != guess.key && Some(index) != id)
        .map(|index| columns[index].name.as_str())
        .collect();
    let mut head = "-- A first view: a row for every event, with what is known when it arrives.\n\
                    -- Take out what is only known later, and add what tells more.\n"
        .to_owned();
    if !texts.is_empty() {
        // A comment ends with its line, whatever the names hold.
        let listed = texts.join(", ").replace(['\n', '\r'], " ");
        head.push_str(&format!("-- Text is no feature by itself; compare it: x = 'y' AS is_y. Here: {listed}\n"));
    }
    let window = window.unwrap_or_default();
    format!("{head}CREATE VIEW {view} AS\nSELECT {}\nFROM {stream}{window}\n", selected.join(",\n       "))
}

/// The name, or one like it that no column has.
fn unused(name: &str, columns: &[Facts]) -> String {
    let mut free = name.to_owned();
    while columns.iter().any(|facts| facts.name == free) {
        free.push('_');
    }
    free
}
