use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::contract;

fn registry(root: &Path) -> DirectoryRegistry {
    DirectoryRegistry::new(root, Arc::new(|| 1_739_143_800_000_000))
}

#[test]
fn keeps_the_contract() {
    let root = tempfile::tempdir().unwrap();
    contract::registry(&registry(&root.path().join("made/when/needed")));
}
