#!/bin/sh
# Refuses at once, in words, what the build would refuse after minutes or not understandably: a
# Python or a Rust that is missing or too old. Usage: check_setup.sh [PYTHON VENV]
set -eu
python=${1-}
venv=${2-}
tools=$(dirname "$0")
fail() {
    printf 'error: %s\n' "$1" >&2
    shift
    for line; do printf '       %s\n' "$line" >&2; done
    exit 1
}
# The first number of the form 1.2 or 1.2.3 of a text.
number() { sed -n 's/^[^0-9]*\([0-9][0-9]*\.[0-9][0-9.]*\).*/\1/p' | head -n 1; }
# Whether version $1 is at least $2: minor versions are compared as numbers.
at_least() {
    [ "${1%%.*}" -gt "${2%%.*}" ] && return
    [ "${1%%.*}" -eq "${2%%.*}" ] || return
    set -- "${1#*.}" "${2#*.}"
    [ "${1%%.*}" -ge "${2%%.*}" ]
}

needed=$(grep '^rust-version' Cargo.toml | number)
command -v cargo > /dev/null ||
    fail "Rust $needed or later is needed; there is no cargo on the PATH" \
        "install the Rust toolchain, and open a new shell"
found=$(rustc --version | number)
at_least "$found" "$needed" ||
    fail "Rust $needed or later is needed; $(command -v rustc) is Rust $found" \
        "update the toolchain: rustup update stable"

# The library needs no Python.
[ -n "$python" ] || exit 0

needed=$(grep '^requires-python' pyproject.toml | number)
found=$("$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2> /dev/null) || found=
if [ -z "$found" ] || ! at_least "$found" "$needed"; then
    others=$(sh "$tools/find_pythons.sh" "$python" | tr '\n' ' ')
    if [ -n "$others" ]; then
        hint="say which one to use: make PYTHON=${others%% *}"
    else
        hint="install one, and say where it is: make PYTHON=/path/to/python3"
    fi
    fail "Python $needed or later is needed; ${found:+"$python" is Python }${found:-"there is no $python"}" \
        "$hint"
fi
"$python" -c 'import venv, ensurepip' 2> /dev/null ||
    fail "$python cannot make virtual environments" \
        "install its venv and ensurepip modules (Debian: apt-get install python3-venv)"

if [ -x "$venv/bin/python" ]; then
    ours=$("$venv/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    given=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    [ "$ours" = "$given" ] ||
        printf 'note: %s has Python %s, not %s; "rm -r %s" to change that\n' \
            "$venv" "$ours" "$given" "$venv" >&2
fi
