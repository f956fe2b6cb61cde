#!/bin/sh
# Prints an interpreter for each supported version that is installed, on the PATH or by pyenv,
# except the version of the interpreter given.
given=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
for version in 3.11 3.12 3.13 3.14 3.15; do
    [ "$version" = "$given" ] && continue
    for python in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version".*/bin/python3; do
        # A shim on the PATH may stand for a version that is not active: run it to find out.
        if "$python" -c 'import venv, ensurepip' 2>/dev/null; then
            command -v "$python"
            break
        fi
    done
done
