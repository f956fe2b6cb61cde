"""Records stored from what has its values by name."""

import collections
import contextlib
import ctypes
import dataclasses
import itertools
import sys
import types

import consumer
import pytest


class Pair(ctypes.Structure):
    _fields_ = (("a", ctypes.c_int), ("b", ctypes.c_double))


@dataclasses.dataclass
class Data:
    b: float
    a: int


class Mapping:
    """A mapping with any keys and any length."""

    def __init__(self, keys, length):
        self._keys, self.length = keys, length

    def keys(self):
        for count, key in enumerate(self._keys):
            assert count < 100, "more keys than anybody needs"
            yield key

    def __getitem__(self, key):
        return {"a": 1, "b": 2.5}.get(key, 0)

    def __iter__(self):
        return self.keys()

    def __len__(self):
        return self.length


class EndlessDict(dict):
    def keys(self):
        return Mapping(itertools.repeat("a"), 0).keys()

    __iter__ = keys

    def __len__(self):
        return sys.maxsize


SOURCES = [
    (1, 2.5),
    [1, 2.5],
    {"b": 2.5, "a": 1},
    EndlessDict(a=1, b=2.5),
    Mapping(["b", "a"], sys.maxsize),
    Mapping(["b", "a"], -1),
    types.MappingProxyType({"a": 1, "b": 2.5}),
    collections.namedtuple("Named", "b a")(2.5, 1),
    collections.namedtuple("Other", "x y")(1, 2.5),
    Data(2.5, 1),
    Pair(1, 2.5),
    (Pair * 1)(Pair(1, 2.5))[0],
]


@pytest.mark.parametrize("source", SOURCES, ids=repr)
@pytest.mark.parametrize("key", [0, ...])
def test_values_are_found_by_name(source, key):
    for view in (
        consumer.consume((Pair * 1)()),
        consumer.consume(bytearray(12)).cast("T{<i:a:d:b:}"),
    ):
        # In a part a list has the elements.
        view[key] = [source] if key is ... and isinstance(source, list) else source
        assert view.tolist() == [(1, 2.5)]


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ({"a": 1}, ValueError, "field 'b' is missing in the dict"),
        ({"a": 1, "b": 2, "c": 3}, KeyError, 'no field "c"'),
        ({"a": 1, "b": 2, 3: 3}, TypeError, "names of fields are strs, not int"),
        ({"a": 1, "b": 2, 3: 3, 4: 4}, TypeError, "names of fields are strs, not int"),
        ({"c": 1, "d": 2, "e": 3, "a": 1, "b": 2}, KeyError, 'no field "c"'),
        (EndlessDict(a=1, b=2, c=3), KeyError, 'no field "c"'),
        (EndlessDict(c=3, d=4, e=5, a=1, b=2), KeyError, 'no field "c"'),
        (Mapping(itertools.cycle("ab"), 2), ValueError, "more keys than the 2 fields"),
        (Mapping(itertools.repeat("a"), 0), ValueError, "more keys than the 2 fields"),
        (Mapping(map(str, itertools.count()), 2), KeyError, 'no field "0"'),
        (Mapping(itertools.count(), 2), TypeError, "names of fields are strs, not int"),
        (Mapping(["a"], 2), ValueError, "field 'b' is missing in the .*Mapping"),
        ({"a": 1, "b": "x"}, TypeError, "field 'b': expected a float for format 'd', found str"),
        ((2**31, 1.0), ValueError, "field 'a': 2147483648 is out of range for format 'i', -2147"),
    ],
)
def test_what_is_wrong_is_named(source, error, message):
    view = consumer.consume((Pair * 1)())
    with pytest.raises(error, match=message):
        view[0] = source
    assert view[0] == (0, 0.0)


@pytest.mark.parametrize(
    ("form", "names"), [("T{i:a:i:a:}", "aa"), ("T{i:a:i:a:}", "az"), ("T{i:f1:i}", ("f1", "f0"))]
)
def test_fields_of_one_name_are_not_stored_by_it(form, names):
    view = consumer.consume(bytearray(8)).cast(form)
    attributes = dataclasses.make_dataclass("Attributes", sorted(set(names)))
    for source in (dict.fromkeys(names, 9), attributes(*[9] * len(set(names)))):
        with pytest.raises(ValueError, match=r"several fields are called '(a|f1)'"):
            view[0] = source
    assert view.tolist() == [(0, 0)]
    view[0] = (1, 2)
    row = view.named()[0]
    assert (row, row[0]) == ((1, 2), getattr(row, names[0]))


