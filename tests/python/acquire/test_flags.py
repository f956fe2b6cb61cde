"""Buffers asked for with flags of PEP 688: what memoryview gives, for whatever is left out."""

import array
import ctypes
import inspect
import itertools

import consumer
import pytest

np = pytest.importorskip("numpy")
testbuffer = pytest.importorskip("_testbuffer")
if not hasattr(memoryview, "_from_flags"):
    pytest.skip("Python code asks with flags from 3.12 on", allow_module_level=True)

F = inspect.BufferFlags
PARTS = [F.SIMPLE, F.WRITABLE, F.FORMAT]
SHAPES = [F.SIMPLE, F.ND, F.STRIDES, F.C_CONTIGUOUS, F.F_CONTIGUOUS, F.ANY_CONTIGUOUS, F.INDIRECT]
FLAGS = sorted({int(a | b | c) for a, b, c in itertools.product(PARTS, PARTS, SHAPES)})

EXPORTERS = {
    "bytes": b"abcdefgh",
    "nothing": b"",
    "bytearray": bytearray(b"abcdefgh"),
    "array": array.array("i", [1, 2, 3]),
    "ctypes number": ctypes.c_int(3),
    "ctypes array": (ctypes.c_int * 2)(1, 2),
    "ctypes arrays": ((ctypes.c_int * 2) * 3)(),
    "NumPy number": np.array(5, "i4"),
    "NumPy line": np.arange(5, dtype="i4"),
    "NumPy step": np.arange(6, dtype="i4")[::2],
    "NumPy square": np.arange(6, dtype="i4").reshape(2, 3),
    "NumPy turned": np.arange(6, dtype="i4").reshape(2, 3).T,
    "NumPy nothing": np.zeros((0, 3), "i4"),
    "NumPy records": np.zeros(3, "i4,f8"),
    "testbuffer number": testbuffer.ndarray(5, shape=[], format="i"),
    "testbuffer line": testbuffer.ndarray([1, 2], shape=[2], format="i"),
    "testbuffer step": testbuffer.ndarray(list(range(4)), shape=[2], strides=[8], format="i"),
    "testbuffer pointers": testbuffer.ndarray(
        list(range(6)), shape=[2, 3], format="i", flags=testbuffer.ND_PIL
    ),
    "memoryview": memoryview(array.array("i", [1, 2, 3])),
    "memoryview of bytes": memoryview(bytearray(b"abcdef")).cast("B", (2, 3)),
}


def described(view):
    return view.ndim, view.shape, view.strides, view.format, view.itemsize, view.readonly


def ask(make, *arguments):
    """A view, or the class of the exception."""
    try:
        return make(*arguments)
    except (BufferError, TypeError, ValueError, NotImplementedError) as error:
        return type(error)


def check(ours, theirs):
    if isinstance(theirs, type):
        assert ours is theirs
        return
    assert ours.tobytes() == theirs.tobytes()
    if theirs.ndim == 0 and theirs.nbytes != theirs.itemsize:
        # NumPy calls what it exports without a shape an array of no dimensions. With all its
        # bytes, it has one.
        count = theirs.nbytes // theirs.itemsize
        described_here = (1, (count,), (theirs.itemsize,), *described(theirs)[3:])
        assert described(ours) == described_here
    else:
        assert described(ours) == described(theirs)


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("name", EXPORTERS)
def test_a_buffer_asked_for_with_flags_is_what_memoryview_gives(name, flags):
    exporter = EXPORTERS[name]
    # Of a memoryview, memoryview makes another one whatever the flags.
    is_view = isinstance(exporter, memoryview)
    make = memoryview.__buffer__ if is_view else memoryview._from_flags
    theirs = ask(make, exporter, flags)
    check(ask(consumer.ConsumerArray._from_flags, exporter, flags), theirs)
    if not isinstance(theirs, type):
        # A memoryview that was made so is consumed.
        check(consumer.consume(theirs), theirs)
        check(consumer.consume(exporter.__buffer__(flags)), theirs)


@pytest.mark.parametrize("flags", [0, 4])
def test_elements_are_read_where_the_format_is_known_and_refused_where_not(flags):
    for exporter in [np.array([1, 2], "i4"), array.array("i", [1, 2])]:
        view = consumer.ConsumerArray._from_flags(exporter, flags)
        assert view.tobytes() == exporter.tobytes()
        assert view.cast("i").tolist() == [1, 2]
        if flags & F.FORMAT:
            assert view.tolist() == [1, 2]
        else:
            with pytest.raises(NotImplementedError, match="B"):
                view.tolist()
