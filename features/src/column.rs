//! A column of values of one type: what the batch host moves between files, programs and models. Free of polars.

use std::ops::Range;

use smol_str::SmolStr;

use crate::value::{Type, Value};

/// Values without their NULLs; where `valid` is false the value is unspecified.
#[derive(Debug, Clone)]
pub enum Data {
    Bool(Vec<bool>),
    /// Int, Timestamp and Interval.
    Int(Vec<i64>),
    Float(Vec<f64>),
    String(Vec<SmolStr>),
}

impl Data {
    /// So many values of no meaning.
    pub fn blank(ty: Type, rows: usize) -> Data {
        match ty {
            Type::Bool => Data::Bool(vec![false; rows]),
            Type::Int | Type::Timestamp | Type::Interval => Data::Int(vec![0; rows]),
            Type::Float => Data::Float(vec![0.0; rows]),
            Type::String => Data::String(vec![SmolStr::default(); rows]),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Column {
    pub ty: Type,
    pub data: Data,
    /// `None`: no NULLs.
    pub valid: Option<Vec<bool>>,
}

impl Column {
    pub fn len(&self) -> usize {
        match &self.data {
            Data::Bool(v) => v.len(),
            Data::Int(v) => v.len(),
            Data::Float(v) => v.len(),
            Data::String(v) => v.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn is_valid(&self, row: usize) -> bool {
        self.valid.as_ref().is_none_or(|v| v[row])
    }

    /// The value at `row`; panics past the end, as a slice does.
    pub fn value(&self, row: usize) -> Value {
        if !self.is_valid(row) {
            return Value::Null;
        }
        match (&self.data, self.ty) {
            (Data::Bool(v), _) => Value::Bool(v[row]),
            (Data::Int(v), Type::Timestamp) => Value::Timestamp(v[row]),
            (Data::Int(v), Type::Interval) => Value::Interval(v[row]),
            (Data::Int(v), _) => Value::Int(v[row]),
            (Data::Float(v), _) => Value::Float(v[row]),
            (Data::String(v), _) => Value::String(v[row].clone()),
        }
    }

    /// The rows at `indices`, in that order; panics past the end, as a slice does.
    pub fn take(&self, indices: &[usize]) -> Column {
        fn pick<T: Clone>(values: &[T], indices: &[usize]) -> Vec<T> {
            indices.iter().map(|&row| values[row].clone()).collect()
        }
        let data = match &self.data {
            Data::Bool(v) => Data::Bool(pick(v, indices)),
            Data::Int(v) => Data::Int(pick(v, indices)),
            Data::Float(v) => Data::Float(pick(v, indices)),
            Data::String(v) => Data::String(pick(v, indices)),
        };
        let valid = self.valid.as_ref().map(|v| pick(v, indices)).filter(|v| v.contains(&false));
        Column { ty: self.ty, data, valid }
    }

    /// The rows of a range; panics past the end, as a slice does.
    pub fn slice(&self, rows: Range<usize>) -> Column {
        let data = match &self.data {
            Data::Bool(v) => Data::Bool(v[rows.clone()].to_vec()),
            Data::Int(v) => Data::Int(v[rows.clone()].to_vec()),
            Data::Float(v) => Data::Float(v[rows.clone()].to_vec()),
            Data::String(v) => Data::String(v[rows.clone()].to_vec()),
        };
        let valid = self.valid.as_ref().map(|v| v[rows].to_vec()).filter(|v| v.contains(&false));
        Column { ty: self.ty, data, valid }
    }

    /// As model inputs: see [`Value::as_number`]; `None` becomes NaN.
    pub fn numbers(&self) -> Vec<f64> {
        (0..self.len()).map(|row| self.value(row).as_number().unwrap_or(f64::NAN)).collect()
    }

    pub fn from_values(ty: Type, values: &[Value]) -> Column {
        let mut builder = ColumnBuilder::new(ty, values.len());
        for value in values {
            builder.push(value);
        }
        builder.finish()
    }
}

/// Collects values of one type; a value of another type is taken as NULL.
#[derive(Debug)]
pub struct ColumnBuilder {
    column: Column,
    valid: Vec<bool>,
}

impl ColumnBuilder {
    pub fn new(ty: Type, capacity: usize) -> ColumnBuilder {
        let data = match ty {
            Type::Bool => Data::Bool(Vec::with_capacity(capacity)),
            Type::Int | Type::Timestamp | Type::Interval => Data::Int(Vec::with_capacity(capacity)),
            Type::Float => Data::Float(Vec::with_capacity(capacity)),
            Type::String => Data::String(Vec::with_capacity(capacity)),
        };
        ColumnBuilder { column: Column { ty, data, valid: None }, valid: Vec::with_capacity(capacity) }
    }

    /// So many NULLs, to be [set](ColumnBuilder::set).
    pub fn nulls(ty: Type, rows: usize) -> ColumnBuilder {
        ColumnBuilder { column: Column { ty, data: Data::blank(ty, rows), valid: None }, valid: vec![false; rows] }
    }

    /// Puts the value of a row that is there; panics past the end, as a slice does.
    #[inline(always)]
    pub fn set(&mut self, row: usize, value: Value) {
        self.valid[row] = value.ty() == Some(self.column.ty);
        match (&mut self.column.data, value) {
            (Data::Bool(v), Value::Bool(b)) => v[row] = b,
            (Data::Int(v), Value::Int(i) | Value::Timestamp(i) | Value::Interval(i)) => v[row] = i,
            (Data::Float(v), Value::Float(x)) => v[row] = x,
            (Data::String(v), Value::String(s)) => v[row] = s,
            // What stands under a NULL is unspecified.
            _ => {}
        }
    }

    pub fn push(&mut self, value: &Value) {
        let valid = value.ty() == Some(self.column.ty);
        self.valid.push(valid);
        match (&mut self.column.data, value) {
            (Data::Bool(v), Value::Bool(b)) => v.push(*b),
            (Data::Int(v), Value::Int(i) | Value::Timestamp(i) | Value::Interval(i)) => v.push(*i),
            (Data::Float(v), Value::Float(x)) => v.push(*x),
            (Data::String(v), Value::String(s)) => v.push(s.clone()),
            (Data::Bool(v), _) => v.push(false),
            (Data::Int(v), _) => v.push(0),
            (Data::Float(v), _) => v.push(0.0),
            (Data::String(v), _) => v.push(SmolStr::default()),
        }
    }

    pub fn finish(mut self) -> Column {
        if self.valid.contains(&false) {
            self.column.valid = Some(self.valid);
        }
        self.column
    }
}

/// Columns of equal length with names.
#[derive(Debug, Clone, Default)]
pub struct Table {
    pub names: Vec<SmolStr>,
    pub columns: Vec<Column>,
    pub rows: usize,
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.names.iter().position(|n| n == name).map(|i| &self.columns[i])
    }
}
