"""What long doubles take, and what takes long doubles, against exact arithmetic and NumPy."""

import array
import ctypes
import math
from fractions import Fraction

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

np = pytest.importorskip("numpy")
BITS = np.finfo("g").nmant + 1
if BITS not in {64, 113}:
    pytest.skip("a long double is a double here", allow_module_level=True)

BIG = np.longdouble("1e4000")
THIRD = np.longdouble(1) / 3
# From here on ints round to 2**16384, which is no long double.
LIMIT = 2**16384 - 2 ** (16383 - BITS)


# NumPy warns where its own float of a long double becomes infinite.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.long_doubles]


def whole(number) -> int:
    """The int that a long double is: `int` of it is exact."""
    return int(number)


def nearest(number: int, bits: int = BITS) -> int:
    """The nearest multiple of the last place, the even one of two, by exact arithmetic."""
    step = 1 << max(0, abs(number).bit_length() - bits)
    return round(Fraction(number, step)) * step


@pytest.mark.parametrize("number", [BIG, -BIG, THIRD, np.longdouble("inf"), np.finfo("g").tiny])
def test_what_is_a_long_double_is_stored_with_all_its_digits(number):
    zero_d = np.array(number)
    swapped = zero_d.astype(zero_d.dtype.newbyteorder())
    view = consumer.consume(zero_d)
    for one in [number, zero_d, swapped, np.array(number, "O"), view, view.byteswap()]:
        # NumPy gives no buffer of long doubles in the other byte order, which could be stored.
        for key in [0] if one is swapped else [0, ..., (..., 0)]:
            numbers = np.zeros(1, "g")
            consumer.consume(numbers)[key] = one
            assert numbers[0] == number, (type(one), key)
            pairs = np.zeros(1, "G")
            if key != (..., 0):
                consumer.consume(pairs)[key] = one
                assert pairs[0] == number
        records = np.zeros(2, [("i", "i2"), ("x", "g"), ("l", "g", (2,)), ("z", "G")])
        view = consumer.consume(records)
        view[0] = (1, one, [one, 0], one)
        view["x"][1:][0] = one
        assert records["x"].tolist() == [number, number]
        assert records["l"][0, 0] == records["z"][0] == number
        other = consumer.consume(np.zeros(1, "g")).byteswap()
        other[0] = one
        assert np.frombuffer(other.byteswap().tobytes(), "g")[0] == number


def test_complex_long_doubles_are_stored_with_all_their_digits():
    number = np.array([complex(0, 1)], "G")[0] * BIG + THIRD
    for one in [number, np.array(number), consumer.consume(np.array(number))]:
        for key in [0, ...]:
            pairs = np.zeros(1, "G")
            consumer.consume(pairs)[key] = one
            assert (pairs[0].real, pairs[0].imag) == (THIRD, BIG)
            for code in ["D", "F"]:
                with pytest.raises(ValueError, match=r"format 'Z[df]'"):
                    consumer.consume(np.zeros(1, code))[key] = one
    with pytest.raises((TypeError, ValueError)):
        consumer.consume(np.zeros(1, "g"))[0] = consumer.consume(np.array(number))


def test_arrays_of_one_long_double_are_numbers_where_numpy_says_so():
    one = np.array([BIG])
    numbers = np.zeros(1, "g")
    try:
        float(one)
    except TypeError:
        with pytest.raises(TypeError):
            consumer.consume(numbers)[0] = one
    else:
        consumer.consume(numbers)[0] = one
        assert numbers[0] == BIG
    with pytest.raises(TypeError):
        consumer.consume(numbers)[0] = array.array("q", [2**62])


def test_long_doubles_beyond_the_doubles_are_not_stored_as_infinity():
    for code in "dfe":
        for one in [BIG, np.array(BIG), np.array(BIG, "O"), consumer.consume(np.array(BIG))]:
            for key in [0, ...]:
                numbers = np.zeros(1, code)
                with pytest.raises(ValueError, match=r"^1e\+4000 is out of range for format"):
                    consumer.consume(numbers)[key] = one
                assert numbers[0] == 0
    records = np.zeros(1, [("x", "d")])
    with pytest.raises(ValueError, match=r"field 'x': .* out of range for format 'd'"):
        consumer.consume(records)[0] = (BIG,)
    with pytest.raises(ValueError, match="out of range for format 'f'"):
        consumer.consume(np.zeros(1, "f"))[0] = np.longdouble("1e300")
    for infinite in [np.longdouble("inf"), np.float32("inf"), math.inf]:
        numbers = np.zeros(1, "d")
        consumer.consume(numbers)[0] = infinite
        assert numbers[0] == math.inf


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-40, 40))
def test_a_long_double_is_rounded_once_to_narrower_floats(significand, exponent):
    number = np.ldexp(np.longdouble(significand), exponent)
    exact = Fraction(significand) * Fraction(2) ** exponent
    for code, bits in [("d", 53), ("f", 24)]:
        numbers = np.zeros(1, code)
        consumer.consume(numbers)[0] = number
        expected = nearest(significand, bits) * Fraction(2) ** exponent
        assert Fraction(float(numbers[0])) == expected, exact


