"""Arrow's C structs in ctypes: producers that say what a test wants them to say, and a consumer.

A producer counts how often each of its structs is released. It lives for as long as they do: a test
that drops it while a view has its memory reads freed memory.
"""

import contextlib
import ctypes
import struct
import threading

from support import capsules


class Schema(ctypes.Structure):
    """`ArrowSchema`."""


class Array(ctypes.Structure):
    """`ArrowArray`."""


class Stream(ctypes.Structure):
    """`ArrowArrayStream`."""


def _release_of(kind):
    return ctypes.CFUNCTYPE(None, ctypes.POINTER(kind))


# Without what ctypes makes of pointers to text: addresses only.
_ADDRESS = ctypes.c_void_p
Schema._fields_ = [
    ("format", _ADDRESS),
    ("name", _ADDRESS),
    ("metadata", _ADDRESS),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", _ADDRESS),
    ("dictionary", _ADDRESS),
    ("release", _ADDRESS),
    ("private_data", _ADDRESS),
]
Array._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", _ADDRESS),
    ("children", _ADDRESS),
    ("dictionary", _ADDRESS),
    ("release", _ADDRESS),
    ("private_data", _ADDRESS),
]
Stream._fields_ = [
    ("get_schema", _ADDRESS),
    ("get_next", _ADDRESS),
    ("get_last_error", _ADDRESS),
    ("release", _ADDRESS),
    ("private_data", _ADDRESS),
]
NAMES = {Schema: b"arrow_schema", Array: b"arrow_array", Stream: b"arrow_array_stream"}
_GETTER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Stream), _ADDRESS)
_LAST_ERROR = ctypes.CFUNCTYPE(_ADDRESS, ctypes.POINTER(Stream))

# The capsule is being deallocated: an object would be counted up and down, and so once more.
_DESTRUCTOR = ctypes.PYFUNCTYPE(None, _ADDRESS)


def capsule_address(capsule, name):
    """What is in a capsule."""
    return capsules.pointer(id(capsule), name)


def metadata(pairs):
    """Keys and values as a schema has them."""
    parts = [struct.pack("=i", len(pairs))]
    for pair in pairs.items():
        parts += [struct.pack("=i", len(text)) + text for text in pair]
    return b"".join(parts)


class Producer:
    """The owner of structs, with the methods by which they are handed over.

    `array` and `schema` are what its `node`s returned; with `chunks` it has a stream.
    """

    def __init__(self):
        self.kept = []
        self.released = []
        self.pending = {}
        self.made = 0
        self._functions = {}
        for kind in NAMES:
            function = _release_of(kind)(self._release)
            self._functions[kind] = ctypes.cast(function, _ADDRESS).value
            self.kept.append(function)

    # What ctypes runs, in whatever thread.
    def _release(self, pointer):
        instance = pointer.contents
        self.released.append(instance.private_data)
        for owned in self.pending.pop(instance.private_data):
            if owned.release:
                release(type(owned), ctypes.addressof(owned))
        instance.release = None

    def keep(self, memory):
        """The address of a copy of some bytes, which ends with its heap block; None for None."""
        if memory is None:
            return None
        block = (ctypes.c_ubyte * len(memory)).from_buffer_copy(memory)
        self.kept.append(block)
        return ctypes.addressof(block)

    def addresses(self, addresses):
        """The address of an array of addresses; None for None."""
        if addresses is None:
            return None
        array = (_ADDRESS * max(len(addresses), 1))(*addresses)
        self.kept.append(array)
        return ctypes.addressof(array)

    def _made(self, kind, fields, owned, changes):
        self.made += 1
        self.pending[self.made] = owned
        fields |= {"release": self._functions[kind], "private_data": self.made}
        made = kind(**{**fields, **changes})
        if not made.release:
            # It was before it was handed over.
            self._release(ctypes.pointer(made))
        self.kept.append(made)
        return made

    def _with_children(self, kind, fields, children, changes):
        fields |= {
            "n_children": len(children),
            "children": self.addresses([ctypes.addressof(child) for child in children] or None),
        }
        return self._made(kind, fields, list(children), changes)

    def schema(self, form, children=(), /, name=b"", metadata=None, **changes):
        """A schema; `changes` are fields that are to be otherwise."""
        form, name = (None if text is None else text + b"\0" for text in (form, name))
        fields = {
            "format": self.keep(form),
            "name": self.keep(name),
            "metadata": self.keep(metadata),
        }
        return self._with_children(Schema, {**fields, "flags": 2}, children, changes)

    def array(self, length, buffers, children=(), /, null_count=0, offset=0, **changes):
        """An array; `changes` are fields that are to be otherwise."""
        fields = {
            "length": length,
            "null_count": null_count,
            "offset": offset,
            "n_buffers": len(buffers),
            "buffers": self.addresses([self.keep(buffer) for buffer in buffers]),
        }
        return self._with_children(Array, fields, children, changes)

    def stream(self, schema, chunks, error=b"it failed", **changes):
        """A stream of those arrays; a number among them is the status of a call that fails."""
        answers, text = iter([schema, *chunks]), None if error is None else self.keep(error + b"\0")

        def get(_stream, place):
            answer = next(answers, None)
            if isinstance(answer, int):
                return answer
            kind = Schema if answer is schema else Array
            move(kind, place, None if answer is None else ctypes.addressof(answer))
            return 0

        getter, last_error = _GETTER(get), _LAST_ERROR(lambda _stream: text)
        self.kept += [getter, last_error]
        fields = {
            "get_schema": ctypes.cast(getter, _ADDRESS).value,
            "get_next": ctypes.cast(getter, _ADDRESS).value,
            "get_last_error": ctypes.cast(last_error, _ADDRESS).value,
        }
        owned = [part for part in (schema, *chunks) if not isinstance(part, int)]
        return self._made(Stream, fields, owned, changes)

    def capsule(self, instance, name=None):
        """A capsule that has a struct, and releases it if nobody has taken it."""
        kind = type(instance)
        name = NAMES[kind] if name is None else name

        def destroy(capsule):
            place = capsules.pointer(capsule, name)
            if kind.from_address(place).release:
                release(kind, place)

        destructor = _DESTRUCTOR(destroy)
        self.kept.append(destructor)
        address = ctypes.cast(destructor, _ADDRESS).value
        return capsules.new(ctypes.addressof(instance), capsules.kept(name), address)

    def check_released_once(self):
        """Every struct was released, and only once."""
        assert sorted(self.released) == list(range(1, self.made + 1))


