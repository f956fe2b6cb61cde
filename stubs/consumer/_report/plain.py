"""A report as text. Names stand last in their lines, so that wide characters move no column."""

from typing import Any
from unicodedata import east_asian_width

from consumer import ConsumerArray

from . import words
from .layout import Index, Report, Row

_WIDE = 84


def failed(view: ConsumerArray[Any], error: Exception) -> str:
    """What there is to say where there is no report: that the view is released."""
    try:
        return f"ConsumerArray, {view.ndim} dimensions: no report, {type(error).__name__}\n"
    except ValueError:
        return "ConsumerArray, released: it has no memory any more\n"


def width_of(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def told(report: Report) -> list[tuple[Index, list[str]]]:
    """The first elements, as many as there is room for, with the values of all rows."""
    names = [
        (2 * row.depth + width_of(row.name), len(row.form) + len(row.type)) for row in report.rows
    ]
    room = _WIDE - 14 - max((sum(widths) for widths in names), default=0)
    columns: list[tuple[Index, list[str]]] = []
    for index in report.indices[:3]:
        values = [report.value(index, row) if row.is_leaf else "" for row in report.rows]
        room -= max(width_of(text) for text in ["v" + words.index_text(index), *values]) + 2
        if columns and room < 0:
            break
        columns.append((index, values))
    return columns


def field_name(row: Row) -> str:
    """A name, moved in where the field is within another."""
    return "  " * row.depth + ("· padding" if row.kind == "padding" else row.name)


def text(report: Report) -> str:
    """The whole report."""
    lines = [f"ConsumerArray  {report.heading}, {report.size}"]
    lines += [f"  {label:<6}  {fact}" for label, fact in report.facts]
    axes = axis_cells(report)
    if axes:
        lines += ["", *aligned([["axis", "length", "step", ""], *axes], "rrrl")]
    if report.rows:
        lines += ["", *fields(report)]
    elif report.indices:
        values = [report.value(index) for index in report.indices]
        more = ["…"] if report.view.size > len(values) else []
        lines.append(f"  {'first':<6}  " + ", ".join([*values, *more]))
    return "\n".join(lines) + "\n"


def axis_cells(report: Report) -> list[list[str]]:
    """The table of the axes, where it says something that the facts do not."""
    axes = report.axes
    dense = report.view.c_contiguous and not any(axis.follows >= 0 for axis in axes)
    if not axes or (dense and len(axes) == 1):
        return []
    return [
        ["…", "", "", f"{len(axes) - words.FIRST_AXES - words.LAST_AXES} more axes"]
        if number is None
        else [f"{number}", f"{axes[number].length:,}", f"{axes[number].step:,}", axes[number].note]
        for number in words.some_axes(range(len(axes)))
    ]


def fields(report: Report) -> list[str]:
    """The table of the fields."""
    columns = told(report)
    head = ["offset", "size", "format", "type"]
    table = [[*head, *("v" + words.index_text(index) for index, _ in columns), "field"]]
    for number, row in enumerate(report.rows):
        values = [column[number] for _, column in columns]
        table.append([*places(row), row.form, row.type, *values, field_name(row)])
    return aligned(table, "rrll" + "r" * len(columns) + "l")


def places(row: Row) -> list[str]:
    """Where a field lies, and its size."""
    if row.kind == "rest":
        return ["…", ""]
    bits = words.bits_text(row.size) if row.size % 8 else f"{row.size // 8:,}"
    return [words.place_text(row.start), bits]


def aligned(table: list[list[str]], sides: str) -> list[str]:
    """The lines of a table: each column flush left or right."""
    widths = [max(map(width_of, column)) for column in zip(*table, strict=True)]
    lines: list[str] = []
    for cells in table:
        line = ""
        for cell, width, side in zip(cells, widths, sides, strict=True):
            padding = " " * (width - width_of(cell))
            line += "  " + (padding + cell if side == "r" else cell + padding)
        lines.append(line.rstrip())
    return lines
