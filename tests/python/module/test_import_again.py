"""The module executed more than once: imported again, reloaded, and in other interpreters.

Everything of the interpreter goes on working with the views and classes of before and after.
"""

import sys
import textwrap

import pytest

from support.programs import run_python
from support.versions import GIL

# What has to work afterwards with both: views made before, and views made now.
PROGRAM = """
import array, ctypes, gc, importlib, sys, threading
import consumer

class Structure(ctypes.Structure):
    _fields_ = [("a", ctypes.c_int), ("b", ctypes.c_char)]

def use(consumer, view):
    assert view.cast("<BH").tolist() == [(0, 0)] * 4
    assert view.cast("B", (3, 4)).tobytes("F") == bytes(12)
    assert view[1:4].tolist() == list(view)[1:4] == [0, 0, 0]
    view[0] = 7
    assert view[0] == 7 and 7 in view and view.count(7) == 1 and view.index(7) == 0
    view[0] = 0
    assert view == bytes(12) and view != b"a" and view == consumer.consume(view)
    assert consumer.consume((Structure * 2)()).tolist() == [(0, b"\\0")] * 2
    assert isinstance(view, consumer.ConsumerArray) and view[0:0].copy().format == "B"
    assert memoryview(view).nbytes == len(view.tobytes()) == 12
    assert consumer.consume(bytes(16)).cast("T{i:a:}").fields["a"] == ("i", 0, ())
    for wrong in (lambda: view[99], lambda: view["a"], lambda: consumer.consume(5)):
        try:
            wrong()
        except (IndexError, TypeError) as error:
            assert isinstance(error, consumer.BufferProtocolError) is ("protocol" in str(error))
        else:
            raise AssertionError
    match view:
        case [0, *_]:
            pass
        case _:
            raise AssertionError
    assert not [name for name in consumer.__all__ if not hasattr(consumer, name)]
    assert consumer.__doc__.startswith("Typed") and consumer.__version__
    with consumer.consume(bytearray(3)) as other:
        other.release()

old, view = consumer, consumer.consume(bytearray(12))
AGAIN
import consumer
for module in (old, consumer):
    assert module.ConsumerArray is type(view)
    assert module.BufferProtocolError is old.BufferProtocolError
    assert module.Field is old.Field
    use(module, view)
    use(module, module.consume(bytearray(12)))
import consumer.consumer
assert consumer.consumer.consume is consumer.consume
"""

HOW = {
    "all of it left sys.modules": """
        for name in [name for name in sys.modules if name.split(".")[0] == "consumer"]:
            del sys.modules[name]
    """,
    "the package left sys.modules": "del sys.modules['consumer']",
    "the extension left sys.modules": "del sys.modules['consumer.consumer']",
    "the package is reloaded": "importlib.reload(consumer)",
    "the extension is reloaded": "importlib.reload(sys.modules['consumer.consumer'])",
    "both are reloaded": """
        importlib.reload(sys.modules['consumer.consumer'])
        importlib.reload(consumer)
    """,
    "all of it, without the old module": """
        del consumer
        old = importlib.import_module("types").SimpleNamespace(**vars(old))
        for name in [name for name in sys.modules if name.split(".")[0] == "consumer"]:
            del sys.modules[name]
        gc.collect()
    """,
    "a hundred times": """
        for _ in range(100):
            for name in [name for name in sys.modules if name.split(".")[0] == "consumer"]:
                del sys.modules[name]
            import consumer
    """,
    "in threads at once": """
        def execute():
            spec = sys.modules["consumer.consumer"].__spec__
            barrier.wait()
            for _ in range(50):
                module = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(module)
                use(module, module.consume(bytearray(12)))
            done.append(module)
        import importlib.util
        barrier, done = threading.Barrier(4), []
        threads = [threading.Thread(target=execute) for _ in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        assert len(done) == 4
    """,
}


@pytest.mark.parametrize("how", HOW)
def test_everything_works_after_the_module_is_executed_again(how):
    run_python("-c", PROGRAM.replace("AGAIN", textwrap.dedent(HOW[how])), timeout=60)


