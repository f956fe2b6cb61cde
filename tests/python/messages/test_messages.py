"""What is said about mistakes, to the letter: each is made as a newcomer makes it.

mistakes.txt has them in pairs of lines: what is tried, and below it the exception and its text.
What the names in it are stands in `names` below.
"""

import array
import copy
import ctypes
import io

import consumer
import pytest
from consumer import ConsumerArray, consume

from support.paths import ROOT

LINES = (ROOT / "tests/python/messages/mistakes.txt").read_text("utf-8").splitlines()
MISTAKES = list(zip(LINES[::2], LINES[1::2], strict=True))


def names():
    """What the mistakes are made with."""
    released = consume(b"abc")
    released.release()
    return {
        "ConsumerArray": ConsumerArray,
        "array": array,
        "consume": consume,
        "consumer": consumer,
        "copy": copy,
        "ctypes": ctypes,
        "io": io,
        "numpy": pytest.importorskip("numpy"),
        "v": consume(array.array("i", [1, 2, 3])),
        "m": consume(bytearray(48)).cast("d", (2, 3)),
        "ro": consume(b"abcd"),
        "b": consume(bytearray(range(16))),
        "r": consume(bytearray(24)).cast("T{<I:id:<d:x:}"),
        "s": consume(bytearray(b"abcd")).cast("2s"),
        "f": consume(array.array("f", [1, 2])),
        "z": consume(bytearray(4)).cast("i", ()),
        "released": released,
    }


def test_no_mistake_is_made_twice():
    assert len(MISTAKES) == len(dict(MISTAKES)) >= 150


@pytest.mark.parametrize(("mistake", "expected"), MISTAKES)
def test_mistake(mistake, expected):
    said = "nothing"
    try:
        exec(mistake, names())
    except (TypeError, ValueError, LookupError, BufferError, NotImplementedError) as error:
        # The first argument, because the text of a KeyError is the repr of it.
        said = f"    {type(error).__name__}: {error.args[0]}"
    assert said == expected
