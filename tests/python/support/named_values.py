"""Views compared with values of which those of records are dicts, by the names of their fields."""

from support.oracles import same


def check(view, values):
    """Checks that all that a view reads is in `values`, nested lists with as many dimensions."""
    assert same_values(view, values), (view.format, view.tolist(), values)


def same_values(view, values):
    """Whether all fields of a view, or else its elements, are those of the values."""
    first = values
    for _ in range(view.ndim):
        first = first[0] if first else None
    if not isinstance(first, dict):
        return first is None or same(view.tolist(), values)
    tuples = view.tolist()
    for _ in range(view.ndim):
        tuples = tuples[0]
    assert isinstance(tuples, tuple)
    return set(view.fields) <= set(first) and all(
        same_values(view[name], picked(values, view.ndim, name)) for name in view.fields
    )


def picked(values, ndim, name):
    """A field of all records in nested lists."""
    if ndim == 0:
        return values[name]
    return [picked(part, ndim - 1, name) for part in values]
