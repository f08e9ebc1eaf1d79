//! Window calls: which rows they see and what they compute over them.

use super::Expr;
use crate::value::{Micros, Type};

/// The rows before and including the current one that a call sees, in the total order (event time, offset).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Frame {
    /// The current row and the `n` rows before it.
    Rows(u32),
    /// Rows whose event time is less than this much older than the current row's: (t − w, t], of w above 0.
    Range(Micros),
    /// Everything up to the current row.
    Unbounded,
}

/// Partition, frame and exclusion; calls with an equal window share buffers.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// What PARTITION BY adds to the stream's key (the key's own fields are left out: state is already kept by key).
    pub partition: Vec<Expr>,
    pub frame: Frame,
    pub exclude_current: bool,
}

/// After which a value weighs half as much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HalfLife {
    /// So many further rows with a value, at least 1.
    Rows(u32),
    /// Of event time, above 0.
    Time(Micros),
}

/// What is computed over a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WindowFunction {
    /// Rows of the frame whose argument is not NULL; every row without an argument.
    Count,
    Sum,
    Avg,
    Min,
    Max,
    /// The value `offset` rows before the current one in the partition, whatever the frame.
    Lag {
        offset: u32,
    },
    FirstValue,
    LastValue,
    /// Of the frame's `n`th row, counted from 1.
    NthValue {
        n: u32,
    },
    /// The sample variance.
    VarSamp,
    /// The sample standard deviation.
    StddevSamp,
    /// Different values that are not NULL, counted no further than `cap`.
    CountDistinct {
        cap: u32,
    },
    /// An exponentially weighted mean of all rows, folded in the order of acceptance.
    Ewma {
        half_life: HalfLife,
    },
}

/// One window call of a view.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Index into [`super::View::windows`].
    pub window: usize,
    pub function: WindowFunction,
    /// What is aggregated; `None` only for `count(*)`.
    pub argument: Option<Expr>,
    /// FILTER (WHERE …): rows for which it is not TRUE do not enter.
    pub filter: Option<Expr>,
    /// The type of the result.
    pub ty: Type,
}
