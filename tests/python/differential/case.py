"""One case of the differential fuzzer: an exporter, a view of it, and what to compare it with."""

import consumer

from differential.random_exporters import pools

# Keys that are wrong, or strange.
KEYS = [None, 1.5, "a", b"a", 2**70, -(2**70), True, [], {}, (), (0, "a"), (0, 1.5), 10**6]
KEYS += [slice(None, None, 0), slice("a"), slice(None, 1.5), (slice(None, None, 0),), (0,) * 7]
KEYS += [(Ellipsis, Ellipsis), -1000, slice(2**70, None, -(2**70)), slice(-(2**70), None)]


def ensure(truth, claim, *details):
    """Raises AssertionError if a claim is not true."""
    if not truth:
        raise AssertionError(" ".join([claim, *map(repr, details)]))


def equal(seen, expected, claim):
    """Raises AssertionError unless two values are the same, types, signs of 0 and NaN as well."""
    if repr(seen) != repr(expected):
        raise AssertionError(f"{claim}: {seen!r}, expected {expected!r}")


def outcome(function, *arguments):
    """What a call returns, or the class of its exception. A panic passes through."""
    try:
        return function(*arguments)
    except Exception as error:
        return type(error)


def raised(found):
    """Whether an outcome is an exception."""
    return isinstance(found, type) and issubclass(found, Exception)


class Case:
    """An exporter, the view and memoryview of it, and its model."""

    def __init__(self, random, exporter, story):
        self.random, self.exporter, self.story = random, exporter, story

    def see(self, view, peer, model):
        """Takes a view as the one to check."""
        self.view, self.peer, self.model = view, peer, model

    def compare(self, function, both, *arguments):
        """Checks that a function of the view returns, or raises, what it does for memoryview.

        What memoryview does not implement may do anything but panic. Returns whether there was
        something to compare.
        """
        mine, theirs = (outcome(function, one, *arguments) for one in both)
        if theirs is NotImplementedError:
            return False
        if raised(theirs):
            right = raised(mine) and issubclass(mine, theirs)
            ensure(right, "the same error as memoryview's", mine, theirs, arguments)
        else:
            equal(mine, theirs, f"the same as memoryview's, {arguments}")
        return True

    @property
    def both(self):
        """The view and its peer."""
        return self.view, self.peer

    @property
    def view_of_view(self):
        """Whether the peer is a memoryview of the view, and not of what the view is of."""
        return self.peer.obj is self.view

    @property
    def readable(self):
        """Whether the elements can be read: records may have padding after them, scalars none."""
        model = self.model
        return model.exact or (model.unpack is not None and len(pools(model.form)) > 1)


def plain(thing):
    """Views as lists; anything else as it is."""
    if isinstance(thing, consumer.ConsumerArray | memoryview):
        return thing.tolist()
    return thing
