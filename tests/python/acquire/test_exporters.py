"""Exporters as they are: bytes, arrays, mapped files, shared memory, casts, ctypes, streams."""

import array
import ctypes
import io
import mmap
import multiprocessing
import multiprocessing.shared_memory
import struct

import consumer
import pytest

from support.oracles import address, metadata


def test_bytes():
    data = b"\x00abc\xff"
    view = consumer.consume(data)
    assert view.tolist() == list(data)
    assert metadata(view) == metadata(memoryview(data))
    assert (view.obj is data, view.readonly) == (True, True)
    assert address(view) == ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value


def test_bytearray():
    data = bytearray(b"abc")
    view = consumer.consume(data)
    assert metadata(view) == metadata(memoryview(data))
    assert address(view) == ctypes.addressof(ctypes.c_char.from_buffer(data))
    view[0] = 0
    assert data == b"\0bc"


def test_a_mapped_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(struct.pack("1000i", *range(1000)))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        view = consumer.consume(mapped)
        assert metadata(view) == metadata(memoryview(mapped))
        assert address(view) == ctypes.addressof(ctypes.c_char.from_buffer(mapped))
        assert view[4:8].tobytes() == struct.pack("i", 1)
        numbers = consumer.consume(memoryview(mapped).cast("i"))
        assert numbers.tolist() == list(range(1000))
        numbers[::2] = numbers[1::2]
        with pytest.raises(BufferError):
            mapped.close()
        numbers.release()
        view.release()
        mapped.flush()
    assert struct.unpack("1000i", path.read_bytes())[:4] == (1, 1, 3, 3)


def test_a_file_mapped_for_reading_only(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        with consumer.consume(mapped) as view:
            assert (view.readonly, view.tobytes()) == (True, b"abc")
            with pytest.raises(TypeError, match="read-only"):
                view[0] = 1
        mapped.close()
        with pytest.raises(ValueError, match="mmap closed"):
            consumer.consume(mapped)


def _in_another_process(name):
    memory = multiprocessing.shared_memory.SharedMemory(name)
    with memory.buf.cast("i") as numbers, consumer.consume(numbers) as view:
        assert view[:4].tolist() == [0, 1, 2, 3]
        view[1:4] = view[:3]
        view[0] = 77
    memory.close()


def test_shared_memory_of_two_processes():
    memory = multiprocessing.shared_memory.SharedMemory(create=True, size=4096)
    try:
        with consumer.consume(memory.buf) as view:
            assert address(view) == address(memory.buf)
            view[:16] = struct.pack("4i", *range(4))
            process = multiprocessing.get_context("spawn").Process(
                target=_in_another_process, args=(memory.name,)
            )
            process.start()
            process.join()
            assert process.exitcode == 0
            process.close()
            assert struct.unpack("4i", view[:16].tobytes()) == (77, 0, 1, 2)
            with pytest.raises(BufferError):
                memory.close()
    finally:
        memory.close()
        memory.unlink()


@pytest.mark.parametrize("code", "bBhHiIlLqQfd")
def test_casts_of_many_dimensions(code):
    size = struct.calcsize(code)
    data = bytearray(range(24 * size))
    for shape in ((24,), (4, 6), (2, 3, 4), (1, 24, 1)):
        peer = memoryview(data).cast("B").cast(code, shape)
        view = consumer.consume(peer)
        assert metadata(view) == metadata(peer)
        assert str(view.tolist()) == str(peer.tolist())
        assert address(view) == address(data)


def test_slices_of_memoryviews():
    peer = memoryview(bytes(range(20)))[15:3:-3]
    view = consumer.consume(peer)
    assert metadata(view) == metadata(peer)
    assert view.tolist() == [15, 12, 9, 6]


def test_the_buffer_of_a_stream():
    stream = io.BytesIO(b"abc")
    view = consumer.consume(stream.getbuffer())
    view[0] = 0
    with pytest.raises(BufferError):
        stream.write(bytes(100))
    view.release()
    assert stream.getvalue() == b"\0bc"


def test_ctypes_structures_give_their_bytes():
    class Point(ctypes.Structure):
        _fields_ = (("x", ctypes.c_int), ("y", ctypes.c_double))

    class Empty(ctypes.Structure):
        _fields_ = ()

    points = (Point * 2)((1, 2.5), (3, 4.5))
    view = consumer.consume(points)
    assert (view.shape, view.itemsize) == ((2,), ctypes.sizeof(Point))
    assert view.tobytes() == bytes(points)
    assert view[1:].tobytes() == bytes(points[1])
    nothing = consumer.consume((Empty * 3)())
    assert (nothing.shape, nothing.itemsize, nothing.nbytes) == ((3,), 0, 0)
    assert nothing.tobytes() == b""


def test_ctypes_arrays_without_elements():
    for kind, shape in (
        (ctypes.c_int * 0, (0,)),
        ((ctypes.c_int * 3) * 0, (0, 3)),
        ((ctypes.c_int * 0) * 3, (3, 0)),
    ):
        view = consumer.consume(kind())
        assert (view.shape, view.nbytes) == (shape, 0)
        assert view.tolist() == [[] for _ in range(shape[0])]
        # What ctypes leaves out is filled in as memoryview does it.
        assert view.strides == memoryview(kind()).strides


def test_arrays_are_read_where_they_are():
    numbers = array.array("i", range(3))
    view = consumer.consume(numbers)
    numbers[1] = 10
    assert view[1] == 10
