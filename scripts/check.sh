#!/usr/bin/env bash
# Format, lints as errors, documentation, and each crate alone (a workspace build unifies features and hides leaks).
set -euo pipefail
cd "$(dirname "$0")/.."

have() { # have NAME COMMAND...: says so and skips where the tool is not installed
    local name=$1
    shift
    if "$@" >/dev/null 2>&1; then return 0; fi
    echo "check: $name is not installed here: skipped"
    return 1
}

if have rustfmt cargo fmt --version; then cargo fmt --all --check; fi
if have clippy cargo clippy --version; then
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo clippy --locked --no-default-features --features serve -- -D warnings
else
    for crate in features models training serving; do cargo check --locked -p "$crate"; done
fi
# Private items are documented too, so links to them lead somewhere.
RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" cargo doc --workspace --no-deps --locked --document-private-items --quiet
echo "check: done"
