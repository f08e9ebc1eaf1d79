//! The compact binary form of persisted state: varints, and values whose type the reader knows.

use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::value::{Micros, Type, Value};

/// A persisted state that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    #[error("state is truncated at byte {at}")]
    Truncated { at: usize },
    #[error("state has format version {found}; this binary reads {supported}")]
    Version { found: u32, supported: u32 },
    #[error("state is corrupt: {0}")]
    Corrupt(&'static str),
}

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

fn put_wide(out: &mut impl Output, mut value: u128) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.put(low);
            return;
        }
        out.put(low | 0x80);
    }
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

/// The coarsest unit that all of some times are whole in: most clocks tick in seconds or milliseconds, and times then
/// take fewer bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeUnit(Micros);

impl TimeUnit {
    const ALL: [TimeUnit; 3] = [TimeUnit(1), TimeUnit(1_000), TimeUnit(1_000_000)];

    pub(crate) fn of(times: impl Iterator<Item = Micros> + Clone) -> TimeUnit {
        let whole = |unit: &&TimeUnit| times.clone().all(|time| time % unit.0 == 0);
        *TimeUnit::ALL.iter().rev().find(whole).unwrap_or(&TimeUnit::ALL[0])
    }

    pub(crate) fn put(self, out: &mut Vec<u8>) {
        out.push(TimeUnit::ALL.iter().position(|unit| *unit == self).unwrap_or(0) as u8);
    }

    /// A time that is whole in this unit, counted in it.
    pub(crate) fn count(self, time: Micros) -> i64 {
        time / self.0
    }

    pub(crate) fn time(self, count: i64) -> Result<Micros, StateError> {
        count.checked_mul(self.0).ok_or(StateError::Corrupt("a time is out of range"))
    }
}

