"""Every real exporter at hand against its own account of itself: values, layout, memory, writing.

The rows are in the modules beside this one. Those of packages that are not installed are skipped;
`make test-matrix` installs them all.
"""

import collections
import ctypes
import math

import consumer
import pytest

from matrix import ROWS
from matrix.row import NoBuffer, NoElements, NoWriting, made
from support import decoder
from support.oracles import at, c_strides, flatten, indices, raw_buffer, same


def each(*kinds):
    """A parameter for the rows whose refusal is of one of these kinds."""
    rows = [row for row in ROWS if isinstance(row.refused, kinds)]
    params = [pytest.param(row, id=row.name, marks=row.marks) for row in rows]
    return pytest.mark.parametrize("row", params)


READABLE = type(None)


def layout_of(exporter):
    """What an exporter says, with what it leaves out filled in as PEP 3118 has it."""
    with raw_buffer(exporter) as raw:
        form = "B" if raw.format is None else raw.format.decode("utf-8", "surrogateescape")
        shape = raw.numbers("shape")
        if shape is None:
            shape = (raw.len // raw.itemsize,) if raw.ndim else ()
        suboffsets = raw.numbers("suboffsets") or ()
        return raw.buf, {
            "format": form,
            "itemsize": raw.itemsize,
            "ndim": raw.ndim,
            "shape": shape,
            "strides": raw.numbers("strides") or c_strides(shape, raw.itemsize),
            "suboffsets": suboffsets if max(suboffsets, default=-1) >= 0 else (),
            "readonly": bool(raw.readonly),
            "nbytes": math.prod(shape) * raw.itemsize,
        }


def bytes_in_memory(start, layout):
    """The bytes of all elements in C order, taken from memory one by one."""
    parts = []
    for index in indices(layout["shape"]):
        place = start
        for dimension, number in enumerate(index):
            place += number * layout["strides"][dimension]
            if layout["suboffsets"] and layout["suboffsets"][dimension] >= 0:
                place = ctypes.c_void_p.from_address(place).value + layout["suboffsets"][dimension]
        parts.append(ctypes.string_at(place, layout["itemsize"]))
    return b"".join(parts)


def check_reading(view, expected):
    """Every way to an element gives the value that is expected there."""
    assert same(view.tolist(), expected)
    for index in indices(view.shape):
        assert same(view[index], at(expected, index))
    assert same(view[...].tolist(), expected)
    assert same(view.copy().tolist(), expected)
    if view.ndim:
        assert same(view[::-1].tolist(), expected[::-1])
    if view.ndim == 1:
        assert same(list(view), expected)


def check_writing(view, values):
    """Checks that the exporter's own methods find what the view has written, and nothing else.

    Each element is set to the value at the opposite end, and then back again.
    """
    before = flatten(values(), view.ndim)
    backwards = before[::-1]
    for wanted in (backwards, before):
        for index, value in zip(indices(view.shape), wanted, strict=True):
            view[index] = value
        assert same(flatten(values(), view.ndim), wanted)


def check_refusal(view, start, layout, match):
    """Checks that no element can be read, and that every byte still can."""
    expected = bytes_in_memory(start, layout)
    first = (0,) * view.ndim
    reads = [view.tolist, lambda: 0 in view, lambda: view.count(0)]
    if expected:
        reads.append(lambda: view[first])
    for read in reads:
        with pytest.raises(NotImplementedError, match=match):
            read()
    if expected and not view.readonly:
        with pytest.raises(NotImplementedError, match=match):
            view[first] = 0
    assert view.tobytes() == view.copy().tobytes() == bytes_in_memory(start, layout) == expected
    if view.ndim == 1:
        size = view.itemsize
        backwards = [expected[i : i + size] for i in range(0, len(expected), size)][::-1]
        assert view[::-1].tobytes() == b"".join(backwards)


@each(READABLE, NoWriting)
def test_the_values_are_those_of_the_exporter(row):
    with made(row) as (exporter, values), consumer.consume(exporter) as view:
        check_reading(view, values())


@each(READABLE)
def test_what_is_written_reaches_the_exporter(row):
    with made(row) as (exporter, values), consumer.consume(exporter) as view:
        if not view.readonly:
            check_writing(view, values)
        elif view.nbytes:
            before = values()
            first = (0,) * view.ndim
            with pytest.raises(TypeError, match="read-only"):
                view[first] = view[first]
            assert same(values(), before)


def is_exact(form, itemsize):
    """Whether a format describes elements of just this size to every reader."""
    try:
        sizes = {decoder.layout(decoder.parse(form, by_end))[1] for by_end in (False, True)}
    except (KeyError, AssertionError):
        return True
    return sizes == {itemsize}


@each(READABLE, NoWriting, NoElements)
def test_the_layout_and_the_memory_are_those_of_the_export(row):
    with made(row) as (exporter, _):
        start, layout = layout_of(exporter)
        with consumer.consume(exporter) as view:
            if row.own_format or not is_exact(layout["format"], layout["itemsize"]):
                layout["format"] = view.format
            assert {name: getattr(view, name) for name in layout} == layout
            assert view.tobytes() == bytes_in_memory(start, layout)
            again, layout_again = layout_of(view)
            # Objects that a view does not write, nobody else writes either.
            layout["readonly"] |= isinstance(row.refused, NoWriting) and "O" in layout["format"]
            assert layout_again == layout
            if layout["nbytes"]:
                assert again == start


@each(NoElements)
def test_elements_that_cannot_be_read_are_refused_and_their_bytes_are_not(row):
    with made(row) as (exporter, _):
        start, layout = layout_of(exporter)
        with consumer.consume(exporter) as view:
            check_refusal(view, start, layout, row.refused.match)


@each(NoWriting)
def test_elements_that_cannot_be_written_are_refused_and_stay_as_they_are(row):
    with made(row) as (exporter, _), consumer.consume(exporter) as view:
        before = view.tobytes()
        first = (0,) * view.ndim
        with pytest.raises(TypeError, match=row.refused.match):
            view[first] = view[first]
        assert view.tobytes() == before


@each(NoBuffer)
def test_objects_without_a_buffer_are_refused_as_they_themselves_do(row):
    with made(row) as (exporter, _):
        with pytest.raises(row.refused.error, match=row.refused.match) as seen:
            consumer.consume(exporter)
        assert type(seen.value) is row.refused.error
        if not row.refused.granted and not isinstance(seen.value, consumer.BufferProtocolError):
            with pytest.raises(row.refused.error) as own, raw_buffer(exporter):
                pass
            # A hint may follow.
            assert str(seen.value).startswith(str(own.value))


def test_each_row_has_a_name_of_its_own():
    names = collections.Counter(row.name for row in ROWS)
    assert [name for name, count in names.items() if count > 1] == []


def test_the_table_says_what_it_has_to():
    for row in ROWS:
        assert (row.values is None) == isinstance(row.refused, NoElements | NoBuffer), row.name
        if row.refused is not None:
            assert row.refused.reason, row.name
