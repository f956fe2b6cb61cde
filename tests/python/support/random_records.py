"""Random formats of records, for Hypothesis, with the memory of some elements of each."""

import ctypes
import sys

import hypothesis
from hypothesis import strategies as st

from support import decoder
from support.ambiguity import is_ambiguous

settings = hypothesis.settings(deadline=None, database=None, max_examples=300)

CODES = "?cbBhHiIlLqQefdsxpuwPz" + "nN"
NAMES = [
    "a",
    "b",
    "c",
    "a",
    "x y",
    "",
    "été",
    "日本",
    "a}b",
    "T{",
    "(2)h",
    "<",
    "a.b",
    "\N{SNOWMAN}" * 9,
]
WHITE = st.sampled_from(["", "", "", " ", "\n\t ", "\v"])


class Maker:
    """Draws a format from left to right, and keeps track of the prefix in force."""

    def __init__(self, draw, prefixes=decoder.PREFIXES):
        self.draw, self.prefixes, self.prefix = draw, prefixes, "@"

    def prefixed(self):
        if not self.prefixes or self.draw(st.integers(0, 4)):
            return ""
        self.prefix = self.draw(st.sampled_from(self.prefixes))
        return self.prefix + self.draw(WHITE)

    def element(self, depth):
        codes = CODES + ("g" if self.prefix in "@^" else "")
        kind = self.draw(st.sampled_from([*codes, "Zf", "Zd", "Ze", *["T"] * (6 if depth else 0)]))
        return "T{" + self.items(depth - 1) + "}" if kind == "T" else kind

    def item(self, depth):
        text = self.prefixed()
        if not self.draw(st.integers(0, 3)):
            lengths = self.draw(st.lists(st.integers(0, 3), min_size=1, max_size=2))
            text += "(" + ",".join(map(str, lengths)) + ")" + self.prefixed()
        if not self.draw(st.integers(0, 2)):
            text += str(self.draw(st.integers(0, 4)))
        # A prefix may stand between a count and its code, too.
        text += self.prefixed() + self.element(depth)
        if self.draw(st.integers(0, 2)):
            text += ":" + self.draw(st.sampled_from(NAMES)) + ":"
        return text

    def items(self, depth, most=4):
        count = self.draw(st.integers(1, most))
        return "".join(self.draw(WHITE) + self.item(depth) for _ in range(count)) + self.draw(WHITE)


@st.composite
def formats(draw, prefixes=decoder.PREFIXES):
    """Formats with everything in them, of at least a byte and not too many."""
    maker = Maker(draw, prefixes)
    form = maker.items(2)
    if draw(st.booleans()):
        form = draw(st.sampled_from(["", *prefixes])) + "T{" + form + "}"
    hypothesis.assume(0 < decoder.size_of(form) <= 600)
    return form


def readable(form, memory, itemsize):
    """The same memory with code points where code points are read."""
    memory = bytearray(memory)
    for start in range(0, len(memory), itemsize):
        for place, size, code, order in decoder.leaves(form):
            if code == "w":
                for at in range(start + place, start + place + size, 4):
                    point = int.from_bytes(memory[at : at + 4], order) % 0x110000
                    memory[at : at + 4] = point.to_bytes(4, order)
            if code == "g":
                # Not every pattern of 80 bits is a number.
                number = ctypes.c_longdouble(memory[start + place] - 100.5)
                memory[start + place : start + place + size] = (
                    bytes(number) if order == sys.byteorder else bytes(number)[::-1]
                )
    return bytes(memory)


@st.composite
def elements(draw, count=3, prefixes=decoder.PREFIXES):
    """A format, its size with some padding after it, and the memory of some elements."""
    form = draw(formats(prefixes))
    size = draw(st.sampled_from([decoder.size_of(form), decoder.padded_size(form)]))
    hypothesis.assume(not is_ambiguous(form, size))
    memory = draw(st.binary(min_size=count * size, max_size=count * size))
    return form, size, readable(form, memory, size)


def expected(form, size, memory):
    return [decoder.read(form, memory[at : at + size]) for at in range(0, len(memory), size)]


def first_names(form):
    """The fields of each name, the first where there are several, with their place among all."""
    named = {}
    for place, (name, offset, size, shape) in enumerate(decoder.fields_of(form)):
        if name is not None and name not in named:
            named[name] = (place, offset, size, shape)
    return named


def is_record(form):
    """Whether the elements are records; a record after padding has its fields one level deeper."""
    items = decoder.parse(form)
    real = decoder.valued(items)
    behind = len(real) == 1 and items.index(real[0]) > 0 and real[0].name is None
    return isinstance(decoder.read(form, bytes(600)), tuple) and not behind


def first_place(form, name):
    names = first_names(form)
    # Where no field has a name, they are counted.
    return names[name][0] if names else int(name.removeprefix("f"))
