"""The classes of rows: one for each list of names, wherever a row comes from, and how rows end."""

import copy
import gc
import pickle
import sys

import consumer
import numpy as np
import pytest

from support.versions import GIL

SAME_NAMES = {
    "numbers": lambda: consumer.consume(bytearray(16)).cast("T{I:a:d:b:}"),
    "other formats": lambda: consumer.consume(np.zeros(2, [("a", ">f2"), ("b", "?")])),
    "strings": lambda: consumer.consume(np.zeros(1, [("a", "S3"), ("b", "U2")])),
    "lists": lambda: consumer.consume(np.zeros(1, [("a", "i4", (2, 2)), ("b", "f8")])),
    "objects": lambda: consumer.consume(np.zeros(1, [("a", object), ("b", "i4")])),
    "records": lambda: consumer.consume(np.zeros(1, [("a", "u1,u1"), ("b", [("c", "i4")])])),
}


@pytest.mark.parametrize("name", SAME_NAMES)
def test_rows_of_the_same_names_have_one_class_wherever_they_come_from(name):
    kind = type(consumer.consume(np.zeros(1, [("a", "u1"), ("b", "u1")])).named()[0])
    view = SAME_NAMES[name]().named()
    row = view[0]
    for again in (
        row,
        view.tolist()[0],
        next(iter(view)),
        view.copy()[0],
        pickle.loads(pickle.dumps(row)),
        copy.copy(row),
        copy.deepcopy(row),
        row._replace(),
        row._replace(a=[row]),
        kind(*row),
        kind(kind, [kind]),
    ):
        assert type(again) is kind
    assert pickle.loads(pickle.dumps(row)) == row == tuple(row) == kind(*row)
    # It goes back where it came from.
    before = view.tobytes()
    view[0] = row
    view[...] = pickle.loads(pickle.dumps(row))
    assert view.tobytes()[: view.itemsize] == before[: view.itemsize]
    assert type(view.named()[0]) is kind


def test_the_rows_of_nested_records_have_the_classes_of_their_names():
    inner = type(consumer.consume(np.zeros(1, [("x", "u1"), ("y", "u1")])).named()[0])
    view = consumer.consume(
        np.zeros(2, [("n", [("x", "f8"), ("y", "i4", 2)]), ("x", "i4")])
    ).named()
    assert type(view[1].n) is type(pickle.loads(pickle.dumps(view[1])).n) is inner
    view[0] = view[1]._replace(n=inner(2.5, [3, 4]))
    assert view[0].n == (2.5, [3, 4])


def test_rows_of_rows_end_however_deep_they_nest():
    kind = type(consumer.consume(np.zeros(1, [("a", "u1"), ("b", "u1")])).named()[0])
    before = sys.getrefcount(kind)
    row, nested = kind(1, 2), []
    for _ in range(100_000):
        row, nested = kind(row, None), [kind(nested, 1)]
    del row, nested
    # Without a GIL each thread counts its own references to a class.
    assert sys.getrefcount(kind) == before or not GIL
    loop = []
    loop.append(kind(loop, kind))
    del loop
    gc.collect()
    assert sys.getrefcount(kind) == before or not GIL
