"""What not every version of Python has."""

import array
import sys

import pytest

# The codes of numbers that array.array has: more from Python 3.15 on, some of them of two letters.
ARRAY_CODES = [code for code in array.typecodes if code not in {"u", "w"}]

needs_buffer_classes = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="classes have __buffer__ since Python 3.12"
)

# Whether only one thread at a time runs Python code.
GIL = getattr(sys, "_is_gil_enabled", lambda: True)()
