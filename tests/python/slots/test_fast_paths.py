"""Where a common case has a fast path, it does what the slow path does, and what others do."""

import array
import struct

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

LETTERS = "bBhHiIlLqQfdnN?c"
ONE_LETTER_FORMATS = [
    prefix + letter for prefix in ["", *"@=<>!^"] for letter in LETTERS + "eFDgPuwOspxZ"
]


def outcome(action):
    """What an action returns, or the error that it raises."""
    try:
        return action()
    except Exception as error:
        return type(error), str(error)


def described(view):
    if not isinstance(view, consumer.ConsumerArray):
        return view
    layout = view.itemsize, view.shape, view.strides, view.readonly
    return layout, view.tobytes(), repr(outcome(view.tolist)).replace(" ", "")


# Assignment of one run of elements to a slice of another.

ends = st.none() | st.integers(-12, 12)
slices = st.builds(slice, ends, ends, st.sampled_from([None, 1, 2, -1, -3]))


@given(code=st.sampled_from("bHiqd"), to=slices, source=slices, readonly=st.booleans())
def test_a_slice_takes_the_elements_of_another_view_as_a_list_would(code, to, source, readonly):
    expected = list(range(10))
    data = array.array(code, expected)
    view = consumer.consume(data)
    other = consumer.consume(array.array(code, range(20, 30)))[source]
    target = view.toreadonly() if readonly else view
    wanted = list(range(20, 30))[source]
    if readonly:
        with pytest.raises(TypeError, match="read-only"):
            target[to] = other
    elif len(range(10)[to]) != len(wanted):
        with pytest.raises(ValueError, match="cannot assign a buffer of shape"):
            target[to] = other
    else:
        target[to] = other
        for index, value in zip(range(10)[to], wanted, strict=True):
            expected[index] = value
    assert data.tolist() == expected


@given(to=slices, source=slices)
def test_a_slice_takes_elements_of_the_same_view_as_if_through_a_copy(to, source):
    expected = list(range(10))
    data = array.array("h", expected)
    view = consumer.consume(data)
    if len(range(10)[to]) == len(range(10)[source]):
        view[to] = view[source]
        for index, value in zip(range(10)[to], list(range(10))[source], strict=True):
            expected[index] = value
    assert data.tolist() == expected


@pytest.mark.parametrize("shift", [1, 7, 100, -1, -7, -100])
@pytest.mark.parametrize("length", [128, 1000, 5000])
def test_many_elements_move_within_a_view_as_if_through_a_copy(shift, length):
    data = bytearray(n * 7 % 251 for n in range(length))
    to = slice(max(shift, 0), length + min(shift, 0))
    source = slice(max(-shift, 0), length + min(-shift, 0))
    expected = bytearray(data)
    expected[to] = data[source]
    view = consumer.consume(data)
    view[to] = view[source]
    assert data == expected


def test_a_slice_takes_no_elements_of_another_type_or_of_a_released_view():
    view = consumer.consume(array.array("i", range(4)))
    for other in array.array("I", range(4)), array.array("f", range(4)):
        with pytest.raises(ValueError, match="cannot assign"):
            view[:] = consumer.consume(other)
    other = consumer.consume(array.array("i", range(4)))
    other.release()
    with pytest.raises(ValueError, match="released"):
        view[:] = other
    with pytest.raises(ValueError, match="released"):
        other[:] = view
    assert view.tolist() == [0, 1, 2, 3]


# Equality of a few numbers.

special = st.sampled_from([0.0, -0.0, 1.0, 1.5, float("nan"), float("inf"), -float("inf")])


@given(
    pairs=st.lists(st.tuples(special, special), min_size=0, max_size=20),
    code=st.sampled_from("efd"),
    order=st.sampled_from("<>"),
)
def test_few_floats_are_equal_as_python_compares_them(pairs, code, order):
    left, right = (
        consumer.consume(struct.pack(f"{order}{len(pairs)}{code}", *numbers)).cast(order + code)
        for numbers in ([one for one, _ in pairs], [other for _, other in pairs])
    )
    expected = all(one == other for one, other in pairs)
    assert (left == right) is expected
    assert (left != right) is not expected


@given(left=st.binary(max_size=20), right=st.binary(max_size=20))
def test_few_bools_are_equal_where_their_truth_is(left, right):
    one, other = (consumer.consume(data).cast("?") for data in (left, right))
    expected = [byte != 0 for byte in left] == [byte != 0 for byte in right]
    assert (one == other) is expected


