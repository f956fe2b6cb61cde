"""Exporters of ctypes: simple types, arrays, structures, unions, pointers.

A structure is a tuple of its fields in the order of `_fields_`, those of its bases first; in it an
array is a list, one of char bytes of fixed length, one of wchar a str without the NULs at its end.
Pointers and functions are addresses. The oracle reads what the types say, field by field.
"""

import ctypes
import sys

from matrix.row import NoElements, NoWriting, Row, no_buffer
from support.ctypes_values import packing, told

ADDRESSES = (ctypes._Pointer, ctypes._CFuncPtr, ctypes.c_char_p, ctypes.c_wchar_p, ctypes.c_void_p)
RECORDS = (ctypes.Structure, ctypes.Union)
OTHER_ORDER = "__ctype_be__" if sys.byteorder == "little" else "__ctype_le__"
OtherOrderStructure = (
    ctypes.BigEndianStructure if sys.byteorder == "little" else ctypes.LittleEndianStructure
)


def scalar(value):
    """One simple value, address or record of ctypes as what it is in Python."""
    if isinstance(value, RECORDS):
        return record(value)
    if isinstance(value, ADDRESSES):
        return ctypes.c_void_p.from_buffer(value).value or 0
    return told(type(value), value.value)


def inside(value):
    """A value within a record, where arrays are parts of the element."""
    if not isinstance(value, ctypes.Array):
        return scalar(value)
    if value._type_ is ctypes.c_char:
        return value.raw
    if value._type_ is ctypes.c_wchar:
        return "".join(value).rstrip("\0")
    return [inside(part) for part in parts(value)]


def parts(array):
    size = ctypes.sizeof(array._type_)
    if size == 0:
        return [array._type_() for _ in array]
    return [array._type_.from_buffer(array, index * size) for index in range(len(array))]


def record(value):
    """The fields of a structure or a union, those of its bases first."""
    fields = []
    for base in reversed(type(value).__mro__):
        for name, kind, *bits in base.__dict__.get("_fields_", ()):
            if bits:
                fields.append(getattr(value, name))
            else:
                offset = base.__dict__[name].offset
                fields.append(inside(kind.from_buffer(value, offset)))
    return tuple(fields)


def values(exporter):
    """All elements of an exporter: the dimensions of an array are those of the view."""
    if isinstance(exporter, ctypes.Array):
        return [values(part) for part in parts(exporter)]
    return scalar(exporter)


def structure(fields, base=ctypes.Structure, **attributes):
    return type("Record", (base,), {**attributes, "_fields_": fields})


def filled(kind, seed=0):
    """An instance whose bytes all differ from those beside them."""
    made = kind()
    for index in range(ctypes.sizeof(kind)):
        ctypes.memset(ctypes.addressof(made) + index, (7 * index + seed) % 61 + 1, 1)
    return made


# Values of every simple type, by its name.
SIMPLE = {
    **{
        f"c_int{bits}": [1, -2, 2 ** (bits - 1) - 1, -(2 ** (bits - 1))] for bits in (8, 16, 32, 64)
    },
    **{f"c_uint{bits}": [1, 2, 2 ** (bits - 1), 2**bits - 1] for bits in (8, 16, 32, 64)},
    **{
        name: [1, -2, 3, -4]
        for name in ("c_byte", "c_short", "c_int", "c_long", "c_longlong", "c_ssize_t")
    },
    **{
        name: [1, 2, 3, 254]
        for name in ("c_ubyte", "c_ushort", "c_uint", "c_ulong", "c_ulonglong", "c_size_t")
    },
    "c_bool": [True, False, True, False],
    "c_char": [b"a", b"\0", b"\xff", b"b"],
    "c_wchar": ["a", "\0", "\N{SNOWMAN}", "b"],
    "c_float": [0.5, -0.0, float("inf"), 1.25],
    "c_double": [0.5, -0.0, float("nan"), 0.1],
    "c_longdouble": [0.5, -0.0, float("inf"), 0.1],
    "c_void_p": [1, 0, 2**40, 2 ** (8 * ctypes.sizeof(ctypes.c_void_p)) - 1],
}
SWAPPED = [
    name
    for name in SIMPLE
    if hasattr(getattr(ctypes, name), OTHER_ORDER) and name not in ("c_char", "c_wchar", "c_void_p")
]


def simple_value(name):
    return lambda module: getattr(module, name)(SIMPLE[name][1])


def simple_array(name):
    return lambda module: (getattr(module, name) * 4)(*SIMPLE[name])


def swapped_array(name):
    return lambda module: (getattr(getattr(module, name), OTHER_ORDER) * 4)(*SIMPLE[name])


def pointers(kind):
    def make(module):
        target = (module.c_int * 2)(1, 2)
        pointer = getattr(module, kind)
        yield (pointer * 2)(ctypes.cast(target, pointer), pointer())

    return make


