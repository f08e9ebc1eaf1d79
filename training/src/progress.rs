//! How long work tells how far it is.

/// The steps of a training run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Load,
    Features,
    Fit,
    Evaluate,
    /// Fits within the training part, to judge it without the test part.
    Validate,
    /// Fits without each group of features.
    Ablate,
    /// Fits with other parameters.
    Tune,
    /// What a person will read of it.
    Report,
    /// Once more on all rows, if asked for.
    Refit,
    Publish,
}

/// Told as work goes on; called from any thread.
pub trait Progress: Sync {
    fn stage(&self, stage: Stage);
    /// Rows of history read so far, during [`Stage::Load`].
    fn rows(&self, rows: u64);
    /// Members of a family fitted so far, during [`Stage::Fit`] and [`Stage::Refit`].
    fn members(&self, _done: u64, _total: u64) {}
    /// Fits done so far, where there are many.
    fn fits(&self, _done: u64, _of: u64) {}
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _: Stage) {}
    fn rows(&self, _: u64) {}
}
