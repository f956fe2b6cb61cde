"""`v.named()` and `v.rows(cls)`: records by the names of their fields."""

import copy
import ctypes
import dataclasses
import gc
import pickle
import struct
import sys
import typing
import weakref

import consumer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

FORMAT = "T{<I:id:H:kind:d:at:}"
PACKED = struct.Struct("<IHd")
ROWS = [(1, 2, 0.5), (3, 4, -1.5), (5, 6, 2.25)]


@pytest.fixture
def view():
    return consumer.consume(bytearray(b"".join(PACKED.pack(*row) for row in ROWS))).cast(FORMAT)


@pytest.fixture
def named(view):
    return view.named()


def test_rows_are_tuples_with_attributes(view, named):
    row = named[1]
    assert isinstance(row, tuple)
    assert type(row) is not tuple
    assert (row.id, row.kind, row.at) == row == (3, 4, -1.5) == view[1]
    assert row[0] == 3
    assert row[-1] == -1.5
    assert row[:2] == (3, 4)
    assert len(row) == 3
    first, second, third = row
    assert (first, second, third) == row
    assert hash(row) == hash(view[1])
    assert {row: 1}[view[1]] == 1
    assert row < (4,)
    assert (*row, 1) == (3, 4, -1.5, 1)
    assert row.index(4) == 1
    assert repr(row) == "Row(id=3, kind=4, at=-1.5)"
    assert type(view[1]) is tuple


def test_the_flag_goes_along(view, named):
    for other in (
        named[:],
        named[::-1][::-1],
        named.copy(),
        copy.copy(named),
        copy.deepcopy(named),
        consumer.consume(named),
        named.toreadonly(),
        named.named(),
        pickle.loads(pickle.dumps(named)),
        pickle.loads(pickle.dumps(named, 2)),
    ):
        assert other[0].id == 1
        assert [row.at for row in other] == [0.5, -1.5, 2.25]
        assert [row.kind for row in other.tolist()] == [2, 4, 6]
        assert [row.id for row in reversed(other)] == [5, 3, 1]
        assert other == view
        assert other.tolist() == ROWS
    assert named[["at", "id"]][1]._fields == ("at", "id")
    assert named[["at", "id"]][1].id == 3
    assert type(view[["at", "id"]][1]) is tuple
    assert type(pickle.loads(pickle.dumps(view))[0]) is tuple
    assert named.reshape(3, 1).tolist()[2][0].kind == 6
    assert named["kind"].tolist() == [2, 4, 6]
    assert str(named) == str(view)
    assert (named.format, named.shape, named.obj) == (view.format, view.shape, view.obj)


def test_rows_are_stored_like_tuples(view, named):
    named[0] = named[2]._replace(kind=7)
    assert view[0] == (5, 7, 2.25)
    assert named[0]._asdict() == {"id": 5, "kind": 7, "at": 2.25}
    assert view.index(named[1]) == 1
    assert named[1] in view
    assert named.count(view[1]) == 1


def test_records_in_records_are_rows_as_well():
    data = np.zeros(2, [("p", [("x", "f4"), ("y", "f4")]), ("q", [("z", "i2")], (2,)), ("n", "u1")])
    data["p"]["y"], data["q"]["z"] = [1.5, 2.5], [[1, 2], [3, 4]]
    view = consumer.consume(data).named()
    assert view[0].p.y == 1.5
    assert view[1].q[1].z == 4
    assert view["p"][1].y == 2.5
    assert view["q"].tolist()[0][1].z == 2
    assert repr(view[0].p) == "Row(x=0.0, y=1.5)"
    assert view.tolist() == consumer.consume(data).tolist()


def test_a_structure_of_ctypes():
    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_int)]

    row = consumer.consume(Point(3, 4)).named()[()]
    assert (row.x, row.y) == (3, 4)


def test_names_that_are_no_attributes():
    names = [
        "class",
        "a b",
        "_fields",
        "__len__",
        "__dictoffset__",
        "count",
        "index",
        "x",
        "x",
        "ü",
    ]
    text = "T{" + "".join(f"B:{name}:" for name in names) + "}"
    row = consumer.consume(bytes(range(10))).cast(text).named()[0]
    assert row == tuple(range(10))
    assert len(row) == 10
    assert row._fields == tuple(names)
    assert (getattr(row, "class"), getattr(row, "a b"), row.count, row.index, row.ü) == (
        0,
        1,
        5,
        6,
        9,
    )
    assert row.x == 7
    assert row._asdict()["x"] == 7
    without = consumer.consume(bytes(6)).cast("<IH").named()[0]
    assert without._fields == ("f0", "f1")
    assert without.f1 == 0


