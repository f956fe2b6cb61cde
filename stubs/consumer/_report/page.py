"""A report as HTML: no style sheet, no script, no id and no resource, and colours for both themes.

Notebooks have styles of their own for tables, so that every cell has its style.
"""

from html import escape
from typing import Any

from consumer import ConsumerArray

from . import plain, words
from .drawing import COLOURS, axes_svg, record_svg
from .layout import Report, Row

_MONO = "font-family:monospace;"
_CELL = "padding:1px 14px 1px 0;border:0;white-space:pre;"
_MOST = 59_000  # bytes
_BOX = (
    "<div style=\"color:inherit;font-family:system-ui,'Noto Sans',sans-serif;font-size:13px;"
    'line-height:1.5;overflow-x:auto;padding:2px 0">'
)


def failed(view: ConsumerArray[Any], error: Exception) -> str:
    """What there is to say where there is no report."""
    return f'<div style="opacity:.7">{escape(plain.failed(view, error).strip())}</div>'


def html(report: Report) -> str:
    """The whole report, without its drawing where names need all the room."""
    for is_drawn in (True, False):
        whole = _page(report, is_drawn)
        if len(whole.encode(errors="replace")) <= _MOST:
            return whole
    return f"<pre>{escape(plain.text(report))}</pre>"


def _page(report: Report, is_drawn: bool) -> str:
    parts = [
        f'{_BOX}<div style="font-size:14px"><b>ConsumerArray</b> {escape(report.heading)}'
        f'<span style="opacity:.6">, {escape(report.size)}</span></div>\n'
    ]
    facts = [
        [_cell(label, "l", "opacity:.6;"), _cell(fact, "l", _MONO if label == "format" else "")]
        for label, fact in report.facts
    ]
    parts.append(_table([], facts))
    if report.rows:
        parts += [record_svg(report) if is_drawn else "", _fields(report)]
    elif report.indices and is_drawn:
        parts.append(axes_svg(report))
    axes = plain.axis_cells(report)
    if axes:
        sides = "rrrl"
        rows = [[_cell(text, side) for text, side in zip(row, sides, strict=True)] for row in axes]
        heads = zip(["axis", "length", "step", ""], sides, strict=True)
        parts.append(_table([_cell(*head, tag="th") for head in heads], rows))
    return "".join(parts) + "</div>"


def _fields(report: Report) -> str:
    columns = plain.told(report)
    names = ["offset", "size", "field", "format", "type"]
    head = [_cell(text, side, tag="th") for text, side in zip(names, "rrlll", strict=True)]
    head += [_cell("v" + words.index_text(index), "r", tag="th") for index, _ in columns]
    rows: list[list[str]] = []
    for number, row in enumerate(report.rows):
        dim = "" if row.kind != "padding" else "opacity:.55;"
        cells = [_cell(text, "r", dim) for text in plain.places(row)]
        indent = f"padding-left:{16 * row.depth}px;"
        cells.append(_cell(row.name, "l", dim + indent, before=_swatch(row)))
        cells.append(_cell(row.form, "l", _MONO))
        cells.append(_cell(row.type, "l"))
        cells += [_cell(values[number], "r", _MONO) for _, values in columns]
        rows.append(cells)
    return _table(head, rows)


def _swatch(row: Row) -> str:
    colour = COLOURS.get(row.kind)
    if colour is None or not row.is_leaf:
        return ""
    look = f"background:{colour}" if row.kind != "padding" else f"border:1px dashed {colour}"
    return (
        f'<span style="display:inline-block;box-sizing:border-box;width:9px;height:9px;'
        f'border-radius:2px;margin-right:7px;{look}"></span>'
    )


def _cell(text: str, side: str, style: str = "", tag: str = "td", before: str = "") -> str:
    """One cell, l(eft) or r(ight)."""
    if tag == "th":
        style += "font-weight:normal;opacity:.6;border-bottom:1px solid rgba(128,128,128,.4);"
    align = "right" if side == "r" else "left"
    style = f"{_CELL}text-align:{align};{style}"
    return f'<{tag} style="{escape(style)}">{before}{escape(text)}</{tag}>'


def _table(head: list[str], rows: list[list[str]]) -> str:
    style = "border-collapse:collapse;border:0;margin:4px 0;font-size:12px;line-height:1.5"
    lines = [cells for cells in [head, *rows] if cells]
    # Rows have no stripes, which some notebooks give to every second one.
    body = "\n".join(f'<tr style="background:none">{"".join(cells)}</tr>' for cells in lines)
    return f'<table style="{style}">{body}</table>\n'
