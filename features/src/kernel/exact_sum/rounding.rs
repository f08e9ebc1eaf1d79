//! From exact numbers to the nearest double.

use smallvec::SmallVec;

/// The weight of digit 0, bit 0.
pub(super) const UNIT_EXPONENT: i32 = -1074;

/// A magnitude `top`·2^(`exponent`−1074), and whether something smaller than its last bit was left out.
pub(super) struct Magnitude {
    pub(super) top: u128,
    pub(super) exponent: i32,
    pub(super) sticky: bool,
}

impl Magnitude {
    /// Half to even. `None` beyond the largest double.
    #[inline]
    pub(super) fn round(&self) -> Option<f64> {
        let length = 128 - self.top.leading_zeros() as i32;
        // No bit weighs less than 2^-1074, however few are left: that is what subnormals are.
        let drop = (length - 53).max(-self.exponent);
        let kept = if drop <= 0 {
            self.top << drop.unsigned_abs().min(53)
        } else if drop > 127 {
            0
        } else {
            let half = 1_u128 << (drop - 1);
            let (kept, rest) = (self.top >> drop, self.top & (half | (half - 1)));
            let up = rest > half || (rest == half && (self.sticky || kept & 1 == 1));
            kept + u128::from(up)
        };
        if kept == 0 {
            return Some(0.0);
        }
        // A normal mantissa's own leading bit adds the one by which the exponent field exceeds the last bit's index.
        let last_bit = u64::try_from(self.exponent + drop).ok()?;
        if last_bit > 2045 {
            return None;
        }
        let x = f64::from_bits((last_bit << 52) + u64::try_from(kept).ok()?);
        x.is_finite().then_some(x)
    }

    /// The magnitude as a double if it is one.
    #[inline]
    pub(super) fn exactly(&self) -> Option<f64> {
        let exact = self.top == 0 || self.top.leading_zeros() + self.top.trailing_zeros() >= 128 - 53;
        if exact && !self.sticky { self.round() } else { None }
    }
}

/// Long division of the magnitude by `count`, far enough that rounding is decided.
pub(super) fn quotient(low: usize, digits: &[u32], count: u64) -> Magnitude {
    let divisor = u128::from(count);
    let (mut top, mut remainder) = (0_u128, 0_u128);
    let mut exponent = 32 * (low + digits.len()) as i32;
    let mut below = digits.iter().rev();
    // Ninety-six bits decide; where the quotient is that small, two digits below the unit do.
    while top < 1 << 96 && exponent > -64 {
        remainder = (remainder << 32) | u128::from(below.next().copied().unwrap_or(0));
        top = (top << 32) | (remainder / divisor);
        remainder %= divisor;
        exponent -= 32;
    }
    Magnitude { top, exponent, sticky: remainder != 0 || below.any(|d| *d != 0) }
}

/// The exact quotient of an integer sum and a count, rounded once; `None` for a count of 0.
pub(in crate::kernel) fn integer_mean(sum: i128, count: u64) -> Option<f64> {
    if count == 0 {
        return None;
    }
    let magnitude = sum.unsigned_abs();
    if magnitude < 1 << 53 && count < 1 << 53 {
        return Some(sum as f64 / count as f64);
    }
    let digits: SmallVec<[u32; 4]> = (0..4).map(|i| (magnitude >> (32 * i)) as u32).collect();
    // Digits stand at multiples of 32 bits, the unit of integers at bit 1074: divided at 1088, then moved back.
    let quotient = quotient(34, &digits, count);
    let moved = Magnitude { exponent: quotient.exponent - 34 * 32 - UNIT_EXPONENT, ..quotient };
    moved.round().map(|x| if sum < 0 { -x } else { x })
}
