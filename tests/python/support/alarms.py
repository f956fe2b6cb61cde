"""Signals that interrupt an operation."""

import contextlib
import signal

import pytest


class AlarmError(Exception):
    """What a handler raises."""


@contextlib.contextmanager
def alarm(handler, seconds, again=0):
    """Calls a handler so many seconds from now and, if that is not 0, every `again` seconds."""
    if not hasattr(signal, "setitimer"):
        pytest.skip("there are no such signals here")
    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, again)
        yield
    finally:
        # A handler that is still to be called may set the timer once more. One that does nothing
        # takes its place: a signal that has arrived, and is ignored then, is an error to Python.
        signal.signal(signal.SIGALRM, lambda _number, _frame: None)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
