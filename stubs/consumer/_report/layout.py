"""What there is to tell of a view: its memory, its axes, its fields, and the first elements."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from math import prod
from typing import Any

from consumer import ConsumerArray

from . import words

FIRST_FIELDS, LAST_FIELDS = 24, 8
MOST_ROWS, DEEPEST, MOST_COPIES = 34, 6, 64

Index = tuple[int, ...]


@dataclass
class Row:
    """A field or padding. Places and sizes are in bits, places from the start of the element."""

    depth: int
    name: str
    start: int = 0
    size: int = 0
    kind: str = "padding"
    form: str = ""
    type: str = ""
    pieces: int = 1
    is_leaf: bool = True
    view: ConsumerArray[Any] | None = None


@dataclass
class Axis:
    """One dimension."""

    number: int
    length: int
    step: int
    gap: int = 0  # bytes between neighbours; below 0 where they share some
    follows: int = -1  # the suboffset, where a pointer is followed
    goes_on: int | None = None  # the axis of which one step is all

    @property
    def note(self) -> str:
        """What is to be said of it."""
        if self.length < 2:
            return "no step is taken" if self.length else "empty"
        notes = ["reversed"] if self.step < 0 else []
        if self.step == 0:
            notes.append("broadcast: the same memory each time")
        elif self.gap < 0:
            notes.append(f"neighbours share {words.number_of(-self.gap, 'byte')}")
        elif self.goes_on is not None:
            notes.append(f"goes on with axis {self.goes_on}")
        else:
            gap = words.number_of(self.gap, "byte")
            notes.append(f"gaps of {gap}" if self.gap else "adjacent")
        if self.follows >= 0:
            notes.append("pointers" + (f", then {self.follows:+,}" if self.follows else ""))
        return "; ".join(notes)


@dataclass
class Report:
    """All that is told."""

    view: ConsumerArray[Any]
    kind: str
    heading: str
    size: str
    facts: list[tuple[str, str]]
    axes: list[Axis]
    itemsize: int
    rows: list[Row] = field(default_factory=list[Row])
    indices: list[Index] = field(default_factory=list[Index])

    def value(self, index: Index, row: Row | None = None) -> str:
        """The text of an element, or of a field of it."""
        view = self.view if row is None else row.view
        return "" if view is None else value_text(view, index)


def value_text(view: ConsumerArray[Any], index: Index) -> str:
    """The text of an element or sub-array: whatever goes wrong with it, there is one."""
    try:
        part: Any
        try:
            part = view[(*index, ...)]
        except BufferError:  # Behind pointers there are elements, and no views of them.
            part = view[index]
        return words.clean(" ".join(str(part)[:400].split()), words.VALUE)
    except Exception as error:
        return f"<{words.clean(type(error).__name__, words.VALUE - 2)}>"


def record_of(view: ConsumerArray[Any]) -> tuple[int, int] | None:
    """How many fields the elements have and whether they share bytes; None for no records."""
    return view._record()  # pyright: ignore[reportPrivateUsage]


def of(view: ConsumerArray[Any]) -> Report:
    """All that is told of a view; ValueError for one that is released."""
    shape, itemsize, form = view.shape, view.itemsize, view.format
    record = record_of(view)
    kind, name = words.kind_and_type(form, itemsize)
    axes = axes_of(shape, view.strides, itemsize, view.suboffsets)
    if record is not None:
        kind, name = "record", f"{'union' if record[1] else 'record'} of {itemsize:,} bytes"
        many = words.shape_text(shape) or "one"
        heading = f"{many} {name if view.size == 1 else name.replace(' of', 's of', 1)}"
    else:
        heading = f"{words.shape_text(shape)} {name}".strip()
    owner = "memory of its own" if view.obj is None else class_of(view.obj)
    facts = [("memory", f"{owner}, {'read-only' if view.readonly else 'writable'}")]
    facts.append(("format", words.middle(form, words.FORMAT)))
    order = order_of(view, axes)
    report = Report(view, kind, heading, words.large_text(view.nbytes), facts, axes, itemsize)
    if order:
        facts.append(("layout", order))
    if record is not None:
        fields = Fields()
        fields.add(view, record, 0, 0)
        report.rows = fields.rows
        facts.append(("record", record_text(record[0], fields, 8 * itemsize)))
    if view.size:
        report.indices = list(islice(product(*(range(min(n, 9)) for n in shape)), 9))
    return report


def class_of(owner: object) -> str:
    """The name of an object's class, with its module."""
    kind = type(owner)
    name = str(kind.__qualname__)
    module = str(getattr(kind, "__module__", "builtins"))
    return words.clean(name if module == "builtins" else f"{module}.{name}", words.CLASS)


