//! The values that events, features and expressions are made of.

use smol_str::SmolStr;

/// Microseconds since 1970-01-01T00:00:00Z.
pub type Micros = i64;

/// The type of a field, an expression or a view column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    Bool,
    /// 64 bits, signed; what does not fit is NULL.
    Int,
    /// IEEE 754 double; NaN and infinities do not exist, they become NULL.
    Float,
    String,
    /// UTC, in microseconds.
    Timestamp,
    /// A length of time in microseconds. Exists inside expressions only: no field and no view column has it.
    Interval,
}

impl Type {
    /// Int or Float.
    pub fn is_numeric(self) -> bool {
        matches!(self, Type::Int | Type::Float)
    }

    pub fn name(self) -> &'static str {
        match self {
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Float => "float",
            Type::String => "string",
            Type::Timestamp => "timestamp",
            Type::Interval => "interval",
        }
    }
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// One value. A Float is always finite: use [`Value::float`] where it may not be.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(SmolStr),
    Timestamp(Micros),
    Interval(Micros),
}

impl Value {
    /// NaN and infinities become NULL.
    pub fn float(x: f64) -> Value {
        if x.is_finite() { Value::Float(x) } else { Value::Null }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The type, or `None` for NULL, which has every type.
    pub fn ty(&self) -> Option<Type> {
        Some(match self {
            Value::Null => return None,
            Value::Bool(_) => Type::Bool,
            Value::Int(_) => Type::Int,
            Value::Float(_) => Type::Float,
            Value::String(_) => Type::String,
            Value::Timestamp(_) => Type::Timestamp,
            Value::Interval(_) => Type::Interval,
        })
    }

    /// The value as a model input: numbers as they are, booleans as 0 and 1, NULL and text as `None`.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Bool(b) => Some(f64::from(u8::from(*b))),
            #[expect(clippy::cast_precision_loss, reason = "a model input is a double; beyond 2^53 it is rounded")]
            Value::Int(i) | Value::Timestamp(i) | Value::Interval(i) => Some(*i as f64),
            Value::Float(x) => Some(*x),
            Value::Null | Value::String(_) => None,
        }
    }

    /// Equality of bits: what parity means. `0.0` and `-0.0` differ, NULL equals NULL.
    pub fn same_bits(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
            (a, b) => a == b,
        }
    }
}
