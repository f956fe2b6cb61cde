"""Handing elements on as Arrow arrays: to pyarrow and others, and to a consumer made of ctypes."""

import array
import ctypes
import gc
import itertools
import struct

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import arrow_structs
from support.arrow_structs import Consumed, buffers, children, text
from support.exporters import Exporter
from support.oracles import NATIVE, SWAPPED, address
from support.paths import ROOT
from support.programs import run_python

LETTERS = dict(zip("bBhHiIqQefd", "cCsSiIlLefg", strict=True))
LETTERS |= {code: LETTERS["bhiq"["1248".index(str(struct.calcsize(code)))]] for code in "ln"}
LETTERS |= {code: LETTERS["BHIQ"["1248".index(str(struct.calcsize(code)))]] for code in "LN"}


@pytest.fixture(scope="module")
def pa():
    return pytest.importorskip("pyarrow")


def spelled(schema):
    """A schema as nested tuples: format, name, children."""
    return text(schema.format), text(schema.name), *map(spelled, children(schema))


def leaf(instance):
    """The only child of the only child, and so on."""
    while below := children(instance):
        (instance,) = below
    return instance


@pytest.mark.parametrize("code", LETTERS)
@pytest.mark.parametrize("prefix", ["", "@", "=", NATIVE])
def test_numbers_are_handed_on_where_they_are(code, prefix):
    if prefix in ("=", NATIVE) and code in "lLnN":
        pytest.skip("of another size, or of none")
    size = struct.calcsize(code)
    view = consumer.consume(Exporter(bytes(3 * size), (prefix + code).encode(), size, shape=(3,)))
    with Consumed(view.__arrow_c_array__()) as got:
        assert spelled(got.schema) == (LETTERS[code].encode(), b"")
        assert not got.schema.metadata
        assert not got.schema.dictionary
        assert (got.array.length, got.array.null_count, got.array.offset) == (3, 0, 0)
        assert buffers(got.array) == [None, address(view)]
        assert not got.array.children
        with pytest.raises(BufferError, match="1 exported buffer"):
            view.release()
    view.release()


def test_bools_are_bytes_of_an_extension_type():
    with Consumed(consumer.consume(b"\0\1\2").cast("?").__arrow_c_array__()) as got:
        assert spelled(got.schema) == (b"c", b"")
        pairs = {b"ARROW:extension:name": b"arrow.bool8", b"ARROW:extension:metadata": b""}
        expected = arrow_structs.metadata(pairs)
        assert ctypes.string_at(got.schema.metadata, len(expected)) == expected


@pytest.mark.parametrize(
    ("form", "letter"), [("c", b"w:1"), ("1s", b"w:1"), ("3s", b"w:3"), ("s", b"w:1")]
)
def test_bytes_of_a_width(form, letter):
    view = consumer.consume(b"abcdef").cast(form)
    with Consumed(view.__arrow_c_array__()) as got:
        assert spelled(got.schema) == (letter, b"")
        assert ctypes.string_at(buffers(got.array)[1], 6) == b"abcdef"


def test_dimensions_are_lists():
    view = consumer.consume(bytes(range(24))).cast("B", (2, 3, 4))
    with Consumed(view.__arrow_c_array__()) as got:
        inner = (b"+w:4", b"item", (b"C", b"item"))
        assert spelled(got.schema) == (b"+w:3", b"", inner)
        (first,) = children(got.array)
        (second,) = children(first)
        assert [part.length for part in (got.array, first, second)] == [2, 6, 24]
        assert [buffers(part) for part in (got.array, first)] == [[None], [None]]
        assert buffers(second) == [None, address(view)]


def test_sub_arrays_are_lists():
    exporter = Exporter(bytes(range(12)), b"(2,3)B", 6, shape=(2,))
    with Consumed(consumer.consume(exporter).__arrow_c_array__()) as got:
        assert spelled(got.schema) == (b"+w:2", b"", (b"+w:3", b"item", (b"C", b"item")))
        assert leaf(got.array).length == 12


