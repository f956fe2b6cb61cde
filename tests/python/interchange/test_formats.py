"""What `v.format` says of records, to our own `cast` and to NumPy, which tries the buffer first.

Each reads what the view reads, or refuses; and an exporter's own format is kept where it tells the
truth.
"""

import ctypes
import struct
import sys

import consumer
import pytest

from support import decoder, numpy_values
from support.ctypes_values import structure
from support.exporters import Exporter
from support.oracles import NATIVE, same

NUMPY_REFUSES = (ValueError, RuntimeError)


def again(view):
    """The elements as they are read from the bytes by the view's format."""
    return consumer.consume(view.tobytes()).cast(view.format, view.shape).tolist()


def check_array(np, array):
    """A view of NumPy's array, which NumPy and `cast` read as it is."""
    view = consumer.consume(array)
    assert same(again(view), view.tolist())
    made = np.asarray(view)
    assert made.dtype.names == array.dtype.names
    assert same(numpy_values.values(made), numpy_values.values(array))
    assert np.shares_memory(made, array)
    return view


def filled(np, dtype, count=2):
    size = np.dtype(dtype).itemsize * count
    return np.frombuffer(bytearray((i * 7 + 1) % 100 for i in range(size)), dtype)


def test_numpy_reads_its_records_through_a_view(np):
    point = np.dtype([("x", "i8"), ("n", "i4")], align=True)
    pair = np.dtype([("a", "i1"), ("b", ">f8")])
    for dtype in (
        [("id", "i4"), ("pt", point), ("tag", "i2")],
        [("id", ">i4"), ("pt", point), ("tag", "i2")],
        [("id", "i1"), ("pt", point, 2), ("pair", pair), ("tag", "i8")],
        [("pair", pair, (2, 1)), ("pt", point)],
        [("name", "S3"), ("pad", "V3"), ("pts", point, (1, 2))],
    ):
        for align in (False, True):
            check_array(np, filled(np, np.dtype(dtype, align=align)))


def test_writing_through_such_an_array_changes_that_field(np):
    point = np.dtype([("x", "i8"), ("n", "i4")], align=True)
    array = filled(np, np.dtype([("id", ">i4"), ("pt", point), ("tag", "i2")], align=True))
    expected = array.copy()
    np.asarray(consumer.consume(array))["tag"] = 77
    expected["tag"] = 77
    assert array.tolist() == expected.tolist()


def test_bytes_that_belong_to_no_field_are_padding(np):
    array = filled(np, [("x", "i4"), ("y", "f8"), ("z", "u2")])
    check_array(np, array[["x", "y"]])
    check_array(np, array[["y"]])
    dtype = np.dtype({"names": ["x"], "formats": ["u1"], "itemsize": 4})
    assert check_array(np, filled(np, dtype)).format == "T{^B:x:3x}"


def test_a_sub_array_of_sub_arrays_is_one_of_more_dimensions(np):
    inner = np.dtype((np.intc, (3,)))
    array = filled(np, {"names": ["foo"], "formats": [np.dtype((inner, (2,)))]})
    assert memoryview(array).format == "T{(2)(3)i:foo:}"
    assert check_array(np, array).format == "T{(2,3)^i:foo:}"
    own = consumer.consume(array.tobytes()).cast("T{(2)(3)i:foo:}")
    assert same(own.tolist(), numpy_values.values(array))
    assert own["foo"].shape == (2, 2, 3)


def test_a_record_alone_has_a_format_of_its_own(np):
    array = filled(np, [("a", "i"), ("b", "f8")])
    view = consumer.consume(array[1])
    assert view.format == "T{^i:a:d:b:}"
    assert np.asarray(view).tolist() == array[1].item() == again(view)


