"""A small part of what `make fuzz` does: random exporters, everything about them compared."""

import sys

import differential
import pytest

CASES = 2500
MODULES = ["random_exporters", "differential"]
MODULES += [f"differential_{part}" for part in ("reading", "comparing", "writing")]


@pytest.mark.parametrize("seed", [0, 10**6])
def test_all_that_can_be_seen_of_random_exporters(seed):
    tally = differential.run(CASES, seed)
    # Every check was run, and not only on exporters that give no buffer.
    assert all(tally[check.__name__] > 300 for check in differential.CHECKS)
    assert tally["refused"] < CASES / 10


def test_the_same_with_exporters_of_our_own_alone(monkeypatch):
    """As on a Python without `_testbuffer`."""
    for name in MODULES:
        monkeypatch.setattr(sys.modules[name], "nd", None)
    differential.run(500, 0)
