"""Typed, zero-copy views of any object that exports a buffer (PEP 3118).

consume(object) gives a ConsumerArray: memory of another object, seen as what its format says it
holds, and never copied.

>>> import array
>>> import consumer as C
>>> arr = array.array('i', [1, 2, 3, 4, 5])
>>> print(C.consume(arr))
[ 1 2 3 4 5 ]
"""

# Overloads that take what is unknown come first, and overlap with those for what is known.
# mypy: disable-error-code="overload-overlap"
# pyright: reportOverlappingOverload=false

import ctypes
import mmap
from array import array
from collections.abc import Iterator, Sequence
from types import EllipsisType, GenericAlias
from typing import (
    Any,
    Final,
    Generic,
    Literal,
    Never,
    Protocol,
    Self,
    SupportsIndex,
    TypeAlias,
    final,
    overload,
    type_check_only,
)

# NumPy is optional, here as at run time: where it is missing, what is NumPy's is Any.
import numpy as np  # type: ignore[import-not-found, unused-ignore]
from _typeshed import structseq
from typing_extensions import Buffer, CapsuleType, TypeVar

from .typing import (
    BoolFormat,
    BytesFormat,
    ComplexFormat,
    Consumable,
    FloatFormat,
    FormatLike,
    IntFormat,
    StrFormat,
)

__all__ = [
    "BufferProtocolError",
    "ConsumerArray",
    "Field",
    "UnhashableError",
    "__version__",
    "consume",
]

__version__: str

# The Python type of one element. Invariant, as in list, array.array and memoryview, because a view
# can be written to: a view of ints must not pass for one that takes floats. A function that only
# reads asks for Sequence[float], which is covariant, and takes views of floats and of ints.
_T = TypeVar("_T", default=Any)
# What v[i] and iteration give: the element itself in one dimension, which is the default, and in
# more of them a view of one dimension less. Any where the number of dimensions is not known, and
# Never where there are none.
_ItemT = TypeVar("_ItemT", default=_T)
# Those that array.array knows.
_ArrayT = TypeVar("_ArrayT", int, float, str)
# A dataclass or a NamedTuple.
_ClassT = TypeVar("_ClassT")
_ItemT_co = TypeVar("_ItemT_co", covariant=True)
_ShapeT_co = TypeVar("_ShapeT_co", covariant=True)
_U = TypeVar("_U")
_ViewT = TypeVar("_ViewT", bound=ConsumerArray[Any, Any])
# A length. A plain int in its place would lead mypy, in consume(numpy.zeros((2, 3))), to choose
# another overload of numpy.zeros, which does not tell the shape.
_N = TypeVar("_N", bound=int)

_Matrix: TypeAlias = ConsumerArray[_T, ConsumerArray[_T]]
_Cube: TypeAlias = ConsumerArray[_T, _Matrix[_T]]
_HasRows: TypeAlias = ConsumerArray[Any, ConsumerArray[Any, Any]]

# No view has items of this class: an overload for it is for items of the type Any.
@final
class _Unknown: ...

@type_check_only
class _Row(tuple[Any, ...]):
    """An element of v.named(): a tuple whose fields are attributes as well."""

    _fields: tuple[str, ...]
    def __getattr__(self, name: str) -> Any: ...
    def _asdict(self) -> dict[str, Any]: ...
    def _replace(self, **changes: Any) -> Self: ...

_Order: TypeAlias = Literal["C", "F", "A"]
_Overflow: TypeAlias = Literal["error", "wrap", "saturate"]
_Shape: TypeAlias = list[int] | tuple[int, ...]
_Index: TypeAlias = SupportsIndex | None
_Indices: TypeAlias = SupportsIndex | tuple[SupportsIndex, ...]
_Axis: TypeAlias = SupportsIndex | tuple[SupportsIndex, ...] | None
_Pair: TypeAlias = tuple[SupportsIndex, SupportsIndex]
_Triple: TypeAlias = tuple[SupportsIndex, SupportsIndex, SupportsIndex]
_Part: TypeAlias = slice | EllipsisType
# A tuple that selects a part of a view. The type includes tuples of nothing but indices, which the
# overloads for these come before, and take.
_Selection: TypeAlias = tuple[SupportsIndex | slice | EllipsisType | None, ...]

# Foreign classes, by what tells them apart, and the type of their elements.

class _NumPyArray(Protocol[_ItemT_co, _ShapeT_co]):  # numpy.ndarray
    @property
    def __array_interface__(self) -> dict[str, Any]: ...
    @property
    def shape(self) -> _ShapeT_co: ...
    def item(self) -> _ItemT_co: ...

class _NumPyScalar(Protocol[_ItemT_co]):  # numpy.generic
    @property
    def __array_interface__(self) -> dict[str, Any]: ...
    @property
    def ndim(self) -> Literal[0]: ...
    def item(self) -> _ItemT_co: ...

# The base class of c_int and the like, which typeshed has a name for.
_CtypesScalar: TypeAlias = ctypes._SimpleCData[_T]  # pyright: ignore[reportPrivateUsage]
# Those of which the elements are addresses.
_CtypesPointer: TypeAlias = ctypes.c_char_p | ctypes.c_wchar_p | ctypes.c_void_p
_CtypesRecord: TypeAlias = ctypes.Structure | ctypes.Union

class _CtypesArray(Protocol[_ItemT_co]):  # c_int * 3
    @property
    def _type_(self) -> type[_ItemT_co]: ...

# The method by which type checkers tell a Buffer; the class itself has it from Python 3.12 on.
class _Exports:
    def __buffer__(self, flags: int, /) -> memoryview:
        """A buffer of the view, as memoryview(v) and others ask for it: the same memory again.

        While somebody has one, the view cannot be released. BufferError where the memory is not as
        flags ask for it, such as read-only where it is to be written to.
        """

class BufferProtocolError(TypeError, ValueError):
    """The object does not export a buffer (PEP 3118).

    A TypeError, as Python's own consumers of buffers raise, and a ValueError as well.
    """

class UnhashableError(TypeError, ValueError):
    """The view has no hash: its elements may change.

    A TypeError, as Python raises for every other object without a hash, and a ValueError, as
    memoryview raises.
    """

@final
class Field(structseq[Any], tuple[str, int, tuple[int, ...]]):
    """Where a field of a record lies, and what it is."""

    __match_args__: Final = ("format", "offset", "shape")

    @property
    def format(self) -> str:
        """The format of one element of the field."""

    @property
    def offset(self) -> int:
        """Bytes from the start of the record to the field."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the field's sub-array; () where it is none."""

