"""Random records, compared with a slow decoder of our own, with struct and with NumPy."""

import ctypes
import struct
import sys

import consumer
import decoder
import pytest
from exporters import Exporter
from oracles import NATIVE, SWAPPED, c_strides, nest, same

hypothesis = pytest.importorskip("hypothesis")
given, st = hypothesis.given, pytest.importorskip("hypothesis.strategies")

settings = hypothesis.settings(deadline=None, database=None, max_examples=300)

CODES = "?cbBhHiIlLqQefdsxpuwPz" + "nN"
NAMES = [
    "a",
    "b",
    "c",
    "a",
    "x y",
    "",
    "été",
    "日本",
    "a}b",
    "T{",
    "(2)h",
    "<",
    "a.b",
    "\N{SNOWMAN}" * 9,
]
WHITE = st.sampled_from(["", "", "", " ", "\n\t ", "\v"])


class Maker:
    """Draws a format from left to right, and knows the prefix in force."""

    def __init__(self, draw, prefixes=decoder.PREFIXES):
        self.draw, self.prefixes, self.prefix = draw, prefixes, "@"

    def prefixed(self):
        if not self.prefixes or self.draw(st.integers(0, 4)):
            return ""
        self.prefix = self.draw(st.sampled_from(self.prefixes))
        return self.prefix + self.draw(WHITE)

    def element(self, depth):
        codes = CODES + ("g" if self.prefix in "@^" else "")
        kind = self.draw(st.sampled_from([*codes, "Zf", "Zd", "Ze", *["T"] * (6 if depth else 0)]))
        return "T{" + self.items(depth - 1) + "}" if kind == "T" else kind

    def item(self, depth):
        text = self.prefixed()
        if not self.draw(st.integers(0, 3)):
            lengths = self.draw(st.lists(st.integers(0, 3), min_size=1, max_size=2))
            text += "(" + ",".join(map(str, lengths)) + ")" + self.prefixed()
        if not self.draw(st.integers(0, 2)):
            text += str(self.draw(st.integers(0, 4)))
        # A prefix may stand between a count and its code, too.
        text += self.prefixed() + self.element(depth)
        if self.draw(st.integers(0, 2)):
            text += ":" + self.draw(st.sampled_from(NAMES)) + ":"
        return text

    def items(self, depth, most=4):
        count = self.draw(st.integers(1, most))
        return "".join(self.draw(WHITE) + self.item(depth) for _ in range(count)) + self.draw(WHITE)


@st.composite
def formats(draw, prefixes=decoder.PREFIXES):
    """Formats with everything in them, of at least a byte and not too many."""
    maker = Maker(draw, prefixes)
    form = maker.items(2)
    if draw(st.booleans()):
        form = draw(st.sampled_from(["", *prefixes])) + "T{" + form + "}"
    hypothesis.assume(0 < decoder.size_of(form) <= 600)
    return form


def readable(form, memory, itemsize):
    """The same memory with code points where code points are read."""
    memory = bytearray(memory)
    for start in range(0, len(memory), itemsize):
        for place, size, code, order in decoder.leaves(form):
            if code == "w":
                for at in range(start + place, start + place + size, 4):
                    point = int.from_bytes(memory[at : at + 4], order) % 0x110000
                    memory[at : at + 4] = point.to_bytes(4, order)
            if code == "g":
                # Not every pattern of 80 bits is a number.
                number = ctypes.c_longdouble(memory[start + place] - 100.5)
                memory[start + place : start + place + size] = (
                    bytes(number) if order == sys.byteorder else bytes(number)[::-1]
                )
    return bytes(memory)


@st.composite
def elements(draw, count=3, prefixes=decoder.PREFIXES):
    """A format, its size with some padding behind, and the memory of some elements."""
    form = draw(formats(prefixes))
    size = decoder.size_of(form)
    value = decoder.read(form, bytes(size))
    # Padding behind the last field is allowed for records alone.
    if isinstance(value, tuple):
        size += draw(st.sampled_from([0, 0, 1, 7]))
    hypothesis.assume(not decoder.is_ambiguous(form))
    memory = draw(st.binary(min_size=count * size, max_size=count * size))
    return form, size, readable(form, memory, size)


