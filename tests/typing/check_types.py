"""What type checkers infer from the stub, asserted for every overload and method.

mypy --strict and basedpyright must accept this file, and the lines that end in an ignore comment
must be errors: both report an ignore that is not needed. It runs, too, so that what is asserted of
types is tried on values.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true, reportUnusedExpression=false

import array
import copy
import ctypes
import mmap
import struct
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias, assert_type

import consumer
import numpy as np
import numpy.typing as npt
import pytest
from consumer import ConsumerArray, ConsumerScalar, PyConsumerArray, consume
from consumer.typing import Consumable, FormatLike, IntFormat
from typing_extensions import Buffer, CapsuleType

# Views of two, three and any number of dimensions.
Floats2: TypeAlias = ConsumerArray[float, ConsumerArray[float]]
Floats3: TypeAlias = ConsumerArray[float, Floats2]
Floats: TypeAlias = ConsumerArray[float, Any]
Ints2: TypeAlias = ConsumerArray[int, ConsumerArray[int]]
Ints3: TypeAlias = ConsumerArray[int, Ints2]
Records: TypeAlias = ConsumerArray[tuple[Any, ...]]


class Point(ctypes.Structure):
    _fields_ = (("x", ctypes.c_int), ("y", ctypes.c_int))


def elements_of_the_standard_library() -> None:
    assert_type(consume(b"abc"), ConsumerArray[int])
    assert_type(consume(bytearray(3)), ConsumerArray[int])
    assert_type(consume(mmap.mmap(-1, 3)), ConsumerArray[int])
    assert_type(consume(array.array("i", [1])), ConsumerArray[int])
    assert_type(consume(array.array("d", [1.0])), ConsumerArray[float])
    assert_type(consume(memoryview(b"abc")), ConsumerArray[int, Any])
    assert_type(consume(memoryview(bytes(8)).cast("d")), ConsumerArray[float, Any])
    assert_type(consume(memoryview(b"\1").cast("?")), ConsumerArray[bool, Any])
    assert_type(consume(memoryview(b"abc").cast("c")), ConsumerArray[bytes, Any])
    assert_type(consume(consume(array.array("d", [1.0]))), ConsumerArray[float])
    assert_type(consume(object=b"abc"), ConsumerArray[int])


def elements_of_ctypes() -> None:
    assert_type(consume((ctypes.c_int * 3)()), ConsumerArray[int])
    assert_type(consume((ctypes.c_uint8 * 3)()), ConsumerArray[int])
    assert_type(consume((ctypes.c_double * 3)()), ConsumerArray[float])
    assert_type(consume((ctypes.c_float * 3)()), ConsumerArray[float])
    assert_type(consume((ctypes.c_bool * 3)()), ConsumerArray[bool])
    assert_type(consume((ctypes.c_char * 3)()), ConsumerArray[bytes])
    assert_type(consume((ctypes.c_wchar * 3)()), ConsumerArray[str])
    assert_type(consume((ctypes.c_int * 3 * 2)()), Ints2)
    assert_type(consume((ctypes.c_int * 3 * 2 * 2)()), Ints3)
    assert_type(consume((ctypes.c_int * 3 * 2 * 2 * 2)()), ConsumerArray[Any])
    assert_type(consume((ctypes.c_void_p * 3)()), ConsumerArray[int])
    assert_type(consume((ctypes.c_char_p * 3)()), ConsumerArray[int])
    assert_type(consume(ctypes.c_double(1)), ConsumerScalar[float])
    assert_type(consume(ctypes.c_void_p(1)), ConsumerScalar[int])
    assert_type(consume((Point * 2)()), Records)
    assert_type(consume((Point * 2)())[0], tuple[Any, ...])
    assert_type(consume((Point * 2 * 2)())[0], Records)
    assert_type(consume(Point()), ConsumerScalar[tuple[Any, ...]])


def elements_of_numpy() -> None:
    assert_type(consume(np.zeros(3)), ConsumerArray[float])
    assert_type(consume(np.zeros((2, 3), np.float32)), Floats2)
    assert_type(consume(np.zeros((2, 3, 4))), Floats3)
    assert_type(consume(np.zeros((2, 3, 4, 5))), Floats)
    assert_type(consume(np.arange(6).reshape(2, 3).T), Ints2)
    assert_type(consume(np.zeros(3, np.int32)), ConsumerArray[int])
    assert_type(consume(np.zeros(3, np.uint8)), ConsumerArray[int])
    flags: npt.NDArray[np.bool_] = np.zeros(3, np.bool_)
    assert_type(consume(flags), ConsumerArray[bool, Any])
    assert_type(consume(np.zeros(3, np.complex64)), ConsumerArray[complex])
    assert_type(consume(np.float64(1)), ConsumerScalar[float])
    assert_type(consume(np.zeros(3, ">i4")), ConsumerArray[Any])
    anything: npt.NDArray[Any] = np.zeros(3)
    assert_type(consume(anything), ConsumerArray[Any])


def elements_of_others(exporter: Buffer, unknown: Any) -> None:
    assert_type(consume(exporter), ConsumerArray[Any])
    bare: ConsumerArray = consume(exporter)
    assert_type(bare, ConsumerArray[Any])
    consume(unknown).tolist()


def making(length: int) -> None:
    assert_type(ConsumerArray(), ConsumerArray[int])
    assert_type(ConsumerArray(length), ConsumerArray[int])
    assert_type(PyConsumerArray(length=length), ConsumerArray[int])
    same: PyConsumerArray[int] = ConsumerArray(length)
    assert_type(same, ConsumerArray[int])


def attributes(v: ConsumerArray[float]) -> None:
    assert_type(v.obj, Any)
    assert_type(v.format, str)
    assert_type(v.itemsize, int)
    assert_type(v.nbytes, int)
    assert_type(v.ndim, int)
    assert_type(v.shape, tuple[int, ...])
    assert_type(v.strides, tuple[int, ...])
    assert_type(v.suboffsets, tuple[int, ...])
    assert_type(v.readonly, bool)
    assert_type(v.c_contiguous, bool)
    assert_type(v.f_contiguous, bool)
    assert_type(v.contiguous, bool)


def fields(v: ConsumerArray[Any]) -> None:
    assert_type(v["a"], ConsumerArray[Any])
    assert_type(v[["a", "b"]], ConsumerArray[tuple[Any, ...], Any])
    v["a"] = v["a"][::-1]
    v["a"] = 1
    v[["a", "b"]] = (1, 2)
    assert_type(v.fields, dict[str, consumer.Field])
    field = v.fields["a"]
    assert_type(field.format, str)
    assert_type(field.offset, int)
    assert_type(field.shape, tuple[int, ...])
    form, offset, shape = field
    assert_type((form, offset, shape), tuple[str, int, tuple[int, ...]])


def items(v: ConsumerArray[float], m: Floats2, cube: Floats3, unknown: Floats) -> None:
    assert_type(len(v), int)
    assert_type(v[0], float)
    assert_type(v[0,], float)
    assert_type(v[np.int8(1)], float)
    assert_type(v[1:3], ConsumerArray[float])
    assert_type(v[::-1], ConsumerArray[float])
    assert_type(v[...], ConsumerArray[float])
    assert_type(m[0], ConsumerArray[float])
    assert_type(m[0, 1], float)
    assert_type(m[0][1], float)
    assert_type(m[1:], Floats2)
    assert_type(m[1:, ::2], Floats2)
    assert_type(m[0, ...], ConsumerArray[float])
    assert_type(m[:, 1], ConsumerArray[float])
    assert_type(m[..., ::2], Floats2)
    assert_type(cube[0], Floats2)
    assert_type(cube[:, 1], Floats2)
    assert_type(cube[0, 1], ConsumerArray[float])
    assert_type(cube[0, 1, 0], float)
    assert_type(cube[0, :, 1], Floats)
    assert_type(unknown[0], Any)
    assert_type(unknown[0, 1], Any)
    assert_type(unknown[1:], Floats)
    assert_type(unknown[0, ...], Floats)
    v[0] = 1.5
    v[0] = 1
    m[0, 1] = 1.5
    v[:] = v
    v[:2] = array.array("d", [1.0, 2.0])
    v[1:3] = np.zeros(2)
    v[...] = 0.5
    v[:, ...] = np.ones(v.shape)
    m[0, ...] = 2.5
    m[:, 1] = m[:, 0]


def rows(m: Floats2, unknown: Floats) -> None:
    """In more dimensions the items are views; where their number is unknown, it can be asked."""
    for row in m:
        assert_type(row, ConsumerArray[float])
        assert_type(row.tolist(), list[float])
    assert_type(next(reversed(m)), ConsumerArray[float])
    assert_type(m.tolist(), list[list[float]])
    assert_type(m.reshape(1, 2, 2).tolist(), list[list[list[float]]])
    assert_type(m.index(m[0, 0]), tuple[int, ...])
    assert_type(unknown.tolist(), Any)
    assert_type(unknown.index(unknown[0, 0]), Any)
    line: ConsumerArray[float]
    for line in unknown:
        assert_type(line[0], float)


def iteration(v: ConsumerArray[float]) -> None:
    assert_type(iter(v), Iterator[float])
    assert_type(next(reversed(v)), float)
    assert_type(list(v), list[float])
    assert_type([x for x in v], list[float])  # noqa: C416 - what a loop sees
    match v:
        case [first, *rest]:
            assert_type(first, float)
            assert_type(rest, list[float])
        case _:
            pass


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def comparison(v: ConsumerArray[float]) -> None:
    assert_type(v == v.copy(), bool)
    assert_type(v != b"abc", bool)
    assert_type(hash(consume(b"abc")), int)
    assert issubclass(consumer.UnhashableError, TypeError)
    assert issubclass(consumer.UnhashableError, ValueError)
    assert_type(0.5 in v, bool)
    assert_type(v.index(v[0]), int)
    assert_type(v.index(v[0], 0, 2), int)
    assert_type(v.count(0.5), int)


def summaries(v: ConsumerArray[float], m: Floats2, unknown: Floats) -> None:
    assert_type(v.sum(), float)
    assert_type(v.mean(), float)
    assert_type(v.minmax(), tuple[float, float])
    assert_type(v.argmax(), int)
    assert_type(m.argmin(), tuple[int, ...])
    assert_type(unknown.argmin(), Any)
    assert_type(consume(b"abc").cast("?").sum(), int)
    assert_type(consume(b"abc").max(), int)
    assert_type(m.sum(axis=0), ConsumerArray[float])
    assert_type(m.min(1), ConsumerArray[float])
    assert_type(m.max(keepdims=True), Floats2)
    assert_type(v.sum(axis=0), float)


def other_views(v: ConsumerArray[float], lengths: list[int]) -> None:
    assert_type(v.T, ConsumerArray[float])
    assert_type(v.transpose(), ConsumerArray[float])
    assert_type(v.transpose(None), ConsumerArray[float])
    assert_type(v.transpose(0), ConsumerArray[float])
    assert_type(v.transpose((0,)), ConsumerArray[float])
    assert_type(v.reshape(-1), ConsumerArray[float])
    assert_type(v.reshape((4,)), ConsumerArray[float])
    assert_type(v.reshape(2, 2).transpose(1, 0), Floats2)
    assert_type(v.reshape((2, 2), order="F"), Floats2)
    assert_type(v.reshape(2, 2, order="A"), Floats2)
    assert_type(v.reshape(1, 2, 2), Floats3)
    assert_type(v.reshape((1, 2, 2)), Floats3)
    assert_type(v.reshape([2, 2]), Floats)
    assert_type(v.reshape(*lengths), Floats)
    assert_type(v.reshape(1, 1, 2, 2), Floats)
    assert_type(v[:1].reshape(()), ConsumerScalar[float])
    assert_type(v.toreadonly(), ConsumerArray[float])
    assert_type(v.copy(), ConsumerArray[float])
    assert_type(copy.copy(v), ConsumerArray[float])
    assert_type(copy.deepcopy(v), ConsumerArray[float])
    assert_type(v[:, None], Floats)
    assert_type(v[None, ..., 0], Floats)
    assert_type(v.size, int)


def leaving(v: ConsumerArray[float]) -> None:
    assert_type(v.tolist(), list[float])
    assert_type(v.tobytes(), bytes)
    assert_type(v.tobytes("F"), bytes)
    assert_type(v.tobytes(order=None), bytes)
    assert_type(v.dtype, np.dtype[Any])
    assert_type(v.__array__(), np.ndarray[Any, np.dtype[Any]])
    v.__array__(np.float32, copy=True)
    v.__array__(dtype="f4")
    assert_type(v.__arrow_c_array__(), tuple[CapsuleType, CapsuleType])
    v.__arrow_c_array__(requested_schema=v.__arrow_c_schema__())
    np.asarray(v)
    bytes(v)
    memoryview(v).release()


def other_formats(v: ConsumerArray[float], dynamic: str) -> None:
    assert_type(v.cast("B", offset=8, count=16), ConsumerArray[int])
    assert_type(v.cast("d", (2,), offset=16), ConsumerArray[float, Any])
    assert_type(v.cast("?", count=np.int8(1)), ConsumerArray[bool])
    assert_type(v.cast("c", None, "C", offset=1, count=None), ConsumerArray[bytes])
    assert_type(v.cast("<I"), ConsumerArray[int])
    assert_type(v.cast(">h"), ConsumerArray[int])
    assert_type(v.cast("!d"), ConsumerArray[float])
    assert_type(v.cast("=e"), ConsumerArray[float])
    assert_type(v.cast("Zd"), ConsumerArray[complex])
    assert_type(v.cast("<Zf"), ConsumerArray[complex])
    assert_type(v.cast("4s"), ConsumerArray[bytes])
    assert_type(v.cast("w", count=0), ConsumerArray[str])
    assert_type(v.cast(">H", (4, 4)), ConsumerArray[int, Any])
    assert_type(v.cast("Zd", [2, 1]), ConsumerArray[complex, Any])
    assert_type(v.cast("bfloat16", count=2), ConsumerArray[float])
    assert_type(v.cast("<int24", count=2), ConsumerArray[int])
    assert_type(v.astype(">u3"), ConsumerArray[int])
    assert_type(v.cast("<IHH", offset=8, count=2), ConsumerArray[Any])
    assert_type(v.astype("i"), ConsumerArray[int])
    assert_type(v.astype("@Q", overflow="error"), ConsumerArray[int])
    assert_type(v.astype("f"), ConsumerArray[float])
    assert_type(v.astype("<f"), ConsumerArray[float])
    assert_type(v.astype("float8_e4m3fn"), ConsumerArray[float])
    assert_type(v.astype("?"), ConsumerArray[bool])
    assert_type(v.astype("Zf"), ConsumerArray[complex])
    assert_type(v.astype(">h", overflow="wrap"), ConsumerArray[int])
    assert_type(v.reshape(2, 2).astype(">h"), ConsumerArray[int, Any])
    assert_type(v.astype(dynamic, overflow="saturate"), ConsumerArray[Any])
    assert_type(v.byteswap(), ConsumerArray[float])


def formats_as_classes(v: ConsumerArray[float]) -> None:
    assert_type(v.cast(ctypes.c_uint16), ConsumerArray[int])
    assert_type(v.cast(ctypes.c_void_p), ConsumerArray[int])
    assert_type(v.cast(ctypes.c_float, (2, 2)), ConsumerArray[float, Any])
    assert_type(v.cast(Point), Records)
    assert_type(v.cast(struct.Struct("<IHH")), ConsumerArray[Any])
    assert_type(v.cast(np.dtype("f4")), ConsumerArray[Any])
    assert_type(v.astype(ctypes.c_int64), ConsumerArray[int])
    with pytest.raises(TypeError):
        v.cast(3)  # type: ignore[call-overload]
    assert_type(v.cast(int), ConsumerArray[Any])


def what_users_annotate(data: Consumable, form: FormatLike, whole: IntFormat) -> ConsumerArray:
    """The aliases of consumer.typing exist at run time as well."""
    assert_type(consume(data), ConsumerArray[Any])
    assert_type(consume(data).cast(whole), ConsumerArray[int])
    return consume(data).cast(form)


def lifetime(v: ConsumerArray[float]) -> None:
    with v as same:
        assert_type(same, ConsumerArray[float])
    v.release()
    assert_type(consumer.__version__, str)
    assert issubclass(consumer.BufferProtocolError, TypeError)
    assert issubclass(consumer.BufferProtocolError, ValueError)


def refused(v: ConsumerArray[float]) -> None:
    """What type checkers must find fault with, and what each line raises at run time."""
    with pytest.raises(TypeError):
        consume(3)  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="buffer protocol"):
        consume([1, 2])  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        ConsumerArray("3")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        v["x"]
    with pytest.raises(TypeError):
        v[0.5]  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        v[None]  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        v[0] = "x"  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        v[1:3] = 0.5  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        del v[0]  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        v.nbytes = 3  # type: ignore[misc]
    with pytest.raises(ValueError, match="order"):
        v.tobytes("X")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="overflow"):
        v.astype("i", overflow="clip")  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        v.astype("i", "wrap")  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        v.reshape("2")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        v.index()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        _ = v < v  # type: ignore[operator]


def invariance(ints: ConsumerArray[int]) -> None:
    """A view of ints is a sequence of numbers to read, but no view to store floats in."""
    assert mean(ints) == 1.0
    floats: ConsumerArray[float] = ints  # type: ignore[assignment]
    with pytest.raises(TypeError):
        floats[0] = 0.5


def numbers(v: ConsumerScalar[float]) -> None:
    """Only a view without dimensions is a complex number."""
    assert_type(v[()], float)
    assert_type(int(v), int)
    assert_type(float(v), float)
    assert_type(complex(v), complex)
    assert_type(v.reshape(1), ConsumerArray[float])
    with pytest.raises(TypeError):
        complex(v.reshape(1))  # type: ignore[call-overload]


def main() -> None:
    def view() -> ConsumerArray[float]:
        return consume(array.array("d", [0.5, 1.5, 2.5, 3.5]))

    elements_of_the_standard_library()
    elements_of_ctypes()
    elements_of_numpy()
    elements_of_others(b"abc", b"abc")
    making(3)
    attributes(view())
    fields(consume(bytearray(12)).cast("=h:a:i:b:"))
    items(view(), view().reshape(2, 2), view().reshape(1, 2, 2), view().reshape(2, 2))
    for check in iteration, comparison, leaving, refused:
        check(view())
    other_views(view(), [2, 2])
    rows(view().reshape(2, 2), view().reshape(2, 2))
    other_formats(view(), ">d")
    formats_as_classes(consume(array.array("d", [0.5, 1.5])))
    what_users_annotate(bytes(8), "<H", "<I")
    what_users_annotate(np.zeros(3), ">d", "b")
    invariance(consume(bytearray([0, 1, 2])))
    lifetime(view())
    scalar = consume(ctypes.c_double(1))
    assert isinstance(scalar, ConsumerScalar)
    numbers(scalar)


if __name__ == "__main__":
    main()