def int_pointers(module):
    target = module.c_int(5)
    pointer = module.POINTER(module.c_int)
    yield (pointer * 3)(module.pointer(target), pointer(), module.pointer(target))


def function(module):
    return module.CFUNCTYPE(module.c_int, module.c_int)(lambda number: number)


def structures():
    """Name and type of a structure of each kind."""
    c = ctypes
    pair = structure([("a", c.c_int8), ("b", c.c_double)])
    aligned = structure([("a", c.c_uint8), ("b", c.c_uint32), ("c", c.c_uint16)])
    packed = structure([("a", c.c_uint8), ("b", c.c_uint32), ("c", c.c_double)], **packing(1))
    base = structure([("a", c.c_int16)])
    union = structure([("i", c.c_int32), ("f", c.c_float)], c.Union)
    return {
        "of one field": structure([("only", c.c_int32)]),
        "of one byte": structure([("only", c.c_int8)], **packing(1)),
        "with padding": pair,
        "with padding at its end": aligned,
        "packed": packed,
        "packed by two": structure([("a", c.c_int8), ("b", c.c_double)], **packing(2)),
        "with a base": structure([("b", c.c_int64)], base),
        "with a base and no fields": structure([], base),
        "nested": structure([("x", c.c_int8), ("inner", pair), ("y", c.c_int8)]),
        "nested and packed": structure(
            [("x", c.c_int8), ("inner", pair), ("more", aligned * 2)], **packing(1)
        ),
        "with arrays": structure([("a", c.c_int16 * 3), ("b", c.c_float * 2 * 3), ("c", c.c_int8)]),
        "with an array of no items": structure([("a", c.c_int16), ("none", c.c_int32 * 0)]),
        "with char arrays": structure(
            [("a", c.c_char * 5), ("b", c.c_int16), ("c", c.c_char * 2 * 3)]
        ),
        "with a char": structure([("a", c.c_char), ("b", c.c_char * 1), ("c", c.c_bool * 1)]),
        "of every size": structure(
            [
                (name, getattr(c, name))
                for name in SIMPLE
                if name not in ("c_wchar", "c_longdouble", "c_bool")
            ]
        ),
        "with pointers": structure(
            [
                ("v", c.c_void_p),
                ("s", c.c_char_p),
                ("p", c.POINTER(c.c_int)),
                ("w", c.c_wchar_p),
                ("f", c.CFUNCTYPE(c.c_int)),
            ]
        ),
        "in the other byte order": structure(
            [("a", c.c_int8), ("b", c.c_int32), ("c", c.c_double)], OtherOrderStructure
        ),
        "in the other byte order, packed": structure(
            [("a", c.c_int8), ("b", c.c_int16), ("c", c.c_float * 2)],
            OtherOrderStructure,
            **packing(1),
        ),
        "with bit-fields": structure(
            [("a", c.c_uint32, 3), ("b", c.c_uint32, 7), ("c", c.c_uint32, 22)]
        ),
        "with signed bit-fields": structure(
            [("a", c.c_int16, 3), ("b", c.c_int16, 13), ("c", c.c_int8)]
        ),
        "with bit-fields of unwritten words": structure(
            [("a", c.c_uint8, 5), ("b", c.c_uint8, 5), ("c", c.c_uint64, 40)]
        ),
        "with a whole word of bits": structure(
            [("a", c.c_int64, 64), ("b", c.c_uint8, 8), ("c", c.c_uint8)]
        ),
        "with bit-fields in the other byte order": structure(
            [("a", c.c_uint16, 3), ("b", c.c_uint16, 9), ("c", c.c_int32, 31)], OtherOrderStructure
        ),
        "with odd names": structure(
            [("a:b", c.c_int8), ("", c.c_int16), ("T{}", c.c_int8), ("é ü", c.c_int32)]
        ),
        "with a name of its parent": structure([("a", c.c_int32)], base),
        "with a union in it": structure([("a", c.c_int8), ("u", union)]),
        "of nothing": structure([]),
    }


UNIONS = {
    "of two sizes": [("i", ctypes.c_int16), ("d", ctypes.c_uint64)],
    "of one byte": [("u", ctypes.c_uint8), ("i", ctypes.c_int8)],
    "of an array": [("whole", ctypes.c_uint32), ("parts", ctypes.c_uint8 * 4)],
    "of a structure": [
        ("whole", ctypes.c_uint64),
        ("low", structure([("a", ctypes.c_int8), ("b", ctypes.c_int32)])),
    ],
}


def objects(module):
    return (module.py_object * 3)("text", None, (1, 2))


def wide_text(module):
    kind = structure([("a", module.c_wchar * 5), ("b", module.c_wchar)])
    return (kind * 2)(("a\0b", "x"), ("\N{GRINNING FACE}", "y"))


def long_doubles(module):
    kind = structure([("a", module.c_bool), ("b", module.c_longdouble)])
    return (kind * 2)((True, 0.5), (False, -1.5))


