#!/bin/sh
# Runs tests of the module, built as it is shipped, under valgrind, which sees the accesses of the
# whole process: AddressSanitizer sees those of Rust code and of the C library.
#
# It is slow, so CPython's own tests and those of Hypothesis, which try hundreds of cases each, are
# left to AddressSanitizer. Neither runs the tests marked `process_memory`; valgrind, which
# has a processor and a clock of its own, does not run those marked `environment`, `long_doubles`,
# `signals` or `turns` either, and does not follow the tests into subprocesses.
set -eu
python=$1
shift
export CARGO_TARGET_DIR="$PWD/target/valgrind"
# A report needs the symbols.
export CARGO_PROFILE_RELEASE_STRIP=none
rm -rf "$CARGO_TARGET_DIR/wheel"
"$(dirname "$python")/maturin" build --quiet --release --interpreter "$python" \
    --out "$CARGO_TARGET_DIR/wheel"
# Not into the venv, whose module is the one that is shipped.
"$python" -m pip install --quiet --no-deps --upgrade --target "$CARGO_TARGET_DIR/site" \
    "$CARGO_TARGET_DIR"/wheel/*.whl
# The interpreter's own blocks are only visible if each comes from malloc. Uses of uninitialised
# bytes are not reported, because CPython 3.11 has one: it reads the first digit of a zero, which
# has none.
PYTHONMALLOC=malloc PYTHONPATH="$CARGO_TARGET_DIR/site" \
    valgrind --quiet --error-exitcode=99 --num-callers=30 --undef-value-errors=no \
    --suppressions=tests/tools/valgrind.supp \
    "$python" -m pytest --quiet -p no:cacheprovider \
    -m "not (process_memory or hypothesis or environment or long_doubles or signals or turns)" \
    --ignore=tests/python/differential/test_cpython_suites.py "$@"