def test_no_row_is_shorter_than_its_class_says(named):
    row = named[0]
    kind = type(row)
    for make in (
        lambda: tuple.__new__(kind, [1]),
        lambda: kind(),
        lambda: kind(1, 2),
        lambda: kind(1, 2, 3, 4),
        lambda: kind([1, 2, 3]),
        lambda: kind(1, 2, 3, at=1),
        lambda: type("Sub", (kind,), {}),
        lambda: object.__new__(kind),
        lambda: consumer._row(("a", "b"), (1,)),
        lambda: consumer._row((1,), (1,)),
        lambda: consumer._row(["a"], (1,)),
    ):
        with pytest.raises(TypeError):
            make()
    for change in (
        lambda: setattr(row, "id", 1),
        lambda: setattr(row, "other", 1),
        lambda: setattr(kind, "id", 1),
        lambda: setattr(
            row, "__class__", type(consumer.consume(bytes(1)).cast("T{B:a:}").named()[0])
        ),
        lambda: delattr(kind, "_fields"),
    ):
        with pytest.raises((TypeError, AttributeError)):
            change()
    assert kind(1, 2, 3).at == 3


def test_rows_match_and_travel(named):
    match named[0]:
        case (1, kind, at):
            assert (kind, at) == (2, 0.5)
        case _:
            pytest.fail("a row is a sequence")
    kind = type(named[0])
    match named[0]:
        case kind(1, 2, at=at):
            assert at == 0.5
        case _:
            pytest.fail("a row has __match_args__")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(named.tolist(), protocol))
        assert again == ROWS
        assert again[1].kind == 4
        assert repr(again[1]) == repr(named[1])
    assert copy.copy(named[0]).id == copy.deepcopy(named[0]).id == 1
    assert dataclasses.asdict(Holder(named[0]))["value"].id == 1
    with pytest.raises(ValueError, match="no field 'nothing'"):
        named[0]._replace(nothing=1)


@dataclasses.dataclass
class Holder:
    value: object


def test_what_has_no_fields_is_refused():
    with pytest.raises(TypeError, match="format 'B' have no fields"):
        consumer.consume(b"abc").named()
    view = consumer.consume(bytes(2)).cast("T{H:a:}")
    view.release()
    with pytest.raises(ValueError, match="released"):
        view.named()


def test_cycles_through_rows_are_collected():
    class Node:
        pass

    for make in (
        lambda: np.zeros(1, [("o", "O"), ("n", "i4")]),
        lambda: np.zeros(1, [("l", "i4", 2), ("n", "i4")]),
    ):
        array = make()
        row = consumer.consume(array).named()[0]
        node = Node()
        if isinstance(row[0], list):
            row[0].append((node, row))
        else:
            row = row._replace(o=node)
            node.row = row
        node.itself = node
        alive = weakref.ref(node)
        del node, row, array
        gc.collect()
        assert alive() is None
    scalars = consumer.consume(bytes(4)).cast("T{H:a:H:b:}").named()
    assert not gc.is_tracked(scalars[0])
    assert not gc.is_tracked(scalars.tolist()[0])


def test_deep_rows_end_without_using_up_the_stack():
    row = consumer.consume(bytes(1)).cast("T{B:a:}").named()[0]
    for _ in range(200_000):
        row = row._replace(a=row)
    del row
    items = consumer.consume(np.zeros(1, [("o", "O")])).named()[0]
    for _ in range(200_000):
        items = type(items)(items)
    del items


def test_a_row_that_is_in_itself_is_shown():
    row = consumer.consume(np.zeros(1, [("l", "i4", 1)])).named()[0]
    row.l[0] = row
    assert repr(row) == "Row(l=[Row(...)])"
    row.l.clear()


