"""Long doubles against exact arithmetic, with what lies beyond Python's floats above all."""

import math
import operator
import re
import sys
from fractions import Fraction

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.oracles import SWAPPED

np = pytest.importorskip("numpy")
BITS = np.finfo("g").nmant
if BITS not in {63, 112} or np.dtype("g").itemsize != 16:
    pytest.skip("long doubles have another format here", allow_module_level=True)

pytestmark = pytest.mark.long_doubles

# The smallest number that rounds to 2**1024, which is no double.
LIMIT = Fraction(2**1024 - 2**970)
INFINITY, NAN = math.inf, math.nan


def encoded(negative: bool, exponent: int, fraction: int) -> bytes:
    """A long double by sign, biased exponent and fraction, which is as long as the format's."""
    if BITS == 112:
        return (negative << 127 | exponent << 112 | fraction).to_bytes(16, sys.byteorder)
    significand = (exponent > 0) << 63 | fraction
    return (negative << 79 | exponent << 64 | significand).to_bytes(16, "little")


def exact(negative: bool, exponent: int, fraction: int) -> Fraction | float:
    """The number that these are, exactly."""
    sign = -1 if negative else 1
    if exponent == 0x7FFF:
        return NAN if fraction else sign * INFINITY
    whole = fraction | (exponent > 0) << BITS
    return sign * whole * Fraction(2) ** (max(exponent, 1) - 16383 - BITS)


def is_beyond(number: Fraction | float) -> bool:
    return isinstance(number, Fraction) and abs(number) >= LIMIT


def rounded(number: Fraction | float) -> float:
    """The nearest float; Python's division of integers rounds right."""
    return number.numerator / number.denominator if isinstance(number, Fraction) else number


def equal(left: list, right: list) -> bool:
    """Whether numbers are equal; a NaN, even the same one, is not."""
    return len(left) == len(right) and all(map(operator.eq, left, right))


def same(left: float, right: float) -> bool:
    return left == right or (math.isnan(left) and math.isnan(right))


EXPONENTS = st.one_of(
    st.integers(0, 0x7FFF),
    st.sampled_from([0, 1, 0x7FFE, 0x7FFF]),
    st.integers(16383 + 1020, 16383 + 1026),
    st.integers(16383 - 1080, 16383 - 1020),
)
ONES = (1 << BITS) - 1
FRACTIONS = st.one_of(
    st.integers(0, ONES),
    st.sampled_from([0, 1, ONES, ONES >> 1, 1 << (BITS - 1)]),
    # Around half a step of a double, from which on the largest ones become infinite.
    st.integers(-2, 2).map(lambda off: (((1 << 53) - 1) << (BITS - 53)) + off),
)
PARTS = st.tuples(st.booleans(), EXPONENTS, FRACTIONS)


def views(data: bytes, code: str = "g") -> list[consumer.ConsumerArray]:
    """The elements in both byte orders, and as the sub-arrays and fields of records."""
    size = 16 * (2 if code == "Zg" else 1)
    swapped = b"".join(data[at : at + 16][::-1] for at in range(0, len(data), 16))
    count = len(data) // size
    apart = b"".join(b"\0\1\2" + data[at : at + size] for at in range(0, len(data), size))
    return [
        consumer.consume(data).cast(code),
        consumer.consume(swapped).cast(SWAPPED + code),
        consumer.consume(data).cast(f"T{{({count}){code}:a:}}")["a"][0],
        consumer.consume(apart).cast(f"T{{3x^{code}:a:}}")["a"],
    ]


def beyond_float():
    return pytest.raises(
        OverflowError, match=r"e\+\d+\S* of format 'Z?g' is beyond Python's floats"
    )


@given(PARTS)
def test_a_long_double_is_read_as_the_nearest_float_or_is_beyond_all_of_them(parts):
    number = exact(*parts)
    for view in views(encoded(*parts)):
        reads = [
            lambda view=view: view[0],
            lambda view=view: view.tolist()[0],
            lambda view=view: next(iter(view)),
        ]
        for read in reads:
            if is_beyond(number):
                with beyond_float() as error:
                    read()
                shown = Fraction(re.match(r"\S+", str(error.value))[0])
                assert abs(shown / number - 1) < Fraction(1, 2**BITS)
            else:
                assert same(read(), rounded(number))
                assert math.copysign(1, read()) == math.copysign(
                    1, -1 if parts[0] else 1
                ) or math.isnan(read())


