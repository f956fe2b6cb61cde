"""Sums, means, minima and maxima of random numbers in random layouts, against their definitions."""

import contextlib
import itertools
import math
import struct

import consumer

from support import summaries
from support.summaries import identical

INTEGERS = "?bBhHiIqQ"
FLOATS = ("e", "f", "d", "g", "2x:bfloat16:", "1x:float8_e4m3fn:", "1x:float8_e5m2:")
COMPLEX = ("Ze", "Zf", "Zd", "Zg")
LENGTHS = [*range(71), 255, 256, 257, 511, 512, 513, 1000]
LONG = [4095, 4096, 4097, 10_000]
# What is divided into streams, most of whose blocks are whole.
LONGEST = [33_000, 40_001]


def doubles(random, count):
    """Floats that are hard to add: alike, very different, cancelling, subnormal, overflowing."""
    kind = random.randrange(10)
    if kind == 0:
        values = [random.gauss(0, 1) for _ in range(count)]
    elif kind == 1:
        values = [random.random() for _ in range(count)]
    elif kind in (2, 3):
        low, high = sorted((random.randint(-1074, 1023), random.randint(-1074, 1023)))
        if kind == 3:
            high = min(1023, low + random.randint(0, 120))
        values = [
            math.ldexp(random.uniform(-2, 2), random.randint(low, high)) for _ in range(count)
        ]
        values = [value if math.isfinite(value) else 1.0 for value in values]
    elif kind == 4:
        values = [random.randint(-(2**60), 2**60) * 2.0**-1074 for _ in range(count)]
    elif kind == 5:
        values = [random.choice([-1, 1]) * random.uniform(1e307, 1.79e308) for _ in range(count)]
    elif kind == 6:
        # Ties, and what is just beside them.
        one = math.ldexp(random.randint(2**52, 2**53 - 1), random.randint(-1000, 900))
        half = math.ulp(one) / 2
        tiny = random.choice([0.0, 5e-324, -5e-324, half * 2.0**-60, -half * 2.0**-60])
        values = [one, half, tiny] + [0.0] * max(0, count - 3)
    elif kind == 7:
        values = [random.choice([0.0, -0.0]) for _ in range(count)]
    elif kind == 8:
        values = [float(random.randint(-5, 5)) for _ in range(count)]
    else:
        one = random.uniform(-1, 1) * 2.0 ** random.randint(-1000, 1000)
        values = [one] * count
    values = values[:count]
    if random.random() < 0.4:
        half = count // 2
        values[:half] = [-value for value in values[half : 2 * half]]
    if random.random() < 0.1:
        for _ in range(random.randint(1, 3)):
            special = random.choice([math.inf, -math.inf, math.nan])
            values[random.randrange(max(count, 1)) : count] = [special][:count]
            values += [1.0] * (count - len(values))
    random.shuffle(values)
    return values


def integers(random, code, count):
    if code == "?":
        return [random.randrange(2) for _ in range(count)]
    bits = 8 * struct.calcsize("=" + code)
    low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if code.islower() else (0, 1 << bits)
    kind = random.randrange(4)
    if kind == 0:
        return [random.choice([low, high - 1]) for _ in range(count)]
    if kind == 1:
        low, high = max(low, -3), min(high, 4)
    if kind == 2:
        return [random.randrange(low, high)] * count
    return [random.randrange(low, high) for _ in range(count)]


def elements(random, form, count):
    """A view of one dimension whose elements are of the format."""
    swapped = random.random() < 0.3
    prefix = ">" if swapped and form[-1] != "g" else ""
    if form in INTEGERS:
        data = struct.pack(f"{prefix or '='}{count}{form}", *integers(random, form, count))
        if form == "?":
            data = bytes(random.choice([byte, 255 * byte]) for byte in data)
        return consumer.consume(bytearray(data)).cast(prefix + form)
    numbers = count * (2 if form in COMPLEX else 1)
    values = doubles(random, numbers)
    view = consumer.consume(bytearray(struct.pack(f"={numbers}d", *values)))
    view = view.cast("Zd" if form in COMPLEX else "d")
    if form in ("g", "Zg") and random.random() < 0.5:
        return view.astype(form)
    with contextlib.suppress(ValueError):
        # A narrow float has no room for some; float8_e4m3fn for no infinity.
        view = view.astype(form, overflow="wrap")
    return view.byteswap() if swapped and form not in ("g", "Zg") else view


