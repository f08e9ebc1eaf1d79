//! The sample variance of exact sums, rounded once.

use smallvec::SmallVec;

use super::rounding::{Magnitude, UNIT_EXPONENT, quotient};
use super::{Canonical, ExactSum};

type Digits = SmallVec<[u32; 16]>;

/// The exact (n·Σx² − (Σx)²) / (n·(n − 1)), rounded once, half to even. `squares` counts units of 2^-2148. `None` with
/// fewer than two values and beyond the largest double.
pub(in crate::kernel) fn sample_variance(count: u64, sum: &ExactSum, squares: &ExactSum) -> Option<f64> {
    let divisor = count.checked_mul(count.checked_sub(1)?).filter(|divisor| *divisor > 0)?;
    let (sum, squares) = (sum.canonical(), squares.canonical());
    if squares.negative {
        return None;
    }
    let low = squares.low.min(2 * sum.low);
    let mut digits = times(&squares, count, squares.low - low);
    subtract(&mut digits, &square(&sum), 2 * sum.low - low)?;
    let quotient = quotient(low, &digits, divisor);
    Magnitude { exponent: quotient.exponent + UNIT_EXPONENT, ..quotient }.round()
}

/// `factor` times the magnitude, moved up by `places` digits.
fn times(number: &Canonical, factor: u64, places: usize) -> Digits {
    let mut digits: Digits = SmallVec::from_elem(0, places);
    let mut carry = 0_u128;
    for digit in &number.digits {
        carry += u128::from(*digit) * u128::from(factor);
        digits.push(carry as u32);
        carry >>= 32;
    }
    while carry != 0 {
        digits.push(carry as u32);
        carry >>= 32;
    }
    digits
}

fn square(number: &Canonical) -> Digits {
    let mut square: Digits = SmallVec::from_elem(0, 2 * number.digits.len());
    for (i, a) in number.digits.iter().enumerate() {
        let mut carry = 0_u64;
        // A row of products is one digit longer than the number: the last takes the carry.
        let others = number.digits.iter().map(Some).chain([None]);
        for (place, b) in square.iter_mut().skip(i).zip(others) {
            carry += u64::from(*place) + b.map_or(0, |b| u64::from(*a) * u64::from(*b));
            *place = carry as u32;
            carry >>= 32;
        }
    }
    square
}

/// Takes `less`, moved up by `places` digits, from `digits`; `None` if that is below zero, as no sums of real rows are.
fn subtract(digits: &mut Digits, less: &[u32], places: usize) -> Option<()> {
    let needed = (places + less.len()).max(digits.len());
    digits.resize(needed, 0);
    let less = std::iter::repeat_n(&0, places).chain(less).chain(std::iter::repeat(&0));
    let mut borrow = false;
    for (digit, less) in digits.iter_mut().zip(less) {
        let (difference, under) = digit.overflowing_sub(*less);
        let (difference, again) = difference.overflowing_sub(u32::from(borrow));
        (*digit, borrow) = (difference, under || again);
    }
    (!borrow).then_some(())
}
