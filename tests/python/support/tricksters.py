"""Objects that do something to a view when their special methods are called."""

import itertools


class Releasing:
    """A number whose conversion releases a view and takes its memory away."""

    def __init__(self, view, data=None, value=0):
        self.view, self.data, self.value = view, data, value

    def release(self):
        self.view.release()
        if self.data is not None:
            self.data.clear()

    def __index__(self):
        self.release()
        return int(self.value)

    def __float__(self):
        self.release()
        return float(self.value)

    def __complex__(self):
        self.release()
        return complex(self.value)

    def __bool__(self):
        self.release()
        return bool(self.value)


class Comparing:
    """Equal to nothing, and releases a view when it is compared."""

    __hash__ = None

    def __init__(self, view, data):
        self.view, self.data, self.refused = view, data, None

    def __eq__(self, _other):
        self.view.release()
        try:
            # An operation that still reads the memory must hold it.
            self.data.clear()
        except BufferError as error:
            self.refused = error
        return False


class Tricky(Releasing):
    """A number that does something else to the view, or to what it is read from."""

    def __init__(self, trick, value=1):
        super().__init__(None, None, value)
        self.release = trick


class EndlessList(list):
    """A list that says it is one, and never ends."""

    def __iter__(self):
        return itertools.repeat(0)
