"""Exporters that say what a test wants them to say, right or wrong.

An `Exporter` is a real type with the C slot of the buffer protocol, on every version of Python; it
fills in a `Py_buffer` from its attributes, and notes what it was asked for.
"""

import ctypes
import math

from support.oracles import PyBuffer

_GETBUFFER = ctypes.PYFUNCTYPE(
    ctypes.c_int, ctypes.py_object, ctypes.POINTER(PyBuffer), ctypes.c_int
)
# From CPython's typeslots.h, and the flags of a plain type that can have subclasses.
_PY_BF_GETBUFFER = 1
_DEFAULT_AND_BASETYPE = (1 << 18) | (1 << 10)
_SIZES = ctypes.POINTER(ctypes.c_ssize_t)


class _Slot(ctypes.Structure):
    _fields_ = (("slot", ctypes.c_int), ("function", ctypes.c_void_p))


class _Spec(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("basicsize", ctypes.c_int),
        ("itemsize", ctypes.c_int),
        ("flags", ctypes.c_uint),
        ("slots", ctypes.POINTER(_Slot)),
    )


@_GETBUFFER
def _getbuffer(exporter, buffer, flags):
    exporter.requests.append(flags)
    exporter.fill(buffer.contents)
    return 0


def _make_base():
    function = ctypes.cast(_getbuffer, ctypes.c_void_p)
    slots = (_Slot * 2)(_Slot(_PY_BF_GETBUFFER, function), _Slot(0, None))
    spec = _Spec(b"exporters.Base", object.__basicsize__, 0, _DEFAULT_AND_BASETYPE, slots)
    from_spec = ctypes.pythonapi.PyType_FromSpec
    from_spec.argtypes, from_spec.restype = [ctypes.POINTER(_Spec)], ctypes.py_object
    return from_spec(ctypes.byref(spec))


_Base = _make_base()


class Exporter(_Base):
    """Exports `memory`, some bytes, as whatever the other arguments say.

    The owner named in the buffer is the exporter itself unless `owner` gives another object; what
    it is given is a reference, so that `sys.getrefcount` tells how many buffers are out.
    """

    def __init__(
        self,
        memory,
        form=b"B",
        itemsize=1,
        *,
        shape=None,
        strides=None,
        suboffsets=None,
        ndim=None,
        length=None,
        readonly=True,
        offset=0,
        **rest,
    ):
        self.memory = (ctypes.c_ubyte * len(memory)).from_buffer_copy(memory)
        self.buf = rest.pop("address", ctypes.addressof(self.memory)) + offset
        self.form, self.itemsize, self.readonly = form, itemsize, readonly
        self.ndim = (1 if shape is None else len(shape)) if ndim is None else ndim
        self.numbers = {"shape": shape, "strides": strides, "suboffsets": suboffsets}
        self.arrays = {
            name: None if numbers is None else (ctypes.c_ssize_t * max(len(numbers), 1))(*numbers)
            for name, numbers in self.numbers.items()
        }
        if length is None:
            length = len(memory) if shape is None else math.prod(shape) * itemsize
        self.length = length
        self.owner = {"owner": rest.pop("owner")} if "owner" in rest else {}
        assert not rest, rest
        self.requests = []

    def fill(self, buffer):
        buffer.buf = self.buf or None
        buffer.len, buffer.itemsize = self.length, self.itemsize
        buffer.readonly, buffer.ndim, buffer.format = self.readonly, self.ndim, self.form
        for name, array in self.arrays.items():
            setattr(buffer, name, _SIZES() if array is None else ctypes.cast(array, _SIZES))
        buffer.internal = None
        owner = self.owner.get("owner", self)
        buffer.obj = None
        if owner is not None:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(owner))
            buffer.obj = id(owner)

    def bytes_now(self):
        """The memory as it is now."""
        return bytes(self.memory)
