"""Functions of NumPy's take views for arrays: those that a view has methods for, and all others."""

import ctypes
import inspect
import itertools
import re
import sys
import warnings

import consumer
import pytest

numpy = pytest.importorskip("numpy")

# Their argument is a sequence of arrays, of which a view of several dimensions is one of views.
OF_SEQUENCES = {
    *("block", "column_stack", "concat", "concatenate", "dstack", "hstack", "row_stack"),
    *("stack", "unstack", "vstack"),
}
SAMPLES = {
    "doubles": numpy.array([[3.0, 1.0, 2.0], [5.0, 4.0, 9.0]]),
    "int16": numpy.array([3, 1, -2, 7, 7, 0], "i2"),
    "swapped": numpy.array([[3, 1], [2, 5]], "i4").astype(numpy.dtype("i4").newbyteorder()),
    "strided": numpy.arange(24, dtype="f4").reshape(4, 6)[::-1, ::2],
    "complex numbers": numpy.array([1 + 2j, 3 - 1j, -2j]),
    "bools": numpy.array([[True, False], [True, True]]),
}
REDUCTIONS = ["sum", "mean", "min", "max", "argmin", "argmax"]


def calls(function):
    """Arrays and other arguments that a function takes, with what it gives for them."""
    arguments_of_some = ({}, {"axis": 0}, {"axis": -1}, {"axis": 0, "keepdims": True})
    for array, arguments in itertools.product(SAMPLES.values(), arguments_of_some):
        with warnings.catch_warnings(action="ignore"):
            try:
                expected = function(array, **arguments)
            except (TypeError, ValueError, IndexError):
                continue
        yield array, arguments, expected


def has_an_axis(function):
    try:
        return "axis" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


with warnings.catch_warnings(action="ignore"):
    # Names that are on their way out warn.
    FUNCTIONS = {name: getattr(numpy, name) for name in sorted(set(dir(numpy)) - OF_SEQUENCES)}
WITH_AXES = [
    name for name, function in FUNCTIONS.items() if has_an_axis(function) and any(calls(function))
]


def agree(left, right):
    if isinstance(right, tuple | list):
        return len(left) == len(right) and all(map(agree, left, right))
    left, right = numpy.asarray(left), numpy.asarray(right)
    return (left.dtype, left.shape) == (right.dtype, right.shape) and numpy.array_equal(
        left, right, equal_nan=left.dtype.kind in "fc"
    )


@pytest.mark.parametrize("name", WITH_AXES)
def test_a_function_of_a_view_is_that_of_the_array(name):
    function = FUNCTIONS[name]
    for array, arguments, expected in calls(function):
        with warnings.catch_warnings(action="ignore"):
            assert agree(function(consumer.consume(array), **arguments), expected), arguments


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_a_method_with_an_argument_of_numpys_is_the_arrays(name, sample):
    array = SAMPLES[sample]
    method, expected = getattr(consumer.consume(array), name), getattr(array, name)
    first = numpy.zeros(array.shape, bool)
    first[0] = True
    for arguments in (
        {"out": None},
        {"out": None, "axis": 0, "keepdims": True},
        {"out": None, "axis": None},
        {"out": numpy.empty_like(expected(axis=0, keepdims=True))[0], "axis": 0},
        {"dtype": None},
        {"dtype": "c8", "axis": -1, "out": None},
        {"initial": -100},
        {"where": first, "axis": 0},
        {"initial": 5, "where": first},
    ):
        try:
            right = expected(**arguments)
        except (TypeError, ValueError) as error:
            # Such as argmin(initial=-100).
            message = re.escape(re.sub(r"^_a?(?=\w+\(\))", "", str(error)))
            with pytest.raises(type(error), match=message):
                method(**arguments)
            continue
        left = method(**arguments)
        assert type(left) is type(right), arguments
        assert agree(left, right), arguments
        if arguments.get("out") is not None:
            assert left is arguments["out"]