def test_classes_of_rows_die_with_their_views_beyond_some():
    def count():
        gc.collect()
        return sum(kind.__name__ == "Row" for kind in tuple.__subclasses__())

    before = count()
    for i in range(1000):
        assert consumer.consume(bytes(4)).cast(f"T{{H:a{i}:H:b{i}:}}").named()[0] == (0, 0)
    assert count() - before < 300
    one, other = (consumer.consume(bytes(4)).cast("T{H:a:H:b:}").named()[0] for _ in range(2))
    assert type(one) is type(other)


def test_nothing_leaks():
    view = consumer.consume(np.zeros(50, [("a", "i4"), ("o", "O"), ("l", "f8", 2)])).named()
    marker = object()
    view["o"][...] = marker
    view.tolist()
    before = sys.getrefcount(marker)
    for _ in range(20):
        rows = view.tolist()
        [row._replace(a=1) for row in rows]
        list(view)
        del rows
    gc.collect()
    assert abs(sys.getrefcount(marker) - before) < 5


@given(st.lists(st.sampled_from("bBhHiIqQfd?"), min_size=1, max_size=20), st.binary(max_size=400))
def test_rows_are_what_struct_reads(codes, data):
    layout = struct.Struct("<" + "".join(codes))
    data = bytes(byte & 1 for byte in data) * 2
    text = "T{<" + "".join(f"{code}:n{i}:" for i, code in enumerate(codes)) + "}"
    count = len(data) // layout.size
    view = consumer.consume(data).cast(text, count=count, offset=0).named()
    rows = view.tolist()
    assert rows == list(layout.iter_unpack(data[: count * layout.size]))
    for row, one in zip(rows, view, strict=True):
        assert row == one
        assert [getattr(row, f"n{i}") for i in range(len(codes))] == list(row)


# --- rows(cls) ----------------------------------------------------------------------------------


@dataclasses.dataclass
class Sample:
    id: int
    kind: int
    at: float


@dataclasses.dataclass
class Turned:
    at: float
    id: int
    kind: int = dataclasses.field(kw_only=True)
    note: str = "-"


class Named(typing.NamedTuple):
    id: int
    kind: int
    at: float


class Point(typing.NamedTuple):
    x: float
    y: float


@dataclasses.dataclass(frozen=True)
class Body:
    pos: Point
    corners: list[Point]
    mass: int


def test_objects_of_a_class(view):
    assert list(view.rows(Sample)) == [Sample(*row) for row in ROWS]
    assert list(view[::-1].rows(Named)) == [Named(*row) for row in ROWS[::-1]]
    assert list(view.rows(Turned)) == [Turned(at, key, kind=kind) for key, kind, at in ROWS]
    assert next(view.rows(Sample)).kind == 2
    assert list(view[:0].rows(Sample)) == []


def test_objects_in_objects():
    array = np.zeros(
        2,
        [
            ("pos", [("x", "f4"), ("y", "f4")]),
            ("corners", [("x", "f4"), ("y", "f4")], 2),
            ("mass", "i4"),
        ],
    )
    array["pos"]["y"] = [1, 2]
    array["corners"]["x"][:, 1] = [5, 6]
    first, second = consumer.consume(array).rows(Body)
    assert first == Body(Point(0, 1), [Point(0, 0), Point(5, 0)], 0)
    assert second.pos.y == 2
    assert second.corners[1].x == 6


def test_classes_of_other_fields_are_refused(view):
    @dataclasses.dataclass
    class Less:
        id: int

    @dataclasses.dataclass
    class Other:
        id: int
        kind: int
        at: float
        speed: float

    with pytest.raises(TypeError, match=r"Less has no fields 'kind', 'at'; v\[\['id'\]\]"):
        view.rows(Less)
    assert [row.id for row in view[["id"]].rows(Less)] == [1, 3, 5]
    with pytest.raises(TypeError, match="the records have no field 'speed'"):
        view.rows(Other)
    for cls in (int, tuple, "Sample", Sample(1, 2, 3)):
        with pytest.raises(TypeError, match="a dataclass or a NamedTuple"):
            view.rows(cls)
    with pytest.raises(TypeError, match="have no fields to make Sample of"):
        consumer.consume(b"abc").rows(Sample)
    with pytest.raises(TypeError, match="one dimension"):
        view.reshape(3, 1).rows(Sample)
