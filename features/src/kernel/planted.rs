//! A fault that tests plant in the kernel, to see that it is found.

use std::cell::Cell;

thread_local! {
    static FORGETS: Cell<bool> = const { Cell::new(false) };
}

/// What `run` folds on this thread leaves no frame again.
#[cfg_attr(not(feature = "batch"), expect(dead_code, reason = "parity, which it is planted for, needs history"))]
pub(crate) fn forgetting_evictions<T>(run: impl FnOnce() -> T) -> T {
    FORGETS.set(true);
    let result = run();
    FORGETS.set(false);
    result
}

pub(super) fn forgets_evictions() -> bool {
    FORGETS.get()
}
