"""Arguments longer than anything can be: refused without being read to the end."""

import itertools

import consumer
import numpy as np
import pytest

from support.tricksters import EndlessList

consume = consumer.consume


class Counted:
    """An iterable of ones without end, which counts how many were taken."""

    def __init__(self):
        self.taken = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.taken += 1
        return 1


class Index:
    """An int that counts how often it is asked for."""

    asked = 0

    def __index__(self):
        Index.asked += 1
        return 0


@pytest.mark.parametrize("method", ["reshape", "transpose"])
def test_an_iterable_without_end_is_asked_for_as_many_as_there_can_be_dimensions(method):
    numbers = Counted()
    with pytest.raises(ValueError, match="64"):
        getattr(consume(b"x"), method)(numbers)
    assert numbers.taken <= 65


@pytest.mark.parametrize("method", ["reshape", "transpose"])
@pytest.mark.parametrize("numbers", [[1] * 65, (1,) * 65, range(65)])
def test_more_numbers_than_dimensions_are_refused(method, numbers):
    with pytest.raises(ValueError, match="64"):
        getattr(consume(b"x"), method)(numbers)
    with pytest.raises(ValueError, match="64"):
        getattr(consume(b"x"), method)(*numbers)


def test_as_many_numbers_as_there_can_be_dimensions_are_taken():
    assert consume(b"x").reshape([1] * 64).shape == (1,) * 64
    assert consume(b"x").reshape(iter([1] * 64)).shape == (1,) * 64
    assert consume(b"x").cast("B", [1] * 64).shape == (1,) * 64
    with pytest.raises(ValueError, match="64"):
        consume(b"x").cast("B", EndlessList())


@pytest.mark.parametrize("length", [4, 65, 100_000])
def test_a_key_of_too_many_parts_is_not_converted_to_the_end(length):
    view = consume(np.zeros((2, 3), "i4"))
    Index.asked = 0
    with pytest.raises(TypeError, match=f"too many indices: {length} for ndim 2"):
        view[(Index(),) * length]
    assert Index.asked <= 4
    with pytest.raises(TypeError, match=f"too many indices: {length} for ndim 2"):
        view[(..., *(0,) * length)]
    with pytest.raises(TypeError, match=r"only one ellipsis"):
        view[(...,) * length]
    with pytest.raises(NotImplementedError, match=f"{length} slices"):
        view[(slice(None),) * length]


def test_an_ellipsis_may_stand_beside_as_many_indices_as_there_are_dimensions():
    array = np.arange(6).reshape(2, 3)
    view = consume(array)
    for key in [(..., 1, 2), (1, ..., 2), (1, 2, ...)]:
        assert view[key].tolist() == array[key].tolist()


def test_a_name_longer_than_all_names_is_no_field():
    view = consume(bytes(2)).cast("B:a:B:b:")
    for name in ["x" * 100_000, "é" * 100_000, "\ud800" * 100_000]:
        for key in [name, ["a", name]]:
            with pytest.raises(KeyError) as error:
                view[key]
            assert len(str(error.value)) < 5000


@pytest.mark.parametrize("count", [1, 3, 50, 51, 1000])
@pytest.mark.parametrize("length", [2, 9, 400, 700])
@pytest.mark.parametrize("letter", ["x", "\t", "\U0010ffff"])
def test_the_names_that_there_are_are_listed_as_far_as_a_message_is_long(count, length, letter):
    names = [f"{index}{letter * length}" for index in range(count)]
    view = consume(bytes(count)).cast("".join(f"B:{name}:" for name in names))
    for missing in "y", letter * 1000:
        with pytest.raises(KeyError) as error:
            view[missing]
        message = error.value.args[0]
        assert len(message.encode()) < 8000
        if len(names[0].encode()) > 500:
            assert f"among {count} fields with long names" in message
        elif count * len(names[-1].encode()) <= 500 and count <= 50:
            assert message.count('", "') == count - 1
            assert "more" not in message
        elif count > 1:
            listed = message.partition("[")[2].count('", "') + 1
            assert message.endswith(f"and {count - listed} more")


def test_more_names_than_fields_are_refused():
    view = consume(bytes(2)).cast("B:a:B:b:")
    with pytest.raises(ValueError, match=r'field "a" is asked for twice'):
        view[["a"] * 100_000]
    with pytest.raises(KeyError, match="no field"):
        view[["a", "b", "c"] + ["d"] * 100_000]
    with pytest.raises(KeyError, match='"x0"'):
        view[[f"x{index}" for index in range(100_000)]]


def test_many_fields_are_selected_in_their_order():
    array = np.zeros(2, [(f"f{index}", "u1") for index in range(20_000)])
    names = [f"f{index}" for index in range(19_999, -1, -2)]
    assert list(consume(array)[names].fields) == names


def test_long_formats_are_quoted_in_part():
    view = consume(bytes(10))
    with pytest.raises(ValueError, match="at byte 100000") as error:
        view.cast(" " * 100_000 + "$")
    assert len(str(error.value)) < 1000
    with pytest.raises(ValueError, match="more than 65536 items"):
        view.cast("B" * 65_537)
    named = consume(bytes(1)).cast("B:" + "x" * 100_000 + ":")
    assert len(named.format) == 100_003
    with pytest.raises(TypeError) as error:
        named.astype("d")
    assert len(str(error.value)) < 3000


def test_padding_is_as_long_as_a_record_needs():
    """NumPy writes an `x` for each byte of it."""
    one = {"names": ["a"], "formats": ["u1"], "offsets": [70_000], "itemsize": 150_000}
    array = np.array([(((1,), (2,)),)], [("pair", [("p", one), ("q", one)])])
    assert consume(array).tolist() == array.tolist() == [(((1,), (2,)),)]


def test_the_repr_of_a_value_is_quoted_in_part():
    class Long:
        def __index__(self):
            raise OverflowError

        def __repr__(self):
            return "é" * 100_000

    class Raising(Long):
        def __repr__(self):
            raise ZeroDivisionError

    view = consume(bytearray(8)).cast("q")
    with pytest.raises(ValueError, match="é… is out of range") as error:
        view[0] = Long()
    assert len(str(error.value)) < 1000
    with pytest.raises(ValueError, match="the value is out of range"):
        view[0] = Raising()
    with pytest.raises(ValueError, match="the value is out of range"):
        view[0] = 10**5000


def test_the_name_of_a_type_is_quoted_in_part():
    value = type("x" * 100_000, (), {})()
    view = consume(bytearray(8)).cast("q")
    for action in [
        lambda: view.__setitem__(0, value),
        lambda: view[value],
        lambda: view.__setitem__(slice(None), value),
        lambda: view.cast("B", value),
        lambda: consume(value),
    ]:
        with pytest.raises((TypeError, ValueError)) as error:
            action()
        assert "xxx…" in str(error.value)
        assert len(str(error.value)) < 1000


def test_a_list_that_never_ends_is_no_sub_array():
    view = consume(np.zeros(2, [("a", "u1", (3,))]))
    with pytest.raises(ValueError, match="3 values"):
        view[0] = (EndlessList(),)
    objects = consume(np.zeros(2, [("a", "O", (3,))]))
    with pytest.raises(ValueError, match="3 values"):
        objects[0] = (EndlessList(),)


def test_the_first_parts_of_a_long_key_are_still_looked_at():
    with pytest.raises(TypeError, match="not str"):
        consume(bytes(3))[("a", *itertools.repeat(0, 100))]
