"""Objects whose own code releases the view in the middle of a call: an error, never a crash.

Records and lists are in test_reentrancy_records.py, code that runs when objects are destroyed in
test_finalisers.py, exporters written in Python in test_buffer_classes.py.
"""

import array
import contextlib
import gc
import sys
import threading

import consumer
import pytest

from support.exporters import Exporter
from support.tricksters import Comparing, Releasing, Tricky


def made():
    data = bytearray(range(100)) * 1000
    view = consumer.consume(data)
    return view, Releasing(view, data)


def expect_released(use):
    view, number = made()
    with pytest.raises(ValueError, match="released"):
        use(view, number)
    assert repr(view).startswith("<released")
    assert number.data == b""


READS = {
    "element": lambda v, n: v[n],
    "element in a tuple": lambda v, n: v[(n,)],
    "axes": lambda v, n: v.transpose(n),
    "axes in a list": lambda v, n: v.transpose([n]),
    "lengths": lambda v, n: v.reshape(Releasing(n.view, n.data, 100_000)),
    "lengths in a list": lambda v, n: v.reshape([Releasing(n.view, n.data, 100_000)]),
    "bound": lambda v, n: v.index(5, n),
    "other bound": lambda v, n: v.index(5, 0, n),
}


SLICES = {
    "start": (lambda v, n: v[n:], slice(None)),
    "stop": (lambda v, _: v[: Releasing(v, None, 5)], slice(5)),
    "step": (lambda v, _: v[:: Releasing(v, None, 2)], slice(None, None, 2)),
    "in a tuple": (lambda v, n: v[..., n:], slice(None)),
}


@pytest.mark.parametrize("name", SLICES)
def test_release_by_a_slice(name):
    """As with memoryview, the slice is one of the view that it was applied to."""
    use, expected = SLICES[name]
    data = bytearray(range(100))
    view = consumer.consume(data)
    part = use(view, Releasing(view))
    assert repr(view).startswith("<released")
    assert part.tolist() == list(range(100))[expected]
    part.release()
    data.append(1)


@pytest.mark.parametrize("name", READS)
def test_release_by_a_key(name):
    expect_released(READS[name])


def store(key, value):
    def use(view, number):
        view[number if key is Releasing else key] = number if value is Releasing else value

    return use


STORES = {
    "key": store(Releasing, 1),
    "value": store(5, Releasing),
    "filling value": store(..., Releasing),
}


@pytest.mark.parametrize("name", STORES)
def test_release_by_a_store(name):
    expect_released(STORES[name])


@pytest.mark.parametrize("form", ["b", ">i", "q", "P", "e", "f", "d", "g", "?", "Zf", "Zd"])
def test_release_by_a_value_of_every_kind(form):
    size = {"e": 2, "f": 4, "b": 1, "?": 1, ">i": 4, "g": 16, "Zd": 16}.get(form, 8)
    for key in (0, ...):
        exporter = Exporter(bytes(8 * size), form.encode(), size, readonly=False)
        view = consumer.consume(exporter)
        references = sys.getrefcount(exporter)
        with pytest.raises(ValueError, match="released"):
            view[key] = Releasing(view, None, 1)
        assert sys.getrefcount(exporter) == references - 1
        assert exporter.bytes_now() == bytes(8 * size)


def test_release_by_an_error():
    class Failing(Releasing):
        def release(self):
            super().release()
            raise KeyError("mine")

    for use in ({**READS, **STORES}).values():
        data = bytearray(100)
        view = consumer.consume(data)
        number = Failing(view, data)
        if use in (READS["lengths"], READS["lengths in a list"]):
            continue
        with pytest.raises(KeyError, match="mine"):
            use(view, number)


@pytest.mark.parametrize("search", ["count", "index", "__contains__"])
@pytest.mark.parametrize("shape", [(-1,), (100, -1)])
def test_release_by_a_comparison(search, shape):
    data = bytearray(range(100)) * 100
    root = consumer.consume(data)
    view = root.reshape(shape)
    root.release()
    sought = Comparing(view, data)
    try:
        answer = getattr(view, search)(sought)
    except ValueError:
        pass
    else:
        assert answer in (False, 0)
    with pytest.raises(ValueError, match="released"):
        view[0]
    data.clear()


def test_release_by_the_other_sides_comparison():
    data = bytearray(range(100))
    view = consumer.consume(data)

    class Other:
        __hash__ = None

        def __eq__(self, other):
            other.release()
            data.clear()
            return True

    assert view == Other()
    assert data == b""


def test_release_while_iterating():
    data = bytearray(b"abcdef")
    view = consumer.consume(data)
    seen = []

    def read():
        for number in view:
            seen.append(number)
            if len(seen) == 3:
                view.release()
                data.clear()

    with pytest.raises(ValueError, match="released"):
        read()
    assert seen == [97, 98, 99]


class ReleasingExporter(Exporter):
    """Releases a view while its own buffer is acquired."""

    releases = None

    def fill(self, buffer):
        if self.releases is not None:
            self.releases()
        super().fill(buffer)