def test_axis_and_keepdims_need_no_names_beside_arguments_of_numpys():
    array = SAMPLES["doubles"]
    view = consumer.consume(array)
    assert view.sum(1, True, dtype="f4").tolist() == [[6.0], [18.0]]
    assert view.sum(1, out=None).tolist() == [6.0, 18.0]
    assert view.sum(None, False, dtype=None) == 24.0


def test_keepdims_is_a_bool():
    view = consumer.consume(SAMPLES["doubles"])
    for true in (True, 1, numpy.True_):
        assert view.sum(0, true).shape == (1, 3)
    for false in (False, 0, numpy.False_):
        assert view.sum(0, keepdims=false).shape == (3,)
    # What is second in the methods of arrays.
    for other in ("f4", numpy.float32, numpy.dtype("f4"), numpy.zeros(1), None, [], 1.0):
        for name in REDUCTIONS:
            with pytest.raises(TypeError, match="keepdims must be a bool, not"):
                getattr(view, name)(0, other)


def test_other_arguments_are_errors():
    view = consumer.consume(SAMPLES["doubles"])
    for name in REDUCTIONS:
        for arguments in ({"axes": 0}, {"dtype ": None}, {"out": None, "Where": True}):
            with pytest.raises(TypeError, match="unexpected keyword argument"):
                getattr(view, name)(**arguments)
        with pytest.raises(TypeError, match="positional arguments"):
            getattr(view, name)(0, True, None)
    for of_numpys in ("dtype", "out", "initial", "where"):
        with pytest.raises(TypeError, match=rf"minmax\(\) got an unexpected.*{of_numpys}"):
            view.minmax(**{of_numpys: None})


def test_an_argument_of_numpys_without_numpy_is_named(monkeypatch):
    view = consumer.consume(b"ab")
    monkeypatch.setitem(sys.modules, "numpy", None)
    message = r"ConsumerArray\.sum\(keepdims=…, dtype=…\) needs NumPy, which cannot be imported"
    with pytest.raises(ImportError, match=message):
        view.sum(dtype="f4", keepdims=True)
    assert view.sum() == ord("a") + ord("b")


def test_elements_that_numpy_has_no_type_for():
    # Their bytes are digits, of which NumPy would make numbers.
    for name in ("bfloat16", "float8_e5m2", "int24", "uint24"):
        view = consumer.consume(b"123456").cast(name)
        assert view.sum() == sum(view.tolist())
        for total in (
            lambda view=view: view.sum(out=None),
            lambda view=view: view.sum(dtype="d"),
            lambda view=view: numpy.sum(view),
            lambda view=view: numpy.mean(view, dtype="d"),
            lambda view=view: numpy.max(view),
        ):
            with pytest.raises(TypeError, match=f"NumPy has no type for {name} elements; v.astype"):
                total()


def test_elements_that_cannot_be_handed_on_are_named():
    class Flags(ctypes.Structure):
        _fields_ = (("kind", ctypes.c_int, 3), ("rest", ctypes.c_int, 29))

    view = consumer.consume((Flags * 2)((-1, 5), (3, 6)))["kind"]
    assert view.sum() == 2
    with pytest.raises(TypeError, match="NumPy has no"):
        numpy.sum(view)


def test_methods_have_the_parameters_of_numpys():
    view = consumer.consume(SAMPLES["doubles"])
    for name in REDUCTIONS:
        parameters = inspect.signature(getattr(view, name)).parameters
        for parameter in {"dtype", "out", "initial", "where"} - parameters.keys():
            message = rf"{name}\(\) got an unexpected keyword argument '{parameter}'"
            with pytest.raises(TypeError, match=message):
                getattr(view, name)(**{parameter: None})


def test_a_released_view_is_an_error():
    view = consumer.consume(bytearray(3))
    view.release()
    with pytest.raises(ValueError, match="released"):
        numpy.sum(view)
