"""What was found out of a type or a format is kept, is never another's, and keeps nothing alive."""

import ctypes
import gc
import threading
import weakref

import consumer
import numpy as np
import pytest

from support.ctypes_values import check, structure


def twice(value):
    """Two views of an object: what the second one is, may be known from the first."""
    return consumer.consume(value), consumer.consume(value)


def test_a_second_view_reads_what_the_first_one_does():
    inner = structure(("x", ctypes.c_float), ("y", ctypes.c_float))
    kinds = [
        structure(("a", ctypes.c_int), ("b", ctypes.c_double), ("c", ctypes.c_short)),
        structure(("a", ctypes.c_uint8), ("b", ctypes.c_int), base=ctypes.BigEndianStructure),
        structure(("p", inner), ("n", ctypes.c_int * 3), ("q", inner * 2)),
        structure(("f", ctypes.c_float), ("i", ctypes.c_uint32), base=ctypes.Union),
        structure(("a", ctypes.c_uint, 3), ("b", ctypes.c_uint, 9)),
    ]
    for kind in kinds:
        for exporter in (kind, kind * 3, kind * 2 * 3, kind * 2 * 2 * 2 * 2):
            raw = bytes(range(1, 256)) * 4
            for _ in range(3):
                check(exporter.from_buffer_copy(raw))


def test_a_class_is_not_kept_alive():
    kind = structure(("a", ctypes.c_int), ("b", ctypes.c_double))
    alive = weakref.ref(kind)
    assert twice(kind(1, 2.0))[1][()] == (1, 2.0)
    del kind
    gc.collect()
    assert alive() is None


def test_a_class_in_the_place_of_a_dead_one_is_read_by_itself():
    for turn in range(300):
        fields = [("a", ctypes.c_int16), ("b", ctypes.c_int16)]
        names = fields if turn % 2 else [(name.upper(), kind) for name, kind in fields]
        kind = type("S", (ctypes.Structure,), {"_fields_": names})
        for view in twice(kind(3, 4)):
            assert view[()] == (3, 4)
            assert list(view.fields) == [name for name, _ in names]
        del kind, view
        if turn % 10 == 0:
            gc.collect()


def test_a_subclass_and_a_class_of_the_same_format_are_others():
    base = structure(("a", ctypes.c_int32))
    derived = structure(("b", ctypes.c_int32), base=base)
    other = structure(("a", ctypes.c_float))
    for _ in range(3):
        assert consumer.consume(base(1))[()] == (1,)
        assert consumer.consume(derived(1, 2))[()] == (1, 2)
        assert consumer.consume(other(0.5))[()] == (0.5,)


def test_what_is_said_of_a_class_later_moves_no_field():
    kind = structure(("a", ctypes.c_int16), ("b", ctypes.c_uint16))
    value = kind(-1, 0xFFFF)
    assert consumer.consume(value)[()] == (-1, 0xFFFF)
    kind._fields_[0] = ("a", ctypes.c_uint16)
    # The descriptor, which ctypes reads by, is the one that it was.
    assert consumer.consume(value)[()] in [(value.a, value.b)]


def test_a_class_that_is_finished_after_its_array_was_made():
    kind = type("S", (ctypes.Structure,), {})
    array = kind * 3
    holder = structure(("items", array))
    twice(holder())
    try:
        kind._fields_ = [("a", ctypes.c_int)]
    except AttributeError:
        # Whatever has been used is finished.
        return
    for view in twice((kind * 3)()):
        assert view.tolist() == [(0,)] * 3
    for value in (array(), holder()):
        assert all(view.nbytes == 0 for view in twice(value))


DTYPES = [
    [("a", "i4"), ("b", "f8"), ("c", "i2")],
    np.dtype([("a", "i1"), ("b", "f8"), ("c", "i2")], align=True),
    {"names": ["a", "b"], "formats": ["i4", "i4"], "offsets": [0, 8], "itemsize": 16},
    {"names": ["a", "b"], "formats": ["i4", "i4"], "offsets": [0, 4], "itemsize": 16},
    [("p", [("x", "f4"), ("y", ">f4")]), ("n", "i4", (2, 2)), ("q", [("x", "f4")], 2)],
    [("v", "V3"), ("e", "f2"), ("b", "?"), ("z", "c8")],
]
I4, WIDE = np.dtype([("x", "i4")]), np.dtype({"names": ["x"], "formats": ["i4"], "itemsize": 8})


def offsets(names, formats, places, size):
    return np.dtype({"names": names, "formats": formats, "offsets": places, "itemsize": size})


