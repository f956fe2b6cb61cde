"""Views of what pyarrow, polars, pandas, DuckDB and nanoarrow hand over through Arrow."""

import datetime
import decimal
import gc
import re

import consumer
import pytest

from support.oracles import address

NUMBERS = [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)]
NUMBERS += ["float16", "float32", "float64"]


@pytest.fixture(scope="module")
def pa():
    return pytest.importorskip("pyarrow")


@pytest.fixture(scope="module")
def pl():
    return pytest.importorskip("polars")


@pytest.fixture(scope="module")
def pd():
    return pytest.importorskip("pandas")


def refusal(thing):
    with pytest.raises(BufferError) as caught:
        consumer.consume(thing)
    return str(caught.value)


def helped(thing, message, **names):
    """Views of what the calls give that a message names."""
    _, _, help_ = message.partition("; ")
    calls = re.findall(r"\b(?:x|pyarrow\.compute)\b(?:\.\w+|\([^()]*\)|\['\w+'\])*", help_)
    assert calls, message
    return [consumer.consume(eval(call, {"x": thing, **names})) for call in calls]


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_of_pyarrow_are_seen_where_they_are(pa, np, name):
    whole = pa.array(np.arange(20).astype(name))
    start = whole.buffers()[1].address
    for array, first in ((whole, 0), (whole[3:], 3), (whole[3:][2:7], 5), (whole[20:], 20)):
        view = consumer.consume(array)
        assert view.dtype == np.dtype(name)
        assert view.readonly
        assert view.tolist() == array.to_pylist()
        assert not len(array) or address(view) == start + first * view.itemsize


def test_a_view_keeps_the_memory_of_pyarrow(pa):
    gc.collect()
    before = pa.total_allocated_bytes()
    array = pa.array(range(1000))
    taken = pa.total_allocated_bytes() - before
    assert taken >= 8000
    view = consumer.consume(array)
    part = view[5:8]
    del array, view
    assert pa.total_allocated_bytes() - before >= 8000
    assert part.tolist() == [5, 6, 7]
    part.release()
    assert pa.total_allocated_bytes() - before < 8000


def test_bytes_of_a_width(pa):
    array = pa.array([b"abc", b"d\0\0", b"ghi"], pa.binary(3))
    assert consumer.consume(array).tolist() == [b"abc", b"d\0\0", b"ghi"]
    assert consumer.consume(array[1:2]).tolist() == [b"d\0\0"]
    assert consumer.consume(pa.array([b"", b""], pa.binary(0))).tolist() == [b"", b""]


def test_lists_of_fixed_size(pa, np):
    source = np.arange(120, dtype="i4").reshape(5, 2, 3, 4)
    array = pa.array(source.reshape(-1))
    for length in (4, 3, 2):
        array = pa.FixedSizeListArray.from_arrays(array, length)
    for part, expected in (
        (array, source),
        (array[2:], source[2:]),
        (array[1:4][1:], source[2:4]),
        (array[5:], source[5:]),
        (array.values[3:], source.reshape(10, 3, 4)[3:]),
    ):
        view = consumer.consume(part)
        assert view.shape == expected.shape
        assert view.tolist() == expected.tolist()
    sliced = pa.FixedSizeListArray.from_arrays(pa.array(range(10))[1:9], 2)
    assert consumer.consume(sliced[1:]).tolist() == [[3, 4], [5, 6], [7, 8]]


def test_nulls_count_where_they_are_seen(pa):
    numbers = pa.array([1, None, 3, 4, None, None, 7, 8, 9, 10, 11])
    assert "it has 3 nulls; " in refusal(numbers)
    assert "it has 2 nulls; " in refusal(numbers[3:])
    assert "it has 1 null; " in refusal(numbers[5:])
    assert consumer.consume(numbers[6:]).tolist() == [7, 8, 9, 10, 11]
    assert consumer.consume(numbers[2:4]).tolist() == [3, 4]
    lists = pa.array([[1, 2], None, [3, None], [5, 6]], pa.list_(pa.int8(), 2))
    assert "it has 1 null for a list; " in refusal(lists)
    assert "it has 1 null in its lists; " in refusal(lists[2:])
    assert consumer.consume(lists[3:]).tolist() == [[5, 6]]
    for view in helped(numbers, refusal(numbers)):
        assert view[0] == 1


