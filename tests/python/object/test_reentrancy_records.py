"""Field values that release the view, and lists that change while they are read."""

import contextlib

import consumer
import pytest

from support.tricksters import Comparing, Releasing, Tricky


def record_view(form, size=60):
    data = bytearray(range(size))
    root = consumer.consume(data)
    view = root.cast(form)
    root.release()
    return data, view


RECORDS = {
    "a field": ("<BH", lambda n: (n, 2)),
    "the last field": ("<BH", lambda n: (2, n)),
    "a float": (">hf", lambda n: (2, n)),
    "a truth": ("3?", lambda n: [True, n, False]),
    "a complex number": ("<hZf", lambda n: (2, n)),
    "a sub-array": ("(3)B", lambda n: [1, n, 3]),
    "a nested sub-array": ("(3,1)h", lambda n: [[1], [n], [3]]),
    "a nested record": ("T{B:a:T{<BB:b:}:c:}", lambda n: (1, (n, 3))),
}


@pytest.mark.parametrize("key", [0, ..., slice(0, 1)])
@pytest.mark.parametrize("name", RECORDS)
def test_release_by_a_part_of_a_record(name, key):
    form, value = RECORDS[name]
    data, view = record_view(form)
    before = bytes(data)
    number = Releasing(view, data, 1)
    if isinstance(key, slice):
        key = (key, ...)
    stored = value(number)
    if key != 0 and isinstance(stored, list):
        stored = [stored] * (len(view) if key is ... else 1)
    with pytest.raises(ValueError, match="released"):
        view[key] = stored
    assert (before[:1], data) == (b"\0", b"")


# The first value is compared first.
SOUGHT = {
    "<BH": lambda sought: (sought, 2),
    "3?": lambda sought: (sought, True, True),
    "(3)B": lambda sought: [sought, 1, 2],
    "(3,1)h": lambda sought: [[sought], [1], [2]],
    "T{T{<BB:b:}:a:B:c:}": lambda sought: ((sought, 1), 2),
}


@pytest.mark.parametrize("form", SOUGHT)
@pytest.mark.parametrize("search", ["count", "index", "__contains__"])
def test_release_by_a_record_that_is_searched_for(search, form):
    data, view = record_view(form)
    with contextlib.suppress(ValueError):
        assert not getattr(view, search)(SOUGHT[form](Comparing(view, data)))
    with pytest.raises(ValueError, match="released"):
        view.tolist()
    data.clear()


CHANGES = {
    "cleared": lambda items: items.clear(),
    "longer": lambda items: items.extend([1] * 1000),
    "shorter": lambda items: items.pop(),
    "nested": lambda items: items.append(items),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("form", ["<BH", "(3)B", "(3,1)h", "T{B:a:T{<BB:b:}:c:}"])
def test_a_list_that_changes_while_it_is_stored(form, change):
    data, view = record_view(form)
    for depth in (0, 1):
        items = []
        number = Tricky(lambda items=items: CHANGES[change](items))
        items += [number, 2, 3][: 2 if form in ("<BH", "T{B:a:T{<BB:b:}:c:}") else 3]
        value = items
        if depth:
            value = [1, items] if form.startswith("T") else [items, items, items]
        before = bytes(data)
        try:
            view[0] = value
        except (TypeError, ValueError):
            assert data == before
        else:
            assert data[view.itemsize :] == before[view.itemsize :]
            assert view[0] is not None
    view.release()
    data.clear()


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("method", ["cast", "reshape", "transpose", "index"])
def test_a_list_that_changes_while_it_is_read(method, change):
    view = consumer.consume(bytearray(range(6))).reshape(2, 3)
    items = []
    items += [Tricky(lambda: CHANGES[change](items), 1), Tricky(lambda: None, 0)]
    try:
        if method == "cast":
            made = view.cast("B", items)
        elif method == "index":
            made = view[tuple(items)]
        else:
            made = getattr(view, method)(items)
    except (TypeError, ValueError, IndexError):
        pass
    else:
        assert isinstance(made, int) or made.tobytes() is not None
