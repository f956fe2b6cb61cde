"""Deep structures in threads with small stacks: a value, or an error that says so, never a crash.

Formats that nest, objects that refer to each other in cycles and chains through views, code of the
user's that comes back to the view that called it, and chains of views that die. Oracles: the value
that a format was built for; which errors may be raised; an object at the end of each chain, which
has to die with it.
"""

import contextlib
import ctypes
import gc
import sys
import weakref

import consumer

from support.threads import in_small_thread

try:
    import numpy as np
except ImportError:
    np = None

LIMIT = 64
BUFFER_CLASSES = sys.version_info >= (3, 12)


# --- Formats that nest ---------------------------------------------------------------------------


def nested(random):
    """A format of one byte that nests, the value of the byte 7, and whether the limits allow it."""
    levels = random.choice([1, 3, 10, 40, LIMIT, LIMIT + 1, 1000])
    dimensions = random.choice([0, 1, 5, LIMIT, LIMIT + 1, 100_000])
    parts = ["record"] * levels + ["sub-array"] * min(dimensions, levels)
    random.shuffle(parts)
    arrays = max(parts.count("sub-array"), 1)
    text, value, ends, records, total = "", 7, "", 0, 0
    # From the inside to the outside for the value, so that the parts are remembered.
    made = []
    after_shape = False
    for part in parts:
        if part == "record":
            records += 1
            made.append(("record", 0))
            text += "T{"
            ends = random.choice(["}", ":x:}"]) + ends
            after_shape = False
        elif not after_shape:
            count = max(dimensions // arrays, 1)
            total += count
            made.append(("sub-array", count))
            text += "(" + ",".join("1" * count) + ")"
            after_shape = True
    if total > 1000 or records > LIMIT:
        return text + "B" + ends, None, False
    for part, count in reversed(made):
        if part == "record":
            value = (value,)
        else:
            for _ in range(count):
                value = [value]
    return text + "B" + ends, value, total <= LIMIT and records <= LIMIT


def use_elements(view, value):
    """All that reads or writes elements, on a view of one element; the element, twice."""
    copy = view.copy()
    assert view == copy
    assert copy.tobytes() == view.tobytes()
    assert value in view
    assert (view.count(value), view.index(value)) == (1, 0)
    assert str(view) in repr(view)
    assert view.format in repr(view)
    # A field is a view, and its dimensions, 65 at most here, come after those of the records.
    with contextlib.suppress(ValueError):
        assert len(view.fields or ()) <= 1
    copy[0] = value
    copy[...] = view
    copy[:] = view
    list(view)
    return view[0], view.tolist()[0]


def formats(random):
    """A format that nests, used in a small thread."""
    text, value, allowed = nested(random)
    if not allowed:
        error = in_small_thread(lambda: consumer.consume(bytearray(b"\7")).cast(text))
        assert isinstance(error, ValueError), error
        assert len(str(error)) < 1000
        return
    made = in_small_thread(lambda: use_all(text, value))
    # The last resort in a small stack is an error.
    if not isinstance(made, RecursionError):
        assert isinstance(made, tuple), repr(made)
        assert made == (value, value), text


def use_all(text, value):
    view = consumer.consume(bytearray(b"\7")).cast(text)
    return use_elements(view, value)


# --- Objects that hold views of objects ----------------------------------------------------------


def object_view(*objects):
    """A view over memory with references to objects."""
    array = np.empty(len(objects), object)
    for place, value in enumerate(objects):
        array[place] = value
    return consumer.consume(array)


def owning_view(*objects):
    """A view over memory of its own with references to objects."""
    return object_view(*objects).copy()


def record_view(*objects):
    """A view of records with references to objects."""
    array = np.empty(len(objects), [("n", "i4"), ("o", "O")])
    array["n"] = 1
    of_objects = array["o"]
    for place, value in enumerate(objects):
        of_objects[place] = value
    return consumer.consume(array).copy()


HOLDERS = [object_view, owning_view, record_view]
WRAPPERS = [
    lambda x: [x],
    lambda x: (x,),
    lambda x: {0: x},
    lambda x: x,
]
RECURSIVE = {
    "repr": repr,
    "str": str,
    "equality": lambda view: view == view.copy(),
    "inequality": lambda view: view[:] != view,
    "in": lambda view: view.copy() in view,
    "count": lambda view: view.count(view.copy()),
    "index": lambda view: view.index(view.copy()),
    "tolist": lambda view: view.tolist(),
    "iteration": lambda view: list(view),
    "copy": lambda view: view.copy(),
}


def objects(random):
    """Views that hold each other in chains and cycles, compared and shown in a small thread."""
    length = random.choice([1, 2, 10, 100, 1000, 10_000])
    name = random.choice(list(RECURSIVE))
    cyclic = random.random() < 0.5

    def body():
        arrays = []
        last = random.choice(HOLDERS)(None)
        first = last
        for _ in range(length):
            # What is reached in two ways would be visited twice, and all below it four times.
            held = [random.choice(WRAPPERS)(last), *random.choice([(), (None,), ("text", 1)])]
            random.shuffle(held)
            last = random.choice(HOLDERS)(*held)
        if cyclic:
            first[0] = (1, last) if first.format != "O" else last
        arrays.append(last)
        try:
            RECURSIVE[name](last)
        except RecursionError:
            return "too deep"
        except ValueError:
            return "not found"
        return "done"

    result = in_small_thread(body)
    assert result in {"too deep", "not found", "done"}, (name, result)
    gc.collect()


# --- Code that comes back ------------------------------------------------------------------------


class Again:
    """Comes back to the operation that called it, by every method that one calls."""

    def __init__(self, operation):
        self.operation = operation

    def again(self, *_arguments):
        return self.operation(self)

    __index__ = __float__ = __eq__ = __repr__ = __buffer__ = __bool__ = __hash__ = again
    __iter__ = again


def comings_back():
    """Operations that call the user's code, as functions of the object that is called."""
    numbers = consumer.consume(bytearray(8))
    doubles = consumer.consume(bytearray(64)).cast("d")
    made = [
        lambda x: numbers[x],
        lambda x: numbers[x:],
        lambda x: numbers[(x,)],
        lambda x: numbers.__setitem__(x, 1),
        lambda x: numbers.__setitem__(0, x),
        lambda x: numbers.__setitem__(..., x),
        lambda x: doubles.__setitem__(0, x),
        lambda x: x in numbers,
        lambda x: x in doubles,
        lambda x: numbers.count(x),
        lambda x: numbers.index(x),
        lambda x: numbers.index(1, x),
        lambda x: numbers.reshape(x),
        lambda x: numbers.reshape(2, x),
        lambda x: numbers.transpose(x),
        lambda x: numbers.cast("B", [x]),
        lambda x: numbers.cast("B", offset=x),
        lambda x: numbers.cast("B", count=x),
        lambda x: consumer.ConsumerArray(x),
        lambda x: numbers.cast("(2)B").__setitem__(0, [x, x]),
        lambda x: numbers.cast("T{B:a:B:b:}").__setitem__(0, (x, x)),
    ]
    if BUFFER_CLASSES:
        made += [
            consumer.consume,
            lambda x: numbers == x,
            lambda x: numbers.__setitem__(slice(None), x),
        ]
    if np is not None:
        made += [
            lambda x: repr(object_view(x)),
            lambda x: str(record_view(x)),
            lambda x: object_view(x) == object_view(1),
            lambda x: 1 in object_view(x),
            lambda x: object_view(x).count(1),
        ]
    return made


def code(random):
    """The user's code comes back, in a small thread and with any limit of Python's own."""
    operation = random.choice(comings_back())
    limit, old = random.choice([200, 1000, 100_000]), sys.getrecursionlimit()

    def body():
        operation(Again(operation))

    sys.setrecursionlimit(limit)
    try:
        result = in_small_thread(body)
    finally:
        sys.setrecursionlimit(old)
    assert result is None or isinstance(
        result, (RecursionError, TypeError, ValueError, IndexError, BufferError)
    ), repr(result)


# --- Chains that die -----------------------------------------------------------------------------


class End:
    """What is held at the end of a chain."""


class Exporter:
    """Exports the buffer of what it holds."""

    def __init__(self, held):
        self.held = held

    def __buffer__(self, flags):
        return memoryview(self.held)


def py_object(held):
    """A ctypes object that refers to another object."""
    made = (ctypes.py_object * 1)()
    made[0] = held
    return made


def holding_numpy(held):
    """A NumPy array that refers to another object."""
    made = np.empty(1, object)
    made[0] = held
    return made


def links():
    """Objects that hold another one; True with those that need a buffer, and give one."""
    plain = [
        lambda x: [x],
        lambda x: (x,),
        lambda x: {"x": x},
        py_object,
        lambda x: consumer.consume(py_object(x)),
        lambda x: iter(consumer.consume(py_object(x))),
    ]
    if np is not None:
        plain += [*HOLDERS, holding_numpy, lambda x: iter(owning_view(x, x))]
        plain += [lambda x: owning_view(x, None)[1:], lambda x: owning_view(x)[::-1]]
    buffers = [
        lambda x: consumer.consume(memoryview(x)),
        lambda x: consumer.consume(memoryview(x))[:],
        lambda x: consumer.consume(memoryview(consumer.consume(x))),
    ]
    if BUFFER_CLASSES:
        buffers.append(lambda x: consumer.consume(Exporter(x)))
    return plain, buffers


def chain(random, length):
    """A chain of so many links, and a weak reference to what is at its end."""
    plain, buffers = links()
    end = End()
    weak = weakref.ref(end)
    some = random.sample(plain, random.randint(1, 3))
    view = random.choice(HOLDERS) if np is not None else lambda x: consumer.consume(py_object(x))
    last = view(end)
    del end
    for _ in range(length):
        choice = random.random()
        if choice < 0.4:
            last = view(random.choice(some)(last))
        elif choice < 0.5:
            last = view(last)
        else:
            last = random.choice(buffers)(last)
        assert isinstance(last, consumer.ConsumerArray)
    return last, weak


def deaths(random):
    """A chain dies in a small thread, by itself, by release or by the collector."""
    length = random.choice([1, 15, 16, 17, 100, 1000, 5000, 20_000])
    way = random.choice(["drop", "release", "collect", "exception"])

    def body():
        last, weak = chain(random, length)
        if way == "release":
            last.release()
        elif way == "collect":
            cycle = [last]
            cycle.append(cycle)
            del cycle
        elif way == "exception":
            try:
                raise KeyError(last)
            except KeyError as error:
                del error
        del last
        if way == "collect":
            gc.collect()
        return weak() is None

    result = in_small_thread(body)
    assert result is True, (length, way, result)


def case(random):
    """One structure, and what is done with it."""
    kinds = [formats, code]
    if np is not None:
        kinds += [objects, deaths]
    random.choice(kinds)(random)
