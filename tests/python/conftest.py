"""Fixtures: the packages that some tests compare with, skipped visibly where they are missing."""

import hypothesis
import pytest

# No test is about time, which another program may take.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

# So that their failing asserts show the values, as those of the tests do.
pytest.register_assert_rewrite("support")


@pytest.fixture(scope="session")
def np():
    """NumPy."""
    return pytest.importorskip("numpy")


@pytest.fixture(scope="session")
def nd():
    """CPython's own exporter for tests of the buffer protocol."""
    return pytest.importorskip("_testbuffer")
