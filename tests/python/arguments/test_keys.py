"""Keys: integers of every kind, and those out of range, of the wrong type, or too many."""

import pytest
from consumer import consume

from support.views import cube, numbers


@pytest.mark.parametrize(
    ("key", "dimension"),
    [(3, 1), (-4, 1), ((0, 2), 2), ((0, -3), 2), ((slice(None), 2), 2), ((..., 4), 3), ((3, 9), 1)],
)
def test_an_index_out_of_range_names_its_dimension(key, dimension):
    view, _ = cube((3, 2, 4))
    with pytest.raises(IndexError, match=f"index out of bounds on dimension {dimension}$"):
        view[key]


@pytest.mark.parametrize("key", [2**63, -(2**63) - 1, 2**200, (0, 2**64)])
def test_an_index_beyond_every_memory(key):
    view, _ = cube((3, 2))
    with pytest.raises(IndexError):
        view[key]


def test_slices_with_bounds_beyond_every_memory():
    view, numbers = cube((4,))
    for key in (slice(-(2**100), 2**100), slice(2**100, None, -1), slice(0, 4, 2**100)):
        assert view[key].tolist() == numbers[key]


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (None, "NoneType"),
        (0.0, "float"),
        ((0, "a"), "str"),
        ((None, "a"), "str"),
        ((..., None, None, 0.0), "float"),
        (([0],), "list"),
        ([0], "list"),
        (b"", "bytes"),
    ],
)
def test_a_key_of_the_wrong_type_is_named(key, name):
    view, _ = cube((3, 2))
    with pytest.raises(TypeError, match=rf"integers, slices or '...', not {name}"):
        view[key]


def test_numpy_takes_views_as_masks_and_indices_where_the_error_says_so(np):
    view, _ = cube((4,))
    writable = consume(bytearray(4))
    mask, chosen = consume(np.array([True, False, True, False])), consume(np.array([3, 0]))
    for key in (mask, chosen, mask.toreadonly(), memoryview(mask), [0, 2]):
        with pytest.raises(TypeError, match=r"numpy\.asarray\(v\)\[x\] takes"):
            view[key]
        with pytest.raises(TypeError, match=r"numpy\.asarray\(v\)\[x\] takes"):
            writable[key] = 1
        selected = np.asarray(view)[key].tolist()
        places = np.flatnonzero(key) if np.asarray(key).dtype == bool else key
        assert selected == [view[int(place)] for place in places]
    with pytest.raises(TypeError, match=r"not bytes$"):
        view[b"\0"]


def test_a_key_too_long():
    view, _ = cube((3, 2))
    with pytest.raises(TypeError, match="too many indices: 3"):
        view[0, 0, 0]
    with pytest.raises(TypeError, match="only one ellipsis"):
        view[..., ...]


def test_a_step_of_zero():
    view, _ = cube((3,))
    with pytest.raises(ValueError, match="step cannot be zero"):
        view[::0]


def test_slices_with_bounds_of_the_wrong_type():
    view, _ = cube((3,))
    with pytest.raises(TypeError):
        view["a":]
    with pytest.raises(TypeError):
        view[0.5:]


class Number:
    def __init__(self, value):
        self.value = value

    def __index__(self):
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


def test_objects_with_an_index():
    view, numbers = cube((3, 2))
    assert view[Number(-1), Number(0)] == numbers[-1][0]
    assert view[Number(1)].tolist() == numbers[1]
    assert view[Number(1) : Number(3)].tolist() == numbers[1:3]
    assert view[True, False] == numbers[1][0]
    for error in (KeyError("mine"), IndexError("mine"), MemoryError("mine")):
        with pytest.raises(type(error), match="mine"):
            view[Number(error)]
        with pytest.raises(type(error), match="mine"):
            view[0, Number(error) :]


def test_numpy_integers_are_indices(np):
    view, numbers = cube((3, 2))
    for kind in "bBhHiIlLqQ":
        assert view[np.dtype(kind).type(2), np.dtype(kind).type(1)] == numbers[2][1]


def test_keys_out_of_range_and_of_the_wrong_type():
    _, view = numbers()
    with pytest.raises(IndexError, match="index out of bounds on dimension 1"):
        view[6] = 0
    with pytest.raises(IndexError):
        view[2**100] = 0
    for key in (None, 0.0, "a", (0, 0)):
        with pytest.raises(TypeError):
            view[key] = 0
