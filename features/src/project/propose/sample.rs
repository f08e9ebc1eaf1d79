//! The first rows of a file, as they stand in it.

use crate::value::Value;

/// Some rows, column by column.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    pub columns: Vec<SampleColumn>,
    pub rows: usize,
    /// The file holds text only (CSV): numbers and times are read out of it.
    pub text: bool,
    /// Columns that hold what no field can hold.
    pub skipped: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct SampleColumn {
    pub name: String,
    /// Where the value stands inside a JSON event, if not at the top.
    pub path: Option<String>,
    /// One value a row.
    pub values: Vec<Value>,
}
