//! The first rows of a table, readable in a terminal: columns that do not fit beside each other go into further blocks,
//! each of which begins with the columns that name the row.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table as Drawn};
use features::column::Table;
use features::value::{Type, Value};

/// Text beyond this is cut.
const WIDEST_CELL: usize = 32;
/// Between two columns.
const GAP: usize = 2;

/// Every cell as text, the header first.
struct Cells {
    columns: Vec<Vec<String>>,
    right: Vec<bool>,
}

/// The first `rows` rows in lines of at most `width` characters (`None`: as wide as it gets). The first `naming` columns
/// stand in every block.
pub(super) fn head(table: &Table, rows: usize, naming: usize, width: Option<usize>) -> Vec<String> {
    let cells = Cells::of(table, rows.min(table.rows));
    let blocks = blocks(&cells.widths(), naming, width);
    let mut lines = Vec::new();
    for (index, block) in blocks.iter().enumerate() {
        if index > 0 {
            lines.push(String::new());
        }
        lines.extend(cells.drawn(block));
    }
    lines
}

/// Which columns stand beside each other.
fn blocks(widths: &[usize], naming: usize, width: Option<usize>) -> Vec<Vec<usize>> {
    let all: Vec<usize> = (0..widths.len()).collect();
    let wide = |columns: &[usize]| -> usize { columns.iter().map(|&column| widths[column] + GAP).sum() };
    let Some(width) = width.filter(|width| *width < wide(&all)) else { return vec![all] };
    // A row that is named by half a line is not named in every block.
    let naming: Vec<usize> = (0..naming.min(widths.len())).collect();
    let naming = if wide(&naming) * 2 <= width { naming } else { Vec::new() };
    let mut blocks = vec![naming.clone()];
    for (column, columns_width) in widths.iter().enumerate().skip(naming.len()) {
        let last = blocks.len() - 1;
        if blocks[last].len() > naming.len() && wide(&blocks[last]) + columns_width > width {
            blocks.push(naming.clone());
        }
        if let Some(block) = blocks.last_mut() {
            block.push(column);
        }
    }
    blocks
}

impl Cells {
    fn of(table: &Table, rows: usize) -> Cells {
        let columns = table.names.iter().zip(&table.columns).map(|(name, column)| {
            let values = (0..rows).map(|row| cell(&column.value(row)));
            [name.to_string()].into_iter().chain(values).collect()
        });
        let right = table.columns.iter().map(|column| matches!(column.ty, Type::Int | Type::Float)).collect();
        Cells { columns: columns.collect(), right }
    }

    fn widths(&self) -> Vec<usize> {
        let widest = |column: &Vec<String>| column.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
        self.columns.iter().map(widest).collect()
    }

    fn drawn(&self, block: &[usize]) -> Vec<String> {
        let rows = self.columns.first().map_or(0, Vec::len);
        let mut drawn = Drawn::new();
        drawn.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        for row in 0..rows {
            drawn.add_row(block.iter().map(|&column| self.columns[column][row].as_str()));
        }
        for (index, &column) in block.iter().enumerate() {
            if let Some(drawn) = drawn.column_mut(index) {
                drawn.set_padding((0, GAP as u16));
                drawn.set_cell_alignment(if self.right[column] { CellAlignment::Right } else { CellAlignment::Left });
            }
        }
        drawn.lines().map(|line| line.trim_end().to_owned()).collect()
    }
}

/// Six digits of a float are enough to look at.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Float(x) => float(*x),
        Value::Timestamp(t) => features::element::format_timestamp(*t).map_or_else(|| t.to_string(), |t| t.to_string()),
        Value::Interval(i) => features::duration::format(*i),
        Value::String(text) => shortened(text),
    }
}

fn float(x: f64) -> String {
    let exact = format!("{x:?}");
    let (magnitude, digits) = (x.abs(), exact.chars().filter(char::is_ascii_digit).count());
    if digits <= 7 {
        return exact;
    }
    if magnitude != 0.0 && !(1e-4..1e9).contains(&magnitude) {
        return format!("{x:.5e}");
    }
    let before_point = if magnitude < 1.0 { 0 } else { format!("{magnitude:.0}").len() };
    format!("{x:.*}", 6_usize.saturating_sub(before_point).max(1))
}

fn shortened(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.char_indices().nth(WIDEST_CELL) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use features::column::Column;

    use super::*;

    fn table() -> Table {
        let column = |ty, values: &[Value]| Column::from_values(ty, values);
        let text = |text: &str| Value::String(text.into());
        Table {
            names: ["game", "play", "team", "share", "is_home"].map(Into::into).to_vec(),
            columns: vec![
                column(Type::String, &[text("KC-DET"), text("KC-DET"), text("BUF-NYJ")]),
                column(Type::Int, &[Value::Int(1), Value::Int(20), Value::Int(-3)]),
                column(
                    Type::String,
                    &[text("KC"), Value::Null, text("a name that goes on for longer than anybody reads")],
                ),
                column(Type::Float, &[Value::Float(1.0 / 3.0), Value::Null, Value::Float(1e300)]),
                column(Type::Bool, &[Value::Bool(true), Value::Null, Value::Bool(false)]),
            ],
            rows: 3,
        }
    }

    #[test]
    fn rows_stand_in_line_with_numbers_right_and_nulls_shown() {
        let lines = head(&table(), 2, 2, None);
        assert_eq!(
            lines,
            [
                "game    play  team     share  is_home",
                "KC-DET     1  KC    0.333333  true",
                "KC-DET    20  NULL      NULL  NULL",
            ]
        );
    }

    #[test]
    fn what_does_not_fit_goes_into_a_block_that_names_its_rows_too() {
        let lines = head(&table(), 3, 2, Some(40));
        assert!(lines.iter().all(|line| line.chars().count() <= 50), "{lines:#?}");
        let blocks: Vec<&[String]> = lines.split(String::is_empty).collect();
        assert_eq!(blocks.len(), 2, "{lines:#?}");
        assert!(blocks.iter().all(|block| block[0].starts_with("game")), "{lines:#?}");
        assert!(blocks[0][3].ends_with("a name that goes on for longer t…"), "{lines:#?}");
    }

    #[test]
    fn a_terminal_of_one_column_shows_one_column_a_block() {
        let lines = head(&table(), 1, 2, Some(1));
        assert_eq!(lines.split(String::is_empty).count(), 5, "{lines:#?}");
    }

    #[test]
    fn floats_are_shown_with_six_digits() {
        let shown = [0.1, 1.0 / 3.0, 2_000_000.0 / 3.0, -1.0 / 7e6, 1e300 / 7.0, 12.0, 1_234_567.0].map(float);
        assert_eq!(
            shown,
            ["0.1", "0.333333", "666666.7", "-1.42857e-7", "1.42857e299", "12.0", "1234567.0"].map(str::to_owned)
        );
    }
}