class OfArray:
    """An object with `__arrow_c_array__`, which returns what it is given."""

    def __init__(self, returned):
        self.returned = [returned]

    def __arrow_c_array__(self, requested_schema=None):
        assert requested_schema is None
        return self.returned.pop()


class OfStream:
    """An object with `__arrow_c_stream__`, which returns what it is given."""

    def __init__(self, returned):
        self.returned = [returned]

    def __arrow_c_stream__(self, requested_schema=None):
        assert requested_schema is None
        return self.returned.pop()


def release(kind, address):
    """Calls the `release` of the struct at an address, detached, and sees that it says so."""
    instance = kind.from_address(address)
    # A prototype without ctypes' reference to it: the function gets the place itself.
    function = ctypes.CFUNCTYPE(None, _ADDRESS)(instance.release)
    function(address)
    assert not instance.release


def move(kind, to, source):
    """Moves a struct from one address to another, as a consumer does; None is a released one."""
    if source is None:
        ctypes.memset(to, 0, ctypes.sizeof(kind))
        return
    ctypes.memmove(to, source, ctypes.sizeof(kind))
    kind.from_address(source).release = None


class Consumed:
    """Structs moved out of the capsules of `__arrow_c_array__`."""

    def __init__(self, capsules):
        self.schema, self.array = Schema(), Array()
        for instance, capsule in zip((self.schema, self.array), capsules, strict=True):
            kind = type(instance)
            move(kind, ctypes.addressof(instance), capsule_address(capsule, NAMES[kind]))
            assert instance.release

    def release(self, *, in_thread=False):
        """Releases both, in a thread of its own or here."""

        def both():
            for instance in (self.array, self.schema):
                release(type(instance), ctypes.addressof(instance))

        if in_thread:
            thread = threading.Thread(target=both)
            thread.start()
            thread.join()
        else:
            both()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()


def children(instance):
    """The children of a struct."""
    kind = type(instance)
    if not instance.n_children:
        return []
    addresses = (_ADDRESS * instance.n_children).from_address(instance.children)
    return [kind.from_address(address) for address in addresses]


def text(address):
    """The C string at an address; None for NULL."""
    return ctypes.string_at(address) if address else None


def buffers(array):
    """The addresses of an array's buffers."""
    return list((_ADDRESS * array.n_buffers).from_address(array.buffers))


@contextlib.contextmanager
def producer():
    """A producer all of whose structs have to be released at the end, each once."""
    made = Producer()
    yield made
    made.check_released_once()
