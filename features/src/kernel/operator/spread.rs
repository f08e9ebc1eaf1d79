//! `var_samp` and `stddev_samp`: of exact sums, so that neither the order of rows nor eviction shows. NULL with fewer
//! than two values.
//!
//! The variance is the exact (n·Σx² − (Σx)²) / (n·(n − 1)), rounded once, half to even; the deviation is the correctly
//! rounded root of that double. Both are therefore the same bits in every host.

use super::Reading;
use super::count::small_count;
use crate::kernel::exact_sum::{ExactSum, sample_variance};
use crate::value::Value;
use crate::wire::{self, Reader, StateError};

#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::kernel) struct Spread {
    count: u64,
    sum: ExactSum,
    /// In units of 2^-2148, the square of the unit of sums.
    squares: ExactSum,
}

impl Spread {
    #[inline]
    pub(super) fn enter(&mut self, value: &Value) {
        if let Some(number) = Number::of(value) {
            self.count += 1;
            self.add(number, false);
        }
    }

    #[inline]
    pub(super) fn leave(&mut self, value: &Value) {
        if let Some(number) = Number::of(value) {
            self.count -= 1;
            self.add(number, true);
        }
    }

    fn add(&mut self, Number { negative, mantissa, shift }: Number, back: bool) {
        self.sum.add_scaled(mantissa, shift, negative != back);
        let square = u128::from(mantissa) * u128::from(mantissa);
        self.squares.add_scaled(square as u64, 2 * shift, back);
        self.squares.add_scaled((square >> 64) as u64, 2 * shift + 64, back);
    }

    pub(super) fn read(&self, reading: Reading) -> Value {
        let variance = sample_variance(self.count, &self.sum, &self.squares);
        let result = match reading {
            Reading::Root => variance.map(f64::sqrt),
            Reading::Value | Reading::Mean => variance,
        };
        result.map_or(Value::Null, Value::Float)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        wire::put_unsigned(out, self.count);
        self.sum.encode(out);
        self.squares.encode(out);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Spread, StateError> {
        let count = small_count(reader)?;
        let sum = ExactSum::decode(reader)?;
        Ok(Spread { count, sum, squares: ExactSum::decode_squares(reader)? })
    }
}

/// The magnitude `mantissa`·2^(`shift` − 1074).
struct Number {
    negative: bool,
    mantissa: u64,
    shift: usize,
}

impl Number {
    #[inline]
    fn of(value: &Value) -> Option<Number> {
        match value {
            Value::Float(x) => {
                let bits = x.to_bits();
                let (fraction, exponent) = (bits & ((1 << 52) - 1), (bits >> 52) as usize & 0x7ff);
                let (mantissa, shift) = if exponent == 0 { (fraction, 0) } else { (fraction | 1 << 52, exponent - 1) };
                Some(Number { negative: x.is_sign_negative(), mantissa, shift })
            }
            Value::Int(i) => Some(Number { negative: *i < 0, mantissa: i.unsigned_abs(), shift: 1074 }),
            _ => None,
        }
    }
}
