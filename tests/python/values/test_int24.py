"""int24 and uint24: every pattern of bits, and all that can be done with integers of a type.

The oracles are int.from_bytes, and NumPy's integers of 32 bits, of which these are the upper bytes.
"""

import array
import copy
import itertools
import math
import pickle
import sys

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.exporters import Exporter
from support.int24 import INT24, TYPES, UINT24
from support.oracles import NATIVE, SWAPPED, same
from support.views import check_reading

every_type = pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
every_order = pytest.mark.parametrize("order", [NATIVE, SWAPPED])
KINDS, ORDERS = st.sampled_from(TYPES), st.sampled_from("<>")
INTEGERS = "bBhHiIlLqQnN"


def edges(kind):
    """Integers where something changes: the ends, the sign, each byte."""
    near = [0, 1, 2, 97, 255, 256, 257, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 2**23 - 1, 2**24 - 1]
    both = {number for one in near for number in (one, -one, ~one)}
    return sorted(number for number in both if kind.low <= number <= kind.high)


def viewed(kind, values, order=NATIVE):
    """A writable view of integers."""
    return consumer.consume(bytearray(kind.encoded(values, order))).cast(order + kind.name)


@every_type
@every_order
def test_every_pattern_of_bits_is_read_and_converted(np, kind, order):
    expected = np.arange(kind.low, kind.high + 1, dtype="i4")
    upper = (expected << 8).astype(order + "i4").view("u1").reshape(-1, 4)
    data = np.ascontiguousarray(upper[:, 1:] if order == "<" else upper[:, :3]).tobytes()
    view = consumer.consume(data).cast(order + kind.name)
    assert (view.itemsize, view.shape) == (3, (1 << 24,))
    # All of them as objects would be a gigabyte.
    assert view[:: 1 << 6].tolist() == expected[:: 1 << 6].tolist()
    as_int32 = view.astype("i")
    assert np.array_equal(np.asarray(as_int32), expected)
    assert as_int32.astype(order + kind.name).tobytes() == data
    assert view == as_int32
    assert view.byteswap() == as_int32.byteswap()
    assert np.array_equal(np.asarray(view[::-3].astype("f")), expected[::-3].astype("f"))


@every_type
@every_order
def test_what_int_from_bytes_reads_is_read_in_every_way(kind, order):
    values = edges(kind)
    view = viewed(kind, values, order)
    order_name = {"<": "little", ">": "big"}[order]
    data = view.tobytes()
    parts = [data[start : start + 3] for start in range(0, len(data), 3)]
    assert values == [int.from_bytes(part, order_name, signed=kind.signed) for part in parts]
    exporter = Exporter(data, (order + kind.format).encode(), 3, readonly=False)
    for one in (view, consumer.consume(exporter), consumer.consume(memoryview(view))):
        check_reading(one, values)
        assert one.format == order + kind.format
        assert all(type(value) is int for value in one)
    assert view.byteswap().tobytes() == b"".join(part[::-1] for part in parts)
    assert view.copy().tobytes() == kind.encoded(values, NATIVE)
    assert view.hex() == data.hex()


@every_type
@every_order
def test_what_is_stored_is_read_back_or_refused(kind, order):
    view = viewed(kind, [0] * 4, order)
    for value in edges(kind):
        view[1] = value
        assert view.tobytes() == kind.encoded([0, value, 0, 0], order)
        view[2:, ...] = [value, 1]
        assert view.tobytes() == kind.encoded([0, value, value, 1], order)
        view[...] = value
        assert view.tobytes() == kind.encoded([value] * 4, order)
        view[...] = 0
    limits = f"is out of range for format '{order}{kind.format}', {kind.low} to {kind.high}"
    for beyond in (
        kind.low - 1,
        kind.high + 1,
        2**31,
        2**32,
        2**55,
        2**63,
        2**64,
        -(2**63),
        10**30,
    ):
        with pytest.raises(ValueError, match=f"^{beyond} {limits}$"):
            view[1] = beyond
        with pytest.raises(ValueError, match="out of range"):
            view[...] = beyond
        with pytest.raises(ValueError, match="out of range"):
            view[...] = [0, 0, 0, beyond]
    for wrong in (1.0, "1", None, 1j, b"\1\2\3"):
        with pytest.raises(TypeError, match=f"expected an int for format '{order}{kind.format}'"):
            view[0] = wrong
    assert view.tolist() == [0] * 4
    view[0] = True
    assert same(view[0], 1)


