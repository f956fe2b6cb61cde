#!/bin/sh
# Builds the module for one interpreter, in a venv of its own, and runs the Python tests on it; or,
# if there are further arguments, runs the interpreter with those.
set -eu
python=$1
shift
version=$("$python" -c 'import sysconfig; v = sysconfig.get_config_var
print(v("py_version_short") + "t" * bool(v("Py_GIL_DISABLED")))')
venv=.venv-$version
echo "--- the module on Python $version"
if [ ! -e "$venv/ready" ] || [ tests/requirements.txt -nt "$venv/ready" ]; then
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --requirement tests/requirements.txt
    touch "$venv/ready"
fi
VIRTUAL_ENV=$PWD/$venv CARGO_TARGET_DIR=target/python-$version \
    "$venv/bin/maturin" develop --release --quiet
if [ $# -gt 0 ]; then
    exec "$venv/bin/python" "$@"
fi
"$venv/bin/python" -m mypy.stubtest consumer --allowlist tests/typing/stubtest-allowlist.txt
"$venv/bin/python" -m pytest --quiet
