"""The drawings of a report, as SVG: a record's bytes, and the elements as they lie in memory.

Colours are half-transparent over whatever is behind, and lines and texts have the page's own, so
that light and dark need no switch.
"""

from collections.abc import Sequence
from html import escape
from itertools import count
from math import log, prod

from . import words
from .layout import Axis, Index, Report, Row, stepping

COLOURS = {
    **dict.fromkeys(("int", "uint"), "#3b82f6"),
    "float": "#10a37f",
    "complex": "#0ea5b7",
    "bool": "#e0529c",
    **dict.fromkeys(("bytes", "str"), "#e08a1e"),
    **dict.fromkeys(("pointer", "object"), "#9061e8"),
    "bits": "#c9a400",
    **dict.fromkeys(("void", "record", "padding"), "#8b8f98"),
}
_WIDTH, _LEFT, _CHAR = 720, 36, 6.7
_LINE, _TO_SCALE = 32, 256  # bytes in a line, and of the largest record that is drawn to scale
_TALL = 30


class Drawing:
    """An SVG that grows downwards."""

    def __init__(self, title: str) -> None:
        self.title, self.parts, self.height = title, list[str](), 0.0

    def text(
        self, x: float, y: float, text: str, most: float = _WIDTH, size: int = 11,
        anchor: str = "middle", dim: bool = False,
    ) -> None:  # fmt: skip
        """Writes what there is room for."""
        room = int(most / (_CHAR * size / 11))
        if len(text) > room:
            if room < 2:
                return
            text = text[: room - 1] + "…"
        faint = ' fill-opacity=".6"' if dim else ""
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"{faint}>'
            f"{escape(text)}</text>"
        )

    def box(self, x: float, y: float, width: float, kind: str, strong: bool, tall: float) -> None:
        """A box in the colour of a kind of type; neighbours differ in strength."""
        colour = COLOURS.get(kind, "#8b8f98")
        self.parts.append(
            f'<rect x="{x + 0.5:.1f}" y="{y:.1f}" width="{max(width - 1, 1):.1f}"'
            f' height="{tall:.1f}"'
            f' rx="2" fill="{colour}" fill-opacity="{0.4 if strong else 0.24}" stroke="{colour}"'
            ' stroke-opacity=".85"/>'
        )

    def hatch(self, x: float, y: float, width: float, tall: float) -> None:
        """What is not used: slanted lines."""
        path = ""
        for step in count(1):
            at = 5.0 * step
            if at >= width + tall:
                break
            x0, y0 = (at, 0.0) if at < width else (width, at - width)
            x1, y1 = (0.0, at) if at < tall else (at - tall, tall)
            path += f"M{x + x0:.1f} {y + y0:.1f}L{x + x1:.1f} {y + y1:.1f}"
        self.line(path, 0.35)

    def line(self, path: str, strength: float = 0.55) -> None:
        """Lines in the colour of the text."""
        self.parts.append(
            f'<path d="{path}" fill="none" stroke="currentColor" stroke-opacity="{strength}"/>'
        )

    def svg(self) -> str:
        """The whole."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(self.title)}"'
            f' width="{_WIDTH}" height="{self.height:.0f}" viewBox="0 0 {_WIDTH} {self.height:.0f}"'
            ' fill="currentColor" font-family="ui-monospace,Menlo,Consolas,\'DejaVu Sans Mono\','
            'monospace" style="display:block;margin:6px 0;max-width:none">'
            + "\n".join(self.parts)
            + "</svg>\n"
        )


# A record


def record_svg(report: Report) -> str:
    """The bytes of a record: to scale where it is small."""
    rows = _drawn(report.rows)
    drawing = Drawing(f"The bytes of a {report.heading}")
    if report.itemsize <= _TO_SCALE and all(row.kind != "rest" for row in rows):
        unit = (_WIDTH - _LEFT - 30) / min(_LINE, report.itemsize or 1) / 8
        for start in range(0, report.itemsize * 8, 8 * _LINE):
            end = min(start + 8 * _LINE, report.itemsize * 8)
            _brackets(drawing, report.rows, start, end, unit)
            _strip(drawing, rows, start, end, unit, 8)
        bits = [row for row in rows if row.kind == "bits"]
        for row in bits[:1]:
            start = row.start // 8 * 8
            end = -(-max(row.start + row.size for row in bits) // 8) * 8
            if end - start > 64:
                end = start + 64
            names = f"the bits of bytes {start // 8} to {end // 8 - 1}"
            drawing.text(_LEFT, drawing.height + 10, names, size=10, anchor="start", dim=True)
            drawing.height += 16
            inner = [
                row for row in rows if start <= row.start < end and row.start + row.size <= end
            ]
            width = (_WIDTH - _LEFT - 30) / (end - start)
            _strip(drawing, inner, start, end, min(width, 44.0), 1)
    else:
        _sketch(drawing, rows, report.itemsize)
    return drawing.svg()


def _drawn(rows: Sequence[Row]) -> list[Row]:
    """The rows that are boxes; of several records in a row, those behind the first are one."""
    found: list[Row] = []
    for row in rows:
        if row.is_leaf and (row.size or row.kind == "rest"):
            found.append(row)
        elif row.pieces > 1:
            first = row.size // row.pieces
            rest = Row(row.depth, f"{row.name}[1:]", row.start + first, row.size - first, "record")
            rest.pieces = row.pieces - 1
            found.append(rest)
    return sorted(found, key=lambda row: row.start)


def _brackets(drawing: Drawing, rows: Sequence[Row], start: int, end: int, unit: float) -> None:
    """Over the fields of a record within the record its name."""
    groups = [row for row in rows if not row.is_leaf and row.depth == 0]
    shown = [row for row in groups if row.start < end and row.start + row.size > start]
    for row in shown:
        first, stop = max(row.start, start), min(row.start + row.size, end)
        x, width, y = _LEFT + (first - start) * unit, (stop - first) * unit, drawing.height + 16
        drawing.line(f"M{x + 1.5:.1f} {y:.1f}v-3h{width - 3:.1f}v3", 0.4)
        drawing.text(x + width / 2, y - 6, row.name, width - 4, size=10, dim=True)
    if shown:
        drawing.height += 14


def _strip(
    drawing: Drawing, rows: Sequence[Row], start: int, end: int, unit: float, per: int
) -> None:
    """One line of memory; what shares bytes lies in lanes, one below the other."""
    lanes: list[int] = []
    y, last, strong = drawing.height + 4, "", False
    marks: set[int] = {start, end}
    for row in rows:
        first, stop = max(row.start, start), min(row.start + row.size, end)
        strong = row.kind == last and not strong
        last = row.kind
        if first >= stop:
            continue
        lane = next((n for n, taken in enumerate(lanes) if taken <= first), len(lanes))
        if lane > 4:
            continue
        lanes[lane : lane + 1] = [stop]
        x, width, top = (
            _LEFT + (first - start) * unit,
            (stop - first) * unit,
            y + lane * (_TALL + 3),
        )
        if row.kind == "padding":
            drawing.hatch(x, top, width, _TALL)
        else:
            drawing.box(x, top, width, row.kind, strong, _TALL)
            drawing.text(x + width / 2, top + 19, row.name, width - 6)
            if 1 < row.pieces <= 32 and row.size * unit / row.pieces > 5:
                step = row.size / row.pieces
                ticks = [row.start + step * n for n in range(1, row.pieces)]
                path = "".join(
                    f"M{_LEFT + (at - start) * unit:.1f} {top + _TALL - 5:.1f}v5"
                    for at in ticks
                    if first < at < stop
                )
                drawing.line(path)
        marks |= {first, stop}
    bottom, before = y + max(len(lanes), 1) * (_TALL + 3), -99.0
    for mark in sorted(marks):
        x = _LEFT + (mark - start) * unit
        if x - before > 20 and mark % per == 0:
            place = mark // per - (start // 8 * 8 if per == 1 else 0)
            drawing.text(x, bottom + 9, f"{place:,}", size=9, dim=True)
            before = x
    drawing.height = bottom + 16


def _sketch(drawing: Drawing, rows: Sequence[Row], itemsize: int) -> None:
    """A large record, not to scale, so that no field vanishes."""
    note = f"not to scale: {words.number_of(itemsize, 'byte')}"
    drawing.text(_WIDTH - 8, 10, note, size=10, anchor="end", dim=True)
    x, y, last, strong = 4.0, 16.0, "", False
    for row in rows:
        width = 26.0 if row.kind == "padding" else 16 + 11 * log(1 + row.size / 8, 2)
        least = 0.0 if row.kind == "padding" else min(len(row.name), 14) * _CHAR + 12
        width = min(max(width, least), 150)
        if x + width > _WIDTH - 4:
            x, y = 4.0, y + _TALL + 22
        strong = row.kind == last and not strong
        last = row.kind
        if row.kind == "rest":
            drawing.text(x + width / 2, y + 19, "…")
        elif row.kind == "padding":
            drawing.hatch(x, y, width, _TALL)
        else:
            drawing.box(x, y, width, row.kind, strong, _TALL)
            drawing.text(x + width / 2, y + 19, row.name, width - 6)
        if row.kind != "rest":
            place = words.place_text(row.start)
            if len(place) * _CHAR < width:
                drawing.text(x + 2, y + _TALL + 11, place, size=9, anchor="start", dim=True)
        x += width
    drawing.height = y + _TALL + 18


# The axes


def axes_svg(report: Report) -> str:
    """The elements as they lie in memory, beside a box that is as long as the axes are."""
    drawing = Drawing(f"The elements in memory: {report.heading}")
    left = _cuboid(drawing, report) if len(report.axes) > 1 else 0
    tall = drawing.height
    drawing.height = 0
    _memory(drawing, report, left + 4)
    drawing.height = max(tall, drawing.height)
    return drawing.svg()


def _cuboid(drawing: Drawing, report: Report) -> float:
    """The last axes, each as long as its logarithm says."""
    shape = [axis.length for axis in report.axes[-3:]]
    longest = log(max(*shape, 2))
    sides = [26 + 84 * log(n) / longest if n > 1 else 14.0 for n in shape]
    width, tall, deep = sides[-1], sides[-2], sides[0] * 0.42 if len(shape) > 2 else 0.0
    x, y, rise = 44.0, 12 + deep * 0.7, deep * 0.7
    drawing.box(x, y, width, report.kind, False, tall)
    drawing.line(
        f"M{x:.1f} {y:.1f}l{deep:.1f} {-rise:.1f}h{width:.1f}l{-deep:.1f} {rise:.1f}m{deep:.1f} "
        f"{-rise:.1f}v{tall:.1f}l{-deep:.1f} {rise:.1f}" if deep else "",
        0.4,
    )  # fmt: skip
    rows, columns = shape[-2], shape[-1]
    grid = [f"M{x:.1f} {y + tall * n / rows:.1f}h{width:.1f}" for n in range(1, min(rows, 13))]
    lines = [
        f"M{x + width * n / columns:.1f} {y:.1f}v{tall:.1f}" for n in range(1, min(columns, 13))
    ]
    drawing.line("".join((grid if rows < 13 else []) + (lines if columns < 13 else [])), 0.2)
    if deep:
        label = f"{shape[0]:,}"
        drawing.text(x + deep / 2 - 7, y - rise / 2, label, size=10, anchor="end")
    drawing.text(x - 6, y + tall / 2 + 4, f"{rows:,}", size=10, anchor="end")
    drawing.text(x + width / 2, y + tall + 14, f"{columns:,}", size=10)
    drawing.height = y + tall + 20
    if len(report.axes) > 3:
        note = f"the last 3 of {len(report.axes)} axes"
        drawing.text(4, drawing.height + 8, note, size=10, anchor="start", dim=True)
        drawing.height += 14
    return x + width + deep + 26


def _lines_of(report: Report) -> tuple[list[Axis], Axis | None]:
    """The axes that make up a line of memory, the fastest first, and the one from line to line."""
    steps = stepping(report.axes)
    pointers = [axis for axis in report.axes if axis.follows >= 0]
    if pointers:
        behind = [axis for axis in steps if axis.number > pointers[-1].number]
        return behind[:1], pointers[-1]
    within = steps[:1]
    for axis in steps[1:-1]:
        if axis.gap or within[-1].gap or axis.step < 0 or within[-1].step < 0:
            break
        within.append(axis)
    return within, steps[len(within)] if len(steps) > len(within) else None


def _memory(drawing: Drawing, report: Report, left: float) -> None:
    within, outer = _lines_of(report)
    still = [axis for axis in report.axes if axis.length > 1 and not axis.step]
    follows = outer is not None and outer.follows >= 0
    y = 10.0
    says = "each line lies behind a pointer" if follows else "as they lie in memory, lowest first"
    drawing.text(left, y, says, size=10, anchor="start", dim=True)
    y += 8
    long = prod(axis.length for axis in within)
    shown = min(outer.length, 3) if outer else 1
    gap = within[0].gap if within else 0
    room = _WIDTH - left - 60 - (90 if follows else 0)
    per = 5 if gap > 0 or outer else 8
    places: list[int | None] = (
        [*range(per - 1), None, long - 1] if long > per + 1 else [*range(long)]
    )
    unit = min(room / (len(places) * (1.4 if gap > 0 else 1)), 96.0)
    shift = 0.0
    if gap < 0:
        shift = unit * abs(within[0].step) / report.itemsize - unit
    for line in range(shown):
        number = line if outer is None or outer.step >= 0 else outer.length - 1 - line
        x = left
        if outer and follows:
            x = _pointer(drawing, x, y, outer, line)
        elif outer and outer.gap < 0 and within:
            # Lines that share memory are moved as far as they are in memory.
            x += line * min(abs(outer.step) / abs(within[0].step), 2) * unit
        begin = x
        for place in places:
            if place is None:
                drawing.text(x + 12, y + 21, "…")
                x += 26
                continue
            rest = long - 1 - place if within and within[0].step < 0 else place
            index = [0] * len(report.axes)
            for axis in within:
                rest, index[axis.number] = divmod(rest, axis.length)
            if outer:
                index[outer.number] = number
            strong = (line if outer else place if gap < 0 else 0) % 2 == 1
            _element(drawing, x, y, unit, report, tuple(index), strong)
            x += unit + shift
            if gap > 0 and place != long - 1:
                drawing.hatch(x, y, unit * 0.4, _TALL)
                drawing.text(x + unit * 0.2, y + _TALL + 10, f"{gap:,}", unit * 0.4, 9, dim=True)
                x += unit * 0.4
            elif gap < 0:
                y += _TALL + 3
        if outer and not follows and outer.gap > 0:
            drawing.hatch(x + 1, y, 32, _TALL)
            drawing.text(x + 17, y + _TALL + 10, f"{outer.gap:,}", 44, 9, dim=True)
        y += _TALL + (14 if gap > 0 or (outer and not follows and outer.gap > 0) else 4)
        if line == 0 and within:
            y = _arrow(drawing, begin, max(x, begin + 60), y, within)
    notes: list[str] = []
    if outer:
        more = "⋮  " if outer.length > shown else ""
        says = f"{more}axis {outer.number}: {outer.step:+,} from one line to the next"
        notes.append(says + (", so that its last line lies first" if outer.step < 0 else ""))
    if still:
        names = ", ".join(f"{axis.number}" for axis in still[:6]) + ", …" * (len(still) > 6)
        axes = "axis" if len(still) == 1 else "axes"
        notes.append(f"{axes} {names}: +0, the same memory each time")
    for note in notes:
        drawing.text(left, y + 10, note, _WIDTH - left, 10, "start", dim=True)
        y += 16
    drawing.height = y + 4


def _pointer(drawing: Drawing, x: float, y: float, axis: Axis, number: int) -> float:
    drawing.box(x, y, 50, "pointer", number % 2 == 1, _TALL)
    drawing.text(x + 25, y + 19, f"ptr {number}", size=10)
    drawing.line(f"M{x + 53:.1f} {y + 15:.1f}h32m-5 -4l5 4 -5 4")
    if axis.follows:
        drawing.text(x + 68, y + 10, f"{axis.follows:+,}", 40, 9, dim=True)
    return x + 90


def _arrow(drawing: Drawing, begin: float, end: float, y: float, within: Sequence[Axis]) -> float:
    """The way of the indices along a line."""
    inner = within[0]
    head = f"M{begin + 6:.1f} {y + 4:.1f}l-5 4 5 4" if inner.step < 0 else ""
    head = head or f"M{end - 6:.1f} {y + 4:.1f}l5 4 -5 4"
    drawing.line(f"M{begin:.1f} {y + 8:.1f}H{end:.1f}{head}")
    some = within[:4]
    names = ", ".join(f"{axis.number}" for axis in some[::-1])
    steps = ", ".join(f"{axis.step:+,}" for axis in some[::-1]) + ", …" * (len(within) > 4)
    text = f"{'axis' if len(some) == 1 else 'axes'} {names}: {steps}"
    drawing.text(begin, y + 22, text, size=10, anchor="start")
    return y + 32


def _element(
    drawing: Drawing, x: float, y: float, width: float, report: Report, index: Index, strong: bool
) -> None:
    drawing.box(x, y, width - 1, report.kind, strong, _TALL)
    label = words.index_text(index).replace(", ", ",")
    drawing.text(x + width / 2, y + 12, label, width - 3, 9, dim=True)
    drawing.text(x + width / 2, y + 25, report.value(index), width - 4)