@pytest.mark.parametrize("key", [slice(0, 3), ...])
def test_release_by_the_source_of_an_assignment(key):
    data = bytearray(b"abc")
    view = consumer.consume(data)
    source = ReleasingExporter(b"xyz", shape=(3,))
    source.releases = lambda: (view.release(), data.clear())
    references = sys.getrefcount(source)
    with pytest.raises(ValueError, match="released"):
        view[key] = source
    assert (data, sys.getrefcount(source)) == (b"", references)


def test_release_by_the_other_side_of_a_comparison():
    data = bytearray(b"abc")
    view = consumer.consume(data)
    source = ReleasingExporter(b"abc", shape=(3,))
    source.releases = lambda: (view.release(), data.clear())
    with pytest.raises(ValueError, match="released"):
        view.__eq__(source)
    assert data == b""


def test_a_view_in_the_making_is_a_released_one():
    """The collector tracks it already, and code that finds it there can do nothing with it."""
    found = []

    def look():
        views = [o for o in gc.get_objects() if type(o) is consumer.ConsumerArray]
        for view in views:
            if repr(view).startswith("<released"):
                found.append(view)
                with pytest.raises(ValueError, match="released"):
                    view.tolist()
                with pytest.raises(ValueError, match="released"):
                    memoryview(view)
                view.release()
                gc.collect()

    gc.collect()
    source = ReleasingExporter(b"abc", shape=(3,))
    source.releases = look
    view = consumer.consume(source)
    assert (view.tolist(), view.obj) == ([97, 98, 99], source)
    found.clear()
    view.release()


def test_an_exporter_may_be_consumed_while_it_is_asked():
    inner = []
    source = ReleasingExporter(b"abc", shape=(3,))

    def again():
        if not inner:
            inner.append(None)
            inner[0] = consumer.consume(source)

    source.releases = again
    assert consumer.consume(source) == inner[0]


def test_a_view_may_be_released_by_its_own_sub_view():
    data = bytearray(range(10))
    view = consumer.consume(data)
    part = view[2:]
    assert part[Releasing(view)] == 2
    part.release()
    data.clear()


def test_the_collector_may_run_at_any_moment():
    """A cycle through a view is cleared while views of the same exporter are in use."""

    class Holder(bytearray):
        pass

    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(300):
            holder = Holder(b"abcdef")
            holder.view = consumer.consume(holder)
            holder.part = holder.view[1:]
            holder.iterator = iter(holder.part)
            assert holder.part.tolist() == [98, 99, 100, 101, 102]
            assert [*holder.view.reshape(2, 3)][1].copy().tolist() == [100, 101, 102]
            del holder
    finally:
        gc.set_threshold(*threshold)
    gc.collect()


def test_threads_read_and_release_at_once():
    errors = []

    def work(view):
        try:
            for _ in range(300):
                view.tolist()
                view[::2].copy()
                list(view)
        except ValueError:
            pass
        except BaseException as error:
            errors.append(error)

    for _ in range(20):
        numbers = array.array("i", range(50))
        view = consumer.consume(numbers)
        threads = [threading.Thread(target=work, args=(view,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        view.release()
        for thread in threads:
            thread.join()
        numbers.append(1)
    assert errors == []


def test_release_by_the_lengths_of_a_cast():
    for position in (0, 1):
        view, number = made()
        shape = [100_000, 1]
        shape[position] = Releasing(view, number.data, shape[position])
        with pytest.raises(ValueError, match="released"):
            view.cast("B", shape)
        assert number.data == b""


def test_release_by_a_format_that_is_a_subclass():
    view, number = made()

    class Format(str):
        def encode(self, *_arguments):
            number.release()
            return b"b"

    try:
        cast = view.cast(Format("b"))
    except (TypeError, ValueError):
        view.release()
    else:
        assert cast.tolist()[:3] == [0, 1, 2]
        cast.release()
        number.release()
    number.data.append(1)


def test_a_view_cannot_be_released_by_the_exporters_hash():
    class Hashed(bytes):
        def __hash__(self):
            self.view.release()
            return 7

    data = Hashed(b"abcdef")
    data.view = consumer.consume(data)
    references = sys.getrefcount(data)
    for _ in range(2):
        with pytest.raises(BufferError, match="1 exported buffer"):
            hash(data.view)
    assert data.view.tobytes() == data
    data.view.release()
    assert sys.getrefcount(data) == references - 1


def test_re_entering_by_a_key_or_a_value():
    """Each operation, started again in the middle of itself."""
    for use in ({**READS, **STORES}).values():
        data = bytearray(range(100)) * 1000
        view = consumer.consume(data)
        depth = []

        def again(use=use, view=view, depth=depth):
            if len(depth) < 5:
                depth.append(None)
                with contextlib.suppress(TypeError, ValueError):
                    use(view, Again())

        class Again(Releasing):
            def __init__(self, value=0, again=again):
                super().__init__(None, None, value)
                self.release = again

        with contextlib.suppress(TypeError, ValueError, AttributeError):
            use(view, Again())
        view.release()
        data.clear()


def test_storing_by_a_value_that_writes_to_the_memory():
    data = bytearray(range(10))
    view = consumer.consume(data)
    view[3] = Tricky(lambda: view.__setitem__(slice(None), bytes(10)), 7)
    assert data == bytes(3) + b"\7" + bytes(6)