@given(PARTS)
def test_records_and_sub_arrays_that_hold_a_long_double_beyond_floats_cannot_be_read(parts):
    data = b"\7" + encoded(*parts)
    record = consumer.consume(data).cast("T{B:a:^g:b:}")
    listed = consumer.consume(data).cast("T{B:a:^(1,1)g:b:}")
    number = exact(*parts)
    if is_beyond(number):
        for view in [record, listed]:
            for read in [lambda v: v[0], lambda v: v.tolist(), lambda v: next(iter(v))]:
                with beyond_float():
                    read(view)
    else:
        assert record[0][0] == 7
        assert same(record[0][1], rounded(number))
        assert listed[0][0] == 7
        assert same(listed[0][1][0][0], rounded(number))


@given(PARTS, PARTS)
def test_complex_numbers_of_long_doubles(parts, others):
    numbers = exact(*parts), exact(*others)
    for view in views(encoded(*parts) + encoded(*others), "Zg"):
        if any(map(is_beyond, numbers)):
            with beyond_float():
                view[0]
            assert view.count(complex(INFINITY, INFINITY)) == view.count(INFINITY) == 0
            assert "nan" in str(view) or re.search(r"e\+\d+", str(view))
        else:
            value = view[0]
            assert same(value.real, rounded(numbers[0]))
            assert same(value.imag, rounded(numbers[1]))


@given(PARTS)
def test_text_shows_the_number_and_tells_it_from_its_neighbours(parts):
    number = exact(*parts)
    for view in views(encoded(*parts)):
        text = str(view)
        assert text == "[ " + text.split()[1] + " ]"
        assert f" {text}>" in repr(view)
        shown = text.split()[1]
        if is_beyond(number):
            step = Fraction(2) ** (parts[1] - 16383 - BITS)
            assert abs(Fraction(shown) - number) <= step / 2
        else:
            sign = -1 if parts[0] else 1
            assert shown in {repr(math.copysign(rounded(number), sign)), "nan"}
    record = consumer.consume(b"\7" + encoded(*parts)).cast("T{B:a:^g:b:}")
    assert str(record) == f"[ (7, {shown}) ]"


def elements(numbers: list[tuple[bool, int, int]]) -> bytes:
    return b"".join(encoded(*parts) for parts in numbers)


LISTS = st.lists(PARTS, min_size=1, max_size=4)


@given(LISTS, LISTS)
def test_views_of_long_doubles_are_equal_where_the_numbers_are(left, right):
    numbers = [exact(*parts) for parts in left]
    expected = equal(numbers, [exact(*parts) for parts in right])
    for one, other in zip(views(elements(left)), views(elements(right)), strict=True):
        assert (one == other) == expected
        assert (one == one[:]) == (not any(x != x for x in numbers))
    whole = [f"T{{({len(left)})g:a:}}", f"T{{({len(right)})g:a:}}"]
    records = [
        consumer.consume(elements(x)).cast(f) for x, f in zip([left, right], whole, strict=True)
    ]
    assert (records[0] == records[1]) == expected
    # Records of other forms, whose elements are compared one by one.
    lists = consumer.consume(elements(right)).cast(f"T{{({len(right)})=g:a:0B}}")
    assert (records[0] == lists) in {expected, False}


@given(LISTS)
def test_beside_other_numbers_a_long_double_is_the_float_that_it_is_read_as(left):
    numbers = [exact(*parts) for parts in left]
    floats = [INFINITY if is_beyond(number) else rounded(number) for number in numbers]
    expected = not any(is_beyond(x) or math.isnan(x) for x in numbers)
    doubles = np.array(floats)
    for view in views(elements(left)):
        assert (view == consumer.consume(doubles)) == expected
        assert (consumer.consume(doubles) == view) == expected
        assert (view == consumer.consume(doubles.astype("D"))) == expected


