"""Arrow's structs from producers that say what a test wants: right, wrong, or against each other.

They are made with ctypes, so that no library is needed, and each counts its releases.
"""

import ctypes
import itertools
import struct

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import oracles
from support.arrow_structs import OfArray, OfStream, metadata, producer
from support.oracles import same

# What Arrow calls the types of struct, all of which are in this machine's byte order.
LETTERS = dict(zip("cCsSiIlLefg", "bBhHiIqQefd", strict=True))
BOOL8 = metadata({b"ARROW:extension:name": b"arrow.bool8", b"ARROW:extension:metadata": b""})


def tensor(parameters, name=b"arrow.fixed_shape_tensor"):
    return metadata({b"ARROW:extension:name": name, b"ARROW:extension:metadata": parameters})


def numbers(letter, values):
    code = LETTERS[letter]
    return struct.pack(f"={len(values)}{code}", *values)


def consumed(made, schema, array):
    """The view of an array, as a list; the view is released."""
    with consumer.consume(OfArray((made.capsule(schema), made.capsule(array)))) as view:
        assert view.readonly
        assert view.c_contiguous or view.ndim > 2
        return view.tolist()


def refused(made, schema, array):
    """The message with which an array is refused."""
    with pytest.raises(BufferError) as caught:
        consumer.consume(OfArray((made.capsule(schema), made.capsule(array))))
    return str(caught.value)


@pytest.mark.parametrize(("letter", "code"), LETTERS.items())
def test_numbers_are_seen_where_they_are(letter, code):
    with producer() as made:
        array = made.array(3, [None, numbers(letter, [0, 1, 2])])
        address = (ctypes.c_void_p * 2).from_address(array.buffers)[1]
        view = consumer.consume(
            OfArray((made.capsule(made.schema(letter.encode())), made.capsule(array)))
        )
        assert (view.format, view.shape, view.tolist()) == (code, (3,), [0, 1, 2])
        assert oracles.address(view) == address
        with memoryview(view) as peer:
            assert peer.readonly
            assert peer.tobytes() == numbers(letter, [0, 1, 2])
        part = view[1:]
        view.release()
        assert made.released == [2]  # the schema, which nobody needs any more
        assert part.tolist() == [1, 2]
        part.release()


def test_a_view_that_dies_gives_the_memory_back():
    with producer() as made:
        array = made.array(1, [None, b"\1"])
        view = consumer.consume(OfArray((made.capsule(made.schema(b"c")), made.capsule(array))))
        pair = (view, [view])
        del view, pair


def test_the_memory_is_given_back_while_an_exception_is_on_its_way():
    with producer() as made:
        array = made.array(1, [None, b"\1"])

        def fail(view):
            view[5]

        with pytest.raises(IndexError):
            fail(consumer.consume(OfArray((made.capsule(made.schema(b"c")), made.capsule(array)))))


class Level:
    """A level of lists in an array: how many each has, and how the array of them lies."""

    def __init__(self, size, offset, valid, counted):
        self.size, self.offset, self.valid, self.counted = size, offset, valid, counted


@st.composite
def arrays(draw):
    """An array in a model: the letter, the length, the levels from the outermost on.

    Each level has an offset, and which of its elements (from the start of its buffers) are valid;
    None where there is no bitmap. The last level is that of the elements, of size 1.
    """
    letter = draw(st.sampled_from([*LETTERS, "?", "w:0", "w:1", "w:3"]))
    length = draw(st.integers(0, 20))
    sizes = [*draw(st.lists(st.integers(0, 3), max_size=3)), 1]
    levels, count = [], length
    for size in sizes:
        offset = draw(st.integers(0, 19))
        spare = draw(st.integers(0, 9))
        valid = None
        if draw(st.booleans()):
            # Few nulls, so that often there is none.
            count_of = offset + count + spare
            nulls = draw(st.sets(st.integers(0, count_of), max_size=2))
            valid = [index not in nulls for index in range(count_of)]
        levels.append(Level(size, offset, valid, draw(st.booleans())))
        # The array under it has what all elements up to the last one need.
        count = (offset + count) * size
    return letter, length, levels, draw(st.randoms(use_true_random=False))