CONTIGUOUS = [
    ((1, 5, 1), (99, 2, -7)),
    ((0, 5), (3, -1)),
    ((5, 0), (3, -1)),
    ((1,), (-2,)),
    ((0,), (7,)),
    ((1, 1), (0, 0)),
]
NOT_CONTIGUOUS = [((5,), (-2,)), ((5,), (4,)), ((2, 3), (2, 4)), ((2,), (0,)), ((2, 2), (2, 2))]


@pytest.mark.parametrize(("shape", "strides"), CONTIGUOUS)
def test_what_counts_as_contiguous_is_shared(shape, strides):
    exporter = Exporter(bytes(100), b"h", 2, shape=shape, strides=strides, offset=50)
    view = consumer.consume(exporter)
    with Consumed(view.__arrow_c_array__()) as got:
        assert got.array.length == shape[0]
        (_, start) = buffers(leaf(got.array))
        assert start == (address(view) if view.nbytes else start)
        assert start


@pytest.mark.parametrize(("shape", "strides"), NOT_CONTIGUOUS)
def test_strides_are_refused(shape, strides):
    exporter = Exporter(bytes(100), b"h", 2, shape=shape, strides=strides, offset=50)
    view = consumer.consume(exporter)
    for refused in (view.__arrow_c_array__, view.__arrow_c_schema__):
        with pytest.raises(BufferError, match=r"not C-contiguous: v\.copy\(\)"):
            refused()
    with Consumed(view.copy().__arrow_c_array__()):
        pass
    view.release()


REFUSED = {
    SWAPPED + "i": r"machine's byte order .*v\.copy\(\)",
    SWAPPED + "d": r"machine's byte order .*v\.copy\(\)",
    "Zf": r"complex64 elements: v\.cast\('f'\)",
    "Zd": r"complex128 elements: v\.cast\('d'\)",
    "g": r"long double elements: v\.astype\('d'\)",
    "P": r"address elements: v\.astype\('N'\)",
    "u": r"of fixed width; v\.tolist\(\)",
    "w": r"of fixed width; v\.tolist\(\)",
    "3w": r"text elements of fixed width; v\.tolist\(\)",
    "3p": "Pascal",
}


@pytest.mark.parametrize("form", REFUSED)
def test_what_has_no_type_is_named_before_its_strides(form):
    view = consumer.consume(bytes(480)).cast(form)[::-1]
    with pytest.raises(BufferError, match=REFUSED[form]):
        view.__arrow_c_array__()


@pytest.mark.parametrize("form", REFUSED)
def test_what_arrow_cannot_say_is_named_with_what_helps(form):
    with consumer.consume(bytes(480)).cast(form) as view:
        for refused in (view.__arrow_c_array__, view.__arrow_c_schema__):
            with pytest.raises(BufferError, match=REFUSED[form]):
                refused()


@pytest.mark.parametrize("form", [SWAPPED + "i", "Zf", "Zd", "g", "P"])
def test_what_helps(form):
    view = consumer.consume(bytes(480)).cast(form)
    with pytest.raises(BufferError) as caught:
        view.__arrow_c_array__()
    call = str(caught.value).split("v.", 1)[1].split(" has")[0].split(" rounds")[0]
    with Consumed(eval("view." + call).__arrow_c_array__()):
        pass


def test_views_without_dimensions():
    view = consumer.consume(ctypes.c_int(5))
    with pytest.raises(BufferError, match=r"v\.reshape\(1\)"):
        view.__arrow_c_array__()
    with Consumed(view.reshape(1).__arrow_c_array__()) as got:
        assert got.array.length == 1


def test_elements_that_cannot_be_read_and_objects():
    view = consumer.consume(Exporter(b"abcd", b"bfloat16", 2, shape=(2,)))
    with pytest.raises(BufferError, match="bfloat16"):
        view.__arrow_c_array__()
    objects = consumer.consume((ctypes.py_object * 1)(5))
    with pytest.raises(BufferError, match="object elements"):
        objects.__arrow_c_array__()


def test_pointers_are_refused(nd):
    view = consumer.consume(nd.ndarray(list(range(6)), shape=[2, 3], format="h", flags=nd.ND_PIL))
    with pytest.raises(BufferError, match="not C-contiguous"):
        view.__arrow_c_array__()


