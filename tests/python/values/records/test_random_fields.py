"""The fields of random records, compared with a slow decoder of our own."""

import ctypes
import struct
from math import prod

import consumer
import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import decoder
from support.exporters import Exporter
from support.oracles import nest, same
from support.random_records import (
    elements,
    expected,
    first_names,
    first_place,
    is_record,
    settings,
)


@settings
@given(elements(count=6), st.data())
def test_fields_are_the_parts_of_the_elements(case, data):
    form, size, memory = case
    hypothesis.assume(is_record(form))
    values = expected(form, size, memory)
    gap = data.draw(st.integers(0, 3))
    rows = b"".join(memory[at : at + 3 * size] + b"\xaa" * gap for at in (0, 3 * size))
    backwards = data.draw(st.booleans())
    strides = (3 * size + gap, -size if backwards else size)
    exporter = Exporter(
        rows,
        form.encode(),
        size,
        shape=(2, 3),
        strides=strides,
        offset=2 * size if backwards else 0,
        readonly=False,
    )
    view = consumer.consume(exporter)
    if backwards:
        values = values[2::-1] + values[:2:-1]
    named = first_names(form)
    unnamed = {f"f{place}" for place in range(len(view.fields))}
    assert set(view.fields) == (set(named) or unnamed)
    for name, (place, offset, field_size, shape) in named.items():
        field = view[name]
        assert field.shape == (2, 3, *shape)
        assert field.itemsize == field_size
        assert field.obj is exporter
        assert same(field.tolist(), nest([value[place] for value in values], (2, 3)))
        described = view.fields[name]
        assert (described.offset, described.shape) == (offset, shape)
        assert described.format == field.format
        # The bytes of the field, by its own format, read the same, and so by the decoder.
        data_of = field[0, 0].tobytes() if shape else field[:1, :1].tobytes()
        first = field[0, 0].tolist() if shape else field[0, 0]
        if field_size and data_of:
            alone = consumer.consume(data_of).cast(described.format, shape or (1,))
            assert same(alone.tolist(), first if shape else [first])
            assert decoder.size_of(described.format) == field_size
            flat = expected(described.format, field_size, data_of)
            assert same(nest(flat, shape), first)
        if name in view.fields and isinstance(first, tuple) and not shape:
            for inner in field.fields:
                part = field[inner].tolist()[0][0]
                assert same(part, first[first_place(field.format, inner)])
    for name in ("no such name", "A"):
        with pytest.raises(KeyError if named else TypeError, match="no field"):
            view[name]


@settings
@given(elements(), st.data())
def test_several_fields_are_records_of_these_alone(case, data):
    form, size, memory = case
    hypothesis.assume(is_record(form))
    named = first_names(form)
    hypothesis.assume(named)
    names = data.draw(st.lists(st.sampled_from(sorted(named)), min_size=1, unique=True))
    exporter = Exporter(memory, form.encode(), size, readonly=False)
    view = consumer.consume(exporter)
    some = view[names]
    wanted = [
        tuple(value[named[name][0]] for name in names) for value in expected(form, size, memory)
    ]
    assert same(some.tolist(), wanted)
    assert list(some.fields) == names
    assert (some.shape, some.itemsize) == ((3,), size)
    # Its format describes the same fields, unless they are in another order than in memory.
    ends = [0, *(named[name][1] + named[name][2] * prod(named[name][3]) for name in names)]
    if all(named[name][1] >= end for name, end in zip(names, ends, strict=False)):
        assert same(decoder.read(some.format, memory), wanted[0])
        assert decoder.size_of(some.format) == size
    else:
        with pytest.raises(ValueError, match="bits"):
            consumer.consume(memory).cast(some.format)
    some[2] = wanted[0]
    now = exporter.bytes_now()
    items = {named[name][0]: named[name] for name in names}
    assert same(some[2], wanted[0])
    spared = set(range(size))
    for _, offset, field_size, shape in items.values():
        spared -= set(range(offset, offset + field_size * prod(shape)))
    assert all(now[2 * size + at] == memory[2 * size + at] for at in spared)
    assert now[: 2 * size] == memory[: 2 * size]


@settings
@given(elements(), st.data())
def test_fields_are_assigned_to(case, data):
    form, size, memory = case
    hypothesis.assume(is_record(form))
    named = first_names(form)
    hypothesis.assume(named)
    name = data.draw(st.sampled_from(sorted(named)))
    place, offset, field_size, shape = named[name]
    values = [value[place] for value in expected(form, size, memory)]
    span = set(range(offset, offset + field_size * prod(shape)))

    def check(exporter, wanted):
        now = exporter.bytes_now()
        assert same([value[place] for value in expected(form, size, now)], wanted)
        assert all(now[at] == memory[at] for at in range(3 * size) if at % size not in span)

    def fresh():
        exporter = Exporter(memory, form.encode(), size, readonly=False)
        return exporter, consumer.consume(exporter)

    # A value everywhere.
    exporter, view = fresh()
    if shape:
        if 0 not in shape:
            one = values[1]
            for _ in shape:
                one = one[0]
            view[name] = one
            filled = nest([one] * prod(shape), shape)
            check(exporter, [filled] * 3)
    else:
        view[name] = values[1]
        check(exporter, [values[1]] * 3)
    # The field of another view of the same memory, overlapping in both directions.
    for target, source in ((slice(1, 3), slice(0, 2)), (slice(0, 2), slice(1, 3))):
        exporter, view = fresh()
        view[name][target] = view[name][source]
        wanted = list(values)
        wanted[target] = values[source]
        check(exporter, wanted)
    exporter, view = fresh()
    view[name] = view[name][::-1]
    check(exporter, values[::-1])
    exporter, view = fresh()
    view[name] = consumer.consume(Exporter(memory, form.encode(), size))[::-1][name]
    check(exporter, values[::-1])


@settings
@given(elements(count=4))
def test_fields_are_found_behind_pointers(case):
    form, size, memory = case
    hypothesis.assume(is_record(form))
    named = first_names(form)
    hypothesis.assume(named)
    rows = [ctypes.create_string_buffer(b"#" + memory[at : at + 2 * size]) for at in (0, 2 * size)]
    table = struct.pack("2P", *map(ctypes.addressof, rows))
    exporter = Exporter(
        table,
        form.encode(),
        size,
        shape=(2, 2),
        strides=(struct.calcsize("P"), size),
        suboffsets=(1, -1),
        readonly=False,
    )
    view = consumer.consume(exporter)
    values = expected(form, size, memory)
    assert same(view.tolist(), nest(values, (2, 2)))
    for name, (place, _, _, shape) in named.items():
        parts = [value[place] for value in values]
        assert view[name].shape == (2, 2, *shape)
        assert same(view[name].tolist(), nest(parts, (2, 2)))
        assert same(view[1][name].tolist(), parts[2:])
        assert same(view[:, ::-1][name].tolist(), [parts[1::-1], parts[:1:-1]])
        view[name][1] = view[name][0]
        assert same(view[name].tolist(), [parts[:2], parts[:2]])
        view[name][1] = consumer.consume(Exporter(memory, form.encode(), size))[name][2:]
        assert same(view[name].tolist(), nest(parts, (2, 2)))