def bitmap(valid):
    return bytes(
        sum(bit << place for place, bit in enumerate(valid[start : start + 8]))
        for start in range(0, len(valid), 8)
    )


def built(made, letter, length, levels, data):
    """The structs of the model."""
    sizes = [level.size for level in levels]
    lengths = [length]
    for level in levels[:-1]:
        lengths.append((level.offset + lengths[-1]) * level.size)
    schema = made.schema(
        b"c" if letter == "?" else letter.encode(), metadata=BOOL8 if letter == "?" else None
    )
    array = None
    for depth in reversed(range(len(levels))):
        level = levels[depth]
        bits = None if level.valid is None else bitmap(level.valid)
        of_own = (level.valid or [])[level.offset : level.offset + lengths[depth]]
        null_count = of_own.count(False) if level.counted else -1
        if array is None:
            buffers, inner = [bits, data], ()
        else:
            schema = made.schema(f"+w:{sizes[depth]}".encode(), [schema], name=b"list")
            buffers, inner = [bits], (array,)
        array = made.array(lengths[depth], buffers, inner, null_count, level.offset)
    return schema, array


def expected(length, levels, elements):
    """The values, and how many nulls are among them at which level: by the definition."""
    nulls = [0] * len(levels)

    def values(depth, logical):
        level = levels[depth]
        place = level.offset + logical
        if level.valid is not None and not level.valid[place]:
            nulls[depth] += 1
        if depth == len(levels) - 1:
            return elements[place]
        return [values(depth + 1, place * level.size + index) for index in range(level.size)]

    return [values(0, index) for index in range(length)], nulls


@given(arrays())
def test_arrays_are_read_by_the_definition_or_refused(model):
    letter, length, levels, random = model
    lengths = [length]
    for level in levels[:-1]:
        lengths.append((level.offset + lengths[-1]) * level.size)
    count = levels[-1].offset + lengths[-1]
    if letter.startswith("w:"):
        size = int(letter[2:])
        data = random.randbytes(size * count)
        elements = [data[size * index : size * (index + 1)] for index in range(count)]
    else:
        code = LETTERS.get(letter, "?")
        data = random.randbytes(struct.calcsize(f"={code}") * count)
        if code == "?":
            elements = [byte != 0 for byte in data]
        else:
            elements = list(struct.unpack(f"={count}{code}", data))
    values, nulls = expected(length, levels, elements)
    with producer() as made:
        schema, array = built(made, letter, length, levels, data)
        if any(nulls):
            first = next(count for count in nulls if count)
            assert f"it has {first} null" in refused(made, schema, array)
        else:
            assert same(consumed(made, schema, array), values)


def test_a_count_of_no_nulls_is_believed():
    with producer() as made:
        array = made.array(2, [b"\0", b"\1\2"])
        assert consumed(made, made.schema(b"C"), array) == [1, 2]


REFUSED = {
    b"n": "nulls only",
    b"b": "bools are bits; cast them to uint8",
    b"u": "text",
    b"U": "text",
    b"vu": "text",
    b"z": "no fixed width",
    b"Z": "no fixed width",
    b"vz": "no fixed width",
    b"d:9,2": "decimals",
    b"d:9,2,256": "decimals",
    b"tdD": "dates; cast them to int",
    b"tdm": "dates",
    b"tts": "times",
    b"ttn": "times",
    b"tsu:": "timestamps",
    b"tsn:Europe/Paris": "timestamps",
    b"tDs": "durations",
    b"tiM": "intervals",
    b"+l": "lists of no fixed size",
    b"+L": "lists of no fixed size",
    b"+vl": "lists of no fixed size",
    b"+m": "maps",
    b"+ud:0,1": "union",
    b"+us:0,1": "union",
    b"+r": "run-end",
    b"": 'unknown format ""',
    b"q": 'unknown format "q"',
    b"cc": "unknown format",
    "é".encode(): "unknown format",
    b"\xff" * 3000: "unknown format",
    b"w:": "contradicts itself",
    b"w:-3": "contradicts itself",
    b"w:3x": "contradicts itself",
    b"w:" + b"9" * 30: "contradicts itself",
    b"+w:": "contradicts itself",
    b"+w:-1": "contradicts itself",
}


