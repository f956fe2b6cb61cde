"""What cast and astype accept of a format, against struct and NumPy; exporters may be laxer."""

import re
import struct
import sys

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.exporters import Exporter

REFUSED = [
    "i<",
    "<",
    "<>",
    "T{i<:a:}",
    "i<:a:",
    "<:a:",
    "<:a:i",
    "i:",
    ":a:",
    "i:a",
    "i:a::b:",
    "3",
    "3<",
    "3:a:",
    "2i3",
    "()",
    "()i",
    "(2",
    "(2)",
    "(2,)i",
    "(,2)i",
    "(-1)i",
    "2(3)i",
    "(2)<",
    "<(2)",
    "(2):a:",
    "i(2)",
    "T",
    "T{",
    "T{i",
    "T{i}}",
    "}",
    "{i}",
    "T:a:{i}",
    "::",
    "i:::",
    "x:",
    "&",
    "&<",
    "X",
    "X{",
    "X{{}",
    "X{}}",
    "-1i",
    "+1i",
    "i,i",
    "i;",
    "i_",
    "1.5i",
    "i:a:<",
    "T{i:a:}<",
    "T{i:a:}:b",
    "i:a:3",
    "^",
    "@",
    "=",
    "!",
    "i!",
    "i^",
    "v",
    "i*",
    "#i",
    "é",
    "٣i",
    "i\uff14",
    "i  :a:",
    "T {i}",
    "3 i",
    "2 3i",
    "1 ",
    "i < ",
    "i<\t",
    "",
    " ",
    "i\x00",
    "i:a\x00:",
]

ACCEPTED = {
    "<i": [0], "><i": [0], "<<i": [0], "<3<i": [(0, 0, 0)],
    " i": [0], "i ": [0], "i i": [(0, 0)], "< i": [0], "<\ti": [0], "\ni\f": [0],
    "i<i": [(0, 0)], "<i>i": [(0, 0)], "<i:a:>h:b:": [(0, 0)], "T{<i}": [(0,)], "<T{i}": [(0,)],
    "T{ i }": [(0,)], "(2 , 3)b": [[[0] * 3] * 2], "( 2)i": [[0, 0]], "(2)2i": [[[0] * 2] * 2],
    "(2)(3)i": [[[0] * 3] * 2], "(2)<i": [[0, 0]], "<(2)i": [[0, 0]], "3<i": [(0, 0, 0)],
    "01i": [0], "1e1i": [(0.0, 0)],
    "i:é:": [(0,)], "i: a:": [(0,)], "i::": [(0,)], "Z": [0], "Z d": [(0, 0.0)], "Zd": [0j],
    "X{}": [0], "X{i}": [0], "& i": [0], "&&i": [0], "T{i:a:}:b:": [((0,),)],
    "T{i<}": [(0,)], "T{i:a:@}": [(0,)], "T{T{i>}}": [((0,),)], "T{T{>}i}": [((), 0)],
}  # fmt: skip


def cast(form: str) -> consumer.ConsumerArray:
    return consumer.consume(bytes(960)).cast(form)


@pytest.mark.parametrize("form", REFUSED)
def test_what_is_no_format_is_refused(form):
    with pytest.raises(ValueError, match=r"^format \"|^elements of 0 bytes|null character"):
        cast(form)
    with pytest.raises(ValueError if form.strip() else TypeError):
        cast("B").astype(form)


@pytest.mark.parametrize("form", ACCEPTED)
def test_what_is_a_format_is_read(form):
    view = cast(form)
    assert view.format == form
    assert [view[0]] == ACCEPTED[form]


@pytest.mark.parametrize("prefix", "@=<>!^")
@pytest.mark.parametrize("place", ["i{}", "{0}{0}", "T{{i}}{}", "i:a:{}", "2i:a:{} "])
def test_a_prefix_with_nothing_behind_it_is_refused(place, prefix):
    with pytest.raises(ValueError, match=r"at byte \d+: expected a type code, found the end"):
        cast(place.format(prefix))


LETTERS = st.text("bBhHiIlLqQnNefd?c@=<>! 0123s", max_size=6)


def size_of(form):
    """The size that struct gives a format, None if it refuses it."""
    try:
        return struct.calcsize(form)
    except struct.error:
        return None


