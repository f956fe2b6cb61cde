"""Methods and slots that go around PyO3's layer are in no way different from others."""

import inspect

import consumer
import pytest

V = consumer.ConsumerArray


def view(data=b"abcdef"):
    return consumer.consume(bytearray(data))


def test_dunder_names_lead_to_what_operators_do():
    v = view()
    assert v.__len__() == len(v) == 6
    assert v.__getitem__(-1) == v[-1] == 102
    assert v.__getitem__(slice(1, 3)).tobytes() == v[1:3].tobytes() == b"bc"
    v.__setitem__(0, 122)
    assert v[0] == 122
    with pytest.raises(TypeError, match="cannot delete memory"):
        v.__delitem__(0)
    assert v.__contains__(122) is (122 in v) is True
    assert v.__eq__(v[:]) is True
    assert v.__ne__(v[:]) is False
    assert v.__lt__(v[:]) is NotImplemented
    assert v.__iter__().__next__() == next(iter(v)) == 122


def error(action):
    with pytest.raises((IndexError, KeyError, TypeError, ValueError)) as raised:
        action()
    return type(raised.value), str(raised.value)


@pytest.mark.parametrize("key", ["name", 6, 1.5, (0, 0), None])
def test_dunder_names_raise_what_operators_raise(key):
    v = view()
    assert error(lambda: v.__getitem__(key)) == error(lambda: v[key])
    assert error(lambda: v.__setitem__(key, 0)) == error(lambda: v.__class__.__setitem__(v, key, 0))


def test_the_end_of_a_with_block_takes_an_exception_and_no_names():
    v = view()
    with pytest.raises(TypeError, match="takes no keyword arguments"):
        v.__exit__(error=None)
    assert v[0] == 97, "a call that was refused must not release the view"
    assert v.__exit__(None, None, None) is None
    with pytest.raises(ValueError, match="released"):
        v[0]


def test_arguments_are_taken_by_position_and_by_name():
    v = view()
    assert v.cast("H", [3]).tolist() == v.cast(format="H", shape=(3,)).tolist()
    assert v.cast("H", None, "F", offset=2, count=None).tolist() == v.cast("H")[1:].tolist()
    assert v.tobytes(None) == v.tobytes("C") == v.tobytes(order="A") == b"abcdef"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda v: v.cast(), r"cast\(\) missing 1 required positional argument: 'format'"),
        (lambda v: v.cast("B", None, "C", 0), r"cast\(\) takes from 1 to 3 positional arguments"),
        (lambda v: v.cast("B", size=1), r"cast\(\) got an unexpected keyword argument 'size'"),
        (lambda v: v.cast("B", format="B"), r"cast\(\) got multiple values for argument 'format'"),
        (lambda v: v.cast(66), "argument 'format': expected a str.*, not int"),
        (lambda v: v.tobytes(1), "'int' object is not an instance of 'str'"),
        (lambda v: v.tobytes("C", "C"), r"tobytes\(\) takes from 0 to 1 positional arguments"),
        (lambda v: v.tolist(1), r"tolist\(\) takes no arguments"),
        (lambda v: v.release(now=True), r"release\(\) takes no keyword arguments"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    v = view()
    with pytest.raises(TypeError, match=message):
        call(v)
    assert v[0] == 97


@pytest.mark.parametrize("name", ["tobytes", "tolist", "cast", "release"])
def test_methods_have_a_signature_and_a_docstring(name):
    method = getattr(V, name)
    assert next(iter(inspect.signature(method).parameters)) == "self"
    assert inspect.getdoc(method)
    assert method.__objclass__ is V


def test_the_defaults_in_signatures_are_those_of_the_calls():
    parameters = inspect.signature(V.cast).parameters
    defaults = {name: parameter.default for name, parameter in parameters.items()}
    assert (defaults["shape"], defaults["order"]) == (None, "C")
    assert (defaults["offset"], defaults["count"]) == (None, None)
    assert inspect.signature(V.tobytes).parameters["order"].default == "C"
