"""The checks of the differential fuzzer that write to the memory, or release it."""

import sys

import consumer

from differential.buffer_model import Model
from differential.case import KEYS, ensure, equal, outcome, raised
from differential.random_exporters import (
    fits,
    is_string,
    nd,
    pack,
    random_format,
    random_key,
    random_ndarray,
    random_value,
    value_ranges,
)
from support import oracles
from support.oracles import expand, flatten, indices


def items(case):
    """What is stored in an element is what struct packs."""
    view, model, random = case.view, case.model, case.random
    every = list(indices(model.shape))
    for index in random.sample(every, min(3, len(every))):
        place = oracles.at(model.places, index)
        if not case.readable:
            error = TypeError if model.readonly else NotImplementedError
            ensure(outcome(view.__setitem__, index, 0) is error, "no element to store in")
            continue
        value = random_value(random, model.form)
        while "nan" in repr(value):
            value = random_value(random, model.form)
        key = index[0] if len(index) == 1 and random.random() < 0.7 else index
        case.story.append(f"v[{key}] = {value!r}")
        found = outcome(view.__setitem__, key, value)
        if model.readonly:
            ensure(found is TypeError, "read-only", found)
            continue
        ensure(found is None, "stored", found)
        case.memory.store(place, pack(model.form, value), value_ranges(model.form))


WRONG = [None, "a", 1.5, 2**70, -(2**70), -1, 300, b"ab", b"a", [], (), 1 + 2j, True, 0.1, 70000]


def wrong_items(case):
    """Values that do not fit are refused as memoryview refuses them; what fits is stored alike."""
    model, random = case.model, case.random
    if model.ndim == 0 or 0 in model.shape or not model.exact:
        return
    index = tuple(random.randrange(length) for length in model.shape)
    for value in random.sample(WRONG, 4):
        found = stored_alike(case, index, value)
        ensure(found in (None, TypeError, ValueError), "the error of a wrong value", found)


def wrong_keys(case):
    """Storing by keys that are wrong, or strange, fails as it does with memoryview."""
    model = case.model
    if model.ndim == 0 or not model.exact:
        return
    for key in case.random.sample(KEYS, 4):
        if Ellipsis not in (key if isinstance(key, tuple) else ()):
            part = case.peer if isinstance(key, slice) else random_value(case.random, model.form)
            stored_alike(case, key, part)


def stored_alike(case, key, value):
    """What a store gives; checks that memoryview's does the same to the memory, and undoes it."""
    case.story.append(f"v[{key}] = {value!r}")
    mine, after = outcome(case.view.__setitem__, key, value), case.memory.now()
    ensure(mine is None or case.memory.is_as_expected(), "what fails stores nothing", mine)
    case.memory.restore()
    theirs, stored = outcome(case.peer.__setitem__, key, value), case.memory.now()
    case.memory.restore()
    if theirs is not NotImplementedError:
        equal((mine, after), (theirs, stored), f"{value!r} stored")
    return mine


EXPORTERS = (consumer.ConsumerArray, memoryview, *([nd.ndarray] if nd else []))


def as_stored(value, like):
    """A value of another format as the one that is read back.

    Integers of 64 bits are rounded to doubles, and strings are as long as their format, in records,
    too.
    """
    if isinstance(like, tuple) and isinstance(value, tuple) and len(value) == len(like):
        return tuple(map(as_stored, value, like))
    if isinstance(like, (float, complex)):
        return type(like)(value)
    return value.ljust(len(like), b"\0") if isinstance(like, bytes) else value


