//! Stacked models: a linear model of features and of other models' margins, with those models inside.

use std::ops::Range;

use super::native::{Read, Written};
use super::{ArtifactError, LinearModel, NativeModel};

/// margin = intercept + Σ coefficient × own feature + Σ coefficient × a base's margin, then the link. Checked when built:
/// the linear model takes the own features and then a margin of each base, and every base's inputs are inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct StackedModel {
    width: usize,
    own: usize,
    bases: Vec<Base>,
    meta: LinearModel,
}

/// A model whose margin another one takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Base {
    pub model: NativeModel,
    /// For each of its inputs, which of the stacked model's inputs it is.
    pub inputs: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidStack {
    #[error("it stands on no model")]
    NoBases,
    #[error("it takes no inputs")]
    NoInputs,
    #[error("its linear model takes {found} numbers, not {own} features and {bases} predictions")]
    Meta { found: usize, own: usize, bases: usize },
    #[error("it has {own} features of its own, of {width} in all")]
    Own { own: usize, width: usize },
    #[error("base {} takes {expected} inputs and is given {found}", base + 1)]
    Inputs { base: usize, found: usize, expected: usize },
    #[error("base {} takes input {}, of {width}", base + 1, input + 1)]
    Input { base: usize, input: usize, width: usize },
    #[error("the trees of base {} are not in `trees.bin`", base + 1)]
    NoTrees { base: usize },
}

impl StackedModel {
    /// `own`: so many of the `width` inputs, the first ones, are features of the linear model `meta`.
    pub fn new(width: usize, own: usize, bases: Vec<Base>, meta: LinearModel) -> Result<StackedModel, InvalidStack> {
        if bases.is_empty() {
            return Err(InvalidStack::NoBases);
        }
        if width == 0 {
            return Err(InvalidStack::NoInputs);
        }
        if width < own {
            return Err(InvalidStack::Own { own, width });
        }
        let found = meta.coefficients().len();
        if found != own + bases.len() {
            return Err(InvalidStack::Meta { found, own, bases: bases.len() });
        }
        for (number, base) in bases.iter().enumerate() {
            let (found, expected) = (base.inputs.len(), base.model.width());
            if found != expected {
                return Err(InvalidStack::Inputs { base: number, found, expected });
            }
            if let Some(&input) = base.inputs.iter().find(|input| width <= **input) {
                return Err(InvalidStack::Input { base: number, input, width });
            }
        }
        Ok(StackedModel { width, own, bases, meta })
    }

    /// The number of inputs of one row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many of the inputs, from the first on, the linear model takes itself.
    pub fn own(&self) -> usize {
        self.own
    }

    pub fn bases(&self) -> &[Base] {
        &self.bases
    }

    /// Of the own features and then of the bases' margins.
    pub fn meta(&self) -> &LinearModel {
        &self.meta
    }

    pub(super) fn has_trees(&self) -> bool {
        self.bases.iter().any(|base| matches!(base.model, NativeModel::Trees(_)))
    }

    /// What stands in JSON, and the nodes of the bases' trees one after the other.
    pub(super) fn parts(&self) -> (WrittenStack<'_>, Option<Vec<u8>>) {
        let mut trees = Vec::new();
        let mut bases = Vec::with_capacity(self.bases.len());
        for Base { model, inputs } in &self.bases {
            let (model, bytes) = model.parts();
            let start = trees.len();
            trees.extend(bytes.unwrap_or_default());
            let range = (start < trees.len()).then_some(start..trees.len());
            bases.push(WrittenBase { inputs, model, trees: range });
        }
        let written = WrittenStack { width: self.width, own: self.own, meta: &self.meta, bases };
        (written, self.has_trees().then_some(trees))
    }
}

#[derive(serde::Serialize)]
pub(super) struct WrittenStack<'a> {
    width: usize,
    own: usize,
    meta: &'a LinearModel,
    bases: Vec<WrittenBase<'a>>,
}

#[derive(serde::Serialize)]
struct WrittenBase<'a> {
    inputs: &'a [usize],
    model: Written<'a>,
    /// Where its trees are in `trees.bin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    trees: Option<Range<usize>>,
}

#[derive(serde::Deserialize)]
pub(super) struct ReadStack {
    width: usize,
    own: usize,
    meta: LinearModel,
    bases: Vec<ReadBase>,
}

#[derive(serde::Deserialize)]
struct ReadBase {
    inputs: Vec<usize>,
    model: Read,
    #[serde(default)]
    trees: Option<Range<usize>>,
}

impl ReadStack {
    pub(super) fn has_trees(&self) -> bool {
        self.bases.iter().any(|base| base.trees.is_some())
    }

    /// `trees` are the nodes of all bases' trees.
    pub(super) fn build(self, trees: &[u8]) -> Result<StackedModel, ArtifactError> {
        let mut bases = Vec::with_capacity(self.bases.len());
        for (base, ReadBase { inputs, model, trees: range }) in self.bases.into_iter().enumerate() {
            let bytes = range.and_then(|range| trees.get(range)).ok_or(InvalidStack::NoTrees { base });
            bases.push(Base { model: model.build(|| Ok(bytes?))?, inputs });
        }
        Ok(StackedModel::new(self.width, self.own, bases, self.meta)?)
    }
}
