"""Records and their fields, by hand: names, keys, and what is refused."""

import struct

import consumer
import pytest

from support.exporters import Exporter
from support.oracles import NATIVE, SWAPPED, c_strides, nest


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
    for source in (b"abc", struct.pack("2i", 1, 2)):
        with pytest.raises(ValueError, match="cannot assign"):
            view["b"] = source
    view["b"] = consumer.consume(struct.pack("=2i", 1, 2)).cast("=i")
    view["a"] = consumer.consume(struct.pack("=2h", 3, 4)).cast(f"{NATIVE}h")
    assert view.tolist() == [(3, 1), (4, 2)]
    view["a"] = consumer.consume(struct.pack(f"{SWAPPED}2h", 5, 6)).cast(f"{SWAPPED}h")
    assert view["a"].tolist() == [5, 6]


def test_strides_of_a_field_are_those_of_its_records():
    view = consumer.consume(bytes(60)).cast("=h:a:(2,2)h:b:", (2, 3))
    assert view["b"].strides == (*c_strides((2, 3), 10), 4, 2)
    assert view["b"][1, 2, 1, 0] == 0
    assert view["b"].T.shape == (2, 2, 3, 2)
