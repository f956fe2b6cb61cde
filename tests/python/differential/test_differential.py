"""A small part of what `make fuzz` does: random exporters, everything about them compared."""

import pytest

from differential import campaign, comparing, random_exporters, reading, writing

CASES = 2500


@pytest.mark.parametrize("seed", [0, 10**6])
def test_all_that_can_be_seen_of_random_exporters(seed):
    tally = campaign.run(CASES, seed)
    # Every check was run, and not only on exporters that give no buffer.
    assert all(tally[check.__name__] > 300 for check in campaign.CHECKS)
    assert tally["refused"] < CASES / 10


def test_the_same_with_exporters_of_our_own_alone(monkeypatch):
    """As on a Python without `_testbuffer`."""
    for module in (campaign, comparing, random_exporters, reading, writing):
        monkeypatch.setattr(module, "nd", None)
    campaign.run(500, 0)