def structure_rows():
    rows = []
    for name, kind in structures().items():
        if "union" in name:
            continue
        rows.append(
            Row(
                f"ctypes structure {name}",
                "ctypes",
                lambda _, k=kind: filled(k),
                values,
                own_format=True,
            )
        )
        rows.append(
            Row(
                f"ctypes array of structures {name}",
                "ctypes",
                lambda _, k=kind: filled(k * 3, 5),
                values,
                own_format=True,
            )
        )
    return rows


def union_rows():
    unwritten = NoWriting("its fields overlap", "a union cannot be written")
    rows = []
    for name, fields in UNIONS.items():
        kind = structure(fields, ctypes.Union)
        rows.append(
            Row(
                f"ctypes union {name}",
                "ctypes",
                lambda _, k=kind: filled(k),
                values,
                unwritten,
                own_format=True,
            )
        )
        rows.append(
            Row(
                f"ctypes array of unions {name}",
                "ctypes",
                lambda _, k=kind: filled(k * 2 * 2),
                values,
                unwritten,
                own_format=True,
            )
        )
    kind = structures()["with a union in it"]
    rows.append(
        Row(
            "ctypes structure with a union in it",
            "ctypes",
            lambda _: filled(kind),
            values,
            unwritten,
            own_format=True,
        )
    )
    return rows


twins = structure([("a", ctypes.c_int16), ("a", ctypes.c_int16)])
union_of_objects = structure([("o", ctypes.py_object), ("n", ctypes.c_size_t)], ctypes.Union)
borrowed = NoWriting("ctypes keeps its objects elsewhere", "only borrows its objects")

ROWS = [
    *(Row(f"ctypes {name}", "ctypes", simple_value(name), values) for name in SIMPLE),
    *(Row(f"ctypes {name} * 4", "ctypes", simple_array(name), values) for name in SIMPLE),
    *(Row(f"ctypes {name} * 4 swapped", "ctypes", swapped_array(name), values) for name in SWAPPED),
    Row("ctypes array: 2-D", "ctypes", lambda m: filled(m.c_int16 * 3 * 2), values),
    Row("ctypes array: 3-D", "ctypes", lambda m: filled(m.c_double * 2 * 3 * 2), values),
    Row("ctypes array: 2-D of char", "ctypes", lambda m: filled(m.c_char * 3 * 2), values),
    Row("ctypes array: empty", "ctypes", lambda m: (m.c_int * 0)(), values),
    Row("ctypes array: 3 times nothing", "ctypes", lambda m: (m.c_int * 0 * 3)(), values),
    Row("ctypes string buffer", "ctypes", lambda m: m.create_string_buffer(b"abc", 5), values),
    Row("ctypes wide string buffer", "ctypes", lambda m: m.create_unicode_buffer("abc", 5), values),
    Row("ctypes c_char_p * 2", "ctypes", pointers("c_char_p"), values),
    Row("ctypes c_wchar_p * 2", "ctypes", pointers("c_wchar_p"), values),
    Row("ctypes POINTER * 3", "ctypes", int_pointers, values, own_format=True),
    Row("ctypes pointer", "ctypes", lambda m: m.pointer(m.c_int(5)), values, own_format=True),
    Row("ctypes function", "ctypes", function, values, own_format=True),
    Row(
        "ctypes over a bytearray",
        "ctypes",
        lambda m: (m.c_uint16 * 2).from_buffer(bytearray(b"abcd")),
        values,
    ),
    Row(
        "memoryview of a ctypes array",
        "ctypes",
        lambda m: memoryview((m.c_int * 2)(1, 2)),
        lambda v: values(v.obj),
    ),
    Row(
        "memoryview of ctypes structures",
        "ctypes",
        lambda _: memoryview(filled(structures()["packed"] * 2)),
        lambda v: values(v.obj),
        own_format=True,
    ),
    Row(
        "ctypes py_object",
        "ctypes",
        lambda m: m.py_object("text"),
        values,
        borrowed,
        own_format=True,
    ),
    Row("ctypes py_object * 3", "ctypes", objects, values, borrowed, own_format=True),
    Row("ctypes structures with wide text", "ctypes", wide_text, values, own_format=True),
    Row("ctypes structures with long double", "ctypes", long_doubles, values, own_format=True),
    Row(
        "ctypes structure with two fields of a name",
        "ctypes",
        lambda _: filled(twins * 2),
        refused=NoElements("where the first of them lies is not told", "two fields are called"),
        own_format=True,
    ),
    Row(
        "ctypes union of objects",
        "ctypes",
        lambda _: (union_of_objects * 2)(),
        refused=NoElements("nobody knows whether an object is there", "is no object for sure"),
        own_format=True,
    ),
    *structure_rows(),
    *union_rows(),
    no_buffer("the class c_int", "ctypes", lambda m: m.c_int),
    no_buffer("ctypes byref", "ctypes", lambda m: m.byref(m.c_int())),
]
