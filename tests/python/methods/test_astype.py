"""astype: against NumPy, struct, ctypes and plain integers."""

import array
import ctypes
import itertools
import math
import struct

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.exporters import Exporter
from support.oracles import packed, same

INTEGERS = "bBhHiIlLqQ"
FLOATS = "efd"
NUMBERS = "?" + INTEGERS + FLOATS

# ctypes converts to these as C does: without a check, modulo 2 to the number of bits.
C_INTEGERS = {
    "b": ctypes.c_byte,
    "B": ctypes.c_ubyte,
    "h": ctypes.c_short,
    "H": ctypes.c_ushort,
    "i": ctypes.c_int,
    "I": ctypes.c_uint,
    "l": ctypes.c_long,
    "L": ctypes.c_ulong,
    "q": ctypes.c_longlong,
    "Q": ctypes.c_ulonglong,
}


def limits(code):
    bits = 8 * struct.calcsize(code)
    return (0, 2**bits - 1) if code.isupper() else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def view_of(form, values):
    return consumer.consume(Exporter(packed(form, values), form.encode(), struct.calcsize(form)))


def orders(code):
    """A code natively and, where struct has it, in both byte orders."""
    return [code, "<" + code, ">" + code]


def integer(code):
    low, high = limits(code)
    edges = [low, low + 1, -1, 0, 1, high - 1, high]
    return st.integers(low, high) | st.sampled_from([x for x in edges if low <= x <= high])


@pytest.mark.parametrize("target", NUMBERS)
@pytest.mark.parametrize("source", NUMBERS)
def test_values_in_range_are_those_of_numpy(np, source, target):
    values = [0, 1, 1, 0] if source == "?" else [0, 1, 2, 3, 100, 127, 64, 5]
    if source not in "?" + INTEGERS.upper() and target not in "?" + INTEGERS.upper():
        values += [-1, -2, -127]
    if source in FLOATS:
        values += [0.5, 1.5, 0.999, 126.75]
    for one, other in itertools.product("<>=", "<>="):
        numbers = np.array(values, np.dtype(source).newbyteorder(one))
        asked = (other if other != "=" else "") + target
        copy = consumer.consume(numbers).astype(asked)
        expected = numbers.astype(np.dtype(target).newbyteorder(other))
        assert copy.format == asked
        assert same(np.asarray(copy).tolist(), expected.tolist())
        if "l" not in (source + target).lower():
            assert copy.tobytes() == expected.tobytes()


@given(st.data())
def test_integers_wrap_as_in_c(data):
    source, target = (data.draw(st.sampled_from(list(C_INTEGERS))) for _ in range(2))
    values = data.draw(st.lists(integer(source), max_size=20))
    view = view_of(source, values)
    wrapped = view.astype(target, overflow="wrap")
    assert wrapped.tolist() == [C_INTEGERS[target](value).value for value in values]
    low, high = limits(target)
    saturated = view.astype(target, overflow="saturate")
    assert saturated.tolist() == [min(max(value, low), high) for value in values]
    bad = next((i for i, value in enumerate(values) if not low <= value <= high), None)
    if bad is None:
        assert view.astype(target).tolist() == values
    else:
        message = f"{values[bad]} at index {bad} is out of range for format '{target}'"
        with pytest.raises(ValueError, match=message):
            view.astype(target)


@given(st.data())
def test_floats_become_integers_by_losing_their_fraction(data):
    source, target = data.draw(st.sampled_from("efd")), data.draw(st.sampled_from(INTEGERS))
    width = 8 * struct.calcsize(source)
    numbers = st.floats(width=width) | st.integers(-70000, 70000).map(lambda n: n / 4)
    edges = [limit + more for limit in limits(target) for more in (-1, -0.5, 0, 0.5, 1)]
    numbers |= st.sampled_from(edges)
    values = data.draw(st.lists(numbers, max_size=20))
    values = [x for x in values if not math.isfinite(x) or abs(x) < 65000 or source != "e"]
    view = view_of(source, values)
    values = view.tolist()
    low, high = limits(target)
    finite = [math.trunc(x) if math.isfinite(x) else None for x in values]
    wrap = [0 if x is None else C_INTEGERS[target](x).value for x in finite]
    assert view.astype(target, overflow="wrap").tolist() == wrap
    ends = [
        (0 if math.isnan(value) else low if value < 0 else high)
        if x is None
        else min(max(x, low), high)
        for value, x in zip(values, finite, strict=True)
    ]
    assert view.astype(target, overflow="saturate").tolist() == ends
    if all(x is not None and low <= x <= high for x in finite):
        assert view.astype(target).tolist() == finite
    else:
        with pytest.raises(ValueError, match="out of range"):
            view.astype(target)


