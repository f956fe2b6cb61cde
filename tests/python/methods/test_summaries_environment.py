"""Summaries are the same in every floating-point environment: other libraries change the process's.

What was compiled for fast mathematics takes subnormal numbers for 0 from then on, everywhere.
"""

import ctypes
import itertools
import platform
import random
import signal
import struct
import sys
from fractions import Fraction

import consumer
import pytest

METHODS = ("sum", "mean", "min", "max", "minmax", "argmin", "argmax")
MACHINE = {"AMD64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
# Where the control word is in what fegetenv() stores, and its bits: on x86-64 behind those of the
# x87, with one bit for the operands and one for the results.
WORD, SUBNORMALS, UPWARDS, DOWNWARDS = {
    "x86_64": (28, 0x8040, 0x4000, 0x2000),
    "aarch64": (0, 1 << 24, 1 << 22, 2 << 22),
}.get(MACHINE, (0, 0, 0, 0))
# What C stores is different on each processor, and Windows's C has other functions.
where_it_can_be_changed = pytest.mark.skipif(
    not (SUBNORMALS and hasattr(ctypes.pythonapi, "fegetenv")),
    reason="how to change the environment of this machine is not known",
)


class Environment:
    """The environment of the thread, with some bits set within."""

    def __init__(self, bits):
        self.libm, self.bits = ctypes.pythonapi, bits
        self.before = ctypes.create_string_buffer(64)

    def __enter__(self):
        assert self.libm.fegetenv(self.before) == 0
        changed = ctypes.create_string_buffer(self.before.raw, 64)
        word = struct.unpack_from("=I", changed, WORD)[0]
        struct.pack_into("=I", changed, WORD, word | self.bits)
        assert self.libm.fesetenv(changed) == 0
        return self

    def word(self):
        now = ctypes.create_string_buffer(64)
        assert self.libm.fegetenv(now) == 0
        return struct.unpack_from("=I", now, WORD)[0]

    def __exit__(self, *_):
        self.libm.fesetenv(self.before)


def views():
    """Views of subnormal numbers, and of integers whose mean is rounded, in several layouts."""
    source = random.Random(5)
    for form, size, mantissa in (
        ("e", 2, 10),
        ("f", 4, 23),
        ("d", 8, 52),
        ("Zf", 4, 23),
        ("Zd", 8, 52),
        ("bfloat16", 2, 7),
        ("float8_e5m2", 1, 2),
        ("float8_e4m3fn", 1, 3),
        ("i", 4, 5),
        ("q", 8, 40),
    ):
        sign = 0 if form in ("i", "q") else 1 << (8 * size - 1)
        for prefix in ("", ">"):
            if prefix and size == 1:
                continue
            order = "big" if prefix else sys.byteorder
            count = 960 if "Z" in form else 480
            numbers = (source.randrange(1 << mantissa) for _ in range(count))
            data = b"".join(
                (number | source.choice((0, sign))).to_bytes(size, order) for number in numbers
            )
            wide = consumer.consume(data).cast(prefix + form, (12, 40))
            few, line = wide[:3, :5], wide.reshape(480)
            yield from (wide, wide.T, wide[:, ::-3], few, few.copy().T, line, line[::2], line[:5])


def summaries_of(view):
    """All summaries of a view: objects, which nothing is computed with yet."""
    results = []
    for method, axis in itertools.product(METHODS, (None, 0, -1)):
        try:
            results.append(getattr(view, method)(axis=axis))
        except TypeError:
            results.append(None)
    return results


def bits(result):
    match result:
        case tuple():
            return [bits(one) for one in result]
        case consumer.ConsumerArray():
            return result.format, result.tobytes()
        case complex():
            return struct.pack("2d", result.real, result.imag)
        case float():
            return struct.pack("d", result)
    return result


@pytest.mark.environment
@where_it_can_be_changed
@pytest.mark.parametrize(
    "changes",
    [SUBNORMALS, UPWARDS, DOWNWARDS],
    ids=["subnormals are switched off", "upwards", "downwards"],
)
def test_the_environment_does_not_matter_and_stays(changes):
    samples = list(views())
    expected = [summaries_of(view) for view in samples]
    with Environment(changes) as environment:
        found = [summaries_of(view) for view in samples]
        after = environment.word()
    assert after & changes == changes
    for view, left, right in zip(samples, found, expected, strict=True):
        assert list(map(bits, left)) == list(map(bits, right)), (view.format, view.strides)
    tiny = consumer.consume(struct.pack("1000d", *[5e-324] * 1000)).cast("d")
    with Environment(changes):
        total = tiny.sum()
    assert Fraction(total) == 1000 * Fraction(5e-324)


@pytest.mark.environment
@pytest.mark.signals
@where_it_can_be_changed
def test_handlers_of_signals_run_in_the_environment_of_their_program():
    numpy = pytest.importorskip("numpy")
    row = numpy.full(4096, 1e-40, "f4")
    rows = numpy.lib.stride_tricks.as_strided(row, (1 << 18, 4096), (0, 4))
    view, seen = consumer.consume(rows), []
    expected = view[:, :1].sum(axis=0)[0]

    def handler(_number, _frame):
        seen.append(environment.word() & SUBNORMALS)

    before = signal.signal(signal.SIGALRM, handler)
    try:
        with Environment(SUBNORMALS) as environment:
            signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
            sums = view.sum(axis=0)
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert set(seen) == {SUBNORMALS}
    assert sums[0] == sums[-1] == expected
