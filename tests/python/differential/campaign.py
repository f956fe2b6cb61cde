"""Random exporters, and everything observable of a view of each, compared.

Oracles are the raw `Py_buffer` (`buffer_model.py`), struct, memoryview wherever it can do the
thing, and the consumers of CPython's `_testbuffer`. A case is made from one number alone, and that
number is what a failure names: `make fuzz CASES=1 SEED=<number>` runs the case again.
"""

import collections
import random as randomness
import sys

import consumer

from differential import comparing, reading, writing
from differential.buffer_model import Memory, Model
from differential.case import Case, ensure
from differential.random_exporters import nd, random_key, random_request, random_source
from support.oracles import expand

ALWAYS = (reading.metadata, reading.contents)
CHECKS = (
    *reading.CHECKS,
    *comparing.CHECKS,
    *writing.CHECKS,
)
CHECKS_PER_CASE = 4


def refused(case):
    """Whether the exporter refuses memoryview a buffer; consume must then raise the same error."""
    try:
        memoryview(case.exporter)
    except Exception as error:
        try:
            consumer.consume(case.exporter)
        except type(error):
            return True
        raise AssertionError(f"consumed, but memoryview raises {error!r}") from error
    return False


def requested(case):
    """A view acquired with other flags than consume's is like the memoryview acquired with them."""
    if isinstance(case.exporter, memoryview):
        return  # memoryview ignores the flags for other memoryviews.
    makers = consumer.ConsumerArray._from_flags, memoryview._from_flags
    request = random_request(case.random)
    model = Model(case.exporter)
    case.compare(lambda make: seen_of(make(case.exporter, request), model), makers)


def seen_of(view, model):
    """What to compare of a view; memoryview contradicts itself for one without bytes."""
    told = model.told if view.format == model.form else view.format
    found = reading.metadata_of(view) if view.nbytes else {"shape": view.shape}
    return found | {"format": told}


def transformed(random, case):
    """Another view made from the view of a case, after checking where its elements lie."""
    view, model = case.view, case.model
    kind = random.choice(["select", "select", "transpose", "readonly", "again", "around"])
    expected = model.places, model.shape
    if kind == "select":
        key = random_key(random, model.shape)
        case.story.append(f"v = v[{key}]")
        try:
            other = view[key]
        except BufferError:
            ensure(model.suboffsets, "only pointers keep a part from being a view")
            return None
        except NotImplementedError:
            ensure(not case.readable, "an element that can be read")
            return None
        if not isinstance(other, consumer.ConsumerArray):
            return None
        expected = model.select(expand(key, model.ndim))
    elif kind == "transpose" and not model.suboffsets:
        case.story.append("v = v.T")
        other = view.T
        expected = reading.transposed(model, range(model.ndim)[::-1])
    elif kind == "again":
        case.story.append("v = consume(v)")
        other = consumer.consume(view)
    elif kind == "around":
        other = memoryview(view)
        case.story.append("v = consume(memoryview(v))")
        if nd and random.random() < 0.5:
            case.story[-1] = "v = consume(nd.ndarray(v, getbuf=FULL_RO))"
            other = nd.ndarray(view, getbuf=nd.PyBUF_FULL_RO)
        other = consumer.consume(other)
    else:
        case.story.append("v = v.toreadonly()")
        other = view.toreadonly()
    seen = Model(other)
    ensure((seen.places, seen.shape) == expected, "the elements lie where they must", seen.places)
    ensure((seen.form, seen.itemsize) == (model.told, model.itemsize), "the format stays")
    return other


def run_case(seed, story, tally):
    """Makes the case of a number and checks it."""
    random = randomness.Random(seed)
    chain = random_source(random, story)
    exporter = chain[-1]
    case = Case(random, exporter, story)
    if refused(case):
        tally["refused"] += 1
        return
    case.see(consumer.consume(exporter), memoryview(exporter), Model(exporter))
    # Only the memory between the exporter's first and last element can be written.
    case.memory = Memory(case.model)
    while random.random() < 0.4:
        view = transformed(random, case)
        if view is not None:
            case.see(view, memoryview(view), Model(view))
    for check in ALWAYS:
        check(case)
    if sys.version_info >= (3, 12) and random.random() < 0.1:
        requested(case)
    for check in random.sample(CHECKS, CHECKS_PER_CASE):
        story.append(check.__name__)
        tally[check.__name__] += 1
        check(case)
        ensure(case.memory.is_as_expected(), "the memory holds what was stored and nothing else")
    reading.metadata(case)


def run(cases, seed, tally=None):
    """Runs a number of cases; the first that fails raises AssertionError with its whole story."""
    tally = collections.Counter() if tally is None else tally
    for number in range(seed, seed + cases):
        story = []
        if number > seed and (number - seed) % 20_000 == 0:
            # A crash would leave no other trace.
            print(f"... up to SEED={number}", flush=True)
        try:
            run_case(number, story, tally)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # A panic is not an Exception.
            lines = "\n".join(f"    {line}" for line in story)
            again = f"make fuzz CASES=1 SEED={number}"
            raise AssertionError(f"{again}\n{lines}\n{type(error).__name__}: {error}") from error
    return tally
