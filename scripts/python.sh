#!/usr/bin/env bash
# scripts/python.sh VENV REQUIREMENTS: a Python environment of its own with pinned packages from PyPI, made once and again
# whenever the requirements change. Where that cannot be done it says so and goes on without (tests that need it say that
# they were skipped); under CI it is a failure.
set -euo pipefail
venv=$1 requirements=$2
stamp="$venv/requirements.txt"

if cmp -s "$requirements" "$stamp"; then exit 0; fi
give_up() {
    echo "WARNING: no Python environment in $venv: $1" >&2
    echo "WARNING: tests against Python's packages (ONNX, scikit-learn, XGBoost, LightGBM, MLflow) will be SKIPPED" >&2
    if [ -n "${CI:-}" ]; then exit 1; fi
    exit 0
}
command -v python3 >/dev/null || give_up "python3 is missing"
echo "making $venv with the packages of $requirements (once, about a minute)" >&2
rm -rf "$venv"
python3 -m venv "$venv" || give_up "python3 -m venv failed (Debian, Ubuntu: apt-get install python3-venv)"
"$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" || give_up "pip could not install them"
cp "$requirements" "$stamp"
