//! An entry of the table: what a function is called, takes and gives, and how it is run.

use smol_str::SmolStr;

use super::lane::{Register, Slice};
use super::table::TABLE;
use super::typed::{Argument, Payload, Returns};
use crate::value::{Type, Value};

/// A strict function of one to three typed values: an overload in the table.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Element(u16);

/// When the result is NULL although no argument is. (Every element function is NULL if any argument is.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NullRule {
    /// Never.
    Strict,
    /// Where the result is NaN or infinite.
    Finite,
    /// Where the function is not defined: its description says where.
    Partial,
    /// Where the exact result does not fit 64 bits; counted as an overflow.
    Overflow,
    /// Where the function is not defined, and where it overflows (counted).
    PartialOverflow,
}

impl NullRule {
    pub(super) const fn is_total(self) -> bool {
        matches!(self, NullRule::Strict)
    }
}

/// The function over single values. Gives the result as a word for [`Effects::write`]: a word travels in a processor
/// register, while a [`Value`] goes through memory, at more cost than most functions.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scalar {
    Unary(fn(&Value, &mut Effects) -> Option<u64>),
    Binary(fn(&Value, &Value, &mut Effects) -> Option<u64>),
    Ternary(fn([&Value; 3], &mut Effects) -> Option<u64>),
}

/// What a function gives beside its word.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Integer overflows so far.
    pub(crate) overflows: u64,
    /// The last result that is text.
    pub(super) text: SmolStr,
}

impl Effects {
    /// Puts the value that a function of result type `ty` gave as `word` into `slot`. Each arm writes by itself: a
    /// value built first and moved afterwards is read back before its parts have reached memory, which stalls.
    #[inline(always)]
    pub(crate) fn write(&mut self, slot: &mut Value, ty: Type, word: Option<u64>) {
        match (word, ty) {
            (None, _) => *slot = Value::Null,
            (Some(word), Type::Bool) => *slot = Value::Bool(word != 0),
            (Some(word), Type::Int) => *slot = Value::Int(word.cast_signed()),
            (Some(word), Type::Float) => *slot = Value::Float(f64::from_bits(word)),
            (Some(word), Type::Timestamp) => *slot = Value::Timestamp(word.cast_signed()),
            (Some(word), Type::Interval) => *slot = Value::Interval(word.cast_signed()),
            (Some(_), Type::String) => *slot = Value::String(std::mem::take(&mut self.text)),
        }
    }
}

/// The function over a chunk of up to [`super::CHUNK`] rows; returns the number of overflows.
pub(crate) type Chunk = for<'a> fn(&[Slice<'a>; 3], usize, &mut Register) -> u64;

pub(super) struct Entry {
    /// What [`Element::resolve`] finds it by: the SQL name or operator.
    pub(super) sql: &'static str,
    /// Stable and unique.
    pub(super) name: &'static str,
    pub(super) doc: &'static str,
    pub(super) signature: Signature,
    pub(super) scalar: Scalar,
    pub(super) chunk: Chunk,
}

/// Derived from the Rust function's own type, so that the two cannot disagree.
pub(super) struct Signature {
    parameters: [Type; 3],
    arity: usize,
    pub(super) result: Type,
    rule: NullRule,
}

impl Signature {
    pub(super) const fn unary<'a, A: Argument<'a>, R: Returns>(_: fn(A) -> R) -> Signature {
        Signature { parameters: [A::TYPE; 3], arity: 1, result: R::Payload::TYPE, rule: R::RULE }
    }

    pub(super) const fn binary<'a, A: Argument<'a>, B: Argument<'a>, R: Returns>(_: fn(A, B) -> R) -> Signature {
        Signature { parameters: [A::TYPE, B::TYPE, B::TYPE], arity: 2, result: R::Payload::TYPE, rule: R::RULE }
    }

    pub(super) const fn ternary<'a, A: Argument<'a>, B: Argument<'a>, C: Argument<'a>, R: Returns>(
        _: fn(A, B, C) -> R,
    ) -> Signature {
        Signature { parameters: [A::TYPE, B::TYPE, C::TYPE], arity: 3, result: R::Payload::TYPE, rule: R::RULE }
    }

    pub(super) fn parameters(&self) -> &[Type] {
        &self.parameters[..self.arity]
    }
}

impl Element {
    /// Every function, in the table's order.
    pub fn all() -> impl Iterator<Item = Element> {
        (0..=u16::MAX).take(TABLE.len()).map(Element)
    }

    pub(super) fn entry(self) -> &'static Entry {
        &TABLE[usize::from(self.0)]
    }

    /// A stable name that tells overloads apart; part of view hashes.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// What [`Element::resolve`] finds it by.
    pub fn sql_name(self) -> &'static str {
        self.entry().sql
    }

    /// One line for users: what it computes, and where it is NULL.
    pub fn doc(self) -> &'static str {
        self.entry().doc
    }

    pub fn parameters(self) -> &'static [Type] {
        self.entry().signature.parameters()
    }

    pub fn result(self) -> Type {
        self.entry().signature.result
    }

    pub fn null_rule(self) -> NullRule {
        self.entry().signature.rule
    }

    /// Applies the function to one row of arguments. A wrong number of arguments, or one of another type, gives NULL.
    /// Adds to `overflows` where an integer result did not fit.
    pub fn apply(self, arguments: &[Value], overflows: &mut u64) -> Value {
        let mut effects = Effects::default();
        let word = match (self.entry().scalar, arguments) {
            (Scalar::Unary(f), [a]) => f(a, &mut effects),
            (Scalar::Binary(f), [a, b]) => f(a, b, &mut effects),
            (Scalar::Ternary(f), [a, b, c]) => f([a, b, c], &mut effects),
            _ => None,
        };
        *overflows += effects.overflows;
        let mut value = Value::Null;
        effects.write(&mut value, self.result(), word);
        value
    }

    pub(crate) fn scalar(self) -> Scalar {
        self.entry().scalar
    }

    pub(crate) fn chunk(self) -> Chunk {
        self.entry().chunk
    }

    /// The function returns its argument: a cast to the type it already has, which the table names `same_TYPE`.
    pub(crate) fn is_identity(self) -> bool {
        self.name().starts_with("same_")
    }
}

impl std::fmt::Debug for Element {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