@given(LETTERS)
def test_formats_of_struct_letters_are_those_of_struct(form):
    """Of codes, counts and one prefix in front: what struct refuses is refused, and sizes agree."""
    size, stripped = size_of(form), form.strip()
    if any(prefix in stripped[1:] for prefix in "@=<>!") or (
        stripped[:1] in "=<>!" and {*"nN"} & {*form}
    ):
        return  # PEP 3118 has prefixes anywhere, and exporters give n and N one
    if size is None and re.fullmatch(r"[<>=|]?[biufc]\d+", form):
        return  # A name of NumPy's
    try:
        ours = cast(form).itemsize
    except ValueError:
        ours = None
    except TypeError:  # The bytes are no multiple of it.
        return
    if form.strip(" @=<>!") == "" or size == 0:
        assert ours is None
    elif size is None and form[:1] == " " and stripped[:1] in {*"@=<>!"}:
        assert (ours is None) == (size_of(stripped) in {None, 0})
    else:
        assert ours == size


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("i>", 7),
        ("><i", 7),
        ("<<i", 7),
        ("T{<i:a:>}", (7,)),
        ("=i:a:>", (7,)),
        ("T{i:a:T{^}:b:}", (7, ())),
    ],
)
def test_prefixes_that_exporters_leave_behind_mean_nothing(form, value):
    seven = (7).to_bytes(4, "little" if "<i" in form else sys.byteorder)
    view = consumer.consume(Exporter(seven, form.encode(), 4, shape=[1]))
    # One at the end, which nobody else reads, is left out.
    assert view.format == {"i>": "i", "=i:a:>": "T{^i:a:}"}.get(form, form)
    assert view[0] == value
    assert view.astype(view.format)[0] == value


def test_names_of_numpy_mean_what_they_mean_to_numpy(np):
    # Names of one letter are codes. Other packages add types of theirs.
    own = {str(name) for name, kind in np.sctypeDict.items() if kind.__module__ == "numpy"}
    names = {name for name in own if len(name) > 1}
    names |= {"bool_", "byte", "intc", "longdouble", "single", "csingle", "int_", "float", "int"}
    accepted, other = set(), ">" if sys.byteorder == "little" else "<"
    for name in sorted(names):
        try:
            view = consumer.consume(bytes(96)).cast(name)
        except ValueError:
            continue
        dtype = np.dtype(name)
        assert (view.itemsize, np.asarray(view).dtype) == (dtype.itemsize, dtype), name
        assert consumer.consume(np.ones(3, dtype)).astype(name).tolist() == [1, 1, 1]
        if dtype.itemsize > 1 and dtype.kind not in "SUV" and "long" not in name:
            swapped = consumer.consume(bytes(96)).cast(other + name)
            as_numpy = consumer.consume(np.zeros(1, dtype.newbyteorder(other)))
            assert swapped.format == as_numpy.format
        accepted.add(name)
    numbers = {
        "single",
        "double",
        "int",
        "intc",
        "uint",
        "longlong",
        "half",
        "bool",
        "byte",
        "ubyte",
    }
    assert accepted >= {
        *numbers,
        "short",
        "csingle",
        "cdouble",
        "longdouble",
        "clongdouble",
        "long",
    }


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("str", "'str' states no length: 'S8'"),
        ("bytes_", "'bytes_' states no length: 'S8'"),
        ("U", "'U' states no length"),
        ("void", "'void' states no length"),
        ("object", "format is 'O'"),
        ("M8[s]", r"'q' are their numbers.*numpy.asarray\(v.cast\('q'\)\).view\('M8\[s\]'\)"),
        ("<m8[ns]", "'q' are their numbers"),
        ("timedelta64", "'q' are their numbers"),
        ("float96", "expected a type code"),
    ],
)
def test_names_that_no_format_has_are_refused_with_what_to_write(name, why):
    for use in (consumer.consume(bytes(96)).cast, consumer.consume(bytes(96)).astype):
        with pytest.raises(ValueError, match=why):
            use(name)


def test_types_without_bytes_are_right_or_refused(np):
    views = [consumer.consume(bytes(16)), consumer.consume(b"")]
    for dtype in (np.dtype("S0"), np.dtype("U0"), np.bytes_, np.str_):
        for view in views:
            for use in (view.cast, view.astype):
                with pytest.raises(ValueError, match="states no length: 'S8'"):
                    use(dtype)
    for stated in ([], "V0", ("i4", (0,)), [("a", "V0")], [("a", "S0")], [("a", "i4", (0,))]):
        dtype = np.dtype(stated)
        assert dtype.itemsize == 0
        for view in views:
            for arguments in ({}, {"shape": (3,)}, {"count": 2}, {"shape": (2,), "strides": (0,)}):
                with pytest.raises(ValueError, match="0 bytes cannot be counted"):
                    view.cast(dtype, **arguments)
            with pytest.raises(TypeError, match="cannot be converted"):
                view.astype(dtype)
        array = np.zeros((2, 3), dtype)
        view = consumer.consume(array)
        assert view == array
        assert view.shape == array.shape
        assert (view.nbytes, view.tobytes()) == (0, b"")
        if dtype.subdtype is None:
            assert view.astype(dtype) == view.copy() == view


@pytest.mark.parametrize("stated", [None, 3, object(), float("nan"), [], ("i4", 2)])
def test_what_states_no_type_is_refused_with_what_does(stated):
    for use in (consumer.consume(bytes(16)).cast, consumer.consume(bytes(16)).astype):
        with pytest.raises(TypeError, match=r"'format': expected a str, such as 'i'.*, not "):
            use(stated)
