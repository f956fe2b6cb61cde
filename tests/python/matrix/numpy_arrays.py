"""Exporters of NumPy: every dtype in either byte order, records, layouts, scalars, subclasses."""

import tempfile

from matrix.row import NoBuffer, Of, Row, no_buffer
from support.numpy_values import values


def numbers(np, dtype):
    """Two rows of numbers at the edges of a dtype, in its byte order."""
    kind = np.dtype(dtype)
    if kind.kind == "b":
        edges = [True, False, False, True, True, False]
    elif kind.kind in "iu":
        limits = np.iinfo(kind)
        edges = [0, 1, 97, limits.max, limits.min, limits.max - 1]
    else:
        limits = np.finfo(kind)
        # A long double beyond Python's floats is an error, and has tests of its own.
        largest = min(limits.max, np.finfo("d").max)
        edges = [0.1, -0.0, largest, limits.smallest_subnormal, np.inf, np.nan]
        if kind.kind == "c":
            edges = [complex(float(real), -0.5) for real in np.array(edges, limits.dtype).tolist()]
    return np.array(edges, dtype).reshape(2, 3)


def of_numbers(dtype, change=lambda array: array):
    return lambda np: change(numbers(np, dtype))


def of_bytes(dtype, shape=(3,), **keywords):
    """An array of any dtype whose bytes all differ from their neighbours; a bool is 0 or 1."""

    def make(np):
        kind = np.dtype(dtype, **keywords)
        size = kind.itemsize
        for length in shape:
            size *= length
        raw = (np.arange(size) * 7 % 61 + 1).astype("u1")
        array = np.ndarray(shape, kind, raw.data)
        for name in kind.names or ():
            if kind[name].kind == "b":
                array[name] = raw[: array.size].reshape(shape) % 2
        return array

    return make


def unaligned(dtype):
    def change(np):
        source = numbers(np, dtype)
        raw = np.zeros(source.nbytes + 1, "u1")
        array = raw[1:].view(dtype).reshape(source.shape)
        array[...] = source
        return array

    return change


def column(dtype, name):
    """One field of an array of records, whose strides need not be multiples of its size."""
    return lambda np: of_bytes(dtype)(np)[name]


def mapped(np):
    with tempfile.TemporaryFile() as file:
        array = np.memmap(file, ">f8", "w+", shape=(2, 3))
        array[...] = numbers(np, "f8")
        yield array


def filled(dtype, items):
    return lambda np: np.array(items, dtype)


def records(dtype, items):
    return lambda np: np.array(items, np.dtype(dtype))


NUMBERS = "?bBhHiIlLqQefdgFDG"
WIDE = "hHiIlLqQefdgFDG"
# The long doubles of the other byte order have no format.
SWAPPABLE = "hHiIlLqQefdFD"

SCALARS = (
    "bool_ int8 uint8 int16 uint16 int32 uint32 int64 uint64 float16 float32 float64 longdouble "
    "complex64 complex128 clongdouble"
)

RECORDS = {
    "two numbers": "i4,f8",
    "every size": "i1,i2,i4,i8,f2,f4,f8,u1,u2,u4,u8",
    "either byte order": ">i2,<i4,>f8,<f2,>u8,i1",
    "complex numbers": "c8,c16,>c8",
    "long doubles": "i1,g,G",
    "bools": "?,i2,?,?",
    "byte strings": "S3,i2,S1,S8",
    "text": "U2,i1,>U3",
    "raw bytes": "V3,i4,V1",
    "sub-arrays": "(2,3)i2,3f4,(1,)i1,(2,)S3",
    "no item in a sub-array": "i4,(0,)i4,i1",
    "sub-arrays in the other byte order": "(2,2)>i4,i1,(3,)>f8",
    "nesting": [("x", "i1"), ("in", [("a", "i2"), ("b", "f8")]), ("y", "i1")],
    "nesting in either byte order": [
        ("x", ">i2"),
        ("in", [("a", "<i4"), ("b", ">f8")]),
        ("y", "i4"),
    ],
    "nesting three deep": [("a", [("b", [("c", "i1"), ("d", "f4")]), ("e", "i2")]), ("f", "u1")],
    "arrays of records": [("x", "i1"), ("in", [("a", "i2"), ("b", "f4")], (2,)), ("y", "f8")],
    "titles": [(("a title", "a"), "i2"), (("b title", "b"), "f8")],
    "names of all kinds": [("é", "i1"), ("a b", "i2"), ("T{}", "i4"), ("", "i8")],
    "one field": [("only", "f8")],
    "one field of one item": [("only", "i2", (1,))],
}
# Records with padding after the last field, within other records: their formats do not show it.
INNER = [("a", "f8"), ("b", "i1")]
PADDED = {
    "a record and a byte": [("in", INNER), ("f", "u1")],
    "an array of records": [("x", "i1"), ("in", INNER, (2,)), ("f", "u1")],
    "an array of one record": [("in", INNER, (1,)), ("f", "u1")],
    "nesting three deep": RECORDS["nesting three deep"],
}
OFFSETS = {
    "gaps": {"names": ["a", "b"], "formats": ["i1", "f4"], "offsets": [1, 9], "itemsize": 16},
    "a gap at the end": {"names": ["a"], "formats": ["i2"], "offsets": [0], "itemsize": 7},
    "a gap at the start": {"names": ["a"], "formats": [">i4"], "offsets": [3], "itemsize": 7},
    "gaps and nesting": {
        "names": ["a", "b"],
        "formats": ["i1", [("c", "i1"), ("d", "f8")]],
        "offsets": [3, 7],
        "itemsize": 20,
    },
    "gaps and sub-arrays": {
        "names": ["a", "b"],
        "formats": ["(2,)i2", ("f8", (2,))],
        "offsets": [1, 8],
        "itemsize": 24,
    },
}

