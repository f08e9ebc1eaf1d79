//! Writing.

use smallvec::SmallVec;

use crate::value::{Type, Value};

/// Where bytes go.
pub(crate) trait Output {
    fn put(&mut self, byte: u8);
    fn put_all(&mut self, bytes: &[u8]);
}

impl Output for Vec<u8> {
    fn put(&mut self, byte: u8) {
        self.push(byte);
    }

    fn put_all(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl<const N: usize> Output for SmallVec<[u8; N]>
where
    [u8; N]: smallvec::Array<Item = u8>,
{
    fn put(&mut self, byte: u8) {
        self.push(byte);
    }

    fn put_all(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Seven bits a byte, lowest first; the high bit says that more follow.
pub(crate) fn put_unsigned(out: &mut impl Output, value: u64) {
    put_wide(out, u128::from(value));
}

/// Small magnitudes of either sign take few bytes (zigzag).
pub(crate) fn put_signed(out: &mut impl Output, value: i64) {
    put_unsigned(out, zigzag(value));
}

pub(crate) fn put_signed_wide(out: &mut impl Output, value: i128) {
    put_wide(out, ((value << 1) ^ (value >> 127)).cast_unsigned());
}

pub(crate) fn put_count(out: &mut impl Output, count: usize) {
    put_wide(out, count as u128);
}

pub(crate) fn put_bytes(out: &mut impl Output, bytes: &[u8]) {
    put_count(out, bytes.len());
    out.put_all(bytes);
}

/// A value of type `ty` or NULL; a value of another type is taken as NULL. Equal bits give equal bytes.
pub(crate) fn put_value(out: &mut impl Output, ty: Type, value: &Value) {
    match (ty, value) {
        (Type::Bool, Value::Bool(b)) => out.put(1 + u8::from(*b)),
        (Type::Int, Value::Int(i)) | (Type::Timestamp, Value::Timestamp(i)) | (Type::Interval, Value::Interval(i)) => {
            put_wide(out, u128::from(zigzag(*i)) + 1);
        }
        (Type::Float, Value::Float(x)) => put_float(out, *x),
        (Type::String, Value::String(s)) => {
            put_wide(out, s.len() as u128 + 1);
            out.put_all(s.as_bytes());
        }
        _ => out.put(0),
    }
}

/// Whole numbers, which most measurements are, take a varint; the others their eight bytes.
fn put_float(out: &mut impl Output, x: f64) {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    let whole = x as i64;
    if x.abs() < EXACT && (whole as f64).to_bits() == x.to_bits() {
        out.put(2);
        put_signed(out, whole);
    } else {
        out.put(1);
        out.put_all(&x.to_bits().to_le_bytes());
    }
}

#[inline]
fn put_wide(out: &mut impl Output, mut value: u128) {
    // Wide arithmetic is slow, and seldom needed.
    while value > u128::from(u64::MAX) {
        out.put((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    let mut value = value as u64;
    while value > 0x7f {
        out.put((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.put(value as u8);
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}