class Index:
    """What is an integer only by asking."""

    def __init__(self, value, then=lambda: None):
        self.value, self.then = value, then

    def __index__(self):
        self.then()
        return self.value


def test_what_has_an_index_is_stored_unless_it_releases_the_view():
    view = viewed(INT24, [1, 2])
    view[0] = Index(-5)
    assert view.tolist() == [-5, 2]
    with pytest.raises(ValueError, match="released"):
        view[1] = Index(7, view.release)


@given(KINDS, ORDERS, st.data())
def test_any_layout_is_read_copied_and_stored_like_a_list(kind, order, data):
    shape = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    count = math.prod(shape)
    numbers = st.integers(kind.low, kind.high)
    values = data.draw(st.lists(numbers, min_size=count, max_size=count))
    view = viewed(kind, values, order).reshape(*shape)
    wide = consumer.consume(array.array("i", values)).reshape(*shape)
    axes = data.draw(st.permutations(range(len(shape))))
    steps = st.sampled_from([slice(None), slice(None, None, -1), slice(None, None, 2), slice(1, 4)])
    key = tuple(data.draw(steps) for _ in shape)
    part, same_part = view.transpose(axes)[key], wide.transpose(axes)[key]
    assert part.tolist() == same_part.tolist()
    assert part.tobytes() == kind.encoded(array.array("i", same_part.tobytes()), order)
    assert part.copy() == part == same_part == part.byteswap()
    assert part.astype("i") == same_part
    assert same_part.astype(order + kind.name).tobytes() == part.tobytes()
    assert copy.copy(part).tolist() == pickle.loads(pickle.dumps(part)).tolist() == part.tolist()
    number = data.draw(numbers | st.sampled_from(values))
    flat = array.array("i", same_part.tobytes()).tolist()
    assert part.count(number) == flat.count(number)
    assert (number in part) == (number in flat)
    part[...] = number
    same_part[...] = number
    assert view.tolist() == wide.tolist()
    part[...] = same_part.astype("h", overflow="wrap") if kind.signed else 0
    same_part[...] = part
    assert view.tolist() == wide.tolist()


@every_type
@every_order
def test_elements_are_found_and_counted_as_in_a_list(kind, order):
    values = edges(kind)
    sought = [*values, kind.low - 1, kind.high + 1, 2**31, 2**63, 2**64, -(2**63), 10**30, 3]
    sought += [0.0, -0.0, 1.0, 0.5, 2.0**23, 1e300, math.nan, math.inf, 1 + 0j, 1j, True, "1", None]
    for step, repeats in itertools.product((1, 2, -1), (1, 20)):
        view = viewed(kind, values * repeats, order)[::step]
        elements = (values * repeats)[::step]
        for value in sought:
            assert view.count(value) == elements.count(value)
            assert (value in view) == (value in elements)
            if value in elements:
                assert view.index(value) == elements.index(value)
            else:
                with pytest.raises(ValueError, match="not among"):
                    view.index(value)


def test_what_lies_across_two_elements_is_not_found():
    view = consumer.consume(bytes([9, 1, 2, 3, 4, 5] * 100)).cast("<uint24")
    for start, found in ((0, 100), (1, 0), (2, 0), (3, 100), (4, 0), (5, 0)):
        wanted = int.from_bytes(bytes([9, 1, 2, 3, 4, 5] * 2)[start : start + 3], "little")
        assert (view.count(wanted), wanted in view) == (found, found > 0)


