"""Every scalar type in every byte order: values, metadata and addresses, through each exporter."""

import array
import ctypes
import struct
import sys
import warnings

import consumer
import oracles
import pytest
from exporters import Exporter
from oracles import NATIVE, NATIVE_CODES, STRUCT_FORMATS, SWAPPED, address, metadata, same


def check_reading(view, values):
    """Every way to read gives just these values, of just these types."""
    assert same(view.tolist(), values)
    assert same(list(view), values)
    assert same([view[i] for i in range(len(values))], values)
    assert same([view[i - len(values)] for i in range(len(values))], values)
    assert same(list(reversed(view)), values[::-1])
    assert same(view[::2].tolist(), values[::2])
    assert same(view[::-1].tolist(), values[::-1])
    assert same(view.copy().tolist(), values)


@pytest.mark.parametrize("form", STRUCT_FORMATS)
def test_struct_packed_bytes_read_as_struct_reads_them(form):
    size = struct.calcsize(form)
    values = oracles.values_of(form[-1], size)
    data = oracles.packed(form, values)
    exporter = Exporter(data, form.encode(), size, shape=(len(values),))
    view = consumer.consume(exporter)
    check_reading(view, oracles.unpacked(form, data))
    assert (view.format, view.itemsize, view.nbytes) == (form, size, len(data))
    assert (view.shape, view.strides, view.suboffsets) == ((len(values),), (size,), ())
    assert address(view) == exporter.buf
    assert view.tobytes() == data
    assert view.copy().tobytes() == oracles.packed("@" + form[-1], values) or form[0] in "=<>!"


@pytest.mark.parametrize("form", STRUCT_FORMATS)
def test_unaligned_struct_packed_bytes_read_the_same(form):
    size = struct.calcsize(form)
    values = oracles.values_of(form[-1], size)
    data = b"\xaa" + oracles.packed(form, values)
    view = consumer.consume(Exporter(data, form.encode(), size, shape=(len(values),), offset=1))
    check_reading(view, oracles.unpacked(form, data[1:]))


@pytest.mark.parametrize("form", STRUCT_FORMATS)
def test_stores_write_the_bytes_that_struct_packs(form):
    size = struct.calcsize(form)
    values = oracles.values_of(form[-1], size)
    exporter = Exporter(
        bytes(size * len(values)), form.encode(), size, shape=(len(values),), readonly=False
    )
    view = consumer.consume(exporter)
    for index, value in enumerate(values):
        view[index] = value
    assert exporter.bytes_now() == oracles.packed(form, values)


@pytest.mark.parametrize("form", STRUCT_FORMATS)
def test_testbuffer_elements_of_every_format(nd, form):
    values = oracles.values_of(form[-1], struct.calcsize(form))
    exporter = nd.ndarray(values, shape=[len(values)], format=form, flags=nd.ND_WRITABLE)
    view = consumer.consume(exporter)
    check_reading(view, exporter.tolist())
    assert metadata(view) == metadata(exporter)
    assert address(view) == address(exporter)
    assert view.obj is exporter
    for index, value in enumerate(values[::-1]):
        view[index] = value
    assert same(
        exporter.tolist(), [struct.unpack(form, struct.pack(form, v))[0] for v in values][::-1]
    )


@pytest.mark.parametrize("code", "bBhHiIlLqQfd")
def test_array_of_every_code(code):
    size = array.array(code).itemsize
    values = array.array(code, oracles.values_of(code, size))
    view = consumer.consume(values)
    check_reading(view, list(values))
    assert metadata(view) == metadata(memoryview(values))
    assert view.obj is values
    assert (address(view), len(view)) == values.buffer_info()
    view[0], view[-1] = view[-1], view[0]
    assert same(view.tolist(), values.tolist())


@pytest.mark.parametrize("code", ["u", "w"])
def test_array_of_characters(code):
    if code == "w" and sys.version_info < (3, 13):
        pytest.skip("array has no code 'w' before Python 3.13")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        values = array.array(code, "aß€" + ("😀" if array.array(code).itemsize == 4 else "x"))
    view = consumer.consume(values)
    check_reading(view, list(values))
    assert (address(view), len(view)) == values.buffer_info()
    view[1] = "é"
    assert values[1] == "é"


