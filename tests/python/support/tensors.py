"""Tensors of DLPack in structs of ctypes, as other producers and consumers have them."""

import ctypes

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

_api = ctypes.pythonapi
_api.PyCapsule_New.restype = ctypes.py_object
_api.PyCapsule_New.argtypes = [POINTER, POINTER, POINTER]
_api.PyCapsule_GetPointer.restype = POINTER
_api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
_api.PyCapsule_SetName.argtypes = [ctypes.py_object, POINTER]
_api.PyCapsule_IsValid.argtypes = [ctypes.py_object, ctypes.c_char_p]
_api.PyCapsule_GetName.restype = ctypes.c_char_p
_api.PyCapsule_GetName.argtypes = [ctypes.py_object]

_names = {}


def _name(text):
    """The address of a name that lives on: a capsule does not copy its own."""
    return ctypes.addressof(_names.setdefault(text, ctypes.create_string_buffer(text)))


def capsule_of(struct, name=None):
    """A capsule of a struct, which the caller keeps alive."""
    name = NAMES[type(struct)] if name is None else name
    return _api.PyCapsule_New(ctypes.addressof(struct), _name(name), None)


def name_of(capsule):
    return _api.PyCapsule_GetName(capsule)


def consume_capsule(capsule, kind):
    """What is in a capsule, which is renamed, as whoever takes it has to do."""
    pointer = _api.PyCapsule_GetPointer(capsule, NAMES[kind])
    _api.PyCapsule_SetName(capsule, _name(b"used_" + NAMES[kind]))
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
