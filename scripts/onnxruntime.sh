#!/usr/bin/env bash
# scripts/onnxruntime.sh [FOLDER]: fetches ONNX Runtime's library out of its wheel on PyPI into FOLDER/.clutch/lib. Without a
# folder that is the repository, where every clutch that was built in it looks, whatever its project; a clutch from elsewhere
# looks in its project's folder. Only models brought from outside need it. Any Python with pip will do.
set -euo pipefail

version=1.23.2
root=$(cd "$(dirname "$0")/.." && pwd)
lib="${1:-$root}/.clutch/lib"
library="libonnxruntime.so.$version"
if [ $# -eq 0 ]; then found="every clutch built in $root finds it"; else found="clutch finds it for the project $1"; fi

if [ -f "$lib/$library" ]; then
    echo "ONNX Runtime $version is in $lib already: $found"
    exit 0
fi
if [ "$(uname -s)" != Linux ]; then
    echo "this script knows Linux: elsewhere install onnxruntime $version or newer and name its library with CLUTCH_ONNXRUNTIME" >&2
    exit 1
fi
if ! python3 -m pip --version >/dev/null 2>&1; then
    echo "python3 with pip is missing (Debian, Ubuntu: sudo apt-get install python3-pip): it only downloads, nothing is installed" >&2
    exit 1
fi
machine=$(uname -m)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.11 \
    --platform "manylinux_2_28_$machine" --platform "manylinux_2_27_$machine" --dest "$work" "onnxruntime==$version"
python3 - "$work" "$library" <<'PY'
import pathlib, sys, zipfile
folder, library = pathlib.Path(sys.argv[1]), sys.argv[2]
with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
    (folder / library).write_bytes(wheel.read(f"onnxruntime/capi/{library}"))
PY
mkdir -p "$lib"
mv "$work/$library" "$lib/$library.$$"
mv "$lib/$library.$$" "$lib/$library" # whole or not at all
echo "ONNX Runtime $version is in $lib: $found"
