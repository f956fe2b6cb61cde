"""What the error for an object without a buffer says to take instead: it is tried."""

import array
import collections
import ctypes
import gc
import gzip
import io
import mmap
import multiprocessing
import os
import pathlib
import re
import sys
import tempfile
import textwrap
import weakref
from multiprocessing import shared_memory

import consumer
import pytest

from support.programs import run_python

CONTENT = bytes(range(16))
BEGINNING = "The object does not support buffer protocol: "


def refused(exporter):
    """The message for an object without a buffer."""
    with pytest.raises(consumer.BufferProtocolError) as caught:
        consumer.consume(exporter)
    message = str(caught.value)
    assert message.startswith(BEGINNING)
    assert type(caught.value) is consumer.BufferProtocolError
    return message.removeprefix(BEGINNING)


def hint(exporter):
    name, _, text = refused(exporter).partition("; ")
    assert name
    return text


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return path


def taken(exporter):
    """Views of all that a hint says to take: objects with a buffer."""
    text = hint(exporter)
    expressions = re.fullmatch(r"(.*) does(?:, and (.*)|, a copy|, which .*|, if .*)?", text)
    assert expressions, text
    names = {"x": exporter, "array": array, "mmap": mmap, "numpy": sys.modules.get("numpy")}
    names["pathlib"] = pathlib
    return [
        consumer.consume(eval(expression, names))
        for expression in expressions.groups()
        if expression
    ]


@pytest.mark.parametrize(
    "numbers",
    [[1, 2, 3], (1, 2), [1, 2.5], [1.5, 2], [], (), range(3), {1, 2}, collections.deque([1.5])],
    ids=repr,
)
def test_numbers_are_what_an_array_makes_of_them(numbers):
    (view,) = taken(numbers)
    assert view.tolist() == list(numbers)
    if isinstance(numbers, (list, tuple)) and numbers and float not in map(type, numbers):
        assert view.format == "q"


def test_generators_and_iterators_are_not_run():
    for iterator in ((number for number in (1, 2)), iter([1, 2])):
        assert hint(iterator)
        assert next(iter(iterator)) in (0, 1)


def test_single_numbers():
    for number in (5, -1, True, 2.5):
        (view,) = taken(number)
        assert view.tolist() == [number]


def test_rows_of_numbers(np):
    assert np
    (view,) = taken([[1, 2], [3, 4]])
    assert view.tolist() == [[1, 2], [3, 4]]


def test_text():
    (view,) = taken("é")
    assert view.tobytes() == "é".encode()
    (view,) = taken(io.StringIO("é"))
    assert view.tobytes() == "é".encode()


def test_bytes_in_memory():
    stream = io.BytesIO(CONTENT)
    (view,) = taken(stream)
    assert view.tobytes() == CONTENT
    view[0] = 99
    view.release()
    assert stream.getvalue()[0] == 99


@pytest.mark.parametrize("mode", ["rb", "r+b", "r"])
def test_files(file, mode):
    with file.open(mode) as opened:
        for view in taken(opened):
            assert view.tobytes() in (CONTENT, b"")
            view.release()
    with file.open("rb", buffering=0) as opened:
        read, mapped = taken(opened)
        assert read.tobytes() == mapped.tobytes() == CONTENT
        mapped.release()


def test_files_that_are_not_what_lies_on_the_disk(file):
    file.write_bytes(gzip.compress(CONTENT))
    with gzip.open(file) as opened:
        (view,) = taken(opened)
        assert view.tobytes() == CONTENT
    with tempfile.SpooledTemporaryFile() as spooled:
        spooled.write(CONTENT)
        spooled.seek(0)
        (view,) = taken(spooled)
        assert view.tobytes() == CONTENT
    with tempfile.NamedTemporaryFile() as named:
        assert hint(named) == "x.read() may"


def test_paths(file):
    (view,) = taken(file)
    assert view.tobytes() == CONTENT
    assert isinstance(file, pathlib.Path)
    with os.scandir(file.parent) as entries:
        (view,) = taken(next(entries))
    assert view.tobytes() == CONTENT


def test_memory_of_several_processes():
    shared = shared_memory.SharedMemory(create=True, size=16)
    try:
        (view,) = taken(shared)
        view[0] = 7
        assert shared.buf[0] == 7
        view.release()
    finally:
        shared.close()
        shared.unlink()
    for exporter in (multiprocessing.Array("i", [1, 2]), multiprocessing.Value("d", 1.5)):
        (view,) = taken(exporter)
        assert view.tolist() == (exporter[:] if hasattr(exporter, "__len__") else exporter.value)


def test_ctypes():
    number = ctypes.c_int(5)
    (view,) = taken(ctypes.byref(number))
    assert view[()] == 5


@pytest.mark.parametrize("kind", [ctypes.c_int, ctypes.c_int * 3, array.array, bytes, mmap.mmap])
def test_classes_whose_instances_have_a_buffer(kind):
    assert hint(kind) == "an instance of the class does"


