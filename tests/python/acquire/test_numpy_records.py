"""NumPy records whose formats do not say where every field lies: their dtypes say it."""

import math
import random

import consumer
import pytest

from support.numpy_values import values
from support.oracles import metadata, same

CODES = ["i1", "u1", ">i2", "i4", "<i8", "f4", ">f8", "e", "c8", "S3", "V1", "V3"]


def random_dtype(np, source, depth=0):
    """Records of one to three fields: packed, aligned, or with offsets of any kind."""
    kinds = []
    for _ in range(source.randint(1, 3)):
        inner = depth < 2 and source.random() < 0.3
        kind = random_dtype(np, source, depth + 1) if inner else np.dtype(source.choice(CODES))
        if source.random() < 0.3:
            kind = np.dtype((kind, source.choice([(1,), (2,), (2, 2), (3,)])))
        kinds.append(kind)
    names = [f"f{index}" for index in range(len(kinds))]
    how = source.randrange(3)
    if how == 0:
        return np.dtype(list(zip(names, kinds, strict=True)))
    if how == 1:
        return np.dtype({"names": names, "formats": kinds}, align=True)
    offsets, size = [], 0
    for kind in kinds:
        offsets.append(size + source.choice([0, 0, 1, 2, 3, 4]))
        size = offsets[-1] + kind.itemsize
    size += source.choice([0, 0, 1, 2, 4, 8])
    return np.dtype({"names": names, "formats": kinds, "offsets": offsets, "itemsize": size})


def array_of(np, dtype, shape):
    size = dtype.itemsize * math.prod(shape)
    raw = (np.arange(size) * 7 % 61 + 1).astype("u1")
    return np.ndarray(shape, dtype, raw.data)


def test_records_of_any_dtype_are_read_and_written_where_they_lie(np):
    source = random.Random(1)
    for _ in range(1000):
        dtype = random_dtype(np, source)
        array = array_of(np, dtype, source.choice([(), (1,), (3,), (2, 2)]))
        view = consumer.consume(array)
        expected = values(array)
        assert same(view.tolist(), expected), dtype
        assert same(consumer.consume(memoryview(array)).tolist(), expected), dtype
        assert same(consumer.consume(view).tolist(), expected), dtype
        assert same(consumer.consume(memoryview(view)).tolist(), expected), dtype
        if view.ndim == 1:
            before = array.tobytes()
            for index, value in enumerate(expected[::-1]):
                view[index] = value
            assert same(values(array), expected[::-1]), dtype
            for index, value in enumerate(expected):
                view[index] = value
            assert array.tobytes() == before, dtype
            alone = array[0]
            assert same(consumer.consume(alone).tolist(), values(alone)), dtype


def test_a_format_that_is_right_stays_the_exporters_own(np):
    for dtype in ("i1,f8", "(2,3)i2,>f4", [("x", "i1"), ("in", "i2,f8")], "S3,U2,V5"):
        array = array_of(np, np.dtype(dtype), (3,)) if "U2" not in dtype else np.zeros(3, dtype)
        assert metadata(consumer.consume(array)) == metadata(memoryview(array))


def test_a_format_that_is_wrong_is_replaced_by_one_that_is_right(np):
    inner = np.dtype([("a", "f8"), ("b", "i1")], align=True)
    array = array_of(np, np.dtype([("in", inner), ("f", "u1")], align=True), (3,))
    view = consumer.consume(array)
    assert view.format != memoryview(array).format
    plain = consumer.consume(bytes(array.tobytes())).cast(view.format)
    assert same(plain.tolist(), values(array))


def test_fields_that_numpy_has_left_out_stay_as_they_are(np):
    thing = object()
    kinds = [
        [("x", "i8"), ("y", "i8")],
        [("y", "i4"), ("x", "i8"), ("z", "i2")],
        [("x", "i8"), ("y", "O"), ("z", "i1")],
        [("y", "i2"), ("x", [("a", "i2"), ("b", "i4")])],
    ]
    for kind in kinds:
        target, source = np.zeros(3, kind), np.zeros(3, kind)
        target["y"] = thing if kind[1] == ("y", "O") else 7
        source["x"] = (3, 4) if kind[-1][0] == "x" and kind[0] == ("y", "i2") else 5
        expected = target.copy()
        expected[["x"]] = source[["x"]]
        for part in (target[["x"]], target[["x"]][::-1]):
            consumer.consume(part)[...] = consumer.consume(source[["x"]])
            assert target.tolist() == expected.tolist()
        assert consumer.consume(target[["x"]]) == source[["x"]]


def test_an_array_whose_dtype_was_set_since_its_export_is_not_read_by_the_new_one(np):
    array = np.zeros(2, [("a", "i1"), ("b", "i4"), ("c", "V3")])
    array["a"], array["b"] = [1, 2], [3, 4]
    export = memoryview(array)
    try:
        array.dtype = np.dtype([("b", "i4"), ("a", "i1"), ("c", "V3")])
    except (AttributeError, DeprecationWarning):
        pytest.skip("the dtype of this NumPy's arrays cannot be set")
    view = consumer.consume(export)
    assert view.format == export.format
    assert view.tolist() == [(1, 3, bytes(3)), (2, 4, bytes(3))]


def test_a_class_of_its_own_cannot_tell_of_another_dtype(np):
    class Liar(np.ndarray):
        dtype = np.dtype("i8,i8,i8,i8")

    inner = np.dtype([("a", "f8"), ("b", "i1")], align=True)
    array = array_of(np, np.dtype([("in", inner), ("f", "u1")], align=True), (2,))
    assert same(consumer.consume(array.view(Liar)).tolist(), values(array))


