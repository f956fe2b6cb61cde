"""Summaries from their definitions: Python's own integers, exact fractions, and loops."""

import itertools
import math
from fractions import Fraction


def is_nan(value):
    return isinstance(value, float) and math.isnan(value)


def rounded(number):
    """The nearest float of an exact number; infinity beyond all of them."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def exact(values, count=1):
    """The sum of floats, divided by a count and rounded once."""
    if all(map(math.isfinite, values)):
        # A denominator that all of them have: adding fractions one by one takes long.
        shift = 1074
        total = sum(int(Fraction(value) * 2**shift) for value in values)
        return rounded(Fraction(total, 2**shift * count))
    special = [value for value in values if not math.isfinite(value)]
    return sum(special, 0.0)


def parts(values, count=1):
    """The same for complex numbers, by their parts."""
    return complex(
        exact([value.real for value in values], count),
        exact([value.imag for value in values], count),
    )


def add(values, zero, count=None):
    """The sum of numbers of the kind that a zero is, divided by a count if there is one."""
    if isinstance(zero, complex):
        return parts(values, count or 1)
    if isinstance(zero, float):
        return exact(values, count or 1)
    return sum(map(int, values)) if count is None else sum(map(int, values)) / count


def first(values, maximum):
    """The index of the first extreme one; a NaN comes before all others."""
    best = 0
    for index, value in enumerate(values):
        if is_nan(values[best]):
            break
        if is_nan(value) or (value > values[best] if maximum else value < values[best]):
            best = index
    return best


def flat(values):
    """The values in nested lists, in C order."""
    return list(itertools.chain(*map(flat, values))) if isinstance(values, list) else [values]


def identical(one, other):
    """Whether two results are of one type and equal, signs of zeros too; NaNs are."""
    if type(one) is not type(other):
        return False
    if isinstance(one, complex):
        return identical(one.real, other.real) and identical(one.imag, other.imag)
    if isinstance(one, float):
        return (is_nan(one) and is_nan(other)) or (
            one == other and math.copysign(1, one) == math.copysign(1, other)
        )
    return one == other
