"""Random ctypes structures and unions, compared with their own attributes."""

import ctypes
import itertools

import consumer
import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from support.ctypes_values import (
    ADDRESSES,
    POINTERS,
    SIGNED,
    UNSIGNED,
    check,
    packing,
    read,
    refused,
)
from support.oracles import same

settings = hypothesis.settings(deadline=None, database=None, max_examples=400)

SIMPLE = [*SIGNED, *UNSIGNED, ctypes.c_float, ctypes.c_double, ctypes.c_bool, ctypes.c_char]
NATIVE_ONLY = [*ADDRESSES, *POINTERS, ctypes.c_longdouble, ctypes.c_wchar]

# No name is used twice: another test shows which of two is meant.
NUMBERS = itertools.count()


@st.composite
def types(draw, depth=2, big=None):
    """A random structure or union, with bit-fields, arrays, and others within it."""
    union = draw(st.integers(0, 3)) == 0
    native = big is None
    bases = {
        None: (ctypes.Structure, ctypes.Union),
        True: (ctypes.BigEndianStructure, ctypes.BigEndianUnion),
        False: (ctypes.LittleEndianStructure, ctypes.LittleEndianUnion),
    }[big]
    base = bases[union]
    if not union and draw(st.integers(0, 4)) == 0 and depth:
        base = draw(types(depth - 1, big).filter(lambda kind: not issubclass(kind, ctypes.Union)))
    fields, anonymous = [], []
    for _ in range(draw(st.integers(1, 5))):
        name = f"f{next(NUMBERS)}"
        if draw(st.integers(0, 2)) == 0:
            unit = draw(st.sampled_from(SIGNED + UNSIGNED))
            fields.append((name, unit, draw(st.integers(1, 8 * ctypes.sizeof(unit)))))
            continue
        simple = st.sampled_from(SIMPLE + (NATIVE_ONLY if native else []))
        # A structure of one byte order does not take unions or structures of the other.
        inner = draw(types(depth - 1, big) | simple if depth else simple)
        is_record = issubclass(inner, (ctypes.Structure, ctypes.Union))
        for length in draw(st.lists(st.integers(0, 3), max_size=2)):
            inner = inner * length
            is_record = False
        fields.append((name, inner))
        if is_record and draw(st.booleans()):
            anonymous.append(name)
    namespace = {"_fields_": fields}
    if anonymous and not issubclass(base, ctypes.Union):
        namespace["_anonymous_"] = anonymous
    if draw(st.integers(0, 3)) == 0 and base in bases:
        namespace |= packing(draw(st.sampled_from([1, 2, 4])))
    elif draw(st.integers(0, 3)) == 0:
        namespace["_layout_"] = draw(st.sampled_from(["ms", "gcc-sysv"]))
    if draw(st.integers(0, 5)) == 0:
        namespace["_align_"] = draw(st.sampled_from([1, 2, 8, 32]))
    try:
        return type(base)("R", (base,), namespace)
    except (TypeError, ValueError, AttributeError):
        hypothesis.assume(False)


def tame(kind, place):
    """Stores text and long doubles where random bytes would be invalid."""
    if issubclass(kind, ctypes.Array):
        for i in range(kind._length_):
            tame(kind._type_, place + i * ctypes.sizeof(kind._type_))
    elif issubclass(kind, (ctypes.Structure, ctypes.Union)):
        for base in reversed(kind.__mro__):
            for name, inner, *width in base.__dict__.get("_fields_", ()):
                if not width:
                    tame(inner, place + getattr(kind, name).offset)
    elif kind in (ctypes.c_wchar, ctypes.c_longdouble):
        kind.from_address(place).value = "é" if kind is ctypes.c_wchar else -2.5


def make(kind, data):
    instance = kind.from_buffer_copy(data)
    tame(kind, ctypes.addressof(instance))
    return instance


