//! `sum` and `avg`: exact, so that neither the order of rows nor eviction shows. NULL without a value.

use super::Reading;
use super::count::small_count;
use crate::kernel::exact_sum::{ExactSum, integer_mean};
use crate::value::{Type, Value};
use crate::wire::{self, Reader, StateError};

/// Of integers. The sum is NULL if it does not fit 64 bits; the mean is rounded once.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::kernel) struct IntegerSum {
    sum: i128,
    count: u64,
}

impl IntegerSum {
    #[inline]
    pub(in crate::kernel) fn enter(&mut self, value: &Value) {
        if let Value::Int(i) | Value::Interval(i) = value {
            self.sum += i128::from(*i);
            self.count += 1;
        }
    }

    #[inline]
    pub(in crate::kernel) fn leave(&mut self, value: &Value) {
        if let Value::Int(i) | Value::Interval(i) = value {
            self.sum -= i128::from(*i);
            self.count -= 1;
        }
    }

    #[inline]
    pub(in crate::kernel) fn read(&self, ty: Type, reading: Reading) -> Value {
        match (reading, self.count) {
            (_, 0) => Value::Null,
            (Reading::Mean, count) => integer_mean(self.sum, count).map_or(Value::Null, Value::Float),
            (Reading::Value | Reading::Root, _) => match (i64::try_from(self.sum), ty) {
                (Ok(sum), Type::Interval) => Value::Interval(sum),
                (Ok(sum), _) => Value::Int(sum),
                (Err(_), _) => Value::Null,
            },
        }
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        wire::put_unsigned(out, self.count);
        wire::put_signed_wide(out, self.sum);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<IntegerSum, StateError> {
        let count = small_count(reader)?;
        match reader.signed_wide()? {
            sum if sum.unsigned_abs() < 1 << 126 => Ok(IntegerSum { sum, count }),
            _ => Err(StateError::Corrupt("a sum is out of range")),
        }
    }
}

/// Of floats. The sum is rounded once, NULL beyond the largest double; the mean is the exact quotient, rounded once.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::kernel) struct FloatSum {
    sum: ExactSum,
    count: u64,
}

impl FloatSum {
    #[inline]
    pub(in crate::kernel) fn enter(&mut self, value: &Value) {
        if let Value::Float(x) = value {
            self.sum.add(*x);
            self.count += 1;
        }
    }

    #[inline]
    pub(in crate::kernel) fn leave(&mut self, value: &Value) {
        if let Value::Float(x) = value {
            self.sum.subtract(*x);
            self.count -= 1;
        }
    }

    #[inline]
    pub(in crate::kernel) fn read(&self, reading: Reading) -> Value {
        let rounded = match (reading, self.count) {
            (_, 0) => None,
            (Reading::Value | Reading::Root, _) => self.sum.read(),
            (Reading::Mean, count) => self.sum.mean(count),
        };
        rounded.map_or(Value::Null, Value::Float)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        wire::put_unsigned(out, self.count);
        self.sum.encode(out);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<FloatSum, StateError> {
        let count = small_count(reader)?;
        Ok(FloatSum { sum: ExactSum::decode(reader)?, count })
    }
}
