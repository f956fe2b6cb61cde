"""`v.rows(cls)`: what the class is called with, and the records within records."""

import collections
import dataclasses
import typing
from collections.abc import Sequence
from dataclasses import InitVar

import consumer
import pytest


def view(form="T{B:a:B:b:}"):
    """One record, of the bytes 1, 2, …."""
    size = consumer.consume(bytes(480)).cast(form).itemsize
    return consumer.consume(bytes(range(1, size + 1))).cast(form)


@dataclasses.dataclass
class WithInitVar:
    a: int
    scale: InitVar[int] = 1
    b: int = 0
    scaled: int = dataclasses.field(default=0, init=False)

    def __post_init__(self, scale):
        self.scaled = scale * self.a


def test_an_init_var_is_an_argument_and_no_field():
    assert list(view().rows(WithInitVar)) == [WithInitVar(a=1, b=2)]
    (row,) = view("T{B:a:B:b:B:scale:}").rows(WithInitVar)
    assert (row.a, row.b, row.scaled) == (1, 2, 3)


@dataclasses.dataclass(init=False)
class OwnInit:
    a: int
    b: int

    def __init__(self, b, a=7):
        self.a, self.b = a, b


class OwnNew(collections.namedtuple("OwnNew", "a b")):
    def __new__(cls, b, a):
        return super().__new__(cls, a, b)


class AnyArguments(collections.namedtuple("AnyArguments", "a b")):
    def __new__(cls, **named):
        return super().__new__(cls, **named)


@pytest.mark.parametrize("cls", [OwnInit, OwnNew, AnyArguments])
def test_values_go_to_the_arguments_of_their_names(cls):
    (row,) = view().rows(cls)
    assert (row.a, row.b) == (1, 2)
    (row,) = view("T{B:b:B:a:}").rows(cls)
    assert (row.a, row.b) == (2, 1)


def test_what_has_a_default_may_be_missing():
    (row,) = view("T{B:b:}").rows(OwnInit)
    assert (row.a, row.b) == (7, 1)
    with pytest.raises(TypeError, match="the records have no field 'b'"):
        view("T{B:a:}").rows(OwnInit)


@pytest.mark.parametrize("form", ["T{B:a:B:a:B:b:}", "T{B:f1:BB:b:}"])
def test_fields_of_the_same_name_are_not_dropped(form):
    cls = collections.namedtuple("Named", list(view(form).fields))
    with pytest.raises(
        TypeError, match="1 of their fields have no name, or the name of another field"
    ):
        view(form).rows(cls)
    names = list(view(form).fields)
    assert len(list(view(form)[names].rows(cls))) == 1


class Point(typing.NamedTuple):
    x: int
    y: int


class Line(typing.NamedTuple):
    ends: tuple[Point, Point]


class Lines(typing.NamedTuple):
    ends: tuple[Point, ...]


class Listed(typing.NamedTuple):
    ends: list[Point]


class Several(typing.NamedTuple):
    ends: Sequence[Point] | None


@pytest.mark.parametrize(
    ("cls", "kind"), [(Line, tuple), (Lines, tuple), (Listed, list), (Several, list)]
)
def test_records_in_containers_become_objects(cls, kind):
    (row,) = view("T{(2)T{B:x:B:y:}:ends:}").rows(cls)
    assert row.ends == kind([Point(1, 2), Point(3, 4)])
    assert {type(one) for one in row.ends} == {Point}


class Maybe(typing.NamedTuple):
    at: Point | None
    other: "Point | None"


def test_optional_records_become_objects():
    (row,) = view("T{T{B:x:B:y:}:at:T{B:x:B:y:}:other:}").rows(Maybe)
    assert row == (Point(1, 2), Point(3, 4))
    assert type(row.at) is type(row.other) is Point


def test_a_name_that_its_module_does_not_have():
    class Lost(typing.NamedTuple):
        at: "NoSuchPoint"  # noqa: F821 (a name that no module has)

    with pytest.raises(TypeError, match=r"annotations of Lost, .* 'NoSuchPoint' is not defined"):
        list(view("T{T{B:x:}:at:}").rows(Lost))


def test_many_fields():
    names = [f"f{n}" for n in range(3000)]
    form = "T{" + "".join(f"b:{name}:" for name in names) + "}"
    (row,) = consumer.consume(bytes(3000)).cast(form).rows(collections.namedtuple("Many", names))
    assert row == (0,) * 3000
