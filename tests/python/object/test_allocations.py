"""Requests that there is no memory for: MemoryError, or what else is wrong with them; no abort.

Each case runs in a process whose address space is limited (`support/allocation_cases.py`).
"""

import subprocess
import sys
from pathlib import Path

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("limits of the address space are Linux's", allow_module_level=True)

from support.allocation_cases import CASES
from support.versions import GIL

# A sanitizer reserves address space of its own, and takes longer than the tests allow.
pytestmark = pytest.mark.process_memory

FOLDER = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def endings():
    """How each case ends."""
    command = [sys.executable, "-m", "support.allocation_cases"]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    return {name: (ending, message) for name, ending, message in lines}


@pytest.mark.parametrize("name", CASES)
def test_a_request_without_memory_ends_with_an_error(endings, name):
    ending, message = endings[name]
    # CPython reports a method that returned NULL without an exception in other words.
    if message == "error return without exception set":
        pytest.skip("CPython raises nothing where a call finds no memory for its frame")
    if ending == "signal 11" and name.endswith("_list") and not GIL:
        pytest.skip(
            "without a GIL, PyList_New reads an uninitialised pointer if there is no memory"
        )
    assert ending in CASES[name][2], message
