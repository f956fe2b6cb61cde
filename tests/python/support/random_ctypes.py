"""Random types of ctypes and objects of them, with their values by the names of their fields.

The values are taken when the objects are made: whatever is done to the types later, the memory
still holds them.
"""

import ctypes
import itertools
import sys

from support.ctypes_values import (
    ADDRESSES,
    POINTERS,
    REALS,
    SIGNED,
    UNSIGNED,
    SwappedStructure,
    SwappedUnion,
    packing,
    told,
)

SIMPLE = [*SIGNED, *UNSIGNED, ctypes.c_float, ctypes.c_double, ctypes.c_bool, ctypes.c_char]
NATIVE = [*ADDRESSES, *POINTERS, ctypes.c_longdouble, ctypes.c_wchar]
# What py_objects refer to: they outlive every object of ctypes.
THINGS = ["text", b"bytes", 10**30, 2.5, ("a", 1), None]
NUMBERS = itertools.count()


def random_type(random, depth=2, *, objects=True, union=None, swapped=False):
    """A structure or union: nested, packed, derived, with bit-fields, arrays and objects."""
    union = random.random() < 0.2 if union is None else union
    base = [
        [ctypes.Structure, ctypes.Union],
        [SwappedStructure, SwappedUnion],
    ][swapped][union]
    if depth and not union and random.random() < 0.2:
        base = random_type(random, depth - 1, objects=objects, union=False, swapped=swapped)
    simple = SIMPLE if swapped else SIMPLE if union else [*SIMPLE, *NATIVE]
    fields, anonymous = [], []
    for _ in range(random.randint(1, 5)):
        name = f"f{next(NUMBERS)}"
        if random.random() < 0.15:
            unit = random.choice(SIGNED + UNSIGNED)
            fields.append((name, unit, random.randint(1, 8 * ctypes.sizeof(unit))))
            continue
        kind = random.choice(simple)
        if objects and not union and not swapped and random.random() < 0.15:
            kind = ctypes.py_object
        elif random.random() < 0.1 and kind in SIMPLE:
            kind = type("Mine", (kind,), {})
        elif depth and random.random() < 0.3:
            inner = random_type(random, depth - 1, objects=objects and not union, swapped=swapped)
            kind = kind if union and is_wild(inner) else inner
            if issubclass(kind, ctypes.Structure) and random.random() < 0.3:
                anonymous.append(name)
        if name not in anonymous and random.random() < 0.25:
            kind = kind * random.randint(0, 3)
            kind = kind * random.randint(1, 2) if random.random() < 0.3 else kind
            # ctypes keeps the other array types for everybody.
            kind = type("Own", (kind,), {}) if random.random() < 0.3 and not swapped else kind
        fields.append((name, kind))
    attributes = {"_fields_": fields}
    if anonymous and not union:
        attributes["_anonymous_"] = anonymous
    if random.random() < 0.2:
        attributes |= packing(random.choice([1, 2, 4]))
    elif random.random() < 0.2:
        attributes["_layout_"] = random.choice(["ms", "gcc-sysv"])
    if random.random() < 0.2:
        attributes["_align_"] = random.choice([1, 2, 8, 32])
    try:
        return type(base)(f"R{next(NUMBERS)}", (base,), attributes)
    except (TypeError, ValueError, AttributeError, OverflowError):
        return random_type(random, depth, objects=objects, union=union, swapped=swapped)


def bases(kind):
    """The classes whose fields are the fields of a structure, the first one first."""
    chain = []
    while kind.__base__ not in {object, None}:
        chain.append(kind)
        kind = kind.__base__
    return [each for each in reversed(chain) if "_fields_" in each.__dict__]


def parts(kind):
    """The classes that the fields within a type are declared in, with the entries of the fields."""
    kind = element_of(kind)
    if issubclass(kind, (ctypes.Structure, ctypes.Union)):
        for declarer in bases(kind):
            for entry in declarer._fields_:
                yield declarer, entry
                yield from parts(entry[1])


def element_of(kind):
    """What the arrays in arrays are made of."""
    while issubclass(kind, ctypes.Array):
        kind = kind._type_
    return kind


def elements(kind):
    """The types of the elements in a type, and that of the type itself."""
    return [element_of(each) for each in [kind, *(entry[1] for _, entry in parts(kind))]]


def is_wild(kind):
    """Whether not every pattern of bytes is a value of a type."""
    wild = ctypes.c_wchar, ctypes.c_longdouble, ctypes.py_object
    return any(issubclass(each, wild) for each in elements(kind))


def has_bits(kind):
    """Whether there is a bit-field in a type."""
    return any(len(entry) > 2 for _, entry in parts(kind))


def has_objects(kind):
    """Whether there is a reference to an object in a type."""
    return any(issubclass(each, ctypes.py_object) for each in elements(kind))


def has_untold_objects(kind):
    """Whether a type holds objects of which no format tells: that of packed structures in 3.11."""
    return any(
        memoryview(declarer()).format == "B" and has_objects(entry[1])
        for declarer, entry in parts(kind)
    )


def fill(random, kind, place):
    """Fills the memory of an object of a type with random values."""
    if issubclass(kind, ctypes.Array):
        for index in range(kind._length_):
            fill(random, kind._type_, place + index * ctypes.sizeof(kind._type_))
    elif issubclass(kind, ctypes.Structure) and is_wild(kind):
        for each in bases(kind):
            for name, inner, *bits in each._fields_:
                if not bits:
                    fill(random, inner, place + each.__dict__[name].offset)
    elif kind is ctypes.c_wchar:
        kind.from_address(place).value = random.choice("aé\N{SNOWMAN}")
    elif kind in REALS:
        kind.from_address(place).value = random.randint(-999, 999) / 8
    elif issubclass(kind, ctypes.py_object):
        thing = random.choice([*map(id, THINGS), 0])
        ctypes.c_size_t.from_address(place).value = thing
    else:
        data = random.randbytes(ctypes.sizeof(kind))
        ctypes.memmove(place, data, len(data))


def values_of(kind, place):
    """The value of an object at an address: of a record, a dict by the names of its fields."""
    data = ctypes.string_at(place, ctypes.sizeof(kind))
    if issubclass(kind, ctypes.Array):
        item, count = kind._type_, kind._length_
        if issubclass(item, ctypes.c_char):
            return data
        found = [values_of(item, place + i * ctypes.sizeof(item)) for i in range(count)]
        return "".join(found).rstrip("\0") if item is ctypes.c_wchar else found
    if issubclass(kind, (ctypes.Structure, ctypes.Union)):
        here, found = kind.from_address(place), {}
        for each in bases(kind):
            for name, inner, *bits in each._fields_:
                field = each.__dict__[name]
                found[name] = (
                    field.__get__(here) if bits else values_of(inner, place + field.offset)
                )
        return found
    if issubclass(kind, ctypes.py_object):
        address = int.from_bytes(data, sys.byteorder)
        return kind.from_address(place).value if address else None
    if kind in ADDRESSES or kind in POINTERS:
        return int.from_bytes(data, sys.byteorder)
    return told(kind, kind.from_address(place).value)


def random_object(random, kind):
    """An object of a type, and its values."""
    instance = kind()
    fill(random, kind, ctypes.addressof(instance))
    return instance, values_of(kind, ctypes.addressof(instance))