@pytest.mark.parametrize("form", REFUSED, ids=lambda form: repr(form[:20]))
def test_what_is_no_number_is_named(form):
    for extension in (None, metadata({}), metadata({b"a": b"b" * 1000})):
        with producer() as made:
            schema = made.schema(form, metadata=extension)
            message = refused(made, schema, made.array(1, [None, b"\0" * 16]))
            assert REFUSED[form] in message
            assert len(message) < 2000


def test_tables_name_their_columns():
    with producer() as made:
        columns = [made.schema(b"c", name=name) for name in (b"a", b"b c", None)]
        parts = [made.array(1, [None, b"\1"]) for _ in columns]
        message = refused(made, made.schema(b"+s", columns), made.array(1, [None], parts))
        assert 'a table of columns "a", "b c", ?; take one: x[\'name\']' in message
    with producer() as made:
        columns = [made.schema(b"c", name=b"n" * 1000) for _ in range(100)]
        message = refused(made, made.schema(b"+s", columns), made.array(0, [None]))
        assert len(message) < 1000
        assert 'columns "nnn' in message


def test_categories_are_named():
    with producer() as made:
        words = made.schema(b"u")
        schema = made.schema(b"c", dictionary=ctypes.addressof(words))
        assert "dictionary (categorical)" in refused(made, schema, made.array(1, [None, b"\0"]))
        ctypes.CFUNCTYPE(None, ctypes.c_void_p)(words.release)(ctypes.addressof(words))


@pytest.mark.parametrize("form", [b"c", b"l", b"w:16", b"u", b"+w:1", b"+s"])
def test_extension_types_are_named(form):
    name = {b"ARROW:extension:name": b"arrow.uuid"}
    with producer() as made:
        inner = [made.schema(b"c")] if form[:1] == b"+" else []
        schema = made.schema(form, inner, metadata=metadata({b"a": b"b", **name}))
        assert 'extension type "arrow.uuid"' in refused(made, schema, made.array(0, [None, b""]))


@pytest.mark.parametrize("form", [b"C", b"l", b"w:1"])
def test_bools_in_something_else_than_bytes(form):
    with producer() as made:
        schema = made.schema(form, metadata=BOOL8)
        assert "arrow.bool8" in refused(made, schema, made.array(0, [None, b""]))


def tensors(made, size, extension, count=2):
    elements = made.array(size * count, [None, bytes(range(size * count))])
    schema = made.schema(f"+w:{size}".encode(), [made.schema(b"c")], metadata=extension)
    return schema, made.array(count, [None], [elements])


def transposed(shape, axes, first):
    """A tensor whose elements count up from `first` in memory, by the definition."""
    steps = [1] * len(shape)
    for axis in reversed(range(len(shape) - 1)):
        steps[axis] = steps[axis + 1] * shape[axis + 1]

    def values(at, axes):
        if not axes:
            return first + at
        axis, *rest = axes
        return [values(at + index * steps[axis], rest) for index in range(shape[axis])]

    return values(0, list(axes))


@pytest.mark.parametrize("shape", [(2, 3), (6,), (1, 2, 3), (1, 1, 6, 1)])
def test_tensors_have_their_shape(shape):
    for axes in itertools.permutations(range(len(shape))):
        with producer() as made:
            parameters = f'{{"shape": {list(shape)}, "permutation": {list(axes)}}}'
            schema, array = tensors(made, 6, tensor(parameters.encode()))
            if any(axes[to] != axis for axis, to in enumerate(axes)):
                assert f"permutation {list(axes)}" in refused(made, schema, array)
            else:
                values = consumed(made, schema, array)
                assert values == [transposed(shape, axes, 0), transposed(shape, axes, 6)]
    with producer() as made:
        parameters = f'{{"shape": {list(shape)}, "dim_names": null}}'
        values = consumed(made, *tensors(made, 6, tensor(parameters.encode())))
        assert values == [transposed(shape, range(len(shape)), first) for first in (0, 6)]


