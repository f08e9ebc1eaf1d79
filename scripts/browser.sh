#!/usr/bin/env bash
# A browser for the tests of pages: Chromium and its WebDriver, from Debian's packages where this user may install them.
# Where they cannot be had it says so and goes on without (tests that need them say that they were skipped); under CI it is
# a failure.
set -euo pipefail

if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then exit 0; fi
give_up() {
    echo "WARNING: no Chromium with chromedriver: $1" >&2
    echo "WARNING: tests in a real browser will be SKIPPED" >&2
    if [ -n "${CI:-}" ]; then exit 1; fi
    exit 0
}
command -v apt-get >/dev/null || give_up "install both with this system's packages"
[ "$(id -u)" = 0 ] || give_up "install them: sudo apt-get install chromium chromium-driver"
echo "installing Chromium and its WebDriver (once, about a minute)" >&2
apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium chromium-driver >/dev/null ||
    give_up "apt-get could not install them"
