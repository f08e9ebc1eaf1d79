//! Models judged within the training part, whose test part stays unseen: fold by fold in time, or leaving out one value
//! after the other; and what each group of features is good for.
//!
//! [`folds`] says which rows are fitted on and which are judged, [`cross`] fits and judges.

mod ablation;
mod cross;
mod folds;
mod plan;

pub use ablation::{AblatedGroup, Ablation};
pub use cross::{CrossValidation, FoldReport, ValidationError, WeightedError};
pub(crate) use cross::{OutOfFold, out_of_fold};
pub use folds::{Fold, FoldsError, leave_one_out, rolling_origin};
pub use plan::{LeaveOneOut, Validation, Validations};
pub(crate) use plan::{Within, tuned, validate};

#[cfg(test)]
mod tests;
