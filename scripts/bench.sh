#!/usr/bin/env bash
# Runs every benchmark in benches/ in turn; each prints its figures with a peer or a physical limit from the same run.
# BENCH=name runs one. Real plays are used where CLUTCH_DATA points at them, simulated ones elsewhere.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "machine: $(nproc) cores, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)"
for file in benches/*.rs; do
    name=$(basename "$file" .rs)
    if [ -n "${BENCH:-}" ] && [ "$BENCH" != "$name" ]; then continue; fi
    echo
    echo "== $name"
    run=()
    # What names the services' addresses is run with them.
    if grep -q '"KAFKA"' "$file"; then run=(scripts/services.sh run); fi
    "${run[@]}" cargo bench --quiet --locked --bench "$name"
done
