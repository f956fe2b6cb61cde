"""Scalars of ctypes: every simple type, in arrays and alone."""

import ctypes

import consumer
import pytest

from support import oracles
from support.ctypes_values import told
from support.oracles import address, same
from support.views import check_reading

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
        "c_float_complex",
        "c_double_complex",
        "c_longdouble_complex",
    ]
    # The complex ones are there since Python 3.14, where C's compiler and libffi know them.
    if hasattr(ctypes, name)
]
ORDERED_CTYPES = [
    getattr(kind, order)
    for kind in SIMPLE_CTYPES
    for order in ("__ctype_be__", "__ctype_le__")
    if hasattr(kind, order)
]


def ctypes_values(kind):
    code = kind._type_
    if code in {"F", "D", "G", "Zf", "Zd", "Zg"}:
        return [0j, complex(-0.0, 1.5), complex(-2.25, -0.0), complex(float("inf"), 3)]
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
    items = [told(kind, exporter[i]) for i in range(len(values))]
    view = consumer.consume(exporter)
    check_reading(view, items)
    assert view.obj is exporter
    assert address(view) == ctypes.addressof(exporter)
    assert (view.itemsize, view.nbytes) == (ctypes.sizeof(kind), ctypes.sizeof(exporter))
    assert (view.shape, view.strides) == ((len(values),), (ctypes.sizeof(kind),))
    # ctypes calls characters of four bytes `u`, which are two bytes.
    wide = kind is ctypes.c_wchar and ctypes.sizeof(kind) == 4
    assert view.format == ("w" if wide else memoryview(exporter).format)
    assert not view.readonly
    for index, value in enumerate(reversed(values)):
        view[index] = value
    assert same([told(kind, exporter[i]) for i in range(len(values))], items[::-1])


@pytest.mark.parametrize("kind", [*SIMPLE_CTYPES, *ORDERED_CTYPES], ids=lambda kind: kind.__name__)
def test_ctypes_arrays_of_two_dimensions(kind):
    values = ctypes_values(kind)[:4]
    exporter = ((kind * 2) * 2)(*((kind * 2)(*values[i : i + 2]) for i in (0, 2)))
    items = [[told(kind, exporter[i][j]) for j in range(2)] for i in range(2)]
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
    assert same(view[()], told(kind, exporter.value))
    assert same(view.tolist(), told(kind, exporter.value))
    view[()] = ctypes_values(kind)[2]
    assert same(told(kind, exporter.value), ctypes_values(kind)[2])
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
