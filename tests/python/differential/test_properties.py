"""Properties: random layouts and keys, compared with NumPy, `_testbuffer` and plain lists."""

import array
import itertools
import math
import struct

import consumer
import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import oracles
from support.exporters import Exporter
from support.oracles import (
    address,
    expand,
    flatten,
    indices,
    metadata,
    nest,
    same,
    select,
    selected_layout,
)

settings = hypothesis.settings(deadline=None, database=None, max_examples=150)

FORMATS = ["B", "h", ">H", "<i", ">q", "f", ">d", "?", "c"]


@st.composite
def layouts(draw, most=4, minimum=0):
    """Shape, strides and offset over 400 bytes, in any order, gapped, negative, or repeated."""
    shape = tuple(draw(st.lists(st.integers(minimum, 4), max_size=most)))
    size = draw(st.sampled_from([1, 2, 3, 4, 8]))
    strides = [0] * len(shape)
    step = size
    for axis in draw(st.permutations(range(len(shape)))):
        kind = draw(st.sampled_from(["contiguous"] * 4 + ["gap", "zero", "negative"]))
        strides[axis] = {"zero": 0, "gap": step + 1}.get(kind, step)
        if kind != "zero":
            step = abs(strides[axis]) * max(shape[axis], 1)
        if kind == "negative":
            strides[axis] = -strides[axis]
    reach = [s * (n - 1) for s, n in zip(strides, shape, strict=True) if n > 0]
    offset = -sum(r for r in reach if r < 0)
    hypothesis.assume(offset + sum(r for r in reach if r > 0) + size <= 4000)
    return shape, tuple(strides), size, offset


@st.composite
def keys(draw, shape):
    """A key for a shape: ints in range, slices, at most one Ellipsis; often too short."""
    count = draw(st.integers(0, len(shape)))
    place = draw(st.integers(0, count)) if draw(st.booleans()) else None
    dimensions = list(range(count if place is None else place))
    if place is not None:
        dimensions += [len(shape) - count + axis for axis in range(place, count)]
    parts = []
    for axis in dimensions:
        length = shape[axis]
        if length and draw(st.booleans()):
            parts.append(draw(st.integers(-length, length - 1)))
        else:
            bound = st.none() | st.integers(-length - 2, length + 2)
            step = st.none() | st.integers(-3, 3).filter(bool)
            parts.append(slice(draw(bound), draw(bound), draw(step)))
    if place is not None:
        parts.insert(place, Ellipsis)
    if len(parts) == 1 and draw(st.booleans()):
        return parts[0]
    return tuple(parts)


DATA = bytes(itertools.islice(itertools.cycle(range(251)), 4000))
CODES = {1: b"B", 2: b">H", 3: b"3s", 4: b"<i", 8: b">q"}


def element(start, size):
    kind = {1: "B", 2: ">H", 3: "3s", 4: "<i", 8: ">q"}[size]
    return struct.unpack_from(kind, DATA, start)[0]


def elements(layout):
    """The elements of a layout over DATA, as nested lists, one by one."""
    shape, strides, size, offset = layout
    starts = [
        offset + sum(i * s for i, s in zip(index, strides, strict=True)) for index in indices(shape)
    ]
    return nest([element(start, size) for start in starts], shape)


def exporter_of(layout, readonly=True):
    shape, strides, size, offset = layout
    return Exporter(
        DATA, CODES[size], size, shape=shape, strides=strides, offset=offset, readonly=readonly
    )


@settings
@given(layouts())
def test_any_layout_is_read_element_by_element(layout):
    shape, strides, size, _ = layout
    exporter = exporter_of(layout)
    view = consumer.consume(exporter)
    assert (view.shape, view.strides, view.itemsize) == (shape, strides, size)
    assert (view.nbytes, address(view)) == (math.prod(shape) * size, exporter.buf)
    expected = elements(layout)
    flat = flatten(expected, len(shape))
    if size == 3:
        assert view.tobytes() == b"".join(flat)
        return
    assert same(view.tolist(), expected)
    assert view.tobytes() == b"".join(struct.pack(CODES[size], value) for value in flat)
    turned = [oracles.at(expected, index[::-1]) for index in indices(shape[::-1])]
    assert view.tobytes("F") == b"".join(struct.pack(CODES[size], value) for value in turned)
    assert view.T.tobytes() == view.tobytes("F")
    assert same(view.copy().tolist(), expected)
    assert view == view.copy()
    if flat:
        assert view.count(flat[-1]) == flat.count(flat[-1])
        where = view.index(flat[-1]) if shape else ()
        assert oracles.at(expected, where if isinstance(where, tuple) else (where,)) == flat[-1]


