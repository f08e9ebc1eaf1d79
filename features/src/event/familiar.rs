//! Reading an event that is written like one before it, without parsing names.
//!
//! The events of a stream come from the same program: the same members in the same order, some left out, with plain
//! values. Such an event is read by comparing its names with those of an event that the full parser has read. Whatever
//! differs (another name, an escape, an exponent, something nested) is left to the full parser, which alone refuses and
//! explains. What is read here has the bits that the full parser would give.

use smol_str::SmolStr;

use super::shape::{Member, Target};
use crate::schema::Field;
use crate::value::{Type, Value};

/// Up to here whole floats are exact, and so is one division of two of them.
const EXACT: u64 = 1 << 53;
/// So many digits fit 64 bits.
const MOST_DIGITS: u32 = 18;
const POWERS_OF_TEN: [f64; 19] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];
/// After a failure so many events at most are left to the full parser at once.
const LONGEST_PAUSE: u32 = 255;

/// The members of a flat event, in order.
#[derive(Debug, Default)]
pub(super) struct Familiar {
    members: Vec<Expected>,
    /// Events to leave to the full parser: where every event is different, trying costs and gives nothing.
    pause: u32,
    last_pause: u32,
}

#[derive(Debug)]
struct Expected {
    /// The name in its quotes.
    name: Box<[u8]>,
    /// `None`: not declared.
    field: Option<usize>,
}

impl Familiar {
    /// Fills `fields`, which are all NULL, and returns true; or returns false, and `fields` are all NULL again.
    pub(super) fn read(&mut self, json: &str, declared: &[Field], fields: &mut [Value]) -> bool {
        if self.members.is_empty() {
            return false;
        }
        if self.pause > 0 {
            self.pause -= 1;
            return false;
        }
        if self.fill(Cursor { text: json, at: 0 }, declared, fields).is_some() {
            self.last_pause = 0;
            return true;
        }
        fields.fill(Value::Null);
        self.last_pause = (2 * self.last_pause + 1).min(LONGEST_PAUSE);
        self.pause = self.last_pause;
        false
    }

    /// Takes note of the members of an event that the full parser has read. The longest event wins: shorter ones are
    /// taken to leave members out.
    pub(super) fn learn(&mut self, members: &[(SmolStr, Option<Member>)]) {
        let known = members.len() == self.members.len()
            && members.iter().zip(&self.members).all(|((name, _), known)| known.is(name));
        if known || members.len() < self.members.len() {
            return;
        }
        let expected = members.iter().map(|(name, member)| match member.map(|member| member.target) {
            // Such a name is written with an escape: in its plain form it would be no JSON.
            _ if name.bytes().any(|b| matches!(b, b'"' | b'\\' | 0..0x20)) => None,
            Some(Target::Object(_)) => None,
            Some(Target::Field(field)) => Some(Expected::new(name, Some(field))),
            None => Some(Expected::new(name, None)),
        });
        self.members = expected.collect::<Option<_>>().unwrap_or_default();
    }

    fn fill(&self, mut cursor: Cursor<'_>, declared: &[Field], fields: &mut [Value]) -> Option<()> {
        cursor.blanks();
        cursor.eat(b'{')?;
        let mut expected = self.members.iter();
        loop {
            cursor.blanks();
            let rest = cursor.rest();
            // A name that is not the next one may stand further on; one that stands before is not found again.
            let member = expected.find(|member| rest.starts_with(&member.name))?;
            cursor.at += member.name.len();
            cursor.blanks();
            cursor.eat(b':')?;
            cursor.blanks();
            match member.field {
                Some(field) => cursor.value(declared.get(field)?, fields.get_mut(field)?)?,
                None => cursor.skip()?,
            }
            cursor.blanks();
            match cursor.next() {
                b',' => cursor.at += 1,
                b'}' => break,
                _ => return None,
            }
        }
        cursor.at += 1;
        cursor.blanks();
        cursor.rest().is_empty().then_some(())
    }
}

impl Expected {
    fn new(name: &str, field: Option<usize>) -> Expected {
        Expected { name: format!("\"{name}\"").into_bytes().into(), field }
    }

    fn is(&self, name: &str) -> bool {
        self.name.get(1..self.name.len() - 1) == Some(name.as_bytes())
    }
}

/// Every reading method gives `None` where the full parser must look.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

