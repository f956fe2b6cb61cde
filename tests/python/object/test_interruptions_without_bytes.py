"""Signals end work on many elements even where these have no bytes at all."""

import contextlib
import operator
from types import SimpleNamespace

import consumer
import pytest

from support.alarms import AlarmError, alarm

np = pytest.importorskip("numpy")

pytestmark = pytest.mark.signals

COUNT = 10**11
TYPES = {
    "no fields": [],
    "void": "V0",
    "a field": [("a", [])],
    "fields": [("a", "S0"), ("b", "V0")],
}

# What has to look at every element.
ENDLESS = {
    "fill": lambda v: operator.setitem(v.view, ..., v.element),
    "fill of two dimensions": lambda v: operator.setitem(v.square, ..., v.element),
    "in": lambda v: 5 in v.view,
    "count": lambda v: v.view.count(v.element),
    "index": lambda v: v.square.index(5),
    "iteration": lambda v: [None for _ in v.view if False],
}
# What may end at once, because there is nothing to do; or say that there is no memory for it.
ANYHOW = {
    "assignment": lambda v: operator.setitem(v.view, slice(None), v.other),
    "overlapping assignment": lambda v: operator.setitem(v.view, slice(None), v.view[::-1]),
    "assignment of two dimensions": lambda v: operator.setitem(v.square, ..., v.square.transpose()),
    "equality": lambda v: v.view == v.other,
    "equality of two dimensions": lambda v: v.square == v.square.transpose(),
    "tolist": lambda v: v.view.tolist(),
    "copy": lambda v: v.view.copy(),
    "tobytes": lambda v: v.square.transpose().tobytes(),
    "hex": lambda v: v.view[::-1].hex(),
    "str": lambda v: str(v.square),
    "hash": lambda v: hash(v.view.toreadonly().cast("B")),
}


def endless(dtype) -> consumer.ConsumerArray:
    zeros = np.zeros(1, dtype)
    return consumer.consume(np.lib.stride_tricks.as_strided(zeros, (COUNT,), (0,)))


def interrupt(_number, _frame):
    raise AlarmError


@pytest.fixture(params=TYPES)
def views(request):
    view = endless(TYPES[request.param])
    assert view.itemsize == 0
    assert len(view) == COUNT
    square = np.lib.stride_tricks.as_strided(
        np.zeros(1, TYPES[request.param]), (10**5, 10**5), (0, 0)
    )
    other = endless(TYPES[request.param])
    square = consumer.consume(square)
    return SimpleNamespace(view=view, other=other, square=square, element=view[0])


@pytest.mark.parametrize("name", ENDLESS)
def test_a_signal_ends_work_on_elements_without_bytes(views, name):
    with pytest.raises(AlarmError), alarm(interrupt, 0.2):
        ENDLESS[name](views)


@pytest.mark.parametrize("name", ANYHOW)
def test_work_on_elements_without_bytes_ends(views, name):
    ends = contextlib.suppress(AlarmError, MemoryError, TypeError, ValueError)
    with ends, alarm(interrupt, 0.2):
        ANYHOW[name](views)