def scattered_dtype(np, source):
    """Records whose fields are anywhere: out of order, over one another."""
    inner = [
        random_dtype(np, source) if source.random() < 0.2 else np.dtype(source.choice(CODES))
        for _ in range(source.randint(2, 4))
    ]
    offsets = [source.randint(0, 9) for _ in inner]
    size = max(offset + kind.itemsize for offset, kind in zip(offsets, inner, strict=True))
    names = [f"f{index}" for index in range(len(inner))]
    return np.dtype(
        {
            "names": names,
            "formats": inner,
            "offsets": offsets,
            "itemsize": size + source.choice([0, 0, 3]),
        }
    )


def test_fields_that_overlap_or_are_out_of_order_are_read_where_they_lie(np):
    source = random.Random(2)
    refused = 0
    for _ in range(500):
        array = array_of(np, scattered_dtype(np, source), source.choice([(), (1,), (3,), (2, 2)]))
        try:
            memoryview(array)
        except ValueError:
            refused += 1
        view = consumer.consume(array)
        assert same(view.tolist(), values(array)), array.dtype
        assert view.itemsize == array.itemsize
        assert view.obj is array
        for name in array.dtype.names:
            assert same(view[name].tolist(), values(array[name])), (array.dtype, name)
        assert np.shares_memory(np.asarray(view["f0"]), array)
    assert refused > 100


def test_fields_out_of_order_are_stored_where_they_lie_and_overlapping_ones_one_by_one(np):
    array = np.zeros(2, "i4,f8")[["f1", "f0"]]
    view = consumer.consume(array)
    view[1] = (2.5, 7)
    assert array.tolist() == [(0.0, 0), (2.5, 7)]
    overlapping = np.zeros(
        2, {"names": ["low", "whole"], "formats": ["<u2", "<u4"], "offsets": [0, 0]}
    )
    view = consumer.consume(overlapping)
    with pytest.raises(TypeError, match="write one of its fields"):
        view[0] = (1, 2)
    view["whole"][0] = 0x10002
    assert overlapping["low"].tolist() == [2, 0]


def test_names_that_no_format_can_have_are_those_of_the_dtype(np):
    array = np.array([(1, 2)], [("a:b", "i4"), ("", "i2")])
    view = consumer.consume(array)
    assert view["a:b"].tolist() == [1]
    assert view.tolist() == [(1, 2)]


def test_references_without_a_format_are_not_read(np):
    array = np.zeros(2, {"names": "oa", "formats": [object, "i4"], "offsets": [4, 0]})
    with pytest.raises(ValueError, match="out-of-order"):
        consumer.consume(array)


def test_types_of_other_packages_are_not_read_by_their_names(np):
    types = pytest.importorskip("ml_dtypes")
    names = ("int4", "uint2", "bfloat16", "float8_e5m2", "float8_e4m3fn", "float4_e2m1fn")
    kinds = [np.dtype(getattr(types, name)) for name in names]
    core = pytest.importorskip("numpy._core._multiarray_umath")
    if make := getattr(core, "_get_sfloat_dtype", None):
        kinds.append(make()(scaling=3.0))
    for kind in kinds:
        for array in (np.zeros(2, [("a", kind), ("b", "i4")]), np.zeros((), [("b", kind)])):
            with pytest.raises(ValueError, match="cannot include dtype"):
                consumer.consume(array)


def test_storing_some_fields_spares_others_where_some_overlap(np):
    kind = {"names": "abc", "formats": ["<u2", "<u4", "u1"], "offsets": [0, 0, 4], "itemsize": 8}
    array, other = np.full(2, 0x0101010101010101, "u8").view(kind), np.zeros(2, kind)
    view, source = consumer.consume(array), consumer.consume(other)
    view[["a", "b"]][0] = {"a": 2}
    view[["a", "b"]][1:] = source[["a", "b"]][1:]
    assert array.tolist() == [(2, 2, 1), (0, 0, 1)]
    with pytest.raises(TypeError, match=r"share bytes.*v\['a'\]\[index\] = x"):
        view[0] = {"a": 1}
    view[["a", "c"]][0] = (3, 4)
    view[1:] = source[1:]
    assert array.tolist() == [(3, 3, 4), (0, 0, 0)]


def test_surrogates_in_names_are_replaced_wherever_names_are_shown(np):
    array = np.array([(1, 2)], [("a\udc80", "i4"), ("b", "i4")])
    view = consumer.consume(array)
    name = "a\N{REPLACEMENT CHARACTER}"
    assert list(view.fields) == list(view.named()[0]._asdict()) == [name, "b"]
    assert view[name].tolist() == [getattr(view.named()[0], name)] == [1]
    for text in (view.format, view.info, repr(view), view._repr_html_(), repr(view.named()[0])):
        assert name in text or view.format not in text
        text.encode()
    for wrong in (lambda: view["a\udc80"], lambda: view.__setitem__(0, {"a\udc80": 1, "b": 2})):
        with pytest.raises((KeyError, ValueError), match=r"no field|is missing"):
            wrong()
    assert consumer.consume(np.asarray(view)).tolist() == [(1, 2)]
    with pytest.raises(ValueError, match="expected UTF-8"):
        view.cast("T{i:a\udc80:i:b:}")
