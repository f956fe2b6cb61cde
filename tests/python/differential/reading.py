"""The checks of the differential fuzzer that read: each compares one part of what a view shows."""

import math
import re
import struct

import consumer

from differential.buffer_model import Model, empty, nested, unpacker
from differential.case import KEYS, ensure, equal, outcome, plain, raised
from differential.random_exporters import (
    nd,
    random_format,
    random_key,
    random_request,
    random_slice,
)
from support import oracles
from support.oracles import METADATA, at, description, expand, indices


def metadata_of(view):
    """The attributes by name. Suboffsets that are all negative count as none, as in PEP 3118."""
    found = oracles.metadata(view)
    if not any(suboffset >= 0 for suboffset in found["suboffsets"]):
        found["suboffsets"] = ()
    return found


def metadata(case):
    """All attributes: those of the raw buffer, and memoryview's."""
    view, model = case.view, case.model
    size = math.prod(model.shape) * model.itemsize
    contiguous = [model.contiguous[order] for order in "CFA"]
    expected = [model.told, model.itemsize, size, model.ndim, model.shape, model.strides]
    expected += [model.suboffsets, model.readonly, *contiguous]
    equal(oracles.metadata(view), dict(zip(METADATA, expected, strict=True)), "attributes")
    if size:
        theirs = metadata_of(case.peer) | {"format": model.told}
        equal(metadata_of(view), theirs, "memoryview's attributes")
    owner = None if view.obj is None else id(view.obj)
    ensure(case.view_of_view or owner == model.owner, "the owner of the memory")
    case.compare(len, case.both)


def contents(case):
    """Lists and bytes in every order."""
    view, model = case.view, case.model
    if case.readable:
        equal(view.tolist(), model.tolist(), "tolist")
        if model.exact:
            case.compare(lambda one: one.tolist(), case.both)
    elif 0 not in model.shape:
        ensure(outcome(view.tolist) is NotImplementedError, "a contradiction cannot be read")
    for order in "CFA":
        expected = b"".join(model.elements(order))
        equal(view.tobytes(order), expected, f"tobytes in {order}")
        equal(case.peer.tobytes(order), expected, f"memoryview(v).tobytes in {order}")


def text(case):
    """`hex` is that of the bytes; `str` and `repr` show the elements."""
    view, random = case.view, case.random
    data = view.tobytes()
    separators = [(), (":",), (b"-", random.randint(-5, 5)), ("", 1), ("::",)]
    for arguments in separators:
        mine, theirs = outcome(view.hex, *arguments), outcome(data.hex, *arguments)
        equal(mine, theirs, f"hex{arguments}")
    case.compare(lambda one: one.hex(), case.both)
    if case.readable and max(view.shape, default=0) <= 10:
        shown = str(view)
        ensure(shown in repr(view) and repr(view.format) in repr(view), "repr", repr(view))
        # What is cut, left out or a narrow float is not written as Python writes it.
        if not re.search("…|[.]{3}", shown) and not re.search("[efFE]|float", view.format):
            expected = repr(case.model.tolist())
            squeezed = expected.translate(str.maketrans("", "", " ,"))
            equal(shown.translate(str.maketrans("", "", " ,\n")), squeezed, "str")


def elements(case):
    """Each element by its index, from either end."""
    view, model = case.view, case.model
    for index, place in zip(indices(model.shape), model.flat(), strict=True):
        turned = tuple(
            i - length if case.random.random() < 0.5 else i
            for i, length in zip(index, model.shape, strict=True)
        )
        if not case.readable:
            ensure(outcome(view.__getitem__, index) is NotImplementedError, "no element")
            continue
        expected = model.unpack(oracles.ctypes.string_at(place, model.itemsize))
        equal(view[index], expected, "element")
        equal(view[turned], expected, "element from the end")
        if model.exact:
            case.compare(lambda one, key: one[key], case.both, turned)
            if len(index) == 1:
                case.compare(lambda one, key: one[key], case.both, turned[0])


def iteration(case):
    """Iteration either way gives elements, and above one dimension views."""
    view, model = case.view, case.model
    if model.ndim == 0:
        case.compare(list, case.both)
        return
    if not case.readable:
        return
    pointers = model.suboffsets and model.ndim > 1
    expected = model.tolist()
    for function, lists in ((list, expected), (lambda v: list(reversed(v)), expected[::-1])):
        found = outcome(function, view)
        if raised(found):
            ensure(pointers and found is BufferError, "iteration", found)
            continue
        equal([plain(item) for item in found], lists, "iteration")
        if model.exact:
            case.compare(function, case.both)