LAYOUTS = {
    "Fortran order": lambda a: a.copy(order="F"),
    "transposed": lambda a: a.T,
    "every second column": lambda a: a[:, ::2],
    "backwards": lambda a: a[::-1, ::-1],
    "one row": lambda a: a[1],
    "one column": lambda a: a[:, 1],
    "no rows": lambda a: a[:0],
    "no columns": lambda a: a[:, :0],
    "0-D": lambda a: a[0, 0, ...],
    "more dimensions": lambda a: a[None, :, None, ::-1, None],
    "read-only": lambda a: (a.setflags(write=False), a)[1],
}


def four_dimensions(np):
    return np.arange(120).reshape(2, 3, 4, 5).transpose(2, 0, 3, 1)[::2, :, ::-2]


def broadcast(np):
    return np.broadcast_to(np.arange(3, dtype="i2"), (2, 3))


def windows(np):
    return np.lib.stride_tricks.sliding_window_view(np.arange(6, dtype="f4"), 3)


def many_dimensions(np):
    most = 64 if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else 32
    return np.arange(6).reshape((1,) * (most - 2) + (2, 3))


def unmasked(np):
    array = np.ma.MaskedArray([1.5, 2.5, 3.5], [False, False, False])
    return Of(array, array.data)


def record_array(np):
    return np.rec.array([(1, 2.5, "ab"), (3, 4.5, "c")], dtype="i4,f8,U2")


def date_scalar(np):
    scalar = np.datetime64("2001-02-03")
    return Of(scalar, np.frombuffer(scalar.tobytes(), "u1"))


def strings_of_any_length(np):
    return np.array(["a", "bc"], np.dtypes.StringDType())


