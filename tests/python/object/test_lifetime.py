"""How long an export lives: as long as anything made from it, and not a moment longer."""

import array
import copy
import gc
import io
import mmap
import pickle
import sys
import weakref

import consumer
import pytest

from support.exporters import Exporter
from support.oracles import METADATA
from support.programs import run_python

KEEPERS = {
    "view": lambda view: view,
    "view of the view": consumer.consume,
    "slice": lambda view: view[1:],
    "slice of a slice": lambda view: view[1:][::-1],
    "whole": lambda view: view[...],
    "transpose": lambda view: view.T,
    "reshaped": lambda view: view.reshape(2, 3),
    "row": lambda view: view.reshape(2, 3)[1],
    "read-only": lambda view: view.toreadonly(),
    "iterator": iter,
    "iterator backwards": reversed,
    "iterator of rows": lambda view: iter(view.reshape(2, 3)),
    "row from an iterator": lambda view: next(iter(view.reshape(2, 3))),
    "memoryview": memoryview,
    "memoryview of a slice": lambda view: memoryview(view[::2]),
    "slice of a memoryview": lambda view: memoryview(view)[2:4],
    "view of a memoryview": lambda view: consumer.consume(memoryview(view)),
    "bound method": lambda view: view.tolist,
}


@pytest.mark.parametrize("name", KEEPERS)
def test_an_export_lives_with_what_is_made_from_it(name):
    data = bytearray(b"abcdef")
    kept = KEEPERS[name](consumer.consume(data))
    for resize in (data.clear, lambda: data.append(1), lambda: data.extend(bytes(100))):
        with pytest.raises(BufferError):
            resize()
    assert data == b"abcdef"
    del kept
    data.append(1)


@pytest.mark.parametrize("name", KEEPERS)
def test_the_exporter_lives_with_what_is_made_from_it(name):
    exporter = Exporter(b"abcdef")
    kept = KEEPERS[name](consumer.consume(exporter))
    reference = weakref.ref(exporter)
    del exporter
    gc.collect()
    assert reference() is not None
    del kept
    assert reference() is None


def test_every_exporter_that_can_be_resized_refuses_meanwhile(tmp_path):
    numbers = array.array("i", range(3))
    stream = io.BytesIO(b"abc")
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        for exporter, resize in (
            (numbers, lambda: numbers.append(1)),
            (stream.getbuffer(), lambda: stream.write(bytes(10))),
            (mapped, mapped.close),
        ):
            view = consumer.consume(exporter)
            with pytest.raises(BufferError):
                resize()
            view.release()
            del exporter
        stream.close()


def test_release_lets_go_at_once():
    data = bytearray(b"abc")
    view = consumer.consume(data)
    view.release()
    data.append(100)
    view.release()
    assert data == b"abcd"


def test_the_context_manager_lets_go_at_its_end():
    data = bytearray(b"abc")
    with consumer.consume(data) as view:
        assert view.tolist() == [97, 98, 99]
        with pytest.raises(BufferError):
            data.append(100)
    data.append(100)
    with pytest.raises(ValueError, match="released"):
        view[0]
    with pytest.raises(ValueError, match="released"), view:
        pass


def test_the_context_manager_gives_the_view_itself_and_passes_errors_on():
    def use(view):
        with view as entered:
            assert entered is view
            raise KeyError("mine")

    view = consumer.consume(b"abc")
    with pytest.raises(KeyError, match="mine"):
        use(view)
    assert repr(view).startswith("<released")


def test_the_context_manager_reports_buffers_that_are_out():
    view = consumer.consume(b"abc")
    with pytest.raises(BufferError, match="exported buffer"), view:
        peer = memoryview(view)
    assert peer.tolist() == [97, 98, 99]


def test_sub_views_outlive_the_release_of_their_view():
    data = bytearray(b"abcdef")
    view = consumer.consume(data)
    parts = [view[1:], view.T, view.reshape(2, 3), view.toreadonly(), consumer.consume(view)]
    view.release()
    assert [part.nbytes for part in parts] == [5, 6, 6, 6, 6]
    assert parts[0].tolist() == [98, 99, 100, 101, 102]
    for part in parts:
        with pytest.raises(BufferError):
            data.append(1)
        part.release()
    data.append(1)


def test_a_released_sub_view_leaves_the_others():
    data = bytearray(b"abc")
    view = consumer.consume(data)
    view[1:].release()
    assert view.tolist() == [97, 98, 99]
    view.release()
    data.append(1)


def test_an_iterator_at_its_end_lets_go():
    """Like the iterators of memoryview and list."""
    for function in (iter, reversed):
        for shape in ((6,), (2, 3)):
            data = bytearray(b"abcdef")
            iterator = function(consumer.consume(data).reshape(shape))
            # The variable of a loop would keep the last row alive.
            while next(iterator, None) is not None:
                pass
            data.append(1)
            assert next(iterator, None) is None


