//! Rows as tables, column by column.

use features::column::{ColumnBuilder, Table};
use features::value::{Type, Value};

/// What a row has in a column.
type Cell<R> = Box<dyn Fn(&R) -> Value>;

/// The columns of rows of one kind.
pub(in crate::data) struct Columns<R> {
    columns: Vec<(String, Type, Cell<R>)>,
}

impl<R> Columns<R> {
    pub(in crate::data) fn new() -> Columns<R> {
        Columns { columns: Vec::new() }
    }

    pub(in crate::data) fn add(&mut self, name: impl Into<String>, ty: Type, value: impl Fn(&R) -> Value + 'static) {
        self.columns.push((name.into(), ty, Box::new(value)));
    }

    pub(in crate::data) fn int(&mut self, name: impl Into<String>, value: impl Fn(&R) -> i64 + 'static) {
        self.add(name, Type::Int, move |row| Value::Int(value(row)));
    }

    /// NULL where there is none.
    pub(in crate::data) fn some_int(&mut self, name: &str, value: impl Fn(&R) -> Option<i64> + 'static) {
        self.add(name, Type::Int, move |row| value(row).map_or(Value::Null, Value::Int));
    }

    pub(in crate::data) fn some_bool(&mut self, name: &str, value: impl Fn(&R) -> Option<bool> + 'static) {
        self.add(name, Type::Bool, move |row| value(row).map_or(Value::Null, Value::Bool));
    }

    pub(in crate::data) fn some_time(&mut self, name: &str, value: impl Fn(&R) -> Option<i64> + 'static) {
        self.add(name, Type::Timestamp, move |row| value(row).map_or(Value::Null, Value::Timestamp));
    }

    pub(in crate::data) fn text(&mut self, name: &str, value: impl Fn(&R) -> String + 'static) {
        self.add(name, Type::String, move |row| Value::String(value(row).into()));
    }

    pub(in crate::data) fn some_text(&mut self, name: &str, value: impl Fn(&R) -> Option<String> + 'static) {
        self.add(name, Type::String, move |row| value(row).map_or(Value::Null, |text| Value::String(text.into())));
    }

    pub(in crate::data) fn table(self, rows: &[R]) -> Table {
        let mut table = Table { names: Vec::new(), columns: Vec::new(), rows: rows.len() };
        for (name, ty, value) in self.columns {
            let mut column = ColumnBuilder::new(ty, rows.len());
            for row in rows {
                column.push(&value(row));
            }
            table.names.push(name.into());
            table.columns.push(column.finish());
        }
        table
    }
}
