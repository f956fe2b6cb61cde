"""Types for annotations: what `consume` takes, and what formats are.

>>> import consumer
>>> from consumer.typing import Consumable
>>> def checksum(data: Consumable) -> int:
...     return sum(consumer.consume(data).cast("<H")) & 0xFFFF
>>> checksum(bytes([1, 0, 2, 0]))
3

It is imported only where it is asked for. The tables tell type checkers what the elements of a
format are.
"""

import ctypes
import struct
import sys
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

if sys.version_info >= (3, 12):
    from collections.abc import Buffer
elif TYPE_CHECKING:
    from typing_extensions import Buffer
else:
    # What exports a buffer has no sign of it that Python code can see.
    Buffer = object

__all__ = [
    "BoolFormat",
    "BytesFormat",
    "ComplexFormat",
    "Consumable",
    "FloatFormat",
    "FormatLike",
    "IntFormat",
    "StrFormat",
]

# --- Tables: tests/tools/format_types.py writes them ---
IntFormat: TypeAlias = Literal[
    "b", "@b", "=b", "<b", ">b", "!b", "B", "@B", "=B", "<B", ">B", "!B", "h", "@h", "=h", "<h",
    ">h", "!h", "H", "@H", "=H", "<H", ">H", "!H", "i", "@i", "=i", "<i", ">i", "!i", "I", "@I",
    "=I", "<I", ">I", "!I", "l", "@l", "=l", "<l", ">l", "!l", "L", "@L", "=L", "<L", ">L", "!L",
    "q", "@q", "=q", "<q", ">q", "!q", "Q", "@Q", "=Q", "<Q", ">Q", "!Q", "n", "@n", "=n", "<n",
    ">n", "!n", "N", "@N", "=N", "<N", ">N", "!N", "P", "@P", "=P", "<P", ">P", "!P", "z", "@z",
    "=z", "<z", ">z", "!z", "Z", "@Z", "=Z", "<Z", ">Z", "!Z", "int8", "int16", "int24", "int32",
    "int64", "uint8", "uint16", "uint24", "uint32", "uint64", "byte", "ubyte", "short", "ushort",
    "intc", "uintc", "int", "int_", "intp", "uint", "uintp", "long", "ulong", "longlong",
    "ulonglong", "i1", "<i1", ">i1", "=i1", "i2", "<i2", ">i2", "=i2", "i3", "<i3", ">i3", "=i3",
    "i4", "<i4", ">i4", "=i4", "i8", "<i8", ">i8", "=i8", "u1", "<u1", ">u1", "=u1", "u2", "<u2",
    ">u2", "=u2", "u3", "<u3", ">u3", "=u3", "u4", "<u4", ">u4", "=u4", "u8", "<u8", ">u8", "=u8",
    "<int24", ">int24", "<uint24", ">uint24",
]  # fmt: skip
FloatFormat: TypeAlias = Literal[
    "e", "@e", "=e", "<e", ">e", "!e", "f", "@f", "=f", "<f", ">f", "!f", "d", "@d", "=d", "<d",
    ">d", "!d", "g", "@g", "=g", "<g", ">g", "!g", "bfloat16", "float8_e4m3fn", "float8_e5m2",
    "float16", "float32", "float64", "half", "single", "double", "float", "longdouble", "f2",
    "<f2", ">f2", "=f2", "f4", "<f4", ">f4", "=f4", "f8", "<f8", ">f8", "=f8", "<bfloat16",
    ">bfloat16",
]  # fmt: skip
ComplexFormat: TypeAlias = Literal[
    "F", "@F", "=F", "<F", ">F", "!F", "D", "@D", "=D", "<D", ">D", "!D", "E", "@E", "=E", "<E",
    ">E", "!E", "G", "@G", "=G", "<G", ">G", "!G", "Ze", "@Ze", "=Ze", "<Ze", ">Ze", "!Ze", "Zf",
    "@Zf", "=Zf", "<Zf", ">Zf", "!Zf", "Zd", "@Zd", "=Zd", "<Zd", ">Zd", "!Zd", "Zg", "@Zg", "=Zg",
    "<Zg", ">Zg", "!Zg", "complex64", "complex128", "csingle", "cdouble", "complex", "clongdouble",
    "c8", "<c8", ">c8", "=c8", "c16", "<c16", ">c16", "=c16",
]  # fmt: skip
BoolFormat: TypeAlias = Literal[
    "?", "@?", "=?", "<?", ">?", "!?", "bool", "bool_", "b1", "<b1", ">b1", "=b1",
]  # fmt: skip
BytesFormat: TypeAlias = Literal[
    "c", "@c", "=c", "<c", ">c", "!c", "s", "@s", "=s", "<s", ">s", "!s", "p", "@p", "=p", "<p",
    ">p", "!p", "1s", "2s", "3s", "4s", "5s", "6s", "7s", "8s", "9s", "10s", "11s", "12s", "13s",
    "14s", "15s", "16s", "32s", "64s", "128s", "256s",
]  # fmt: skip
StrFormat: TypeAlias = Literal[
    "u", "@u", "=u", "<u", ">u", "!u", "w", "@w", "=w", "<w", ">w", "!w",
]  # fmt: skip
# --- End of the tables ---


# What has no buffer, or refuses it, and shares its memory by another protocol.
@runtime_checkable
class _HasTensor(Protocol):
    def __dlpack__(self) -> Any: ...


@runtime_checkable
class _HasArray(Protocol):
    def __array__(self) -> Any: ...


@runtime_checkable
class _HasArrayStruct(Protocol):
    @property
    def __array_struct__(self) -> Any: ...


@runtime_checkable
class _HasArrayInterface(Protocol):
    @property
    def __array_interface__(self) -> dict[str, Any]: ...


@runtime_checkable
class _HasColumn(Protocol):
    def __arrow_c_array__(self) -> Any: ...


@runtime_checkable
class _HasColumnStream(Protocol):
    def __arrow_c_stream__(self) -> Any: ...


@runtime_checkable
class _DType(Protocol):  # numpy.dtype, which is not imported for its name
    @property
    def char(self) -> str: ...
    @property
    def itemsize(self) -> int: ...
    @property
    def isnative(self) -> bool: ...


Consumable: TypeAlias = (
    Buffer
    | _HasTensor
    | _HasArray
    | _HasArrayStruct
    | _HasArrayInterface
    | _HasColumn
    | _HasColumnStream
)
"""What `consume` takes: an object with a buffer, or with another protocol to share memory by."""

_CRecord: TypeAlias = ctypes.Structure | ctypes.Union
if TYPE_CHECKING:
    _Simple: TypeAlias = ctypes._SimpleCData[Any]  # pyright: ignore[reportPrivateUsage]
    _CData: TypeAlias = _Simple | ctypes.Array[Any] | _CRecord
else:
    _CData = ctypes._SimpleCData | ctypes.Array | _CRecord
FormatLike: TypeAlias = str | struct.Struct | _DType | _CData | type[Any]
"""What stands for a format: a text, or an object or a class that has one."""