class Fields:
    """The rows of a record's fields and padding, and the bits that they use."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.spans: list[tuple[int, int]] = []
        self.is_whole = True

    def add(
        self, view: ConsumerArray[Any], record: tuple[int, int], start: int, depth: int
    ) -> None:
        """Adds those of a record that begins at a place."""
        count = record[0]
        left_out = count > FIRST_FIELDS + LAST_FIELDS + 1
        numbers = [*range(FIRST_FIELDS), *range(count - LAST_FIELDS, count)]
        blocks: list[tuple[int, Fields]] = []
        spans: list[tuple[int, int]] = []
        for number in numbers if left_out else range(count):
            block = Fields()
            if left_out and number == count - LAST_FIELDS:
                block.is_whole = False
                rest = f"… {count - FIRST_FIELDS - LAST_FIELDS:,} more fields"
                blocks.append((spans[-1][0], block))
                block.rows.append(Row(depth, rest, kind="rest"))
                block = Fields()
            span = block.add_field(view, number, start, depth)
            spans.append(span)
            blocks.append((span[0], block))
        if not left_out:
            for begin, end in gaps(spans, start, start + 8 * view.itemsize):
                block = Fields()
                block.rows.append(Row(depth, "padding", begin, end - begin))
                blocks.append((begin, block))
            blocks.sort(key=lambda block: block[0])
        for _, block in blocks:
            room = MOST_ROWS - len(self.rows)
            if len(block.rows) > room > 0:
                block.rows[room - 1 :] = [Row(depth, "… more fields", kind="rest")]
            self.is_whole &= block.is_whole and len(block.rows) <= room
            self.rows += block.rows[: max(room, 0)]
            self.spans += block.spans

    def add_field(
        self, view: ConsumerArray[Any], number: int, start: int, depth: int
    ) -> tuple[int, int]:
        """Adds a field and what is within it; where it lies."""
        try:
            found = view._record(number)  # pyright: ignore[reportPrivateUsage]
        except Exception as error:  # Such as a view of more than 64 dimensions.
            self.is_whole = False
            self.rows.append(Row(depth, f"[{number}]", start, type=type(error).__name__))
            return start, start
        name, at, size, is_bits, part = found
        begin, end = start + at, start + at + size
        shape = part.shape[view.ndim :]
        dims = f"({','.join(map(str, shape))})" if shape else ""
        inner = record_of(part)
        kind, called = words.kind_and_type(part.format, part.itemsize)
        form = part.format
        if is_bits:
            kind, called, form = "bits", "bit-field", f"{size}t"
        row = Row(depth, f"[{number}]" if name is None else words.clean(name, words.NAME))
        row.start, row.size, row.kind, row.pieces = begin, size, kind, prod(shape)
        row.form, row.view = words.clean(dims + form, words.NAME), part
        row.type = words.clean(dims + called, words.NAME)
        self.rows.append(row)
        if inner is None or depth == DEEPEST or not size:
            self.spans.append((begin, end))
            return begin, end
        row.is_leaf, row.form, row.kind = False, "", "record"
        row.type = words.clean(dims + ("union" if inner[1] else "record"), words.NAME)
        within = Fields()
        first = part[(..., *(0 for _ in shape))] if row.pieces and shape else part
        within.add(first, inner, begin, depth + 1)
        self.rows += within.rows
        self.is_whole &= within.is_whole
        if row.pieces > MOST_COPIES:
            self.spans.append((begin, end))
        else:
            step = size // max(row.pieces, 1)
            moves = range(0, size, step) if step else range(0)
            self.spans += [(a + move, b + move) for move in moves for a, b in within.spans]
        return begin, end


def gaps(spans: list[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    """What spans leave between two places."""
    found: list[tuple[int, int]] = []
    for first, last in [*sorted(spans), (end, end)]:
        if first > start:
            found.append((start, first))
        start = max(start, last)
    return found


def record_text(count: int, fields: Fields, size: int) -> str:
    """How many fields there are, and how much padding."""
    text = words.number_of(count, "field")
    if not fields.is_whole or not size:
        return text
    holes = gaps(fields.spans, 0, size)
    padding = sum(end - start for start, end in holes)
    if not padding:
        return text + ", no padding"
    whole = size if padding % 8 else size // 8
    used = f"{words.bits_text(size - padding)} of {whole:,} used"
    many, share = words.number_of(len(holes), "hole"), 100 * padding / size
    return f"{text}, {used}, {words.bits_text(padding)} padding in {many} ({share:.3g} %)"


def axes_of(
    shape: Sequence[int], strides: Sequence[int], itemsize: int, suboffsets: Sequence[int]
) -> list[Axis]:
    """The axes, and what lies between the parts that each of them steps over."""
    axes: list[Axis] = []
    group: list[Axis] = []
    for number, (length, step) in enumerate(zip(shape, strides, strict=True)):
        axis = Axis(number, length, step, follows=suboffsets[number] if suboffsets else -1)
        axes.append(axis)
        group.append(axis)
        if axis.follows >= 0:
            _find_gaps(group, 8)
            group = []
    _find_gaps(group, itemsize)
    return axes


def stepping(axes: Sequence[Axis]) -> list[Axis]:
    """Those that lead from one place to another, the smallest steps first."""
    real = [axis for axis in axes if axis.length > 1 and axis.step]
    return sorted(real, key=lambda axis: (abs(axis.step), -axis.number))


def _find_gaps(axes: Sequence[Axis], extent: int) -> None:
    inner: Axis | None = None
    for axis in stepping(axes):
        axis.gap = abs(axis.step) - extent
        if inner and axis.gap > 0 and abs(axis.step) == inner.length * abs(inner.step):
            axis.goes_on = inner.number
        extent += (axis.length - 1) * abs(axis.step)
        inner = axis


def order_of(view: ConsumerArray[Any], axes: Sequence[Axis]) -> str:
    """In words, how the elements lie."""
    real = [axis for axis in axes if axis.length > 1]
    if not view.size:
        return "no elements"
    if any(axis.follows >= 0 for axis in axes):
        return "behind pointers"
    if not real:
        return ""
    numbers = [axis.number for axis in reversed(stepping(axes))]
    if any(not axis.step for axis in real):
        order = "broadcast"
    elif any(axis.gap < 0 for axis in real):
        order = "overlapping"
    elif len(real) == 1:
        order = "in a line"
    elif numbers == sorted(numbers):
        order = "C order"
    elif numbers == sorted(numbers, reverse=True):
        order = "Fortran order"
    else:
        order = "axes " + ", ".join(map(str, numbers[:8])) + " from the outer to the inner"
    if view.contiguous:
        return f"contiguous, {order}"
    below = -sum((axis.length - 1) * axis.step for axis in real if axis.step < 0)
    span = sum((axis.length - 1) * abs(axis.step) for axis in real) + view.itemsize
    text = f"{order}; over {words.number_of(span, 'byte')}"
    if 0 < view.nbytes < span:
        text += f", {100 * view.nbytes / span:.3g} % of them elements"
    return text + (f"; the first is {words.number_of(below, 'byte')} from the lowest" * (below > 0))