def layouts(random, view):
    """The view in some layout of its own memory, or of a part of it."""
    kind = random.randrange(6)
    if kind == 1:
        return view[:: random.choice([-1, 2, 3, -2])]
    if kind == 2:
        return view[random.randint(0, 3) :]
    if kind in (3, 4, 5) and len(view):
        factors = [n for n in range(1, len(view) + 1) if len(view) % n == 0]
        one = random.choice(factors)
        rest = len(view) // one
        other = random.choice([n for n in range(1, rest + 1) if rest % n == 0])
        shaped = view.reshape(random.choice([(one, rest), (one, other, rest // other)]))
        if kind == 4:
            axes = list(range(shaped.ndim))
            random.shuffle(axes)
            shaped = shaped.transpose(axes)
        if kind == 5:
            steps = [random.choice([1, 1, -1, 2]) for _ in range(shaped.ndim)]
            shaped = shaped[tuple(slice(None, None, step) for step in steps)]
        return shaped
    return view


def case(random):
    form = random.choice([*INTEGERS, *FLOATS, *COMPLEX, "d", "d", "f"])
    (lengths,) = random.choices([LENGTHS, LONG, LONGEST], [970, 28, 2])
    count = random.choice(lengths)
    check(layouts(random, elements(random, form, count)), random)


def check(view, random):
    values = summaries.flat(view.tolist())
    is_complex = view.format.lstrip("<>=").startswith("Z")
    is_float = view.format.lstrip("<>=") not in INTEGERS
    zero = 0j if is_complex else 0.0 if is_float else 0
    expected = summaries.add(values, zero)
    assert identical(view.sum(), expected), (view.info, view.sum(), expected)
    if values:
        mean = summaries.add(values, zero, len(values))
        assert identical(view.mean(), mean), (view.info, view.mean(), mean)
    if values and not is_complex:
        check_extremes(view, values)
    if view.ndim:
        axes = random.sample(range(view.ndim), random.randint(1, view.ndim))
        check_along(view, axes, zero)


def check_extremes(view, values):
    places = [summaries.first(values, maximum) for maximum in (False, True)]
    found = view.argmin(), view.argmax()
    for place, index, value in zip(places, found, (view.min(), view.max()), strict=True):
        assert unraveled(place, view.shape) == index, (view.info, place, index)
        assert identical(values[place], value), (view.info, values[place], value)
        assert identical(view[index], value)
    assert all(map(identical, view.minmax(), (view.min(), view.max())))


def unraveled(place, shape):
    indices = []
    for length in reversed(shape):
        place, index = divmod(place, length)
        indices.append(index)
    return indices[0] if len(shape) == 1 else tuple(reversed(indices))


def lanes(view, axes):
    """The values of each lane, in C order."""
    ranges = [
        [slice(None)] if axis in axes else range(length) for axis, length in enumerate(view.shape)
    ]
    for index in itertools.product(*ranges):
        lane = view[index]
        yield summaries.flat(lane.tolist()) if isinstance(lane, consumer.ConsumerArray) else [lane]


def check_along(view, axes, zero):
    is_complex = isinstance(zero, complex)
    expected = list(lanes(view, axes))
    axis = tuple(axes) if len(axes) > 1 else axes[0]
    shape = tuple(1 if axis in axes else n for axis, n in enumerate(view.shape))
    sums = [summaries.add(lane, zero) for lane in expected]
    if isinstance(zero, int) and any(not -(2**63) <= one < 2**63 for one in sums):
        with contextlib.suppress(ValueError):
            view.sum(axis, keepdims=True)
            raise AssertionError("a sum beyond int64 was stored")
    else:
        compare(view, view.sum(axis, keepdims=True), shape, sums)
    if not all(expected):
        return
    means = [summaries.add(lane, zero, len(lane)) for lane in expected]
    compare(view, view.mean(axis, keepdims=True), shape, means)
    if is_complex:
        return
    for maximum in (False, True):
        firsts = [summaries.first(lane, maximum) for lane in expected]
        values = [lane[place] for lane, place in zip(expected, firsts, strict=True)]
        found = (view.max if maximum else view.min)(axis, keepdims=True)
        compare(view, found, shape, values)
        if len(axes) == 1:
            found = (view.argmax if maximum else view.argmin)(axis, keepdims=True)
            compare(view, found, shape, firsts)


def compare(view, found, shape, expected):
    assert found.shape == shape
    for one, other in zip(summaries.flat(found.tolist()), expected, strict=True):
        assert identical(one, float(other) if isinstance(one, float) else other), (
            view.format,
            view.shape,
            view.strides,
            one,
            other,
        )