def test_a_long_double_next_to_a_tie_of_floats():
    number = np.longdouble(1) + np.ldexp(np.longdouble(1), -24) + np.ldexp(np.longdouble(1), -63)
    numbers = np.zeros(1, "f")
    consumer.consume(numbers)[0] = number
    assert numbers[0] == 1 + 2.0**-23


INTEGERS = st.one_of(
    st.integers(-(2**64), 2**64),
    st.integers(-(2**70), 2**70),
    st.integers(-(2**300), 2**300),
    st.tuples(st.integers(-(2**130), 2**130), st.integers(0, 16200)).map(lambda x: x[0] << x[1]),
    st.tuples(st.integers(60, 16383), st.integers(50, 140), st.integers(-1, 1)).map(
        lambda x: (1 << x[0]) + (1 << max(0, x[0] - x[1])) + x[2]
    ),
)


class Index:
    def __init__(self, number):
        self.number = number

    def __index__(self):
        return self.number


@given(INTEGERS)
def test_ints_are_rounded_once(number):
    expected = nearest(number)
    for one in [number, Index(number)]:
        numbers, pairs = np.zeros(2, "g"), np.zeros(1, "G")
        view, complex_view = consumer.consume(numbers), consumer.consume(pairs)
        if abs(number) >= LIMIT:
            for target in [view, complex_view]:
                with pytest.raises(ValueError, match="is out of range for format"):
                    target[0] = one
            continue
        view[0] = complex_view[0] = one
        view[1:][...] = one
        assert [whole(x) for x in numbers] == [expected, expected]
        assert whole(pairs[0].real) == expected
        assert pairs[0].imag == 0
        records = np.zeros(1, [("x", "g"), ("i", "i1")])
        consumer.consume(records)[0] = (one, 1)
        assert whole(records["x"][0]) == expected


@pytest.mark.parametrize("sign", [1, -1])
def test_ints_at_the_end_of_the_long_doubles(sign):
    numbers = np.zeros(1, "g")
    view = consumer.consume(numbers)
    view[0] = sign * (LIMIT - 1)
    assert numbers[0] == sign * np.finfo("g").max
    for beyond in [LIMIT, 2**16384, 10**5000, 2**100_000]:
        with pytest.raises(ValueError, match="is out of range for format"):
            view[0] = sign * beyond
    assert numbers[0] == sign * np.finfo("g").max


@pytest.mark.parametrize("code", ["q", "Q", ">q", ">Q"])
def test_ints_in_the_memory_of_others_are_stored_exactly(code):
    number = 2**63 - 1 if code[-1] == "q" else 2**64 - 1
    zero_d = np.array(number, code)
    for one in [zero_d, zero_d[()], consumer.consume(zero_d)]:
        numbers = np.zeros(2, "g")
        view = consumer.consume(numbers)
        view[0] = view[1:][...] = one
        assert [whole(x) for x in numbers] == [number, number]


def test_other_numbers_become_long_doubles_as_they_become_floats():
    numbers = np.zeros(1, "g")
    view = consumer.consume(numbers)
    for one in [True, 0.1, np.float32(0.1), np.float64(0.1), np.bool_(1), Fraction(1, 3)]:
        view[0] = one
        assert numbers[0] == np.longdouble(float(one))
    for wrong in ["1", None, b"1", 1j, np.array([1.0, 2.0]), np.datetime64(1, "s"), []]:
        with pytest.raises(TypeError):
            view[0] = wrong
    pairs = np.zeros(1, "G")
    for one in [1j, np.complex64(0.1j), 2, 0.5]:
        consumer.consume(pairs)[0] = one
        assert pairs[0] == np.array(complex(one), "G")
    with pytest.raises(TypeError, match="expected a complex number for format 'Zg', found str"):
        consumer.consume(pairs)[0] = "1"


def test_long_doubles_of_ctypes_are_long_doubles():
    numbers = np.zeros(1, "g")
    consumer.consume(numbers)[0] = ctypes.c_longdouble(0.1)
    assert numbers[0] == np.longdouble(0.1)


ONES = [
    np.float64(1),
    np.float32(1),
    np.complex128(1),
    np.bool_(1),
    np.array(1.0),
    np.longdouble(1),
    np.clongdouble(1),
    np.array(1, "g"),
    np.int64(1),
    1.0,
    1,
]


@pytest.mark.parametrize("one", ONES, ids=lambda one: f"{type(one).__name__}")
def test_numbers_beyond_floats_are_passed_over_where_numpy_objects_are_looked_for(one):
    numbers = np.array(["1e4000", "1", "-1e4000", "1"], "g")
    real = consumer.consume(numbers)
    for view in [real, consumer.consume(numbers.astype("G")), real.byteswap()]:
        assert view.count(one) == 2
        assert view.index(one) == 1
        assert one in view
        assert one not in view[::2]
    records = np.zeros(4, [("x", "g"), ("i", "i1")])
    records["x"] = numbers
    assert consumer.consume(records).count((one, 0)) == 2
    view = consumer.consume(numbers)
    objects = np.empty(4, "O")
    objects[:] = [one] * 4
    assert (view == objects) is False
    assert (consumer.consume(objects) == numbers) is False
    assert np.float64("inf") not in view
    assert np.complex128(complex("inf")) not in view


