"""`sum`, `mean`, `min`, `max`, `argmin`, `argmax` and `minmax`, against their definitions."""

import array
import ctypes
import itertools
import math
import random
import struct

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import summaries
from support.exporters import Exporter
from support.summaries import identical
from sweeps import summaries as sweep

METHODS = ("sum", "mean", "min", "max", "argmin", "argmax", "minmax")
DOUBLES = st.floats(allow_nan=True, allow_infinity=True)


def doubles(values):
    return consumer.consume(array.array("d", values))


@given(st.lists(DOUBLES, max_size=100))
def test_sums_of_doubles_are_those_of_exact_numbers(values):
    assert identical(doubles(values).sum(), summaries.exact(values))
    if values:
        assert identical(doubles(values).mean(), summaries.exact(values, len(values)))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=100))
def test_sums_of_doubles_are_those_of_fsum(values):
    try:
        expected = math.fsum(values)
    except OverflowError:
        return
    assert doubles(values).sum() == expected


@given(st.lists(st.integers(-(2**63), 2**63 - 1)), st.lists(st.integers(0, 2**64 - 1)))
def test_sums_of_integers_are_exact(signed, unsigned):
    for code, values in ("q", signed), ("Q", unsigned):
        view = consumer.consume(array.array(code, values))
        assert view.sum() == sum(values)
        if values:
            assert view.mean() == sum(values) / len(values)
            assert view.minmax() == (min(values), max(values))
            assert view.argmin() == values.index(min(values))
            assert view.argmax() == values.index(max(values))


@given(st.lists(DOUBLES, min_size=1, max_size=100))
def test_extremes_of_doubles_are_the_first_of_equals(values):
    view = doubles(values)
    for maximum, argument, value in (
        (False, view.argmin(), view.min()),
        (True, view.argmax(), view.max()),
    ):
        assert argument == summaries.first(values, maximum)
        assert identical(value, values[argument])


@pytest.mark.parametrize("count", [5, 24, 25, 70, 255, 256, 257, 4095, 4096, 4097, 1_000_001])
@pytest.mark.parametrize("form", ["d", "f", "e", "q", "B"])
def test_many_elements(form, count):
    source = random.Random(count)
    if form in "def":
        values = [source.gauss(0, 100) for _ in range(count)]
    else:
        values = sweep.integers(source, form, count)
    view = consumer.consume(struct.pack(f"={count}{form}", *values)).cast(form)
    values = view.tolist()
    assert view.sum() == (math.fsum(values) if form in "def" else sum(values))
    assert view.minmax() == (min(values), max(values))
    assert view.argmax() == values.index(max(values))
    assert view.argmin() == values.index(min(values))
    assert view[::-1].sum() == view.sum()
    assert view[::-1].argmax() == list(reversed(values)).index(max(values))


def test_hard_sums():
    assert doubles([1e308, 1e308, -1e308, -1e308]).sum() == 0.0
    assert doubles([1e308] * 4096 + [-1e308] * 4095).sum() == 1e308
    assert doubles([1.7e308, 1.7e308]).sum() == math.inf
    assert doubles([1.7e308, 1.7e308]).mean() == 1.7e308
    assert doubles([1e300, 1.0, -1e300, 1e-300] * 1000).sum() == 1000.0
    assert doubles([5e-324] * 3).sum() == 1.5e-323
    assert doubles([5e-324, 5e-324, 5e-324]).mean() == 5e-324
    assert doubles([0.1] * 10_000).sum() == 1000.0
    assert str(doubles([-0.0, -0.0]).sum()) == "0.0"
    assert doubles([math.inf, 1.0]).sum() == math.inf
    assert math.isnan(doubles([math.inf, -math.inf]).sum())
    assert math.isnan(doubles([1.0] * 5000 + [math.nan]).sum())


@pytest.mark.parametrize(
    ("form", "others"),
    [
        *itertools.product("fd", ([1.0, -3.5], [3e38, 2.0**-140])),
        ("d", [1e308, -1e308]),
    ],
)
def test_infinities_and_nans_add_up_wherever_they_are(form, others):
    source = random.Random(form)
    special = [[math.inf], [-math.inf], [math.nan], [math.inf, -math.inf], [-math.inf, math.nan]]
    for count, some in itertools.product((3, 30, 300, 20_000), special):
        values = [source.choice(others) for _ in range(count)]
        for value in some * 2:
            values[source.randrange(count)] = value
        view = consumer.consume(array.array(form, values))
        expected = sum(value for value in values if not math.isfinite(value))
        lanes = consumer.consume(array.array(form, values * 10)).reshape(10, count)
        columns = lanes.T.copy().sum(axis=0).tolist()
        for found in (view.sum(), view.mean(), view[::-1].sum(), *lanes.sum(axis=1), *columns):
            assert found == expected or (math.isnan(found) and math.isnan(expected))