@given(
    st.sampled_from(INTEGERS + FLOATS),
    st.sampled_from("efd"),
    st.lists(st.floats(allow_nan=False) | st.integers(-(2**63), 2**63 - 1), max_size=20),
)
def test_numbers_become_floats_by_rounding_once(source, target, values):
    fits = []
    for value in values:
        try:
            number = int(value) if source in INTEGERS else float(value)
            fits.append(struct.unpack(source, struct.pack(source, number))[0])
        except (struct.error, OverflowError):
            continue
    view = view_of(source, fits)
    expected = []
    for value in fits:
        try:
            # struct converts an int to a double first, which is exact below 2^53.
            expected.append(struct.unpack(target, struct.pack(target, float(value)))[0])
        except OverflowError:
            expected.append(math.copysign(math.inf, value))
    small = target == "d" or all(not isinstance(x, int) or abs(x) < 2**53 for x in fits)
    with_infinities = view.astype(target, overflow="wrap").tolist()
    if small:
        assert same(with_infinities, expected)
    overflows = [
        math.isinf(x) and not (isinstance(value, float) and math.isinf(value))
        for value, x in zip(fits, with_infinities, strict=True)
    ]
    if any(overflows):
        with pytest.raises(ValueError, match=f"at index {overflows.index(True)} is out of range"):
            view.astype(target)
    else:
        assert same(view.astype(target).tolist(), with_infinities)


LARGEST = struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]


@pytest.mark.parametrize(
    ("source", "target", "fits", "becomes", "beyond"),
    [
        ("d", "b", [-128.99, 127.99], [-128, 127], [-129.0, 128.0]),
        ("f", "B", [-0.99, 255.75], [0, 255], [-1.0, 256.0]),
        ("d", "i", [-(2**31) - 0.5, 2**31 - 0.5], [-(2**31), 2**31 - 1], [-(2**31) - 1, 2**31]),
        ("f", "i", [-(2**31), 2**31 - 128], [-(2**31), 2**31 - 128], [-(2**31) - 256, 2**31]),
        ("d", "q", [-(2**63), 2**63 - 1024], [-(2**63), 2**63 - 1024], [-(2**63) - 2048, 2**63]),
        ("f", "q", [-(2**63), 2**63 - 2**39], [-(2**63), 2**63 - 2**39], [-(2**63) - 2**40, 2**63]),
        ("d", "Q", [-0.99, 2**64 - 2048], [0, 2**64 - 2048], [-1.0, 2**64]),
        ("f", "Q", [-0.75, 2**64 - 2**40], [0, 2**64 - 2**40], [-1.0, 2**64]),
        ("d", "e", [-65519.99, 65504.0], [-65504.0, 65504.0], [-65520.0, 65520.0]),
        ("f", "e", [-65519.0, 65519.99], [-65504.0, 65504.0], [-65520.0, 65520.0]),
        ("I", "e", [65519, 65505], [65504.0, 65504.0], [65520, 2**32 - 1]),
        ("q", "e", [-65519, 65519], [-65504.0, 65504.0], [-65520, 2**63 - 1]),
        ("d", "f", [2.0**128 - 2.0**103 - 2.0**75], [LARGEST], [2.0**128 - 2.0**103, -1e39]),
        ("d", "Zf", [-LARGEST], [-LARGEST], [2.0**128 - 2.0**103]),
    ],
)
def test_the_edges_of_every_range(source, target, fits, becomes, beyond):
    assert view_of(source, fits).astype(target).tolist() == becomes
    for value in beyond:
        view = view_of(source, [value])
        with pytest.raises(ValueError, match="at index 0 is out of range"):
            view.astype(target)
        if target in FLOATS:
            assert view.astype(target, overflow="wrap").tolist() == [math.copysign(math.inf, value)]


def test_what_is_out_of_range_is_named_as_python_writes_it():
    for value, text in [
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (1e300, r"1e\+300"),
        (-0.5e10, "-5"),
    ]:
        with pytest.raises(
            ValueError, match=f"^{text}.* at index 1 is out of range for format 'i'"
        ):
            view_of("d", [0.5, value]).astype("i")


@pytest.mark.long_doubles
def test_large_integers_are_rounded_once(np):
    # Between two floats, slightly above the middle: rounded to a double first, it would be a tie.
    number = 2**62 + 2**38 + 1
    for code in "qQ":
        view = view_of(code, [number])
        assert view.astype("f").tolist() == [float(np.array([number], code).astype("f")[0])]
        assert view.astype("f").tolist() == [2.0**62 + 2.0**39]


