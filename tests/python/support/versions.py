"""What not every version of Python has."""

import sys

import pytest

needs_buffer_classes = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="classes have __buffer__ since Python 3.12"
)

# Whether only one thread at a time runs Python code.
GIL = getattr(sys, "_is_gil_enabled", lambda: True)()