@settings
@given(st.data())
def test_any_key_selects_what_it_selects_of_nested_lists(data):
    layout = data.draw(layouts().filter(lambda layout: layout[2] != 3))
    key = data.draw(keys(layout[0]))
    view = consumer.consume(exporter_of(layout))
    whole = expand(key, view.ndim)
    expected = select(elements(layout), whole)
    seen = view[key]
    if isinstance(seen, consumer.ConsumerArray):
        offset, shape, strides = selected_layout(view.shape, view.strides, whole)
        assert (seen.shape, seen.strides) == (shape, strides)
        assert same(seen.tolist(), expected)
        if 0 not in shape:
            assert address(seen) == address(view) + offset
    else:
        assert same(seen, expected)
        assert not any(isinstance(part, slice) for part in whole)


@settings
@given(st.data())
def test_any_assignment_stores_what_numpy_stores(np, data):
    shape = tuple(data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=3)))
    dtype = data.draw(st.sampled_from(["u1", ">i2", "<i4", "f8"]))
    target = np.arange(math.prod(shape)).astype(dtype).reshape(shape)
    axes = data.draw(st.permutations(range(len(shape))))
    target = target.transpose(axes)
    expected = target.copy()
    key = data.draw(keys(target.shape))
    view = consumer.consume(target)
    part = expected[key]
    if data.draw(st.booleans()) and part.ndim:
        # Another part of the same memory, of the same shape: overlap, if there is any.
        turn = tuple(slice(None, None, data.draw(st.sampled_from([1, -1]))) for _ in part.shape)
        view[key] = view[key][turn]
        expected[key] = part[turn].copy()
    elif part.ndim:
        values = np.arange(100, 100 + part.size).astype(dtype).reshape(part.shape)
        view[key] = values
        expected[key] = values
    else:
        view[key] = 7
        expected[key] = 7
    assert target.tobytes() == expected.tobytes()


@settings
@given(st.data())
def test_shifted_slices_of_the_same_memory(data):
    count = data.draw(st.integers(0, 60))
    numbers = array.array("h", range(count))
    expected = numbers.tolist()
    bound = st.none() | st.integers(-count - 1, count + 1)
    step = st.integers(-4, 4).filter(bool)
    left, right = (slice(data.draw(bound), data.draw(bound), data.draw(step)) for _ in range(2))
    to, source = range(count)[left], range(count)[right]
    view = consumer.consume(numbers)
    if len(to) == len(source):
        view[left] = view[right]
        for place, value in zip(to, [expected[i] for i in source], strict=True):
            expected[place] = value
    else:
        with pytest.raises(ValueError, match="shape"):
            view[left] = view[right]
    assert numbers.tolist() == expected


@settings
@given(st.data())
def test_testbuffer_layouts(nd, data):
    form = data.draw(st.sampled_from(FORMATS))
    shape = data.draw(st.lists(st.integers(1, 4), min_size=0, max_size=4))
    values = [
        data.draw(st.sampled_from(oracles.values_of(form[-1], struct.calcsize(form))))
        for _ in range(math.prod(shape))
    ]
    flags = nd.ND_WRITABLE
    if shape:
        flags |= data.draw(st.sampled_from([0, nd.ND_FORTRAN, nd.ND_PIL]))
        exporter = nd.ndarray(values, shape=shape, format=form, flags=flags)
    else:
        exporter = nd.ndarray(values[0], shape=[], format=form, flags=nd.ND_WRITABLE)
    view = consumer.consume(exporter)
    assert metadata(view) == metadata(exporter)
    assert same(view.tolist(), exporter.tolist())
    assert view.tobytes() == exporter.tobytes()
    assert memoryview(view).tobytes("F") == memoryview(exporter).tobytes("F") == view.tobytes("F")
    assert view == exporter
    if not shape:
        return
    key = data.draw(st.slices(shape[0]))
    other = exporter[key]
    part = view[key]
    assert same(part.tolist(), other.tolist())
    assert part.tobytes() == other.tobytes()
    assert (part.shape, part.strides, part.suboffsets) == (
        other.shape,
        other.strides,
        other.suboffsets,
    )
    again = nd.ndarray(part, getbuf=nd.PyBUF_FULL_RO)
    assert same(again.tolist(), other.tolist())
    whole = expand(data.draw(keys(tuple(shape))), len(shape))
    try:
        selected = view[whole]
    except BufferError:
        # Two pointers for one dimension: no layout can say that.
        assert flags & nd.ND_PIL
        return
    if isinstance(selected, consumer.ConsumerArray):
        selected = selected.tolist()
    assert same(selected, select(exporter.tolist(), whole))


