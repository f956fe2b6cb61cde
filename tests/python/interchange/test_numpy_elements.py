"""Records, strings, sub-arrays, raw bytes and objects as NumPy has them: `dtype`, `__array__`."""

import ctypes
import random
import struct
import sys

import consumer
import pytest

from support.exporters import Exporter
from support.numpy_values import values
from support.oracles import SWAPPED, same
from support.programs import run_python

pytest.importorskip("numpy")

# Formats that NumPy reads as we do, with their itemsizes.
FORMATS = [
    ("5s", 5),
    ("1s", 1),
    ("0s", 0),
    ("0w", 0),
    ("4w", 16),
    (">4w", 16),
    ("<4w", 16),
    ("(2,3)i", 24),
    ("(2,3)>i", 24),
    ("(1)i", 4),
    ("(0)i", 0),
    ("(2)5s", 10),
    ("(2)2w", 16),
    ("2i", 8),
    ("3c", 3),
    ("0i", 0),
    ("ii", 8),
    ("i2hi", 12),
    ("bd", 16),
    ("=bd", 9),
    ("<bHd", 11),
    (">bHd", 11),
    ("i:a:i", 8),
    ("i:f0:i", 8),
    ("i:f1:ii", 12),
    ("i::", 4),
    ("xi", 8),
    ("=xi", 5),
    ("i4x", 8),
    ("bxi2x:a:", 12),
    ("T{}", 0),
    ("T{i}", 4),
    ("T{=i:a:5x}", 9),
    ("T{=2xi:a:}", 6),
    ("T{b:a:h:b:}", 4),
    ("T{3s:a:2w:b:}", 12),
    ("T{3x:a:i:b:}", 8),
    ("T{0s:a:i:b:}", 4),
    ("T{=Zf:a:>Zd:b:?:d:e:e:}", 27),
    ("T{2i2h:a:}", 12),
    ("T{(2,3)h:a:}", 12),
    ("T{(2)3i:a:}", 24),
    ("(2,2)T{b:a:h:b:}", 16),
    ("2T{bh}", 8),
    ("2T{bh}i", 12),
    ("T{T{b:a:h:b:}:x:T{>i:a:}:y:}", 8),
    ("T{b:x:(2)T{h:a:h:b:}:y:}", 10),
]


def view_of(form, itemsize, count=3):
    """A view of elements whose bytes are valid code points, bools and floats."""
    data = bytes(index % 2 for index in range(itemsize * count))
    if "w" in form:
        data = bytes(len(data))
    return consumer.consume(Exporter(data, form.encode(), itemsize, shape=(count,)))


def first_readable(form):
    """A view with the smallest itemsize that the format fits; `None` if that is not a small one."""
    for itemsize in range(1, 100):
        data = bytes(2 * itemsize)
        view = consumer.consume(Exporter(data, form.encode(), itemsize, shape=(2,)))
        try:
            view.tolist()
        except NotImplementedError:
            continue
        return view
    return None


def plain(np, dtype):
    """A dtype without titles, and with sub-arrays of sub-arrays as one."""
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        base = plain(np, base)
        if base.subdtype is not None:
            base, shape = base.subdtype[0], shape + base.subdtype[1]
        return np.dtype((base, shape))
    if dtype.names is None:
        return dtype
    fields = [dtype.fields[name] for name in dtype.names]
    return np.dtype(
        {
            "names": dtype.names,
            "formats": [plain(np, field[0]) for field in fields],
            "offsets": [field[1] for field in fields],
            "itemsize": dtype.itemsize,
        }
    )


def address(array):
    return array.__array_interface__["data"][0]


def assert_same_arrays(np, made, expected):
    assert (made.dtype, made.shape) == (plain(np, expected.dtype), expected.shape)
    assert (made.strides, made.flags.writeable) == (expected.strides, expected.flags.writeable)
    assert address(made) == address(expected) or not made.size
    assert same(values(made), values(expected))