def test_nulls_of_lists_are_dropped_and_those_in_them_filled(pa, pl):
    values = [[1, 2], None, [5, 6]]
    for thing, names in (
        (pa.array(values, pa.list_(pa.int8(), 2)), {}),
        (pl.Series(values, dtype=pl.Array(pl.Int8, 2)), {}),
    ):
        (view,) = helped(thing, refusal(thing), **names)
        assert view.tolist() == [[1, 2], [5, 6]]
    values = [[1, 2], [3, None], [5, 6]]
    array = pa.array(values, pa.list_(pa.int8(), 2))
    import pyarrow.compute

    for thing in (array, pa.chunked_array([array]), pl.Series(values, dtype=pl.Array(pl.Int8, 2))):
        (view,) = helped(thing, refusal(thing), pyarrow=pyarrow)
        assert view.tolist() == [1, 2, 3, 0, 5, 6]
    deep = pa.FixedSizeListArray.from_arrays(array, 3)
    assert "it has 1 null in its lists; fill or drop" in refusal(deep)
    outer = pa.FixedSizeListArray.from_arrays(pa.array([[1], None], pa.list_(pa.int8(), 1)), 2)
    assert "it has 1 null in its lists; fill or drop" in refusal(outer)


def test_bools(pa):
    bits = pa.array([True, False, True])
    (view,) = helped(bits, refusal(bits))
    assert (view.format, view.tolist()) == ("B", [1, 0, 1])
    eight = bits.cast(pa.int8()).cast(pa.bool8())
    view = consumer.consume(eight)
    assert (view.format, view.tolist()) == ("?", [True, False, True])


def test_tensors_have_the_shape_that_pyarrow_gives_them(pa, np):
    source = np.arange(48.0).reshape(2, 2, 3, 4)
    for axes in ((0, 1, 2, 3), (0, 2, 1, 3), (0, 1, 3, 2), (0, 3, 2, 1)):
        array = pa.FixedShapeTensorArray.from_numpy_ndarray(source.transpose(axes))
        view = consumer.consume(array)
        assert view.tolist() == source.transpose(axes).tolist()
        assert consumer.consume(array[1:]).tolist() == source.transpose(axes)[1:].tolist()
    # What pyarrow writes is the inverse of what it reads: it is taken at its own word.
    array = pa.FixedShapeTensorArray.from_numpy_ndarray(source.transpose(0, 3, 1, 2))
    assert consumer.consume(array).tolist() == array.to_numpy_ndarray().tolist()
    inner = pa.fixed_shape_tensor(pa.int32(), (2, 3), permutation=[1, 0], dim_names=["x", "y"])
    storage = pa.array([list(range(6))] * 2, pa.list_(pa.int32(), 6))
    array = pa.ExtensionArray.from_storage(inner, storage)
    assert consumer.consume(array).tolist() == array.to_numpy_ndarray().tolist()


def test_chunks(pa):
    one = pa.chunked_array([[1, 2, 3]])
    assert consumer.consume(one).tolist() == [1, 2, 3]
    assert address(consumer.consume(one)) == one.chunk(0).buffers()[1].address
    none = consumer.consume(pa.chunked_array([], pa.list_(pa.int16(), 3)))
    assert (none.format, none.shape) == ("h", (0, 3))
    several = pa.chunked_array([[1], [2, 3]])
    (view,) = helped(several, refusal(several))
    assert view.tolist() == [1, 2, 3]