# Dtypes that NumPy writes the same format for, because it leaves out padding in records.
ALIKE = [
    (
        offsets(["a", "b"], [(I4, 2), "i4"], [0, 16], 20),
        offsets(["a", "b"], [(WIDE, 2), "i4"], [0, 16], 20),
    ),
    (offsets(["a", "b"], [I4, "i4"], [0, 8], 12), offsets(["a", "b"], [WIDE, "i4"], [0, 8], 12)),
]


def same_as_numpy(array):
    """Checks records part by part: NumPy's own lists and bytes leave out what it pads."""

    def compare(view, array):
        assert (view.itemsize, view.shape, view.strides) == (
            array.itemsize,
            array.shape,
            array.strides,
        )
        if not array.dtype.names:
            assert view.tolist() == array.tolist()
        for name in array.dtype.names or ():
            compare(view[name], array[name])

    compare(consumer.consume(array), array)


@pytest.mark.parametrize("dtype", DTYPES, ids=range(len(DTYPES)))
def test_records_of_numpy_seen_again(dtype):
    dtype = np.dtype(dtype)
    array = np.zeros(6, dtype)
    array.view("u1")[...] = np.arange(array.nbytes) % 2
    for _ in range(3):
        for part in (array, array[::2], array.reshape(2, 3), array[:1], array.view(np.recarray)):
            same_as_numpy(part)
        wanted = consumer.consume(array)
        assert consumer.consume(memoryview(array)) == wanted
        assert consumer.consume(array[2])[()] == wanted[2]


@pytest.mark.parametrize("pair", ALIKE, ids=["array", "record"])
def test_dtypes_of_one_format_are_told_apart(pair):
    arrays = []
    for dtype in pair:
        array = np.zeros(4, dtype)
        array.view("u1")[...] = np.arange(array.nbytes) % 2
        arrays.append(array)
    assert len({memoryview(array).format for array in arrays}) == 1, "this test tests nothing"
    for _ in range(3):
        for array in arrays:
            same_as_numpy(array)


def test_names_that_a_format_cuts_off_are_told_apart():
    first = np.zeros(1, [("x\0a", "i4"), ("x\0b", "i4")])
    assert [list(view.fields) for view in twice(first)] == [["x\0a", "x\0b"]] * 2
    other = np.array([(1, 2)], [("x\0b", "i4"), ("x\0a", "i4")])
    for view in twice(other):
        assert list(view.fields) == ["x\0b", "x\0a"]
        assert (view["x\0b"].tolist(), view["x\0a"].tolist()) == ([1], [2])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_dtype_that_changes_is_read_again():
    array = np.zeros(3, [("a", "i4"), ("b", "i4")])
    array["a"], array["b"] = [1, 2, 3], [4, 5, 6]
    for names in (("a", "b"), ("b", "a"), ("x", "y"), ("a", "b")):
        array.dtype.names = names
        for view in twice(array):
            assert list(view.fields) == list(names)
            assert view[names[0]].tolist() == [1, 2, 3]
    array.dtype = [("a", "i2"), ("b", "i4"), ("c", "i2")]
    same_as_numpy(array)


def test_selected_fields_do_not_hide_objects_that_others_had_not():
    """Bytes between the fields may be references in one array and padding in the next."""
    plain = np.zeros(2, {"names": ["a"], "formats": ["i4"], "itemsize": 16})
    objects = np.zeros(2, [("a", "i4"), ("pad", "V4"), ("o", "O")])[["a"]]
    for _ in range(2):
        consumer.consume(plain)["a"][0] = 5
        target = consumer.consume(objects)
        assert target.copy().tolist() == [(0,), (0,)]
        with pytest.raises((TypeError, NotImplementedError)):
            target.cast("B")[:] = bytes(32)


def test_one_format_with_several_sizes_and_casts():
    data = bytes(range(48))
    for _ in range(3):
        view = consumer.consume(data)
        assert view.cast("<IIII", offset=16, count=1)[0] == tuple(
            int.from_bytes(data[at : at + 4], "little") for at in (16, 20, 24, 28)
        )
        with pytest.raises(ValueError, match="J"):
            view.cast("<IIJ")
        assert view.cast("T{<H:a:B:b:}").fields["b"].offset == 2


def test_threads_that_describe_the_same_and_other_types():
    kinds = [structure((f"n{i}", ctypes.c_int), ("m", ctypes.c_double)) for i in range(40)]
    wrong = []

    def work(start):
        for i in range(600):
            at = (start + i * 7) % len(kinds)
            view = consumer.consume(kinds[at](at, 2.0))
            if view[()] != (at, 2.0) or list(view.fields) != [f"n{at}", "m"]:
                wrong.append(at)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
