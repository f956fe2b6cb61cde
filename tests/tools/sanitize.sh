#!/bin/sh
# Runs the tests of the core, of the module and of examples/extension under AddressSanitizer, built
# with debug assertions.
#
# Needs a nightly toolchain, because the sanitizer is an unstable option of rustc, and GCC's runtime
# of it, because the interpreter is not built with it: every access of Rust code is checked, and
# those of the interpreter and other extensions where they call the C library. Left out are
# the tests marked `process_memory`, because freed memory is held back so that a use of it is
# detected, and those marked `small_stack`, whose stacks are too small for instrumented code.
set -eu
python=$1
# Code that throws in C++, as some packages of the matrix do, needs the C++ runtime preloaded.
runtime=$(gcc -print-file-name=libasan.so):$(gcc -print-file-name=libstdc++.so.6)
export RUSTUP_TOOLCHAIN="${NIGHTLY:-nightly}" CARGO_TARGET_DIR="$PWD/target/sanitize"
export RUSTFLAGS=-Zsanitizer=address
# With a target named, build scripts and macros, which run in the compiler, are left alone.
target=$(rustc -vV | sed -n 's/^host: //p')

# A request for too much memory is an error, not a crash.
export ASAN_OPTIONS=allocator_may_return_null=1
cargo test --quiet --target "$target" --lib --tests

rm -rf "$CARGO_TARGET_DIR/wheel" "$CARGO_TARGET_DIR/site"
build() {
    "$(dirname "$python")/maturin" build --quiet --profile dev --target "$target" \
        --interpreter "$python" --out "$CARGO_TARGET_DIR/wheel" "$@"
}
build
build --manifest-path examples/extension/Cargo.toml --features peers
# Not into the venv, whose module is the one that is shipped.
"$python" -m pip install --quiet --no-deps --upgrade --target "$CARGO_TARGET_DIR/site" \
    "$CARGO_TARGET_DIR"/wheel/*.whl

# The interpreter's own blocks are only visible if each comes from malloc; what it still holds when
# it ends is not our leak. pytest must not capture stderr, or a report would be lost.
LD_PRELOAD="$runtime" ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 \
    PYTHONMALLOC=malloc PYTHONPATH="$CARGO_TARGET_DIR/site:$PWD/examples/extension/tests" \
    "$python" -m pytest --quiet -p no:cacheprovider --capture=sys --hypothesis-profile=ci \
    -m "not process_memory and not small_stack" tests/python examples/extension/tests
