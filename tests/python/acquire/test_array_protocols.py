"""Objects that export no buffer but make an array of NumPy, or describe one."""

import ctypes
import gc
import itertools
import textwrap
import weakref

import consumer
import pytest

from support import capsules
from support.oracles import same
from support.programs import run_python

np = pytest.importorskip("numpy")


class Making:
    """Makes an array of itself."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


def address(view):
    return np.asarray(view).__array_interface__["data"][0]


ARRAYS = {
    "numbers": np.arange(6, dtype="i4").reshape(2, 3)[:, ::-1],
    "swapped": np.arange(3, dtype=">f8"),
    "records": np.array([(1, 2.5), (3, 4.5)], [("a", "u1"), ("b", "f8")]),
    "text": np.array(["ab", "c€"]),
    "bytes": np.array([b"ab", b"c"]),
    "objects": np.array([1, "two", None], object),
    "none": np.zeros((0, 3)),
    "one": np.array(1.5),
    "read-only": np.broadcast_to(np.arange(3), (2, 3)),
}


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
def test_an_array_that_an_object_makes_of_itself_is_shared(array):
    source = Making(array)
    view = consumer.consume(source)
    assert same(view.tolist(), consumer.consume(array).tolist())
    assert view.readonly is not array.flags.writeable
    assert view.obj is source
    if array.size:
        assert address(view) == address(array)


def test_the_array_is_held_until_the_view_ends():
    array = np.arange(3)
    gone = weakref.ref(array)
    source = Making(array)
    view = consumer.consume(source)
    del array, source.array
    gc.collect()
    assert view.tolist() == [0, 1, 2]
    assert gone() is not None
    view.release()
    assert gone() is None


def making(make):
    """An object that makes of its array what `make` does."""

    class Makes(Making):
        def __array__(self, dtype=None, copy=None):
            return make(self.array)

    return Makes(np.arange(6.0))


COPIES = {
    "a copy": lambda array: array.copy(),
    "part of a copy": lambda array: array.copy()[1:][::-1],
    "another type": lambda array: array.astype("f4"),
}


@pytest.mark.parametrize("make", COPIES.values(), ids=COPIES)
def test_copies_are_refused(make):
    with pytest.raises(BufferError, match=r"__array__: it made a copy; consume\(numpy\.asarray"):
        consumer.consume(making(make))


VIEWS = {
    "a part": lambda array: array[1:][::-1],
    "a view": lambda array: array.view("i8"),
    "of bytes": lambda _array: np.frombuffer(bytearray(8), "u1"),
}


@pytest.mark.parametrize("make", VIEWS.values(), ids=VIEWS)
def test_views_of_what_there_is_are_no_copies(make):
    assert consumer.consume(making(make)).nbytes > 0


def test_methods_that_are_older_than_copy_promise_nothing():
    class Old(Making):
        def __array__(self, dtype=None):
            return self.array

    with pytest.raises(BufferError, match=r"nothing tells whether it copies.*copy.*asarray"):
        consumer.consume(Old(np.arange(3)))


@pytest.mark.parametrize("made", [None, [1, 2], b"ab", 1.5], ids=repr)
def test_what_is_no_array(made):
    with pytest.raises(BufferError, match=r"it returned .*, and not numpy\.ndarray"):
        consumer.consume(Making(made))


def test_errors_of_the_object_are_told():
    def refuse(_array):
        raise ValueError("a copy is needed\nadvice for others")

    with pytest.raises(BufferError, match="__array__: ValueError: a copy is needed; ") as told:
        consumer.consume(making(refuse))
    assert "advice" not in str(told.value)


def test_a_copy_that_is_needed_is_had_from_numpy():
    class Copying:
        def __array__(self, dtype=None, copy=None):
            if copy is False:
                raise ValueError("a copy is needed")
            return np.arange(3)

    with pytest.raises(BufferError, match="takes what may be a copy") as told:
        consumer.consume(Copying())
    call = str(told.value).partition("; consume(")[2].partition(") takes")[0]
    view = consumer.consume(eval(call, {"x": Copying(), "numpy": np}))
    assert view.tolist() == [0, 1, 2]


def test_numpy_is_not_imported_for_it():
    program = """
        import sys, consumer
        class Making:
            def __array__(self, dtype=None, copy=None):
                raise AssertionError("asked")
        try:
            consumer.consume(Making())
        except consumer.BufferProtocolError:
            print("numpy" in sys.modules)
    """
    assert run_python("-c", textwrap.dedent(program), timeout=60).stdout == "False\n"


def test_an_array_of_dates_tells_how_its_numbers_are_had():
    class Making:
        def __init__(self, array):
            self.array = array

        def __array__(self, dtype=None, copy=None):
            return self.array

    dates = np.array(["2020-01-01"], "M8[s]")
    with pytest.raises(BufferError) as told:
        consumer.consume(Making(dates))
    assert str(told.value).endswith(
        "does not share its memory (__array__: ValueError: cannot include dtype 'M' in a buffer; "
        f"consume(numpy.asarray(x).view('i8')) has the numbers of {dates.dtype!r})"
    )


class Described:
    def __init__(self, interface):
        self.__array_interface__ = interface


class Structured:
    def __init__(self, array):
        self.array = array

    @property
    def __array_struct__(self):
        return self.array.__array_struct__


def described(array, **changes):
    result = Described({**array.__array_interface__, **changes})
    result.array, result.dtype = array, array.dtype
    return result


WITHOUT_OBJECTS = {name: array for name, array in ARRAYS.items() if name != "objects"}


@pytest.mark.parametrize("array", WITHOUT_OBJECTS.values(), ids=WITHOUT_OBJECTS)
def test_what_an_interface_describes_is_shared(array):
    source = described(array)
    view = consumer.consume(source)
    assert same(view.tolist(), consumer.consume(array).tolist())
    assert view.readonly is not array.flags.writeable
    assert view.obj is source
    if array.size:
        assert address(view) == address(array)


@pytest.mark.parametrize("code", "?bBhHiIlLqQefdgFDG")
@pytest.mark.parametrize("order", "<>")
def test_every_number_by_both_interfaces(code, order):
    dtype = np.dtype(code).newbyteorder(order)
    array = np.arange(5).astype(dtype)[::2]
    expected = consumer.consume(array)
    for source in (described(array), Structured(array)):
        view = consumer.consume(source)
        assert view.tolist() == expected.tolist()
        assert (view.shape, view.strides) == (expected.shape, expected.strides)


@pytest.mark.parametrize("name", ["bfloat16", "float8_e4m3fn", "float8_e5m2"])
def test_floats_of_another_package(name):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    dtype = np.dtype(getattr(ml_dtypes, name))
    array = np.arange(6).astype(dtype).reshape(2, 3)[:, ::-1]
    view = consumer.consume(array)
    assert view.tolist() == array.astype(float).tolist()
    assert view.obj is array
    view[0, 0] = 1.5
    assert float(array[0, 0]) == 1.5
    assert consumer.consume(np.arange(3).astype(dtype.newbyteorder())).tolist() == [0, 1, 2]


def test_types_of_another_package_that_there_are_none_of():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    with pytest.raises(ValueError, match="cannot include dtype"):
        consumer.consume(np.zeros(3, ml_dtypes.int4))
    with pytest.raises(BufferError, match=r"dtype\(int4\), of which there are none here"):
        consumer.consume(described(np.zeros(3, ml_dtypes.int4)))


def test_a_struct_keeps_the_memory():
    array = np.arange(3)
    gone = weakref.ref(array)
    source = Structured(array)
    view = consumer.consume(source)
    del array, source.array
    gc.collect()
    assert view.tolist() == [0, 1, 2]
    view.release()
    gc.collect()
    assert gone() is None


def test_records_within_records_and_sub_arrays():
    dtype = [
        ("a", "u1"),
        ("b", [("x", ">i2", (2,)), (("Title", "y"), "S3")]),
        ("", "V3"),
        ("c", "f8"),
    ]
    interface = {"version": 3, "shape": (2,), "typestr": "|V19", "descr": dtype}
    data = bytearray(range(38))
    view = consumer.consume(Described({**interface, "data": data}))
    expected = np.frombuffer(
        data,
        np.dtype([("a", "u1"), ("b", [("x", ">i2", (2,)), ("y", "S3")]), ("p", "V3"), ("c", "f8")]),
    )
    assert view["c"].tolist() == expected["c"].tolist()
    assert view["b"]["x"].tolist() == expected["b"]["x"].tolist()
    assert view["b"]["y"].tolist() == expected["b"]["y"].tolist()
    view["a"][1] = 99
    assert data[19] == 99


def test_data_in_a_buffer():
    data = bytearray(range(16))
    interface = {"version": 3, "shape": (2,), "typestr": "<i4", "data": data, "offset": 4}
    source = Described(interface)
    assert consumer.consume(source).tolist() == [0x07060504, 0x0B0A0908]
    interface.update(strides=(-4,))
    assert consumer.consume(source).tolist() == [0x07060504, 0x03020100]
    for outside in ({"offset": 13}, {"offset": 0}, {"offset": -1}, {"offset": 2**62}):
        interface.update(outside)
        with pytest.raises(BufferError, match="does not lie in the 16 bytes of its data"):
            consumer.consume(source)
    data.append(1)


def test_data_that_is_made_for_whoever_asks_is_a_copy():
    class Fresh:
        @property
        def __array_interface__(self):
            return {"version": 3, "shape": (2,), "typestr": "|u1", "data": bytearray([1, 2])}

    with pytest.raises(BufferError, match="data is a copy"):
        consumer.consume(Fresh())


WRONG = {
    "no dict": (3, "it is no dict"),
    "no type": ({"shape": (1,), "data": (1, False)}, "it has no 'typestr'"),
    "no shape": ({"typestr": "<i4", "data": (1, False)}, "it has no 'shape'"),
    "a type of nothing": ({"typestr": "<", "shape": (1,)}, "'<' is no typestr"),
    "a type without a size": ({"typestr": "<i", "shape": (1,)}, "'<i' is no typestr"),
    "an unknown type": ({"typestr": "<i3", "shape": (1,)}, "type 'i' in 3 bytes"),
    "dates": ({"typestr": "<M8[s]", "shape": (1,)}, r"dates or times.*view\('i8'\)"),
    "objects": ({"typestr": "|O8", "shape": (1,)}, "references to objects"),
    "bits": ({"typestr": "|t1", "shape": (1,)}, "type 't' in 1 bytes"),
    "masked": ({"typestr": "<i4", "shape": (1,), "mask": 1}, "masked"),
    "no data": ({"typestr": "<i4", "shape": (1,)}, "its buffer"),
    "address 0": ({"typestr": "<i4", "shape": (1,), "data": (0, False)}, "at address 0"),
    "a negative length": ({"typestr": "<i4", "shape": (-1,), "data": (8, False)}, r"\[-1\]"),
    "too many dimensions": ({"typestr": "<i4", "shape": (1,) * 65, "data": (8, False)}, "64"),
    "more than memory": ({"typestr": "<i4", "shape": (2**62,), "data": (8, False)}, "memory"),
    "strides of another number": (
        {"typestr": "<i4", "shape": (1,), "strides": (4, 4), "data": (8, False)},
        "strides",
    ),
    "a name that no format has": (
        {"typestr": "|V1", "shape": (1,), "descr": [("a:b", "|u1")], "data": (8, False)},
        "no format can have the name",
    ),
    "sub-array of many dimensions": (
        {"typestr": "|V1", "shape": (1,), "descr": [("a", "|u1", (1,) * 65)], "data": (8, False)},
        "more than 64 dimensions",
    ),
    "sub-array without end": (
        {"typestr": "|V1", "shape": (1,), "descr": [("a", "|u1", itertools.count(1))]},
        "more than 64 dimensions",
    ),
    "a shape that is no tuple": ({"typestr": "<i4", "shape": 1, "data": (8, False)}, "tuple"),
}


@pytest.mark.parametrize(("interface", "text"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_an_interface_is_named(interface, text):
    with pytest.raises(BufferError, match=text):
        consumer.consume(Described(interface))


def test_records_that_contradict_their_size_are_unreadable():
    interface = {"typestr": "|V3", "shape": (1,), "descr": [("a", "<i4")], "data": bytearray(8)}
    view = consumer.consume(Described(interface))
    with pytest.raises(NotImplementedError, match="itemsize is 3"):
        view.tolist()


def test_records_nested_without_end():
    descr = [("a", "|u1")]
    for _ in range(100):
        descr = [("a", descr)]
    with pytest.raises(BufferError, match="nested too deep"):
        consumer.consume(
            Described({"typestr": "|V1", "shape": (1,), "descr": descr, "data": (8, False)})
        )


class Interface(ctypes.Structure):
    _fields_ = [
        ("two", ctypes.c_int),
        ("nd", ctypes.c_int),
        ("kind", ctypes.c_char),
        ("itemsize", ctypes.c_int),
        ("flags", ctypes.c_int),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("data", ctypes.c_void_p),
        ("descr", ctypes.c_void_p),
    ]


def structured(*fields, name=None):
    interface = Interface(*fields)
    made = type(
        "Made", (), {"__array_struct__": capsules.new(ctypes.addressof(interface), name, None)}
    )()
    made.kept = interface
    return made


def test_structs_of_others():
    data = (ctypes.c_int16 * 4)(1, 2, 3, 4)
    shape, strides = (ctypes.c_ssize_t * 1)(2), (ctypes.c_ssize_t * 1)(4)
    at = [ctypes.addressof(each) for each in (shape, strides, data)]
    swapped, native, writable = 0, 0x200, 0x400
    view = consumer.consume(structured(2, 1, b"i", 2, native | writable, *at, None))
    assert (view.tolist(), view.readonly) == ([1, 3], False)
    view = consumer.consume(structured(2, 1, b"i", 2, swapped, *at, None))
    assert (view.tolist(), view.readonly) == ([256, 768], True)
    view = consumer.consume(structured(2, 1, b"i", 2, native, at[0], None, at[2], None))
    assert view.tolist() == [1, 2]
    for wrong, text in [
        ((3, 1, b"i", 2, native, *at, None), "something else"),
        ((2, -1, b"i", 2, native, *at, None), "-1 dimensions"),
        ((2, 65, b"i", 2, native, *at, None), "64"),
        ((2, 1, b"i", -2, native, *at, None), "-2 bytes"),
        ((2, 1, b"i", 3, native, *at, None), "type 'i' in 3 bytes"),
        ((2, 1, b"i", 2, native, None, None, at[2], None), "no shape"),
        ((2, 1, b"i", 2, native, at[0], None, None, None), "at address 0"),
    ]:
        with pytest.raises(BufferError, match=text):
            consumer.consume(structured(*wrong))
    named = ctypes.create_string_buffer(b"name")
    with pytest.raises(BufferError, match="something else"):
        consumer.consume(structured(2, 1, b"i", 2, native, *at, None, name=ctypes.addressof(named)))
