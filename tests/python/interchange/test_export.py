"""Handing the buffer on: every request flag, and what a consumer of a view is told."""

import array
import ctypes
import math

import consumer
import pytest

from support import oracles
from support.exporters import Exporter
from support.oracles import address, description, every_request, metadata, raw_buffer


def sources():
    """Exporters of every layout, by name."""
    numbers = array.array("h", range(24))
    data = numbers.tobytes()
    return {
        "bytes": b"abcdef",
        "bytearray": bytearray(b"abcdef"),
        "array": numbers,
        "empty": b"",
        "C order": Exporter(data, b"h", 2, shape=(2, 3, 4)),
        "C order, writable": Exporter(data, b"h", 2, shape=(2, 3, 4), readonly=False),
        "Fortran order": Exporter(data, b">h", 2, shape=(2, 3, 4), strides=(2, 4, 12)),
        "both orders": Exporter(
            data, b"h", 2, shape=(1, 5, 1), strides=(99, 2, -7), readonly=False
        ),
        "strided": memoryview(numbers)[::2],
        "reversed": memoryview(b"abcdef")[::-1],
        "no order": Exporter(data, b"h", 2, shape=(2, 2), strides=(12, 4)),
        "zero strides": Exporter(data, b"h", 2, shape=(2, 2), strides=(0, 0)),
        "no dimensions": Exporter(b"ab", b"h", 2, shape=()),
        "no dimensions, writable": ctypes.c_int(5),
        "ctypes": ((ctypes.c_short * 3) * 2)((1, 2, 3), (4, 5, 6)),
        "no format": Exporter(b"abc", None),
        "a format nobody knows": Exporter(b"abcd", b"bfloat16", 2),
        "64 dimensions": Exporter(b"a", shape=(1,) * 64),
    }


@pytest.mark.parametrize("name", sources())
def test_every_request_is_answered_as_memoryview_answers_it(name):
    source = sources()[name]
    view, peer = consumer.consume(source), memoryview(source)
    for flags in every_request():
        assert description(view, flags) == description(peer, flags), flags


@pytest.mark.parametrize("shape", [(4,), (2, 3), (2, 3, 4)])
def test_every_request_for_arrays_of_pointers(nd, shape):
    count = math.prod(shape)
    for flags in (nd.ND_PIL, nd.ND_PIL | nd.ND_WRITABLE):
        source = nd.ndarray(list(range(count)), shape=list(shape), format="h", flags=flags)
        view, peer = consumer.consume(source), memoryview(source)
        for request in every_request():
            assert description(view, request) == description(peer, request), request


def test_every_request_is_taken_by_testbuffer(nd):
    """The same through another consumer, which checks the buffer that it gets."""
    for source in sources().values():
        if isinstance(source, Exporter) and (source.ndim == 64 or source.form == b"bfloat16"):
            continue
        view, peer = consumer.consume(source), memoryview(source)
        for flags in every_request():
            seen = []
            for exporter in (view, peer):
                try:
                    taken = nd.ndarray(exporter, getbuf=flags)
                except BufferError:
                    seen.append(BufferError)
                else:
                    seen.append((metadata(taken), taken.tobytes()))
                    del taken
            assert seen[0] == seen[1], flags


def test_requests_for_sub_views():
    source = Exporter(bytes(range(24)), shape=(2, 3, 4), readonly=False)
    view = consumer.consume(source)
    for part, shape, strides, offset in (
        (view[1], (3, 4), (4, 1), 12),
        (view[:, 1], (2, 4), (12, 1), 4),
        (view[::-1, ::2, ::-1], (2, 2, 4), (-12, 8, -1), 15),
        (view.T, (4, 3, 2), (1, 4, 12), 0),
        (view.reshape(6, 4)[2:3], (1, 4), (4, 1), 8),
        (view[:0], (0, 3, 4), (12, 4, 1), 0),
    ):
        same_layout = Exporter(
            b"", shape=shape, strides=strides, address=source.buf, offset=offset, readonly=False
        )
        peer = memoryview(same_layout)
        if part.nbytes:
            for flags in every_request():
                assert description(part, flags) == description(peer, flags), flags
        for flags in (oracles.SIMPLE, oracles.ND, oracles.STRIDES, oracles.FULL_RO):
            answer = description(part, flags)
            if answer is not BufferError:
                size = math.prod(shape)
                assert (answer["len"], answer["itemsize"]) == (size, 1)