@every_type
@pytest.mark.parametrize("code", ["?", *INTEGERS, *"efdg", "Ze", "Zf", "Zd", "int24", "uint24"])
def test_numbers_of_a_type_become_those_of_another(kind, code):
    values = [0, 1] if code == "?" else [0, 1, 2, 3, 96, 112, 5]
    if kind.signed and code[0] in "bhilqnefdgZ":
        values += [-1, -2, -112]
    view = viewed(kind, values)
    for order in "<>":
        other = view.astype(order + code)
        assert other.tolist() == values
        assert other == view
        assert view == other
        assert other.astype(kind.name).tobytes() == view.tobytes()
        assert view.byteswap().astype(order + code).tobytes() == other.tobytes()


@given(KINDS, ORDERS, st.sampled_from([*INTEGERS, "uint24", "int24"]), st.data())
def test_integers_become_others_or_are_out_of_range(kind, order, code, data):
    other = consumer.consume(bytes(16)).cast(code, count=1)
    bits = 8 * other.itemsize
    signed = code.islower() and code != "uint24"
    low = -(1 << (bits - 1)) if signed else 0
    high = low + (1 << bits) - 1
    near = st.integers(-3, 3).flatmap(
        lambda more: st.sampled_from([kind.low + more, kind.high + more, more])
    )
    numbers = data.draw(st.lists(st.integers(low, high) | near, max_size=300))
    numbers = [min(max(number, low), high) for number in numbers]
    source = consumer.consume(bytearray(len(numbers) * other.itemsize)).cast(code)
    source[...] = numbers
    bad = [index for index, number in enumerate(numbers) if not kind.low <= number <= kind.high]
    if bad:
        text = rf"{numbers[bad[0]]} at index {bad[0]} is out of range for format '{order}3x:"
        with pytest.raises(ValueError, match=text):
            source.astype(order + kind.name)
    else:
        assert source.astype(order + kind.name).tobytes() == kind.encoded(numbers, order)
    wrapped = source.astype(order + kind.name, overflow="wrap")
    assert wrapped.tolist() == [kind.wrapped(number) for number in numbers]
    clipped = source.astype(order + kind.name, overflow="saturate")
    assert clipped.tolist() == [min(max(number, kind.low), kind.high) for number in numbers]
    # And back.
    back = clipped.astype(code, overflow="saturate")
    assert back.tolist() == [min(max(number, low), high) for number in clipped]


@given(KINDS, st.sampled_from("fdg"), st.data())
def test_floats_become_integers_without_their_fraction(kind, code, data):
    near = [kind.low, kind.high, kind.low - 1, kind.high + 1]
    near = [number + more for number in near for more in (0.0, 0.25, -0.25, 0.5, -0.5)]
    numbers = data.draw(
        st.lists(st.floats(width=32) | st.floats(-(2**25), 2**25, width=32) | st.sampled_from(near))
    )
    source = consumer.consume(array.array("d", numbers)).astype(code)
    numbers = source.tolist()
    whole = [None if not math.isfinite(number) else int(number) for number in numbers]
    fits = [number is not None and kind.low <= number <= kind.high for number in whole]
    if all(fits):
        assert source.astype(kind.name).tolist() == whole
    else:
        with pytest.raises(ValueError, match=f"at index {fits.index(False)} is out of range"):
            source.astype(kind.name)
    clipped = source.astype(kind.name, overflow="saturate").tolist()
    ends = {math.inf: kind.high, -math.inf: kind.low}
    for number, found in zip(numbers, clipped, strict=True):
        expected = 0 if math.isnan(number) else ends.get(number)
        assert found == (
            min(max(int(number), kind.low), kind.high) if expected is None else expected
        )
    wrapped = source.astype(kind.name, overflow="wrap").tolist()
    assert wrapped == [0 if number is None else kind.wrapped(number) for number in whole]