@pytest.mark.parametrize(("form", "itemsize"), FORMATS)
def test_arrays_are_those_that_numpy_makes_of_the_buffer(np, form, itemsize):
    view = view_of(form, itemsize)
    made = view.__array__()
    assert_same_arrays(np, made, np.asarray(memoryview(view)))
    assert view.dtype.itemsize == view.itemsize
    whole = np.ndarray(view.shape, view.dtype, made.tobytes() or b"\0")
    assert (whole.dtype, whole.shape) == (made.dtype, made.shape)


def test_raw_bytes_are_raw_bytes(np):
    # NumPy's own reader takes their format for that of records without fields.
    source = np.array([b"\1\2\3\4\5", b"", b"\1"], "V5")
    for view in (consumer.consume(source), consumer.consume(bytes(15)).cast("5x")):
        assert view.dtype == view.__array__().dtype == np.dtype("V5")
    assert consumer.consume(source).__array__().tolist() == source.tolist()


def test_formats_at_random_are_read_as_numpy_reads_them(np):
    elements = pytest.importorskip("support.random_elements")
    compared = 0
    for seed in range(1500):
        form = elements.Maker(random.Random(seed)).items(2)
        view = first_readable(form)
        if view is None:
            continue
        # A count of zero is nothing, and `x` raw bytes; NumPy makes fields of them.
        zeros = any(f"0{code}" in form for code in "?cbBhHiIlLqQefdgZTnN")
        try:
            expected = np.asarray(memoryview(view))
        except (ValueError, RuntimeError):
            continue
        if zeros or expected.dtype.names == ():
            continue
        made = view.__array__()
        assert (made.dtype, made.shape) == (plain(np, expected.dtype), expected.shape), form
        assert same(values(made), values(expected)), form
        compared += 1
    assert compared > 100


def test_dtypes_at_random_come_back(np):
    elements = pytest.importorskip("support.random_elements")
    compared = 0
    for seed in range(400):
        source = random.Random(seed)
        dtype = elements.random_dtype(source)
        array = np.zeros(source.choice([(), (1,), (3,), (2, 2)]), dtype)
        elements.fill(source, array)
        array = array[..., ::-1] if array.size > 1 and source.random() < 0.3 else array
        try:
            view = consumer.consume(array)
        except ValueError:
            # NumPy exports no fields that overlap or go backwards.
            continue
        made = view.__array__()
        assert made.dtype == view.dtype == plain(np, dtype) == np.asarray(view).dtype
        assert made.flags.aligned == array.flags.aligned
        assert_same_arrays(np, made, array)
        compared += 1
    assert compared > 100


def test_the_dtypes_of_fields(np):
    inner = [("a", "i1"), ("b", ">f8", (2, 3))]
    array = np.zeros((2, 3), [("x", "S3"), ("in", inner, (2,)), ("y", "U4")])
    view = consumer.consume(array)
    for part, expected in (
        (view["x"], array["x"]),
        (view["in"], array["in"]),
        (view["in"]["b"], array["in"]["b"]),
        (view[["y", "x"]][::-1], array[["y", "x"]][::-1]),
        (view.T[0], array.T[0]),
        (view[1, 2], array[1, 2]),
    ):
        if isinstance(part, consumer.ConsumerArray):
            assert part.dtype.base == expected.dtype.base
            assert same(values(part.__array__()), values(expected))
    # A dtype cannot have the fields of another order without a gap.
    made = view[["x"]].__array__()
    assert (made.dtype.names, made.dtype.itemsize) == (("x",), array.dtype.itemsize)


