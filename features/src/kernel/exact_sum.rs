//! The exact sum of any doubles: nothing is rounded until it is read, so neither order nor eviction matters.
//!
//! Every finite double is an integer multiple of 2^-1074. The sum is kept as such an integer in digits of 32 bits, each
//! in 64 signed bits so that carries can wait (a small superaccumulator, after Kulisch; see also Neal 2015, "Fast exact
//! summation using small and large superaccumulators"). Only the digits between the lowest and the highest one touched
//! are stored: a sum of everyday numbers takes three or four.

mod rounding;
mod variance;

use smallvec::SmallVec;

pub(super) use self::rounding::integer_mean;
use self::rounding::{Magnitude, quotient};
pub(super) use self::variance::sample_variance;

use crate::wire::{Reader, StateError};

/// Digits are less than 2^32 per addition: this many keep below 2^62.
const MOST_PENDING: u32 = 1 << 29;
/// No sum of 2^64 doubles reaches further.
const MOST_DIGITS: usize = 72;
/// No sum of 2^64 squares of doubles does, in units of squares.
const MOST_SQUARE_DIGITS: usize = 144;

/// A sum of finite doubles.
#[derive(Debug, Clone, Default)]
pub struct ExactSum {
    /// The index of `digits[0]`: digit `i` weighs 2^(32·i − 1074).
    low: usize,
    digits: SmallVec<[i64; 6]>,
    /// Additions since carries were last propagated.
    pending: u32,
}

/// The sum as sign and magnitude without zero digits at either end: one form per value.
#[derive(Debug, PartialEq, Eq)]
struct Canonical {
    negative: bool,
    low: usize,
    digits: SmallVec<[u32; 8]>,
}

impl ExactSum {
    /// Adds a finite double; infinities and NaN are no values and must not come here.
    #[inline]
    pub fn add(&mut self, x: f64) {
        let bits = x.to_bits();
        let fraction = bits & ((1 << 52) - 1);
        let exponent = (bits >> 52) & 0x7ff;
        debug_assert!(exponent != 0x7ff, "only finite values are summed");
        let (mantissa, shift) = if exponent == 0 { (fraction, 0) } else { (fraction | 1 << 52, exponent - 1) };
        self.add_scaled(mantissa, shift as usize, bits.cast_signed() < 0);
    }

    /// Adds `mantissa`·2^`shift` units.
    #[inline]
    pub(super) fn add_scaled(&mut self, mantissa: u64, shift: usize, negative: bool) {
        if mantissa == 0 {
            return;
        }
        let first = shift >> 5;
        let wide = u128::from(mantissa) << (shift & 31);
        let sign = -i64::from(negative);
        let start = self.reach(first);
        if let Some(place) = self.digits.get_mut(start..start + 3) {
            for (i, digit) in place.iter_mut().enumerate() {
                let part = i64::from((wide >> (32 * i)) as u32);
                *digit += (part ^ sign) - sign;
            }
        }
        self.pending += 1;
        if self.pending >= MOST_PENDING {
            self.settle();
        }
    }

    /// Takes back what was added.
    #[inline]
    pub fn subtract(&mut self, x: f64) {
        self.add(-x);
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &ExactSum) {
        let other = other.canonical();
        if self.pending + 1 >= MOST_PENDING {
            self.settle();
        }
        if other.digits.is_empty() {
            return;
        }
        let start = self.reach(other.low);
        self.reach(other.low + other.digits.len().saturating_sub(3));
        for (digit, more) in self.digits.iter_mut().skip(start).zip(&other.digits) {
            *digit += if other.negative { -i64::from(*more) } else { i64::from(*more) };
        }
        self.pending += 1;
    }

    /// The sum rounded once, half to even; `None` if that is beyond the largest double. An exact zero is +0.0.
    #[inline]
    pub fn read(&self) -> Option<f64> {
        let (negative, magnitude) = self.leading();
        magnitude.round().map(|x| if negative { -x } else { x })
    }

    /// The sum divided by `count`, rounded once, half to even; `None` for a count of 0.
    ///
    /// It may be a double although the sum is beyond the largest one.
    pub fn mean(&self, count: u64) -> Option<f64> {
        if count == 0 {
            return None;
        }
        let (negative, magnitude) = self.leading();
        if count < 1 << 53
            && let Some(sum) = magnitude.exactly()
        {
            // Both operands are exact, so that the division rounds once.
            let mean = sum / count as f64;
            return Some(if negative { -mean } else { mean });
        }
        let Canonical { negative, low, digits } = self.canonical();
        quotient(low, &digits, count).round().map(|x| if negative { -x } else { x })
    }