def test_what_pyarrow_has_besides_is_named(pa):
    day, now = datetime.date(2027, 1, 31), datetime.datetime(2027, 1, 31)
    for array, name in (
        (pa.array([day]), "dates"),
        (pa.array([day], pa.date64()), "dates"),
        (pa.array([now]), "timestamps"),
        (pa.array([now - now]), "durations"),
        (pa.array([now.time()]), "times"),
        (pa.array([now.time()], pa.time32("s")), "times"),
        (pa.array([decimal.Decimal("1.5")]), "decimals"),
        (pa.array([[1], [2, 3]]), "lists"),
        (pa.array(["a", "b"]).dictionary_encode(), "dictionary"),
        (pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"a" * 16], pa.binary(16))), "uuid"),
    ):
        message = refusal(array)
        assert name in message
        if name != "dictionary":
            helped(array, message)
    assert consumer.consume(pa.array(["a", "b"]).dictionary_encode().indices).tolist() == [0, 1]
    for array in (
        pa.array(["a"]),
        pa.array(["a"], pa.large_string()),
        pa.array(["a"], pa.string_view()),
    ):
        assert "text" in refusal(array)
    assert "nulls only" in refusal(pa.nulls(3))
    ends = pa.RunEndEncodedArray.from_arrays([2, 3], [5, 6])
    assert "run-end" in refusal(ends)


def test_elements_of_arrays_are_stored(pa):
    view = consumer.consume(bytearray(48)).cast("d", (2, 3))
    view[0] = pa.array([1.0, 2.0, 3.0])
    view[1, ...] = pa.array([4, 5, 6], "int32")
    assert view.tolist() == [[1, 2, 3], [4, 5, 6]]
    view[1][:] = pa.array([7.5, 8.5, 9.5])
    assert view[1].tolist() == [7.5, 8.5, 9.5]
    for store in (view.__setitem__, lambda _, thing: view[1].__setitem__(slice(None), thing)):
        with pytest.raises(BufferError, match="1 null"):
            store(1, pa.array([1.0, None, 2.0]))
    assert view[1].tolist() == [7.5, 8.5, 9.5]


def test_tables_of_pyarrow(pa):
    table = pa.table({"name": [1, 2], "b": ["x", "y"]})
    for thing in (table, table.to_batches()[0], table.to_struct_array().chunk(0)):
        message = refusal(thing)
        assert 'a table of columns "name", "b"' in message
        for view in helped(thing, message):
            assert view.tolist() == [1, 2]
    reader = table.to_reader()
    message = refusal(reader)
    reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches() * 2)
    (view,) = helped(reader, message)
    assert view.tolist() == [1, 2, 1, 2]
    message = refusal(table)
    assert message.endswith("or x['name'].combine_chunks() if it has several chunks)")
    several = pa.concat_tables([table, table])
    assert consumer.consume(several["name"].combine_chunks()).tolist() == [1, 2, 1, 2]


def test_capsules_and_plans_have_nothing_to_view_yet(pa, pl):
    array = pa.array([1, 2])
    capsules = (*array.__arrow_c_array__(), array.__arrow_c_array__())
    for thing in (*capsules, pl.Series([1]).__arrow_c_stream__()):
        with pytest.raises(consumer.BufferProtocolError, match=r"the object whose .* made it does"):
            consumer.consume(thing)
    plan = pl.DataFrame({"name": [1, 2]}).lazy()
    with pytest.raises(consumer.BufferProtocolError, match=r"x\.collect\(\)\['name'\] does"):
        consumer.consume(plan)
    assert consumer.consume(plan.collect()["name"]).tolist() == [1, 2]


def test_series_of_polars(pl):
    series = pl.Series([1, 2, 3])
    assert consumer.consume(series).tolist() == [1, 2, 3]
    assert consumer.consume(series[1:]).tolist() == [2, 3]
    assert consumer.consume(pl.Series([1, None, 3]).drop_nulls()).tolist() == [1, 3]
    assert consumer.consume(pl.Series([], dtype=pl.UInt16)).format == "H"
    lists = consumer.consume(pl.Series([[1.5, 2.0], [3.0, 4.0]], dtype=pl.Array(pl.Float32, 2)))
    assert (lists.format, lists.tolist()) == ("f", [[1.5, 2.0], [3.0, 4.0]])


def test_what_polars_has_besides_is_named(pl):
    day = datetime.date(2027, 1, 31)
    for series, name in (
        (pl.Series([1, None]), "1 null"),
        (pl.Series([True, False]), "bits"),
        (pl.concat([pl.Series([1]), pl.Series([2])], rechunk=False), "more than one chunk"),
        (pl.Series([day]), "dates"),
        (pl.Series([datetime.datetime(2027, 1, 31)]), "timestamps"),
        (pl.Series([datetime.timedelta(5)]), "durations"),
        (pl.Series([datetime.time(5)]), "times"),
        (pl.Series(["a"], dtype=pl.Categorical), "categorical"),
        (pl.Series([[1], [2, 3]]), "lists"),
        (pl.Series([decimal.Decimal("1.5")]), "decimals"),
        (pl.Series([{"name": 5}]), "columns"),
        (pl.DataFrame({"name": [1], "other": ["a"]}), "columns"),
    ):
        message = refusal(series)
        assert name in message
        helped(series, message, polars=pl)
    assert "text" in refusal(pl.Series(["a"]))


