#!/bin/sh
# Runs the tests of the library and of the module on other processors, emulated by QEMU:
#
#   run.sh "MACHINE..." [PYTEST'S ARGUMENTS]      a machine is s390x (big-endian) or aarch64
#
# With arguments for pytest, only those tests of the module are run. Debian gives everything: QEMU,
# a Rust with the standard library of each machine, cross compilers, and each machine's Python with
# NumPy, pytest and Hypothesis. It is unpacked into folders under $CACHE (3 GB), where later runs
# find it, and used there; nothing of this system is changed. What is compiled lies in
# target/machines.
#
# Where that cannot be, a line says what is missing, and nothing is run.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."
# An empty one is none.
: "${CACHE:=${XDG_CACHE_HOME:-$HOME/.cache}/consumer-machines}"
: "${SUITE:=sid}" "${DEBIAN_MIRROR:=http://deb.debian.org/debian}"
machines=$1
shift

skip() {
    echo "skipped: $1" >&2
    exit 0
}
[ "$(uname -sm)" = "Linux x86_64" ] ||
    skip "other processors are emulated on Linux on x86-64, and this is $(uname -sm)"
command -v unshare > /dev/null || skip "there is no unshare (package util-linux)"
unshare --user --map-root-user --mount true 2> /dev/null ||
    skip "user namespaces cannot be made; root may make them almost everywhere"
# In a mount namespace of its own, which this ends with.
unshare --user --map-root-user --mount mount -t binfmt_misc none /proc 2> /dev/null ||
    skip "binfmt_misc in a user namespace needs Linux 6.7 or later, and this is $(uname -r)"

mkdir -p "$CACHE"
CACHE=$(cd "$CACHE" && pwd)
export CACHE SUITE DEBIAN_MIRROR

unpack() {
    root=$CACHE/roots/$1
    shift
    sh "$here/unpack.sh" "$root" "$@" || { [ $? -eq 77 ] && exit 0; exit 1; }
}
unpack tools amd64 base-files dash coreutils qemu-user cargo rustc gcc libc6-dev libstd-rust-dev \
    gcc-s390x-linux-gnu libc6-dev-s390x-cross libstd-rust-dev:s390x \
    gcc-aarch64-linux-gnu libc6-dev-arm64-cross libstd-rust-dev:arm64

# Runs cargo, for one machine. The crates come from a folder, so that it needs no network.
mkdir -p target/machines
if [ ! target/machines/vendored -nt Cargo.lock ]; then
    cargo vendor --quiet --locked target/machines/vendor > /dev/null
    touch target/machines/vendored
fi
run_cargo() {
    variables=CARGO_TARGET_$(echo "$triple" | tr a-z- A-Z_)
    command=$1
    shift
    sh "$here/enter.sh" "$CACHE/roots/tools" "" \
        env -i HOME=/root PATH=/usr/bin CARGO_TARGET_DIR=/src/target/machines \
        "${variables}_LINKER=$machine-linux-gnu-gcc" \
        "${variables}_RUNNER=qemu-$machine -L /usr/$machine-linux-gnu" \
        "PYO3_CROSS_PYTHON_VERSION=$version" PYO3_BUILD_EXTENSION_MODULE=1 \
        CARGO_PROFILE_DEV_OPT_LEVEL=1 CARGO_PROFILE_DEV_DEBUG=0 \
        "PROPTEST_CASES=${PROPTEST_CASES:-16}" \
        cargo "$command" --quiet --locked --offline --target "$triple" \
        --config 'source.crates-io.replace-with="vendored"' \
        --config 'source.vendored.directory="/src/target/machines/vendor"' "$@"
}

# What is run of the module unless the caller says: QEMU has times and memory of its own, and the
# tests that take longest there look at threads, signals and sources rather than at bytes.
tests=
[ $# -gt 0 ] || tests="tests/python"
for slow in differential layers sweeps documents/test_speed.py methods/test_long_views.py \
    object/test_allocations.py object/test_chains.py object/test_recursion.py \
    object/test_threads.py values/objects/test_long_copies.py; do
    tests=${tests:+"$tests --ignore=tests/python/$slow"}
done

failed=
for machine in $machines; do
    case $machine in
        aarch64) debian=arm64 ;;
        *) debian=$machine ;;
    esac
    triple=$machine-unknown-linux-gnu
    unpack "$debian" "$debian" base-files dash coreutils python3 python3-numpy python3-pytest \
        python3-hypothesis python3-typing-extensions '^libpython3.*-testsuite$'
    root=$CACHE/roots/$debian
    version=$(readlink "$root/usr/bin/python3" | sed s/python//)

    if [ $# -eq 0 ]; then
        echo "==> testing the library on $machine (about 5 minutes)"
        # Without optimization what runs under QEMU takes long.
        run_cargo test || failed="$failed the library on $machine,"
    fi

    echo "==> testing the module on Python $version on $machine (about 10 minutes)"
    run_cargo build --profile fast --package consumer-python
    package=target/machines/$machine/consumer
    mkdir -p "target/machines/$machine"
    rm -rf "$package"
    cp -r stubs/consumer "$package"
    rm -f "$package"/*.so
    cp "target/machines/$triple/fast/libconsumer_python.so" "$package/consumer.abi3.so"
    sh "$here/enter.sh" "$root" "$CACHE/roots/tools/usr/bin/qemu-$machine" \
        env -i HOME=/root PATH=/usr/bin PYTHONPATH="/src/target/machines/$machine" \
        PYTHONPYCACHEPREFIX="/src/target/machines/$machine/bytecode" \
        python3 -m pytest --quiet -p no:cacheprovider -m "not process_memory" $tests "$@" ||
        failed="$failed the module on $machine,"
done
if [ -n "$failed" ]; then
    echo "failed:${failed%,}" >&2
    exit 1
fi
