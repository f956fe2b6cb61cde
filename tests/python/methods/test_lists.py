"""Lists stored in parts of a view: one value for each element, as NumPy has it."""

import collections
import ctypes
import dataclasses
import itertools
import json

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.exporters import Exporter

VALUES = {
    "h": [3, -1, 7],
    "?": [False, True, False],
    "d": [0.5, 1.5, -2.0],
    "4s": [b"abcd", b"\0\0\0\0", b"wxyz"],
    "(2)h": [[1, 2], [3, 4], [5, 6]],
    "(2)?": [[False, False], [True, False], [False, False]],
    "<T{I:id:d:v:}": [(1, 0.5), (2, 1.5), (3, 2.5)],
    "T{?:a:?:b:}": [(False, False), (True, False), (False, False)],
    "T{(2)h:a:}": [([1, 2],), ([3, 4],), ([5, 6],)],
}


@pytest.mark.parametrize("form", VALUES)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_what_tolist_gives_can_be_stored(form, count):
    values = VALUES[form][:count]
    size = consumer.consume(bytes(480)).cast(form).itemsize
    view = consumer.consume(bytearray(size * count)).cast(form)
    view[...] = values
    assert view.tolist() == values
    view[:, ...] = view[::-1].tolist()
    assert view.tolist() == values[::-1]
    if form != "4s":
        view[...] = json.loads(json.dumps(values))
        assert view.tolist() == values


def test_objects_are_stored_one_by_one(np):
    view = consumer.consume(np.zeros((2, 2), "O"))
    view[...] = [[1, [2]], ("x", None)]
    assert view.tolist() == [[1, [2]], ["x", None]]
    view[1, ...] = view[0].tolist()
    assert view.tolist() == [[1, [2]], [1, [2]]]
    with pytest.raises(ValueError, match=r"elements of shape \(2, 2\) take lists of 2 values"):
        view[...] = [7, 8, 9]
    assert view.tolist() == [[1, [2]], [1, [2]]]
    view[...] = (7, 8)
    assert view.tolist() == [[(7, 8)] * 2] * 2
    records = consumer.consume(np.zeros(2, [("n", "i4"), ("o", "O")]))
    records["o"] = ["x", "y"]
    records["n"] = (1, 2)
    assert records.tolist() == [(1, "x"), (2, "y")]


Named = collections.namedtuple("Named", "id v")


@dataclasses.dataclass
class Data:
    v: float
    id: int


class Pair(ctypes.Structure):
    _fields_ = (("id", ctypes.c_uint), ("v", ctypes.c_double))


@pytest.mark.parametrize(
    "make",
    [
        lambda i, v: (i, v),
        lambda i, v: [i, v],
        lambda i, v: {"v": v, "id": i},
        Named,
        lambda i, v: Data(v, i),
        Pair,
    ],
)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_records_of_every_kind_are_stored_from_lists(make, count):
    view = consumer.consume(bytearray(12 * count)).cast("<T{I:id:d:v:}")
    view[...] = [make(i, i / 2) for i in range(count)]
    assert view.tolist() == [(i, i / 2) for i in range(count)]


@pytest.mark.parametrize(
    "value", [(False,) * 3, [False] * 3, [[False] * 3][0], (b"\0\0\0", [0, 0, 0])[1]]
)
def test_bools_are_those_of_the_list(value):
    view = consumer.consume(bytearray(b"\1\1\1")).cast("?")
    view[...] = value
    assert view.tolist() == [False] * 3


@pytest.mark.parametrize(
    "value",
    [
        range(1),
        {False},
        {False: 0},
        collections.deque([False]),
        itertools.repeat(False, 3),
        "no",
    ],
)
def test_bools_are_not_filled_with_the_truth_of_several_values(value):
    view = consumer.consume(bytearray(3)).cast("?")
    with pytest.raises(TypeError, match=r"expected a bool to fill elements of format '\?'"):
        view[...] = value
    with pytest.raises(ValueError, match="take single values here, not a list of 2 values"):
        view[...] = [[False, False]] * 3
    assert view.tobytes() == bytes(3)


def test_a_view_without_dimensions_is_its_value():
    no = consumer.consume(ctypes.c_bool(False))
    assert not no
    assert consumer.consume(ctypes.c_int(-1))
    view = consumer.consume(bytearray(b"\1\1")).cast("?")
    view[...] = [no, no]
    assert view.tolist() == [False, False]
    record = consumer.consume(bytearray(b"\1\1")).cast("T{?:a:B:b:}")
    record[0] = (no, 5)
    assert record.tolist() == [(False, 5)]


@pytest.mark.parametrize("code", ["i2", "i4", "i8", "u4", ">i8", "f8"])
def test_records_of_numpy_are_stored_by_name(np, code):
    """Whether or not a buffer of them would be converted."""
    source = np.array([(2, 1), (4, 3)], [("y", code), ("x", code)])
    form = "<T{f:x:f:y:}" if code == "f8" else "<T{i:x:i:y:}"
    for value in (source[0], source[0, ...], consumer.consume(source)[0, ...]):
        for key in (0, ..., (slice(1), ...)):
            view = consumer.consume(bytearray(8)).cast(form)
            view[key] = value
            assert view.tolist() == [(1, 2)]
    nested = consumer.consume(bytearray(12)).cast(f"<T{{{form[1:]}:at:i:n:}}")
    nested[0] = (source[0], 5)
    assert nested.tolist() == [((1, 2), 5)]
    view = consumer.consume(bytearray(8)).cast("<T{i:x:i:z:}")
    with pytest.raises(ValueError, match=r"field 'z' is missing in the numpy\.void"):
        view[0] = source[0]


@given(st.permutations(["f1", "a", "b", "__doc__", "_replace"]))
def test_rows_are_stored_where_they_came_from(names):
    names = [*names, names[0]]
    form = "T{" + "".join(f"B:{name}:" for name in names) + "B}"
    view = consumer.consume(bytearray(range(7))).cast(form)
    view[0] = view.named()[0]
    assert view.tobytes() == bytes(range(7))


def test_rows_of_other_records_are_stored_by_name():
    row = consumer.consume(bytes([1, 2])).cast("T{B:b:B:__doc__:}").named()[0]
    view = consumer.consume(bytearray(2)).cast("T{B:__doc__:B:b:}")
    view[0] = row
    assert view.tolist() == [(2, 1)]


def test_lists_of_no_elements():
    view = consumer.consume(Exporter(b"", b"T{h:a:}", 2, shape=(0, 3), readonly=False))
    view[...] = []
    with pytest.raises(ValueError, match="take lists of 0 values"):
        view[...] = [[]]