def expected(form, size, memory):
    return [decoder.read(form, memory[at : at + size]) for at in range(0, len(memory), size)]


@settings
@given(st.text("cbB?hHiIlLqQnNefdsxp 1234", min_size=1, max_size=8), st.data())
def test_the_decoder_reads_what_struct_unpacks(form, data):
    prefix = data.draw(st.sampled_from(["", "@", "=", "<", ">", "!"]))
    try:
        size = struct.calcsize(prefix + form)
    except struct.error:
        return
    memory = data.draw(st.binary(min_size=size, max_size=size))
    values = struct.unpack(prefix + form, memory)
    assert decoder.size_of(prefix + form) == size
    read = decoder._read_items(decoder.parse(prefix + form), memory)
    assert same(read, values)


@settings
@given(elements())
def test_records_read_as_the_decoder_reads_them(case):
    form, size, memory = case
    exporter = Exporter(memory, form.encode(), size)
    values = expected(form, size, memory)
    view = consumer.consume(exporter)
    assert (view.format, view.itemsize, view.shape) == (form, size, (3,))
    assert same(view.tolist(), values)
    assert same([view[i] for i in range(3)], values)
    assert same(list(view[::-1]), values[::-1])
    assert str(view) == f"[ {' '.join(map(repr, values))} ]"
    # Handed on, the elements are the same.
    again = consumer.consume(memoryview(view))
    assert same(again.tolist(), values)
    if size == decoder.size_of(form):
        assert same(consumer.consume(memory).cast(form).tolist(), values)
        assert consumer.consume(memory).cast(form, [3, 1]).shape == (3, 1)


@pytest.mark.parametrize(
    ("form", "itemsize", "ambiguous"),
    [
        ("T{ib}:r:3xi:n:", 16, True),
        ("T{T{ib}:r:3x}:s:", 12, True),
        ("T{ib}:r:xxxi:n:", 16, True),
        ("T{ib}:r:2xi:n:", 16, False),
        ("?:a:(2)T{?:b:}:r:", 9, False),
        ("T{ib}:r:i:n:", 12, False),
        ("=T{ib}:r:3xi:n:", 12, False),
        ("?:a:(2)T{?:b:}:r:", 3, False),
    ],
)
def test_records_whose_end_is_not_clear_are_refused(form, itemsize, ambiguous):
    assert decoder.is_ambiguous(form) is ambiguous
    view = consumer.consume(Exporter(bytes(itemsize), form.encode(), itemsize))
    if ambiguous:
        with pytest.raises(NotImplementedError, match="writers differ"):
            view.tolist()
    else:
        assert view.tolist() == [decoder.read(form, bytes(itemsize))]


@settings
@given(elements(), st.data())
def test_writing_changes_the_values_and_nothing_else(case, data):
    form, size, memory = case
    other = readable(form, data.draw(st.binary(min_size=size, max_size=size)), size)
    exporter = Exporter(memory, form.encode(), size, readonly=False)
    view = consumer.consume(exporter)
    value = decoder.read(form, other)
    view[1] = value
    now = exporter.bytes_now()
    assert same(decoder.read(form, now[size : 2 * size]), value)
    padding = set(range(size)) - decoder.value_bytes(form)
    kept = [at for at in range(3 * size) if not size <= at < 2 * size or at - size in padding]
    assert [now[at] for at in kept] == [memory[at] for at in kept]
    # Reading and writing back is the identity, once every value has its own bytes.
    for index in range(3):
        view[index] = decoder.read(form, exporter.bytes_now()[index * size :])
    written = exporter.bytes_now()
    for index in range(3):
        view[index] = view[index]
    assert exporter.bytes_now() == written
    # Filling, and taking over from another exporter.
    view[...] = value
    assert same(expected(form, size, exporter.bytes_now()), [value] * 3)
    view[1:] = consumer.consume(Exporter(memory, form.encode(), size))[:2]
    now = exporter.bytes_now()
    assert same(expected(form, size, now), [value, *expected(form, size, memory)[:2]])
    # From one memory to the other whole records are copied, with their padding.
    assert now[size:] == memory[: 2 * size]
    assert all(now[at] == memory[at] for at in padding)