@pytest.mark.parametrize("code", [c for c in NATIVE_CODES if c != "e"])
def test_memoryview_cast_to_every_code(code):
    size = struct.calcsize(code)
    data = bytearray(oracles.packed(code, oracles.values_of(code, size)))
    cast = memoryview(data).cast(code)
    view = consumer.consume(cast)
    check_reading(view, cast.tolist())
    assert metadata(view) == metadata(cast)
    assert address(view) == address(data)


SIMPLE_CTYPES = [
    getattr(ctypes, name)
    for name in [
        "c_bool",
        "c_char",
        "c_byte",
        "c_ubyte",
        "c_short",
        "c_ushort",
        "c_int",
        "c_uint",
        "c_long",
        "c_ulong",
        "c_longlong",
        "c_ulonglong",
        "c_size_t",
        "c_ssize_t",
        "c_int8",
        "c_uint8",
        "c_int16",
        "c_uint16",
        "c_int32",
        "c_uint32",
        "c_int64",
        "c_uint64",
        "c_float",
        "c_double",
        "c_longdouble",
        "c_wchar",
    ]
]
ORDERED_CTYPES = [
    getattr(kind, order)
    for kind in SIMPLE_CTYPES
    for order in ("__ctype_be__", "__ctype_le__")
    if hasattr(kind, order)
]


def ctypes_values(kind):
    code = kind._type_
    if code in "cu":
        return [b"a", b"\xff", b"\0", b"z"] if code == "c" else ["a", "ß", "\0", "€"]
    if code == "g":
        return [0.0, -0.0, 1.5, -2.25, float("inf"), 1e300]
    code = code if code in "?bBhHiIlLqQfd" else "d"
    return oracles.values_of(code, ctypes.sizeof(kind))


@pytest.mark.parametrize("kind", [*SIMPLE_CTYPES, *ORDERED_CTYPES], ids=lambda kind: kind.__name__)
def test_ctypes_arrays_of_every_simple_type(kind):
    values = ctypes_values(kind)
    exporter = (kind * len(values))(*values)
    items = [exporter[i] for i in range(len(values))]
    view = consumer.consume(exporter)
    check_reading(view, items)
    assert view.obj is exporter
    assert address(view) == ctypes.addressof(exporter)
    assert (view.itemsize, view.nbytes) == (ctypes.sizeof(kind), ctypes.sizeof(exporter))
    assert (view.shape, view.strides) == ((len(values),), (ctypes.sizeof(kind),))
    assert view.format == memoryview(exporter).format
    assert not view.readonly
    for index, value in enumerate(reversed(values)):
        view[index] = value
    assert same([exporter[i] for i in range(len(values))], items[::-1])


@pytest.mark.parametrize("kind", [*SIMPLE_CTYPES, *ORDERED_CTYPES], ids=lambda kind: kind.__name__)
def test_ctypes_arrays_of_two_dimensions(kind):
    values = ctypes_values(kind)[:4]
    exporter = ((kind * 2) * 2)(*((kind * 2)(*values[i : i + 2]) for i in (0, 2)))
    items = [[exporter[i][j] for j in range(2)] for i in range(2)]
    view = consumer.consume(exporter)
    assert same(view.tolist(), items)
    assert same([[view[i, j] for j in range(2)] for i in range(2)], items)
    size = ctypes.sizeof(kind)
    assert (view.shape, view.strides) == ((2, 2), (2 * size, size))
    assert address(view) == ctypes.addressof(exporter)
    assert address(view[1]) == ctypes.addressof(exporter[1])


@pytest.mark.parametrize("kind", [*SIMPLE_CTYPES, *ORDERED_CTYPES], ids=lambda kind: kind.__name__)
def test_ctypes_scalars_have_no_dimensions(kind):
    exporter = kind(ctypes_values(kind)[1])
    view = consumer.consume(exporter)
    assert (view.ndim, view.shape, view.strides) == (0, (), ())
    assert same(view[()], exporter.value)
    assert same(view.tolist(), exporter.value)
    view[()] = ctypes_values(kind)[2]
    assert same(exporter.value, ctypes_values(kind)[2])
    assert address(view) == ctypes.addressof(exporter)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (ctypes.c_void_p, [None, 1, 2**64 - 1]),
        (ctypes.c_char_p, [None, b"abc", b"de"]),
        (ctypes.c_wchar_p, [None, "abc", "de"]),
    ],
)
def test_ctypes_pointers_are_read_as_addresses(kind, values):
    exporter = (kind * 3)(*values)
    addresses = [item or 0 for item in (ctypes.c_void_p * 3).from_buffer(exporter)]
    view = consumer.consume(exporter)
    assert view.tolist() == addresses
    assert [view[i] for i in range(3)] == addresses


