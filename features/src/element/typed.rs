//! What element functions take and give, as Rust types: the bridge between a plain function and values or columns.

use smol_str::SmolStr;

use super::entry::{Effects, NullRule};
use super::lane::{Slice, Stored, View};
use crate::value::{Micros, Type, Value};

/// A point in time, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Timestamp(pub(super) Micros);

/// A length of time, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Interval(pub(super) Micros);

/// The exact result does not fit 64 bits: NULL, and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overflow;

/// A parameter of an element function.
pub(super) trait Argument<'a>: Copy {
    const TYPE: Type;
    /// Whether the function must not be bothered with the unspecified values under NULLs of a column.
    const SKIPS_NULLS: bool;
    type Stored: Stored;

    /// `None` for NULL and for a value of another type.
    fn of(value: &'a Value) -> Option<Self>;
    fn load(stored: &'a Self::Stored) -> Self;

    fn view(slice: &Slice<'a>, rows: usize) -> View<'a, Self::Stored> {
        Self::Stored::view(slice, rows)
    }
}

macro_rules! argument {
    ($rust:ty, $stored:ty, $variant:ident, $load:expr, $of:expr) => {
        impl<'a> Argument<'a> for $rust {
            const TYPE: Type = Type::$variant;
            const SKIPS_NULLS: bool = false;
            type Stored = $stored;

            #[inline(always)]
            fn of(value: &'a Value) -> Option<Self> {
                if let Value::$variant(inner) = value { Some($of(*inner)) } else { None }
            }

            #[inline(always)]
            fn load(stored: &'a $stored) -> Self {
                $load(*stored)
            }
        }
    };
}

argument!(bool, bool, Bool, std::convert::identity, std::convert::identity);
argument!(i64, i64, Int, std::convert::identity, std::convert::identity);
argument!(f64, f64, Float, std::convert::identity, std::convert::identity);
argument!(Timestamp, i64, Timestamp, Timestamp, Timestamp);
argument!(Interval, i64, Interval, Interval, Interval);

impl<'a> Argument<'a> for &'a str {
    const TYPE: Type = Type::String;
    const SKIPS_NULLS: bool = true;
    type Stored = SmolStr;

    #[inline(always)]
    fn of(value: &'a Value) -> Option<Self> {
        if let Value::String(text) = value { Some(text) } else { None }
    }

    #[inline(always)]
    fn load(stored: &'a SmolStr) -> Self {
        stored
    }
}

/// A result that is there.
pub(super) trait Payload {
    const TYPE: Type;
    type Stored: Stored;

    fn store(self) -> Self::Stored;
    /// The value in a machine word; text goes to `effects` instead.
    fn word(stored: Self::Stored, effects: &mut Effects) -> u64;
    /// False for a NaN or an infinity, which become NULL.
    #[inline(always)]
    fn exists(_stored: &Self::Stored) -> bool {
        true
    }
}

macro_rules! payload {
    ($rust:ty, $stored:ty, $variant:ident, $store:expr, $word:expr) => {
        impl Payload for $rust {
            const TYPE: Type = Type::$variant;
            type Stored = $stored;

            #[inline(always)]
            fn store(self) -> $stored {
                $store(self)
            }

            #[inline(always)]
            fn word(stored: $stored, effects: &mut Effects) -> u64 {
                $word(stored, effects)
            }
        }
    };
}

payload!(bool, bool, Bool, std::convert::identity, |stored, _: &mut Effects| u64::from(stored));
payload!(i64, i64, Int, std::convert::identity, |stored: i64, _: &mut Effects| stored.cast_unsigned());
payload!(SmolStr, SmolStr, String, std::convert::identity, keep_text);
payload!(&str, SmolStr, String, SmolStr::new, keep_text);
payload!(Timestamp, i64, Timestamp, |t: Timestamp| t.0, |stored: i64, _: &mut Effects| stored.cast_unsigned());
payload!(Interval, i64, Interval, |i: Interval| i.0, |stored: i64, _: &mut Effects| stored.cast_unsigned());

fn keep_text(text: SmolStr, effects: &mut Effects) -> u64 {
    effects.text = text;
    0
}

impl Payload for f64 {
    const TYPE: Type = Type::Float;
    type Stored = f64;

    #[inline(always)]
    fn store(self) -> f64 {
        self
    }

    #[inline(always)]
    fn word(stored: f64, _: &mut Effects) -> u64 {
        stored.to_bits()
    }

    #[inline(always)]
    fn exists(stored: &f64) -> bool {
        stored.is_finite()
    }
}

/// A result taken apart: the value (unspecified unless valid), whether it is there, and whether it overflowed.
pub(super) struct Parts<T> {
    pub(super) value: T,
    pub(super) valid: bool,
    pub(super) overflow: bool,
}

/// What an element function may return; the kind of return type is its rule for NULL.
pub(super) trait Returns {
    const RULE: NullRule;
    type Payload: Payload;

    fn parts(self) -> Parts<Stores<Self>>;
}

/// How a column stores what a function returns.
pub(super) type Stores<R> = <<R as Returns>::Payload as Payload>::Stored;

macro_rules! returns {
    ($($rust:ty: $rule:ident),*) => {$(
        impl Returns for $rust {
            const RULE: NullRule = NullRule::$rule;
            type Payload = $rust;

            #[inline(always)]
            fn parts(self) -> Parts<Stores<Self>> {
                let value = self.store();
                Parts { valid: <$rust>::exists(&value), value, overflow: false }
            }
        }
    )*};
}

returns!(bool: Strict, i64: Strict, SmolStr: Strict, Timestamp: Strict, Interval: Strict, f64: Finite);

impl<'a> Returns for &'a str {
    const RULE: NullRule = NullRule::Strict;
    type Payload = &'a str;

    fn parts(self) -> Parts<SmolStr> {
        Parts { value: self.store(), valid: true, overflow: false }
    }
}

/// `None` is NULL.
impl<P: Payload> Returns for Option<P> {
    const RULE: NullRule = NullRule::Partial;
    type Payload = P;

    #[inline(always)]
    fn parts(self) -> Parts<Stores<Self>> {
        match self.map(P::store) {
            Some(value) => Parts { valid: P::exists(&value), value, overflow: false },
            None => Parts { value: Default::default(), valid: false, overflow: false },
        }
    }
}

impl<P: Payload> Returns for Result<P, Overflow> {
    const RULE: NullRule = NullRule::Overflow;
    type Payload = P;

    #[inline(always)]
    fn parts(self) -> Parts<Stores<Self>> {
        match self.map(P::store) {
            Ok(value) => Parts { valid: P::exists(&value), value, overflow: false },
            Err(Overflow) => Parts { value: Default::default(), valid: false, overflow: true },
        }
    }
}

/// `None` is NULL, an overflow is NULL and counted.
impl<P: Payload> Returns for Option<Result<P, Overflow>> {
    const RULE: NullRule = NullRule::PartialOverflow;
    type Payload = P;

    #[inline(always)]
    fn parts(self) -> Parts<Stores<Self>> {
        match self {
            Some(result) => result.parts(),
            None => Parts { value: Default::default(), valid: false, overflow: false },
        }
    }
}