@pytest.mark.parametrize("place", [0, 5, 4095, 4999])
def test_a_nan_is_the_minimum_and_the_maximum(place):
    for code in "fd":
        values = [1.0] * 5000
        values[place] = math.nan
        view = consumer.consume(array.array(code, values))
        assert view.argmin() == view.argmax() == place
        assert all(map(math.isnan, (view.min(), view.max(), *view.minmax())))


@pytest.mark.parametrize("form", ["e", "f", "d"])
@pytest.mark.parametrize("count", [15, 16, 70, 3000])
def test_of_several_nans_the_first_is_the_minimum_and_the_maximum(form, count):
    # With other bits than the NaN of the processor, so that they tell where they come from.
    size = struct.calcsize(form)
    first, other = (struct.pack("=" + form, nan) for nan in (math.nan, -math.nan))
    first = bytes([*first[:-1], first[-1] ^ 0x80]) if count % 2 else first
    data = bytearray(struct.pack(f"={count}{form}", *[1.0] * count))
    for place in (count // 2, count - 2):
        data[place * size : (place + 1) * size] = first if place == count // 2 else other
    line = consumer.consume(bytes(data)).cast(form)
    sign = math.copysign(1, struct.unpack("=" + form, first)[0])
    for view in (line, line.reshape(5, -1) if count % 5 == 0 else line, line[::-1][::-1]):
        for nan in (view.min(), view.max(), *view.minmax()):
            assert math.isnan(nan)
            assert math.copysign(1, nan) == sign
    assert math.copysign(1, line[::-1].max()) == math.copysign(1, -math.nan)
    rows = line.reshape(1, count)
    for lanes in (rows.min(1), rows.max(1), rows.T.max(0)):
        assert lanes.tobytes() == first
    twelve = consumer.consume(bytes(data) * 12).cast(form, (12, count))
    assert twelve.max(axis=1).tobytes() == twelve.T.min(axis=0).tobytes() == first * 12
    square = consumer.consume(bytes(data[: count // 2 * 2 * size])).cast(form, (2, count // 2)).T
    assert math.copysign(1, square.max()) == math.copysign(1, square[square.argmax()])


def test_the_sum_of_nothing_is_zero_and_there_is_no_other_summary():
    for code, zero in ("B", 0), ("d", 0.0), ("Zf", 0j):
        view = consumer.consume(b"").cast(code)
        assert identical(view.sum(), zero)
        for method in METHODS[1:]:
            if method == "mean" or code != "Zf":
                with pytest.raises(ValueError, match="of no elements"):
                    getattr(view, method)()
    view = consumer.consume(b"").cast("d", (0, 3))
    assert view.sum(axis=0).tolist() == [0.0] * 3
    assert view.sum(axis=1).tolist() == view.max(axis=1).tolist() == []
    for method in METHODS[1:]:
        with pytest.raises(ValueError, match="of no elements"):
            getattr(view, method)(axis=0)


REFUSED = {
    "c": "byte strings",
    "w": "text",
    "P": "addresses",
    "O": "references to objects",
    "4s": "byte strings",
    "1w": "text",
    "(2)i": r"sub-arrays; numpy\.asarray\(v\) turns them into dimensions",
    "T{<i:a:<i:b:}": r"records; select a field first, as in v\['x'\]",
}


@pytest.mark.parametrize("form", REFUSED)
def test_elements_that_are_no_numbers_are_named(form):
    size = {"c": 1, "w": 4, "1w": 4, "4s": 4}.get(form, 8)
    view = consumer.consume(Exporter(bytes(size), form.encode(), size))
    for method in METHODS:
        with pytest.raises(TypeError, match=REFUSED[form]) as caught:
            getattr(view, method)()
        assert f"'{form}'" in str(caught.value)


def test_complex_numbers_have_sums_and_no_order():
    view = consumer.consume(struct.pack("=6d", 1e16, 1, 1, 2, -1e16, 3)).cast("Zd")
    assert view.sum() == 1 + 6j
    assert view.mean() == complex(1 / 3, 2)
    for method in METHODS[2:]:
        with pytest.raises(TypeError, match="no order"):
            getattr(view, method)()


def test_bools_count():
    view = consumer.consume(bytes([0, 1, 2, 255])).cast("?")
    assert view.sum() == 3
    assert view.mean() == 0.75
    assert view.min() is False
    assert view.max() is True
    assert view.reshape(2, 2).max(axis=0).tolist() == [True, True]


def test_bit_fields_are_integers():
    class Flags(ctypes.Structure):
        _fields_ = [("kind", ctypes.c_int8, 3), ("seen", ctypes.c_uint8, 5)]

    view = consumer.consume((Flags * 3)(Flags(1, 9), Flags(-3, 31), Flags(2, 0)))
    assert view["kind"].sum() == 0
    assert view["seen"].max() == 31
    assert view["kind"].argmin() == 1


def test_axes():
    view = consumer.consume(bytes(range(24))).reshape(2, 3, 4)
    assert view.sum(axis=(0, 2)).tolist() == [60, 92, 124]
    assert view.sum(axis=-1).tolist() == [[6, 22, 38], [54, 70, 86]]
    assert view.sum(axis=(0, 1, 2)) == view.sum() == 276
    assert view.sum(axis=()).tolist() == view.tolist()
    assert view.sum(keepdims=True).tolist() == [[[276]]]
    assert view.argmax(axis=1).tolist() == [[2] * 4] * 2
    assert view.argmax() == (1, 2, 3)
    low, high = view.minmax(axis=0, keepdims=True)
    assert (low.shape, high.max()) == ((1, 3, 4), 23)
    assert view.min(axis=0).format == "B"
    assert (view.sum(0).format, view.mean(0).format, view.argmin(0).format) == ("q", "d", "q")
    line = view[0, 0]
    assert line.sum(axis=0) == 6
    assert line.argmax(axis=0) == 3
    assert line.argmax(axis=0, keepdims=True).tolist() == [3]


def test_wrong_axes():
    view = consumer.consume(bytes(6)).reshape(2, 3)
    for axis, error, message in (
        (2, ValueError, "axis 2 is out of range for a view of 2 dimensions"),
        (-3, ValueError, "axis -3 is out of range"),
        (10**30, ValueError, "^axis is out of range for a view of 2 dimensions"),
        (-(10**30), ValueError, "^axis is out of range"),
        ((0, -2), ValueError, "axis names dimension 0 twice"),
        ((1, -1), ValueError, "axis names dimension 1 twice"),
        ("0", TypeError, "axis must be an int or a tuple of ints, not str"),
        ([0], TypeError, "axis must be an int or a tuple of ints, not list"),
        (0.0, TypeError, "axis must be an int or a tuple of ints, not float"),
        (True, TypeError, "axis must be an int or a tuple of ints, not bool"),
        ((0, None), TypeError, "axis must be an int or a tuple of ints, not a tuple with NoneType"),
    ):
        with pytest.raises(error, match=message):
            view.sum(axis)
    for axis in ((0, 1), ()):
        with pytest.raises(TypeError, match="places are found along exactly one axis"):
            view.argmin(axis=axis, keepdims=True)
    assert view[0, 0:1].reshape().argmin(keepdims=True)[()] == 0
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        view.sum(axes=0)


@pytest.mark.parametrize(("code", "one"), [("q", 2**62), ("Q", 2**63)])
def test_a_sum_along_an_axis_that_is_beyond_int64_is_an_error(code, one):
    values = array.array(code, [one, 1, 2, 3] * 10)
    view = consumer.consume(values).reshape(4, 10)
    fits = [sum(row) for row in view.tolist()]
    assert view[:, 1:2].sum(axis=1).tolist() == [row[1] for row in view.tolist()]
    assert any(total >= 2**63 for total in fits)
    for axis in (0, 1):
        with pytest.raises(ValueError, match=r"the sum \d+ is beyond int64"):
            view.sum(axis=axis)
    assert view.mean(axis=1).tolist() == [total / 10 for total in fits]
    assert view.sum() == sum(values)


def test_partial_sums_beyond_int64_do_not_matter():
    most = 2**63 - 1
    values = array.array("q", [most] * 9 + [most] * 9 + [-most] * 9 + [-5] * 9)
    view = consumer.consume(values).reshape(4, 9)
    assert view.sum(axis=0).tolist() == [most - 5] * 9
    assert view.copy().T.sum(axis=1).tolist() == [most - 5] * 9


@pytest.mark.long_doubles
def test_long_doubles_are_ordered_by_all_of_their_digits():
    numpy = pytest.importorskip("numpy")
    if numpy.finfo(numpy.longdouble).nmant <= 52:
        pytest.skip("a long double is a double here")
    one = numpy.longdouble(1)
    values = numpy.array([one, one - numpy.finfo(one).eps, one + numpy.finfo(one).eps] * 3)
    view = consumer.consume(values)
    assert (view.argmin(), view.argmax()) == (1, 2)
    assert view.reshape(3, 3).argmax(axis=0).tolist() == [0, 0, 0]
    assert view.reshape(3, 3).argmax(axis=1).tolist() == [2, 2, 2]
    assert bytes(view.reshape(3, 3).min(axis=1)[:1]) == bytes(view[1:2])
    huge = consumer.consume(numpy.array([numpy.longdouble("1e4000"), one]))
    assert (huge.argmax(), huge.min()) == (0, 1.0)
    for method in ("sum", "mean", "max"):
        with pytest.raises(OverflowError):
            getattr(huge, method)()


def test_large_views_are_summarised_piece_by_piece():
    numpy = pytest.importorskip("numpy")
    values = numpy.arange(6_000_000, dtype="f8")[::-1]
    view = consumer.consume(values)
    assert view.sum() == float(sum(range(6_000_000)))
    assert (view.argmin(), view.argmax()) == (5_999_999, 0)
    square = view[:5_760_000].reshape(2400, 2400)
    for axis in (0, 1):
        expected = [math.fsum(lane) for lane in (square.T if axis == 0 else square)]
        assert square.sum(axis=axis).tolist() == expected
    assert square.T.argmin() == (2399, 2399)
    tall = view.reshape(3_000_000, 2)
    assert tall.argmin(axis=0).tolist() == [2_999_999] * 2
    assert tall.sum(axis=0).tolist() == [math.fsum(values[0::2]), math.fsum(values[1::2])]


@pytest.mark.parametrize("form", ["B", "h", "q", "e", "f", "d", "Zd"])
@pytest.mark.parametrize("shape", [(3, 10_007), (10_007, 3)])
def test_many_short_lanes(form, shape):
    source = random.Random(form)
    count = shape[0] * shape[1] * (2 if form == "Zd" else 1)
    number = source.random if form in ("e", "f", "d", "Zd") else lambda: source.randrange(200)
    data = struct.pack(f"={count}{form[-1]}", *(number() for _ in range(count)))
    view = consumer.consume(data).cast(form, shape)
    axis = shape.index(3)
    rows = (view if axis else view.copy().T).tolist()
    zero = {"e": 0.0, "f": 0.0, "d": 0.0, "Zd": 0j}.get(form, 0)
    assert view.sum(axis=axis).tolist() == [summaries.add(row, zero) for row in rows]
    assert view.mean(axis=axis).tolist() == [summaries.add(row, zero, 3) for row in rows]
    if form != "Zd":
        assert view.min(axis=axis).tolist() == [min(row) for row in rows]
        assert view.argmax(axis=axis).tolist() == [row.index(max(row)) for row in rows]


@pytest.mark.parametrize("form", ["b", "B", "h", "H", "i", "I", "q", "Q", "f", "d"])
@pytest.mark.parametrize("length", [1, 7, 31, 32, 33, 63, 64, 65, 200, 2049])
def test_places_in_rows(form, length):
    source = random.Random(form)
    special = [0.0, -0.0, float("inf"), float("-inf"), 5e-324, -1.5, float("nan")]
    low = 0 if form.isupper() else -100
    rows = []
    for few in (1, 2, 3, len(special) - 1, len(special)) * 2:
        numbers = special[:few] if form in "fd" else [low, 100, 1, 0][:few]
        rows.append(source.choices(numbers, k=length))
    rows.append([*rows[0][:-1], 1e30 if form in "fd" else 99])
    data = b"".join(struct.pack(f"={length}{form}", *row) for row in rows)
    view = consumer.consume(data).cast(form, (len(rows), length))
    for maximum in (False, True):
        places = [summaries.first(row, maximum) for row in view.tolist()]
        find = "argmax" if maximum else "argmin"
        assert getattr(view, find)(axis=1).tolist() == places
        assert getattr(view[::-2], find)(-1, keepdims=True).tolist() == [[n] for n in places[::-2]]
        assert getattr(view.T, find)(axis=0).tolist() == places
        cube = view[:10].reshape(2, 5, length)
        assert getattr(cube, find)(axis=2).tolist() == [places[:5], places[5:10]]


def test_pointers_between_the_elements():
    exporter = pytest.importorskip("_testbuffer")
    array_of_pointers = exporter.ndarray(
        list(range(12)), shape=[3, 4], format="i", flags=exporter.ND_PIL
    )
    view = consumer.consume(array_of_pointers)
    assert view.sum() == 66
    assert view.argmax() == (2, 3)
    assert view.sum(axis=0).tolist() == [12, 15, 18, 21]
    assert view.max(axis=1).tolist() == [3, 7, 11]


def test_a_released_view_has_no_summary():
    view = consumer.consume(bytearray(b"abc"))
    view.release()
    for method in METHODS:
        with pytest.raises(ValueError, match="released"):
            getattr(view, method)()


def test_an_axis_that_releases_the_view_is_heard_first():
    class Axis:
        def __index__(self):
            view.release()
            return 0

    view = consumer.consume(bytearray(b"abc"))
    with pytest.raises(ValueError, match="released"):
        view.sum(Axis())