def test_a_released_view():
    view = consumer.consume(b"abc")
    view.release()
    for refused in (view.__arrow_c_array__, view.__arrow_c_schema__):
        with pytest.raises(ValueError, match="released"):
            refused()


def test_a_requested_schema_changes_nothing_and_stays_its_owner_s():
    view = consumer.consume(b"abc")
    made = arrow_structs.Producer()
    requested = made.capsule(made.schema(b"g"))
    for arguments in ((requested,), (None,)):
        with Consumed(view.__arrow_c_array__(*arguments)) as got:
            assert spelled(got.schema) == (b"C", b"")
    with Consumed(view.__arrow_c_array__(requested_schema=requested)):
        assert not made.released
    del requested
    made.check_released_once()
    for wrong in (5, "abc", made.capsule(made.array(0, [])), made.capsule(made.schema(b"c"), b"x")):
        with pytest.raises(TypeError, match="requested_schema must be None or a capsule"):
            view.__arrow_c_array__(wrong)
    with pytest.raises(TypeError, match="nothing"):
        view.__arrow_c_array__(nothing=5)
    view.release()


def test_the_schema_alone():
    view = consumer.consume(bytes(12)).cast("H", (2, 3))
    capsule = view.__arrow_c_schema__()
    view.release()
    place = arrow_structs.capsule_address(capsule, b"arrow_schema")
    schema = arrow_structs.Schema.from_address(place)
    assert spelled(schema) == (b"+w:3", b"", (b"S", b"item"))


RECORDS = "<T{i:a:d:b:3s:c:?:d:T{B:x:2H:y:}:e:(2,2)b:f:2w:g:}"


def records(count):
    values = [
        (index, index / 2, b"%3d" % index, index % 3, index % 256, 2 * index, 7, b"abcd", "é€")
        for index in range(count)
    ]
    return b"".join(
        struct.pack("<id3s?BHH4s", *value[:3], value[3] == 0, *value[4:8])
        + value[8].encode("utf-32-le")
        for value in values
    )


