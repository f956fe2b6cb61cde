"""Every reference and every byte is given back, whatever happens, and however often."""

import contextlib
import sys

import consumer
import pytest

from support.exporters import Exporter
from support.programs import run_python


def test_references_are_given_back_whatever_happens():
    exporter = Exporter(bytes(range(6)), shape=(2, 3))
    sought = object()
    before = sys.getrefcount(exporter), sys.getrefcount(sought)
    for _ in range(100):
        view = consumer.consume(exporter)
        for use in (
            lambda v: v[0, 0],
            lambda v: v[0],
            lambda v: v[5],
            lambda v: v["a"],
            lambda v: v[0, 0, 0],
            lambda v: v.__setitem__(0, 5),
            lambda v: v.reshape(7),
            lambda v: v.transpose(0, 0),
            lambda v: v.tobytes("X"),
            lambda v: v.index(sought),
            lambda v: v.count(sought),
            lambda v: sought in v,
            lambda v: v == sought,
            lambda v: v == v.T,
            lambda v: hash(v),
            lambda v: list(v),
            lambda v: memoryview(v),
            lambda v: v.copy().tolist(),
            lambda v: str(v),
            lambda v: repr(v.T),
        ):
            with contextlib.suppress(IndexError, TypeError, ValueError):
                use(view)
        del view, use
    assert (sys.getrefcount(exporter), sys.getrefcount(sought)) == before


LEAKS = """
import array, gc, sys
import consumer

def pages():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1])

class Holder(bytearray):
    pass

data = bytearray(range(64))
numbers = array.array("d", range(64))
fixed = consumer.consume(data)
square = fixed.reshape(8, 8)
swapped = consumer.consume(memoryview(bytes(64)).cast("i"))
released = consumer.consume(data)
released.release()

def consume(): consumer.consume(data)
def element(): fixed[5]; square[1, 2]; swapped[3]
def part(): fixed[3:50:2]; square[1]; square[:, 1:3]
def store(): fixed[5] = 7; square[1, 2] = 8; fixed[1:3] = b"ab"; square[...] = 1
def iterate(): list(square); list(reversed(fixed))
def lists(): square.tolist(); square.tobytes("F"); square.copy(); consumer.ConsumerArray(20)
def look(): 5 in fixed; fixed.count(5); fixed == square; fixed == data; hash(fixed.toreadonly)
def turn(): square.T; square.transpose(1, 0); square.reshape(4, 16); square.toreadonly()
def text(): str(square); repr(fixed)
def describe(): fixed.format; fixed.shape; square.strides; fixed.obj; square.suboffsets
def export(): memoryview(square).release(); bytes(fixed); consumer.consume(memoryview(square))
def close():
    with consumer.consume(numbers) as view:
        view[1:].release()
def fail():
    for use in (lambda: consumer.consume(5), lambda: fixed[99], lambda: fixed["a"],
                lambda: square.reshape(7), lambda: fixed.index(-1), lambda: released[0],
                lambda: fixed.__setitem__(0, 999), lambda: fixed.__setitem__(0, "a"),
                lambda: hash(fixed), lambda: memoryview(released)):
        try:
            use()
        except Exception:
            pass
def cycle():
    holder = Holder(b"abc")
    holder.view = consumer.consume(holder)
    holder.part = holder.view[1:]

rounds = {consume: 1_000_000, element: 1_000_000, part: 300_000, store: 200_000, iterate: 10_000,
          lists: 100_000, look: 100_000, turn: 100_000, text: 5_000, describe: 200_000,
          export: 100_000, close: 200_000, fail: 20_000, cycle: 20_000}
for use, count in rounds.items():
    for _ in range(1000):
        use()
    gc.collect()
    blocks, memory = sys.getallocatedblocks(), pages()
    for index in range(count):
        use()
        if use is cycle and index % 1000 == 0:
            gc.collect()  # what has not been collected yet is no leak
    gc.collect()
    blocks, memory = sys.getallocatedblocks() - blocks, pages() - memory
    # One byte lost in each of the rounds would be more than this.
    assert blocks < 200 and memory * 4096 < max(count // 2, 400_000), (use, blocks, memory)
"""


@pytest.mark.process_memory
def test_nothing_leaks_over_a_million_rounds():
    if not sys.platform.startswith("linux"):
        pytest.skip("memory is measured through /proc")
    run_python("-c", LEAKS)


def test_views_after_a_failed_one_are_counted_right():
    """An object whose construction failed must not be reused with a reference too many."""
    for _ in range(100):
        with pytest.raises(TypeError):
            consumer.consume({})
    data = bytearray(3)
    views = [consumer.consume(data) for _ in range(100)]
    assert {sys.getrefcount(view) for view in views} <= {2, 3}
    del views
    data.append(1)
