"""bfloat16 and the floats of 8 bits, by their definitions: sign, exponent and fraction.

What a number is rounded to is found among all numbers of the type, and compared exactly.
"""

import bisect
import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property


@dataclass(frozen=True)
class Type:
    """A float of a sign, of so many bits of exponent and of fraction."""

    name: str
    exponent_bits: int
    fraction_bits: int
    has_infinity: bool = True

    @property
    def size(self):
        return (1 + self.exponent_bits + self.fraction_bits) // 8

    @property
    def format(self):
        return f"{self.size}x:{self.name}:"

    @property
    def sign(self):
        return 1 << (8 * self.size - 1)

    def value(self, bits):
        """The float that some bits are."""
        magnitude = bits & ~self.sign
        exponent, fraction = divmod(magnitude, 1 << self.fraction_bits)
        if self.has_infinity and exponent == (1 << self.exponent_bits) - 1:
            value = math.nan if fraction else math.inf
        elif not self.has_infinity and magnitude == self.sign - 1:
            value = math.nan
        else:
            value = float(self.magnitude(magnitude))
        return -value if bits & self.sign else value

    def magnitude(self, bits):
        """The number that bits without a sign would be if none of them were special."""
        exponent, fraction = divmod(bits, 1 << self.fraction_bits)
        lowest = 2 - (1 << (self.exponent_bits - 1))
        if exponent:
            fraction += 1 << self.fraction_bits
        return fraction * Fraction(2) ** (max(exponent, 1) - 1 + lowest - self.fraction_bits)

    @cached_property
    def magnitudes(self):
        """All of them, and last the one that would come next."""
        count = self.sign - 1
        if self.has_infinity:
            count = ((1 << self.exponent_bits) - 1) << self.fraction_bits
        return [self.magnitude(bits) for bits in range(count + 1)]

    @property
    def largest(self):
        return float(self.magnitudes[-2])

    def nearest(self, number):
        """What a number becomes, as a float; None where it is beyond the type."""
        if math.isnan(number):
            return math.nan
        negative = math.copysign(1, number) < 0
        if math.isinf(number):
            return number if self.has_infinity else None
        exact, all_ = abs(Fraction(number)), self.magnitudes
        above = bisect.bisect_left(all_, exact)
        if above == len(all_):
            return None
        if above and exact != all_[above]:
            middle = (all_[above - 1] + all_[above]) / 2
            # The bits of a magnitude tell whether it is even.
            above -= exact < middle or (exact == middle and above % 2 == 1)
        if above == len(all_) - 1:
            return None
        return -float(all_[above]) if negative else float(all_[above])


BFLOAT16 = Type("bfloat16", 8, 7)
E4M3 = Type("float8_e4m3fn", 4, 3, has_infinity=False)
E5M2 = Type("float8_e5m2", 5, 2)
TYPES = (BFLOAT16, E4M3, E5M2)