def test_records_are_columns():
    view = consumer.consume(records(20)).cast(RECORDS)
    for part in (view, view[::-1], view[3:17:2], view[:0]):
        with Consumed(part.__arrow_c_array__()) as got:
            item = (b"c", b"item")
            assert spelled(got.schema) == (
                b"+s",
                b"",
                (b"i", b"a"),
                (b"g", b"b"),
                (b"w:3", b"c"),
                (b"b", b"d"),
                (b"+s", b"e", (b"C", b"x"), (b"+w:2", b"y", (b"S", b"item"))),
                (b"+w:2", b"f", (b"+w:2", b"item", item)),
                (b"u", b"g"),
            )
            columns = children(got.array)
            assert all(column.length == len(part) for column in (got.array, *columns))
            numbers = ctypes.string_at(buffers(columns[0])[1], 4 * len(part))
            assert numbers == struct.pack(f"={len(part)}i", *part["a"].tolist())
            bits = ctypes.string_at(buffers(columns[3])[1], (len(part) + 7) // 8)
            bits = [bool(bits[i // 8] >> i % 8 & 1) for i in range(len(part))]
            assert bits == part["d"].tolist()
            offsets = ctypes.string_at(buffers(columns[6])[1], 4 * (len(part) + 1))
            size = len("é€".encode())
            assert struct.unpack(f"={len(part) + 1}i", offsets) == tuple(
                size * i for i in range(len(part) + 1)
            )
            assert ctypes.string_at(buffers(columns[6])[2], size * len(part)) == (
                "é€".encode() * len(part)
            )
    # A copy keeps nothing.
    view.release()


@given(st.binary(max_size=40))
def test_bits(data):
    view = consumer.consume(data).cast("T{?:a:}")
    with Consumed(view.__arrow_c_array__()) as got:
        (column,) = children(got.array)
        bits = ctypes.string_at(buffers(column)[1], (len(data) + 7) // 8)
        assert [bits[i // 8] >> i % 8 & 1 for i in range(8 * len(bits))] == [
            *(int(byte != 0) for byte in data),
            *[0] * (-len(data) % 8),
        ]


def test_a_copy_of_records_is_that_of_the_moment():
    data = bytearray(4)
    with Consumed(consumer.consume(data).cast("T{H:a:}").__arrow_c_array__()) as got:
        data[0] = 5
        del data[:]
        (column,) = children(got.array)
        assert ctypes.string_at(buffers(column)[1], 4) == bytes(4)


def test_records_in_the_other_byte_order_and_in_dimensions():
    data = struct.pack(f"{SWAPPED}6i", *range(6))
    view = consumer.consume(data).cast(f"T{{{SWAPPED}i:a:}}", (2, 3))
    with Consumed(view.T.__arrow_c_array__()) as got:
        assert spelled(got.schema) == (b"+w:2", b"", (b"+s", b"item", (b"i", b"a")))
        values = struct.unpack("=6i", ctypes.string_at(buffers(leaf(got.array))[1], 24))
        assert values == (0, 3, 1, 4, 2, 5)


def test_fields_without_a_name():
    view = consumer.consume(bytes(16)).cast("T{i:a:hh}")
    with Consumed(view.__arrow_c_array__()) as got:
        assert [text(column.name) for column in children(got.schema)] == [b"a", b"f1", b"f2"]
    # Items beside each other are fields without names.
    with Consumed(consumer.consume(bytes(12)).cast("<ih").__arrow_c_array__()) as got:
        assert [text(column.name) for column in children(got.schema)] == [b"f0", b"f1"]


def test_a_field_that_arrow_cannot_say_is_named():
    for form, field in (
        ("T{i:a:Zd:b:}", 'field "b": Arrow has no type for complex128'),
        ("T{i:a:T{b:x:g:y:}:b:}", 'field "b": field "y": Arrow has no type for long double'),
        ("T{i:a:(2)P:b:}", 'field "b": Arrow has no type for address'),
        ("T{i:a:3p:b:}", 'field "b": Arrow has no type for Pascal'),
        ("T{i:a:P}", 'field "f1": Arrow has no type for address'),
    ):
        view = consumer.consume(bytes(consumer.consume(b"").cast(form).itemsize * 2)).cast(form)
        for refused in (view.__arrow_c_array__, view.__arrow_c_schema__):
            with pytest.raises(BufferError) as caught:
                refused()
            assert field in str(caught.value)


def test_unions_and_bit_fields_are_named():
    class Either(ctypes.Union):
        _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_float)]

    class Bits(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int, 3), ("y", ctypes.c_int, 5)]

    class Holder(ctypes.Structure):
        _fields_ = [("a", ctypes.c_int), ("either", Either)]

    for kind, message in (
        (Either, r"union elements: v\['name'\]"),
        (Bits, 'field "x": Arrow has no type for bit-field'),
        (Holder, 'field "either": Arrow has no type for union'),
    ):
        with pytest.raises(BufferError, match=message):
            consumer.consume((kind * 2)()).__arrow_c_array__()


def test_text_that_is_no_text():
    data = struct.pack("=6I", 97, 0, 0xD800, 0, 98, 0)
    view = consumer.consume(data).cast("T{2w:name:}")
    with pytest.raises(BufferError, match=r'field "name": .*0xd800, as in element 1'):
        view.__arrow_c_array__()
    with Consumed(view[::2].__arrow_c_array__()) as got:
        (column,) = children(got.array)
        assert ctypes.string_at(buffers(column)[2], 2) == b"ab"


@pytest.mark.parametrize("in_thread", [False, True])
@pytest.mark.parametrize("form", ["B", "<T{B:a:?:b:2w:c:}"])
def test_structs_are_moved_and_released_elsewhere(form, in_thread):
    data = bytearray(100)
    for _ in range(20):
        view = consumer.consume(data).cast(form)
        # The capsules are gone, and what is in them is elsewhere.
        got = Consumed(view.__arrow_c_array__())
        gc.collect()
        del view
        got.release(in_thread=in_thread)
        assert not got.array.private_data
    data.append(1)


def test_capsules_that_nobody_consumes():
    data = bytearray(120)
    for form in ("B", "<T{B:a:?:b:2w:c:}", "<T{B:a:T{H:b:}:c:}"):
        view = consumer.consume(data).cast(form)
        for _ in range(20):
            view.__arrow_c_array__()
            view.__arrow_c_schema__()
        schema, values = view.__arrow_c_array__()
        del schema
        if form == "B":
            with pytest.raises(BufferError):
                view.release()
        del values
        view.release()
    data.append(1)


def test_children_that_a_consumer_takes_keep_the_memory():
    data = bytearray(6)
    view = consumer.consume(data).cast("B", (2, 3))
    got = Consumed(view.__arrow_c_array__())
    (child,) = children(got.array)
    taken = arrow_structs.Array()
    arrow_structs.move(arrow_structs.Array, ctypes.addressof(taken), ctypes.addressof(child))
    got.release()
    with pytest.raises(BufferError):
        view.release()
    arrow_structs.release(arrow_structs.Array, ctypes.addressof(taken))
    view.release()
    data.append(1)


def test_an_exception_on_its_way_stays():
    class MineError(Exception):
        pass

    def fail():
        capsules = consumer.consume(Noisy(b"abc")).__arrow_c_array__()
        raise MineError(len(capsules))

    class Noisy(bytearray):
        def __del__(self):
            try:
                raise ValueError
            except ValueError:
                pass

    with pytest.raises(MineError, match="2"):
        fail()


AT_EXIT = """
import atexit, ctypes, sys, threading
sys.path.insert(0, sys.argv[1])
import consumer
from support.arrow_structs import Consumed
kept = [consumer.consume(bytearray(3)).__arrow_c_array__() for _ in range(3)]
kept += [consumer.consume(bytearray(4)).cast("T{H:a:}").__arrow_c_array__()]
sys.kept = kept[0]
late = Consumed(kept.pop(1))
atexit.register(late.release)
cycle = [kept.pop()]
cycle.append(cycle)
"""


def test_capsules_at_the_end_of_the_interpreter():
    run_python("-c", AT_EXIT, ROOT / "tests/python")


@given(st.sampled_from("bBhHiIqQfd"), st.lists(st.integers(0, 4), min_size=1, max_size=4))
def test_pyarrow_reads_the_same_elements(code, shape):
    pa = pytest.importorskip("pyarrow")
    size = struct.calcsize(code)
    count = size
    for length in shape:
        count *= length
    data = bytes(i * 37 % 100 for i in range(count))
    view = consumer.consume(Exporter(data, code.encode(), size, shape=tuple(shape)))
    made = pa.array(view)
    made.validate(full=True)
    assert made.to_pylist() == view.tolist()
    while pa.types.is_fixed_size_list(made.type):
        assert made.type.field(0).name == "item"
        made = made.values
    if view.nbytes:
        assert made.buffers()[1].address == address(view)


def test_pyarrow_has_the_types_that_it_makes_itself(pa, np):
    for code in "bBhHiIqQefd":
        source = np.arange(6).astype(code)
        made = pa.array(consumer.consume(source))
        assert made.type == pa.array(source).type
        assert made.buffers()[1].address == source.ctypes.data
    made = pa.array(consumer.consume(np.zeros((2, 3, 4))))
    assert made.type == pa.list_(pa.list_(pa.float64(), 4), 3)
    made = pa.array(consumer.consume(np.array([b"abc", b"d"])))
    assert (made.type, made.to_pylist()) == (pa.binary(3), [b"abc", b"d\0\0"])
    made = pa.array(consumer.consume(np.array([True, False])))
    assert (made.type, made.to_pylist()) == (pa.bool8(), [True, False])


STRUCTURED = [
    ("id", ">i4"),
    ("value", "f8"),
    ("code", "S3"),
    ("flag", "?"),
    ("matrix", "u1", (2, 2)),
    ("point", [("x", "i2"), ("y", "i8")]),
    ("name", "U5"),
]


def structured(np):
    rows = [
        (index, index / 4, b"ab", index % 2, [[1, 2], [3, index]], (index, -index), "é" * index)
        for index in range(5)
    ]
    return np.array(rows, STRUCTURED)


def rows(source):
    keep = {"code": lambda value: value.ljust(3, b"\0"), "matrix": lambda value: value.tolist()}
    return [
        {
            name: keep.get(name, lambda value: value)(value)
            if name != "point"
            else dict(zip("xy", value, strict=True))
            for name, value in zip(source.dtype.names, row.tolist(), strict=True)
        }
        for row in source
    ]


def test_pyarrow_makes_a_table_of_records(pa, np):
    source = structured(np)
    for part in (source, source[::-2], source[:0], np.array(source[:1], order="F")):
        view = consumer.consume(part)
        for table in (
            pa.table(view),
            pa.record_batch(view),
            pa.Table.from_struct_array(pa.array(view)),
        ):
            table.validate(full=True)
            assert table.to_pylist() == rows(part)
            assert table.schema.field("flag").type == pa.bool_()
            assert table.schema.field("name").type == pa.string()
            assert all(field.nullable for field in table.schema)


def test_no_fields(pa, np):
    made = pa.array(consumer.consume(np.zeros(3, [])))
    assert (len(made), made.type) == (3, pa.struct([]))


def test_pyarrow_keeps_the_memory_until_it_is_done(pa):
    data = array.array("i", range(5))
    view = consumer.consume(data)
    part = pa.array(view)[2:]
    with pytest.raises(BufferError):
        view.release()
    del view
    with pytest.raises(BufferError):
        data.append(1)
    assert part.to_pylist() == [2, 3, 4]
    del part
    data.append(1)


def test_parquet(pa, np, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pa.table(consumer.consume(structured(np)))
    parquet.write_table(table, tmp_path / "file")
    assert parquet.read_table(tmp_path / "file").to_pylist() == rows(structured(np))


def test_polars(pa, np):
    pl = pytest.importorskip("polars")
    numbers = consumer.consume(array.array("h", range(5)))
    series = pl.Series(pa.array(numbers))
    assert (series.dtype, series.to_list()) == (pl.Int16, [0, 1, 2, 3, 4])
    records = consumer.consume(structured(np))
    frame = pl.DataFrame(pa.table(records))
    assert frame.equals(pl.from_dataframe(records))
    assert frame.schema["flag"] == pl.Boolean
    assert frame["id"].to_list() == [0, 1, 2, 3, 4]
    assert frame["name"].to_list() == ["é" * index for index in range(5)]
    assert frame["point"].struct.field("y").to_list() == [0, -1, -2, -3, -4]


@pytest.mark.usefixtures("pa")
def test_pandas(np):
    pd = pytest.importorskip("pandas")
    if not hasattr(pd.DataFrame, "from_arrow"):
        pytest.skip("pandas asks from version 3 on")
    frame = pd.DataFrame.from_arrow(consumer.consume(structured(np)))
    assert frame["id"].tolist() == [0, 1, 2, 3, 4]
    assert frame["flag"].dtype == bool
    assert pd.Series.from_arrow(consumer.consume(array.array("h", [1, 2]))).dtype == "int16"


def test_duckdb(np):
    duckdb = pytest.importorskip("duckdb")
    numbers = consumer.consume(np.arange(5.0))  # noqa: F841
    records = consumer.consume(structured(np))  # noqa: F841
    assert duckdb.sql("select sum(value) from numbers").fetchall() == [(10.0,)]
    found = duckdb.sql("select id, name from records where flag and matrix[2][2] > 1").fetchall()
    assert found == [(3, "ééé")]


def test_nanoarrow(np):
    na = pytest.importorskip("nanoarrow")
    source = np.arange(6, dtype="u2").reshape(2, 3)
    made = na.c_array(consumer.consume(source))
    assert made.child(0).buffers[1] == source.ctypes.data
    assert na.Array(consumer.consume(source)).to_pylist() == source.tolist()
    assert na.Array(consumer.consume(structured(np))).to_pylist() == rows(structured(np))


def test_views_that_go_there_and_back(pa):
    for code, shape in itertools.product("bBhHiIqQefd", [(6,), (2, 3), (1, 2, 3), (0, 4)]):
        size = struct.calcsize(code)
        view = consumer.consume(Exporter(bytes(range(48)), code.encode(), size, shape=shape))
        again = consumer.consume(pa.array(view))
        assert (again.shape, again.tolist()) == (view.shape, view.tolist())
        assert again.readonly
        assert not view.nbytes or address(again) == address(view)