@pytest.mark.parametrize("base", [ctypes.Structure, ctypes.Union, ctypes.BigEndianStructure])
def test_types_of_ctypes_are_those_that_numpy_makes_of_them(np, base):
    class Inner(base):
        _fields_ = (("a", ctypes.c_uint8), ("b", ctypes.c_int32))

    class Outer(base):
        _fields_ = (
            ("x", ctypes.c_int16),
            ("in", Inner * 2),
            ("d", (ctypes.c_double * 3) * 2),
        )

    for kind in (Inner, Outer):
        exporter = (kind * 2)()
        ctypes.memset(exporter, 1, ctypes.sizeof(exporter))
        view = consumer.consume(exporter)
        assert view.dtype == plain(np, np.dtype(kind))
        made = view.__array__()
        assert address(made) == ctypes.addressof(exporter)
        assert made["a" if kind is Inner else "x"].tolist() == [
            exporter[index].a if kind is Inner else exporter[index].x for index in range(2)
        ]


def test_addresses_in_records_are_numbers(np):
    class Node(ctypes.Structure):
        _fields_ = (("p", ctypes.c_void_p), ("q", ctypes.POINTER(ctypes.c_int)))

    view = consumer.consume((Node * 2)((5, None), (6, None)))
    assert view.__array__()["p"].tolist() == [5, 6]
    assert view.dtype["q"] == np.dtype("u8" if struct.calcsize("P") == 8 else "u4")


def test_writing_goes_both_ways(np):
    array = np.zeros(3, [("a", "u1"), ("b", SWAPPED + "i4"), ("s", "S3")])
    view = consumer.consume(array)
    made = view.__array__()
    made["b"][1] = 7
    view[2] = (1, 2, b"abc")
    assert array.tolist() == made.tolist() == [(0, 0, b""), (0, 7, b""), (1, 2, b"abc")]
    readonly = view.toreadonly().__array__()
    with pytest.raises(ValueError, match="read-only"):
        readonly["a"] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        readonly.flags.writeable = True


def counts(things):
    return [sys.getrefcount(thing) for thing in things]


@pytest.mark.parametrize("dtype", ["O", "i1,O,i2", ("O", (2,)), "O,(2,)O"])
def test_arrays_of_objects_own_no_reference(np, dtype):
    thing, other = object(), object()
    things = [thing, other]
    array = np.zeros(4, dtype)
    for name in array.dtype.names or (None,):
        part = array if name is None else array[name]
        if part.dtype == object:
            part[...] = thing
    before = counts(things)
    for view in (consumer.consume(array), consumer.consume(array)[::2], consumer.consume(array)):
        made = view.__array__()
        assert made.dtype == np.asarray(view).dtype
        assert made.dtype.hasobject
        assert not made.flags.owndata
        assert counts(things) == before
        del made
    assert counts(things) == before
    # What is stored through the array is the exporter's, as it was.
    made = view.__array__()
    flat = made if made.dtype == object else made["f1"]
    flat[...] = other
    size = flat.size
    assert counts(things) == [before[0] - size, before[1] + size]
    del made, flat, view
    assert counts(things) == [before[0] - size, before[1] + size]
    del array, part
    assert counts(things)[1] == before[1]


def test_copies_of_objects_have_references_of_their_own(np):
    thing = object()
    array = np.array([thing] * 3)
    before = sys.getrefcount(thing)
    view = consumer.consume(array)
    copied = view.__array__(copy=True)
    own = view.copy().__array__()
    assert sys.getrefcount(thing) == before + 6
    assert copied.tolist() == own.tolist() == [thing] * 3
    del copied, own
    assert sys.getrefcount(thing) == before


def test_objects_that_ctypes_lends_are_read_only():
    kind = ctypes.py_object * 2
    thing = object()
    exporter = kind(thing, thing)
    view = consumer.consume(exporter)
    before = sys.getrefcount(thing)
    made = view.__array__()
    assert made.tolist() == [thing, thing]
    assert not made.flags.writeable
    with pytest.raises(ValueError, match="WRITEABLE"):
        made.flags.writeable = True
    del made
    assert sys.getrefcount(thing) == before


def test_the_array_keeps_the_view_and_the_export(np):
    array = np.zeros(3, [("a", "i1"), ("b", "f8")])
    data = bytearray(array.tobytes())
    view = consumer.consume(data).cast("=bd")
    made = view.__array__()
    with pytest.raises(BufferError):
        view.release()
    del view
    with pytest.raises(BufferError):
        data.append(1)
    field = made["f1"]
    del made
    with pytest.raises(BufferError):
        data.append(1)
    del field
    data.append(1)


