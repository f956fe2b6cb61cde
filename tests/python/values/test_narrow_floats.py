"""bfloat16, float8_e4m3fn and float8_e5m2: every pattern of bits, and what numbers are rounded to.

The oracles are the definitions of the types, and ml_dtypes where it is installed.
"""

import array
import itertools
import math
import struct
import sys

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.exporters import Exporter
from support.narrow_floats import BFLOAT16, E4M3, E5M2, TYPES, Type
from support.oracles import NATIVE, SWAPPED, same

every_type = pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)


def all_bits(kind):
    return range(1 << (8 * kind.size))


def all_bytes(kind, order=sys.byteorder):
    return b"".join(bits.to_bytes(kind.size, order) for bits in all_bits(kind))


def viewed(kind, *values):
    """A view of some values, stored one by one."""
    view = consumer.consume(bytearray(kind.size * len(values))).cast(kind.name)
    for index, value in enumerate(values):
        view[index] = value
    return view


def edges(kind):
    """Numbers of a type, the middles between neighbours, and what is next to those."""
    count = len(kind.magnitudes) - 1
    places = {*range(0, count, 1 if kind.size == 1 else 61), *range(4), *range(count - 4, count)}
    numbers = [float(kind.magnitudes[place]) for place in places]
    middles = [float((kind.magnitudes[place] + kind.magnitudes[place + 1]) / 2) for place in places]
    near = [math.nextafter(middle, to) for middle in middles for to in (0, math.inf)]
    found = numbers + middles + near
    return found + [-number for number in found]


@every_type
@pytest.mark.parametrize("order", [NATIVE, SWAPPED])
def test_every_pattern_of_bits_is_read(kind, order):
    data = all_bytes(kind, "little" if order == "<" else "big")
    expected = [kind.value(bits) for bits in all_bits(kind)]
    exporter = Exporter(data, (order + kind.format).encode(), kind.size, readonly=False)
    view = consumer.consume(exporter)
    cast = consumer.consume(data).cast(order + kind.name)
    for one in (view, cast, consumer.consume(memoryview(view)), view.byteswap(), view.copy()):
        assert same(one.tolist(), expected)
        assert same([one[index] for index in (0, -1, 1)], [expected[i] for i in (0, -1, 1)])
        assert same(list(one), expected)
        assert one.itemsize == kind.size
    # A NaN may lose what else is in it.
    for index, value in enumerate(expected):
        view[index] = value
    bits = [bytes(view[i : i + 1]) == data[kind.size * i :][: kind.size] for i in all_bits(kind)]
    assert all(kept or math.isnan(value) for kept, value in zip(bits, expected, strict=True))
    assert same(view.tolist(), expected)


@every_type
def test_ml_dtypes_reads_the_same(np, kind):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    data = all_bytes(kind)
    theirs = np.frombuffer(data, getattr(ml_dtypes, kind.name))
    with np.errstate(all="ignore"):
        expected = theirs.astype("d").tolist()
    assert same(consumer.consume(data).cast(kind.name).tolist(), expected)


@every_type
def test_ml_dtypes_rounds_floats_the_same(np, kind):
    """It rounds doubles to floats first, and so twice."""
    ml_dtypes = pytest.importorskip("ml_dtypes")
    random = np.random.default_rng(7)
    bits = random.integers(0, 2**32, 20_000, "u4").view("f4")
    small = (random.uniform(-1, 1, 20_000) * 2.0 ** random.integers(-20, 18, 20_000)).astype("f4")
    with np.errstate(all="ignore"):
        numbers = np.concatenate([bits, small, np.array(edges(kind)).astype("f4")])
        theirs = numbers.astype(getattr(ml_dtypes, kind.name)).astype("d").tolist()
    ours = consumer.consume(numbers).astype(kind.name, overflow="wrap")
    assert same(ours.tolist(), theirs)


class Number:
    """What has the value only by asking."""

    def __init__(self, value):
        self.value = value

    def __float__(self):
        return self.value


def check_rounding(kind, numbers):
    """Whatever way numbers take into memory, they are rounded once or refused."""
    view = viewed(kind, 1)
    fits, rounded = [], []
    for number in numbers:
        expected = kind.nearest(number)
        given = [number] if isinstance(number, int) else [number, Number(number)]
        if expected is None:
            for one in given:
                with pytest.raises(ValueError, match="is out of range for format"):
                    view[0] = one
                with pytest.raises(ValueError, match="is out of range for format"):
                    view[...] = one
            assert view[0] == 1
            continue
        for one in given:
            view[0] = one
            assert same(view.tolist(), [expected]), number
            view[0] = 1
            view[...] = one
            assert same(view.tolist(), [expected]), number
            view[0] = 1
        if not isinstance(number, int):
            fits.append(number)
            rounded.append(expected)
    assert same(consumer.consume(array.array("d", fits)).astype(kind.name).tolist(), rounded)


