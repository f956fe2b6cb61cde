"""What a view looks like: `v.info`, and what IPython and notebooks show. Imported when asked for.

All of it is bounded, whatever the view: only what is shown is looked at.
"""

from typing import Any

from consumer import ConsumerArray

from . import layout, page, plain


def text(view: ConsumerArray[Any]) -> str:
    """What `v.info` is."""
    try:
        return plain.text(layout.of(view))
    except Exception as error:
        return plain.failed(view, error)


def html(view: ConsumerArray[Any]) -> str:
    """What a notebook shows of a view."""
    try:
        return page.html(layout.of(view))
    except Exception as error:
        return page.failed(view, error)


def keys(view: ConsumerArray[Any]) -> list[str]:
    """What IPython completes `v["` with."""
    try:
        return list(view.fields)
    except ValueError:  # The view is released.
        return []


def pretty(view: ConsumerArray[Any], printer: Any, cycle: bool) -> None:
    """Shows a view in IPython: its repr, whose lines are moved in where it is within others."""
    try:
        lines = ["<ConsumerArray ...>"] if cycle else repr(view).split("\n")
    except Exception as error:  # Of an element: what else there is to show must not be lost.
        lines = [plain.text(layout.of(view)).partition("\n")[0], type(error).__name__]
        lines = [f"<{': '.join(lines)}>"]
    for number, line in enumerate(lines):
        if number:
            printer.break_()
        printer.text(line)