def slices(case):
    """Whatever a key selects lies where it must, as with memoryview and `_testbuffer`."""
    view, model, random = case.view, case.model, case.random
    for _ in range(3):
        key = random_key(random, model.shape)
        whole = expand(key, model.ndim)
        try:
            part = view[key]
        except BufferError:
            ensure(model.suboffsets, "only pointers keep a part from being a view")
            continue
        except NotImplementedError:
            ensure(not case.readable, "an element that can be read")
            continue
        expected, shape = model.select(whole)
        if isinstance(part, consumer.ConsumerArray):
            seen = Model(part)
            equal((seen.shape, seen.places), (shape, expected), f"what {key} selects")
            if not model.suboffsets:
                _, shape, strides = oracles.selected_layout(model.shape, model.strides, whole)
                equal((part.shape, part.strides), (shape, strides), f"layout of {key}")
            equal(
                (part.format, part.itemsize, part.readonly),
                (model.told, model.itemsize, model.readonly),
                "what a part has of the whole",
            )
        elif case.readable:
            data = oracles.ctypes.string_at(expected, model.itemsize)
            equal(part, model.unpack(data), f"element {key}")
    if model.ndim:
        key = random_slice(random, model.shape[0])
        case.compare(lambda one: layout_of(one[key]), case.both)
        if nd and isinstance(case.exporter, nd.ndarray) and model.owner == id(case.exporter):
            equal(layout_of(view[key])[:3], layout_of(case.exporter[key])[:3], "nd's slice")


def layout_of(part):
    """What a part looks like, contents included."""
    suboffsets = part.suboffsets if any(s >= 0 for s in part.suboffsets) else ()
    strides = part.strides if part.nbytes else ()
    return [part.shape, strides, suboffsets, part.readonly, part.tobytes()]


def keys(case):
    """Keys that are wrong, or strange, fail as they do with memoryview."""
    for key in case.random.sample(KEYS, 4):
        if Ellipsis in (key if isinstance(key, tuple) else ()):
            ensure(raised(outcome(case.view.__getitem__, key)), "two ellipses")
        elif case.model.ndim == 0 and key != ():
            # Without dimensions memoryview does not check the parts, which may be wrong as well.
            found = outcome(case.view.__getitem__, key)
            ensure(found in (TypeError, IndexError, ValueError), "no dimensions", found)
        elif isinstance(key, slice):
            case.compare(lambda one, key: layout_of(one[key]), case.both, key)
        elif case.model.exact:
            case.compare(lambda one, key: plain(one[key]), case.both, key)