@pytest.mark.parametrize("source", ["e", "f", "d", "g", "Zf", "Zd"])
def test_all_but_zero_is_true(np, source):
    numbers = np.array(
        [0, -0.0, 1, 1e-7, math.nan, math.inf, -1], np.dtype(source.replace("Z", ""))
    )
    if source[0] == "Z":
        numbers = numbers.astype({"Zf": "F", "Zd": "D"}[source])
        numbers[1] = 1e-7j
    assert consumer.consume(numbers).astype("?").tolist() == numbers.astype("?").tolist()


def test_bools_are_zero_and_one_whatever_their_bytes():
    view = consumer.consume(bytes([0, 1, 2, 255])).cast("?")
    for code in INTEGERS + FLOATS:
        assert view.astype(code).tolist() == [0, 1, 1, 1]


def test_complex_numbers(np):
    numbers = np.array([1 + 2j, -3.5 + 0.25j])
    view = consumer.consume(numbers)
    assert view.astype("Zf").tolist() == numbers.astype("F").tolist()
    assert view.astype(">Zd").tobytes() == numbers.astype(">D").tobytes()
    with pytest.raises(ValueError, match=r"\(1.0\+2.0j\) at index 0 has an imaginary part.*'d'"):
        view.astype("d")
    assert consumer.consume(numbers.real.astype("D")).astype("h").tolist() == [1, -3]
    assert view_of("i", [1, -2]).astype("Zd").tolist() == [1, -2]
    with pytest.raises(ValueError, match=r"1e\+300 at index 1 is out of range for format 'Zf'"):
        consumer.consume(np.array([1, 1e300j])).astype("Zf")
    for first, second in [(1e300, 1j), (1j, 1e300)]:
        with pytest.raises(ValueError, match="at index 1 "):
            consumer.consume(np.array([0, first, second])).astype("f")
    assert view.cast("d", (2, 2))[:, 0].tolist() == [1, -3.5]


@pytest.mark.long_doubles
def test_long_doubles_hold_every_integer_of_64_bits(np):
    if np.finfo(np.longdouble).nmant < 63:
        pytest.skip("a long double is a double here")
    values = [2**63 - 1, 2**63 - 2, -(2**63) + 1, -(2**63), 2**53 + 1, 0, -1]
    view = view_of("q", values)
    long = view.astype("g")
    assert np.array_equal(np.asarray(long), np.array(values, "q").astype("g"))
    assert long.astype("q").tolist() == values
    assert long.astype(">g").byteswap().astype("q").tolist() == values
    numbers = np.array([2**64 - 1, 2**64 - 2], "Q")
    assert consumer.consume(numbers.astype("g")).astype("Q").tolist() == numbers.tolist()
    with pytest.raises(ValueError, match="at index 0 is out of range for format 'q'"):
        consumer.consume(numbers.astype("g")).astype("q")
    huge = np.array([np.finfo(np.longdouble).max, np.longdouble("inf"), np.longdouble("1e300")])
    with pytest.raises(ValueError, match="at index 0 is out of range for format 'd'"):
        consumer.consume(huge).astype("d")
    assert consumer.consume(huge[1:]).astype("d").tolist() == [math.inf, 1e300]
    tie = np.array([1 + np.longdouble(2) ** -24 + np.longdouble(2) ** -60])
    assert consumer.consume(tie).astype("f").tolist() == [1 + 2.0**-23]


@pytest.mark.parametrize("count", [0, 1, 3, 511, 512, 513, 1500])
@pytest.mark.parametrize(("source", "target"), [("i", "d"), ("d", ">f"), ("B", "f"), (">h", "Zd")])
def test_any_number_of_elements_in_any_layout(np, count, source, target):
    code = {"Zd": "D"}.get(target, target)
    numbers = (np.arange(2 * count) % 100).astype(source)
    for part in (numbers, numbers[::2], numbers[::-1], numbers.reshape(2, count).T):
        copy = consumer.consume(part).astype(target)
        assert copy.shape == part.shape
        assert copy.tobytes() == part.astype(code).tobytes("C")


