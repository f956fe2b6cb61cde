"""Operations whose cost grows with what the caller passes, each with too little memory for that.

    python -m support.allocation_cases [NAME ...]

prints how each of them ends. A case is a name, a function that prepares an action while there is
memory, the bytes that the action has, and the endings that are right.
"""

import array
import contextlib
import ctypes
import itertools

import consumer
import numpy as np

from support.limited import MB, main
from support.tricksters import EndlessList

consume = consumer.consume
NO_MEMORY = ("MemoryError",)
# Without a request that is large, there may be enough.
EITHER = ("MemoryError", "result")

CASES = {}


def case(slack, *endings):
    """Takes a function that prepares an action as a case."""

    def take(prepare):
        CASES[prepare.__name__] = (prepare, slack, endings)
        return prepare

    return take


def on(view, operation, argument, slack, *endings, name):
    """A case that does something with a view and one argument, both made by functions."""

    def prepare():
        target, value = view(), argument()
        return lambda: operation(target, value)

    CASES[name] = (prepare, slack, endings)


class Index:
    """An int of no type that is known."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


class Unhelpful:
    """An object whose repr is huge, and which is no number."""

    def __index__(self):
        raise OverflowError

    def __repr__(self):
        return "é" * 6_000_000


def line():
    """A view of one dimension."""
    return consume(bytearray(10))


def matrix():
    """A view of two dimensions."""
    return consume(np.zeros((4, 5), "<i4"))


def records():
    """A view of records."""
    return consume(bytearray(6)).cast("B:a:B:b:B:c:")


def one():
    """A view of one element."""
    return consume(bytes(1))


def strings(kind, size):
    """A view of two strings of many bytes."""
    return lambda: consume(np.zeros(2, f"{kind}{size}"))


def many_fields(count):
    """A view of records with many fields."""
    return lambda: consume(np.zeros(2, [(f"f{index}", "u1") for index in range(count)]))


def get(view, key):
    return view[key]


def store(view, key):
    view[key] = 1


def fill(view, value):
    view[...] = value


def read_first(view, _):
    return view[0]


def store_first(view, value):
    view[0] = value


MANY = 600_000
KEYS = {
    "ints": (lambda: (0,) * MANY, "TypeError"),
    "objects": (lambda: (Index(0),) * MANY, "TypeError"),
    "slices": (lambda: (slice(None),) * MANY, "NotImplementedError"),
    "ellipses": (lambda: (...,) * MANY, "TypeError"),
    "mixed": (lambda: (0, slice(None)) * MANY, "TypeError"),
    "ints_and_ellipsis": (lambda: (..., *(0,) * MANY), "TypeError"),
    "strings": (lambda: ("a",) * MANY, "TypeError"),
}
for kind, (make, ending) in KEYS.items():
    for view in line, matrix:
        on(view, get, make, MB, ending, name=f"get_{view.__name__}_{kind}")
        on(view, store, make, MB, ending, name=f"set_{view.__name__}_{kind}")

NUMBERS = {
    "list": lambda: [1] * MANY,
    "tuple": lambda: (1,) * MANY,
    "range": lambda: range(10**10),
    "endless": lambda: itertools.repeat(1),
    "generator": lambda: (1 for _ in itertools.count()),
    "endless_list": lambda: EndlessList([1]),
}
for kind, make in NUMBERS.items():
    for view in one, matrix:
        name = f"{view.__name__}_{kind}"
        on(view, lambda v, x: v.transpose(x), make, MB, "ValueError", name=f"transpose_{name}")
        on(view, lambda v, x: v.reshape(x), make, MB, "ValueError", name=f"reshape_{name}")
    refused = "ValueError" if "list" in kind or kind == "tuple" else "TypeError"
    shape = lambda v, x: v.cast("B", x)  # noqa: E731
    on(one, shape, make, MB, refused, name=f"cast_shape_{kind}")
on(one, lambda v, x: v.reshape(*x), lambda: (1,) * MANY, 4 * MB, "ValueError", name="reshape_star")
on(one, lambda v, x: v.transpose(*x), lambda: (0,) * MANY, 4 * MB, "ValueError", name="axes_star")


def named(method):
    """A call of a method with arguments by name."""
    return lambda view, names: getattr(view, method)(0, **names)


def long_keyword():
    return {"k" * 20 * MB: 1}


# Arguments of a name that nothing has.
for method in (
    "cast", "astype", "tobytes", "index", "count", "reshape", "transpose", "hex", "copy", "release",
    "tolist", "byteswap", "toreadonly", "__array__", "__arrow_c_array__", "__deepcopy__",
    "__exit__", "__class__", "sum", "minmax", "argmin",
):  # fmt: skip
    call, endings = named(method), ("TypeError", "MemoryError")
    on(one, call, long_keyword, 4 * MB, *endings, name=f"long_keyword_{method}")


def arrow(view, _):
    return view.__arrow_c_array__()


def text_in_records():
    """A view of two records of long text."""
    text = np.full(2, "é" * 8 * MB, f"U{8 * MB}")
    return consume(text.view([("text", text.dtype)]))


on(many_fields(100_000), arrow, lambda: None, MB, *EITHER, name="arrow_many_fields")
on(text_in_records, arrow, lambda: None, 9 * MB, *NO_MEMORY, name="arrow_text")
on(text_in_records, arrow, lambda: None, 70 * MB, *NO_MEMORY, name="arrow_text_encoded")
on(many_fields(1), arrow, lambda: None, MB, "result", name="arrow_one_field")

FORMATS = {
    "many": lambda: "B" * MANY,
    "many_spaces": lambda: " " * MANY + "B",
    "many_records": lambda: "T{B}" * MANY,
    "many_dimensions": lambda: "(" + "1," * MANY + "1)B",
    "many_named": lambda: "".join(f"B:f{index}:" for index in range(100_000)),
    "long_name": lambda: "B:" + "x" * 3 * MB + ":",
    "long_name_repeated": lambda: "1000T{B:" + "x" * MB + ":}",
    "long_signature": lambda: "X{" + "x" * 3 * MB + "}",
    "unknown": lambda: "B" * 3 * MB + "!",
    "surrogates": lambda: "B:" + "\udcff" * 5 * MB + ":",
    "large_count": lambda: "1000000000000x",
    "large_repeat": lambda: "1000000000000B",
    "large_sub_array": lambda: "(1000000,1000000)B",
    "huge_count": lambda: "9" * MANY + "B",
}
for kind, make in FORMATS.items():
    endings = ("ValueError", "TypeError", *EITHER)
    on(line, lambda v, x: v.cast(x), make, 4 * MB, *endings, name=f"cast_{kind}")
    on(line, lambda v, x: v.astype(x), make, 4 * MB, *endings, name=f"astype_{kind}")
on(
    lambda: consume(bytes(30_000)),
    lambda v, x: v.cast(x)["f7"].tolist(),
    lambda: "".join(f"B:f{index}:" for index in range(30_000)),
    3 * MB,
    "MemoryError",
    "result",
    name="cast_and_read_many_fields",
)

NAMES = {
    "same": (lambda: ["a"] * MANY, "ValueError"),
    "unknown": (lambda: ["a", "z"] + ["b"] * MANY, "KeyError"),
    "distinct": (lambda: [f"x{index}" for index in range(MANY // 3)], "KeyError"),
    "no_strings": (lambda: ["a"] * MANY + [1], "TypeError"),
    "long": (lambda: "x" * 5 * MB, "KeyError"),
    "long_in_list": (lambda: ["a", "x" * 5 * MB], "KeyError"),
    "long_wide": (lambda: "é" * 4 * MB, "KeyError"),
    "long_surrogates": (lambda: "\ud800" * 3 * MB, "KeyError"),
}
for kind, (make, ending) in NAMES.items():
    on(records, get, make, MB, ending, name=f"names_{kind}")
    on(records, store, make, MB, ending, name=f"store_names_{kind}")

for kind in "S", "U", "V":
    size = 6_000_000 if kind != "U" else 1_500_000
    empty = {"S": b"", "U": "", "V": bytes(size)}[kind]
    view = strings(kind, size)
    for operation, endings in {
        "read": EITHER,
        "list": EITHER,
        "str": EITHER,
        "in": EITHER,
        "count": EITHER,
        "copy": EITHER,
        "tobytes": EITHER,
        "equal": ("result",),
        "iterate": EITHER,
    }.items():
        action = {
            "read": lambda v, _: v[0],
            "list": lambda v, _: v.tolist(),
            "str": lambda v, _: (str(v), repr(v)),
            "in": lambda v, x: x in v,
            "count": lambda v, x: v.count(x),
            "copy": lambda v, _: v.copy(),
            "tobytes": lambda v, _: v.tobytes(),
            "equal": lambda v, _: v == v.cast(f"{v.nbytes // 2 - 4}sxxxx"),
            "iterate": lambda v, _: list(v),
        }[operation]
        name = f"long_{kind}_{operation}"
        on(view, action, lambda empty=empty: empty, MB, *endings, name=name)
    on(view, store_first, lambda empty=empty: empty, MB, *EITHER, name=f"long_{kind}_store")
    on(view, fill, lambda empty=empty: empty, MB, *EITHER, name=f"long_{kind}_fill")
    other = strings(kind, size - 1)
    on(
        view,
        lambda v, w: v == w,
        other,
        4 * MB,
        "result",
        name=f"long_{kind}_equal_to_shorter",
    )

OBJECTS = [("a", "O", (MANY,))]
objects = lambda: consume(np.zeros(1, OBJECTS))  # noqa: E731
on(objects, read_first, lambda: None, MB, *EITHER, name="objects_read")
on(objects, store_first, lambda: ([1] * MANY,), 4 * MB, *EITHER, name="objects_store")
on(objects, fill, lambda: ([1] * MANY,), 4 * MB, *EITHER, name="objects_fill")
on(objects, lambda v, _: v.copy(), lambda: 0, MB, *EITHER, name="objects_copy")
on(objects, lambda v, _: v == v, lambda: 0, MB, *EITHER, name="objects_equal")
ENDLESS = "ValueError", "MemoryError"
on(objects, store_first, lambda: (EndlessList(),), 12 * MB, *ENDLESS, name="objects_endless")
on(
    lambda: consume(np.zeros(2, [("a", "u1", (3,))])),
    store_first,
    lambda: (EndlessList(),),
    MB,
    "ValueError",
    name="sub_array_endless",
)

for count in 20_000, 70_000:
    view = many_fields(count)
    name = f"fields_{count}"
    on(view, lambda v, _: v.fields, lambda: 0, 4 * MB, *EITHER, name=name)
    on(
        view,
        lambda v, _: v[0],
        lambda: 0,
        1 * MB,
        *EITHER,
        "NotImplementedError",
        name=f"{name}_read",
    )
    on(view, lambda v, _: v.copy(), lambda: 0, 2 * MB, *EITHER, name=f"{name}_copy")
    on(
        view,
        get,
        lambda count=count: [f"f{index}" for index in range(count)],
        4 * MB,
        *EITHER,
        name=f"{name}_select",
    )


@case(6 * MB, *EITHER)
def fields_of_numpy_consume():
    array = np.zeros(2, [(f"f{index}", "u1") for index in range(30_000)])
    return lambda: consume(array)


@case(4 * MB, *EITHER)
def fields_of_ctypes_consume():
    fields = [(f"f{index}", ctypes.c_byte) for index in range(20_000)]
    structure = type("Structure", (ctypes.Structure,), {"_fields_": fields})()
    return lambda: consume(structure)


@case(4 * MB, *EITHER)
def name_of_ctypes_consume():
    fields = [("x" * 4 * MB, ctypes.c_byte)]
    structure = type("Structure", (ctypes.Structure,), {"_fields_": fields})()
    return lambda: consume(structure)


@case(9 * MB, "ValueError")
def message_repr():
    view = consume(bytearray(8)).cast("q")
    return lambda: store_first(view, Unhelpful())


@case(MB, "TypeError")
def message_type_name():
    value = type("x" * 4 * MB, (), {})()
    view = consume(bytearray(8)).cast("q")
    return lambda: store_first(view, value)


@case(MB, "BufferProtocolError")
def message_consume():
    value = type("x" * 4 * MB, (), {})()
    return lambda: consume(value)


@case(MB, "TypeError")
def message_key():
    key, view = type("x" * 4 * MB, (), {})(), line()
    return lambda: view[key]


@case(MB, "ValueError")
def message_bytes():
    view, value = consume(np.zeros(2, "S3")), bytes(4 * MB)
    return lambda: store_first(view, value)


@case(MB, "TypeError")
def message_format():
    view = consume(bytes(9)).cast("9B:" + "x" * MB + ":")
    return lambda: view.astype("q")


@case(MB, *EITHER)
def pickle_large():
    view = consume(np.zeros(2 * MB, "u1"))
    return lambda: view.__reduce_ex__(4)


@case(MB, *EITHER)
def pickle_strided():
    view = consume(np.zeros(4 * MB, "u1"))[::2]
    return lambda: view.__reduce_ex__(5)


@case(MB, *EITHER)
def pickle_format():
    view = consume(bytes(9)).cast("9B:" + "x" * 2 * MB + ":")
    return lambda: view.__reduce_ex__(5)


@case(MB, "TypeError", *EITHER)
def rebuild_format():
    form = "9B:" + "x" * 2 * MB
    return lambda: consumer._rebuild(bytes(9), form, 9, (1,), "C", form, 0)


@case(MB, *EITHER)
def rebuild_copies():
    data = bytes(8 * MB)
    return lambda: consumer._rebuild(data, "B", 1, (8 * MB,), "C", "", 1)


@case(MB, "ValueError")
def new_dimensions():
    view, key = line(), (None,) * MANY
    return lambda: view[key]


@case(4 * MB, *EITHER)
def hex_large():
    view = consume(np.zeros(4 * MB, "u1"))
    return view.hex


@case(MB, *EITHER)
def assign_overlapping():
    view = consume(np.zeros(8 * MB, "u1"))
    return lambda: view.__setitem__(slice(None, None, 2), view[: 4 * MB])


@case(MB, *EITHER)
def astype_large():
    view = consume(np.zeros(2 * MB, "u1"))
    return lambda: view.astype("d")


@case(MB, *NO_MEMORY)
def new_large():
    return lambda: consumer.ConsumerArray(2**30)


@case(MB, *EITHER)
def tolist_large():
    view = consume(np.zeros(4 * MB, "u1"))
    return view.tolist


def until_no_memory(action):
    """Does something again and again, and keeps what it returns, when little memory is left.

    In a list that is long enough: CPython 3.15 drops twice what it cannot append to one.
    """
    room = [None] * 1_000_000

    def repeat():
        places = iter(range(len(room)))
        for size in MB, 50_000, 2000, 400:
            with contextlib.suppress(MemoryError):
                for place in places:
                    room[place] = bytes(size)
        for place in places:
            room[place] = action(), bytes(100)

    return repeat


def error_of(action):
    """The exception that an action raises."""
    try:
        action()
    except MemoryError:
        raise
    except Exception as error:
        return error
    raise AssertionError


def small(view):
    """What can be done with any view."""
    return {
        "slice": lambda: view[...],
        "consume": lambda: consume(view),
        "copy": view.copy,
        "iterate": lambda: iter(view),
        "reversed": lambda: reversed(view),
        "shape": lambda: (view.shape, view.strides, view.suboffsets, view.format, view.nbytes),
        "str": lambda: (str(view), repr(view)),
        "transpose": lambda: view.T,
        "reshape": lambda: view.reshape(-1),
        "readonly": view.toreadonly,
        "list": view.tolist,
        "bytes": lambda: (view.tobytes(), view.hex()),
        "fields": lambda: view.fields,
        "memoryview": lambda: memoryview(view),
        "index_error": lambda: error_of(lambda: view[999]),
        "value_error": lambda: error_of(lambda: view.reshape(7, 7, 7, 7)),
        "type_error": lambda: error_of(lambda: view["name"]),
        "cast_error": lambda: error_of(lambda: view.cast("!!")),
    }


VIEWS = {
    "line": lambda: consume(array.array("h", range(300))),
    "deep": lambda: consume(np.zeros((1,) * 30 + (300,), "u1")),
    "objects": lambda: consume(np.zeros((2, 2, 2, 2, 20), "O")),
    "records": lambda: consume(np.zeros(300, "u1,u2,(2,3)u4")),
}
for kind, make in VIEWS.items():
    for operation in small(line()):

        def prepare(make=make, operation=operation):
            action = small(make())[operation]
            return until_no_memory(action)

        CASES[f"repeated_{kind}_{operation}"] = (prepare, 2 * MB + 4096, NO_MEMORY)


@case(3 * MB, *NO_MEMORY)
def repeated_fields():
    view = VIEWS["records"]()
    return until_no_memory(lambda: (view["f2"], view[["f0", "f2"]], view["f1"]))


if __name__ == "__main__":
    main(CASES)
