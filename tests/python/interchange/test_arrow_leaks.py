"""Arrays that go out and come in through Arrow leave nothing behind, however often."""

import sys

import pytest

from support.programs import run_python

PROGRAM = """
import gc, sys
import consumer

def pages():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1])

class Handing:
    def __init__(self, view):
        self.view = view
    def __arrow_c_array__(self):
        return self.view.__arrow_c_array__()

square = consumer.consume(bytearray(range(64))).reshape(8, 8)
table = consumer.consume(bytearray(36)).cast("T{B:a:?:b:2w:c:}")[::2]
hands = Handing(square)
refusals = [Handing(view) for view in (table, square.T, table["a"], square[0, 0, ...])]

def out(): square.__arrow_c_array__(); table.__arrow_c_array__(); table.__arrow_c_schema__()
def out_and_in(): consumer.consume(hands)[1, 2]; consumer.consume(hands)[2:].release()
def refused():
    for thing in refusals:
        try:
            consumer.consume(thing)
        except BufferError:
            pass

def grown(use, count):
    gc.collect()
    blocks, memory = sys.getallocatedblocks(), pages()
    for _ in range(count):
        use()
    gc.collect()
    return sys.getallocatedblocks() - blocks, (pages() - memory) * 4096

for use, count in (out, 50_000), (out_and_in, 100_000), (refused, 20_000):
    grown(use, 1000)
    blocks, memory = grown(use, count)
    # One block lost in each hundred rounds, or eight bytes in each, would be more than this.
    assert blocks < count // 100 and memory < max(8 * count, 400_000), (use, blocks, memory)
    print(use.__name__, blocks, memory)
square.release()
"""


@pytest.mark.process_memory
def test_nothing_is_left_over_many_rounds():
    if not sys.platform.startswith("linux"):
        pytest.skip("memory is measured through /proc")
    run_python("-c", PROGRAM)