@pytest.mark.parametrize("thing", [None, object(), object, int, len, sys, 1j, ["a"], (None,)])
def test_no_hint_where_there_is_nothing_to_say(thing):
    assert hint(thing) == ""


def test_mappings():
    assert hint({}) == hint(collections.UserDict()) == hint(os.environ) == "x[key] may"


def test_arrays_where_numpy_is_not_loaded():
    program = """
        import consumer
        class Wrapper:
            def __array__(self, dtype=None, copy=None):
                raise AssertionError
        try:
            consumer.consume(Wrapper())
        except consumer.BufferProtocolError as error:
            print(error)
    """
    done = run_python("-c", textwrap.dedent(program), timeout=60)
    assert done.stdout.endswith("; numpy.asarray(x) does, which may be a copy\n")


def test_objects_with_bytes():
    class WithMethod:
        def tobytes(self):
            return CONTENT

    class WithSlot:
        def __bytes__(self):
            return CONTENT

    for exporter in (WithMethod(), WithSlot()):
        (view,) = taken(exporter)
        assert view.tobytes() == CONTENT


def test_memory_on_a_gpu():
    class OnGpu:
        __cuda_array_interface__ = {"data": (1, False)}  # noqa: RUF012

    class WithWay(OnGpu):
        def cpu(self):
            raise AssertionError

    class NotOnGpu:
        __array__ = None

        @property
        def __cuda_array_interface__(self):
            raise AttributeError

    assert hint(OnGpu()) == "its memory is on a GPU"
    assert hint(WithWay()) == "its memory is on a GPU, and x.cpu() copies it"
    assert hint(NotOnGpu()) == ""


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="until 3.11")
def test_buffer_classes_before_their_time():
    class Exporter:
        def __buffer__(self, flags):
            return memoryview(CONTENT)

    assert "3.12" in hint(Exporter())


def test_no_code_of_the_object_is_run():
    class Meta(type):
        def __getattribute__(cls, name):
            raise SystemExit

        def __instancecheck__(cls, thing):
            raise SystemExit

    class Wild(metaclass=Meta):
        def __iter__(self):
            raise SystemExit

        def __len__(self):
            raise SystemExit

        def __repr__(self):
            raise SystemExit

    assert "array.array" in hint(Wild())

    class Text(str):
        __slots__ = ()

        def encode(self, *_):
            raise SystemExit

    assert hint(Text()) == "x.encode() does"


@pytest.mark.parametrize("error", [ValueError, RecursionError, MemoryError, SystemExit])
def test_an_error_in_the_one_question_is_none(error):
    class Wild:
        @property
        def __cuda_array_interface__(self):
            raise error

        def tobytes(self):
            return CONTENT

    (view,) = taken(Wild())
    assert view.tobytes() == CONTENT


def test_objects_that_consume_themselves_when_asked():
    asked = []

    class Wild:
        @property
        def __cuda_array_interface__(self):
            asked.append(1)
            consumer.consume(self)

    refused(Wild())
    assert 1 < len(asked) < 100_000


def test_what_was_asked_is_not_kept():
    class Wild:
        @property
        def __cuda_array_interface__(self):
            mine = self  # noqa: F841
            raise ValueError

    thing = Wild()
    gone = weakref.ref(thing)
    refused(thing)
    del thing
    gc.collect()
    assert gone() is None


def test_names_are_shortened():
    kind = type("x" * 100_000, (list,), {})
    assert len(refused(kind())) < 1000
    assert hint(kind([1])).startswith("array.array('q'")


def test_only_the_start_of_a_long_list_is_looked_at():
    assert hint([*range(1000), "text"]) == "array.array('q', x) does"


def test_dates_are_numbers_of_their_byte_order(np):
    for dtype in ("M8[s]", "m8[D]", ">M8[ns]"):
        source = np.array([1, 2], dtype)
        assert numbers_of_dates(source).tolist() == [1, 2]
        assert numbers_of_dates(source[::-1].reshape(2, 1)).tolist() == [[2], [1]]


def numbers_of_dates(source):
    """What the line in the error gives."""
    with pytest.raises(ValueError, match=r"cannot include dtype '[Mm]' in a buffer; ") as caught:
        consumer.consume(source)
    assert str(caught.value).startswith(str(caught.value.__cause__))
    line = str(caught.value).partition("; ")[2].partition(" has the numbers of ")[0]
    return eval(line, {"consume": consumer.consume, "x": source})


def test_the_numbers_of_dates_in_a_record_are_had_by_their_names(np):
    inner = np.dtype([("a", "i4"), ("it's", "m8[s]", (2,))])
    source = np.zeros(2, [("x", ">f8"), ("in", inner)])
    assert numbers_of_dates(source).tolist() == [[0, 0], [0, 0]]
