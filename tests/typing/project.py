"""A small project as a user would write it: a log of measurements, and an image next to it.

It has nothing of tests in it but the assertions of types: mypy --strict and basedpyright accept it
as it is. It runs, too.
"""

import ctypes
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, assert_type

import consumer
from consumer import ConsumerArray
from consumer.typing import Consumable


class Header(ctypes.LittleEndianStructure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("magic", ctypes.c_char * 4), ("count", ctypes.c_uint32))


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def header(data: Consumable) -> tuple[bytes, int]:
    v = consumer.consume(data)
    magic = v.cast("4s", count=1)[0]
    count = v.cast("<I", offset=4, count=1)[0]
    assert_type((magic, count), tuple[bytes, int])
    return magic, count


def samples(data: Consumable) -> ConsumerArray[float]:
    _, count = header(data)
    return consumer.consume(data).cast(">f", offset=ctypes.sizeof(Header), count=count)


def luminance(picture: ConsumerArray[int, ConsumerArray[int]]) -> Iterator[float]:
    for line in picture:
        yield mean(line)


def brightest(picture: ConsumerArray[int, Any]) -> int:
    return max(picture.reshape(-1))


def records(data: Consumable) -> list[tuple[Any, ...]]:
    rows = consumer.consume(data).cast("T{<I:id:<d:value:}")[["id", "value"]]
    return list(rows)


def main() -> None:
    data = bytearray(Header(b"LOG1", 2)) + array("f", [0, 0]).tobytes()
    found = samples(data)
    found[:] = consumer.consume(array("f", [0.5, 1.5])).byteswap()
    assert mean(found) == 1.0
    assert_type(found.tolist(), list[float])

    picture = consumer.consume(bytes(range(12))).reshape(3, 4)
    assert list(luminance(picture)) == [1.5, 5.5, 9.5]
    assert picture[1, 2] + picture[0].index(3) == 9
    assert brightest(picture) == 11
    assert_type(picture[:, ::-1].tolist(), list[list[int]])

    grid = consumer.consume((ctypes.c_double * 4 * 3)())
    grid[1, 2] = 0.5
    assert grid.T.shape == (4, 3)
    assert grid[1].tolist() == [0, 0, 0.5, 0]
    assert records(bytes(12)) == [(0, 0.0)]


def refused(picture: ConsumerArray[int, ConsumerArray[int]], numbers: ConsumerArray[float]) -> None:
    """What type checkers find fault with; nobody calls it."""
    mean(picture)  # type: ignore[arg-type]
    _ = picture[0] + 1  # type: ignore[operator]
    _ = numbers[0].tolist()  # type: ignore[attr-defined]
    numbers[0] = "x"  # type: ignore[call-overload]
    brightest(numbers)  # type: ignore[arg-type]
    consumer.consume(3)  # type: ignore[call-overload]
    text: ConsumerArray[str] = consumer.consume(b"").cast("<I")  # type: ignore[assignment]
    _ = text


if __name__ == "__main__":
    main()
