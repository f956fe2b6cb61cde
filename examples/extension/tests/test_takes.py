"""What functions of an extension take, and what they say of the rest."""

import array
import ctypes
import gc
import mmap
import re
import sys
from pathlib import Path

import consumer
import extension_example as example
import numpy as np
import pytest
from exporters import LINE, OTHER_ORDER, ROWS, OnlyDLPack, doubles, swapped
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

TAKES = {
    "`Array<f64, 1>`": example.line,
    "`Array<f64, 2>`": example.plane,
    "`Array<f64, ANY>`": example.solid,
    "`ArrayLike<f64, 1>`": example.floats,
    "`PyBuffer<f64>`": example.py_buffer,
    "`PyReadonlyArray1<f64>`": example.readonly_1,
    "`PyArrayLike1<f64>`": example.array_like,
}
DOCUMENT = Path(__file__).parents[3] / "src/extension/mod.rs"


def table():
    """The rows of the table that is published, by their names, each with a cell for a function."""
    lines = [
        [cell.strip() for cell in line.removeprefix("//! |").rstrip("|\n").split(" | ")]
        for line in DOCUMENT.read_text(encoding="utf-8").splitlines()
        if line.startswith("//! | ") and line.count("|") == len(TAKES) + 2
    ]
    assert lines[0][1:] == list(TAKES)
    return {name: dict(zip(TAKES, cells, strict=True)) for name, *cells in lines[1:]}


def cell(take, make):
    """What the table says of an object that a function is given."""
    try:
        taken = take(make())
    except (TypeError, BufferError):
        return "no"
    if take is example.py_buffer and OTHER_ORDER in str(getattr(make(), "dtype", "")):
        return "yes" if example.py_buffer_first(make()) == make()[0] else "**wrong**"
    return "copy" if take is example.floats and taken[1] else "yes"


