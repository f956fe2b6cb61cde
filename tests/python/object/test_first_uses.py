"""What is made once, when it is first used, while code that runs meanwhile comes to use it, too.

The garbage collector, a signal handler and a profiler may run such code at almost any time.
"""

import pytest

from support.programs import run_python

PROGRAM = """
import gc, sys
import consumer

view = consumer.consume(bytearray(8))
records = view.cast("T{<i:a:<i:b:}")
long_doubles = consumer.consume(bytearray(16)).cast("g")
long_doubles[0] = 2**63 + 1
again = []

def use_again():
    try:
        again.append(SHOWN(OPERATION))
    except REFUSALS as error:
        again.append(error)

MEANWHILE
found = OPERATION
sys.setprofile(None)
gc.set_threshold(700)
assert SHOWN(found) == SHOWN(OPERATION), found
assert all(isinstance(each, REFUSALS) or each == SHOWN(found) for each in again), again
"""

# Inside of what is imported, and not before the operation begins.
BY_A_PROFILER = """
def profile(frame, event, argument):
    if frame.f_globals is not globals():
        sys.setprofile(None)
        use_again()

sys.setprofile(profile)
"""

# Since Python 3.12 none runs within functions of C.
BY_A_FINALISER = """
class Cycle:
    def __init__(self):
        self.itself = self

    def __del__(self):
        use_again()

Cycle()
gc.set_threshold(1)
"""

WITH_NUMPY = ["view.dtype", "view.__array__().tolist()", "view.sum(dtype='q')"]
WITHOUT = [
    "records.named()[0]",
    "consumer._row(('a',), (1,))",
    "list(iter(view))",
    "str(long_doubles.tolist())",
    "repr(records.fields)",
]


def use_meanwhile(operation, meanwhile, shown="repr", refusals="ImportError"):
    """Runs the program in which the code `meanwhile` arranges for `operation` to run again.

    `shown` is the function whose results are compared; `refusals` are the exceptions that the
    second use may raise.
    """
    program = PROGRAM.replace("MEANWHILE", meanwhile).replace("OPERATION", operation)
    program = program.replace("SHOWN", shown).replace("REFUSALS", refusals)
    run_python("-c", program, timeout=60)


@pytest.mark.parametrize("operation", WITHOUT)
def test_a_finaliser_uses_what_is_being_made(operation):
    use_meanwhile(operation, BY_A_FINALISER)


@pytest.mark.usefixtures("np")
@pytest.mark.parametrize("at", [BY_A_PROFILER, BY_A_FINALISER], ids=["profiler", "finaliser"])
@pytest.mark.parametrize("operation", WITH_NUMPY)
def test_what_is_made_with_numpy_is_used_meanwhile(at, operation):
    use_meanwhile(operation, "import numpy\n" + at)


def test_a_pickle_is_made_while_pickle_is_being_imported():
    use_meanwhile(
        "view.__reduce_ex__(5)",
        "sys.modules.pop('pickle', None)\n" + BY_A_PROFILER,
        shown="type",
        # What Python raises for a name that the module being imported does not have yet.
        refusals="(ImportError, AttributeError)",
    )


@pytest.mark.usefixtures("np")
def test_ctrl_c_passes_where_numpy_is_being_found():
    program = """
import sys, numpy, consumer

def profile(frame, event, argument):
    if frame.f_globals is not globals():
        sys.setprofile(None)
        raise KeyboardInterrupt

view = consumer.consume(b"abc")
sys.setprofile(profile)
try:
    view.dtype
except KeyboardInterrupt:
    assert view.dtype == numpy.uint8
else:
    raise SystemExit("not raised")
"""
    run_python("-c", program, timeout=60)