def test_numpys_own_format_is_kept_where_it_is_true(np):
    inner = np.dtype([("x", "u1"), ("v", "V3")])
    other = ">" if sys.byteorder == "little" else "<"
    for dtype, form in (
        (np.dtype([("x", "f8"), ("n", "i")], align=True), "T{d:x:i:n:}"),
        (np.dtype("i1,f8", align=True), "T{b:f0:xxxxxxxd:f1:}"),
        ("f8,q", "T{d:f0:q:f1:}"),
        (f"{other}i,{other}f8", f"T{{{other}i:f0:d:f1:}}"),
        ([("p", [("x", "f4"), ("y", "f4")]), ("m", "i", (2, 3))], "T{T{f:x:f:y:}:p:(2,3)i:m:}"),
        ([("a", "i1"), ("in", inner)], "T{b:a:T{B:x:3x:v:}:in:}"),
    ):
        array = np.zeros(2, dtype)
        assert consumer.consume(array).format == memoryview(array).format == form


def test_a_format_of_ctypes_is_kept_where_it_is_true():
    record = structure(("a", ctypes.c_int16), ("b", ctypes.c_uint8), ("c", ctypes.c_int8))
    nested = structure(("r", record * 2), ("f", ctypes.c_float * 3), ("p", ctypes.c_uint32))
    big = structure(("a", ctypes.c_int16), base=ctypes.BigEndianStructure)
    for kind in (record, nested, big):
        exporter = (kind * 2)()
        assert consumer.consume(exporter).format == memoryview(exporter).format
    padded = structure(("x", ctypes.c_int), ("y", ctypes.c_double))()
    assert consumer.consume(padded).format in (f"T{{{NATIVE}i:x:4x{NATIVE}d:y:}}", "T{^i:x:4xd:y:}")


def test_what_ctypes_does_not_tell_is_written_anew():
    text = structure(("name", ctypes.c_char * 3), ("n", ctypes.c_uint8))(b"abc", 7)
    view = consumer.consume(text)
    assert view[()] == again(view) == (b"abc", 7)
    letters = (ctypes.c_wchar * 3)(*"añ€")
    view = consumer.consume(letters)
    assert again(view) == ["a", "ñ", "€"]


class Number(ctypes.Union):
    _fields_ = (("i", ctypes.c_uint32), ("f", ctypes.c_float))


UNTOLD = {
    "a union": lambda: consumer.consume((Number * 2)()),
    "a union in a record": lambda: consumer.consume(
        (structure(("n", Number), ("k", ctypes.c_int)) * 2)()
    ),
    "bit-fields": lambda: consumer.consume(
        (structure(("a", ctypes.c_uint8, 3), ("b", ctypes.c_uint8, 5)) * 2)()
    ),
    "a bit-field": lambda: UNTOLD["bit-fields"]()["a"],
    "fields in another order": lambda: consumer.consume(bytes(8)).cast("T{<h:a:h:b:}")[["b", "a"]],
    "what cannot be read": lambda: consumer.consume((structure(("a", Liar), ("b", Liar)) * 2)()),
}


class Liar(ctypes.Structure):
    _fields_ = (("x", ctypes.c_int32), ("y", ctypes.c_int32))


Liar.y = property()


@pytest.mark.parametrize("name", UNTOLD)
def test_what_no_format_expresses_is_refused_by_its_readers(np, name):
    view = UNTOLD[name]()
    with pytest.raises(ValueError, match="bits"):
        consumer.consume(view.tobytes()).cast(view.format)
    with pytest.raises(NUMPY_REFUSES):
        np.asarray(view)
    with pytest.raises(NUMPY_REFUSES):
        np.array(memoryview(view))
    wrapped = consumer.consume(Exporter(view.tobytes(), view.format.encode(), view.itemsize))
    with pytest.raises(NotImplementedError):
        wrapped.tolist()
    assert wrapped.tobytes() == view.tobytes()


def test_bit_fields_are_told_with_the_bits_between_them():
    kind = structure(("a", ctypes.c_uint8, 3), ("b", ctypes.c_uint8, 2), ("c", ctypes.c_uint16))
    assert consumer.consume(kind()).format == "T{3t:a:2t:b:11t^H:c:}"


def test_names_that_cannot_be_written_are_left_out(np):
    kind = structure(("a:b", ctypes.c_uint8), ("", ctypes.c_uint8), ("c", ctypes.c_uint8))
    view = consumer.consume(kind(1, 2, 3))
    assert view["a:b"][()] == 1
    assert again(view) == view[()] == np.asarray(view).item() == (1, 2, 3)


