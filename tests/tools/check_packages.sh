#!/bin/sh
# Builds the wheel and the sdist, installs each of them, and the source tree, into an empty venv,
# and checks that the package is complete: it imports, has its stub and marker, and is small.
set -eu
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$bin/maturin" build --release --quiet --out "$work/wheel" --interpreter "$bin/python"
"$bin/maturin" sdist --out "$work/sdist" > "$work/log"
# One target directory for all: the builds share what they compile.
export CARGO_TARGET_DIR="$PWD/target/packages"
for source in "$work"/wheel/*.whl "$work"/sdist/*.tar.gz .; do
    "$bin/python" -m venv --clear "$work/venv"
    "$work/venv/bin/python" -m pip install --quiet --no-deps "$source"
    (cd "$work" && "$work/venv/bin/python" "$OLDPWD/tests/tools/check_package.py")
    echo "installed from $(basename "$(realpath "$source")"): whole"
done