@pytest.mark.parametrize("bad", [0, 1, 511, 512, 1023, 1024, 1025, 2047, 2048, 2999])
@pytest.mark.parametrize(("source", "target"), [("d", "i"), ("q", "i"), ("d", ">h"), ("i", "B")])
def test_the_first_number_out_of_range_is_named_wherever_it_is(bad, source, target):
    numbers = array.array(source, [7]) * 3000
    numbers[bad] = numbers[-1] = 2**31 - 1 if source == "i" else 2**31
    view = consumer.consume(numbers)
    with pytest.raises(ValueError, match=rf"^2147.* at index {bad} is out of range"):
        view.astype(target)


def test_arrays_of_pointers_and_no_dimensions(nd):
    exporter = nd.ndarray(list(range(24)), shape=[2, 3, 4], format=">h", flags=nd.ND_PIL)
    copy = consumer.consume(exporter)[:, ::-1].astype("d")
    assert copy.tolist() == [rows[::-1] for rows in exporter.tolist()]
    scalar = consumer.consume(array.array("i", [5]))[0, ...]
    assert (scalar.ndim, scalar.astype("d")[()]) == (0, 5.0)
    with pytest.raises(ValueError, match=r"300 at index \(1, 0, 2\) is"):
        consumer.consume(nd.ndarray([*range(14), 300], shape=[5, 1, 3], format="h"))[3:].astype("B")


def test_the_copy_is_writable_and_its_own():
    data = array.array("i", [1, 2])
    copy = consumer.consume(data).toreadonly().astype("i")
    data[0] = 7
    copy[1] = 9
    assert (copy.tolist(), data.tolist()) == ([1, 9], [7, 2])
    assert copy.obj is None
    assert copy.c_contiguous


def test_text_and_addresses():
    text = Exporter("añ€".encode("utf-16-le"), b"<u", 2)
    wide = consumer.consume(text).astype("w")
    assert (wide.format, wide.tolist(), wide.itemsize) == ("w", ["a", "ñ", "€"], 4)
    assert wide.astype(">u").tobytes() == "añ€".encode("utf-16-be")
    beyond = consumer.consume(Exporter("a😀".encode("utf-32-le"), b"<w", 4))
    with pytest.raises(ValueError, match="128512 at index 1 is out of range for format 'u'"):
        beyond.astype("u")
    address = view_of("P", [0, 2**63, 5])
    assert address.astype("Q").tolist() == [0, 2**63, 5]
    assert address.astype("?").tolist() == [False, True, True]
    assert view_of("q", [0, 5]).astype("P").tolist() == [0, 5]
    with pytest.raises(ValueError, match="-1 at index 0"):
        view_of("q", [-1]).astype("P")


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("c", "B"),
        ("B", "c"),
        ("c", "?"),
        ("u", "H"),
        ("I", "w"),
        ("P", "d"),
        ("f", "P"),
        ("Zd", "P"),
        ("<IH", "q"),
        ("i", "<IH"),
        ("4s", "i"),
        ("i", "4s"),
        ("2w", "w"),
        ("q", "O"),
        ("q", ""),
    ],
)
def test_what_has_no_meaning_names_both_formats(source, target):
    view = consumer.consume(bytes(48)).cast(source)
    with pytest.raises(TypeError) as error:
        view.astype(target)
    assert f"'{source}'" in str(error.value)
    assert f"'{target}'" in str(error.value)


def test_the_same_format_is_a_plain_copy():
    data = bytes(range(48))
    for form in ("c", "u", "w", "P", "?", "<IH", "T{i:a:d:b:}", "3s", ">g", "(2,2)h"):
        view = consumer.consume(data).cast(form)
        copy = view.astype(form)
        assert (copy.format, copy.tobytes(), copy.shape) == (form, data, view.shape)
        assert not copy.readonly


def test_arguments_that_are_none():
    view = consumer.consume(b"abc")
    for name in ("Error", "", "clip"):
        with pytest.raises(ValueError, match="overflow must be 'error', 'wrap' or 'saturate'"):
            view.astype("h", overflow=name)
    for form in ("X", "i\0", "3t"):
        with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with it
            view.astype(form)
    for call in (view.astype, lambda: view.astype("h", "wrap"), lambda: view.astype(b"h")):
        with pytest.raises(TypeError):
            call()
    view.release()
    for call in (lambda: view.astype("h"), view.byteswap):
        with pytest.raises(ValueError, match="released"):
            call()


def test_a_copy_that_no_memory_holds_is_refused(nd):
    view = consumer.consume(nd.ndarray([1], shape=[1], format="B"))
    huge = Exporter(b"\1", b"B", 1, shape=(2**61,), strides=(0,), length=2**61)
    with pytest.raises(MemoryError):
        consumer.consume(huge).astype("d")
    assert view.astype("d").tolist() == [1.0]