def test_the_wanted_dtype_may_release_nothing_that_is_used(np):
    view = consumer.consume(bytearray(16)).cast("2i")

    class Wanted:
        @property
        def dtype(self):
            with pytest.raises(BufferError):
                view.release()
            return np.dtype("f8")

    assert view.__array__(Wanted()).dtype == np.dtype("f8")
    view.release()


def test_the_same_type_under_another_name_needs_no_copy(np):
    for code in "lq":
        array = np.arange(3).astype(code)
        for wanted in "lq":
            if np.dtype(wanted).itemsize == array.itemsize:
                made = consumer.consume(array).__array__(wanted, copy=False)
                assert (made.dtype.char, address(made)) == (wanted, address(array))
    records = consumer.consume(np.zeros(3, "i4,f8"))
    assert records.__array__("i4,f8", copy=False).dtype == "i4,f8"
    with pytest.raises(ValueError, match="copy"):
        records.__array__("i8,f8", copy=False)
    assert records.__array__("i8,f8").dtype == "i8,f8"


def test_what_stands_as_dtype_in_the_module_does_not_matter(np, monkeypatch):
    view = consumer.consume(bytes(16)).cast("ii")
    expected = view.dtype
    monkeypatch.setattr(np, "dtype", lambda *_: object())
    assert view.dtype == view.__array__().dtype == expected


class Flags(ctypes.Structure):
    _fields_ = (("low", ctypes.c_uint8, 4), ("n", ctypes.c_int))


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: view_of("5p", 5), TypeError, r"Pascal string elements; v\.tolist\(\)"),
        (lambda: view_of("T{5p:a:}", 5), TypeError, r'Pascal string elements \(field "a"\)'),
        (lambda: view_of("3u", 6), TypeError, r"ucs2 elements; v\.tolist\(\)"),
        (lambda: view_of("Ze", 4), TypeError, r"complex32 elements; v\.astype\('complex64'\)"),
        (lambda: view_of("<2x:bfloat16:", 2), TypeError, r"bfloat16 .*; v\.astype\('float32'\)"),
        (lambda: view_of("T{i:a:(2)Ze:b:}", 12), TypeError, r'complex32 elements \(field "b"\)'),
        (lambda: view_of("T{T{u:c:}:b:}", 2), TypeError, r'ucs2 elements \(field "c"\)'),
        (lambda: view_of("i:a:h:a:", 6), TypeError, 'two fields of the name "a"'),
        (lambda: view_of("(2)0s", 0), TypeError, "sub-array of empty elements"),
        (lambda: consumer.consume(Flags()), TypeError, r'bit-field elements \(field "low"\)'),
        (lambda: view_of("T{3t:a:}", 1), NotImplementedError, "bits"),
    ],
)
def test_what_numpy_has_not_is_named(make, error, said):
    view = make()
    with pytest.raises(error, match=said):
        view.dtype  # noqa: B018
    with pytest.raises(error, match=said):
        view.__array__()


def test_the_other_fields_can_still_be_had():
    view = consumer.consume((Flags * 2)((1, 5), (2, 6)))
    made = view[["n"]].__array__()
    assert (made["n"].tolist(), made.dtype.itemsize) == ([5, 6], ctypes.sizeof(Flags))


WITHOUT = """
import sys
sys.modules["numpy"] = None
import consumer
for form, error in (("ii", ImportError), ("5s", ImportError), ("5p", TypeError)):
    view = consumer.consume(bytes(40)).cast(form)
    for use in (lambda: view.dtype, lambda: view.__array__()):
        try:
            use()
        except error as found:
            assert "NumPy" in str(found), found
        else:
            raise AssertionError("no error")
    view.release()
"""


def test_where_numpy_is_not_there():
    run_python("-c", WITHOUT)