def first_names(form):
    """The fields of each name, the first where there are several, with their place among all."""
    named = {}
    for place, (name, offset, size, shape) in enumerate(decoder.fields_of(form)):
        if name is not None and name not in named:
            named[name] = (place, offset, size, shape)
    return named


def is_record(form):
    """Whether the elements are records; one behind padding has its fields further in."""
    items = decoder.parse(form)
    real = decoder.valued(items)
    behind = len(real) == 1 and items.index(real[0]) > 0 and real[0].name is None
    return isinstance(decoder.read(form, bytes(600)), tuple) and not behind


@settings
@given(elements(count=6), st.data())
def test_fields_are_the_parts_of_the_elements(case, data):
    form, size, memory = case
    hypothesis.assume(is_record(form))
    values = expected(form, size, memory)
    gap = data.draw(st.integers(0, 3))
    rows = b"".join(memory[at : at + 3 * size] + b"\xaa" * gap for at in (0, 3 * size))
    backwards = data.draw(st.booleans())
    strides = (3 * size + gap, -size if backwards else size)
    exporter = Exporter(
        rows,
        form.encode(),
        size,
        shape=(2, 3),
        strides=strides,
        offset=2 * size if backwards else 0,
        readonly=False,
    )
    view = consumer.consume(exporter)
    if backwards:
        values = values[2::-1] + values[:2:-1]
    named = first_names(form)
    assert set(view.fields) == set(named)
    for name, (place, offset, field_size, shape) in named.items():
        field = view[name]
        assert field.shape == (2, 3, *shape)
        assert field.itemsize == field_size
        assert field.obj is exporter
        assert same(field.tolist(), nest([value[place] for value in values], (2, 3)))
        described = view.fields[name]
        assert (described.offset, described.shape) == (offset, shape)
        assert described.format == field.format
        # The bytes of the field, by its own format, read the same, and so by the decoder.
        data_of = field[0, 0].tobytes() if shape else field[:1, :1].tobytes()
        first = field[0, 0].tolist() if shape else field[0, 0]
        if field_size and data_of:
            alone = consumer.consume(data_of).cast(described.format, shape or (1,))
            assert same(alone.tolist(), first if shape else [first])
            assert decoder.size_of(described.format) == field_size
            flat = expected(described.format, field_size, data_of)
            assert same(nest(flat, shape), first)
        if name in view.fields and isinstance(first, tuple) and not shape:
            for inner in field.fields:
                part = field[inner].tolist()[0][0]
                assert same(part, first[first_place(field.format, inner)])
    for name in ("no such name", "A"):
        with pytest.raises(KeyError if named else TypeError, match="no field"):
            view[name]


def first_place(form, name):
    return first_names(form)[name][0]


@settings
@given(elements(), st.data())
def test_several_fields_are_records_of_these_alone(case, data):
    form, size, memory = case
    hypothesis.assume(is_record(form))
    named = first_names(form)
    hypothesis.assume(named)
    names = data.draw(st.lists(st.sampled_from(sorted(named)), min_size=1, unique=True))
    exporter = Exporter(memory, form.encode(), size, readonly=False)
    view = consumer.consume(exporter)
    some = view[names]
    wanted = [
        tuple(value[named[name][0]] for name in names) for value in expected(form, size, memory)
    ]
    assert same(some.tolist(), wanted)
    assert list(some.fields) == names
    assert (some.shape, some.itemsize) == ((3,), size)
    # Its format describes the same fields, in the order of memory.
    in_memory = sorted(
        names, key=lambda name: (named[name][1], named[name][2] * prod(named[name][3]))
    )
    reread = decoder.read(some.format, memory)
    assert same(reread, tuple(wanted[0][names.index(name)] for name in in_memory))
    some[2] = wanted[0]
    now = exporter.bytes_now()
    items = {named[name][0]: named[name] for name in names}
    assert same(some[2], wanted[0])
    spared = set(range(size))
    for _, offset, field_size, shape in items.values():
        spared -= set(range(offset, offset + field_size * prod(shape)))
    assert all(now[2 * size + at] == memory[2 * size + at] for at in spared)
    assert now[: 2 * size] == memory[: 2 * size]