def has_texts_under_others(kind):
    """Whether a union could turn text or long doubles into invalid values."""
    if issubclass(kind, ctypes.Array):
        return has_texts_under_others(kind._type_)
    if not issubclass(kind, (ctypes.Structure, ctypes.Union)):
        return False
    kinds = [inner for base in kind.__mro__ for _, inner, *_ in base.__dict__.get("_fields_", ())]
    if issubclass(kind, ctypes.Union) and any(contains_wild(inner) for inner in kinds):
        return True
    return any(map(has_texts_under_others, kinds))


def contains_wild(kind):
    if issubclass(kind, ctypes.Array):
        return contains_wild(kind._type_)
    if issubclass(kind, (ctypes.Structure, ctypes.Union)):
        return any(
            contains_wild(inner)
            for base in kind.__mro__
            for _, inner, *_ in base.__dict__.get("_fields_", ())
        )
    return kind in (ctypes.c_wchar, ctypes.c_longdouble)


def is_clear(kind):
    """Whether each bit-field lies within its word, and that word within the object.

    Where a structure is packed, or continues with a word of another size, ctypes places some of
    them elsewhere, and reads and writes junk.
    """
    if issubclass(kind, ctypes.Array):
        return kind._length_ == 0 or is_clear(kind._type_)
    if not issubclass(kind, (ctypes.Structure, ctypes.Union)):
        return True
    for base in kind.__mro__:
        for name, inner, *width in base.__dict__.get("_fields_", ()):
            if not is_clear(inner):
                return False
            if width:
                field, size = getattr(base, name), ctypes.sizeof(inner)
                low, count = field.size & 0xFFFF, field.size >> 16
                within = 0 <= field.offset <= ctypes.sizeof(kind) - size
                if not within or count != width[0] or low + count > 8 * size:
                    return False
    return True


def has_union(kind):
    if issubclass(kind, ctypes.Array):
        return has_union(kind._type_)
    if issubclass(kind, ctypes.Union):
        return True
    return issubclass(kind, ctypes.Structure) and any(
        has_union(inner)
        for base in kind.__mro__
        for _, inner, *_ in base.__dict__.get("_fields_", ())
    )


@settings
@given(types() | types(big=True) | types(big=False), st.data())
def test_random_types_read_and_write_as_their_attributes_do(kind, data):
    hypothesis.assume(ctypes.sizeof(kind) <= 2000 and not has_texts_under_others(kind))
    size = ctypes.sizeof(kind)
    bits = st.binary(min_size=size, max_size=size)
    instance, other = make(kind, data.draw(bits)), make(kind, data.draw(bits))
    if not is_clear(kind):
        refused(instance, "cannot be read")
        return
    check(instance)
    view = consumer.consume(instance)
    wanted = read(other)
    if not has_union(kind):
        view[()] = wanted
        assert same(read(instance), wanted)
        view[()] = view[()]
        assert same(read(instance), wanted)
    # One field after the other, and nothing but that field.
    instance = make(kind, bytes(instance))
    view = consumer.consume(instance)
    fields = [
        entry for base in reversed(kind.__mro__) for entry in base.__dict__.get("_fields_", ())
    ]
    for place, (name, inner, *width) in enumerate(fields):
        before = read(instance)
        if width:
            # Some versions of ctypes let bit-fields share bits: one changes the others.
            stored = make(kind, bytes(instance))
            setattr(stored, name, getattr(other, name))
            others = read(stored)
            before = (*others[:place], before[place], *others[place + 1 :])
        assert same(view[name].tolist(), before[place]), (name, inner, width)
        view[name] = consumer.consume(other)[name]
        after = read(instance)
        assert same(after[place], wanted[place])
        if not issubclass(kind, ctypes.Union):
            assert same(after[:place] + after[place + 1 :], before[:place] + before[place + 1 :])
    # The elements that lie side by side.
    pair = (kind * 2)(instance, other)
    assert same(consumer.consume(pair).tolist(), [read(instance), read(other)])
    consumer.consume(pair)[::-1] = consumer.consume((kind * 2)(instance, other))
    assert same(consumer.consume(pair).tolist(), [read(other), read(instance)])
