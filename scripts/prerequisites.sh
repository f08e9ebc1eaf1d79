#!/usr/bin/env bash
# Makes sure that a Rust toolchain and a C compiler are there; installs the compiler where it may.
set -euo pipefail

if ! command -v cargo >/dev/null; then
    echo "cargo is missing: install Rust with rustup (see https://rustup.rs), open a new shell and run this again" >&2
    exit 1
fi
if ! command -v cc >/dev/null; then
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        echo "no C compiler: installing build-essential" >&2
        apt-get update -qq && apt-get install -y -qq build-essential >/dev/null
    else
        echo "no C compiler: install one (Debian, Ubuntu: sudo apt-get install build-essential) and run this again" >&2
        exit 1
    fi
fi