def prod(shape):
    total = 1
    for length in shape:
        total *= length
    return total


@settings
@given(elements(), st.data())
def test_fields_are_assigned_to(case, data):
    form, size, memory = case
    hypothesis.assume(is_record(form))
    named = first_names(form)
    hypothesis.assume(named)
    name = data.draw(st.sampled_from(sorted(named)))
    place, offset, field_size, shape = named[name]
    values = [value[place] for value in expected(form, size, memory)]
    span = set(range(offset, offset + field_size * prod(shape)))

    def check(exporter, wanted):
        now = exporter.bytes_now()
        assert same([value[place] for value in expected(form, size, now)], wanted)
        assert all(now[at] == memory[at] for at in range(3 * size) if at % size not in span)

    def fresh():
        exporter = Exporter(memory, form.encode(), size, readonly=False)
        return exporter, consumer.consume(exporter)

    # A value everywhere.
    exporter, view = fresh()
    if shape:
        if 0 not in shape:
            one = values[1]
            for _ in shape:
                one = one[0]
            view[name] = one
            filled = nest([one] * prod(shape), shape)
            check(exporter, [filled] * 3)
    else:
        view[name] = values[1]
        check(exporter, [values[1]] * 3)
    # The field of another view of the same memory, overlapping in both directions.
    for target, source in ((slice(1, 3), slice(0, 2)), (slice(0, 2), slice(1, 3))):
        exporter, view = fresh()
        view[name][target] = view[name][source]
        wanted = list(values)
        wanted[target] = values[source]
        check(exporter, wanted)
    exporter, view = fresh()
    view[name] = view[name][::-1]
    check(exporter, values[::-1])
    exporter, view = fresh()
    view[name] = consumer.consume(Exporter(memory, form.encode(), size))[::-1][name]
    check(exporter, values[::-1])


@settings
@given(elements(), st.data())
def test_comparing_and_searching_go_by_value(case, data):
    form, size, memory = case
    changed = bytearray(memory)
    for at in data.draw(st.lists(st.integers(0, len(memory) - 1), max_size=3)):
        changed[at] ^= data.draw(st.sampled_from([1, 0x80, 0xFF]))
    changed = readable(form, bytes(changed), size)
    left, right = (consumer.consume(Exporter(m, form.encode(), size)) for m in (memory, changed))
    lists = expected(form, size, memory), expected(form, size, changed)
    assert (left == right) is (lists[0] == lists[1])
    assert (left != right) is (lists[0] != lists[1])
    again = expected(form, size, memory)
    assert (left == Exporter(memory, form.encode(), size)) is (lists[0] == again)
    for value in (*lists[1], None, (), 1, "a"):
        assert (value in left) is (value in lists[0])
        assert left.count(value) == lists[0].count(value)
        if value in lists[0]:
            assert left.index(value) == lists[0].index(value)
        else:
            with pytest.raises(ValueError, match="not among"):
                left.index(value)


@settings
@given(elements(prefixes=""), st.sampled_from("<>="), st.sampled_from("<>^@"))
def test_equality_does_not_depend_on_layout_or_byte_order(case, one, other):
    form, _, memory = case
    native = "nNPzg"
    hypothesis.assume(not any(code[0] in native for _, _, code, _ in decoder.leaves(form)))
    forms = [one + form, other + form]
    sizes = [decoder.size_of(text) for text in forms]
    hypothesis.assume(all(sizes))
    memory = (memory * 8)[: 3 * sizes[0]]
    hypothesis.assume(len(memory) == 3 * sizes[0])
    memory = readable(forms[0], memory, sizes[0])
    values = expected(forms[0], sizes[0], memory)
    target = Exporter(b"\x5a" * 3 * sizes[1], forms[1].encode(), sizes[1], readonly=False)
    left, right = (
        consumer.consume(Exporter(memory, forms[0].encode(), sizes[0])),
        consumer.consume(target),
    )
    for index, value in enumerate(values):
        try:
            right[index] = value
        except ValueError:
            # Code l has eight bytes in native formats, and four in others.
            hypothesis.assume(False)
    assert same(right.tolist(), values)
    assert (left == right) is (right == left) is (values == right.tolist())


