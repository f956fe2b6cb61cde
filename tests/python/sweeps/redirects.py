"""Records of ctypes and NumPy, as they export them and as others hand them on.

Others are memoryviews, views, classes with `__buffer__`, and exporters that know only the format.

What an object exports itself is read. What others hand on is read right or refused; and where only
the format tells, as an independent decoder reads it.
"""

import ctypes
import sys
from collections import Counter

import consumer

from support import decoder
from support.ambiguity import is_ambiguous
from support.exporters import Exporter
from support.named_values import check
from support.oracles import raw_buffer, same
from support.random_ctypes import has_bits, has_untold_objects, random_object, random_type

try:
    import numpy as np
except ImportError:
    np = None

# How often what was handed on in some way was read, and how often it was refused.
SEEN = Counter()
REFUSED = (NotImplementedError, BufferError)
CODES = ["?", "i1", "u2", ">i4", "<f8", ">f4", "S3", "U2", "c8", "V3", "u8", "<i2", "O"]


class Handing:
    """A class written in Python that hands on the buffer of another object."""

    def __init__(self, shown):
        self.shown = shown

    def __buffer__(self, _flags):
        return memoryview(self.shown)


def case(random):
    """One array or structure, handed on in every way."""
    about = of_numpy if np is not None and random.random() < 0.5 else of_ctypes
    source, values = about(random)
    try:
        check(consumer.consume(source), values)
    except NotImplementedError:
        # ctypes puts some bit-fields where there is no unit for them.
        assert about is of_ctypes
        assert has_bits(type(source)) or has_untold_objects(type(source))
        SEEN[about.__name__, "direct", "refused"] += 1
    SEEN[about.__name__, "direct", "read"] += 1
    for way, handed in ways(source):
        try:
            view = consumer.consume(handed)
            view.tolist()
        except REFUSED:
            SEEN[about.__name__, way, "refused"] += 1
            continue
        except ValueError:
            # Text that NumPy has put elsewhere than its format says: all of it fits, and is none.
            assert way == "format"
            continue
        SEEN[about.__name__, way, "read"] += 1
        if way == "format":
            check_format(view, handed)
            # Of the record scalars that it packs, NumPy says that they are aligned.
            if about is of_numpy and isinstance(source, np.ndarray):
                check(view, values if source.ndim else [values])
        else:
            check(view, values)


def ways(source):
    """The same memory, exported by others."""
    shown = memoryview(source)
    # A single byte could have been cast to bytes.
    if (shown.format, shown.itemsize) != ("B", 1):
        yield "memoryview", shown
        yield "memoryview twice", memoryview(shown)
        yield "view", memoryview(consumer.consume(source))
        yield "view of view", memoryview(consumer.consume(memoryview(consumer.consume(source))))
        yield "view of memoryview", memoryview(consumer.consume(shown))
        if sys.version_info >= (3, 12):
            yield "class", Handing(source)
            yield "class twice", Handing(Handing(shown))
            yield "memoryview of class", memoryview(Handing(source))
            yield "view of class", Handing(consumer.consume(Handing(source)))
    with raw_buffer(source) as buffer:
        shape, strides = buffer.numbers("shape") or (), buffer.numbers("strides") or ()
        if buffer.itemsize and 0 not in shape and buffer.ndim < 2:
            step = strides[0] if strides else buffer.itemsize
            places = (buffer.buf + step * index for index in range(shape[0] if shape else 1))
            data = b"".join(ctypes.string_at(place, buffer.itemsize) for place in places)
            yield (
                "format",
                Exporter(
                    data,
                    buffer.format or b"B",
                    buffer.itemsize,
                    shape=(len(data) // buffer.itemsize,),
                ),
            )


def check_format(view, exporter):
    """Checks what is read of a format alone, which says where all is, or else is refused."""
    form, size = exporter.form.decode(), exporter.itemsize
    data = exporter.bytes_now()
    if "O" in form or "X{" in form or "&" in form:
        assert "O" not in form or form.strip("<@=") == "O"
        return
    described = decoder.size_of(form)
    ambiguous = is_ambiguous(form, size)
    if described > size:
        # Only without any gaps.
        form = "^" + form.replace("@", "^")
        assert decoder.size_of(form) == size
    assert size in {described, decoder.size_of(form), decoder.padded_size(form)}
    if not ambiguous:
        expected = [decoder.read(form, data[at : at + size]) for at in range(0, len(data), size)]
        assert same(view.tolist(), expected), (form, view.tolist(), expected)


def of_ctypes(random):
    """A structure, a union or an array of some, and its values."""
    kind = random_type(random, swapped=random.random() < 0.2)
    for length in [random.randint(0, 3) for _ in range(random.choice([0, 1, 1, 2]))]:
        kind = kind * length
    return random_object(random, kind)


def of_numpy(random):
    """An array of records or a record scalar, and its values."""
    try:
        dtype = random_dtype(random, 2)
        array = np.zeros([random.randint(1, 3) for _ in range(random.choice([0, 1, 1, 2]))], dtype)
        fill(random, array)
        memoryview(array)
    except (ValueError, TypeError, NotImplementedError):
        return of_numpy(random)
    if array.ndim == 1 and random.random() < 0.3:
        array = array[:: random.choice([-1, 2])]
    elif array.ndim == 0 and random.random() < 0.5:
        array = array[()]
    elif random.random() < 0.2 and len(dtype.names) > 1:
        array = array[list(dtype.names[1:])]
    return array, values_of(array)


def random_dtype(random, depth):
    """Records that are packed, aligned, with gaps and padding, nested, with sub-arrays."""
    names, formats = [], []
    for index in range(random.randint(1, 4)):
        names.append(f"f{index}")
        inner = random_dtype(random, depth - 1) if depth and random.random() < 0.4 else None
        inner = inner if inner is not None else np.dtype(random.choice(CODES))
        if random.random() < 0.25:
            inner = np.dtype((inner, tuple(random.choices([1, 2, 3], k=random.randint(1, 2)))))
        formats.append(inner)
    way = random.random()
    if way < 0.3:
        return np.dtype({"names": names, "formats": formats})
    if way < 0.6:
        return np.dtype({"names": names, "formats": formats}, align=True)
    offsets, end = [], 0
    for each in formats:
        end += random.choice([0, 0, 1, 3, 4])
        if each.hasobject:
            end = -(-end // 8) * 8
        offsets.append(end)
        end += each.itemsize
    end += random.choice([0, 0, 1, 4, 8])
    if any(each.hasobject for each in formats):
        end = -(-end // 8) * 8
    return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": end})


def fill(random, array):
    """Fills an array, or a field of one, with random values."""
    dtype = array.dtype
    if dtype.names:
        for name in dtype.names:
            fill(random, array[name])
        return
    for index in np.ndindex(array.shape):
        number = random.randint(0, 99)
        made = {"S": b"%d" % number, "U": str(number), "O": [number], "V": b"%03d" % number}
        array[index] = made.get(dtype.kind, number)


def values_of(array):
    """The elements of an array as NumPy reads them, records as dicts."""
    if array.ndim:
        return [values_of(array[index, ...]) for index in range(len(array))]
    dtype = array.dtype
    if dtype.names:
        return {name: values_of(np.asarray(array)[name]) for name in dtype.names}
    value = array[()]
    as_plain = {
        "b": bool,
        "i": int,
        "u": int,
        "f": float,
        "c": complex,
        "U": str,
        "V": bytes,
        "S": lambda value: bytes(value).ljust(dtype.itemsize, b"\0"),
    }
    return as_plain.get(dtype.kind, lambda value: value)(value)
