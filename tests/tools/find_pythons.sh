#!/bin/sh
# Prints the interpreters, beside the one given, of the versions that are supported and there: on
# the PATH, or among those that pyenv installed. One for each version.
given=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
for version in 3.11 3.12 3.13 3.14 3.15; do
    [ "$version" = "$given" ] && continue
    for python in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version".*/bin/python3; do
        # A shim on the PATH may stand for a version that is not active: ask it.
        if "$python" -c 'import venv, ensurepip' 2>/dev/null; then
            command -v "$python"
            break
        fi
    done
done
