#!/bin/sh
# Prints an interpreter for each supported version that is installed, on the PATH or by pyenv,
# except the version of the interpreter given. A version that ends in t has no GIL.
version_of='import sys, sysconfig
print("%d.%d" % sys.version_info[:2] + "t" * bool(sysconfig.get_config_var("Py_GIL_DISABLED")))'
given=$("$1" -c "$version_of" 2>/dev/null)
for version in 3.11 3.12 3.13 3.14 3.15 3.14t 3.15t; do
    [ "$version" = "$given" ] && continue
    for python in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}/versions/${version%t}".*/bin/python3; do
        # A shim on the PATH may stand for a version that is not active: run it to find out.
        found=$("$python" -c "import venv, ensurepip; $version_of" 2>/dev/null) || continue
        if [ "$found" = "$version" ]; then
            command -v "$python"
            break
        fi
    done
done
