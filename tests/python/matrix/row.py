"""What a row of the matrix is, and the oracles that many rows share.

A row makes an exporter and says, by means of the exporter's own package and never of the module
under test, which values are in it; or says how it is refused.
"""

import contextlib
import inspect
import operator
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from consumer import BufferProtocolError


class NoElements(NamedTuple):
    """There is a view, with metadata and bytes, but its elements cannot be read."""

    reason: str
    match: str


class NoBuffer(NamedTuple):
    """There is no view: `error` is raised, the exporter's own where it is one that refuses.

    `granted` says that the exporter does not refuse: it gives others a buffer.
    """

    reason: str
    error: type[Exception]
    match: str
    granted: bool = False


class NoWriting(NamedTuple):
    """The elements can be read, but not written as a whole."""

    reason: str
    match: str


Refusal = NoElements | NoBuffer | NoWriting


class Row(NamedTuple):
    """One kind of exporter.

    `make` is called with the module named `module`, which is imported no sooner than that, and
    where it is missing the row is skipped. It gives the exporter; or, if what is to be compared
    with is another object, an `Of`; or is a generator that yields either, and cleans up after that.
    `values` gives the values of the exporter, or of the other object, as nested lists: one level
    for each dimension.
    """

    name: str
    module: str
    make: Callable[[Any], Any]
    values: Callable[[Any], Any] | None = None
    refused: Refusal | None = None
    marks: tuple[pytest.MarkDecorator, ...] = ()
    # Whether the view says better than the exporter what its elements are: its format is its own.
    own_format: bool = False


class Of(NamedTuple):
    """An exporter, and the object whose values it shows."""

    exporter: Any
    source: Any


@contextlib.contextmanager
def made(row):
    """A row's exporter and a function that gives its values as they are now.

    Packages may warn as they like: only warnings of the module under test are errors.
    """
    with contextlib.ExitStack() as stack:
        with warnings.catch_warnings(action="ignore"):
            result = row.make(pytest.importorskip(row.module))
            if inspect.isgenerator(result):
                result = stack.enter_context(contextlib.contextmanager(lambda made=result: made)())
        exporter, source = result if isinstance(result, Of) else (result, result)
        yield exporter, (lambda: row.values(source))


def no_buffer(name, module, make):
    """The row of an object that looks as if it could export a buffer, and does not."""
    refused = NoBuffer("it exports no buffer", BufferProtocolError, "buffer protocol")
    return Row(name, module, make, refused=refused)


# The oracle of exporters with a method of their own, and that of those that are sequences.
tolist = operator.methodcaller("tolist")
items = list
