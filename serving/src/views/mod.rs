//! Which versions of views the workers keep states of, and how far each is.
//!
//! A version is kept while the project declares it or a loaded model is bound to it ([`InUse`]). A new one is folded
//! from the log's history in the background, and serves nothing before it is level with the partition in every
//! partition; one that is not kept any more is removed.

mod stored;
mod version;
mod versions;

pub use stored::{Stored, StoredStates};
pub use version::{InUse, Progress, Standing, ViewVersion};
pub use versions::ViewVersions;
