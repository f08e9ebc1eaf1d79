//! Sums that nothing can round, in the plainest of ways.

use super::aggregate::whole;
use crate::value::Value;

/// A fixed-point number wide enough for any sum of doubles, and 128 bits finer than the finest of them.
pub(super) struct Big {
    negative: bool,
    /// Lowest first; bit 0 weighs 2^-1202.
    limbs: [u32; LIMBS],
}

const LIMBS: usize = 78;
const UNIT: i32 = -1202;

impl Big {
    pub(super) fn total(values: &[&Value]) -> Big {
        let (mut plus, mut minus) = ([0; LIMBS], [0; LIMBS]);
        for value in values {
            let (negative, mantissa, exponent) = parts(value);
            let side = if negative { &mut minus } else { &mut plus };
            for bit in 0..64 {
                if mantissa >> bit & 1 == 1 {
                    let at = usize::try_from(exponent + bit - UNIT).unwrap_or(0);
                    add_bit(side, at);
                }
            }
        }
        let negative = plus.iter().rev().lt(minus.iter().rev());
        let (mut limbs, less) = if negative { (minus, plus) } else { (plus, minus) };
        let mut borrow = 0;
        for (limb, less) in limbs.iter_mut().zip(less) {
            let difference = i64::from(*limb) - i64::from(less) - borrow;
            *limb = (difference & 0xffff_ffff) as u32;
            borrow = i64::from(difference < 0);
        }
        Big { negative, limbs }
    }

    /// The nearest double to this over `count`, the even one of two; NULL beyond them.
    pub(super) fn divided(mut self, count: u64) -> Value {
        let mut remainder = 0_u128;
        for limb in self.limbs.iter_mut().rev() {
            remainder = remainder << 32 | u128::from(*limb);
            *limb = (remainder / u128::from(count)) as u32;
            remainder %= u128::from(count);
        }
        let Some(top) = (0..LIMBS * 32).rev().find(|bit| self.bit(*bit)) else {
            return Value::Float(if self.negative { -0.0 } else { 0.0 });
        };
        // The last bit of the double: 53 bits from the top, and never finer than 2^-1074.
        let last = (top as i32 - 52).max(-1074 - UNIT) as usize;
        let mut mantissa = (last..=top.max(last)).rev().fold(0_u64, |m, bit| m << 1 | u64::from(self.bit(bit)));
        let half = self.bit(last - 1);
        let below = remainder != 0 || (0..last - 1).any(|bit| self.bit(bit));
        if half && (below || mantissa & 1 == 1) {
            mantissa += 1;
        }
        // Powers of two by repeated exact steps.
        let mut x = mantissa as f64;
        for _ in 0..(last as i32 + UNIT).unsigned_abs() {
            x *= if last as i32 + UNIT < 0 { 0.5 } else { 2.0 };
        }
        Value::float(if self.negative { -x } else { x })
    }

    fn bit(&self, at: usize) -> bool {
        self.limbs[at / 32] >> (at % 32) & 1 == 1
    }
}

fn add_bit(limbs: &mut [u32; LIMBS], at: usize) {
    let mut carry = 1 << (at % 32);
    for limb in &mut limbs[at / 32..] {
        let (sum, overflow) = limb.overflowing_add(carry);
        *limb = sum;
        if !overflow {
            return;
        }
        carry = 1;
    }
}

/// Sign, mantissa and exponent: the value is mantissa·2^exponent.
pub(super) fn parts(value: &Value) -> (bool, u64, i32) {
    match value {
        Value::Float(x) => {
            let (bits, sign) = (x.to_bits() & !(1 << 63), x.is_sign_negative());
            match (bits >> 52) as i32 {
                0 => (sign, bits, -1074),
                field => (sign, bits & ((1 << 52) - 1) | 1 << 52, field - 1075),
            }
        }
        other => (whole(other) < 0, whole(other).unsigned_abs(), 0),
    }
}
