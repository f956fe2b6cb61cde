"""Exporters written in Python (PEP 688), whose code runs on acquisition and on release."""

import sys

import consumer
import pytest

from support.programs import run_python
from support.versions import needs_buffer_classes

pytestmark = needs_buffer_classes


class Buffering:
    """An exporter that runs code when its buffer is acquired, and when it is released."""

    def __init__(self, data, asked=None, done=None):
        self.data, self.asked, self.done, self.balance = data, asked, done, 0

    def __buffer__(self, flags):
        self.balance += 1
        if self.asked:
            self.asked()
        return memoryview(self.data)

    def __release_buffer__(self, buffer):
        self.balance -= 1
        buffer.release()
        if self.done:
            self.done()


def test_a_class_with_a_buffer_is_asked_and_done_once():
    source = Buffering(bytearray(b"abc"))
    view = consumer.consume(source)
    part = view[1:]
    assert (view.tolist(), part.tolist(), source.balance) == ([97, 98, 99], [98, 99], 1)
    view.release()
    assert source.balance == 1
    part.release()
    assert source.balance == 0
    source.data.append(1)


@pytest.mark.parametrize("key", [slice(0, 3), ...])
def test_release_by_a_class_with_a_buffer(key):
    for moment in ("asked", "done"):
        data = bytearray(b"abc")
        view = consumer.consume(data)
        source = Buffering(bytearray(b"xyz"), **{moment: view.release})
        if moment == "asked":
            with pytest.raises(ValueError, match="released"):
                view[key] = source
            assert data == b"abc"
        else:
            view[key] = source
            assert data == b"xyz"
        assert source.balance == 0
        data.append(1)


def test_comparing_with_a_class_that_releases():
    for moment in ("asked", "done"):
        data = bytearray(b"abc")
        view = consumer.consume(data)
        source = Buffering(bytearray(b"abc"), **{moment: view.release})
        if moment == "asked":
            with pytest.raises(ValueError, match="released"):
                view.__eq__(source)
        else:
            assert view == source
        assert source.balance == 0
        data.append(1)


def test_a_class_that_uses_the_view_when_it_is_done():
    seen = []
    source = Buffering(bytearray(b"abc"))
    view = consumer.consume(source)

    def done():
        with pytest.raises(ValueError, match="released"):
            view.tolist()
        view.release()
        again = consumer.consume(bytearray(b"xy"))
        seen.append(again.tolist())

    source.done = done
    view.release()
    assert (seen, source.balance) == ([[120, 121]], 0)


def test_a_class_that_fails(monkeypatch):
    """An error on acquisition passes through; one on release has nowhere to be raised."""
    unraisable = []
    monkeypatch.setattr(sys, "unraisablehook", lambda hook: unraisable.append(hook.exc_value))

    def fail():
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        consumer.consume(Buffering(b"abc", asked=fail))
    source = Buffering(bytearray(b"abc"), done=fail)
    view = consumer.consume(source)
    with pytest.raises(ZeroDivisionError), view:
        raise ZeroDivisionError
    assert [type(error) for error in unraisable] == [KeyError]
    assert source.balance == 0
    source.data.append(1)


def test_the_garbage_collector_survives_cycles_with_views_of_such_classes():
    """Before Python 3.13 it must not find the memoryview that the class has returned."""
    run_python(
        "-X",
        "faulthandler",
        "-c",
        """if True:
        import gc
        from consumer import consume

        class Buffering:
            def __buffer__(self, flags):
                return memoryview(bytearray(8))

        for part in (lambda view: view, lambda view: view[1:], iter, lambda view: view.copy()):
            for _ in range(50):
                views = [part(consume(Buffering())) for _ in range(5)]
                views.append(views)
            del views
            gc.collect()
        """,
    )