@every_type
def test_numbers_are_rounded_to_the_nearest_once(kind):
    check_rounding(kind, edges(kind))


@given(
    st.sampled_from(TYPES),
    st.lists(st.floats() | st.floats(-500, 500) | st.integers(-(2**140), 2**140), max_size=10),
)
def test_any_number_is_rounded_to_the_nearest_once(kind, numbers):
    check_rounding(kind, numbers)


def test_ints_are_not_rounded_to_doubles_first():
    tie = 2**60 + 2**52
    check_rounding(BFLOAT16, [tie - 1, tie, tie + 1, -tie - 1, tie + 2**53, tie + 2**53 - 1])
    assert viewed(BFLOAT16, tie + 1)[0] == 2**60 + 2**53
    limit = 2**128 - 2**119
    check_rounding(BFLOAT16, [limit - 1, limit, limit + 1, 1 - limit])
    for code, narrow in (("f", 2**36), ("Zf", 2**36)):
        view = consumer.consume(bytearray(8)).cast(code)
        view[0] = 2**60 + narrow + 1
        assert view[0] == 2**60 + 2 * narrow


@pytest.mark.parametrize(
    ("kind", "most", "beyond"),
    [
        (BFLOAT16, math.nextafter(2.0**128 - 2.0**119, 0), 2.0**128 - 2.0**119),
        (E4M3, 464.0, math.nextafter(464.0, 500)),
        (E5M2, math.nextafter(61440.0, 0), 61440.0),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_where_the_range_ends(kind, most, beyond):
    view = viewed(kind, most, -most)
    assert view.tolist() == [kind.largest, -kind.largest]
    for number in (beyond, -beyond, 1e300, 10**400):
        with pytest.raises(ValueError, match=f"out of range for format '{kind.format}'"):
            view[0] = number
        if isinstance(number, int):
            continue
        source = consumer.consume(array.array("d", [0, number]))
        with pytest.raises(
            ValueError, match=f"at index 1 is out of range for format '{kind.format}"
        ):
            source.astype(kind.name)
        infinite = math.copysign(math.inf, number)
        wrapped = source.astype(kind.name, overflow="wrap")[1]
        assert same(wrapped, infinite if kind.has_infinity else math.copysign(math.nan, number))
        ends = infinite if kind.has_infinity else math.copysign(kind.largest, number)
        assert source.astype(kind.name, overflow="saturate")[1] == ends


def test_infinity_is_out_of_range_where_there_is_none():
    infinities = consumer.consume(array.array("d", [math.inf, -math.inf, math.nan]))
    for kind in (BFLOAT16, E5M2):
        assert same(viewed(kind, math.inf, -math.inf).tolist(), [math.inf, -math.inf])
        for source in (infinities, infinities.astype("f"), infinities.astype("g")):
            assert same(source.astype(kind.name).tolist(), infinities.tolist())
    view = viewed(E4M3, math.nan)
    assert math.isnan(view[0])
    for value in (math.inf, Number(-math.inf)):
        with pytest.raises(ValueError, match="inf is out of range for format '1x:float8_e4m3fn:'"):
            view[0] = value
    for code in ("e", "f", "d", "g", "bfloat16", "float8_e5m2", "Zd"):
        source = infinities.astype(code)
        with pytest.raises(ValueError, match="at index 0 is out of range"):
            source.astype(E4M3.name)
        assert same(
            source.astype(E4M3.name, overflow="saturate").tolist(), [448.0, -448.0, math.nan]
        )
        assert same(source.astype(E4M3.name, overflow="wrap").tolist(), [math.nan] * 3)


@every_type
@pytest.mark.parametrize(
    "code", ["?", *"bBhHiIlLqQefdg", "Ze", "Zf", "Zd", *(t.name for t in TYPES)]
)
def test_numbers_of_a_type_become_those_of_another(kind, code):
    """Those that are whole and small become any number and stay the same."""
    values = [0, 1] if code == "?" else [0, 1, 2, 3, 96, 112, 5]
    if code[0] in "bhilqefdgZ":
        values += [-1, -2, -112]
    view = viewed(kind, *values)
    for order in "<>":
        other = view.astype(order + code)
        assert other.tolist() == values
        assert other == view
        assert view == other
        assert other.astype(kind.name).tobytes() == view.tobytes()
        assert view.byteswap().astype(order + code).tobytes() == other.tobytes()


# Its name is a code.
HALF = Type("e", 5, 10)


@given(st.sampled_from([HALF, *TYPES]), st.sampled_from([HALF, *TYPES]), st.data())
def test_any_number_becomes_what_the_other_type_makes_of_it(source, target, data):
    bits = data.draw(st.lists(st.integers(0, 2 * source.sign - 1), max_size=9))
    values = [source.value(one) for one in bits]
    numbers = b"".join(one.to_bytes(source.size, sys.byteorder) for one in bits)
    view = consumer.consume(numbers).cast(source.name)
    for wider in "fdg":
        assert same(view.astype(wider).tolist(), values)
    expected = [target.nearest(value) for value in values]
    if None not in expected or source is target:
        expected = values if source is target else expected
        assert same(view.astype(target.name).tolist(), expected)
    else:
        bad = expected.index(None)
        with pytest.raises(ValueError, match=f"at index {bad} is out of range"):
            view.astype(target.name)


@given(st.sampled_from("iIqQ"), st.data())
def test_ints_become_narrow_floats_by_rounding_once(code, data):
    low, high = limits(code)
    tie = st.builds(
        lambda bit, digits, more: (digits << bit >> 8) + more,
        st.integers(8, high.bit_length() - 1),
        st.integers(-(2**9), 2**9),
        st.integers(-2, 2),
    )
    numbers = data.draw(st.lists(st.integers(low, high) | tie, max_size=20))
    numbers = [min(max(number, low), high) for number in numbers]
    view = consumer.consume(array.array(code, numbers))
    for kind in TYPES:
        expected = [kind.nearest(number) for number in numbers]
        if None not in expected:
            assert same(view.astype(kind.name).tolist(), expected)
            continue
        with pytest.raises(ValueError, match=f"at index {expected.index(None)} is out of range"):
            view.astype(kind.name)


def limits(code):
    bits = 8 * struct.calcsize(code)
    return (0, 2**bits - 1) if code.isupper() else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


@every_type
def test_elements_are_found_and_counted_as_in_a_list(kind):
    bits = [*range(0, 2 * kind.sign, kind.sign // 32), 1, kind.sign + 1, 0, kind.sign]
    values = [kind.value(one) for one in bits]
    order = {"<": "little", ">": "big"}
    for prefix, step in itertools.product("<>", (1, 2, -1)):
        data = b"".join(one.to_bytes(kind.size, order[prefix]) for one in bits)
        view = consumer.consume(data * 20).cast(prefix + kind.name)[::step]
        elements = (values * 20)[::step]
        sought = [*values, 0, -0.0, 1, True, 2**60, 10**400, 0.1, math.nan, math.inf, 1j, "1", None]
        for value in sought:
            # A list takes an identical NaN for an equal one.
            count = sum(element == value for element in elements)
            assert view.count(value) == count
            assert (value in view) == (count > 0)
            if count:
                assert view.index(value) == elements.index(value)
            else:
                with pytest.raises(ValueError, match="not among"):
                    view.index(value)


@given(st.sampled_from(TYPES), st.sampled_from([*"bBhqQefdg?", "Zf", *TYPES]), st.data())
def test_views_are_equal_where_their_elements_are(kind, other, data):
    count = data.draw(st.integers(0, 4) | st.integers(60, 70))
    code = getattr(other, "name", other)
    size = consumer.consume(b"").cast(code).itemsize
    # Long doubles of any bits may be no numbers.
    pool = [0, 1, 2, 7] if code != "?" else [0, 1]
    left = viewed(kind, *data.draw(st.lists(st.sampled_from(pool), min_size=count, max_size=count)))
    right = consumer.consume(bytearray(count * size)).cast(code)
    for index, value in enumerate(left):
        right[index] = int(value)
    if count and data.draw(st.booleans()):
        left[data.draw(st.integers(0, count - 1))] = data.draw(
            st.sampled_from([math.nan, -0.0, 3, kind.largest])
        )
    expected = all(one == two for one, two in zip(left, right, strict=True))
    assert (left == right) == expected
    assert (right == left) == expected
    assert (left.byteswap() == right) == expected


@every_type
def test_a_view_without_dimensions_is_a_number(kind):
    number = viewed(kind, 2.5).reshape()
    assert (float(number), int(number), complex(number)) == (2.5, 2, 2.5 + 0j)
    number[()] = -3
    assert (number[()], number.tolist(), number.hex()) == (-3.0, -3.0, number.tobytes().hex())
    other = viewed(kind, 1)
    other[0] = number
    assert other.tolist() == [-3.0]
    assert str(other) == "[ -3.0 ]"
    assert repr(other) == f"<ConsumerArray format='{kind.format}' shape=(1,) [ -3.0 ]>"
    with pytest.raises(ValueError, match="hashing is restricted"):
        hash(other.toreadonly())


def test_what_is_no_number_is_named():
    for kind in TYPES:
        view = viewed(kind, 1)
        for value in ("1", None, 1j, b"1"):
            with pytest.raises(TypeError, match=f"expected a float for format '{kind.format}'"):
                view[0] = value
        assert view.tolist() == [1.0]