def test_keys_that_change_their_dict_meanwhile():
    class Key(str):
        def __hash__(self):
            return hash(str(self))

        def __eq__(self, other):
            for source in sources:
                source[str(next(numbers))] = 5
            return str(self) == other

    numbers = itertools.count()
    sources = [{Key("a"): 1, "b": 2.5}, EndlessDict({Key("a"): 1, "b": 2.5})]
    view = consumer.consume((Pair * 1)())
    for source in sources:
        # PyO3 makes a panic of what changes while it looks at it.
        with contextlib.suppress(KeyError, RuntimeError):
            view[0] = source
        assert view[0] in ((0, 0.0), (1, 2.5))


def test_only_the_fields_of_a_record_are_asked_for():
    class Columns:
        dtype = types.SimpleNamespace(names=("a", "z", "b"))

        def __getitem__(self, name):
            return {"a": 1, "b": 2.5}[name]

    view = consumer.consume((Pair * 1)())
    view[0] = Columns()
    assert view[0] == (1, 2.5)


def test_of_fields_of_one_name_the_first_is_replaced():
    row = consumer.consume(bytearray(8)).cast("T{i:a:i:a:}").named()[0]
    assert row._replace(a=5) == (5, 0)
    with pytest.raises(ValueError, match="no field 'b'"):
        row._replace(a=5, b=6)


@pytest.mark.parametrize("count", [3, 40_000])
def test_rows_of_many_fields_in_any_order(count):
    names = [f"f{place}" for place in range(count)]
    fields = "".join(f"H:{name}:" for name in names)
    view = consumer.consume(bytearray(2 * count)).cast(f"T{{{fields}}}")
    values = [place % 65_521 for place in range(count)]
    for order in (1, -1):
        view[0] = collections.namedtuple("Row", names[::order])(*values[::order])
        assert view[0] == tuple(values)
        view[0] = (0,) * count
        view[0] = dict(zip(names[::order], values[::order], strict=True))
        assert view[0] == tuple(values)
    view[0] = view.named()[0]
    assert view[0] == tuple(values)
    unnamed = consumer.consume(bytes(count)).cast(f"{count}B")
    assert list(unnamed.fields) == names


def test_errors_of_the_users_own_code_pass_as_they_are():
    class Raising:
        def __index__(self):
            raise ValueError("mine")

    with pytest.raises(ValueError, match=r"^mine$"):
        consumer.consume((Pair * 1)())[0] = (Raising(), 1.0)


def test_a_union_takes_a_union_or_one_of_its_fields():
    class Union(ctypes.Union):
        _fields_ = (("i", ctypes.c_int), ("f", ctypes.c_float))

    view = consumer.consume((Union * 3)())
    view[0], view[1] = Union(i=9), {"f": 1.0}
    assert (view["i"][0], view["f"][1], view["i"][2]) == (9, 1.0, 0)
    for wrong in (5, (1, 2), {}, {"i": 1, "f": 2}):
        with pytest.raises(TypeError, match=r"union cannot .* v\['i'\]\[index\]"):
            view[2] = wrong


def test_records_of_numpy(np):
    records = np.zeros(2, "i4,f8")
    view = consumer.consume(records)
    view[0], view[1] = np.array([(1, 2.5)], "i4,f8")[0], np.array([(3, 4.5)], ">i2,f4")[0]
    assert records.tolist() == [(1, 2.5), (3, 4.5)]
    # NumPy itself has no format for fields out of their order.
    source = np.array([(5, 6.5), (7, 8.5)], "i4,f8")[["f1", "f0"]]
    view[0], view[1] = source[0], source[1:].reshape(())
    assert records.tolist() == [(5, 6.5), (7, 8.5)]
    view[...] = source[0]
    assert records.tolist() == [(5, 6.5)] * 2
