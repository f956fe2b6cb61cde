"""astype of bit-fields: against ctypes' own attributes and plain integers."""

import ctypes

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

UNITS = [
    ctypes.c_int8,
    ctypes.c_uint8,
    ctypes.c_int16,
    ctypes.c_uint16,
    ctypes.c_int32,
    ctypes.c_uint32,
    ctypes.c_int64,
    ctypes.c_uint64,
]
CODES = dict(zip(UNITS, "bBhHiIqQ", strict=True))


def is_signed(unit):
    return unit(-1).value < 0


def value_range(unit, width):
    return (-(1 << width - 1), (1 << width - 1) - 1) if is_signed(unit) else (0, (1 << width) - 1)


@st.composite
def structures(draw):
    """An array of structures of bit-fields, and the code of each field's unit.

    All are of one unit: those of several are what older versions of ctypes put outside of it.
    """
    base = draw(st.sampled_from([ctypes.LittleEndianStructure, ctypes.BigEndianStructure]))
    units = [draw(st.sampled_from(UNITS))] * draw(st.integers(1, 4))
    widths = [draw(st.integers(1, 8 * ctypes.sizeof(unit))) for unit in units]
    fields = [(f"f{i}", unit, w) for i, (unit, w) in enumerate(zip(units, widths, strict=True))]
    structure = type("Structure", (base,), {"_fields_": fields})
    ranges = [st.integers(*value_range(unit, width)) for _, unit, width in fields]
    rows = draw(st.lists(st.tuples(*ranges), min_size=1, max_size=5))
    codes = {f"f{i}": CODES[unit] for i, unit in enumerate(units)}
    return (structure * len(rows))(*rows), codes


@given(structures(), st.sampled_from(UNITS), st.sampled_from(["", "<", ">"]))
def test_bit_fields_become_integers_where_these_have_room(example, target, order):
    exporter, codes = example
    v = consumer.consume(exporter)
    form = order + CODES[target]
    low, high = value_range(target, 8 * ctypes.sizeof(target))
    for name in codes:
        values = [getattr(element, name) for element in exporter]
        assert v[name].astype("d").tolist() == [float(value) for value in values]
        clamped = [min(max(value, low), high) for value in values]
        assert v[name].astype(form, overflow="saturate").tolist() == clamped
        assert v[name][::-1].astype(form, overflow="saturate").tolist() == clamped[::-1]
        if clamped == values:
            assert v[name].astype(form).tolist() == values
        else:
            place = next(i for i in range(len(values)) if values[i] != clamped[i])
            with pytest.raises(ValueError, match=f"{values[place]} at index {place} is out of"):
                v[name].astype(form)


@given(structures())
def test_records_of_bit_fields_become_records_of_integers(example):
    exporter, codes = example
    form = "T{" + "".join(f"{code}:{name}:" for name, code in codes.items()) + "}"
    rows = [tuple(getattr(element, name) for name in codes) for element in exporter]
    assert consumer.consume(exporter).astype(form).tolist() == rows


class Nibbles(ctypes.Structure):
    _fields_ = (("low", ctypes.c_uint8, 4), ("high", ctypes.c_uint8, 4))


def test_many_bit_fields_are_converted_in_pieces():
    data = bytes(range(256)) * (24 << 12)
    v = consumer.consume(ctypes.cast(data, ctypes.POINTER(Nibbles * len(data))).contents)
    low = bytes(Nibbles.from_buffer_copy(bytes([byte])).low for byte in range(256)) * (24 << 12)
    assert v["low"].astype("B").tobytes() == low


def test_bit_fields_are_stored_in_integers_that_hold_them_all():
    v = consumer.consume((Nibbles * 2)((1, 2), (3, 4)))
    target = consumer.consume(bytearray(2))
    target[:] = v["high"]
    assert target.tolist() == [2, 4]
    with pytest.raises(ValueError, match=r"v\[\.\.\.\] = x\.tolist\(\) stores integers"):
        v["low"][:] = target
    v["low"][...] = target.tolist()
    assert v.tolist() == [(2, 2), (4, 4)]


@pytest.mark.parametrize("form", ["c", "3s", "u", "T{B:a:}"])
def test_bit_fields_become_nothing_else(form):
    v = consumer.consume((Nibbles * 2)((1, 2), (3, 4)))
    with pytest.raises(TypeError):
        v["low"].astype(form)