ROWS = [
    *(Row(f"numpy {code}", "numpy", of_numbers(code), values) for code in NUMBERS),
    *(
        Row(
            f"numpy {code} swapped",
            "numpy",
            lambda np, c=code: numbers(np, np.dtype(c).newbyteorder()),
            values,
        )
        for code in SWAPPABLE
    ),
    *(Row(f"numpy {code} unaligned", "numpy", unaligned(code), values) for code in WIDE),
    *(
        Row(f"numpy {name}", "numpy", of_numbers("i4", change), values)
        for name, change in LAYOUTS.items()
    ),
    *(
        Row(f"numpy >f8 {name}", "numpy", of_numbers(">f8", change), values)
        for name, change in LAYOUTS.items()
    ),
    Row("numpy: 4-D", "numpy", four_dimensions, values),
    Row("numpy: as many dimensions as there can be", "numpy", many_dimensions, values),
    Row("numpy: broadcast", "numpy", broadcast, values),
    Row(
        "numpy: broadcast 0-D", "numpy", lambda np: np.broadcast_to(np.float32(1.5), (2, 2)), values
    ),
    Row("numpy: windows that overlap", "numpy", windows, values),
    Row("numpy: diagonal", "numpy", lambda np: np.arange(9).reshape(3, 3).diagonal(), values),
    Row("numpy: real part", "numpy", lambda np: numbers(np, "D").real, values),
    Row("numpy: imaginary part, swapped", "numpy", lambda np: numbers(np, ">D").imag, values),
    Row("numpy S", "numpy", filled("S4", [[b"a", b""], [b"abcd", b"a\0b"]]), values),
    Row("numpy S of one byte", "numpy", filled("S1", [b"a", b"", b"\xff"]), values),
    Row("numpy U", "numpy", filled("U4", [["a", ""], ["\N{GRINNING FACE}bcd", "a\0b"]]), values),
    Row(
        "numpy U swapped",
        "numpy",
        lambda np: np.array(["a", "", "\N{SNOWMAN}bc"]).astype(">U3"),
        values,
    ),
    Row("numpy U of one character", "numpy", filled("U1", ["a", "", "\N{SNOWMAN}"]), values),
    Row(
        "numpy U strided",
        "numpy",
        lambda np: np.array([["a", "bc"], ["", "def"]])[::-1, 1:].T,
        values,
    ),
    Row("numpy V", "numpy", of_bytes("V3", (2, 2)), values),
    Row("numpy V of one byte", "numpy", of_bytes("V1"), values),
    Row(
        "numpy: dates as numbers",
        "numpy",
        lambda np: np.array(["2001-02-03"], "M8[s]").view("i8"),
        values,
    ),
    Row("numpy O", "numpy", filled("O", [["text", None], [1.5, (1, 2)]]), values),
    Row("numpy O 0-D", "numpy", lambda np: np.array("text", "O"), values),
    Row(
        "numpy O backwards",
        "numpy",
        lambda np: np.array(["a", 2, [3]], "O")[::-2],
        values,
    ),
    Row(
        "numpy records of objects",
        "numpy",
        records("i1,O,i2", [(1, "a", 2), (3, None, 4)]),
        values,
    ),
    *(
        Row(f"numpy records of {name}", "numpy", of_bytes(dtype), values)
        for name, dtype in RECORDS.items()
        if name != "text"
    ),
    *(
        Row(f"numpy aligned records of {name}", "numpy", of_bytes(dtype, align=True), values)
        for name, dtype in RECORDS.items()
        if name not in ("text", "titles", "nesting three deep")
    ),
    *(
        Row(
            f"numpy aligned records of {name}",
            "numpy",
            of_bytes(dtype, align=True),
            values,
            own_format=True,
        )
        for name, dtype in PADDED.items()
    ),
    *(
        Row(f"numpy records of {name}", "numpy", of_bytes(dtype, (2, 2)), values)
        for name, dtype in OFFSETS.items()
    ),
    Row(
        "numpy records of text",
        "numpy",
        records(RECORDS["text"], [("ab", 1, "\N{SNOWMAN}bc"), ("", 2, "x")]),
        values,
    ),
    Row("numpy: a packed record alone", "numpy", lambda np: of_bytes("i4,f8")(np)[1], values),
    Row("numpy records 0-D", "numpy", of_bytes("i1,f8", ()), values),
    Row(
        "numpy records backwards",
        "numpy",
        lambda np: of_bytes("i1,f8,>i2", (2, 3))(np)[::-1, ::2].T,
        values,
    ),
    Row("numpy: one field", "numpy", column("i1,f8,i2", "f1"), values),
    Row("numpy: one field, swapped", "numpy", column("i1,>i4,i2", "f1"), values),
    Row("numpy: one field, a sub-array", "numpy", column("i1,(2,2)f4,i2", "f1"), values),
    Row(
        "numpy: one field, a record", "numpy", column([("x", "i1"), ("in", "i1,f8")], "in"), values
    ),
    Row(
        "numpy: two of three fields",
        "numpy",
        lambda np: of_bytes("i1,f8,i2")(np)[["f0", "f2"]],
        values,
    ),
    *(
        Row(f"numpy.{name}", "numpy", lambda np, n=name: getattr(np, n)(1), values)
        for name in SCALARS.split()
    ),
    Row("numpy.str_", "numpy", lambda np: np.str_("abc"), str),
    Row("numpy.bytes_", "numpy", lambda np: np.bytes_(b"abc"), list),
    Row("numpy.void", "numpy", lambda np: np.void(b"abc"), bytes),
    Row("numpy.datetime64", "numpy", date_scalar, values),
    Row(
        "numpy: an aligned record alone",
        "numpy",
        lambda np: of_bytes("i4,f8", align=True)(np)[1],
        values,
    ),
    Row("numpy.memmap", "numpy", mapped, values),
    Row("numpy.recarray", "numpy", record_array, values),
    Row("numpy.matrix", "numpy", lambda np: np.matrix([[1, 2], [3, 4]]), lambda m: values(m.A)),
    Row("numpy.ma: nothing masked", "numpy", unmasked, values),
    Row(
        "numpy.ma",
        "numpy",
        lambda np: np.ma.MaskedArray([1.5, 2.5], [False, True]),
        refused=NoBuffer(
            "a buffer does not tell what is masked", BufferError, "masked", granted=True
        ),
    ),
    Row(
        "numpy.char.chararray",
        "numpy",
        lambda np: np.char.array([b"ab", b"c"]),
        lambda a: values(a.view(type(a).__base__)),
    ),
    Row(
        "numpy: dates",
        "numpy",
        lambda np: np.zeros(3, "M8[s]"),
        refused=NoBuffer("NumPy has no format for it", ValueError, "dtype 'M'"),
    ),
    Row(
        "numpy: durations",
        "numpy",
        lambda np: np.zeros(3, "m8[s]"),
        refused=NoBuffer("NumPy has no format for it", ValueError, "dtype 'm'"),
    ),
    Row(
        "numpy: strings of any length",
        "numpy",
        strings_of_any_length,
        refused=NoBuffer("NumPy has no format for it", ValueError, "StringDType"),
    ),
    no_buffer("numpy.dtype", "numpy", lambda np: np.dtype("i4")),
]
