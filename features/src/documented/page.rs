//! The examples of a page, each replaced by what it gives today.
//!
//! - A `sql` block whose lines are `expression -- result`.
//! - A `sql` block with a view, followed by a table: columns called like fields are the events, the others the view's.
//! - A `sql` block with a view, followed by a `text` block: the view is refused, and this is said.
//! - A table `| refused | why | instead |`, each row a piece of a view.

use super::run::Plays;
use crate::plan::View;

const REFUSED: &str = "| refused | why | instead |";
const BEGIN: &str = "<!-- every overload: written by the tests -->";
const END: &str = "<!-- end -->";

/// `seen` is told every view that ran.
pub(super) fn rewritten(text: &str, plays: &Plays, seen: &mut dyn FnMut(&View)) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        out.push(line.to_owned());
        if line == REFUSED {
            out.extend(lines.next().map(str::to_owned));
            while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
                out.push(refused_row(row, plays));
            }
        }
        if line != "```sql" {
            continue;
        }
        let block: Vec<&str> = std::iter::from_fn(|| lines.next_if(|line| *line != "```")).collect();
        if !block.iter().any(|line| line.starts_with("CREATE VIEW")) {
            out.extend(block.iter().map(|line| row_example(line, plays, seen)));
            continue;
        }
        out.extend(block.iter().map(|line| (*line).to_owned()));
        out.extend(lines.next().map(str::to_owned));
        out.extend(lines.next_if(|line| line.is_empty()).map(str::to_owned));
        let sql = block.join("\n");
        match lines.peek() {
            Some(next) if next.starts_with('|') => {
                let table: Vec<&str> = std::iter::from_fn(|| lines.next_if(|line| line.starts_with('|'))).collect();
                out.extend(plays.table(&sql, &table, seen));
            }
            Some(next) if *next == "```text" => {
                out.extend(lines.next().map(str::to_owned));
                while lines.next_if(|line| *line != "```").is_some() {}
                out.extend(plays.refusal(&sql));
            }
            _ => panic!("this example shows no result:\n{sql}"),
        }
    }
    out.join("\n") + "\n"
}

/// `expression  -- result`
fn row_example(line: &str, plays: &Plays, seen: &mut dyn FnMut(&View)) -> String {
    if line.trim().is_empty() {
        return line.to_owned();
    }
    let Some((expression, _)) = line.rsplit_once("-- ") else { panic!("this example shows no result: {line}") };
    format!("{expression}-- {}", plays.value(expression.trim(), seen))
}

fn refused_row(row: &str, plays: &Plays) -> String {
    let piece = row.split('`').nth(1).unwrap_or_else(|| panic!("no SQL in {row}"));
    let sql = match piece.split(' ').next() {
        Some("FROM") => format!("CREATE VIEW v AS SELECT game {piece}"),
        Some("SELECT") => format!("CREATE VIEW v AS {piece} FROM plays"),
        Some("OVER") => format!("CREATE VIEW v AS SELECT avg(yards) {piece} AS x FROM plays"),
        _ => format!(
            "CREATE VIEW v AS SELECT {piece} AS x FROM plays WINDOW w AS (PARTITION BY game ORDER BY event_time)"
        ),
    };
    let (why, instead) = plays.first_fault(&sql);
    format!("| `{piece}` | {why} | {instead} |")
}

/// The page with this table between its marks.
pub(super) fn with_table(text: &str, rows: &[String]) -> String {
    let (Some(begin), Some(end)) = (text.find(BEGIN), text.find(END)) else { panic!("the page lacks its marks") };
    let header = "| call | gives | what | NULL |\n|---|---|---|---|\n";
    format!("{}{BEGIN}\n\n{header}{}\n\n{}", &text[..begin], rows.join("\n"), &text[end..])
}