def test_the_table_has_a_row_for_each_exporter():
    assert list(table()) == list(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_every_cell_of_the_table_is_true(name):
    expected = table()[name]
    if name.startswith("`__buffer__`") and sys.version_info < (3, 12):
        expected = dict.fromkeys(TAKES, "no")
    assert {take: cell(function, ROWS[name][0]) for take, function in TAKES.items()} == expected


@pytest.mark.parametrize("name", ROWS)
def test_what_is_taken_is_what_numpy_has(name):
    make, elements = ROWS[name]
    if elements is None or name.startswith("`__buffer__`"):
        return
    elements = np.asarray(elements, "f8")
    try:
        shape, _, found = example.solid(make())
    except TypeError:
        found, is_copy = example.floats(make())
        assert is_copy
        shape = [len(found)]
    assert (tuple(shape), found) == (elements.shape, elements.ravel().tolist())


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python asks for it from 3.12 on")
def test_a_method_of_pythons_exports():
    make, elements = ROWS["`__buffer__`, from 3.12 on"]
    assert example.solid(make())[2] == elements.tolist()


def test_nothing_that_pyo3_takes_rightly_is_refused():
    for name, row in table().items():
        if row["`PyBuffer<f64>`"] == "yes":
            assert row["`Array<f64, ANY>`"] == "yes", name


def test_views_of_the_module_and_arrow_are_taken():
    view = consumer.consume(LINE)
    assert example.line(view) == example.line(view[::-1]) == 10

    class OnlyArrow:
        def __arrow_c_array__(self, requested_schema=None):
            return view.__arrow_c_array__(requested_schema)

    assert example.line(OnlyArrow()) == 10
    assert example.floats(OnlyArrow()) == ([1, 2, 3, 4], False)
    assert example.checksum(OnlyArrow()) == (32, sum(LINE.tobytes()))
    assert memoryview(example.same(OnlyArrow())).tolist() == [1, 2, 3, 4]
    with pytest.raises(TypeError, match=r"got .*test_takes.*OnlyArrow of float64"):
        example.text(OnlyArrow())


@pytest.mark.parametrize(
    "shape",
    [(1 << 40,), (1 << 20, 3, 3), (5, 1 << 29), (1 << 18, 1 << 18, 1 << 18), (0, 1 << 40), (0, 0)],
)
def test_dimensions_may_be_long(shape):
    numbers = np.broadcast_to(0.5, shape)
    assert example.take_any(numbers) == numbers.size
    assert example.take_any(example.same(numbers)) == numbers.size


@given(
    arrays.arrays("f8", arrays.array_shapes(min_dims=0, max_dims=6, max_side=4)),
    st.data(),
)
def test_any_layout_has_numpys_elements(numbers, data):
    view = numbers.transpose(data.draw(st.permutations(range(numbers.ndim))))
    view = view[
        tuple(slice(None, None, data.draw(st.sampled_from([1, 2, -1]))) for _ in view.shape)
    ]
    shape, strides, found = example.solid(view)
    assert tuple(shape) == view.shape
    assert np.array_equal(found, view.ravel(), equal_nan=True)
    if view.size:
        assert all(n == 1 or s == t for n, s, t in zip(shape, strides, view.strides, strict=True))
    with np.errstate(all="ignore"):
        total, expected = example.inside(view), view.sum()
    assert np.isnan([total, expected]).any() or np.isclose(total, expected) or np.isinf(expected)
    back = np.asarray(example.same(view))
    assert back.shape == view.shape
    assert np.array_equal(back, view, equal_nan=True)


def test_pointers_lead_to_elements():
    testbuffer = pytest.importorskip("_testbuffer")
    flags = testbuffer.ND_PIL | testbuffer.ND_WRITABLE
    rows = testbuffer.ndarray([float(n) for n in range(12)], shape=[3, 4], format="d", flags=flags)
    assert example.solid(rows)[2] == list(range(12))
    assert example.plane(rows) == ((3, 4), 66)
    with pytest.raises(TypeError, match="C-contiguous"):
        example.rows(rows)
    example.scaled(rows, 2.0)
    assert example.solid(rows)[2] == list(range(0, 24, 2))


def test_constraints_are_kept():
    matrix = np.arange(6.0).reshape(2, 3)
    assert example.rows(matrix) == example.columns(np.asfortranarray(matrix)) == 15
    for take, wrong in ((example.rows, matrix.T), (example.columns, matrix)):
        with pytest.raises(TypeError, match=r"contiguous.*and strides \("):
            take(wrong)
    off = np.zeros(6 * 8 + 1, "u1")[1:].view("f8").reshape(2, 3)
    with pytest.raises(TypeError, match=r"unaligned; numpy.ascontiguousarray"):
        example.rows(off)
    assert example.rows(np.zeros((0, 3))) == example.columns(np.zeros((2, 0))) == 0
    assert example.traced(np.eye(4)) == 4
    with pytest.raises(TypeError, match=r"of shape \(4, 4\), got numpy.ndarray.*\(3, 4\)"):
        example.traced(np.ones((3, 4)))
    assert example.heights(np.ones((2, 3), "f4")) == [1, 1]
    assert example.cloud(np.ones((2, 2, 3))) == 12
    with pytest.raises(TypeError, match=r"of shape \(\.\.\., 3\), got"):
        example.cloud(np.ones((3, 2)))
    with pytest.raises(TypeError):
        example.cloud(np.float64(1))


def test_writable_memory_is_written():
    for memory in (bytearray(b"\0\1\2"), mmap.mmap(-1, 3), np.zeros((3, 1), "u1")):
        before = bytes(memoryview(memory).cast("B"))
        example.invert(memory)
        assert bytes(memoryview(memory).cast("B")) == bytes(byte ^ 255 for byte in before)
    every = np.zeros(6, "u1")
    example.invert(every[::-2])
    assert every.tolist() == [0, 255] * 3
    numbers = doubles(3)
    assert example.filled(numbers, 7.0)
    assert list(numbers) == [0, 7, 7]
    assert not example.filled(np.zeros(0), 7.0)
    grid = np.arange(12.0).reshape(3, 4)
    example.scaled(grid.T[::2], 2.0)
    assert grid.tolist() == [[0, 1, 4, 3], [8, 5, 12, 7], [16, 9, 20, 11]]
    with pytest.raises(TypeError, match=r"a writable buffer.*bytes.*read-only; numpy.array"):
        example.invert(b"abc")
    with pytest.raises(TypeError, match="read-only"):
        example.filled(np.broadcast_to(1.0, (3,)), 1.0)
    with pytest.raises(TypeError, match="read-only"):
        example.invert(memoryview(bytearray(3)).toreadonly())


def test_other_elements_are_taken_by_their_types():
    assert example.kinds(np.array([[2, 0], [1, 0]], "u1").view("?")) == (2, 4)
    assert example.kinds(np.array([True] * 9000)) == (9000, 9000)
    assert example.halves(np.array([0.5, 2], "e")) == [0.5, 2]
    assert example.longest(np.array([3 + 4j, 1])) == 5
    assert example.text(b"abc") == example.text((ctypes.c_char * 3)(*b"abc")) == b"abc"
    assert example.text(memoryview(b"abc").cast("c")) == b"abc"
    for wrong in (b"ab", np.zeros(2, "i1"), np.zeros(2, "?")):
        with pytest.raises(TypeError):
            example.halves(wrong)
    with pytest.raises(TypeError):
        example.text(np.zeros(2, "i1"))
    assert example.is_text("é".encode()) == (True, True)
    assert example.is_text(bytearray(b"\xff")) == (False, False)
    assert example.is_text(memoryview(b"abc")) == (True, False)
    assert (example.number(np.float64(2.5)), example.number(ctypes.c_double(2.5))) == (2.5, 2.5)
    assert example.maybe() is example.maybe(None) is None
    assert example.maybe(np.array(1.5)) == 1.5


def test_several_types_are_told_apart():
    for code in "fdiB":
        name, total = example.total(np.ones((2, 3), code))
        assert (name, total) == (np.dtype(code).name, 6)
    assert example.total((ctypes.c_float * 2)(1, 2)) == ("float32", 3)
    with pytest.raises(
        TypeError, match=r"a buffer of float32, float64, int32 or uint8, got .*int64"
    ):
        example.total(np.arange(3))
    with pytest.raises(
        TypeError, match=r"numbers in this machine's byte order, got .*float64 in the"
    ):
        example.total(np.ones(3, OTHER_ORDER))


@pytest.mark.parametrize("code", np.typecodes["AllInteger"] + "efd?")
def test_numbers_are_converted_exactly(code):
    numbers = np.array([0, 1, 1, 100]).astype(code)
    assert example.floats(numbers) == (numbers.astype("f8").tolist(), code != "d")
    shape, values, is_copy = example.lost(numbers)
    assert (shape, bytes(values)) == ([4], numbers.astype("u1").tobytes())
    assert is_copy == (code != "B")


def test_what_is_not_exact_is_refused():
    for wrong in ([1.5], [-1], [256], [float("nan")], [2.0**70]):
        with pytest.raises(ValueError, match=r"what becomes uint8, got numpy.ndarray"):
            example.lost(np.array(wrong))
    assert example.lost(np.array([7.0, 255.0]))[:2] == ([2], bytes([7, 255]))
    with pytest.raises(ValueError, match="more digits than float64"):
        example.floats(np.array([2**53 + 1]))
    assert example.floats(np.array([2**53]))[0] == [2.0**53]
    assert np.isnan(example.floats(np.array([np.nan], "f4"))[0][0])
    assert example.floats(swapped()) == ([1, 2, 3], True)
    assert example.floats(OnlyDLPack(np.arange(4)[::2])) == ([0, 2], True)
    for wrong in (np.array(["a"]), np.ones((2, 2)), [1.0], np.zeros(1, "M8[s]"), np.zeros(1, "V3")):
        with pytest.raises(TypeError):
            example.floats(wrong)
    copy, numbers = np.arange(3), np.arange(3.0)
    assert not example.floats(numbers)[1]
    assert example.floats(copy)[1]
    assert sys.getrefcount(copy) == sys.getrefcount(numbers)


def test_any_contiguous_memory_is_bytes():
    for memory in (
        b"abc", LINE, np.arange(6.0).reshape(2, 3), np.asfortranarray(np.ones((2, 3))),
        np.array(["2020"], "M8[D]"), np.zeros(2, [("a", "u1"), ("b", "f8")]), doubles(2, 3),
        np.zeros((0, 3)), np.float64(1.5), (ctypes.c_int * 0)(), np.ones(3, OTHER_ORDER),
    ):  # fmt: skip
        data = np.asarray(memory).tobytes("A")
        assert example.checksum(memory) == (len(data), sum(data))
    assert example.checksum(b"") == (0, 0)
    with pytest.raises(TypeError, match="contiguous bytes"):
        example.checksum(np.arange(6.0)[::2])
    with pytest.raises(TypeError, match="list, which exports no buffer"):
        example.checksum([1])


RECORDS = {
    "packed": np.dtype([("kind", "u1"), ("at", "f8", (2,))]),
    "aligned": np.dtype([("kind", "u1"), ("at", "f8", (2,))], align=True),
    "reordered": np.dtype([("at", "f8", (2,)), ("extra", "U3"), ("kind", "u1")]),
    "swapped": np.dtype([("kind", "u1"), ("at", OTHER_ORDER, (2,))]),
    "apart": np.dtype({"names": ["kind", "at"], "formats": ["u1", ("f8", 2)],
                       "offsets": [5, 20], "itemsize": 48}),
    "backwards": np.dtype({"names": ["kind", "at"], "formats": ["u1", ("f8", 2)],
                           "offsets": [20, 3], "itemsize": 24}),
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDS)
def test_records_are_read_by_the_names_of_their_fields(name):
    records = np.zeros(5, RECORDS[name])
    records["kind"] = range(5)
    records["at"] = np.arange(10.0).reshape(5, 2)
    expected = [(kind, [2.0 * kind, 2.0 * kind + 1]) for kind in range(5)]
    assert example.bodies(records) == expected
    assert example.bodies(records[::-2]) == expected[::-2]
    # No format tells where these fields are, and so none is handed on.
    if name != "backwards":
        assert example.bodies(consumer.consume(records)) == expected
        assert example.bodies(memoryview(records)) == expected


def test_structures_are_read_by_their_types():
    class Body(ctypes.Structure):
        _fields_ = [("kind", ctypes.c_uint8), ("at", ctypes.c_double * 2)]

    class Derived(Body):
        _fields_ = (("more", ctypes.c_int16),)

    class Packed(ctypes.BigEndianStructure):
        _pack_ = 1
        _layout_ = "ms"
        _fields_ = (("at", ctypes.c_double * 2), ("kind", ctypes.c_uint8))

    class Bits(ctypes.Structure):
        _fields_ = [("kind", ctypes.c_uint8, 3), ("at", ctypes.c_double * 2)]

    expected = [(1, [2, 3]), (4, [5, 6])]
    assert example.bodies((Body * 2)(Body(1, (2, 3)), Body(4, (5, 6)))) == expected
    assert example.bodies((Derived * 2)(Derived(1, (2, 3)), Derived(4, (5, 6)))) == expected
    assert example.bodies((Packed * 2)(Packed((2, 3), 1), Packed((5, 6), 4))) == expected
    with pytest.raises(TypeError, match="its field 'kind' is a bit-field of 3 bits, not uint8"):
        example.bodies((Bits * 2)())

    class Point(ctypes.Structure):
        _fields_ = [("y", ctypes.c_int16), ("gap", ctypes.c_int8), ("x", ctypes.c_int16)]

    class Line(ctypes.Structure):
        _fields_ = [("name", ctypes.c_char * 4), ("ends", Point * 2)]

    lines = (Line * 2)()
    lines[1].name = b"edge"
    lines[1].ends[0].x, lines[1].ends[1].y = 7, -8
    assert example.lines(lines) == {"ends": [(7, 0), (0, -8)], "name": "edge"}
    assert example.lines((Line * 0)()) is None


def test_other_records_are_refused_by_name():
    for fields, why in {
        (("kind", "u1"),): "it has no field 'at'",
        (("kind", "i1"), ("at", "f8", (2,))): "its field 'kind' is int8, not uint8",
        (("kind", "u1"), ("at", "f8", (3,))): "its field 'at' is of format .*, not float64.2.",
        (("kind", "u1"), ("at", "f4", (2,))): "its field 'at' is of format .*, not float64.2.",
    }.items():
        with pytest.raises(TypeError, match=f"kind: uint8, at: float64.2. in 1 dim.*: {why}"):
            example.bodies(np.zeros(2, list(fields)))
    for wrong in (np.zeros(2), np.zeros((2, 2), RECORDS["packed"]), [], b"ab"):
        with pytest.raises(TypeError, match="expected a buffer of records"):
            example.bodies(wrong)
    with pytest.raises(TypeError, match=r"ends: records with the fields x: int16, y: int16.2"):
        example.lines(np.zeros(1))


@pytest.mark.parametrize(
    ("take", "given", "message"),
    [
        ("line", np.arange(3), "expected a buffer of float64 in 1 dimension, got numpy.ndarray of "
         "int64 with shape (3,); numpy.asarray(x, 'float64') makes one"),
        ("line", [1.0], "expected a buffer of float64 in 1 dimension, got list, which exports no "
         "buffer; array.array('d', x) does"),
        ("line", None, "expected a buffer of float64 in 1 dimension, got NoneType, which exports "
         "no buffer"),
        ("plane", np.ones(3), "expected a buffer of float64 in 2 dimensions, got numpy.ndarray of "
         "float64 with shape (3,)"),
        ("heights", np.ones((3, 3)), "expected a C-contiguous buffer of float32 in 2 dimensions of "
         "shape (*, 3), got numpy.ndarray of float64 with shape (3, 3); "
         "numpy.ascontiguousarray(x, 'float32') makes one"),
        ("line", np.array(["2020-01-01"], "M8[D]"), "expected a buffer of float64 in 1 dimension, "
         "but numpy.ndarray gives none: cannot include dtype 'M' in a buffer"),
        ("line", np.array(["a"]), "expected a buffer of float64 in 1 dimension, got numpy.ndarray "
         "of format \"1w\" with shape (1,)"),
        ("line", np.ma.masked_array([1.0, 2.0], [True, False]), "expected a buffer of float64 in 1 "
         "dimension, but numpy.ma.MaskedArray gives none: numpy.ma.MaskedArray has masked"),
    ],
)  # fmt: skip
def test_messages_say_what_was_expected_and_what_came(take, given, message):
    with pytest.raises(TypeError, match=f"^{re.escape(message)}") as caught:
        getattr(example, take)(given)
    name = "points" if take == "heights" else "x"
    assert caught.value.__notes__[-1] == f"while processing '{name}'"


def test_errors_of_the_program_pass():
    if sys.version_info < (3, 12):
        return

    class Interrupted:
        def __init__(self, error):
            self.error = error

        def __buffer__(self, flags):
            raise self.error

    for error in (KeyboardInterrupt(), MemoryError(), RecursionError()):
        with pytest.raises(type(error)):
            example.line(Interrupted(error))
    with pytest.raises(TypeError, match="gives none: mine") as caught:
        example.line(Interrupted(ValueError("mine")))
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_result_is_a_memoryview_of_the_vector():
    assert isinstance(example.ramp(3), memoryview)
    assert example.ramp(3).tolist() == [0, 1, 2]
    assert (example.ramp(0).tolist(), example.ramp(0).shape) == ([], (0,))
    grid = example.grid(2, 3)
    assert (grid.format, grid.shape, grid.strides, grid.readonly) == ("i", (2, 3), (12, 4), False)
    numbers = np.asarray(grid)
    numbers[0, 0] = 9
    assert grid.tolist() == [[9, 1, 2], [3, 4, 5]]
    del grid
    gc.collect()
    assert numbers.sum() == 24
    assert bytes(example.ramp(2)) == np.arange(2.0).tobytes()
    with pytest.raises(ValueError, match=r"3 elements are not of shape \(2, 2\)"):
        example.wrong_shape()
    assert example.mirrored(np.arange(4.0).reshape(2, 2)).tolist() == [[2, 3], [0, 1]]
    for other in (np.arange(12.0).reshape(3, 4)[::-1, ::-2], np.zeros((0, 2)), np.ones((2, 2)).T):
        assert example.mirrored(other).tolist() == other[::-1].tolist()
    off = np.zeros(4 * 8 + 1, "u1")[1:].view("f8").reshape(2, 2)
    assert example.mirrored(off).tolist() == [[0, 0], [0, 0]]


def test_the_same_memory_is_handed_back():
    for memory in (array.array("d", [1, 2]), np.arange(6.0).reshape(2, 3).T, doubles(2)):
        back = np.asarray(example.same(memory))
        assert np.shares_memory(back, np.asarray(memory))
        assert np.array_equal(back, np.asarray(memory))
    numbers = array.array("d", [1, 2])
    back = numbers
    for _ in range(200_000):
        back = example.same(back)
    assert back.obj is numbers
    del back
    numbers.append(3)