/// Reads what the `put_` functions wrote. Never reads past the end and never allocates more than the bytes can fill.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    /// Everything must have been read.
    pub(crate) fn finish(self) -> Result<(), StateError> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(StateError::Corrupt("bytes follow its end")) }
    }

    /// What was not read yet.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The format version, which must be `supported`.
    pub(crate) fn version(&mut self, supported: u32) -> Result<(), StateError> {
        let found = u32::try_from(self.unsigned()?).unwrap_or(u32::MAX);
        if found == supported { Ok(()) } else { Err(StateError::Version { found, supported }) }
    }

    pub(crate) fn byte(&mut self) -> Result<u8, StateError> {
        let byte = *self.bytes.get(self.at).ok_or(StateError::Truncated { at: self.at })?;
        self.at += 1;
        Ok(byte)
    }

    pub(crate) fn time_unit(&mut self) -> Result<TimeUnit, StateError> {
        let unit = TimeUnit::ALL.get(usize::from(self.byte()?));
        unit.copied().ok_or(StateError::Corrupt("times have an unknown unit"))
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], StateError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest.get(..count).ok_or(StateError::Truncated { at: self.bytes.len() })?;
        self.at += count;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], StateError> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| StateError::Truncated { at: self.at })
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], StateError> {
        let count = self.count(1)?;
        self.take(count)
    }

    pub(crate) fn unsigned(&mut self) -> Result<u64, StateError> {
        u64::try_from(self.wide()?).map_err(|_| StateError::Corrupt("a number does not fit 64 bits"))
    }

    pub(crate) fn signed(&mut self) -> Result<i64, StateError> {
        self.unsigned().map(unzigzag)
    }

    pub(crate) fn signed_wide(&mut self) -> Result<i128, StateError> {
        let value = self.wide()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// How many things follow that take at least `least` bytes each: refused if they cannot all be there.
    pub(crate) fn count(&mut self, least: usize) -> Result<usize, StateError> {
        let count = self.unsigned()?;
        let room = (self.bytes.len() - self.at) / least.max(1);
        match usize::try_from(count) {
            Ok(count) if count <= room => Ok(count),
            _ => Err(StateError::Truncated { at: self.bytes.len() }),
        }
    }

    pub(crate) fn value(&mut self, ty: Type) -> Result<Value, StateError> {
        Ok(match ty {
            Type::Bool => match self.byte()? {
                0 => Value::Null,
                1 => Value::Bool(false),
                2 => Value::Bool(true),
                _ => return Err(StateError::Corrupt("a bool is neither true nor false")),
            },
            Type::Int => self.whole()?.map_or(Value::Null, Value::Int),
            Type::Timestamp => self.whole()?.map_or(Value::Null, Value::Timestamp),
            Type::Interval => self.whole()?.map_or(Value::Null, Value::Interval),
            Type::Float => self.float()?,
            Type::String => self.text()?,
        })
    }

    fn whole(&mut self) -> Result<Option<i64>, StateError> {
        match self.wide()?.checked_sub(1) {
            None => Ok(None),
            Some(zigzagged) => match u64::try_from(zigzagged) {
                Ok(zigzagged) => Ok(Some(unzigzag(zigzagged))),
                Err(_) => Err(StateError::Corrupt("a number does not fit 64 bits")),
            },
        }
    }

    fn float(&mut self) -> Result<Value, StateError> {
        match self.byte()? {
            0 => Ok(Value::Null),
            1 => match f64::from_bits(u64::from_le_bytes(self.array()?)) {
                x if x.is_finite() => Ok(Value::Float(x)),
                _ => Err(StateError::Corrupt("a float is not finite")),
            },
            2 => Ok(Value::Float(self.signed()? as f64)),
            _ => Err(StateError::Corrupt("a float has an unknown form")),
        }
    }

    fn text(&mut self) -> Result<Value, StateError> {
        let Some(length) = self.unsigned()?.checked_sub(1) else { return Ok(Value::Null) };
        let length = usize::try_from(length).map_err(|_| StateError::Truncated { at: self.bytes.len() })?;
        match std::str::from_utf8(self.take(length)?) {
            Ok(text) => Ok(Value::String(SmolStr::new(text))),
            Err(_) => Err(StateError::Corrupt("a text is not UTF-8")),
        }
    }

    fn wide(&mut self) -> Result<u128, StateError> {
        let mut value = 0_u128;
        for shift in (0..128).step_by(7) {
            let byte = self.byte()?;
            let bits = u128::from(byte & 0x7f);
            if shift == 126 && bits > 3 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(StateError::Corrupt("a number does not fit 128 bits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_value() -> impl Strategy<Value = (Type, Value)> {
        prop_oneof![
            any::<bool>().prop_map(|b| (Type::Bool, Value::Bool(b))),
            any::<i64>().prop_map(|i| (Type::Int, Value::Int(i))),
            (-300_i64..300).prop_map(|i| (Type::Timestamp, Value::Timestamp(i))),
            any::<i64>().prop_map(|i| (Type::Interval, Value::Interval(i))),
            any::<f64>().prop_map(|x| (Type::Float, Value::float(x))),
            (-300_i32..300).prop_map(|i| (Type::Float, Value::Float(f64::from(i)))),
            Just((Type::Float, Value::Float(-0.0))),
            ".{0,40}".prop_map(|s| (Type::String, Value::String(s.into()))),
            Just((Type::String, Value::Null)),
        ]
    }

    proptest! {
        #[test]
        fn values_come_back_bit_for_bit((ty, value) in any_value()) {
            let mut bytes = Vec::new();
            put_value(&mut bytes, ty, &value);
            let mut reader = Reader::new(&bytes);
            let back = reader.value(ty).unwrap();
            prop_assert!(back.same_bits(&value), "{back:?} {value:?}");
            prop_assert_eq!(reader.finish(), Ok(()));
        }

        #[test]
        fn numbers_come_back(a in any::<u64>(), b in any::<i64>(), c in any::<i128>()) {
            let mut bytes = Vec::new();
            put_unsigned(&mut bytes, a);
            put_signed(&mut bytes, b);
            put_signed_wide(&mut bytes, c);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.unsigned(), Ok(a));
            prop_assert_eq!(reader.signed(), Ok(b));
            prop_assert_eq!(reader.signed_wide(), Ok(c));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            for ty in [Type::Bool, Type::Int, Type::Float, Type::String, Type::Timestamp] {
                let mut reader = Reader::new(&bytes);
                while reader.value(ty).is_ok() {}
            }
            let _ = Reader::new(&bytes).signed_wide();
            let _ = Reader::new(&bytes).bytes();
        }
    }

    #[test]
    fn a_count_beyond_the_bytes_left_is_refused() {
        let mut bytes = Vec::new();
        put_unsigned(&mut bytes, u64::MAX);
        assert_eq!(Reader::new(&bytes).count(1), Err(StateError::Truncated { at: bytes.len() }));
    }
}
