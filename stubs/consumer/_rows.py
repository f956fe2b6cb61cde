"""What `v.rows(cls)` calls: the records of a view as objects of a class."""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import starmap
from typing import Any

from consumer import ConsumerArray

_View = ConsumerArray[Any, Any]
_Convert = Callable[[Any], Any]
# Functions with *args or **kwargs.
_ANY_ARGUMENTS = 0x04 | 0x08


def rows(view: _View, cls: type[Any]) -> Iterator[Any]:
    """Iterates over the records of a view as objects of a dataclass or a NamedTuple."""
    wanted, optional, plain = _fields(cls)
    if view.ndim != 1:
        message = f"rows() needs a view of one dimension, not of {view.ndim}"
        if view.ndim > 1:
            message += f": take v.reshape({view.size}), or one row after the other"
        raise TypeError(message)
    names = list(view.fields)
    if not names:
        raise TypeError(
            f"elements of format {view.format!r} have no fields to make {cls.__name__} of"
        )
    _check(cls, view, wanted, optional, names)
    known = set(names)
    order = [name for name in wanted if name in known]
    values: Iterable[Any] = view[order]
    convert = _converters(cls, view, order)
    if convert:
        values = (tuple(map(_apply, convert, row)) for row in values)
    # In the order of the class the values are its arguments, and nothing has to be looked up.
    if plain and order == wanted[: len(order)]:
        return starmap(cls, values)
    return (cls(**dict(zip(order, row, strict=True))) for row in values)


def _converters(cls: type[Any], view: _View, names: Sequence[str]) -> list[_Convert | None] | None:
    """What makes objects of the records in the records, where the class says of which class."""
    fields = view.fields
    records = {name for name in names if "T{" in fields[name].format and view[name].fields}
    if not records:
        return None
    try:
        hints = typing.get_type_hints(cls)
    except NameError as error:
        raise TypeError(
            f"cannot resolve the annotations of {cls.__name__}, which say what its nested records "
            f"become: {error}"
        ) from error
    return [
        _converter(hints.get(name), view[name], view[name].ndim - view.ndim)
        if name in records
        else None
        for name in names
    ]


def _converter(hint: Any, field: _View, depth: int) -> _Convert | None:
    """The same for one field, which is of so many lists of records."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        some = [one for one in typing.get_args(hint) if one is not type(None)]
        return _converter(some[0], field, depth) if len(some) == 1 else None
    if depth:
        kind, args = typing.get_origin(hint), typing.get_args(hint)
        # As in tuple[Point, ...] or tuple[Point, Point].
        if kind not in (list, tuple, Sequence) or any(arg not in (args[0], ...) for arg in args):
            return None
        inner = _converter(args[0], field, depth - 1)
        make_list = tuple if kind is tuple else list
        return inner and (lambda values: make_list(map(inner, values)))
    if not _is_class_of_rows(hint):
        return None
    wanted, optional, _ = _fields(hint)
    names = list(field.fields)
    _check(hint, field, wanted, optional, names)
    convert = _converters(hint, field, names)

    def make(row: Any) -> Any:
        values = map(_apply, convert, row) if convert else row
        return hint(**dict(zip(names, values, strict=True)))

    return make


def _apply(convert: _Convert | None, value: Any) -> Any:
    return value if convert is None else convert(value)


def _check(
    cls: type[Any], view: _View, wanted: Sequence[str], optional: set[str], names: Sequence[str]
) -> None:
    """Refuses records whose fields are not those of a class."""
    known, taken = set(names), set(wanted)
    missing = [name for name in wanted if name not in known and name not in optional]
    extra = [name for name in names if name not in taken]
    count, _ = view._record() or (0, 0)  # pyright: ignore[reportPrivateUsage]
    if count > len(names) and not extra:
        raise TypeError(
            f"cannot make {cls.__name__} of the records: {count - len(names)} of their fields "
            f"have no name, or the name of another field; v[{list(names)!r}] leaves out the rest"
        )
    if missing or extra:
        parts: list[str] = []
        if missing:
            parts.append(f"the records have no {_listed(missing)}")
        if extra:
            parts.append(f"{cls.__name__} has no {_listed(extra)}")
        message = f"cannot make {cls.__name__} of the records: {', and '.join(parts)}"
        if extra and not missing:
            message += f"; v[{[name for name in names if name in wanted]!r}] leaves out the rest"
        raise TypeError(message)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:8]))
    return f"{'field' if len(names) == 1 else 'fields'} {shown}{', …' if len(names) > 8 else ''}"


def _is_class_of_rows(cls: Any) -> bool:
    return isinstance(cls, type) and (
        dataclasses.is_dataclass(cls) or (issubclass(cls, tuple) and hasattr(cls, "_fields"))
    )


def _fields(cls: Any) -> tuple[list[str], set[str], bool]:
    """The fields of a class, those that may be left out, and whether all go by their places."""
    if not _is_class_of_rows(cls):
        found = cls.__qualname__ if isinstance(cls, type) else f"a {type(cls).__qualname__}"
        raise TypeError(f"rows() makes objects of a dataclass or a NamedTuple, not of {found}")
    is_dataclass = dataclasses.is_dataclass(cls)
    makes = cls.__init__ if is_dataclass else cls.__new__
    # What the class is called with tells what it needs: its author may have written that anew, and
    # dataclasses have arguments that are no fields.
    code = getattr(makes, "__code__", None)
    if code is None or code.co_flags & _ANY_ARGUMENTS:
        if not is_dataclass:
            return list(cls._fields), set(), False
        return [field.name for field in dataclasses.fields(cls) if field.init], set(), False
    count, only_named = code.co_argcount, code.co_kwonlyargcount
    names = list(code.co_varnames[1 : count + only_named])
    optional = {*names[count - 1 - len(makes.__defaults__ or ()) : count - 1]}
    return names, optional | {*(makes.__kwdefaults__ or ())}, not only_named
