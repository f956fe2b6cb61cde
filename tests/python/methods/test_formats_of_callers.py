"""What cast and astype accept of a format, against struct and NumPy; exporters may be laxer."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

import consumer

from support.exporters import Exporter

REFUSED = (
    """
    i< < <> ><i <<i @@i T{i<} T{<} T{i<:a:} i<:a: <:a: <:a:i i: :a: i:a i:a::b: 3 3< 3:a: 2i3 i2
    () ()i (2 (2) (2,)i (,2)i (2)(3)i (-1)i 2(3)i (2)< <(2) (2):a: i(2) T T{ T{i T{i}} } {i}
    T:a:{i} :: i::: x: & &< X X{ X{{} X{}} -1i +1i i,i i; i_ 1.5i i:a:< T{i:a:}< T{i:a:}:b i:a:3
    ^ @ = ! i! i^ <3<i (3)<2<i T{T{i>}} T{T{>}i} v i* #i é ٣i i４
""".split()
    + ["i  :a:", "T {i}", "3 i", "2 3i", "1 ", "i < ", "i<\t", "", " ", "i\0", "i:a\0:"]
)

ACCEPTED = {
    "<i": [0], " i": [0], "i ": [0], "i i": [(0, 0)], "< i": [0], "<\ti": [0], "\ni\f": [0],
    "i<i": [(0, 0)], "<i>i": [(0, 0)], "<i:a:>h:b:": [(0, 0)], "T{<i}": [(0,)], "<T{i}": [(0,)],
    "T{ i }": [(0,)], "(2 , 3)b": [[[0] * 3] * 2], "( 2)i": [[0, 0]], "(2)2i": [([0, 0], [0, 0])],
    "(2)<i": [[0, 0]], "<(2)i": [[0, 0]], "3<i": [(0, 0, 0)], "01i": [0], "1e1i": [(0.0, 0)],
    "i:é:": [(0,)], "i: a:": [(0,)], "i::": [(0,)], "Z": [0], "Z d": [(0, 0.0)], "Zd": [0j],
    "X{}": [0], "X{i}": [0], "& i": [0], "&&i": [0], "T{i:a:}:b:": [((0,),)],
}  # fmt: skip


def cast(format: str) -> consumer.ConsumerArray:
    return consumer.consume(bytes(960)).cast(format)


@pytest.mark.parametrize("format", REFUSED)
def test_what_is_no_format_is_refused(format):
    with pytest.raises(ValueError):
        cast(format)
    with pytest.raises(ValueError if format.strip() else TypeError):
        cast("B").astype(format)


@pytest.mark.parametrize("format", ACCEPTED)
def test_what_is_a_format_is_read(format):
    view = cast(format)
    assert view.format == format
    assert [view[0]] == ACCEPTED[format]


@pytest.mark.parametrize("prefix", "@=<>!^")
@pytest.mark.parametrize(
    "place", ["i{}", "{0}{0}i", "T{{i{}}}", "T{{i:a:{}}}", "i:a:{}", "{}T{{{}}}"]
)
def test_the_message_names_the_prefix_that_applies_to_nothing(place, prefix):
    format = place.format(prefix, prefix)
    with pytest.raises(ValueError, match=r"at byte \d+: no type code follows the prefix"):
        cast(format)


LETTERS = st.text("bBhHiIlLqQnNefd?c@=<>! 0123s", max_size=6)


@given(LETTERS)
def test_formats_of_struct_letters_are_those_of_struct(format):
    """Of codes, counts and one prefix in front: what struct refuses is refused, and sizes agree."""
    try:
        size = struct.calcsize(format)
    except struct.error:
        size = None
    stripped = format.strip()
    if (
        any(prefix in stripped[1:] for prefix in "@=<>!")
        or stripped[:1] in "=<>!"
        and {*"nN"} & {*format}
    ):
        return  # PEP 3118 has prefixes anywhere, and exporters give n and N one
    try:
        ours = cast(format).itemsize
    except ValueError:
        ours = None
    except TypeError:  # The bytes are no multiple of it.
        return
    if format.strip(" @=<>!") == "" or size == 0:
        assert ours is None
    elif size is None and format[:1] == " " and stripped[:1] in {*"@=<>!"}:
        assert ours is not None or not stripped[1:].strip()
    else:
        assert ours == size


@pytest.mark.parametrize(
    ("format", "value"),
    [
        ("i>", 7),
        ("><i", 7),
        ("<<i", 7),
        ("T{<i:a:>}", (7,)),
        ("<i:a:>", (7,)),
        ("T{i:a:T{^}:b:}", (7, ())),
    ],
)
def test_prefixes_that_exporters_leave_behind_mean_nothing(format, value):
    view = consumer.consume(Exporter((7).to_bytes(4, "little"), format.encode(), 4, shape=[1]))
    assert view.format == format
    assert view[0] == value
