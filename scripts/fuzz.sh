#!/usr/bin/env bash
# Runs each fuzz target for FUZZ_SECONDS (default 60), one after the other, from the kept seeds in fuzz/seeds.
# What makes one crash is left in fuzz/artifacts: move it into fuzz/seeds/TARGET and every test run repeats it.
# Usage: scripts/fuzz.sh [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-60}
targets=("$@")
if [ ${#targets[@]} = 0 ]; then targets=(sql project event state); fi

if ! command -v rustup >/dev/null || ! rustup toolchain list | grep -q '^nightly'; then
    echo "fuzz: needs a nightly compiler: rustup toolchain install nightly --profile minimal" >&2
    exit 1
fi
if ! cargo fuzz --version >/dev/null 2>&1; then
    echo "fuzz: installing cargo-fuzz (once)" >&2
    cargo install cargo-fuzz --locked
fi
for target in "${targets[@]}"; do
    echo "fuzz: $target for $seconds seconds"
    mkdir -p "fuzz/corpus/$target"
    case $target in
    state) longest=4096 ;;
    *) longest=8192 ;;
    esac
    words=()
    if [ -f "fuzz/words/$target" ]; then words=("-dict=fuzz/words/$target"); fi
    cargo +nightly fuzz run "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
        "-max_total_time=$seconds" "-max_len=$longest" -rss_limit_mb=2048 -timeout=20 -print_final_stats=1 \
        ${words[@]+"${words[@]}"}
done