NUMPY_CODES = "?bBhHiIlLqQefdgFDG"


def numpy_array(np, code, order):
    dtype = np.dtype(code) if order == NATIVE else np.dtype(code).newbyteorder(order)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return np.array([info.min, info.max, 0, 1, 5], dtype)
    if dtype.kind == "f":
        info = np.finfo(code)
        return np.array([0.0, -0.0, info.max, info.tiny, 0.1, np.inf, -np.inf, np.nan], dtype)
    if dtype.kind == "c":
        return np.array([0, 1 + 2j, complex(-0.0, -0.1), complex("nan+infj")], dtype)
    return np.array([True, False, True], dtype)


def numpy_items(items):
    """NumPy's own long doubles are the only ones that tolist does not give as Python's."""
    as_python = {"g": float, "G": complex}
    return [
        as_python.get(getattr(getattr(i, "dtype", None), "char", ""), lambda i: i)(i) for i in items
    ]


# NumPy exports long doubles aligned and in native order only.
LONG_DOUBLES = "gG"
NUMPY_TYPES = [(c, o) for c in NUMPY_CODES for o in "<>" if c not in LONG_DOUBLES or o == NATIVE]


@pytest.mark.parametrize(("code", "order"), NUMPY_TYPES)
def test_numpy_arrays_of_every_number(np, code, order):
    exporter = numpy_array(np, code, order)
    view = consumer.consume(exporter)
    items = numpy_items(exporter.tolist())
    check_reading(view, items)
    assert metadata(view) == metadata(memoryview(exporter))
    assert view.obj is exporter
    assert address(view) == exporter.__array_interface__["data"][0]
    before = exporter.tobytes()
    for index, value in enumerate(items[::-1]):
        view[index] = value
    assert same(numpy_items(exporter.tolist()), items[::-1])
    if code not in LONG_DOUBLES:
        assert exporter[::-1].tobytes() == before


@pytest.mark.parametrize(("code", "order"), [t for t in NUMPY_TYPES if t[0] not in LONG_DOUBLES])
def test_numpy_arrays_that_are_not_aligned(np, code, order):
    aligned = numpy_array(np, code, order)
    raw = np.zeros(aligned.nbytes + 1, "u1")
    exporter = raw[1:].view(aligned.dtype)
    exporter[:] = aligned
    view = consumer.consume(exporter)
    check_reading(view, numpy_items(aligned.tolist()))
    assert address(view) == raw.__array_interface__["data"][0] + 1


@pytest.mark.parametrize("code", NUMPY_CODES)
def test_numpy_scalars_have_no_dimensions(np, code):
    exporter = numpy_array(np, code, "=")[2]
    view = consumer.consume(exporter)
    assert (view.ndim, view.readonly) == (0, True)
    assert same(view[()], numpy_items([exporter.item()])[0])


@pytest.mark.parametrize("form", ["F", "D", "Zf", "Zd", "=Zf", "<Zd", ">Zf", "!Zd", "@D", ">F"])
def test_complex_formats_in_both_spellings(form):
    part = "f" if form[-1] in "Ff" else "d"
    order = form[0] if form[0] in "=<>!" else "="
    values = [0j, 1 + 2j, -1.5 - 0.25j, complex("inf"), complex(-0.0, -0.0)]
    data = b"".join(struct.pack(f"{order}2{part}", v.real, v.imag) for v in values)
    size = struct.calcsize(f"=2{part}")
    exporter = Exporter(data, form.encode(), size, shape=(5,), readonly=False)
    view = consumer.consume(exporter)
    check_reading(view, values)
    view[0], view[1] = 2, 1 - 1j
    assert exporter.bytes_now()[: 2 * size] == struct.pack(f"{order}4{part}", 2.0, 0.0, 1.0, -1.0)


@pytest.mark.parametrize("order", [NATIVE, SWAPPED, "@", "^", "!"])
def test_complex_of_halves(order):
    native = {"^": "@"}.get(order, order)
    data = struct.pack(native + "4e", 1.5, -0.0, 2.0, 0.25)
    view = consumer.consume(Exporter(data, order.encode() + b"Ze", 4, shape=(2,)))
    check_reading(view, [complex(1.5, -0.0), 2 + 0.25j])


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("code", "size", "codec"), [("u", 2, "utf-16"), ("u", 4, "utf-32"), ("w", 4, "utf-32")]
)
def test_characters_of_both_widths(order, code, size, codec):
    text = "aß€\0\uffff"
    data = text.encode(codec + {"<": "-le", ">": "-be"}[order])
    exporter = Exporter(data, (order + code).encode(), size, shape=(5,), readonly=False)
    view = consumer.consume(exporter)
    check_reading(view, list(text))
    view[0] = "é"
    assert exporter.bytes_now() == ("é" + text[1:]).encode(codec + {"<": "-le", ">": "-be"}[order])