@settings
@given(elements())
def test_copies_are_native_and_equal(case):
    form, size, memory = case
    view = consumer.consume(Exporter(memory, form.encode(), size))
    copy = view.copy()
    values = expected(form, size, memory)
    assert same(copy.tolist(), values)
    assert same(view[::-2].copy().tolist(), values[::-2])
    # The copy's format tells the truth, and no byte of it is in the other order.
    assert copy.itemsize == size
    for _, item_size, code, order in decoder.leaves(copy.format):
        assert order == sys.byteorder or item_size == 1 or code in "spx"
    assert same(expected(copy.format, size, copy.tobytes()), values)
    copy[0] = values[2]
    assert same(copy.tolist(), [values[2], *values[1:]])
    assert same(view.tolist(), values)


@settings
@given(elements(count=4))
def test_fields_are_found_behind_pointers(case):
    form, size, memory = case
    hypothesis.assume(is_record(form))
    named = first_names(form)
    hypothesis.assume(named)
    rows = [ctypes.create_string_buffer(b"#" + memory[at : at + 2 * size]) for at in (0, 2 * size)]
    table = struct.pack("2P", *map(ctypes.addressof, rows))
    exporter = Exporter(
        table,
        form.encode(),
        size,
        shape=(2, 2),
        strides=(struct.calcsize("P"), size),
        suboffsets=(1, -1),
        readonly=False,
    )
    view = consumer.consume(exporter)
    values = expected(form, size, memory)
    assert same(view.tolist(), nest(values, (2, 2)))
    for name, (place, _, _, shape) in named.items():
        parts = [value[place] for value in values]
        assert view[name].shape == (2, 2, *shape)
        assert same(view[name].tolist(), nest(parts, (2, 2)))
        assert same(view[1][name].tolist(), parts[2:])
        assert same(view[:, ::-1][name].tolist(), [parts[1::-1], parts[:1:-1]])
        view[name][1] = view[name][0]
        assert same(view[name].tolist(), [parts[:2], parts[:2]])
        view[name][1] = consumer.consume(Exporter(memory, form.encode(), size))[name][2:]
        assert same(view[name].tolist(), nest(parts, (2, 2)))


# --- NumPy --------------------------------------------------------------------------------------

PLAIN = ["?", "i1", "u1", "<i2", ">i2", "<u4", ">i4", "<i8", ">u8", "<f2", ">f4", "<f8", ">f8"]
PLAIN += ["<c8", ">c16", "S3", "<U2", ">U2", "S1", "g"]


def dtypes(np):
    """Random structured dtypes: packed, aligned, with gaps, nested, with sub-arrays."""

    @st.composite
    def structured(draw, inner):
        count = draw(st.integers(1, 4))
        names = draw(st.permutations(["a", "b", "c c", "é", "a.b", "x"]))[:count]
        fields = []
        for name in names:
            kind = draw(st.sampled_from(PLAIN) if inner is None else inner)
            shape = draw(st.sampled_from([(), (), (2,), (2, 3), (1,)]))
            fields.append((name, kind, shape) if shape else (name, kind))
        dtype = np.dtype(fields, align=draw(st.booleans()))
        if draw(st.integers(0, 3)) == 0:
            description = {
                "names": list(dtype.names),
                "formats": [dtype.fields[name][0] for name in dtype.names],
                "offsets": [dtype.fields[name][1] + 3 * i for i, name in enumerate(dtype.names)],
                "itemsize": dtype.itemsize + 3 * count + draw(st.integers(0, 3)),
            }
            dtype = np.dtype(description)
        return dtype

    plain = structured(None)
    return plain | structured(st.sampled_from(PLAIN) | plain)