def parts(case):
    """Slices take elements of the same format and shape, from elsewhere or from the same memory."""
    view, model, random = case.view, case.model, case.random
    key = random_key(random, model.shape)
    part = outcome(view.__getitem__, key)
    if not isinstance(part, consumer.ConsumerArray):
        return
    places, shape = model.select(expand(key, model.ndim))
    places = flatten(places, len(shape))
    ranges = None
    plain_slice = model.ndim == 1 and isinstance(key, slice)
    kind = random.choice(["other", "same memory", "fill", "wrong", "format"])
    if kind == "fill" and case.readable and not plain_slice:
        source = random_value(random, model.form)
        data, ranges = [pack(model.form, source)] * len(places), value_ranges(model.form)
    elif kind == "wrong":
        source = random.choice([memoryview(b"abc"), None, "abc", 1 + 2j, consumer.consume(b"")])
    elif kind in ("other", "format") and nd and model.exact and (shape or kind == "other"):
        form = random_format(random) if kind == "format" else model.form
        source = random_ndarray(random, case.story, form, shape)
    else:
        kind, source = "same memory", same_memory(case, key, part)
    case.story.append(f"v[{key}] = {source!r}")
    if kind != "fill" and isinstance(source, EXPORTERS):
        source_model = Model(source)
        data = source_model.elements()
    found = outcome(view.__setitem__, key, source)
    if kind == "format" and raised(found):
        ensure(model.readonly or source_model.form != model.form, "the formats are the same")
    if kind in ("wrong", "format") and raised(found):
        allowed = (TypeError, ValueError, NotImplementedError)
        ensure(found in allowed, "the error of a wrong source", found)
        if plain_slice and model.exact:
            case.compare(lambda one: one.__setitem__(key, source), case.both)
        return
    if model.readonly:
        ensure(found is TypeError, "read-only", found)
        return
    ensure(found is None, "assigned", found)
    converted = kind in ("wrong", "format") and isinstance(source, EXPORTERS)
    converted = converted and source_model.form != model.form and source_model.shape == shape
    if converted and is_string(model.form) and not is_string(source_model.form):
        # Strings take what exports single bytes.
        ensure(source_model.itemsize == 1 and not plain_slice, "single bytes")
        data = [pack(model.form, bytes(source))] * len(places)
        for place, element in zip(places, data, strict=True):
            case.memory.store(place, element, value_ranges(model.form))
        return
    if converted:
        # The values are those of the source.
        values = flatten(source.tolist(), len(shape))
        data, ranges = [pack(model.form, value) for value in values], value_ranges(model.form)
    if kind == "wrong" and isinstance(source, EXPORTERS):
        if source_model.shape != shape:
            # Strings take what exports bytes.
            ensure(fits(model.form, bytes(source)) and not plain_slice, "it fits")
            data = [pack(model.form, bytes(source))] * len(places)
            ranges = value_ranges(model.form)
    elif kind == "wrong":
        # Anything is true or false.
        ensure(fits(model.form, source) and not plain_slice, "it fits")
        data, ranges = [pack(model.form, source)] * len(places), value_ranges(model.form)
    if kind == "format" and len(set(places)) == len(places):
        # Two formats of the same elements, such as the native and the standard one.
        found, expected = part.tolist(), source_model.tolist()
        if converted:
            found, values = flatten(found, len(shape)), flatten(expected, len(shape))
            expected = list(map(as_stored, values, found))
            if found == expected:
                expected = found
        equal(found, expected, "values assigned from another format")
    if len(set(places)) < len(places) and len(shape) > 1:
        # Several elements go to one place: which comes last is unspecified.
        last = dict.fromkeys(places)
        for place in last:
            last[place] = oracles.ctypes.string_at(place, model.itemsize)
        for place, element in zip(places, data, strict=True):
            if last[place] == element or ranges:
                last[place] = None
        ensure(not any(last.values()), "one of the elements for each place")
        case.memory.expected[:] = case.memory.now()
        return
    for place, element in zip(places, data, strict=True):
        case.memory.store(place, element, ranges)


def same_memory(case, key, part):
    """Elements to assign to a part that lie in the same memory: the part reversed, or shifted."""
    random, length = case.random, case.model.shape[0] if case.model.shape else 0
    turn = tuple(slice(None, None, random.choice((1, -1))) for _ in part.shape)
    try:
        source = part[turn or ...]
    except BufferError:
        source = part  # Pointers keep it from being reversed.
    if isinstance(key, slice) and part.ndim == 1 and len(part):
        chosen = range(length)[key]
        starts = range(-min(chosen), length - max(chosen))
        shift = random.choice([0, *starts])
        stop = chosen[-1] + shift + (1 if chosen.step > 0 else -1)
        source = case.view[slice(chosen[0] + shift, None if stop < 0 else stop, chosen.step)]
    if random.random() < 0.3:
        source = memoryview(source)
    return source


def lifetime(case):
    """A view holds its exporter as long as it, or anything made from it, lives, and no longer."""
    owner, exporter = case.view.obj, case.exporter
    before = sys.getrefcount(owner), sys.getrefcount(exporter)
    live_and_die(case.random, exporter)
    after = sys.getrefcount(owner), sys.getrefcount(exporter)
    equal(after, before, "references to the exporter")


MAKERS = (
    consumer.consume,
    memoryview,
    lambda view: view[...],
    lambda view: view.toreadonly(),
    lambda view: iter(view) if view.ndim else view[...],
)
USES = (
    lambda view: view.shape,
    lambda view: view.obj,
    lambda view: view.tobytes(),
    lambda view: view[...],
    lambda view: view[0],
    lambda view: len(view),
    lambda view: view.tolist(),
    iter,
    reversed,
    memoryview,
    consumer.consume,
    lambda view: view.cast("B"),
    lambda view: view.copy(),
    lambda view: view.count(0),
    lambda view: view.__enter__(),
)


def live_and_die(random, exporter):
    """Makes a view and others from it, and releases it; all of them are dropped on return."""
    view = consumer.consume(exporter)
    data = view.tobytes()
    made = [view]
    for _ in range(random.randint(0, 3)):
        origin = random.choice(made)
        if isinstance(origin, consumer.ConsumerArray):
            made.append(random.choice(MAKERS)(origin))
    found = outcome(view.release)
    exported = any(isinstance(one, memoryview) for one in made)
    ensure(found in ((None, BufferError) if exported else (None,)), "release", found)
    for one in made[1:]:
        if isinstance(one, consumer.ConsumerArray):
            equal(one.tobytes(), data, "what lives on")
    if found is None:
        for use in USES:
            ensure(outcome(use, view) is ValueError, "a released view", outcome(use, view))
        equal([view == view, view == exporter], [True, False], "a released view's ==")
    else:
        equal(view.tobytes(), data, "a view that is exported")
    random.shuffle(made)


CHECKS = (items, wrong_items, wrong_keys, parts, lifetime)
