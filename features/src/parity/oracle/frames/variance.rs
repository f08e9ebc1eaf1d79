//! The sample variance by schoolbook arithmetic on whole numbers of units.

use super::big::parts;
use crate::value::Value;

/// Digits, lowest first; digit 0 weighs 2^-2148.
type Digits = Vec<u32>;

/// Rounded once, half to even.
pub(super) fn of(values: &[&Value]) -> Option<f64> {
    let n = values.len() as u64;
    if n < 2 {
        return None;
    }
    let (mut plus, mut minus, mut squares) = (Digits::new(), Digits::new(), Digits::new());
    for value in values {
        let (negative, mantissa, exponent) = parts(value);
        let units = shifted(mantissa, (exponent + 1074) as usize);
        add(&mut squares, &product(&units, &units));
        add(if negative { &mut minus } else { &mut plus }, &units);
    }
    // n·Σx² + 2·P·M − P² − M², where the sum is P − M.
    let mut total = product(&squares, &shifted(n, 0));
    let twice = product(&plus, &minus);
    add(&mut total, &twice);
    add(&mut total, &twice);
    subtract(&mut total, &product(&plus, &plus));
    subtract(&mut total, &product(&minus, &minus));
    nearest(&total, n * (n - 1))
}

fn shifted(mantissa: u64, bits: usize) -> Digits {
    let wide = u128::from(mantissa) << (bits % 32);
    let mut digits = vec![0; bits / 32];
    digits.extend((0..3).map(|i| (wide >> (32 * i)) as u32));
    digits
}

fn add(to: &mut Digits, more: &[u32]) {
    to.resize(to.len().max(more.len()) + 1, 0);
    let mut carry = 0;
    for (i, digit) in to.iter_mut().enumerate() {
        carry += u64::from(*digit) + u64::from(more.get(i).copied().unwrap_or(0));
        *digit = carry as u32;
        carry >>= 32;
    }
    trim(to);
}

fn subtract(from: &mut Digits, less: &[u32]) {
    let mut borrow = 0;
    for (i, digit) in from.iter_mut().enumerate() {
        let difference = i64::from(*digit) - i64::from(less.get(i).copied().unwrap_or(0)) - borrow;
        *digit = difference as u32;
        borrow = i64::from(difference < 0);
    }
    trim(from);
}

fn product(a: &[u32], b: &[u32]) -> Digits {
    let mut product = vec![0_u32; a.len() + b.len() + 1];
    for (i, x) in a.iter().enumerate().filter(|(_, x)| **x != 0) {
        let mut carry = 0_u64;
        for (j, digit) in product[i..].iter_mut().enumerate() {
            carry += u64::from(*digit) + u64::from(*x) * u64::from(b.get(j).copied().unwrap_or(0));
            *digit = carry as u32;
            carry >>= 32;
        }
    }
    trim(&mut product);
    product
}

fn trim(digits: &mut Digits) {
    while digits.last() == Some(&0) {
        digits.pop();
    }
}

/// `total` units of 2^-2148 over `count`: candidates between which the answer lies are compared with it.
fn nearest(total: &[u32], count: u64) -> Option<f64> {
    // Doubles of one sign are ordered as their bits are: the greatest that is not above the quotient.
    let (mut below, mut above) = (0_u64, f64::INFINITY.to_bits());
    while above - below > 1 {
        let middle = below + (above - below) / 2;
        if is_at_least(total, &times(f64::from_bits(middle), count, 1)) { below = middle } else { above = middle }
    }
    // Twice the quotient against the sum of both neighbours.
    let (low, high) = (f64::from_bits(below), f64::from_bits(above));
    let mut both = times(low, count, 1);
    add(&mut both, &if high.is_finite() { times(high, count, 1) } else { times(2_f64.powi(1023), count, 2) });
    let mut double = total.to_vec();
    add(&mut double, total);
    let nearest = match (is_at_least(&double, &both), is_at_least(&both, &double)) {
        (true, true) => {
            if below.is_multiple_of(2) {
                low
            } else {
                high
            }
        }
        (true, false) => high,
        _ => low,
    };
    nearest.is_finite().then_some(nearest)
}

/// `x`·`count`·`factor` in units.
fn times(x: f64, count: u64, factor: u64) -> Digits {
    let (_, mantissa, exponent) = parts(&Value::Float(x));
    product(&product(&shifted(mantissa, (exponent + 2148) as usize), &shifted(count, 0)), &shifted(factor, 0))
}

fn is_at_least(a: &[u32], b: &[u32]) -> bool {
    let at = |digits: &[u32], i: usize| digits.get(i).copied().unwrap_or(0);
    let length = a.len().max(b.len());
    (0..length).rev().find_map(|i| Some(at(a, i) > at(b, i)).filter(|_| at(a, i) != at(b, i))).unwrap_or(true)
}