def test_read_only_views_give_no_writable_buffer():
    view = consumer.consume(bytearray(b"abc"))
    assert description(view, oracles.WRITABLE) is not BufferError
    assert description(view.toreadonly(), oracles.WRITABLE) is BufferError
    for refused in ("not writable",):
        with (
            pytest.raises(BufferError, match=refused),
            raw_buffer(view.toreadonly(), oracles.WRITABLE),
        ):
            pass


def test_a_memoryview_of_a_view_reads_and_writes_the_same_memory():
    numbers = array.array("i", range(6))
    view = consumer.consume(numbers)
    peer = memoryview(view)
    assert metadata(peer) == metadata(memoryview(numbers))
    assert peer.obj is view
    peer[2] = 20
    assert (view[2], numbers[2]) == (20, 20)
    assert peer.tolist() == numbers.tolist()
    assert memoryview(view[1:5:2]).tolist() == [1, 3]
    assert memoryview(view[::-1]).tolist() == numbers.tolist()[::-1]


def test_those_who_take_bytes_take_views():
    view = consumer.consume(b"abcdef")
    assert bytes(view) == b"abcdef"
    assert bytes(view[::2]) == b"ace"
    assert bytearray(view.reshape(2, 3).T) == b"adbecf"
    assert b"".join([view, view[1:3]]) == b"abcdefbc"
    assert int.from_bytes(view[:2], "big") == 0x6162
    assert b"xcd".find(view[2:4]) == 1


def test_files_are_read_into_a_view(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"abcdef")
    target = bytearray(8)
    with path.open("rb") as file:
        assert file.readinto(consumer.consume(target)[1:7]) == 6
    assert target == b"\0abcdef\0"
    with path.open("wb") as file:
        file.write(consumer.consume(target)[2:4])
    assert path.read_bytes() == b"bc"


def test_ctypes_takes_a_writable_view():
    data = bytearray(8)
    target = (ctypes.c_uint16 * 4).from_buffer(consumer.consume(data))
    target[1] = 0xFFFF
    assert data == b"\0\0\xff\xff\0\0\0\0"


def test_a_view_of_a_view_has_the_exporter_of_the_first():
    data = bytearray(b"abc")
    view = consumer.consume(data)
    for other in (consumer.consume(view), view[1:], view.toreadonly(), view.reshape(1, 3).T):
        assert other.obj is data
    assert consumer.consume(view) is not view
    assert consumer.consume(view[::-1]).tolist() == [99, 98, 97]


def test_a_view_of_a_memoryview_of_a_view():
    data = bytearray(b"abc")
    view = consumer.consume(data)
    peer = memoryview(view)[1:]
    again = consumer.consume(peer)
    with raw_buffer(peer) as buffer:
        assert id(again.obj) == buffer.obj
    assert address(again) == address(data) + 1
    again[0] = 0
    assert data == b"a\0c"


def test_own_memory_is_exported():
    view = consumer.ConsumerArray(5)
    assert view.obj is None
    assert memoryview(view).tolist() == [0, 1, 2, 3, 4]
    memoryview(view)[1] = 10
    assert view[1] == 10
    assert not memoryview(view).readonly


def test_a_released_view_gives_no_buffer():
    view = consumer.consume(b"abc")
    view.release()
    for take in (memoryview, bytes, consumer.consume, raw):
        with pytest.raises(ValueError, match="released"):
            take(view)


def raw(exporter):
    with raw_buffer(exporter):
        pass


def test_a_buffer_keeps_its_view_from_being_released():
    view = consumer.consume(bytearray(b"abc"))
    with raw_buffer(view):
        with pytest.raises(BufferError, match=r"1 exported buffer$"):
            view.release()
        peer = memoryview(view)
        with pytest.raises(BufferError, match="2 exported buffers"):
            view.release()
        assert view[0] == 97
        peer.release()
    view.release()
    view.release()


def test_a_refused_request_does_not_count():
    view = consumer.consume(b"abc")
    for flags in (oracles.WRITABLE, oracles.FORMAT):
        assert description(view, flags) is BufferError
    view.release()


def test_buffers_of_sub_views_count_against_those_alone():
    data = bytearray(b"abc")
    view = consumer.consume(data)
    part = view[1:]
    peer = memoryview(part)
    view.release()
    with pytest.raises(BufferError, match="exported buffer"):
        part.release()
    assert peer.tolist() == [98, 99]
    with pytest.raises(BufferError):
        data.append(1)
    peer.release()
    part.release()
    data.append(1)
