//! Tables of plain text.

/// Columns in line; the first and the last left, numbers right. The first row is the header.
pub(crate) fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|c| c.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let is_number = |column: usize| {
        let mut cells = rows.iter().skip(1).filter_map(|row| row.get(column)).filter(|cell| !cell.is_empty());
        cells.all(|cell| cell.starts_with(['+', '-']) || cell.starts_with(|c: char| c.is_ascii_digit()))
    };
    let numbers: Vec<bool> = (0..columns).map(|column| column > 0 && is_number(column)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(i, cell)| {
            let width = widths[i];
            if numbers[i] { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        format!("  {}", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// 161205 as 161,205.
pub(crate) fn count(rows: u64) -> String {
    let digits = rows.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "train")]
    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1000, 161_205, 1_000_000].map(count), ["0", "999", "1,000", "161,205", "1,000,000"]);
    }

    #[test]
    fn numbers_stand_right_and_names_left() {
        let rows = [["", "n"], ["log_loss", "1"], ["auc", "10"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows), ["             n", "  log_loss   1", "  auc       10"]);
    }
}