def of_numpy(np, value, dtype):
    """A value of a dtype in plain Python; byte strings keep their NULs."""
    if dtype.names is not None:
        return tuple(of_numpy(np, value[name], dtype.fields[name][0]) for name in dtype.names)
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        flat = [of_numpy(np, part, base) for part in _cells(np, value, shape)]
        return nest(flat, shape)
    if dtype.kind == "S":
        return bytes(value).ljust(dtype.itemsize, b"\0")
    if dtype.char == "g":
        return float(value)
    return value.item()


def _cells(np, array, shape):
    return [array[index] for index in np.ndindex(shape)]


@settings
@given(st.data())
def test_structured_arrays_of_numpy(np, data):
    dtype = data.draw(dtypes(np))
    generator = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    memory = generator.integers(0, 100, 6 * dtype.itemsize, "u1").tobytes()
    array = np.frombuffer(memory, dtype).copy()
    fill_texts(np, array, dtype)
    array = array.reshape(2, 3)[:, :: data.draw(st.sampled_from([1, -1, 2]))]
    try:
        form = memoryview(array).format
    except (ValueError, BufferError) as error:
        hypothesis.assume("buffer" not in str(error) and False)
    values = [[of_numpy(np, record, dtype) for record in row] for row in array]
    view = consumer.consume(array)
    assert same(view.tolist(), values), (form, dtype)
    # NumPy leaves out padding behind records in a sub-array: there its dtype is asked.
    assert view.format == form or "T{" in form[2:]
    if view.format != form:
        assert same(decoder.read(view.format, array[:1, :1].tobytes()), values[0][0])
    assert same(consumer.consume(memoryview(view)).tolist(), values)
    assert same(consumer.consume(memoryview(array)).tolist(), values)
    for place, name in enumerate(dtype.names):
        kind, offset = dtype.fields[name][:2]
        assert view.fields[name][1:] == (offset, kind.shape)
        assert same(view[name].tolist(), [[value[place] for value in row] for row in values])
        if kind.base.kind not in "VSU" and kind.base.char != "g":
            assert (view[name].dtype, view[name].shape) == (kind.base, array[name].shape)
            assert np.shares_memory(np.asarray(view[name]), array)
    # What is written is what NumPy reads.
    other = np.zeros_like(array)
    target = consumer.consume(other)
    for index in np.ndindex(array.shape):
        target[index] = view[index]
    written = [[of_numpy(np, record, dtype) for record in row] for row in other]
    assert same(written, values)
    # One record alone, which NumPy describes as if it were aligned.
    one = array[1, 0]
    for alone in (consumer.consume(one), consumer.consume(memoryview(one))):
        assert same(alone[()], values[1][0]), memoryview(one).format


def fill_texts(np, array, dtype):
    """Random bytes are no text: puts some there."""
    for name in dtype.names:
        kind = dtype.fields[name][0].base
        if kind.names is not None:
            fill_texts(np, array[name], kind)
        elif kind.kind == "U":
            array[name] = "é\N{GRINNING FACE}"
        elif kind.char == "g":
            array[name] = 2.5


# --- By hand ------------------------------------------------------------------------------------


def test_nan_in_a_record_equals_nothing():
    nan = struct.pack("<Hd", 1, float("nan"))
    exporter = Exporter(nan, b"<H:a:d:b:", 10)
    view = consumer.consume(exporter)
    assert view != exporter
    assert view != view
    assert view[0] not in view
    assert view.count(view[0]) == 0
    assert view["a"] == view["a"]
    assert view["b"] != view["b"]
    assert view[["a"]] == Exporter(struct.pack("<H", 1), b"<H:a:", 2)


def test_complex_numbers_in_records_equal_real_ones():
    complexes = consumer.consume(Exporter(struct.pack("=2dh", 2, 0, 5), b"=Zd:z:h:n:", 18))
    assert complexes.tolist() == [(2 + 0j, 5)]
    reals = Exporter(struct.pack(">fq", 2, 5), b">f:x:q:y:", 12)
    assert complexes == reals
    assert consumer.consume(reals) == complexes
    assert complexes != Exporter(struct.pack(">fq", 2.5, 5), b">f:x:q:y:", 12)
    imaginary = Exporter(struct.pack("=2dh", 2, 1, 5), b"=Zd:z:h:n:", 18)
    assert complexes != imaginary
    assert (2, 5) in complexes
    assert complexes["z"] == Exporter(b"\x02", b"B", 1)


