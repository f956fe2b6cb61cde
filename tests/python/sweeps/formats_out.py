"""What views say of their elements to others: our own `cast`, and NumPy.

For random records of NumPy and ctypes, for random formats of other exporters, and for the views
made of them. `counts` notes how often each reader read and refused, so that it is no mass refusal.
"""

import collections
import contextlib
import ctypes
import re
import sys
import warnings

import consumer
import numpy as np

from support import decoder, numpy_values
from support.ambiguity import is_ambiguous
from support.exporters import Exporter
from support.oracles import same
from support.random_ctypes import has_bits, is_wild
from support.random_elements import Maker, fill, random_dtype, random_type

counts = collections.Counter()


def flat(value):
    """The values in nested lists and tuples, one after the other."""
    if isinstance(value, (list, tuple)):
        return [one for part in value for one in flat(part)]
    # NumPy's strings end before their trailing NULs.
    if isinstance(value, bytes):
        return [value.rstrip(b"\0")]
    return [value.rstrip("\0") if isinstance(value, str) else value]


def check_numpy(random):
    dtype = random_dtype(random)
    shape = random.choice([(), (1,), (3,), (2, 2)])
    array = np.zeros(shape, dtype)
    fill(random, array)
    if array.ndim == 1 and random.random() < 0.3:
        array = array[:: random.choice([-1, 2])]
    if random.random() < 0.2 and dtype.names is not None:
        names = random.sample(dtype.names, random.randint(1, len(dtype.names)))
        with contextlib.suppress(ValueError, TypeError, KeyError):
            array = array[[name for name in dtype.names if name in names]]
    if array.shape and random.random() < 0.2:
        # A record alone.
        array = array[(0,) * array.ndim]
    try:
        exported = memoryview(array)
    except (ValueError, BufferError):
        counts["numpy: not exported"] += 1
        return
    view = consumer.consume(array)
    values = numpy_values.values(array)
    assert same(view.tolist(), values), (array.dtype, view.format)
    check_own(view)
    form = exported.format
    if consumer.consume(view.tobytes()).nbytes and tells(form, view, array):
        assert view.format == form, (view.format, form)
    back = through_numpy(view)
    assert back is not None, (array.dtype, view.format)
    check_same_array(random, view, back, array)
    check_parts(random, view)


def tells(form, view, array):
    """Whether NumPy's own format tells the same to us and to NumPy itself."""
    if view.itemsize == 0 or array.dtype.hasobject:
        return False
    try:
        own = consumer.consume(view.tobytes()).cast(form)
        if own.itemsize != view.itemsize or not same(flat(own.tolist()), flat(view.tolist())):
            return False
        # What readers differ on is written anew.
        if described(own) != described(view) or own.format != form:
            return False
        again = np.asarray(memoryview(array))
    except (ValueError, TypeError, RuntimeError, NotImplementedError):
        return False
    except OverflowError:
        # A long double beyond double, read where there is none.
        return False
    return again.dtype == array.dtype


def described(view):
    """The fields of a view, and those of its records, as they are described."""
    fields = {}
    for name, (_, offset, shape) in view.fields.items():
        part = view[name]
        fields[name] = (offset, shape, part.itemsize, described(part))
    return fields


def check_same_array(random, view, back, array):
    """An array over the view's memory reads and writes the same as the array that it came from."""
    assert back.dtype.names == array.dtype.names
    assert back.dtype.itemsize == array.dtype.itemsize
    assert same(numpy_values.values(back), numpy_values.values(array))
    if view.readonly or not array.shape:
        return
    name = random.choice(array.dtype.names)
    if back.dtype[name] != array.dtype[name] or array.dtype.hasobject:
        return
    before = array.copy()
    back[name] = np.zeros_like(array[name])
    expected = before.copy()
    expected[name] = np.zeros_like(array[name])
    # The padding within values is copied or not.
    assert same(numpy_values.values(array), numpy_values.values(expected))
    back[name] = before[name]
    assert same(numpy_values.values(array), numpy_values.values(before))


