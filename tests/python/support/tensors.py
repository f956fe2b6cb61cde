"""Tensors of DLPack in structs of ctypes, as other producers and consumers have them."""

import ctypes

from support import capsules

POINTER = ctypes.c_void_p


class Tensor(ctypes.Structure):
    _fields_ = [
        ("data", POINTER),
        ("device_kind", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]


class Unversioned(ctypes.Structure):
    _fields_ = [("tensor", Tensor), ("context", POINTER), ("deleter", POINTER)]


class Versioned(ctypes.Structure):
    _fields_ = [
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("context", POINTER),
        ("deleter", POINTER),
        ("flags", ctypes.c_uint64),
        ("tensor", Tensor),
    ]


NAMES = {Unversioned: b"dltensor", Versioned: b"dltensor_versioned"}
Deleter = ctypes.CFUNCTYPE(None, POINTER)


def capsule_of(struct, name=None):
    """A capsule of a struct, which the caller keeps alive."""
    name = NAMES[type(struct)] if name is None else name
    return capsules.new(ctypes.addressof(struct), capsules.kept(name), None)


def name_of(capsule):
    return capsules.name_of(id(capsule))


def consume_capsule(capsule, kind):
    """What is in a capsule, which is renamed, as whoever takes it has to do."""
    pointer = capsules.pointer(id(capsule), NAMES[kind])
    capsules.set_name(id(capsule), capsules.kept(b"used_" + NAMES[kind]))
    return kind.from_address(pointer)


def delete(managed):
    """Calls the deleter of what was consumed, as code in C does: without the interpreter's lock."""
    Deleter(managed.deleter)(ctypes.addressof(managed))


def numbers(values):
    return (ctypes.c_int64 * max(len(values), 1))(*values)


class Producer:
    """An object with `__dlpack__`, and a tensor made of what it is told.

    `deleted` counts how often the tensor was given back.
    """

    def __init__(self, memory, shape, code=(0, 64, 1), **told):
        self.memory, self.deleted = memory, 0
        self.kind = told.get("kind", Versioned)
        self.name = told.get("name")
        self.calls = []
        self.knows = told.get("knows", ("max_version", "copy"))
        strides = told.get("strides")
        self._shape = numbers(shape)
        self._strides = None if strides is None else numbers(strides)
        address = told.get("address", ctypes.addressof(memory))
        device = told.get("device", (1, 0))
        tensor = Tensor(
            address,
            *device,
            told.get("ndim", len(shape)),
            *code,
            None if told.get("no_shape") else self._shape,
            self._strides,
            told.get("byte_offset", 0),
        )
        self._deleter = Deleter(self._delete)
        deleter = ctypes.cast(self._deleter, POINTER) if told.get("deleter", True) else None
        if self.kind is Versioned:
            version = told.get("version", (1, 0))
            self.managed = Versioned(*version, None, deleter, told.get("flags", 0), tensor)
        else:
            self.managed = Unversioned(tensor, None, deleter)
        self.device = told.get("said_device", device)

    def _delete(self, _managed):
        self.deleted += 1

    def __dlpack_device__(self):
        return self.device

    def __dlpack__(self, **names):
        self.calls.append(names)
        unknown = set(names) - set(self.knows)
        if unknown:
            raise TypeError(f"unexpected keyword argument {unknown.pop()!r}")
        return capsule_of(self.managed, self.name)