def test_long_doubles_are_found_by_all_their_digits():
    numbers = np.array([THIRD, float(THIRD), BIG, np.nextafter(BIG, np.longdouble(0))])
    view = consumer.consume(numbers)
    for number in numbers:
        for one in [number, np.array(number), consumer.consume(np.array(number))]:
            assert view.count(one) == 1
            assert view.index(one) == numbers.tolist().index(number)
    assert view.count(np.array([THIRD, 1j * BIG])[0]) == 1
    assert np.longdouble("nan") not in view
    assert np.array([BIG]) in view[2:3]


@pytest.mark.parametrize(
    "data",
    [
        np.array(5, "i4"),
        np.array(5, ">u8"),
        np.array(False),
        np.array(b"ab", "S2"),
        np.array("ab", "U2"),
        np.array((1, 2.0), "i4,f8"),
        np.array((1, THIRD), "i4,g"),
        np.array((1, [3, "x"]), [("a", "i4"), ("b", "O")]),
        np.array(2.5),
        np.array(1j),
    ],
    ids=lambda data: str(data.dtype),
)
def test_a_view_without_dimensions_is_stored_as_its_element(data):
    one = consumer.consume(data)
    for key in [(0, 1), (0, ...), ..., (slice(0, 1), 1)]:
        expected, stored = np.zeros((2, 2), data.dtype), np.zeros((2, 2), data.dtype)
        expected[key] = data
        consumer.consume(stored)[key] = one
        assert (stored == expected).all()
    line = np.zeros(3, data.dtype)
    consumer.consume(line)[1] = one
    consumer.consume(line[2:])[...] = data
    assert line.tolist() == [np.zeros((), data.dtype).tolist(), data.tolist(), data.tolist()]
    if data.dtype.names is None or not data.dtype.hasobject:
        assert consumer.consume(line)[1] == one[()]


def test_a_view_without_dimensions_is_converted_as_its_element():
    target = consumer.consume(array.array("h", [0, 0]))
    target[0] = consumer.consume(np.array(7, ">i8"))
    target[1:][...] = consumer.consume(np.array(True))
    assert target.tolist() == [7, 1]
    with pytest.raises(ValueError, match="70000 is out of range for format 'h'"):
        target[0] = consumer.consume(np.array(70000))
    with pytest.raises(TypeError, match="expected an int for format 'h', found float"):
        target[0] = consumer.consume(np.array(1.0))
    with pytest.raises(TypeError, match="expected an int"):
        target[0] = consumer.consume(np.array(1, "g"))
    flags = np.ones(1, "?")
    consumer.consume(flags)[0] = consumer.consume(np.array(0.0))
    assert not flags[0]
    released = consumer.consume(np.array(1))
    released.release()
    with pytest.raises(ValueError, match="released"):
        target[0] = released
    assert target.tolist() == [7, 1]


def test_views_of_objects_take_views_as_objects():
    objects = np.zeros(2, "O")
    one = consumer.consume(np.array(5))
    view = consumer.consume(objects)
    view[0] = one
    assert objects[0] is one
    view[...] = one
    assert objects[1] is one


def test_the_message_names_the_field_and_what_works_there():
    inner = np.dtype([("p", "i1"), ("q", "g", (2,))])
    records = np.zeros(2, [("k", "i4"), ("x", "g"), ("in", inner), ("z", "G")])
    view = consumer.consume(records)
    for name, path in [("x", "v['x']"), ("in", "v['in']['q']"), ("z", "v['z']")]:
        records[...] = np.zeros((), records.dtype)
        part = records[name] if name != "in" else records["in"]["q"]
        part[1] = BIG
        for read in [lambda v: v[1], lambda v: v.tolist(), lambda v: list(v), lambda v: v[1:][0]]:
            with pytest.raises(OverflowError) as error:
                read(view)
            message = str(error.value)
            assert message.startswith(f"field '{name}': ")
            advice = message.split("; ")[1].removesuffix(" makes it infinite")
            assert advice.startswith(path)
            infinite = eval(advice, {"v": view})
            assert np.isinf(np.asarray(infinite)).any()
    scalars = np.zeros(1, [("k", "i4"), ("x", "g")])
    scalars["x"] = BIG
    for read in [lambda v: v[0], lambda v: v.tolist(), lambda v: list(v)]:
        with pytest.raises(OverflowError, match=r"^field 'x': 1e\+4000 of format 'g' is beyond"):
            read(consumer.consume(scalars))
    unnamed = consumer.consume(np.array([BIG, 0]).view("u1")).cast("gg")
    with pytest.raises(OverflowError, match=r"field 'f0'.*v\['f0'\]") as error:
        unnamed[0]
