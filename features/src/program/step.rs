//! What a program is made of: operations from operands to a register.

use crate::element::Element;
use crate::value::Type;

/// One operation. Never writes a register that it reads.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) operation: Operation,
    /// As many as the operation takes; the rest repeat the first.
    pub(super) arguments: [Operand; 3],
    /// The register written.
    pub(super) target: usize,
    /// What is written.
    pub(super) ty: Type,
}

/// Everything that CASE, IN, COALESCE, NULLIF, LEAST and GREATEST are lowered to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    Call(Element),
    /// Three-valued.
    And,
    /// Three-valued.
    Or,
    IsNull,
    /// (condition, then, otherwise): `then` where the condition is TRUE.
    Select,
    /// The first, or the second where the first is NULL.
    Coalesce,
    /// Three-valued membership in a set of the program, by index.
    In(usize),
}

/// Where a value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operand {
    Register(usize),
    Constant(usize),
    Field(usize),
    Window(usize),
}
