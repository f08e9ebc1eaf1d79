//! Reading what may be cut, damaged or from the future.

use smol_str::SmolStr;

use super::{StateError, TimeUnit};
use crate::value::{Type, Value};

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
        TimeUnit::from_byte(self.byte()?)
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

    /// Nearly every number is one byte.
    #[inline]
    fn wide(&mut self) -> Result<u128, StateError> {
        match self.bytes.get(self.at) {
            Some(byte) if *byte < 0x80 => {
                self.at += 1;
                Ok(u128::from(*byte))
            }
            _ => self.many_bytes(),
        }
    }

    fn many_bytes(&mut self) -> Result<u128, StateError> {
        let mut low = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            low |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(u128::from(low));
            }
        }
        let mut value = u128::from(low);
        for shift in (63..128).step_by(7) {
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

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}
