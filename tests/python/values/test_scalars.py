"""Scalars of struct, array and memoryview, in every byte order: values, metadata and addresses."""

import array
import struct
import sys
import warnings

import consumer
import pytest

from support import oracles
from support.exporters import Exporter
from support.oracles import NATIVE, NATIVE_CODES, STRUCT_FORMATS, SWAPPED, address, metadata, same
from support.versions import ARRAY_CODES
from support.views import check_reading


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


@pytest.mark.parametrize("code", ARRAY_CODES)
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


def test_every_half_reads_as_struct_reads_it():
    data = struct.pack("65536H", *range(65536))
    values = oracles.unpacked("e", data)
    view = consumer.consume(Exporter(data, b"e", 2))
    assert same(view.tolist(), values)
    swapped = struct.pack(SWAPPED + "65536H", *range(65536))
    assert same(consumer.consume(Exporter(swapped, SWAPPED.encode() + b"e", 2)).tolist(), values)
