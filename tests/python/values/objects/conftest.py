"""Objects to refer to."""

import pytest

from support.references import Thing


@pytest.fixture
def things():
    return [Thing(i) for i in range(4)]