@given(KINDS, ORDERS, st.sampled_from([*INTEGERS, *"efdg?", "Zf", *TYPES]), st.data())
def test_views_are_equal_where_their_elements_are(kind, order, other, data):
    count = data.draw(st.integers(0, 4) | st.integers(60, 300))
    code = getattr(other, "name", other)
    size = consumer.consume(b"").cast(code).itemsize
    pool = [0, 1] if code == "?" else [0, 1, 2, 7]
    numbers = data.draw(st.lists(st.sampled_from(pool), min_size=count, max_size=count))
    left = viewed(kind, numbers, order)
    right = consumer.consume(bytearray(count * size)).cast(code)
    right[...] = [bool(number) if code == "?" else number for number in numbers]
    if count and data.draw(st.booleans()):
        place = data.draw(st.integers(0, count - 1))
        left[place] = data.draw(st.sampled_from([3, kind.low, kind.high, 128]))
    expected = left.tolist() == right.tolist()
    for one, two in ((left, right), (left.byteswap(), right), (left[::-1], right[::-1])):
        assert (one == two) == expected
        assert (two == one) == expected
        assert (one != two) != expected


def test_the_same_bytes_are_equal_only_as_the_same_numbers():
    signed = viewed(INT24, [1, -1])
    unsigned = signed.cast("uint24")
    assert unsigned.tolist() == [1, 2**24 - 1]
    assert signed != unsigned
    assert signed[:1] == unsigned[:1]
    assert signed != signed.cast("3s")
    assert signed != consumer.consume(array.array("I", [1, 2**32 - 1]))
    assert unsigned != consumer.consume(array.array("i", [1, -1]))
    assert unsigned == consumer.consume(array.array("I", [1, 2**24 - 1]))


# The types whose values all fit, and those that have room for all values.
SAFE = {
    INT24: (["?", *"bBhH", "int24"], [*"ilqnfdg", "Zf", "Zd", "int24"]),
    UINT24: (["?", *"BH", "uint24"], [*"iIlLqQnNfdg", "Zf", "Zd", "uint24"]),
}


@every_type
@pytest.mark.parametrize("code", ["?", *INTEGERS, *"efdg", "Ze", "Zf", "Zd", "int24", "uint24"])
def test_what_holds_all_values_is_assigned_and_nothing_else(kind, code):
    sources, targets = SAFE[kind]
    view = viewed(kind, [1, 2, 3])
    other = view.astype(code)
    for target, source, is_safe in (
        (viewed(kind, [0] * 3, SWAPPED), other, code in sources),
        (consumer.consume(bytearray(other.nbytes)).cast(code), view, code in targets),
    ):
        if is_safe:
            target[:] = source
            assert target == source
        else:
            with pytest.raises(ValueError, match="does not hold all of its values"):
                target[:] = source
            assert target.tolist() == [0] * 3


@given(KINDS, ORDERS, st.data())
def test_summaries_are_those_of_the_integers(kind, order, data):
    width = data.draw(st.integers(1, 12))
    count = width * data.draw(st.integers(1, 12))
    numbers = data.draw(st.lists(st.integers(kind.low, kind.high), min_size=count, max_size=count))
    view = viewed(kind, numbers, order)
    assert (view.sum(), view.mean()) == (sum(numbers), sum(numbers) / count)
    assert view.minmax() == (view.min(), view.max()) == (min(numbers), max(numbers))
    assert view.argmin() == numbers.index(min(numbers))
    assert view[::-1].argmax() == numbers[::-1].index(max(numbers))
    rows = [numbers[start : start + width] for start in range(0, count, width)]
    matrix = view.reshape(-1, width)
    assert matrix.sum(axis=1).tolist() == [sum(row) for row in rows]
    assert matrix.max(axis=0).tolist() == [max(column) for column in zip(*rows, strict=True)]
    assert matrix.min(axis=1).format.endswith(kind.format)


