//! What identifies a partition's slot, and who may write to it.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::plan::View;

/// The views whose states a slot holds: a hash over their hashes, in order. Workers keep one slot for each version of a
/// view: a changed view reads no state of the old one; it begins with an empty slot, which is filled from the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ViewSet(SmolStr);

impl ViewSet {
    pub fn of(views: &[Arc<View>]) -> ViewSet {
        let mut hasher = blake3::Hasher::new();
        for view in views {
            hasher.update(view.hash.0.as_bytes()).update(b"\n");
        }
        ViewSet(SmolStr::from(&hasher.finalize().to_hex()[..16]))
    }

    /// As a store that lists its slots read it.
    pub(super) fn named(name: &str) -> ViewSet {
        ViewSet(SmolStr::from(name))
    }

    /// 16 hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One partition of one stream, for one set of views: what one owner writes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    pub stream: SmolStr,
    pub views: ViewSet,
    pub partition: u32,
}

impl Slot {
    /// The slot of one version of a view.
    pub fn of(view: &Arc<View>, partition: u32) -> Slot {
        Slot { stream: view.stream.name.clone(), views: ViewSet::of(std::slice::from_ref(view)), partition }
    }
}

impl std::fmt::Display for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}@{}", self.stream, self.partition, self.views.as_str())
    }
}

/// Names an owner of a slot. Random, never a counter: a store that fails over to an older replica can bring a counter
/// back, and two writers would come to share it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Claim(pub [u8; 16]);

impl std::fmt::Debug for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Claim({:032x})", u128::from_be_bytes(self.0))
    }
}

/// What a slot's record must hold for its owner's next read or write: shown with each, refused if anything differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    pub claim: Claim,
    pub number: u64,
}