def casts(case):
    """The same bytes as another format."""
    view, model, random = case.view, case.model, case.random
    form = random.choice([random_format(random), *"BbcBbchilqfd?"])
    size = struct.calcsize(form)
    shape = None
    if model.contiguous["C"] and random.random() < 0.5 and size:
        left, shape = view.nbytes // size, []
        while left > 1 and random.random() < 0.8:
            length = random.choice([n for n in range(1, left + 1) if left % n == 0])
            shape.append(length)
            left //= length
        shape.append(left)
        if random.random() < 0.1:
            shape[0] += 1
    arguments = (form,) if shape is None else (form, shape)
    case.story.append(f"cast{arguments}")
    mine = outcome(view.cast, *arguments)
    theirs = outcome(case.peer.cast, *arguments)
    if not raised(theirs):
        ensure(not raised(mine), "a cast that memoryview does", mine)
        case.compare(lambda one: [metadata_of(one), plain(one)], (mine, theirs))
    if raised(mine):
        divides = (
            math.prod(shape or [1]) * size == view.nbytes if shape else view.nbytes % size == 0
        )
        ensure(mine in (TypeError, ValueError), "a cast's error", mine)
        ensure(not (divides and model.contiguous["C"] and view.nbytes), "it can be cast")
        return
    expected_shape = tuple(shape) if shape else (view.nbytes // size,)
    equal((mine.format, mine.itemsize, mine.shape), (form, size, expected_shape), "cast")
    # Contiguous elements are taken as they lie in memory.
    equal(mine.tobytes(), view.tobytes("A"), "bytes of a cast")
    unpack, data = unpacker(form, size), view.tobytes("A")
    flat = [unpack(data[i : i + size]) for i in range(0, len(data), size)]
    equal(mine.tolist(), nested(iter(flat), expected_shape), "elements of a cast")
    # The first index may change fastest: the bytes are the same.
    if expected_shape and model.contiguous["C"]:
        turned = view.cast(form, list(expected_shape), order="F") if view.nbytes else mine
        equal((turned.shape, turned.f_contiguous), (expected_shape, True), "cast in Fortran order")
        equal(turned.tobytes("F"), view.tobytes("A"), "bytes of a cast in Fortran order")
    # And back to where it came from.
    if shape is None and model.contiguous["C"] and 0 not in model.shape and model.exact:
        back = mine.cast("B").cast(model.form, list(model.shape))
        equal(back.tolist(), model.tolist(), "cast back")
        ensure(back == view or repr(back.tolist()) in repr(view.tolist()), "cast back ==")


def exports(case):
    """Every request for a buffer is answered as memoryview answers it."""
    view, model = case.view, case.model
    if bool(case.peer.suboffsets) != bool(view.suboffsets):
        return  # memoryview takes suboffsets that are all negative for pointers to follow.
    for request in [oracles.FULL_RO] + [random_request(case.random) for _ in range(6)]:
        mine, theirs = description(view, request), description(case.peer, request)
        if theirs is not BufferError and theirs["format"] == model.form.encode():
            theirs["format"] = model.told.encode()
        if view.nbytes:
            equal(mine, theirs, f"export for {request:#x}")
            if nd and model.told == model.form:
                taken = [outcome(taken_by_nd, one, request) for one in case.both]
                equal(*taken, f"_testbuffer's export for {request:#x}")
        elif theirs is not BufferError:
            # Nothing is contiguous, which memoryview does not always see; its strides are any.
            mine["strides"] = mine["strides"] and theirs["strides"]
            equal(mine, theirs, f"export of nothing for {request:#x}")


def taken_by_nd(exporter, request):
    """What `_testbuffer` makes of a buffer."""
    taken = nd.ndarray(exporter, getbuf=request)
    return metadata_of(taken), taken.tobytes()


def consumers(case):
    """CPython's own consumers of buffers see in the view what they see in the exporter."""
    view, model, random = case.view, case.model, case.random
    data = b"".join(model.elements())
    equal(bytes(view), data, "bytes(v)")
    equal(bytes(memoryview(view)), data, "bytes(memoryview(v))")
    equal(b"".join([view]) if model.contiguous["C"] else data, data, "b''.join")
    if not nd:
        return
    order = random.choice("CFA")
    for flags in (nd.PyBUF_FULL_RO, nd.PyBUF_INDIRECT):
        found = outcome(nd.py_buffer_to_contiguous, view, order, flags)
        theirs = outcome(nd.py_buffer_to_contiguous, case.peer, order, flags)
        equal(found, theirs, "PyBuffer_ToContiguous")
    for order in "CFA":
        equal(
            nd.is_contiguous(view, order), model.contiguous[order], f"PyBuffer_IsContiguous {order}"
        )
        answers = [outcome(contiguous_of, one, order) for one in case.both]
        if model.exact and view.nbytes:
            equal(*answers, "PyMemoryView_GetContiguous")
    if model.exact and view.nbytes and model.contiguous["A"]:
        ensure(nd.cmp_contig(view, case.peer), "the same bytes, as _testbuffer sees them")
    if model.ndim and 0 not in model.shape:
        index = [random.randrange(length) for length in model.shape]
        pointer = nd.get_pointer(view, index)
        expected = model.unpack and at(model.places, index)
        if model.exact and expected is not None:
            data = oracles.ctypes.string_at(expected, model.itemsize)
            equal(pointer, model.unpack(data), "PyBuffer_GetPointer")


def contiguous_of(exporter, order):
    """The bytes and layout of PyMemoryView_GetContiguous."""
    found = nd.get_contiguous(exporter, nd.PyBUF_READ, order)
    return [found.shape, found.strides, found.tobytes(), found.format]


def transposed(model, axes):
    """Addresses and shape with the dimensions in another order."""
    shape = tuple(model.shape[axis] for axis in axes)
    if 0 in shape:
        return empty(shape), shape
    inverse = [list(axes).index(axis) for axis in range(model.ndim)]
    flat = (at(model.places, [index[i] for i in inverse]) for index in indices(shape))
    return nested(flat, shape), shape


def shapes(case):
    """Transposes and other shapes of the same memory."""
    view, model, random = case.view, case.model, case.random
    axes = random.sample(range(model.ndim), model.ndim)
    found = outcome(view.transpose, *axes)
    if raised(found):
        ensure(model.suboffsets and found is BufferError, "transpose", found)
    elif axes:
        seen = Model(found)
        equal((seen.places, seen.shape), transposed(model, axes), f"transpose{axes}")
    lengths = list(model.shape) + [1] * random.randint(0, 1)
    random.shuffle(lengths)
    if lengths and random.random() < 0.5:
        lengths = [math.prod(lengths[:2]), *lengths[2:]]
    order = random.choice("CF")
    found = outcome(lambda: view.reshape(lengths, order=order))
    if raised(found):
        ensure(found in (ValueError, BufferError), "reshape", found)
        ensure(not (model.contiguous[order] and not model.suboffsets), "it has that shape", lengths)
        return
    seen = Model(found)
    equal(seen.shape, tuple(lengths), "reshape")
    equal(seen.elements(order), model.elements(order), f"reshape({lengths}, {order})")


def copies(case):
    """A copy is the same in memory of its own."""
    view, model = case.view, case.model
    readonly = view.toreadonly()
    seen = Model(readonly)
    equal((seen.places, seen.readonly), (model.places, True), "toreadonly")
    if view.nbytes:
        told = {"format": model.told}
        case.compare(lambda one: metadata_of(one.toreadonly()) | told, case.both)
    copy = view.copy()
    ensure(not copy.readonly and copy.c_contiguous and copy.obj is None, "what a copy is")
    equal((copy.shape, copy.itemsize), (model.shape, model.itemsize), "copy")
    if not case.readable:
        equal(copy.tobytes(), view.tobytes(), "copied bytes")
        return
    equal(copy.tolist(), view.tolist(), "copied elements")
    taken = set(model.flat())
    ensure(view.nbytes == 0 or not taken & set(Model(copy).flat()), "memory of its own")


CHECKS = (text, elements, iteration, slices, keys, casts, exports, consumers, shapes, copies)