@pytest.mark.parametrize(
    "parameters",
    [
        b"",
        b"[]",
        b"5",
        b"{",
        b"\xff",
        b"{}",
        b'{"shape": null}',
        b'{"shape": 6}',
        b'{"shape": "6"}',
        b'{"shape": [2, 2]}',
        b'{"shape": [-6]}',
        b'{"shape": [-2, -3]}',
        b'{"shape": [6.0]}',
        b'{"shape": [1e400]}',
        b'{"shape": [4294967296, 4294967296, 6]}',
        b'{"shape": [2, 3], "permutation": [0]}',
        b'{"shape": [2, 3], "permutation": [0, 0]}',
        b'{"shape": [2, 3], "permutation": [1, 2]}',
        b'{"shape": [2, 3], "permutation": [0, 1, 2]}',
        b'{"shape": [2, 3], "permutation": [-1, 0]}',
        b'{"shape": [6' + b", 1" * 64 + b"]}",
        b"[" * 100_000,
    ],
    ids=lambda parameters: repr(parameters[:40]),
)
def test_tensors_that_are_none(parameters):
    with producer() as made:
        message = refused(made, *tensors(made, 6, tensor(parameters)))
        assert "contradicts itself" in message
        assert len(message) < 2000


def test_more_dimensions_than_there_are():
    for depth in (62, 63, 64, 65, 100):
        with producer() as made:
            schema, array = made.schema(b"c"), made.array(1, [None, b"\1"])
            for _ in range(depth):
                schema = made.schema(b"+w:1", [schema])
                array = made.array(1, [None], [array])
            given = OfArray((made.capsule(schema), made.capsule(array)))
            if depth <= 63:
                with consumer.consume(given) as view:
                    assert view.shape == (1,) * (depth + 1)
            else:
                with pytest.raises((BufferError, ValueError)):
                    consumer.consume(given)


HUGE = 2**63 - 1
# What is wrong with an array of two numbers of two bytes.
WRONG_ARRAYS = {
    "negative length": {"length": -1},
    "least length": {"length": -(2**63)},
    "negative offset": {"offset": -1},
    "negative number of nulls": {"null_count": -2},
    "nulls without a bitmap": {"null_count": 1},
    "length beyond memory": {"length": HUGE},
    "offset beyond memory": {"offset": HUGE},
    "both beyond memory": {"length": HUGE, "offset": HUGE},
    "product beyond memory": {"offset": 2**62},
    "product around memory": {"offset": 2**63 - 2},
    "no buffers": {"n_buffers": 0},
    "one buffer": {"n_buffers": 1},
    "three buffers": {"n_buffers": 3},
    "negative number of buffers": {"n_buffers": -2},
    "buffers at 0": {"buffers": None},
    "children": {"n_children": 1},
    "negative number of children": {"n_children": -1},
    "dictionary": {"dictionary": 8},
    "released": {"release": None},
}


@pytest.mark.parametrize("name", WRONG_ARRAYS)
def test_arrays_that_contradict_themselves(name):
    with producer() as made:
        array = made.array(2, [None, b"\1\0\2\0"], **WRONG_ARRAYS[name])
        message = refused(made, made.schema(b"s"), array)
        assert (
            "OfArray does not share its memory (Arrow: its Arrow array contradicts itself"
            in message
        )


def test_elements_at_address_0():
    with producer() as made:
        assert "at address 0" in refused(made, made.schema(b"s"), made.array(2, [None, None]))
    with producer() as made:
        assert consumed(made, made.schema(b"s"), made.array(0, [None, None])) == []
    with producer() as made:
        assert consumed(made, made.schema(b"w:0"), made.array(2, [None, None])) == [b"", b""]