def test_surrogates_stand_for_themselves():
    data = "\ud800\udfff".encode("utf-16-le", "surrogatepass")
    assert consumer.consume(Exporter(data, b"<u", 2)).tolist() == ["\ud800", "\udfff"]


def test_numbers_beyond_the_last_code_point_are_refused():
    view = consumer.consume(Exporter(struct.pack("=2I", 0x10FFFF, 0x110000), b"=w", 4))
    assert view[0] == "\U0010ffff"
    with pytest.raises(ValueError, match="0x110000"):
        view[1]


def test_any_byte_but_zero_is_true_and_stores_write_zero_or_one():
    exporter = Exporter(bytes(range(256)), b"?", 1, readonly=False)
    view = consumer.consume(exporter)
    assert same(view.tolist(), [False] + [True] * 255)
    view[0], view[1], view[2] = "yes", [], 5
    assert exporter.bytes_now()[:3] == bytes([1, 0, 1])


def test_long_doubles_are_rounded_to_the_nearest_float(np):
    if np.dtype("g").itemsize != 16 or np.finfo("g").nmant != 63:
        pytest.skip("no 80-bit long double here")
    generator = np.random.default_rng(7)
    mantissa = generator.integers(2**63, 2**64, 4000, dtype="u8")
    # Halves of the last place, and their neighbours: where rounding goes wrong first.
    mantissa[::4] = (mantissa[::4] >> 11 << 11) | 0x400
    mantissa[1::4] = (mantissa[1::4] >> 11 << 11) | 0x401
    mantissa[2::8] |= 0xFFFF_FFFF_FFFF_F800
    # The ordinary exponents, those of subnormal floats, and those beyond both ends.
    exponent = generator.integers(16383 - 1100, 16383 + 1030, 4000, dtype="u8")
    exponent[::3] = generator.integers(16383 - 1080, 16383 - 1015, len(exponent[::3]))
    words = np.stack([mantissa, exponent | (generator.integers(0, 2, 4000, dtype="u8") << 15)], 1)
    exporter = words.view("g").reshape(-1)
    with np.errstate(all="ignore"):
        expected = [float(value) for value in exporter]
    assert same(consumer.consume(exporter).tolist(), expected)
    swapped = exporter.astype(SWAPPED + "g").tobytes()
    view = consumer.consume(Exporter(swapped, SWAPPED.encode() + b"g", 16))
    assert same(view.tolist(), expected)


@pytest.mark.parametrize("code", LONG_DOUBLES)
def test_swapped_long_doubles(np, code):
    values = numpy_array(np, code, "=")
    size = values.itemsize
    form = SWAPPED.encode() + {"g": b"g", "G": b"Zg"}[code]
    data = values.astype(SWAPPED + code).tobytes()
    exporter = Exporter(data, form, size, readonly=False)
    view = consumer.consume(exporter)
    items = numpy_items(values.tolist())
    check_reading(view, items)
    for index, value in enumerate(items[::-1]):
        view[index] = value
    stored = np.frombuffer(exporter.bytes_now(), SWAPPED + code)
    assert same(numpy_items(stored.tolist()), items[::-1])


def test_every_float_survives_the_way_through_a_long_double(np):
    values = [0.1, -1e308, 5e-324, 2.2250738585072014e-308, float("inf"), float("nan"), -0.0]
    exporter = np.zeros(len(values), "g")
    view = consumer.consume(exporter)
    for index, value in enumerate(values):
        view[index] = value
    assert same([float(item) for item in exporter], values)
    assert same(view.tolist(), values)


def test_every_half_reads_as_struct_reads_it():
    data = struct.pack("65536H", *range(65536))
    values = oracles.unpacked("e", data)
    view = consumer.consume(Exporter(data, b"e", 2))
    assert same(view.tolist(), values)
    swapped = struct.pack(SWAPPED + "65536H", *range(65536))
    assert same(consumer.consume(Exporter(swapped, SWAPPED.encode() + b"e", 2)).tolist(), values)