    /// One form per value: equal sums give equal bytes.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let Canonical { negative, low, digits } = self.canonical();
        let count = digits.len() as u64;
        crate::wire::put_unsigned(out, (count << 1) | u64::from(negative));
        if count > 0 {
            crate::wire::put_count(out, low);
            for digit in digits {
                out.extend_from_slice(&digit.to_le_bytes());
            }
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<ExactSum, StateError> {
        ExactSum::decode_up_to(MOST_DIGITS, reader)
    }

    /// A sum of squares, in units of their own.
    pub(super) fn decode_squares(reader: &mut Reader<'_>) -> Result<ExactSum, StateError> {
        ExactSum::decode_up_to(MOST_SQUARE_DIGITS, reader)
    }

    fn decode_up_to(most: usize, reader: &mut Reader<'_>) -> Result<ExactSum, StateError> {
        let most = most as u64;
        let head = reader.unsigned()?;
        let (count, negative) = (head >> 1, head & 1 == 1);
        if count == 0 {
            return if negative { Err(StateError::Corrupt("a sum is minus zero")) } else { Ok(ExactSum::default()) };
        }
        let low = reader.unsigned()?;
        if count > most || low > most || low + count > most {
            return Err(StateError::Corrupt("a sum has too many digits"));
        }
        let mut digits = SmallVec::new();
        for _ in 0..count {
            let digit = i64::from(u32::from_le_bytes(reader.array()?));
            digits.push(if negative { -digit } else { digit });
        }
        if digits.first() == Some(&0) || digits.last() == Some(&0) {
            return Err(StateError::Corrupt("a sum is not in its one form"));
        }
        Ok(ExactSum { low: low as usize, digits, pending: 0 })
    }

    /// Makes room for the three digits from `first` on; returns where they stand in `digits`.
    #[inline]
    fn reach(&mut self, first: usize) -> usize {
        if first >= self.low && first + 3 <= self.low + self.digits.len() {
            return first - self.low;
        }
        self.grow(first)
    }

    #[cold]
    fn grow(&mut self, first: usize) -> usize {
        if self.digits.is_empty() {
            self.low = first;
        }
        if first < self.low {
            self.digits.insert_many(0, std::iter::repeat_n(0, self.low - first));
            self.low = first;
        }
        let needed = (first + 3 - self.low).max(self.digits.len());
        self.digits.resize(needed, 0);
        first - self.low
    }

    /// Propagates the carries that wait.
    #[cold]
    fn settle(&mut self) {
        let Canonical { negative, low, digits } = self.canonical();
        self.low = low;
        self.digits = digits.iter().map(|d| if negative { -i64::from(*d) } else { i64::from(*d) }).collect();
        self.pending = 0;
    }

    fn canonical(&self) -> Canonical {
        let mut digits: SmallVec<[u32; 8]> = SmallVec::new();
        let mut carry = 0_i64;
        for digit in &self.digits {
            let sum = digit + carry;
            digits.push(sum as u32);
            carry = sum >> 32;
        }
        while carry != 0 && carry != -1 {
            digits.push(carry as u32);
            carry >>= 32;
        }
        let negative = carry < 0;
        if negative {
            // Two's complement to magnitude.
            let mut borrow = true;
            for digit in &mut digits {
                (*digit, borrow) = (!*digit).overflowing_add(u32::from(borrow));
            }
            if borrow {
                digits.push(1);
            }
        }
        while digits.last() == Some(&0) {
            digits.pop();
        }
        let zeros = digits.iter().take_while(|d| **d == 0).count();
        digits.drain(..zeros);
        Canonical { negative: negative && !digits.is_empty(), low: self.low + zeros, digits }
    }

    /// Sign and leading bits: at least 64 of them, or all.
    #[inline]
    fn leading(&self) -> (bool, Magnitude) {
        let used = match self.digits.iter().rposition(|d| *d != 0) {
            Some(last) => &self.digits[..=last],
            None => return (false, Magnitude { top: 0, exponent: 0, sticky: false }),
        };
        let zeros = used.iter().take_while(|d| **d == 0).count();
        let used = &used[zeros..];
        // With at most three digits, or four of which the highest is small, the sum fits 128 bits, carries included.
        if used.len() <= 3 || (used.len() == 4 && used[3].unsigned_abs() < 1 << 29) {
            let sum = used.iter().rev().fold(0_i128, |sum, digit| (sum << 32) + i128::from(*digit));
            let exponent = 32 * (self.low + zeros) as i32;
            return (sum < 0, Magnitude { top: sum.unsigned_abs(), exponent, sticky: false });
        }
        let Canonical { negative, low, digits } = self.canonical();
        let skip = digits.len().saturating_sub(4);
        let (rest, leading) = digits.split_at(skip);
        let top = leading.iter().rev().fold(0_u128, |top, digit| (top << 32) | u128::from(*digit));
        let sticky = rest.iter().any(|d| *d != 0);
        (negative, Magnitude { top, exponent: 32 * (low + skip) as i32, sticky })
    }
}

impl PartialEq for ExactSum {
    fn eq(&self, other: &ExactSum) -> bool {
        let (mine, theirs) = (self.canonical(), other.canonical());
        mine.digits.is_empty() && theirs.digits.is_empty() || mine == theirs
    }
}

#[cfg(test)]
mod tests;