# What is wrong with two lists of three numbers.
WRONG_LISTS = {
    "no children": {"n_children": 0},
    "two children": {"n_children": 2},
    "negative number of children": {"n_children": -1},
    "children at 0": {"children": None},
    "two buffers": {"n_buffers": 2},
    "buffers at 0": {"buffers": None},
    "more than the child has": {"length": 3},
    "beyond the child": {"offset": 1},
    "product beyond memory": {"length": HUGE // 2},
    "negative length": {"length": -1},
    "nulls without a bitmap": {"null_count": 5},
}
WRONG_CHILDREN = {
    "negative length": {"length": -1},
    "less than the lists have": {"length": 5},
    "negative offset": {"offset": -1},
    "offset beyond memory": {"offset": HUGE},
    "released": {"release": None},
    "no buffers": {"n_buffers": 0},
}


@pytest.mark.parametrize(
    ("of_list", "of_child"),
    [(changes, {}) for changes in WRONG_LISTS.values()]
    + [({}, changes) for changes in WRONG_CHILDREN.values()],
    ids=[*WRONG_LISTS, *(f"child: {name}" for name in WRONG_CHILDREN)],
)
def test_lists_that_contradict_themselves(of_list, of_child):
    with producer() as made:
        child = made.array(6, [None, bytes(6)], **of_child)
        array = made.array(2, [None], [child], **of_list)
        message = refused(made, made.schema(b"+w:3", [made.schema(b"c")]), array)
        assert "contradicts itself" in message


def test_a_child_at_address_0():
    with producer() as made:
        array = made.array(2, [None], n_children=1, children=made.addresses([None]))
        message = refused(made, made.schema(b"+w:3", [made.schema(b"c")]), array)
        assert "contradicts itself" in message


WRONG_SCHEMAS = {
    "no format": {"format": None},
    "no children": {"n_children": 0},
    "two children": {"n_children": 2},
    "negative number of children": {"n_children": -1},
    "children at 0": {"children": None},
    "released": {"release": None},
}


@pytest.mark.parametrize("name", WRONG_SCHEMAS)
def test_schemas_that_contradict_themselves(name):
    with producer() as made:
        schema = made.schema(b"+w:3", [made.schema(b"c")], **WRONG_SCHEMAS[name])
        array = made.array(2, [None], [made.array(6, [None, bytes(6)])])
        assert "contradicts itself" in refused(made, schema, array)


def test_a_schema_whose_child_is_released_or_itself():
    with producer() as made:
        schema = made.schema(b"+w:3", [made.schema(b"c", release=None)])
        assert "released" in refused(made, schema, made.array(0, [None]))
    with producer() as made:
        schema = made.schema(b"+w:1", n_children=1)
        schema.children = made.addresses([ctypes.addressof(schema)])
        # The address of where it was: of what has been moved out.
        assert "released" in refused(made, schema, made.array(0, [None]))


@pytest.mark.parametrize("numbers", [(-1,), (1, -1), (1, 1, -5), (-(2**31),)])
def test_metadata_of_negative_lengths(numbers):
    parts = {1: b"", 2: b"", 3: b"a"}
    data = struct.pack("=i", numbers[0])
    if len(numbers) > 1:
        data += struct.pack("=i", numbers[1])
    if len(numbers) > 2:
        data += parts[3] + struct.pack("=i", numbers[2])
    with producer() as made:
        schema = made.schema(b"c", metadata=data)
        assert "negative length" in refused(made, schema, made.array(0, [None, b""]))


def test_what_is_returned_instead_of_two_capsules():
    for returned in (None, 5, "ab", (), (1,), (1, 2), (1, 2, 3), [None, None], object()):
        with pytest.raises(BufferError, match="contradicts itself"):
            consumer.consume(OfArray(returned))
        with pytest.raises(BufferError, match="is no capsule named"):
            consumer.consume(OfStream(returned))


def test_capsules_of_other_names():
    for wrong in (0, 1):
        for name in (b"arrow", b"", b"used_arrow_array", b"arrow_array_stream"):
            with producer() as made:
                names = [None, None]
                names[wrong] = name
                structs = (made.schema(b"c"), made.array(1, [None, b"\1"]))
                pair = tuple(map(made.capsule, structs, names))
                with pytest.raises(BufferError, match="is no capsule named") as caught:
                    consumer.consume(OfArray(pair))
                del pair, caught
    with producer() as made:
        pair = tuple(map(made.capsule, (made.array(1, [None, b"\1"]), made.schema(b"c"))))
        with pytest.raises(BufferError, match="is no capsule named") as caught:
            consumer.consume(OfArray(pair))
        del pair, caught


def test_capsules_are_consumed_once():
    with producer() as made:
        pair = tuple(map(made.capsule, (made.schema(b"c"), made.array(1, [None, b"\1"]))))
        with consumer.consume(OfArray(pair)) as view:
            for again in (pair, (pair[1], pair[0])):
                with pytest.raises(BufferError):
                    consumer.consume(OfArray(again))
            assert view.tolist() == [1]
        del pair


def test_one_chunk():
    for count in (0, 1, 2, 5):
        with producer() as made:
            chunks = [made.array(2, [None, b"\1\2"]) for _ in range(count)]
            stream = made.stream(made.schema(b"C"), chunks)
            given = OfStream(made.capsule(stream))
            if count < 2:
                with consumer.consume(given) as view:
                    assert (view.format, view.tolist()) == ("B", [[], [1, 2]][count])
                    assert view.readonly
                    # What remains of the stream is the chunk.
                    assert len(made.released) == 2
            else:
                with pytest.raises(BufferError, match="more than one chunk"):
                    consumer.consume(given)


def test_no_chunks_of_lists():
    with producer() as made:
        schema = made.schema(b"+w:2", [made.schema(b"+w:3", [made.schema(b"g")])])
        with consumer.consume(OfStream(made.capsule(made.stream(schema, [])))) as view:
            assert (view.format, view.shape, view.tolist()) == ("d", (0, 2, 3), [])


def test_what_a_stream_says_is_refused_before_it_is_asked_for_more():
    with producer() as made:
        stream = made.stream(made.schema(b"u"), [5])
        with pytest.raises(BufferError, match="text"):
            consumer.consume(OfStream(made.capsule(stream)))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_streams_that_fail(place):
    for error, text in ((b"no disk", "no disk"), (None, "error 5"), (b"x" * 10_000, "…")):
        with producer() as made:
            makers = [lambda: made.schema(b"C"), lambda: made.array(1, [None, b"\1"])]
            answers = [*[make() for make in makers[:place]], 5]
            stream = made.stream(answers[0], answers[1:], error)
            with pytest.raises(BufferError, match="the Arrow stream fails") as caught:
                consumer.consume(OfStream(made.capsule(stream)))
            assert text in str(caught.value)


def test_streams_that_give_released_structs_or_lack_functions():
    with producer() as made:
        stream = made.stream(made.schema(b"C", release=None), [])
        with pytest.raises(BufferError, match="released"):
            consumer.consume(OfStream(made.capsule(stream)))
    for missing in ("get_schema", "get_next"):
        with producer() as made:
            stream = made.stream(made.schema(b"C"), [], **{missing: None})
            with pytest.raises(BufferError, match=missing):
                consumer.consume(OfStream(made.capsule(stream)))
    with producer() as made:
        stream = made.stream(made.schema(b"C"), [5], get_last_error=None)
        with pytest.raises(BufferError, match="error 5"):
            consumer.consume(OfStream(made.capsule(stream)))
    with producer() as made:
        stream = made.stream(made.schema(b"C"), [], release=None)
        with pytest.raises(BufferError, match="released"):
            consumer.consume(OfStream(made.capsule(stream)))


class MineError(Exception):
    pass


def test_an_exception_of_the_object_is_the_cause():
    class Raising:
        def __arrow_c_array__(self):
            raise MineError

    class RaisingStream:
        def __arrow_c_stream__(self):
            raise MineError

    class RaisingAttribute:
        @property
        def __arrow_c_array__(self):
            raise MineError

    for raising in (Raising, RaisingStream, RaisingAttribute):
        with pytest.raises(BufferError, match="Arrow: MineError") as caught:
            consumer.consume(raising())
        assert type(caught.value.__cause__) is MineError
        with pytest.raises(consumer.BufferProtocolError):
            consumer.consume(raising)


def test_the_array_is_asked_for_first_and_a_buffer_before():
    class Both:
        def __arrow_c_array__(self):
            raise MineError

        __arrow_c_stream__ = None

    with pytest.raises(BufferError, match="MineError"):
        consumer.consume(Both())

    class Neither:
        __arrow_c_array__ = __arrow_c_stream__ = None

    with pytest.raises(consumer.BufferProtocolError):
        consumer.consume(Neither())

    class Buffer(bytearray):
        def __arrow_c_array__(self):
            raise MineError

    assert consumer.consume(Buffer(b"a")).tolist() == [97]


def test_an_object_that_consumes_itself():
    class Endless:
        def __arrow_c_array__(self):
            return consumer.consume(self)

    with pytest.raises(RecursionError):
        consumer.consume(Endless())