def through_numpy(view):
    """What NumPy makes of a view, by the buffer protocol; None if it refuses."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            made = [np.asarray(view), np.array(memoryview(view), copy=False)]
    except (ValueError, TypeError, RuntimeError, NotImplementedError, KeyError, IndexError):
        counts["NumPy refuses"] += 1
        return None
    counts["NumPy reads"] += 1
    assert made[0].dtype == made[1].dtype
    return made[0]


def check_own(view):
    """`cast(v.format)` of the bytes reads what the view reads, or refuses."""
    if view.itemsize == 0 or 0 in view.shape:
        return
    try:
        values = view.tolist()
    except NotImplementedError:
        counts["view refuses"] += 1
        return
    try:
        again = consumer.consume(view.tobytes()).cast(view.format, view.shape)
        own = again.tolist()
    except (ValueError, TypeError) as error:
        # What no format expresses is bits, and bytes never become references.
        if "bits" not in str(error) and "references" not in str(error):
            raise
        counts["cast refuses"] += 1
        return
    counts["cast reads"] += 1
    assert again.format == view.format
    assert again.itemsize == view.itemsize, view.format
    assert same(own, values), (view.format, own, values)
    if "O" not in view.format:
        handed_on = consumer.consume(Exporter(view.tobytes(), view.format.encode(), view.itemsize))
        try:
            assert same(flat(handed_on.tolist()), flat(values)), view.format
        except NotImplementedError:
            # Some exporters' own formats only they can have meant as they did.
            strange = "&" in view.format or "X{" in view.format
            assert strange or is_ambiguous(view.format, view.itemsize), view.format
            counts["handed on, refused"] += 1


def check_any_numpy(view):
    """NumPy reads the same values as the view, or refuses."""
    back = through_numpy(view)
    if back is None:
        return
    try:
        values = view.tolist()
    except NotImplementedError:
        counts["NumPy reads what is refused"] += 1
        return
    if lone_void(view):
        return
    assert same(flat(numpy_values.values(back)), flat(values)), (view.format, back.dtype)


def lone_void(view):
    """Whether the elements are bytes without a meaning, which NumPy takes for padding alone."""
    return re.fullmatch("[@^=<>!]*[0-9]*x", view.format) is not None


def check_parts(random, view):
    """Views made of a view."""
    made = [view.copy(), view.toreadonly()]
    if view.ndim:
        made += [view[::-1], view.T, view[:1]]
    names = [name for name in view.fields if name]
    if names:
        made.append(view[random.choice(names)])
        # ValueError: several members of a union.
        with contextlib.suppress(ValueError):
            made.append(view[random.sample(names, random.randint(1, len(names)))])
    if "T{" in view.format and "t" not in view.format:
        copy = view.astype(view.format)
        assert copy.format == view.format
        assert copy.tobytes() == view.tobytes() or "O" in view.format
        made.append(copy)
    for one in made:
        check_own(one)
        check_any_numpy(one)
        with contextlib.suppress(NotImplementedError):
            again = consumer.consume(memoryview(one))
            assert same(again.tolist(), one.tolist())
            assert again.format == one.format


def check_ctypes(random):
    kind = random_type(random, swapped=random.random() < 1 / 3)
    size = ctypes.sizeof(kind)
    if size > 4000:
        return
    data = bytes(size) if is_wild(kind) else bytes(random.choices(range(100), k=size))
    instance = kind.from_buffer_copy(data)
    exporter = instance if random.random() < 0.5 else (kind * 2)(instance, instance)
    view = consumer.consume(exporter)
    check_own(view)
    check_any_numpy(view)
    form = memoryview(exporter).format
    try:
        own = consumer.consume(bytes(instance)).cast(form)
        # What readers differ on is written anew.
        told = own.format == form and own.itemsize == size
        told = told and same(flat(own[0]), flat(consumer.consume(instance)[()]))
        told = told and same(own[0], consumer.consume(instance)[()])
        told = told and described(own) == described(view) and not has_bits(kind)
    except (ValueError, TypeError, NotImplementedError, IndexError, RecursionError):
        told = False
    if told and any(data):
        counts["ctypes tells"] += 1
        assert view.format == form, (view.format, form)
    else:
        counts["ctypes does not tell"] += 1
    check_parts(random, view)


def check_exporter(random):
    maker = Maker(random)
    form = maker.items(2)
    if random.random() < 0.6:
        form = maker.prefix() + "T{" + form + "}"
    size = decoder.size_of(form)
    if not 0 < size <= 600:
        return
    surplus = random.choice([0, 0, 0, 1, 4])
    itemsize = size + surplus
    memory = bytearray(random.choices(range(100), k=2 * itemsize))
    for start in range(0, len(memory), itemsize):
        for place, length, code, order in decoder.leaves(form):
            at = start + place
            if code == "w":
                for unit in range(at, at + length, 4):
                    memory[unit : unit + 4] = (97).to_bytes(4, order)
            if code == "g":
                number = bytes(ctypes.c_longdouble(2.5))
                memory[at : at + length] = number if order == sys.byteorder else number[::-1]
    exporter = Exporter(bytes(memory), form.encode(), itemsize, readonly=False)
    view = consumer.consume(exporter)
    try:
        view.tolist()
    except NotImplementedError:
        counts["elements refused"] += 1
        assert view.format == form
        return
    counts["elements read"] += 1
    assert view.format == form or surplus
    check_own(view)
    check_any_numpy(view)
    check_parts(random, view)
    if not surplus:
        check_any_numpy(consumer.consume(bytes(memory)).cast(form))


def case(random):
    """One exporter, and the views made of it."""
    random.choice([check_numpy, check_ctypes, check_exporter])(random)