def test_of_two_fields_of_one_name_the_first_is_meant():
    view = consumer.consume(b"\x01\x02").cast("B:a:B:a:")
    assert view["a"].tolist() == [1]
    assert view.fields == {"a": ("B", 0, ())}


@pytest.mark.parametrize("name", ["", " ", "a b", "a}b", "T{", "\N{SNOWMAN}", "(2)<h", "a\x01"])
def test_a_name_may_be_anything_but_a_colon(name):
    view = consumer.consume(b"\x01\x02\x03").cast(f"=b:{name}:h:o:")
    assert list(view.fields) == [name, "o"]
    assert view[name].tolist() == [1]
    assert view[["o", name]].tolist() == [(view["o"][0], 1)]
    assert view.copy()[name].tolist() == [1]
    assert view[name].format == "b"


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("z", (ValueError, KeyError)),
        (["a", "z"], (ValueError, KeyError)),
        (["a", "a"], ValueError),
        (["a", 1], TypeError),
        ([], TypeError),
        (["a", None], TypeError),
        ("\udc80", KeyError),
        ({"a"}, TypeError),
        (b"a", TypeError),
    ],
)
def test_keys_that_name_no_fields_are_refused(key, error):
    view = consumer.consume(bytearray(6)).cast("=h:a:i:b:")
    with pytest.raises(error):
        view[key]
    with pytest.raises(error):
        view[key] = 0
    assert view.tobytes() == bytes(6)


def test_what_is_no_record_has_no_fields():
    for form in ("B", "3s", "(2)h", "7x", "Zf"):
        view = consumer.consume(bytes(168)).cast(form)
        assert view.fields == {}
        with pytest.raises(TypeError, match="have no fields"):
            view["a"]


def test_fields_of_read_only_and_released_views_are_safe():
    view = consumer.consume(bytes(6)).cast("=h:a:i:b:")
    field = view["a"]
    assert field.readonly
    with pytest.raises(TypeError, match="read-only"):
        view["a"] = 1
    with pytest.raises(TypeError, match="read-only"):
        view[["a"]] = (1,)
    view.release()
    assert field.tolist() == [0]
    for use in (lambda: view["a"], lambda: view[["a"]], lambda: view.fields):
        with pytest.raises(ValueError, match="released"):
            use()


def test_a_field_of_many_dimensions_is_refused_where_there_are_too_many():
    shape = (1,) * 63
    view = consumer.consume(bytes(2)).cast("T{(1,1)h:a:}", shape)
    assert view[["a"]].shape == shape
    with pytest.raises(ValueError, match="dimensions"):
        view["a"]
    with pytest.raises(ValueError, match="dimensions"):
        view.fields  # noqa: B018
    assert view.tolist() == nest([([[0]],)], shape)


def test_sources_of_other_formats_are_refused():
    memory = bytearray(12)
    view = consumer.consume(memory).cast("=h:a:i:b:")
    for source in (b"ab", struct.pack("2i", 1, 2)):
        with pytest.raises(ValueError, match="cannot assign"):
            view["b"] = source
    view["b"] = consumer.consume(struct.pack("=2i", 1, 2)).cast("=i")
    view["a"] = consumer.consume(struct.pack("=2h", 3, 4)).cast(f"{NATIVE}h")
    assert view.tolist() == [(3, 1), (4, 2)]
    with pytest.raises(ValueError, match="cannot assign"):
        view["a"] = consumer.consume(bytes(4)).cast(f"{SWAPPED}h")


def test_strides_of_a_field_are_those_of_its_records():
    view = consumer.consume(bytes(60)).cast("=h:a:(2,2)h:b:", (2, 3))
    assert view["b"].strides == (*c_strides((2, 3), 10), 4, 2)
    assert view["b"][1, 2, 1, 0] == 0
    assert view["b"].T.shape == (2, 2, 3, 2)
