#!/bin/sh
# Runs those tests of examples/extension in which threads use and end arrays at once under
# ThreadSanitizer.
#
# Needs a nightly toolchain, because the sanitizer is an unstable option of rustc, and GCC's runtime
# of it, because the interpreter is not built with it: of the interpreter only its locks are seen,
# so it has to be one with a GIL, which orders all else.
set -eu
python=$1
folder=$PWD/examples/extension
export RUSTUP_TOOLCHAIN="${NIGHTLY:-nightly}" CARGO_TARGET_DIR="$PWD/target/races"
# The standard library is not built with it either.
export RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer"
target=$(rustc -vV | sed -n 's/^host: //p')

rm -rf "$CARGO_TARGET_DIR/wheel" "$CARGO_TARGET_DIR/site"
"$(dirname "$python")/maturin" build --quiet --profile dev --target "$target" \
    --manifest-path "$folder/Cargo.toml" --interpreter "$python" --features peers \
    --out "$CARGO_TARGET_DIR/wheel"
"$python" -m pip install --quiet --no-deps --target "$CARGO_TARGET_DIR/site" \
    "$CARGO_TARGET_DIR"/wheel/*.whl

# LLVM calls copies by names of its own.
gcc -xc -O1 -fno-builtin -shared -fPIC -o "$CARGO_TARGET_DIR/copies.so" - <<'END'
#include <string.h>
void *__tsan_memcpy(void *to, const void *from, size_t size) { return memmove(to, from, size); }
void *__tsan_memmove(void *to, const void *from, size_t size) { return memmove(to, from, size); }
void *__tsan_memset(void *to, int byte, size_t size) { return memset(to, byte, size); }
END
# It wants its addresses where they are without randomisation.
LD_PRELOAD="$(gcc -print-file-name=libtsan.so):$CARGO_TARGET_DIR/copies.so" \
    TSAN_OPTIONS=exitcode=66 PYTHONMALLOC=malloc \
    PYTHONPATH="$CARGO_TARGET_DIR/site:$folder/tests" setarch --addr-no-randomize \
    "$python" -m pytest --quiet -p no:cacheprovider --capture=sys "$folder/tests/test_lives.py" \
    -m "not process_memory"
