#!/bin/sh
# Runs the tests of the core and of the module under AddressSanitizer, built with debug assertions.
#
# Needs a nightly toolchain, for the sanitizer is an unstable option of rustc, and GCC's runtime of
# it for the interpreter, which is not built for it: what Rust code touches is checked access by
# access, what the interpreter and other extensions touch where they call the C library. The tests
# marked `process_memory` are left out: freed memory is kept back, so that a use of it is seen.
set -eu
python=$1
# What throws in C++, as packages of the matrix do, needs its runtime there from the start.
runtime=$(gcc -print-file-name=libasan.so):$(gcc -print-file-name=libstdc++.so.6)
export RUSTUP_TOOLCHAIN="${NIGHTLY:-nightly}" CARGO_TARGET_DIR="$PWD/target/sanitize"
export RUSTFLAGS=-Zsanitizer=address
# With a target named, build scripts and macros, which run in the compiler, are left alone.
target=$(rustc -vV | sed -n 's/^host: //p')

# A request for too much memory is an error, not the end.
export ASAN_OPTIONS=allocator_may_return_null=1
cargo test --quiet --target "$target" --lib --tests

rm -rf "$CARGO_TARGET_DIR/wheel"
"$(dirname "$python")/maturin" build --quiet --profile dev --target "$target" \
    --interpreter "$python" --out "$CARGO_TARGET_DIR/wheel"
# Not into the venv, whose module is the one that is shipped.
"$python" -m pip install --quiet --no-deps --upgrade --target "$CARGO_TARGET_DIR/site" \
    "$CARGO_TARGET_DIR"/wheel/*.whl

# The interpreter's own blocks are seen where each comes from malloc; what it still holds when it
# ends is no leak of ours. pytest must leave stderr alone, or a report would be lost with it.
LD_PRELOAD="$runtime" ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 \
    PYTHONMALLOC=malloc PYTHONPATH="$CARGO_TARGET_DIR/site" \
    "$python" -m pytest --quiet -p no:cacheprovider --capture=sys --hypothesis-profile=ci \
    -m "not process_memory"
