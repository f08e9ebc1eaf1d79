//! How benchmarks are configured.

#[expect(clippy::disallowed_methods, reason = "a benchmark is its own composition root")]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