def test_objects_of_polars_are_no_byte_strings(pl, np):
    """It hands over their addresses, as the bytes of that number that they are."""
    thing = object()
    whole = pl.Series([thing, None, thing, b"12345678"], dtype=pl.Object)

    class Wrapped:
        dtype = whole.dtype

        def __arrow_c_stream__(self, requested_schema=None):
            return whole[:1].__arrow_c_stream__()

    derived = type("Derived", (pl.Series,), {})(whole)
    for part in (whole, whole[:1], whole[1:], derived, Wrapped()):
        message = refusal(part)
        assert "its elements are Python objects" in message
    _, _, help_ = refusal(whole).partition("; ")
    call = help_.removesuffix(" has them)")
    view = consumer.consume(eval(call, {"x": whole, "numpy": np}))
    assert view.tolist() == [thing, None, thing, b"12345678"]


def test_pandas(pd):
    assert consumer.consume(pd.Series([1, 2, 3])).tolist() == [1, 2, 3]
    for series, name in (
        (pd.Series([1, None], dtype="Int64"), "1 null"),
        (pd.Series([datetime.datetime(2027, 1, 31)]), "timestamps"),
        (pd.Series(["a", "b"], dtype="category"), "categorical"),
    ):
        message = refusal(series)
        assert name in message
        helped(series, message)
    assert "pandas.period" in refusal(pd.Series([pd.Period("2027")]))
    frame = pd.DataFrame({"name": [1.0, 2.0], "other": ["a", "b"]})
    (view,) = helped(frame, refusal(frame))
    assert view.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("dtype", ["Int64", "UInt8", "Float32", "boolean"])
def test_nulls_of_pandas_are_named_with_what_has_none(pd, dtype):
    array = pd.array([1, None, 0], dtype=dtype)
    for thing in (array, pd.Series(array), pd.Index(array), array[1:]):
        message = refusal(thing)
        assert "(it has 1 null; " in message
        filled, dropped = helped(thing, message.replace(" and x", "; x"))
        assert filled.tolist() == thing.fillna(False if dtype == "boolean" else 0).tolist()
        assert dropped.tolist() == thing.dropna().tolist()
    assert consumer.consume(array[2:]).tolist() == [0]


@pytest.mark.usefixtures("pa")
@pytest.mark.parametrize("dtype", ["int64[pyarrow]", "bool[pyarrow]"])
def test_nulls_of_pandas_in_arrays_of_pyarrow(pd, dtype):
    array = pd.array([1, None, 0], dtype=dtype)
    for thing in (array, pd.Series(array)):
        assert "it has 1 null; x.fillna(" in refusal(thing)
    assert pd.isna(consumer.consume(pd.Series([1.5, None]))[1])
    for thing in (pd.array(["a", None]), pd.Series(["a", None])):
        assert "null" not in refusal(thing)


def test_duckdb():
    duckdb = pytest.importorskip("duckdb")
    pytest.importorskip("numpy")
    relation = duckdb.sql("select 5 as name, 'a' as other")
    message = refusal(relation)
    assert 'a table of columns "name", "other"' in message
    (view,) = helped(relation, message)
    assert view.tolist() == [5]


def test_nanoarrow():
    na = pytest.importorskip("nanoarrow")
    for thing in (na.c_array([1, 2, 3], na.int16()), na.Array([1, 2, 3], na.int16())):
        view = consumer.consume(thing)
        assert (view.format, view.tolist()) == ("h", [1, 2, 3])


def test_classes_have_the_methods_for_their_instances(pa, pl):
    for thing in (pa.Array, pa.Table, pl.Series):
        with pytest.raises(consumer.BufferProtocolError):
            consumer.consume(thing)
