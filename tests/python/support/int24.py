"""Integers of 24 bits, as `int.from_bytes` has them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Type:
    """Integers of three bytes, signed or not."""

    name: str
    signed: bool
    size: int = 3

    @property
    def format(self):
        return f"{self.size}x:{self.name}:"

    @property
    def low(self):
        return -(1 << 23) if self.signed else 0

    @property
    def high(self):
        return self.low + (1 << 24) - 1

    def value(self, bits):
        """The integer that some bits are."""
        return int.from_bytes(bits.to_bytes(self.size, "big"), "big", signed=self.signed)

    def encoded(self, values, prefix):
        """The bytes of integers under a prefix, one after the other."""
        order = {"<": "little", ">": "big"}[prefix]
        return b"".join(value.to_bytes(self.size, order, signed=self.signed) for value in values)

    def wrapped(self, number):
        """What the lowest bits of any integer are."""
        return (number - self.low) % (1 << 24) + self.low


INT24 = Type("int24", signed=True)
UINT24 = Type("uint24", signed=False)
TYPES = (INT24, UINT24)
