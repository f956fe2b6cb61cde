"""Programs in an interpreter of their own."""

import subprocess
import sys


def run_python(*arguments, timeout=None):
    """What a Python with these arguments writes, once it has ended without an error."""
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, done.stderr
    return done