@every_type
@every_order
def test_other_protocols_name_what_to_call(kind, order):
    view = viewed(kind, edges(kind), order)
    wider = kind.name.replace("24", "32")
    line = rf"v\.astype\('{wider}'\) has their values"
    for ask in (lambda: view.dtype, view.__array__):
        with pytest.raises(TypeError, match=f"NumPy has no type for {kind.name} elements; {line}"):
            ask()
    with pytest.raises(BufferError, match=f"Arrow has no type for {kind.name} elements: {line}"):
        view.__arrow_c_array__()
    for tensor in (view.__dlpack__, view.copy().__dlpack__):
        with pytest.raises(BufferError, match=f"tensors have no {kind.name} elements: {line}"):
            tensor()
    assert view.astype(wider).tolist() == edges(kind)


@every_type
@every_order
def test_pickles_and_copies_arrive_as_they_were_sent(kind, order):
    view = viewed(kind, edges(kind) * 2, order).reshape(2, -1)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        arrived = pickle.loads(pickle.dumps(view, protocol))
        assert (arrived.format, arrived.tolist()) == (view.format, view.tolist())
    for one in (copy.copy(view), copy.deepcopy(view)):
        assert (one.format, one.tobytes()) == (view.format, view.tobytes())


@every_type
def test_a_view_without_dimensions_is_a_number(kind):
    number = viewed(kind, [5]).reshape()
    assert (int(number), float(number), complex(number)) == (5, 5.0, 5 + 0j)
    number[()] = kind.high
    assert (number[()], number.tolist()) == (kind.high, kind.high)
    other = viewed(kind, [1, 2])
    other[0] = number
    other[1] = array.array("b", [7])[0]
    assert other.tolist() == [kind.high, 7]
    assert str(other) == f"[ {kind.high} 7 ]"
    assert repr(other) == f"<ConsumerArray format='{NATIVE}{kind.format}' shape=(2,) {other}>"
    with pytest.raises(ValueError, match="hashing is restricted"):
        hash(other.toreadonly())


def test_rows_are_aligned_like_other_numbers():
    view = viewed(INT24, [1, -20, 300, -4000]).reshape(2, 2)
    wide = view.astype("i")
    assert str(view) == str(wide)
    assert repr(view)[repr(view).index("\n") :] == repr(wide)[repr(wide).index("\n") :]


@every_type
@every_order
def test_the_report_names_the_type(kind, order):
    report = str(viewed(kind, [1, 2], order).info)
    assert f"2 {kind.name}, 6 bytes" in report
    assert f"{order}{kind.format}" in report


@pytest.mark.parametrize(("short", "kind"), [("i3", INT24), ("u3", UINT24)])
def test_the_name_may_be_written_as_numpy_writes_others(short, kind):
    data = kind.encoded([1, 2], "<")
    for prefix, order in (("", sys.byteorder), ("=", sys.byteorder), ("<", "little"), (">", "big")):
        view = consumer.consume(data).cast(prefix + short)
        parts = (data[:3], data[3:])
        assert view.tolist() == [int.from_bytes(part, order) for part in parts]
        assert view.format in {kind.format, SWAPPED + kind.format}
        assert view.astype(prefix + short).format == view.format
    for wrong in ("i3:a:", "3i3", "@i3", "!u3", "f3", "c3", "i24", "u24", "int-24", "uint25"):
        with pytest.raises(ValueError, match="format"):
            consumer.consume(data).cast(wrong)


def test_long_conversions_and_searches_are_done_in_pieces(np):
    numbers = np.arange(3_000_000, dtype="i4") % (1 << 24)
    view = consumer.consume(numbers).astype("uint24")
    assert view.byteswap() == view == consumer.consume(numbers)
    assert view[::-2].astype("i") == consumer.consume(numbers[::-2])
    assert view.index(2_999_999) == 2_999_999
    assert view[::-1].index(1) == 2_999_998
    assert (view.count(7), view[1::2].count(6)) == (1, 0)
    view[2_500_000] = 1
    assert view != consumer.consume(numbers)