@given(left=st.binary(max_size=40), right=st.binary(max_size=40))
def test_lines_of_bytes_are_equal_where_the_bytes_are(left, right):
    one, other = consumer.consume(left), consumer.consume(right)
    assert (one == other) is (left == right)
    assert (one != other) is (left != right)
    assert (one[::2] == other[::2]) is (left[::2] == right[::2])


# Calls with and without arguments.


@pytest.mark.parametrize("form", ONE_LETTER_FORMATS)
@pytest.mark.parametrize("size", [0, 1, 8, 48])
def test_cast_to_a_format_of_one_letter_is_that_to_the_same_format_with_a_blank_before_it(
    form, size
):
    view = consumer.consume(bytes(range(size)))
    fast, slow = outcome(lambda: view.cast(form)), outcome(lambda: view.cast(" " + form))
    if isinstance(slow, tuple):
        assert fast[0] == slow[0]
    else:
        assert fast.format == form
        assert described(fast) == described(slow)
    assert described(outcome(lambda: view.cast(format=form))) == described(fast)


@pytest.mark.parametrize("key", [slice(None), slice(None, None, 2), slice(None, None, -1)])
def test_calls_without_arguments_are_those_with_the_defaults(key):
    view = consumer.consume(array.array("h", range(-3, 5)))[key]
    assert view.tobytes() == view.tobytes("C") == view.tobytes(order="C")
    assert view.tobytes() == struct.pack(f"{len(view)}h", *view.tolist())
    assert view.index(3) == view.index(3, 0) == view.tolist().index(3)


def test_methods_refuse_arguments_that_they_do_not_know():
    view = consumer.consume(b"abcd")
    for call in (
        lambda: view.tobytes("C", "C"),
        lambda: view.tobytes(other=1),
        lambda: view.cast(),
        lambda: view.cast("B", (4,), "C", 5),
        lambda: view.cast(b"B"),
        lambda: view.tolist(1),
        lambda: view.release(1),
    ):
        with pytest.raises(TypeError):
            call()
    assert view.tolist() == [97, 98, 99, 100]


def test_methods_of_the_class_refuse_objects_of_others():
    for method in (
        consumer.ConsumerArray.tobytes,
        consumer.ConsumerArray.tolist,
        consumer.ConsumerArray.release,
        consumer.ConsumerArray.cast,
        consumer.ConsumerArray.__enter__,
    ):
        with pytest.raises(TypeError):
            method(b"abc")
        with pytest.raises(TypeError):
            method()


# Records.

values = (
    st.integers(-300, 300)
    | st.sampled_from([1 << 31, 1 << 63, -(1 << 63) - 1, 1 << 64])
    | st.floats(allow_nan=False)
    | st.booleans()
    | st.sampled_from([b"x", b"xy", "x", None])
)


@given(fields=st.text("bhiqfd?c", min_size=1, max_size=5), data=st.data())
def test_a_tuple_is_stored_as_a_list_of_the_same_values_is(fields, data):
    """A list takes the slow path."""
    length = data.draw(st.sampled_from([len(fields)] * 5 + [len(fields) - 1, len(fields) + 1]))
    some = data.draw(st.sampled_from([values, st.integers(-100, 100)]))
    given_values = tuple(data.draw(some) for _ in range(length))
    results = []
    for value in given_values, list(given_values):
        memory = bytearray(b"\xaa" * 2 * struct.calcsize("<" + fields))
        view = consumer.consume(memory).cast(f"T{{<{fields}}}")

        def store(view=view, value=value):
            view[1] = value

        results.append((outcome(store), bytes(memory)))
    assert results[0] == results[1]


@given(fields=st.text("bBhHiIqQfd", min_size=1, max_size=5), data=st.data())
def test_a_record_is_read_as_struct_packed_it(fields, data):
    packed = data.draw(st.binary(min_size=struct.calcsize(">" + fields), max_size=40))
    packed = packed[: struct.calcsize(">" + fields)]
    view = consumer.consume(packed).cast(f"T{{>{fields}}}")
    assert repr(view[0]) == repr(struct.unpack(">" + fields, packed))
    assert repr(list(view)) == repr(view.tolist())


# Iterators.


def test_iterators_keep_their_view_and_nothing_else_once_they_are_at_the_end():
    data = bytearray(b"abc")
    iterator = iter(consumer.consume(data))
    assert next(iterator) == 97
    with pytest.raises(BufferError):
        data.append(0)
    assert list(iterator) == [98, 99]
    data.append(0)
    del iterator
    unfinished = iter(consumer.consume(data))
    next(unfinished)
    del unfinished
    data.append(0)