@final
class ConsumerArray(Sequence[_ItemT], _Exports, Generic[_T, _ItemT]):
    """A typed, zero-copy view of the memory that another object exports (PEP 3118).

    consume(object) makes one. It can be indexed, sliced, iterated, compared and assigned to, in any
    number of dimensions, and exports the same memory again; everything made from it shares that
    memory, and keeps the export alive.

    A view without dimensions is a ConsumerScalar: also a number, where its one element is one.

    Work on many megabytes lets other threads run meanwhile, and ends where a signal's handler
    raises, as at Ctrl-C: what was stored until then stays.

    ConsumerArray(length) makes one over memory of its own: writable int32 elements 0, 1, …,
    length - 1. A negative length counts as 0; one that is too large raises MemoryError.

    To a type checker ConsumerArray[T] is a view of elements of the type T in one dimension. In more
    of them v[i] and iteration give views of one dimension less, and these are the second parameter:
    ConsumerArray[T, ConsumerArray[T]] has two dimensions, and ConsumerArray[T, Any] any number.

    >>> import array, consumer
    >>> v = consumer.consume(array.array("i", [1, 2, 3, 4, 5]))
    >>> print(v)
    [ 1 2 3 4 5 ]
    >>> v[1:4].tolist()
    [2, 3, 4]
    >>> print(consumer.ConsumerArray(3))
    [ 0 1 2 ]
    """

    def __new__(cls, length: SupportsIndex | None = None) -> ConsumerArray[int]: ...

    # What the view is of.
    @property
    def obj(self) -> Any:
        """The object whose memory this is.

        That is the exporter, as the buffer protocol names it, or the object that shares its memory
        by another protocol. Views of a view have its exporter. None for memory of the view's own.
        """

    @property
    def format(self) -> str:
        """The format of one element; "B" where the exporter gave none.

        The syntax is that of the struct module as PEP 3118 extends it. It is the exporter's own
        wherever that describes the elements; docs/formats.md tells what is written elsewhere.
        """

    @property
    def itemsize(self) -> int:
        """The size of one element in bytes."""

    @property
    def nbytes(self) -> int:
        """The size of all elements in bytes: what tobytes() gives, product(shape) * itemsize."""

    @property
    def size(self) -> int:
        """The number of elements in all dimensions together."""

    @property
    def ndim(self) -> int:
        """The number of dimensions."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each dimension, in elements."""

    @property
    def strides(self) -> tuple[int, ...]:
        """The step of each dimension, in bytes."""

    @property
    def suboffsets(self) -> tuple[int, ...]:
        """For each dimension the bytes to go on after following a pointer that lies there.

        A negative number where none does; empty where no dimension has one (PEP 3118).
        """

    @property
    def readonly(self) -> bool:
        """Whether the memory must not be changed through this view."""

    @property
    def c_contiguous(self) -> bool:
        """Whether the elements are contiguous in C order (last index changes fastest)."""

    @property
    def f_contiguous(self) -> bool:
        """Whether the elements are contiguous in Fortran order (first index changes fastest)."""

    @property
    def contiguous(self) -> bool:
        """Whether the elements are contiguous in either order."""

    @property
    def fields(self) -> dict[str, Field]:
        """The named fields of the elements, where those are records; else empty.

        Each name with the field's format, its offset in the record (in bytes) and its shape. Where
        none has a name they are called f0, f1 and so on, as NumPy calls them.

        >>> import consumer
        >>> v = consumer.consume(bytes(14)).cast("T{^I:id:H:kind:(2)f:at:}")
        >>> v.fields["at"]
        consumer.Field(format='f', offset=6, shape=(2,))
        """

    @property
    def info(self) -> str:
        """A report of the layout, to be printed: print(v.info).

        It tells whose memory this is, in which order the elements lie in it, what each axis steps
        over, where the fields of records and their padding are, and the first elements. It is
        short, whatever the size, and takes as long. Of a released view it says only that. Notebooks
        show the same with a drawing of the memory.

        >>> import consumer
        >>> print(consumer.consume(bytes(32)).cast("T{B:kind:xH:id:}").info)
        ConsumerArray  8 records of 4 bytes, 32 bytes
          memory  bytes, read-only
          format  T{B:kind:xH:id:}
          layout  contiguous, in a line
          record  2 fields, 3 bytes of 4 used, 1 byte padding in 1 hole (25 %)
        <BLANKLINE>
          offset  size  format  type    v[0]  v[1]  v[2]  field
               0     1  B       uint8      0     0     0  kind
               1     1                                    · padding
               2     2  H       uint16     0     0     0  id
        <BLANKLINE>
        """

    def _repr_html_(self) -> str:
        """What a notebook shows: the report of info, and a drawing of the memory."""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Shows the view in IPython."""

    def _ipython_key_completions_(self) -> list[str]:
        """What IPython completes v[" with: the names of the fields."""

    # For the report: the number of fields, and whether they share bytes as in a union; or of one
    # field its name, place and size in bits, whether it is a bit-field, and a view of it.
    @overload
    def _record(self, index: None = None) -> tuple[int, int] | None: ...
    @overload
    def _record(
        self, index: SupportsIndex
    ) -> tuple[str | None, int, int, int, ConsumerArray[Any]]: ...
    def named(self) -> ConsumerArray[_Row, Any]:
        """The same view, of which records are rows: tuples whose fields are attributes as well.

        So are those of its slices, fields, lists and copies; what cast() makes is not.

        >>> import consumer
        >>> v = consumer.consume(bytes([1, 0, 2, 0, 3, 0])).cast("T{<H:id:B:kind:}").named()
        >>> v[0]
        Row(id=1, kind=2)
        >>> v[1].kind
        0
        """

    def rows(self, cls: type[_ClassT]) -> Iterator[_ClassT]:
        """The records as objects of a dataclass or a NamedTuple: an iterator over the view.

        The fields of the class are found by their names. The records in records are objects too,
        where the class says of which class; TypeError for a field that only one of the two has.

        >>> import typing, consumer
        >>> class Sample(typing.NamedTuple):
        ...     id: int
        ...     kind: int
        >>> v = consumer.consume(bytes([1, 0, 2, 0, 3, 0])).cast("T{<H:id:B:kind:}")
        >>> list(v.rows(Sample))
        [Sample(id=1, kind=2), Sample(id=768, kind=0)]
        """

    # Elements and parts.
    def __len__(self) -> int:
        """The length of the first dimension, in elements; TypeError where there is none."""

    @overload
    def __getitem__(self, key: SupportsIndex | tuple[SupportsIndex], /) -> _ItemT:
        """The element at v[i] or v[i, j], or the part that v[i:j:k] or v[i, ..., j:k] selects.

        Of records also the fields v["name"], with the dimensions of their sub-array behind those of
        the view, and v[["name", "other"]], as records of only these.

        A None in a tuple is a new dimension of length 1, as in v[:, None].

        As many indices as there are dimensions give the element, any other key a view of the same
        memory; so that above one dimension v[i] is a view, as v[i, ...] is in any number of them.

        IndexError for an index out of range, KeyError for a name that no field has, TypeError for
        any other key, or for too many indices; NotImplementedError where the elements are of a
        format that cannot be read.

        >>> import consumer
        >>> v = consumer.consume(b"abcdef").reshape(2, 3)
        >>> v[1, 0]
        100
        >>> v[:, 1].tolist()
        [98, 101]
        >>> v.cast("B:a:2s:b:")["b"].tolist()
        [b'bc', b'ef']
        """

    @overload
    def __getitem__(
        self: ConsumerArray[_T, _Unknown], key: tuple[()] | _Pair | _Triple, /
    ) -> Any: ...
    @overload
    def __getitem__(self: ConsumerArray[_T, Never], key: tuple[()], /) -> _T:
        """v[()]: the element of a view without dimensions."""

    @overload
    def __getitem__(self: ConsumerArray[_T, ConsumerArray[_T, _U]], key: _Pair, /) -> _U:
        """v[i, j]: the element, or in three dimensions the view of one dimension."""

    @overload
    def __getitem__(
        self: ConsumerArray[_T, ConsumerArray[_T, ConsumerArray[_T, _U]]], key: _Triple, /
    ) -> _U:
        """v[i, j, k]: the element."""

    @overload
    def __getitem__(self, key: _Part | tuple[_Part, ...], /) -> Self:
        """v[i:j:k], v[...] or v[i:j, k:l]: a part of the same memory in as many dimensions."""

    @overload
    def __getitem__(
        self: ConsumerArray[_T, ConsumerArray[_T, _U]],
        key: tuple[SupportsIndex, _Part] | tuple[_Part, SupportsIndex],
        /,
    ) -> ConsumerArray[_T, _U]:
        """v[i, :], v[:, j] or v[..., j]: a view of one dimension less."""

    @overload
    def __getitem__(self, key: tuple[SupportsIndex, ...], /) -> Any: ...
    @overload
    def __getitem__(self, key: _Selection, /) -> ConsumerArray[_T, Any]:
        """v[i, ..., j:k, None]: a part of the same memory; each None is a new dimension."""

    @overload
    def __getitem__(self, key: str, /) -> ConsumerArray[Any]:
        """v["name"]: a field of all records, as a view."""

    @overload
    def __getitem__(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, key: list[str], /
    ) -> ConsumerArray[tuple[Any, ...], Any]:
        """v[["name", "other"]]: some fields of all records, as a view of records."""

    @overload
    def __setitem__(self, key: _Indices, value: _T | ConsumerScalar[Any], /) -> None:
        """Stores an element, or, in a part of the view, those of anything that consume takes.

        What has them has to have the same shape, and may overlap. Its elements are converted where
        every value of their type is one of the view's, as NumPy's "safe" casts say; astype converts
        the others. In a part that is selected by an Ellipsis, a tuple or the names of fields one
        element can be stored everywhere, as v[...] = 0 and v["name"] = 0 do. A list has a value for
        each element instead, and lists of those where there are more dimensions; so has a tuple
        where it could not be an element itself. A view without dimensions is its element.

        A record is stored from a tuple or list, a mapping, an object with the attributes of a named
        tuple or dataclass, or a structure of ctypes or NumPy.

        TypeError for read-only memory or an element of the wrong type, ValueError for one out of
        range and for another format or shape, IndexError and KeyError as for reading.

        >>> import consumer
        >>> v = consumer.consume(bytearray(4))
        >>> v[0] = 97
        >>> v[1:3] = b"bc"
        >>> v[3:, ...] = 100
        >>> v.tobytes()
        b'abcd'
        """

    @overload
    def __setitem__(self, key: slice, value: Consumable, /) -> None: ...
    @overload
    def __setitem__(self, key: EllipsisType | _Selection, value: _T | Consumable, /) -> None: ...
    @overload
    def __setitem__(self, key: str | list[str], value: Any, /) -> None: ...
    def __iter__(self) -> Iterator[_ItemT]:
        """The elements in order; above one dimension, views of one dimension less.

        TypeError where there is no dimension.
        """

    def __reversed__(self) -> Iterator[_ItemT]:
        """The elements in reverse order; above one dimension, views of one dimension less."""

    def __repr__(self) -> str:
        """The class, format and shape of the view, and of many elements the first ones."""

    def __str__(self) -> str:
        """The elements in brackets, of many the first ones."""

    # Comparing and searching.
    def __eq__(self, other: object, /) -> bool:
        """Whether what consume() takes has the same shape and equal elements in any format.

        It is one bool for all elements, and elements are equal where their values in Python are.
        There is no order: v < w raises TypeError.

        >>> import array, consumer
        >>> consumer.consume(array.array("d", [1, 2])) == array.array("b", [1, 2])
        True
        """

    def __ne__(self, other: object, /) -> bool:
        """Whether other is nothing of the same shape with equal elements: not v == other."""

    def __hash__(self) -> int:
        """The hash of the bytes, for read-only views of format B, b or c; else UnhashableError."""

    def __contains__(self, value: object, /) -> bool:
        """Whether any element, in any number of dimensions, equals value."""

    @overload
    def index(
        self: ConsumerArray[_T, _Unknown],
        value: object,
        start: _Index = None,
        stop: _Index = None,
        /,
    ) -> Any: ...
    @overload
    def index(
        self: ConsumerArray[_T, ConsumerArray[_T, Any]], value: object, /
    ) -> tuple[int, ...]: ...
    @overload
    def index(self, value: object, start: _Index = None, stop: _Index = None, /) -> int:
        """The index of the first element that equals value; ValueError where there is none.

        In one dimension the search can be bounded by start and stop, as in list.index. In several
        the index is a tuple, so that v[v.index(x)] == x, and the whole view is searched: start and
        stop raise TypeError.

        >>> import array, consumer
        >>> consumer.consume(array.array("d", [0.5, 1.5, 2.5])).index(1.5)
        1
        """

    def count(self, value: object, /) -> int:
        """How many elements equal value, in any number of dimensions.

        >>> import consumer
        >>> consumer.consume(b"banana").count(97)
        3
        """

    # Summaries.
    @overload
    def sum(
        self: ConsumerArray[bool, Any], axis: None = None, keepdims: Literal[False] = False
    ) -> int:
        """The sum of the elements, exact: over all of them, or along an axis or several.

        Of integers and bools it is an int of any size. Of floats it is the exact sum, rounded
        once to the nearest float, as math.fsum gives it, and also where a partial sum would
        overflow; infinities and NaNs add up as they do in plain sums. Of complex numbers it is
        that of their parts. So it depends neither on the order of the elements, nor on how they
        lie in memory, nor on the machine.

        axis is an int, which counts from the end if it is negative, or a tuple of some. Then the
        sums are a view over memory of its own: of doubles for floats, and of int64 for integers,
        where ValueError says that a sum is beyond it. With keepdims=True the dimensions that are
        summed over stay, with a length of 1. The sum of no elements is 0.

        dtype, out, initial and where are NumPy's. A call with any of them, if only None, such as
        numpy.sum(v) makes, is one of numpy.asarray(v).sum: it gives an array or a scalar of NumPy,
        for which integers wrap around and floats are rounded as NumPy does it.

        >>> import array, consumer
        >>> consumer.consume(array.array("d", [0.1] * 10)).sum()
        1.0
        >>> consumer.consume(array.array("q", [2**62] * 4)).sum() == 2**64
        True
        >>> consumer.consume(bytes(range(6))).reshape(2, 3).sum(axis=0).tolist()
        [3, 5, 7]
        """

    @overload
    def sum(self: ConsumerArray[bool, Any], axis: _Axis = None, keepdims: bool = False) -> Any: ...
    @overload
    def sum(self, axis: None = None, keepdims: Literal[False] = False) -> _T: ...
    @overload
    def sum(self, axis: SupportsIndex, keepdims: Literal[False] = False) -> _ItemT: ...
    @overload
    def sum(self, axis: _Axis = None, *, keepdims: Literal[True]) -> Self: ...
    @overload
    def sum(
        self,
        axis: _Axis = None,
        keepdims: bool = False,
        *,
        dtype: Any = None,
        out: Any = None,
        initial: Any = None,
        where: Any = True,
    ) -> Any: ...
    @overload
    def mean(
        self: ConsumerArray[complex, Any], axis: None = None, keepdims: Literal[False] = False
    ) -> complex:
        """The mean of the elements: the exact sum, divided and rounded once to the nearest float.

        axis and keepdims are those of sum(); ValueError for no elements. With dtype, out or where
        the call is one of numpy.asarray(v).mean.

        >>> import consumer
        >>> consumer.consume(bytes([1, 2, 4])).mean() == 7 / 3
        True
        """

    @overload
    def mean(self, axis: None = None, keepdims: Literal[False] = False) -> float: ...
    @overload
    def mean(
        self,
        axis: _Axis = None,
        keepdims: bool = False,
        *,
        dtype: Any = None,
        out: Any = None,
        where: Any = True,
    ) -> Any: ...
    @overload
    def min(self, axis: None = None, keepdims: Literal[False] = False) -> _T:
        """The minimum of the elements, or those along an axis or several.

        A NaN is the minimum and the maximum. axis and keepdims are those of sum(); the view that
        comes back has elements of the same type. TypeError for complex numbers, ValueError for no
        elements. With out, initial or where the call is one of numpy.asarray(v).min.

        >>> import consumer
        >>> v = consumer.consume(bytes([3, 1, 2, 9, 7, 8])).reshape(2, 3)
        >>> v.min(), v.min(axis=1).tolist()
        (1, [1, 7])
        """

    @overload
    def min(self, axis: SupportsIndex, keepdims: Literal[False] = False) -> _ItemT: ...
    @overload
    def min(self, axis: _Axis = None, *, keepdims: Literal[True]) -> Self: ...
    @overload
    def min(
        self,
        axis: _Axis = None,
        keepdims: bool = False,
        *,
        out: Any = None,
        initial: Any = None,
        where: Any = True,
    ) -> Any: ...
    @overload
    def max(self, axis: None = None, keepdims: Literal[False] = False) -> _T:
        """The maximum of the elements, or those along an axis or several: see min().

        >>> import consumer
        >>> v = consumer.consume(bytes([3, 1, 2, 9, 7, 8])).reshape(2, 3)
        >>> v.max(), v.max(axis=0, keepdims=True).tolist()
        (9, [[9, 7, 8]])
        """

    @overload
    def max(self, axis: SupportsIndex, keepdims: Literal[False] = False) -> _ItemT: ...
    @overload
    def max(self, axis: _Axis = None, *, keepdims: Literal[True]) -> Self: ...
    @overload
    def max(
        self,
        axis: _Axis = None,
        keepdims: bool = False,
        *,
        out: Any = None,
        initial: Any = None,
        where: Any = True,
    ) -> Any: ...
    @overload
    def argmin(
        self: ConsumerArray[_T, _Unknown], axis: None = None, keepdims: Literal[False] = False
    ) -> Any:
        """The index of the first minimum, as index() gives it: an int, or a tuple in N dimensions.

        A NaN is the minimum and the maximum. axis is one axis, along which there is a view of
        int64; keepdims is that of sum(). TypeError for complex numbers, ValueError for no elements.
        With out the call is one of numpy.asarray(v).argmin, whose indices count all elements.

        >>> import consumer
        >>> v = consumer.consume(bytes([3, 1, 2, 9, 1, 8])).reshape(2, 3)
        >>> v.argmin(), v.argmin(axis=1).tolist()
        ((0, 1), [1, 1])
        """

    @overload
    def argmin(
        self: ConsumerArray[_T, ConsumerArray[_T, Any]],
        axis: None = None,
        keepdims: Literal[False] = False,
    ) -> tuple[int, ...]: ...
    @overload
    def argmin(self, axis: None = None, keepdims: Literal[False] = False) -> int: ...
    @overload
    def argmin(
        self,
        axis: _Axis = None,
        keepdims: bool = False,
        *,
        out: Any = None,
    ) -> Any: ...
    @overload
    def argmax(
        self: ConsumerArray[_T, _Unknown], axis: None = None, keepdims: Literal[False] = False
    ) -> Any:
        """The index of the first maximum: see argmin().

        >>> import consumer
        >>> consumer.consume(bytes([3, 9, 2, 9])).argmax()
        1
        """

    @overload
    def argmax(
        self: ConsumerArray[_T, ConsumerArray[_T, Any]],
        axis: None = None,
        keepdims: Literal[False] = False,
    ) -> tuple[int, ...]: ...
    @overload
    def argmax(self, axis: None = None, keepdims: Literal[False] = False) -> int: ...
    @overload
    def argmax(
        self,
        axis: _Axis = None,
        keepdims: bool = False,
        *,
        out: Any = None,
    ) -> Any: ...
    @overload
    def minmax(self, axis: None = None, keepdims: Literal[False] = False) -> tuple[_T, _T]:
        """The minimum and the maximum as a tuple, found in one pass: see min().

        >>> import consumer
        >>> consumer.consume(bytes([3, 1, 2])).minmax()
        (1, 3)
        """

    @overload
    def minmax(
        self, axis: SupportsIndex, keepdims: Literal[False] = False
    ) -> tuple[_ItemT, _ItemT]: ...
    @overload
    def minmax(self, axis: _Axis = None, *, keepdims: Literal[True]) -> tuple[Self, Self]: ...
    @overload
    def minmax(self, axis: _Axis, keepdims: bool = False) -> tuple[Any, Any]: ...

    # The same memory, seen in another way.
    @property
    def T(self) -> Self:  # noqa: N802
        """The same memory with the dimensions the other way around."""

    @overload
    def transpose(self, axes: Sequence[SupportsIndex] | None = None, /) -> Self:
        """The same memory with the dimensions in another order, as v.transpose(1, 0) names them.

        The axes may also be one tuple. Without any the order is reversed, as by v.T. ValueError
        where they do not name each dimension once.
        """

    @overload
    def transpose(self, *axes: SupportsIndex) -> Self: ...
    @overload
    def reshape(
        self, length: SupportsIndex | tuple[SupportsIndex], /, *, order: _Order = "C"
    ) -> ConsumerArray[_T]:
        """The same memory in another shape: v.reshape(2, 3) or v.reshape((2, 3)).

        The lengths are in elements. One of them may be -1, and is what the others leave. The
        elements are taken in an order, 'C' or 'F', or 'A': as they lie. Where only a copy could
        have that shape, ValueError: nothing is ever copied.

        >>> import consumer
        >>> consumer.consume(b"abcdef").reshape(2, -1).tolist()
        [[97, 98, 99], [100, 101, 102]]
        """

    @overload
    def reshape(self, shape: tuple[()], /, *, order: _Order = "C") -> ConsumerScalar[_T]: ...
    @overload
    def reshape(self, shape: _Pair, /, *, order: _Order = "C") -> _Matrix[_T]: ...
    @overload
    def reshape(
        self, rows: SupportsIndex, columns: SupportsIndex, /, *, order: _Order = "C"
    ) -> _Matrix[_T]: ...
    @overload
    def reshape(self, shape: _Triple, /, *, order: _Order = "C") -> _Cube[_T]: ...
    @overload
    def reshape(
        self, i: SupportsIndex, j: SupportsIndex, k: SupportsIndex, /, *, order: _Order = "C"
    ) -> _Cube[_T]: ...
    @overload
    def reshape(
        self, shape: Sequence[SupportsIndex], /, *, order: _Order = "C"
    ) -> ConsumerArray[_T, Any]: ...
    @overload
    def reshape(self, *shape: SupportsIndex, order: _Order = "C") -> ConsumerArray[_T, Any]: ...
    def toreadonly(self) -> Self:
        """The same memory as a read-only view."""

    # The type of the elements is known where the format is that of a scalar; see typing.py.
    @overload
    def cast(
        self,
        format: IntFormat | type[_CtypesPointer],
        shape: None = None,
        order: _Order = "C",
        *,
        offset: _Index = 0,
        count: _Index = None,
        strides: _Shape | None = None,
    ) -> ConsumerArray[int]: ...
    @overload
    def cast(
        self,
        format: FloatFormat,
        shape: None = None,
        order: _Order = "C",
        *,
        offset: _Index = 0,
        count: _Index = None,
        strides: _Shape | None = None,
    ) -> ConsumerArray[float]: ...
    @overload
    def cast(
        self,
        format: ComplexFormat,
        shape: None = None,
        order: _Order = "C",
        *,
        offset: _Index = 0,
        count: _Index = None,
        strides: _Shape | None = None,
    ) -> ConsumerArray[complex]: ...
    @overload
    def cast(
        self,
        format: BoolFormat,
        shape: None = None,
        order: _Order = "C",
        *,
        offset: _Index = 0,
        count: _Index = None,
        strides: _Shape | None = None,
    ) -> ConsumerArray[bool]: ...
    @overload
    def cast(
        self,
        format: BytesFormat,
        shape: None = None,
        order: _Order = "C",
        *,
        offset: _Index = 0,
        count: _Index = None,
        strides: _Shape | None = None,
    ) -> ConsumerArray[bytes]: ...
    @overload
    def cast(
        self,
        format: StrFormat,
        shape: None = None,
        order: _Order = "C",
        *,
        offset: _Index = 0,
        count: _Index = None,
        strides: _Shape | None = None,
    ) -> ConsumerArray[str]: ...
    @overload
    def cast(
        self,
        format: type[_CtypesScalar[_U]],
        shape: None = None,
        order: _Order = "C",
        *,
        offset: _Index = 0,
        count: _Index = None,
        strides: _Shape | None = None,
    ) -> ConsumerArray[_U]: ...
    @overload
    def cast(
        self,
        format: type[_CtypesRecord],
        shape: None = None,
        order: _Order = "C",
        *,
        offset: _Index = 0,
        count: _Index = None,
        strides: _Shape | None = None,
    ) -> ConsumerArray[tuple[Any, ...]]: ...
    @overload
    def cast(
        self,
        format: IntFormat | type[_CtypesPointer],
        shape: _Shape,
        order: _Order = "C",
        *,
        offset: _Index = 0,
        count: _Index = None,
        strides: _Shape | None = None,
    ) -> ConsumerArray[int, Any]: ...
    @overload
    def cast(
        self,
        format: FloatFormat,
        shape: _Shape,
        order: _Order = "C",
        *,
        offset: _Index = 0,
        count: _Index = None,
        strides: _Shape | None = None,
    ) -> ConsumerArray[float, Any]: ...
    @overload
    def cast(
        self,
        format: ComplexFormat,
        shape: _Shape,
        order: _Order = "C",
        *,
        offset: _Index = 0,
        count: _Index = None,
        strides: _Shape | None = None,
    ) -> ConsumerArray[complex, Any]: ...
    @overload
    def cast(
        self,
        format: BoolFormat,
        shape: _Shape,
        order: _Order = "C",
        *,
        offset: _Index = 0,
        count: _Index = None,
        strides: _Shape | None = None,
    ) -> ConsumerArray[bool, Any]: ...
    @overload
    def cast(
        self,
        format: BytesFormat,
        shape: _Shape,
        order: _Order = "C",
        *,
        offset: _Index = 0,
        count: _Index = None,
        strides: _Shape | None = None,
    ) -> ConsumerArray[bytes, Any]: ...
    @overload
    def cast(
        self,
        format: StrFormat,
        shape: _Shape,
        order: _Order = "C",
        *,
        offset: _Index = 0,
        count: _Index = None,
        strides: _Shape | None = None,
    ) -> ConsumerArray[str, Any]: ...
    @overload
    def cast(
        self,
        format: type[_CtypesScalar[_U]],
        shape: _Shape,
        order: _Order = "C",
        *,
        offset: _Index = 0,
        count: _Index = None,
        strides: _Shape | None = None,
    ) -> ConsumerArray[_U, Any]: ...
    @overload
    def cast(
        self,
        format: type[_CtypesRecord],
        shape: _Shape,
        order: _Order = "C",
        *,
        offset: _Index = 0,
        count: _Index = None,
        strides: _Shape | None = None,
    ) -> ConsumerArray[tuple[Any, ...], Any]: ...
    @overload
    def cast(
        self,
        format: FormatLike,
        shape: _Shape | None = None,
        order: _Order = "C",
        *,
        offset: _Index = 0,
        count: _Index = None,
        strides: _Shape | None = None,
    ) -> ConsumerArray[Any]:
        """The same memory as elements of another format, in one dimension or in a shape.

        Any format whose size divides the memory will do, from and to any other, also with a byte
        order. It may be written as NumPy has it ("float32", "<i4"), and stated by a numpy.dtype, a
        struct.Struct, a class of ctypes, or int, float, bool and complex; and there are names for
        types that formats have no code for: int24, uint24, bfloat16, float8_e4m3fn and float8_e5m2.
        shape is in elements of the new format, one length for each dimension, and one of them may
        be -1. With order='F' the first index of the result changes fastest.

        The elements have to be contiguous, and are taken as they lie in memory: those in Fortran
        order become one dimension, or several with order='F'. (One dimension of any stride can be
        cast to a format of the same size.)

        offset, in bytes from the start of the view, and count, in elements of the new format, cast
        a part of it: what is left out is not looked at. With an offset, a shape says how many
        elements there are; without shape and count all bytes from offset on are taken, and must be
        whole elements. strides, in bytes, are for elements that are not side by side, or that
        overlap; a length of -1 is then the largest for which they stay within the memory.

        References to objects ('O') are not made out of other elements, and are read-only when seen
        as others.

        Raises TypeError where the elements are not contiguous or the sizes do not fit, ValueError
        for a format, a shape or a part that cannot be.

        >>> import consumer
        >>> v = consumer.consume(bytes(range(8)))
        >>> v.cast(">H").tolist()
        [1, 515, 1029, 1543]
        >>> v.cast("<H", (2, 2), order="F").tolist()
        [[256, 1284], [770, 1798]]
        >>> v.cast("<H", offset=1, count=3).tolist()
        [513, 1027, 1541]
        >>> v.cast("<HB", count=2).tolist()
        [(256, 2), (1027, 5)]
        >>> v.cast("<H", strides=(3,)).tolist()
        [256, 1027, 1798]
        """

    # What leaves the view.
    def hex(self, sep: str | bytes = ..., bytes_per_sep: SupportsIndex = 1) -> str:
        r"""The bytes of the elements, in C order, as two hexadecimal digits each.

        sep is a character that separates them into groups of bytes_per_sep bytes, counted from the
        right where that is positive, as in bytes.hex.

        >>> import consumer
        >>> consumer.consume(b"\xb9\x01\xef").hex(":")
        'b9:01:ef'
        """

    @overload
    def tolist(self: ConsumerArray[_T, _Unknown]) -> Any:
        """The elements as a list, nested as deep as there are dimensions.

        Of a view of no dimensions, its one element.

        >>> import array, consumer
        >>> consumer.consume(array.array("i", range(6))).reshape(2, 3).tolist()
        [[0, 1, 2], [3, 4, 5]]
        """

    @overload
    def tolist(self: ConsumerArray[_T, Never]) -> _T: ...
    @overload
    def tolist(self: _Cube[_T]) -> list[list[list[_T]]]: ...
    @overload
    def tolist(self: _Matrix[_T]) -> list[list[_T]]: ...
    @overload
    def tolist(self: ConsumerArray[_U, _U]) -> list[_U]: ...
    @overload
    def tolist(self) -> list[Any]: ...
    def tobytes(self, order: _Order | None = "C") -> bytes:
        """The bytes of the elements, as they lie in memory, one after the other in an order.

        'C': the last index changes fastest; 'F': the first one does; 'A': Fortran order where the
        elements lie so, else C order.

        >>> import consumer
        >>> consumer.consume(b"abcdef").reshape(2, 3).tobytes("F")
        b'adbecf'
        """

    def copy(self) -> Self:
        """A copy: a writable view over memory of its own.

        It has the elements in this machine's byte order, contiguous in C order. (copy.copy and
        copy.deepcopy keep the byte order, Fortran order, and that a view is read-only.)
        """

    # In one dimension, or in more of them or an unknown number.
    @overload
    def astype(
        self: _HasRows, format: IntFormat | type[_CtypesPointer], *, overflow: _Overflow = "error"
    ) -> ConsumerArray[int, Any]: ...
    @overload
    def astype(
        self, format: IntFormat | type[_CtypesPointer], *, overflow: _Overflow = "error"
    ) -> ConsumerArray[int]: ...
    @overload
    def astype(
        self: _HasRows, format: FloatFormat, *, overflow: _Overflow = "error"
    ) -> ConsumerArray[float, Any]: ...
    @overload
    def astype(
        self, format: FloatFormat, *, overflow: _Overflow = "error"
    ) -> ConsumerArray[float]: ...
    @overload
    def astype(
        self: _HasRows, format: ComplexFormat, *, overflow: _Overflow = "error"
    ) -> ConsumerArray[complex, Any]: ...
    @overload
    def astype(
        self, format: ComplexFormat, *, overflow: _Overflow = "error"
    ) -> ConsumerArray[complex]: ...
    @overload
    def astype(
        self: _HasRows, format: BoolFormat, *, overflow: _Overflow = "error"
    ) -> ConsumerArray[bool, Any]: ...
    @overload
    def astype(
        self, format: BoolFormat, *, overflow: _Overflow = "error"
    ) -> ConsumerArray[bool]: ...
    @overload
    def astype(
        self: _HasRows, format: type[_CtypesScalar[_U]], *, overflow: _Overflow = "error"
    ) -> ConsumerArray[_U, Any]: ...
    @overload
    def astype(
        self, format: type[_CtypesScalar[_U]], *, overflow: _Overflow = "error"
    ) -> ConsumerArray[_U]: ...
    @overload
    def astype(self, format: FormatLike, *, overflow: _Overflow = "error") -> ConsumerArray[Any]:
        """A copy whose elements are of another format, with the same values.

        It is a writable view over memory of its own, in the same shape, contiguous in C order.

        Numbers of all kinds and both byte orders become each other as in C: floats become integers
        by losing their fraction; integers become floats, and floats narrower ones, by rounding to
        the nearest, to even between two; bools are 0 and 1, and what is not 0, NaN too, is True.
        Addresses (P) become integers and back, and text of one width (u, w) the other. Records
        become others field by field: by name where all fields of both have one, in any order, and
        else by place. Strings become longer ones, and bit-fields numbers. All else raises
        TypeError, unless the format is the one that the view has: then this is a copy. Formats are
        stated as for cast.

        A number that the format has no room for raises ValueError: an integer out of range, an
        infinity or NaN that is to become an integer, or a finite number that is to become infinite.
        float8_e4m3fn has no infinity, and no room for one. With overflow='wrap' integers keep their
        lowest bits, as in C: the number, less its fraction, modulo 2 to the number of bits, and 0
        for infinities and NaN. With overflow='saturate' they become the nearest integer that the
        format has, and NaN becomes 0. With both, a number too large for a float becomes infinite;
        in float8_e4m3fn, NaN with overflow='wrap' and the largest number with overflow='saturate'.

        A complex number becomes a real one only where its imaginary part is 0, and else raises
        ValueError; v.cast('d', (len(v), 2))[:, 0] views the real parts.

        >>> import array, consumer
        >>> v = consumer.consume(array.array('d', [1.5, -2.5, 300.0]))
        >>> v.astype('i').tolist()
        [1, -2, 300]
        >>> v.astype('B', overflow='wrap').tolist()
        [1, 254, 44]
        >>> v.astype('B', overflow='saturate').tolist()
        [1, 0, 255]
        >>> v.astype('B')
        Traceback (most recent call last):
            ...
        ValueError: -2.5 at index 1 is out of range for format 'B'
        """

    def byteswap(self) -> Self:
        r"""A copy in the other byte order, with the same values.

        It is a writable view over memory of its own, in the same shape, contiguous in C order. Its
        format has '<' or '>' for the order, unless the elements are of one byte. (The method of
        that name in NumPy keeps the type instead, so that the values change.) copy() gives a copy
        in this machine's order.

        In records each field is swapped, so that v["x"].byteswap() is a field of the copy.
        Bit-fields and unions, whose bytes have no order of their own, raise TypeError.

        >>> import consumer
        >>> v = consumer.consume(b"\x01\x00\x02\x00").cast("<H").byteswap()
        >>> v.format, v.tolist(), v.tobytes()
        ('>H', [1, 2], b'\x00\x01\x00\x02')
        """

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy.dtype of the elements.

        Records are structured types, whose fields without a name are f0, f1 and so on, and elements
        that are sub-arrays are types with a shape. Needs NumPy: ImportError where it is not there,
        TypeError where it has no such type, as for bit-fields.
        """

    def __array__(
        self, dtype: Any = None, copy: bool | None = None
    ) -> np.ndarray[Any, np.dtype[Any]]:
        """The elements as a numpy.ndarray over the same memory, as numpy.asarray(v) asks for it.

        While the array lives, the view cannot be released. dtype converts, and copy is as in
        numpy.array: True always copies, None where it must, and False raises ValueError where it
        must. Elements that are sub-arrays become more dimensions. Objects that the memory of ctypes
        only borrows are read-only. ImportError where NumPy is not there.
        """

    def __dlpack__(
        self,
        *,
        stream: None = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> CapsuleType:
        """The memory as a tensor (DLPack), for libraries that ask for it: numpy.from_dlpack(v).

        Numbers, complex numbers and bools in this machine's byte order are shared, with any
        strides; copy=True makes a tensor of a copy, also of what cannot be shared. While somebody
        has the tensor, the view cannot be released.

        Raises BufferError for what no tensor can be, and for read-only memory unless max_version is
        (1, 0) or higher.

        >>> import array, consumer
        >>> v = consumer.consume(array.array('d', [0.5, 1.5]))
        >>> tensor = v.__dlpack__(max_version=(1, 0))
        >>> v.__dlpack_device__()
        (1, 0)
        """

    def __dlpack_device__(self) -> tuple[int, int]:
        """Where the memory is, to DLPack: (1, 0), the memory of the host."""

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[CapsuleType, CapsuleType]:
        """The elements as Arrow's C structs, in two capsules, as pyarrow.array(v) asks for them.

        DuckDB and nanoarrow ask as well; polars takes pl.Series(pyarrow.array(v)), because it asks
        sequences for their items. Numbers, bools (as arrow.bool8) and byte strings are handed on
        where they are; further dimensions are lists of fixed size. They have to be C-contiguous and
        in this machine's byte order: BufferError tells what else they are, and what to call then,
        such as v.copy(). While a consumer has them the view cannot be released, and what is stored
        in it changes what the consumer sees, which Arrow takes for constant.

        Records are a struct array, which pyarrow.table(v), pandas.DataFrame.from_arrow(v),
        polars.from_dataframe(v) and DuckDB take for a table. That is always a copy: of each field
        by itself, in this machine's byte order, with bools as bits and text as UTF-8. Fields
        without a name are f0, f1, …; one that Arrow has no type for is a BufferError that names it,
        and v[["name", "other"]] leaves it out.

        requested_schema is None or a capsule, and changes nothing: pyarrow.array(v).cast(…) gives
        another type.
        """

    def __arrow_c_schema__(self) -> CapsuleType:
        """What the elements are to Arrow, as its C struct in a capsule.

        It is what __arrow_c_array__() begins with, without the elements.
        """

    # Lifetime.
    def release(self) -> None:
        """Lets go of the memory now, rather than when the view dies.

        Whatever is done with the view after that raises ValueError. Views that were made from it
        live on, and keep the export with them. Releasing twice is allowed; while somebody has a
        buffer of this view, as memoryview(v) does, it raises BufferError. Where another thread is
        in the middle of an operation on the view, the memory stays until that is over.

        >>> import consumer
        >>> data = bytearray(b"abc")
        >>> v = consumer.consume(data)
        >>> v.release()
        >>> data.append(100)
        >>> v[0]
        Traceback (most recent call last):
            ...
        ValueError: operation forbidden on released ConsumerArray object
        """

    def __enter__(self) -> Self:
        """The view itself; ValueError if it was released."""

    def __exit__(self, *exception: object) -> None:
        """Releases the view, as release() does."""

    def __class_getitem__(cls, key: Any) -> GenericAlias: ...

    # Copies and pickles of the view as it is.
    def __copy__(self) -> Self:
        """What copy.copy(v) gives: a copy with memory of its own.

        It has the view's format and byte order, is contiguous, in Fortran order where the view is
        so, and is read-only where the view is.
        """

    def __deepcopy__(self, memo: object, /) -> Self:
        """What copy.deepcopy(v) gives: the same as copy.copy(v).

        TypeError for elements that are references to objects, which are not copied.
        """

    def __reduce__(self) -> tuple[Any, ...]:
        """What pickle asks for in its protocols before 5: the same as __reduce_ex__(4)."""

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> tuple[Any, ...]:
        """What pickle asks for, in every protocol.

        What arrives is a view like the one that copy.copy(v) gives. From protocol 5 on the elements
        travel as a pickle.PickleBuffer of the view, so that what takes buffers out of band copies
        nothing.

        TypeError for elements that are references to objects, and for those that no format
        describes, such as bit-fields. Elements of a native format arrive only on the same kind of
        machine, else ValueError; those of a format that begins with '<' or '>' on any.

        >>> import array, consumer, pickle
        >>> v = consumer.consume(array.array('d', [0.5, 1.5]))
        >>> pickle.loads(pickle.dumps(v)).tolist()
        [0.5, 1.5]
        """

PyConsumerArray = ConsumerArray

# The one subclass that there is: there can be no others.
@final
class ConsumerScalar(ConsumerArray[_T, Never]):  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
    """A view without dimensions: a ConsumerArray that is also a number.

    bool(v), int(v), float(v) and complex(v) are those of its one element, v[()]. All else is as for
    any ConsumerArray. It is what consume, reshape, cast and the like give where the shape is (),
    and cannot be made in another way.

    >>> import ctypes, consumer
    >>> v = consumer.consume(ctypes.c_double(2.5))
    >>> v.shape
    ()
    >>> float(v), int(v)
    (2.5, 2)
    >>> v[()] = 7
    >>> complex(v)
    (7+0j)
    """

    def __bool__(self) -> bool:
        """bool(v[()])."""

    def __int__(self) -> int:
        """int(v[()])."""

    def __float__(self) -> float:
        """float(v[()])."""

    def __complex__(self) -> complex:
        """complex(v[()])."""

@overload
def consume(object: _ViewT) -> _ViewT:
    """A typed, zero-copy view of the memory of any object that exports a buffer.

    The view, a ConsumerArray, shows the memory as what the exporter's format string (PEP 3118) says
    it holds: bytes, mmap, array.array, ctypes arrays, memoryview, NumPy arrays and all others, in
    any number of dimensions, either byte order, and with any strides. Nothing is copied: what is
    stored in the view is stored in the object, and the object's memory stays where it is for as
    long as the view, or anything made from it, lives, or until it is released.

    An object without a buffer is asked for its memory by the other protocols that it has: DLPack
    (__dlpack__), NumPy's (__array__, where NumPy is loaded, __array_struct__, __array_interface__)
    and Arrow's (__arrow_c_array__, __arrow_c_stream__).

    Raises BufferProtocolError, which is both a TypeError and a ValueError, for an object that has
    none of these, and says what to take instead where it knows; BufferError for an export that
    contradicts itself, for memory that cannot be shared as it is, and for NumPy's arrays with
    masked elements, because a buffer does not tell which they are. An exporter's own error passes.

    To a type checker the view has the exporter's type of element where the exporter's type has
    one, and Any where it has none.

    >>> import array, consumer
    >>> data = array.array('d', [0.5, 1.5, 2.5])
    >>> v = consumer.consume(data)
    >>> v[1]
    1.5
    >>> v[1] = 7
    >>> data
    array('d', [0.5, 7.0, 2.5])
    >>> print(v[::-1])
    [ 2.5 7.0 0.5 ]
    """

@overload
def consume(object: bytes | bytearray | mmap.mmap) -> ConsumerArray[int]: ...
@overload
def consume(object: array[_ArrayT]) -> ConsumerArray[_ArrayT]: ...
@overload
def consume(object: memoryview) -> ConsumerArray[int, Any]: ...
@overload
def consume(object: memoryview[_T]) -> ConsumerArray[_T, Any]: ...
@overload
def consume(object: _CtypesRecord) -> ConsumerScalar[tuple[Any, ...]]: ...
@overload
def consume(object: _CtypesArray[_CtypesRecord]) -> ConsumerArray[tuple[Any, ...]]: ...
@overload
def consume(object: _CtypesArray[_CtypesArray[_CtypesRecord]]) -> _Matrix[tuple[Any, ...]]: ...
@overload
def consume(object: _CtypesArray[_CtypesPointer]) -> ConsumerArray[int]: ...
@overload
def consume(object: _CtypesArray[_CtypesScalar[_T]]) -> ConsumerArray[_T]: ...
@overload
def consume(object: _CtypesArray[_CtypesArray[_CtypesScalar[_T]]]) -> _Matrix[_T]: ...
@overload
def consume(object: _CtypesArray[_CtypesArray[_CtypesArray[_CtypesScalar[_T]]]]) -> _Cube[_T]: ...
@overload
def consume(object: _CtypesPointer) -> ConsumerScalar[int]: ...
@overload
def consume(object: _CtypesScalar[_T]) -> ConsumerScalar[_T]: ...
@overload
def consume(object: _NumPyScalar[_T]) -> ConsumerScalar[_T]: ...
@overload
def consume(object: _NumPyArray[_U, tuple[_Unknown]]) -> ConsumerArray[_U, Any]: ...
@overload
def consume(object: _NumPyArray[_U, tuple[_N]]) -> ConsumerArray[_U]: ...
@overload
def consume(object: _NumPyArray[_U, tuple[_N, _N]]) -> _Matrix[_U]: ...
@overload
def consume(object: _NumPyArray[_U, tuple[_N, _N, _N]]) -> _Cube[_U]: ...
@overload
def consume(object: _NumPyArray[_U, Any]) -> ConsumerArray[_U, Any]: ...
@overload
def consume(object: Consumable) -> ConsumerArray[Any]: ...

# What pickles of views call, and nobody else.
def _rebuild(
    data: Buffer,
    format: str,  # noqa: A002
    itemsize: SupportsIndex,
    shape: _Shape,
    order: str,
    machine: str,
    flags: SupportsIndex,
    /,
) -> ConsumerArray[Any]: ...