USES = {
    **{name: lambda view, name=name: getattr(view, name) for name in ["obj", *METADATA, "T"]},
    "len": len,
    "element": lambda view: view[0],
    "slice": lambda view: view[1:],
    "empty tuple": lambda view: view[()],
    "ellipsis": lambda view: view[...],
    "wrong key": lambda view: view["a"],
    "index out of range": lambda view: view[99],
    "assignment": lambda view: view.__setitem__(0, 1),
    "slice assignment": lambda view: view.__setitem__(slice(0, 1), b"a"),
    "wrong assignment": lambda view: view.__setitem__("a", "b"),
    "iter": iter,
    "reversed": reversed,
    "in": lambda view: 97 in view,
    "index": lambda view: view.index(97),
    "count": lambda view: view.count(97),
    "tolist": lambda view: view.tolist(),
    "tobytes": lambda view: view.tobytes(),
    "transpose": lambda view: view.transpose(),
    "reshape": lambda view: view.reshape(-1),
    "toreadonly": lambda view: view.toreadonly(),
    "copy": lambda view: view.copy(),
    "copy.copy": copy.copy,
    "pickle": lambda view: pickle.dumps(view, 5),
    "byteswap": lambda view: view.byteswap(),
    "astype": lambda view: view.astype("d"),
    "cast": lambda view: view.cast("b"),
    "named": lambda view: view.named(),
    "hex": lambda view: view.hex(),
    "sum": lambda view: view.sum(),
    "minmax": lambda view: view.minmax(),
    "tensor": lambda view: view.__dlpack__(),
    "device of a tensor": lambda view: view.__dlpack_device__(),
    "column": lambda view: view.__arrow_c_array__(),
    "type of a column": lambda view: view.__arrow_c_schema__(),
    "hash": hash,
    "with": lambda view: view.__enter__(),
    "memoryview": memoryview,
    "bytes": bytes,
    "consume": consumer.consume,
}


@pytest.mark.parametrize("name", USES)
def test_everything_else_is_forbidden_after_the_release(name):
    for exporter in (b"abc", bytearray(b"abc")):
        view = consumer.consume(exporter)
        view.release()
        message = "operation forbidden on released ConsumerArray object"
        with pytest.raises(ValueError, match=message):
            USES[name](view)


def test_weak_references():
    view = consumer.consume(b"abc")
    called = []
    reference = weakref.ref(view, called.append)
    assert reference() is view
    assert weakref.getweakrefcount(view) == 1
    part = view[1:]
    del view
    # The root of a sub-view lives as long as the sub-view.
    del part
    assert reference() is None
    assert called == [reference]


class Holder(bytearray):
    """A bytearray that can hold on to its own views."""


# Before Python 3.13, collecting a memoryview that still has an exported buffer ends the process, so
# whoever holds such a buffer must keep the memoryview alive.
MEMORYVIEWS_ARE_COLLECTED = sys.version_info >= (3, 13)


def test_cycles_are_collected():
    for name, keeper in KEEPERS.items():
        if name == "bound method":
            continue
        if name == "view of a memoryview" and not MEMORYVIEWS_ARE_COLLECTED:
            continue
        holder = Holder(b"abcdef")
        holder.kept = keeper(consumer.consume(holder))
        reference = weakref.ref(holder)
        del holder
        gc.collect()
        assert reference() is None, name


def test_cycles_through_several_views_are_collected():
    holder = Holder(b"abcdef")
    holder.view = consumer.consume(holder)
    holder.parts = [holder.view[1:], memoryview(holder.view), iter(holder.view)]
    if MEMORYVIEWS_ARE_COLLECTED:
        holder.parts.append(consumer.consume(holder.parts[1])[::-1])
    reference = weakref.ref(holder)
    del holder
    gc.collect()
    assert reference() is None


MEMORYVIEW_CYCLES = """
import gc
import consumer

class Holder:
    pass

for make in (consumer.consume, lambda peer: consumer.consume(peer)[1:],
             lambda peer: iter(consumer.consume(peer)), lambda peer: consumer.consume(peer[1:])):
    # The collector clears older objects first: here the memoryview.
    peer = memoryview(bytearray(8))
    holder = Holder()
    holder.itself, holder.peer, holder.view = holder, peer, make(peer)
    del holder, peer
    gc.collect()
"""


def test_cycles_through_a_memoryview_do_no_harm():
    """Runs in a process of its own, because a failure would end it."""
    run_python("-c", MEMORYVIEW_CYCLES)


def test_cycles_that_are_reachable_are_left_alone():
    holder = Holder(b"abcdef")
    holder.view = consumer.consume(holder)
    part = holder.view[1:]
    reference = weakref.ref(holder)
    del holder
    gc.collect()
    assert reference() is not None
    assert part.tolist() == [98, 99, 100, 101, 102]
    assert part.obj.view.tolist() == list(b"abcdef")
    del part
    gc.collect()
    assert reference() is None
