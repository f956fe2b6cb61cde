"""The module itself: its names, its classes, and what its import costs."""

import inspect

import consumer
import pytest

from support.programs import run_python


def run(code):
    """The lines that a program prints in an interpreter of its own."""
    return run_python("-W", "error", "-c", code).stdout.split()


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


@pytest.mark.usefixtures("np")
def test_numpy_is_imported_only_when_asked_for():
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