@given(LISTS)
def test_searches_compare_exactly(left):
    numbers = [exact(*parts) for parts in left]
    for view in views(elements(left)):
        assert view.count(INFINITY) == numbers.count(INFINITY)
        assert view.count(-INFINITY) == numbers.count(-INFINITY)
        assert (INFINITY in view) == (INFINITY in numbers)
        assert view.count("x") == 0
        for number in numbers:
            if is_beyond(number):
                assert view.count(int(number)) == view.count(number) == numbers.count(number)
                assert view.index(int(number)) == numbers.index(number)
                assert int(number) + 1 not in view
    data = b"".join(b"\7" + encoded(*parts) for parts in left)
    records = consumer.consume(data).cast("T{B:a:^g:b:}")
    for number in numbers:
        if is_beyond(number):
            assert records.count((7, int(number))) == numbers.count(number)
            assert (8, int(number)) not in records
            assert records.count((7, INFINITY)) == numbers.count(INFINITY)


@given(LISTS)
def test_conversions_refuse_numbers_beyond_and_say_which(left):
    numbers = [exact(*parts) for parts in left]
    first = next((at for at, number in enumerate(numbers) if is_beyond(number)), None)
    for view in views(elements(left)):
        if first is None:
            assert all(map(same, view.astype("d").tolist(), map(rounded, numbers)))
            continue
        for code in ["d", "Zd"]:
            with pytest.raises(ValueError, match=r"^-?[0-9.]+e\+\d+ at index") as error:
                view.astype(code)
            assert f"at index {first} is out of range for format '{code}'" in str(error.value)
        for code in ["f", "e", "i", "Q"]:
            with pytest.raises(ValueError, match="is out of range for format") as error:
                view.astype(code)
            assert "inf at" not in str(error.value) or INFINITY in map(abs, numbers)
        infinite = [
            (INFINITY if x > 0 else -INFINITY) if is_beyond(x) else rounded(x) for x in numbers
        ]
        for rule in ["wrap", "saturate"]:
            assert all(map(same, view.astype("d", overflow=rule).tolist(), infinite))
        integers = [0 if not isinstance(x, Fraction) else int(x) % 2**64 for x in numbers]
        assert view.astype("Q", overflow="wrap").tolist() == integers


def test_objects_beside_long_doubles_do_not_make_them_doubles():
    dtype = np.dtype([("a", "g"), ("b", "O")])
    tenth = np.array([(np.longdouble(1) / 10, "x")], dtype)
    nearby = np.array([(np.longdouble(0.1), "x")], dtype)
    huge = np.array([(np.longdouble("1e4000"), "x")], dtype)
    infinite = np.array([(np.longdouble("inf"), "x")], dtype)
    view = consumer.consume
    assert view(tenth) == view(tenth.copy())
    assert view(tenth) != view(nearby)
    assert view(huge) == view(huge.copy())
    assert view(huge) != view(infinite)
    assert str(view(huge)) == "[ (1e+4000, 'x') ]"


def test_the_message_names_number_and_format():
    view = consumer.consume(np.array(["1e4000", "-1e4000"], "g"))
    with pytest.raises(OverflowError, match=r"^1e\+4000 of format 'g' is beyond Python's floats"):
        view[0]
    with pytest.raises(OverflowError, match=r"^-1e\+4000 of format 'g'"):
        view[1]
    numbers = np.array([-2j], "G")
    numbers.real = np.longdouble("1e4000")
    pair = consumer.consume(numbers)
    with pytest.raises(OverflowError, match=r"^\(1e\+4000-2\.0j\) of format 'Zg'"):
        pair[0]
    assert view.count(np.longdouble("1e4000")) == 1


def test_infinity_and_the_elements_of_other_views_are_stored_as_they_are():
    numbers = np.zeros(2, "g")
    view = consumer.consume(numbers)
    view[0] = INFINITY
    view[1:] = consumer.consume(np.array(["1e4000"], "g"))
    assert numbers[0] == INFINITY
    assert numbers[1] == np.longdouble("1e4000")