/// A number as it is written: digits, of which the last `decimals` stand behind the point.
struct Number<'a> {
    text: &'a str,
    negative: bool,
    /// Meaningless if there are more than [`MOST_DIGITS`] digits.
    mantissa: u64,
    digits: u32,
    decimals: u32,
}

impl<'a> Cursor<'a> {
    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Zero at the end: no JSON value holds it.
    #[inline]
    fn next(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    fn blanks(&mut self) {
        while matches!(self.next(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    #[inline]
    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.next() == byte).then(|| self.at += 1)
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.rest().starts_with(word.as_bytes()).then(|| self.at += word.len())
    }

    #[inline]
    fn value(&mut self, field: &Field, slot: &mut Value) -> Option<()> {
        *slot = match (self.next(), field.ty) {
            (b'n', _) => return self.word("null"),
            (b't', Type::Bool) => self.word("true").map(|()| Value::Bool(true))?,
            (b'f', Type::Bool) => self.word("false").map(|()| Value::Bool(false))?,
            (b'"', Type::String) => match &field.values {
                None => Value::String(SmolStr::new(self.string()?)),
                Some(values) => Value::String(values.read(self.string()?).ok()?),
            },
            (b'"', Type::Timestamp) => Value::Timestamp(field.format.text(self.string()?)?),
            (b'-' | b'0'..=b'9', Type::Float) => Value::Float(self.number()?.float()?),
            (b'-' | b'0'..=b'9', Type::Int) => Value::Int(self.number()?.whole()?),
            (b'-' | b'0'..=b'9', Type::Timestamp) => Value::Timestamp(field.format.whole(self.number()?.whole()?)?),
            _ => return None,
        };
        Some(())
    }

    #[inline]
    fn skip(&mut self) -> Option<()> {
        match self.next() {
            b'"' => self.string().map(drop),
            b'-' | b'0'..=b'9' => self.number().map(drop),
            b'n' => self.word("null"),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            _ => None,
        }
    }

    /// A string without escapes.
    #[inline]
    fn string(&mut self) -> Option<&'a str> {
        let start = self.at + 1;
        let length = self.text.as_bytes().get(start..)?.iter().position(|b| matches!(b, b'"' | b'\\' | 0..0x20))?;
        self.at = start + length;
        self.eat(b'"')?;
        self.text.get(start..start + length)
    }

    /// A number without an exponent.
    #[inline]
    fn number(&mut self) -> Option<Number<'a>> {
        let start = self.at;
        let negative = self.eat(b'-').is_some();
        let (first, mut mantissa) = (self.next(), 0);
        let whole = self.digits(&mut mantissa);
        if whole == 0 || (first == b'0' && whole > 1) {
            return None;
        }
        let mut decimals = 0;
        if self.next() == b'.' {
            self.at += 1;
            decimals = self.digits(&mut mantissa);
            if decimals == 0 {
                return None;
            }
        }
        if matches!(self.next(), b'e' | b'E') {
            return None;
        }
        let text = self.text.get(start..self.at)?;
        Some(Number { text, negative, mantissa, digits: whole + decimals, decimals })
    }

    #[inline]
    fn digits(&mut self, mantissa: &mut u64) -> u32 {
        let mut count = 0;
        while let digit @ b'0'..=b'9' = self.next() {
            *mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            count += 1;
            self.at += 1;
        }
        count
    }
}

impl Number<'_> {
    #[inline]
    fn float(&self) -> Option<f64> {
        let x = match (self.digits, self.decimals) {
            (..=MOST_DIGITS, 0) => self.mantissa as f64,
            // Both are exact, so that the division rounds once.
            (..=MOST_DIGITS, decimals) if self.mantissa <= EXACT => {
                self.mantissa as f64 / POWERS_OF_TEN.get(decimals as usize)?
            }
            (_, 0) => return None,
            _ => return self.text.parse().ok().filter(|x: &f64| x.is_finite()),
        };
        Some(if self.negative { -x } else { x })
    }

    /// Also of a whole float.
    #[inline]
    fn whole(&self) -> Option<i64> {
        let mut whole = i64::try_from(self.mantissa).ok().filter(|_| self.digits <= MOST_DIGITS)?;
        if self.decimals > 0 {
            let unit = 10_i64.checked_pow(self.decimals)?;
            if self.mantissa > EXACT || whole % unit != 0 {
                return None;
            }
            whole /= unit;
        }
        Some(if self.negative { -whole } else { whole })
    }
}