def test_a_void_field_is_one_whatever_its_name(np):
    array = filled(np, [("v\0w", "V2"), ("n", "u1")])
    view = consumer.consume(array)
    assert view.tolist() == again(view)
    assert [bytes(value) for value in np.asarray(view)[np.asarray(view).dtype.names[0]]] == [
        value[0] for value in view.tolist()
    ]


def test_padding_that_an_exporter_leaves_out_is_written():
    view = consumer.consume(Exporter(bytes(range(16)), b"ib", 8))
    assert view.format == "ib3x"
    assert view.tolist() == again(view) == [*struct.iter_unpack("ib3x", bytes(range(16)))]
    assert consumer.consume(memoryview(view)).format == view.format


def test_formats_of_other_exporters_are_kept(nd):
    for form, size in (
        ("ib", 5),
        ("<ib", 5),
        ("T{i:a:b:b:}", 8),
        ("T{<h:x:(2)T{b:y:}:z:}", 4),
        ("4f", 16),
        ("fffBBBB", 16),
        (" T{ b:a: } 3x", 4),
    ):
        assert consumer.consume(Exporter(bytes(size), form.encode(), size)).format == form
    assert consumer.consume(nd.ndarray([(1, 2)], shape=[1], format="hb")).format == "hb"


def test_a_record_that_readers_align_differently_is_refused(np):
    exporter = Exporter(bytes(12), b"T{b:a:T{i:x:<i:y:}:r:}", 12)
    with pytest.raises(NotImplementedError, match="readers differ"):
        consumer.consume(exporter).tolist()
    # The size shows which of the two is meant.
    view = consumer.consume(Exporter(bytes(range(24)), b"T{b:a:<T{i:x:h:y:}:r:b:c:}", 8))
    assert view[1] == np.asarray(view)[1].item() == (8, (0x0C0B0A09, 0x0E0D), 15)


@pytest.mark.parametrize(
    "form",
    [
        "T{b:a:T{i:x:<i:y:}:r:}",
        "T{T{ib}:r:3xi:n:}",
        "T{i:a:>h:b:}",
        "T{i:a:(2)T{h:x:b:y:}:r:}",
        "T{d:a:T{^b:x:i:y:}:r:h:n:}",
        "(2)T{P:a:<h:b:}",
    ],
)
def test_a_format_of_a_caller_is_written_as_all_read_it(form):
    size = decoder.size_of(form)
    data = bytes(range(1, 2 * size + 1))
    expected = [decoder.read(form, data[at:]) for at in (0, size)]
    exporter = Exporter(data, form.encode(), size)
    with pytest.raises(NotImplementedError, match="differ"):
        consumer.consume(exporter).tolist()
    view = consumer.consume(data).cast(form)
    assert view.itemsize == size
    assert view.tolist() == again(view) == expected
    # Asked for once more, when it is known.
    assert consumer.consume(data).cast(form).tolist() == expected
    assert view.astype(form).tolist() == expected
    assert consumer.consume(data).cast(view.format).format == view.format


def test_a_conversion_to_the_same_records_has_the_format_that_was_asked_for():
    data = bytes(range(8))
    for form in ("T{>i:a:}", "T{>h:a:<h:b:}", "T{h:a:h:b:}", "3s1x"):
        view = consumer.consume(data).cast(form)
        copy = view.astype(form)
        assert (copy.format, copy.tobytes()) == (form, data)
        assert copy.tolist() == view.tolist()
        assert not copy.readonly
    view = consumer.consume(data).cast("T{>i:a:}")
    assert view.astype("T{!i:a:}").format == "T{!i:a:}"
    native = view.copy()
    assert native.tolist() == view.tolist() == again(native)
    assert native.fields["a"].format == "i"


def test_a_copy_keeps_the_padding_behind_a_record():
    view = consumer.consume(bytes(range(16))).cast("T{>i:a:}4x")
    copy = view.copy()
    assert copy.tolist() == view.tolist() == again(copy)
    assert copy.itemsize == 8