def test_the_first_execution_may_be_in_threads_at_once():
    code = """
        import sys, threading
        barrier = threading.Barrier(8)
        def first():
            barrier.wait()
            import consumer
            assert consumer.consume(b"abc").tolist() == [97, 98, 99]
            done.append(consumer)
        done = []
        threads = [threading.Thread(target=first) for _ in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        assert len(done) == 8 and len(set(done)) == 1
    """
    run_python("-c", textwrap.dedent(code), timeout=60)


@pytest.mark.skipif(not GIL, reason="CPython's own extensions leave as much without a GIL")
def test_executing_it_again_leaves_nothing():
    code = """
        import gc, importlib, sys
        import consumer
        def again():
            importlib.reload(sys.modules["consumer.consumer"])
            for name in ("consumer", "consumer.consumer"):
                del sys.modules[name]
            importlib.import_module("consumer")
        def left(rounds):
            gc.collect()
            before = sys.getallocatedblocks()
            for _ in range(rounds):
                again()
            gc.collect()
            return sys.getallocatedblocks() - before
        # The importer has caches of its own.
        assert min(left(200) for _ in range(5)) < 150
    """
    run_python("-c", textwrap.dedent(code), timeout=60)


SUBINTERPRETER = """
import sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
if sys.version_info >= (3, 13):
    create = lambda: interpreters.create("isolated" if ISOLATED else "legacy")
else:
    create = lambda: interpreters.create(isolated=ISOLATED)

def run(id):
    code = f'''
import sys
sys.path[:] = {sys.path!r}
def seen(name):
    try:
        module = __import__(name, fromlist=["consume"])
    except ImportError as error:
        return str(error)
    view = module.consume(bytearray(12))
    view[1:3] = b"ab"
    assert view.cast("B", (3, 4)).T.tolist()[1] == list(view)[1::4] == [97, 0, 0]
    assert 97 in view and view == view.copy() and memoryview(view[1:3]) == b"ab"
    for _ in range(100):
        try:
            view[99]
        except IndexError:
            pass
        else:
            raise AssertionError
        assert view != b"a" and 2**70 not in view
    large = module.consume(bytearray(1 << 23))
    assert large == large.copy() and large.count(0) == len(large)
    # What others have of a view is given back here, too.
    class Tensor:
        __dlpack_device__ = view.__dlpack_device__
        __dlpack__ = lambda self, **arguments: view.__dlpack__(**arguments)
    class Column:
        __arrow_c_array__ = lambda self, schema=None: view.__arrow_c_array__(schema)
    for lent in view.__dlpack__(), view.__arrow_c_array__(), memoryview(view):
        del lent
    for lender in Tensor(), Column():
        assert module.consume(lender) == view
    view.release()
    return "used"
with open({sys.argv[1]!r}, "a") as file:
    for name in ("consumer", "consumer", "consumer.consumer"):
        print(seen(name), file=file)
'''
    interpreters.run_string(id, code)
"""


@pytest.mark.parametrize("isolated", [False, True])
@pytest.mark.parametrize("first", [False, True])
def test_subinterpreters_have_the_module_once_the_main_interpreter_has(tmp_path, isolated, first):
    code = SUBINTERPRETER.replace("ISOLATED", str(isolated))
    once = "id = create(); run(id); interpreters.destroy(id)\n"
    program = PROGRAM.replace("AGAIN", code + 3 * once)
    if first:
        program = code + once + program
    run_python("-c", program, tmp_path / "seen", timeout=60)
    seen = (tmp_path / "seen").read_text().splitlines()
    refused, used = (seen[:3], seen[3:]) if first else ([], seen)
    if not GIL or (isolated and sys.version_info >= (3, 12)):
        # It has a GIL of its own, or there is none.
        refused, used = seen, []
    for message in refused:
        assert message.startswith("consumer cannot be imported in this subinterpreter: ")
        assert "main interpreter first" in message
    assert set(used) <= {"used"}
    assert len(seen) == (12 if first else 9)
