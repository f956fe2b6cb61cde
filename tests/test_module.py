"""The module itself: its names, what its import costs, and arrays of its own memory."""

import array
import ctypes
import inspect
import subprocess
import sys

import consumer
import pytest
from oracles import address


def run(code):
    """The lines that a program prints in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_names():
    assert consumer.PyConsumerArray is consumer.ConsumerArray
    assert consumer.ConsumerArray.__name__ == "ConsumerArray"
    assert consumer.ConsumerArray.__module__ == "consumer"
    assert isinstance(consumer.__version__, str)
    assert isinstance(consumer.consume(b""), consumer.ConsumerArray)
    for thing in (consumer, consumer.consume, consumer.ConsumerArray):
        assert inspect.getdoc(thing)


def test_every_public_name_has_a_doc():
    for name in dir(consumer.ConsumerArray):
        if not name.startswith("_"):
            assert inspect.getdoc(getattr(consumer.ConsumerArray, name)), name


def test_the_import_brings_in_nothing_else():
    seen = run(
        "import sys; before = set(sys.modules); import consumer;"
        "print(*sorted(set(sys.modules) - before))"
    )
    assert set(seen) <= {"consumer", "consumer.consumer"}


def test_numpy_is_imported_only_when_asked_for(np):  # noqa: ARG001
    seen = run(
        "import sys, consumer; v = consumer.consume(b'abc'); str(v); v.tolist(); v[::2].copy();"
        "print('numpy' in sys.modules); v.dtype; print('numpy' in sys.modules)"
    )
    assert seen == ["False", "True"]


def test_the_class_has_no_subclasses_and_no_attributes_of_others():
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Other", (consumer.ConsumerArray,), {})
    view = consumer.consume(b"abc")
    with pytest.raises(AttributeError):
        view.other = 1
    for name in ("format", "shape", "obj", "readonly", "T"):
        with pytest.raises(AttributeError):
            setattr(view, name, 1)


def test_the_classes_cannot_be_changed():
    for kind in (consumer.ConsumerArray, type(iter(consumer.consume(b"")))):
        for name in ("__len__", "name"):
            with pytest.raises(TypeError, match="immutable"):
                setattr(kind, name, None)


def test_the_class_is_generic():
    alias = consumer.ConsumerArray[int]
    assert alias.__origin__ is consumer.ConsumerArray
    assert alias.__args__ == (int,)


@pytest.mark.parametrize("value", [3, 1.5, None, "text", [1, 2], {}, object(), len, type])
def test_objects_without_a_buffer(value):
    with pytest.raises(consumer.BufferProtocolError) as caught:
        consumer.consume(value)
    error = caught.value
    assert isinstance(error, TypeError)
    assert isinstance(error, ValueError)
    assert str(error).startswith("The object does not support buffer protocol")
    assert type(value).__name__ in str(error)


def test_the_type_is_named_with_its_module():
    class Local:
        pass

    with pytest.raises(TypeError, match=r"protocol: .*test_the_type_is_named.*\.Local"):
        consumer.consume(Local())


def test_the_error_is_a_class_of_the_module():
    error = consumer.BufferProtocolError
    assert (error.__module__, error.__mro__[1:3]) == ("consumer", (TypeError, ValueError))


@pytest.mark.parametrize("arguments", [(), (b"", b"")])
def test_consume_takes_one_object(arguments):
    with pytest.raises(TypeError):
        consumer.consume(*arguments)
    with pytest.raises(TypeError):
        consumer.consume(b"", other=1)


@pytest.mark.parametrize("length", [0, 1, 5, 1000])
def test_an_array_of_its_own_counts_up(length):
    view = consumer.ConsumerArray(length)
    assert view.tolist() == list(range(length))
    assert (view.shape, view.strides, view.readonly) == ((length,), (4,), False)
    assert view.itemsize == ctypes.sizeof(ctypes.c_int32)
    assert view.obj is None
    assert address(view) % 4 == 0
    assert view == array.array("i", range(length))


def test_an_array_of_its_own_is_writable_and_belongs_to_nobody_else():
    view, other = consumer.ConsumerArray(5), consumer.ConsumerArray(5)
    view[1] = -7
    assert (view.tolist(), other.tolist()) == ([0, -7, 2, 3, 4], [0, 1, 2, 3, 4])
    part = view[1:3]
    view.release()
    assert part.tolist() == [-7, 2]


def test_lengths_of_every_kind():
    class Two:
        def __index__(self):
            return 2

    assert consumer.ConsumerArray().tolist() == []
    assert consumer.ConsumerArray(length=2).tolist() == [0, 1]
    assert consumer.ConsumerArray(Two()).tolist() == [0, 1]
    assert consumer.ConsumerArray(True).tolist() == [0]
    for negative in (-1, -5, -(2**31), -(2**200)):
        assert consumer.ConsumerArray(negative).tolist() == []


@pytest.mark.parametrize("length", [2**31 + 1, 2**40, 2**62, 2**63 - 1, 2**63, 2**64, 2**200])
def test_a_length_too_large(length):
    with pytest.raises(MemoryError):
        consumer.ConsumerArray(length)


@pytest.mark.parametrize("length", [1.5, "3", b"3", [1], object()])
def test_a_length_of_the_wrong_type(length):
    with pytest.raises(TypeError):
        consumer.ConsumerArray(length)
    with pytest.raises(TypeError):
        consumer.ConsumerArray(1, 2)
    with pytest.raises(TypeError):
        consumer.ConsumerArray(size=1)


def test_an_exception_of_the_length_passes_through():
    class Broken:
        def __index__(self):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        consumer.ConsumerArray(Broken())
