#!/bin/sh
# Builds the extension in examples/extension/ and runs its tests: as one build for all versions of
# Python (abi3), on each interpreter that is given and has a GIL, and as a build for the first of
# them, and for each without a GIL. Usage: extension.sh PYTHON…
#
# Each interpreter is that of a venv with the module and what the tests need: see run_on.sh.
set -eu
first=$1
maturin=$(dirname "$first")/maturin
folder=$PWD/examples/extension
export CARGO_TARGET_DIR="$PWD/target/extension"

build() {  # NAME PYTHON FEATURES
    rm -rf "$CARGO_TARGET_DIR/$1"
    "$maturin" build --quiet --profile dev --manifest-path "$folder/Cargo.toml" \
        --interpreter "$2" --features "$3" --out "$CARGO_TARGET_DIR/$1/wheel"
    "$2" -m pip install --quiet --no-deps --target "$CARGO_TARGET_DIR/$1/site" \
        "$CARGO_TARGET_DIR/$1"/wheel/*.whl
}

run() {  # NAME PYTHON
    echo "--- the extension ($1) on $("$2" --version)"
    PYTHONPATH=$CARGO_TARGET_DIR/$1/site:$folder/tests \
        "$2" -m pytest --quiet -p no:cacheprovider "$folder/tests"
}

build abi3 "$first" peers,abi3
build plain "$first" peers
run plain "$first"
for python; do
    if "$python" -c 'import sysconfig, sys; sys.exit(not sysconfig.get_config_var("Py_GIL_DISABLED"))'
    then
        build without-gil "$python" peers
        run without-gil "$python"
    else
        run abi3 "$python"
    fi
done