@settings
@given(st.data())
def test_shapes_are_found_wherever_numpy_finds_them(np, data):
    layout = data.draw(layouts(most=3, minimum=1).filter(lambda layout: layout[2] == 2))
    shape, strides, _, offset = layout
    source = np.ndarray(shape, ">u2", DATA, offset, strides)
    view = consumer.consume(source)
    lengths, left = [], source.size
    while left > 1:
        length = data.draw(st.sampled_from([n for n in range(2, left + 1) if left % n == 0]))
        lengths.append(length)
        left //= length
    lengths = data.draw(st.permutations(lengths))
    order = data.draw(st.sampled_from("CF"))
    expected = source.reshape(lengths, order=order)
    if np.shares_memory(source, expected):
        shaped = view.reshape(lengths, order=order)
        assert shaped.tolist() == expected.tolist()
        assert address(shaped) == expected.__array_interface__["data"][0]
    else:
        try:
            shaped = view.reshape(lengths, order=order)
        except ValueError as error:
            assert "without a copy" in str(error)  # noqa: PT017
        else:
            assert shaped.tolist() == expected.tolist()


ELEMENTS = {
    "b": st.integers(-128, 127),
    "H": st.integers(0, 2**16 - 1),
    "i": st.integers(-(2**31), 2**31 - 1),
    "Q": st.integers(0, 2**64 - 1),
    "q": st.integers(-(2**63), 2**63 - 1),
    "e": st.floats(width=16),
    "f": st.floats(width=32),
    "d": st.floats(),
    "?": st.booleans(),
    "c": st.binary(min_size=1, max_size=1),
}


@settings
@given(st.data(), st.sampled_from(sorted(ELEMENTS)), st.sampled_from("<>"))
def test_what_is_stored_is_what_struct_stores(data, code, order):
    form = order + code
    values = data.draw(st.lists(ELEMENTS[code], min_size=1, max_size=8))
    size = struct.calcsize(form)
    exporter = Exporter(bytes(size * len(values)), form.encode(), size, readonly=False)
    view = consumer.consume(exporter)
    for index, value in enumerate(values):
        view[index] = value
    packed = oracles.packed(form, values)
    nans = code in "efd" and any(math.isnan(value) for value in values)
    assert nans or exporter.bytes_now() == packed
    assert same(view.tolist(), oracles.unpacked(form, packed))


@settings
@given(st.data(), st.sampled_from(sorted(ELEMENTS)), st.sampled_from(sorted(ELEMENTS)))
def test_views_are_equal_where_their_lists_are(data, left, right):
    lists = [
        data.draw(st.lists(ELEMENTS[code] | st.sampled_from(COMMON[code]), max_size=3))
        for code in (left, right)
    ]
    if data.draw(st.booleans()):
        hypothesis.assume(all(value in COMMON[right] for value in lists[0]))
        lists[1] = [value if right == "c" else int(value) for value in lists[0]]
    views, stored = [], []
    for code, values in zip((left, right), lists, strict=True):
        packed = oracles.packed("<" + code, values)
        size = struct.calcsize("<" + code)
        views.append(Exporter(packed, b"<" + code.encode(), size, shape=(len(values),)))
        stored.append(oracles.unpacked("<" + code, packed))
    # Element by element, because a list takes an identical NaN for an equal one.
    expected = len(stored[0]) == len(stored[1]) and all(
        one == other for one, other in zip(*stored, strict=True)
    )
    assert (consumer.consume(views[0]) == views[1]) == expected


COMMON = {code: [b"a", b"\0"] if code == "c" else [0, 1] for code in ELEMENTS}
