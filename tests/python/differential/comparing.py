"""The checks of the differential fuzzer that compare and search elements by value."""

import math
import operator
import struct
import sys

import consumer

from differential.buffer_model import Model
from differential.case import ensure, equal, outcome, raised
from differential.random_exporters import fits, nd, random_format, random_strides, random_value
from support.oracles import indices


def comparison(case):
    """`==` with exporters of the same and of other formats goes by value."""
    view, model = case.view, case.model
    equal([view == 1, view != "a"], [False, True], "== and != of what exports nothing")
    # With itself, in all its guises.
    if case.readable:
        itself = all(map(equals, model.values(), model.values()))
        for other in (view, case.peer, view[...], consumer.consume(case.peer), view.copy()):
            same_both_ways(view, other, itself)
        if model.exact:
            equal(case.peer == case.peer, itself, "memoryview's ==")
    if not (case.readable and nd):
        return
    other = alike(case)
    theirs = Model(other)
    expected = agree(model.shape, theirs.shape) and all(
        map(equals, model.values(), theirs.values())
    )
    same_both_ways(view, other, expected)
    same_both_ways(view, memoryview(other), expected)
    same_both_ways(consumer.consume(other), view, expected)
    if model.exact and "?" not in model.form:
        # (memoryview compares the bytes of a bool.)
        equal(case.peer == other, expected, "memoryview's ==")


def agree(shape, other):
    """Whether shapes are the same up to the first length of 0, as memoryview compares them."""
    whole = len(shape) == len(other)
    upto = shape.index(0) + 1 if 0 in shape else len(shape)
    return whole and shape[:upto] == other[:upto]


def alike(case):
    """An exporter of much the same values in another layout, and maybe in another format."""
    random, model = case.random, case.model
    form = random_format(random)
    if model.exact and random.random() < 0.5:
        form = model.form
    values = [
        value if fits(form, value) else random_value(random, form) for value in model.values()
    ]
    if values and random.random() < 0.4:
        values[random.randrange(len(values))] = random_value(random, form)
    shape = model.shape
    if random.random() < 0.1:
        shape = random.choice([shape[::-1], (*shape, 1)])
    arguments = {"shape": list(shape), "format": form}
    strides, before, after = random_strides(random, shape, 1)
    items = [random_value(random, form) for _ in range(before + after)]
    if 0 in strides or not values:
        items = values or items
    else:
        for index, value in zip(indices(shape), values, strict=True):
            place = sum(i * stride for i, stride in zip(index, strides, strict=True))
            items[before + place] = value
        size = struct.calcsize(form)
        arguments |= {"strides": [size * stride for stride in strides], "offset": size * before}
    items = items if shape else items[0]
    case.story.append(f"other = nd.ndarray({items}, **{arguments})")
    return nd.ndarray(items, **arguments)


def equals(left, right):
    """Equality of values, in which a NaN is not equal to itself, within tuples either."""
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(operator.eq, left, right))
    return left == right


def same_both_ways(left, right, expected):
    """Both operators give the same answer."""
    equal([left == right, left != right], [expected, not expected], "== and !=")


OTHERS = [0, 1, True, 1.0, -1, 2**64, -(2**70), 0.5, math.inf, math.nan, b"a", "a", None, ()]
OTHERS += [(1, 2), b"", [1], 1 + 0j, 2**53 + 1]


def search(case):
    """`in`, `index` and `count` look at each element, as a list would."""
    view, model, random = case.view, case.model, case.random
    if not case.readable:
        return
    flat = model.values()
    sought = random.sample(OTHERS, 3) + random.sample(flat, min(2, len(flat)))
    for value in sought:
        hits = [position for position, element in enumerate(flat) if equals(element, value)]
        equal(value in view, bool(hits), f"{value!r} in")
        equal(view.count(value), len(hits), f"count of {value!r}")
        if model.ndim == 1:
            bounds = tuple(random.randint(-9, 9) for _ in range(random.randint(0, 2)))
            positions = range(len(flat))[slice(*bounds, *(None, None)[len(bounds) :])]
            within = [hit for hit in hits if hit in positions]
            expected = within[0] if within else ValueError
            equal(outcome(view.index, value, *bounds), expected, f"index({value!r}, {bounds})")
            if sys.version_info >= (3, 14) and model.exact:
                case.compare(lambda one, *found: one.index(*found), case.both, value, *bounds)
                case.compare(lambda one, sought: one.count(sought), case.both, value)
        elif model.ndim == 0:
            ensure(outcome(view.index, value) is TypeError, "index without dimensions")
        else:
            every = list(indices(model.shape))
            expected = every[hits[0]] if hits else ValueError
            equal(outcome(view.index, value), expected, f"index of {value!r}")


def hashing(case):
    """The hash, or the refusal to give one, is memoryview's."""
    if case.peer.obj is case.view.obj:
        case.compare(hash, case.both)
        case.compare(hash, (case.view.toreadonly(), case.peer.toreadonly()))
    found = outcome(hash, case.view)
    if not raised(found):
        equal(found, hash(case.view.tobytes()), "hash")


CHECKS = (comparison, search, hashing)
