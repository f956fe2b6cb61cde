"""How the results of peers.py are put into a document.

There is a table for each version of Python, and one that sets processors side by side.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from peers_measure import Result

HEADER = ["operation", "ours", "best peer", "theirs", "ratio", "target", ""]
RULE = "|---|---:|---|---:|---:|---:|---|"
WHOLE_ARRAYS = re.compile(r" (1e6|2e6|1e7)$")
"""The rows whose ratios depend most on the processor: those of a million elements and more."""


def markdown_line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def summary(results: Sequence[Result]) -> str:
    marks = [result.mark for result in results]
    met, behind, missed = (marks.count(mark) for mark in ("", "behind", "MISSED"))
    return f"{len(results)} rows: {met} reach their target, {behind} behind, {missed} MISSED"


def markers(version: str) -> tuple[str, str]:
    """What a document has around its section of a version of Python."""
    return f"<!-- measured on Python {version} -->", f"<!-- end of Python {version} -->"


PROCESSORS = ("<!-- measured on processors -->", "<!-- end of processors -->")
"""What a document has around the table that sets processors side by side."""


def section(text: str, marks: tuple[str, str]) -> tuple[str, str, str]:
    """What is before a section, in it, and behind it."""
    start, end = marks
    before, found, rest = text.partition(start)
    inside, ended, after = rest.partition(end)
    if not found or not ended:
        raise SystemExit(f"the document has no lines {start} and {end}")
    return before, inside, after


def replaced(text: str, marks: tuple[str, str], lines: Sequence[str]) -> str:
    """The text with other lines in a section."""
    before, _old, after = section(text, marks)
    return before + "\n".join([marks[0], "", *lines, "", marks[1]]) + after


def columns(text: str) -> dict[str, dict[str, str]]:
    """The ratios of each row on each processor, as a document has them."""
    _before, inside, _after = section(text, PROCESSORS)
    lines = [line[2:-2].split(" | ") for line in inside.splitlines() if line.startswith("| ")]
    if not lines:
        return {}
    names, _rule, *rows = lines
    return {
        name: {row[0]: row[place].strip() for row in rows}
        for place, name in enumerate(names[1:], 1)
    }


def side_by_side(ratios: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The table of the ratios of each row on each processor."""
    rows = list(dict.fromkeys(row for column in ratios.values() for row in column))
    lines = [["operation", *ratios], ["---", *["---:"] * len(ratios)]]
    lines += [[row, *(column.get(row, "") for column in ratios.values())] for row in rows]
    return [markdown_line(line) for line in lines]


def write(
    document: Path, heading: Sequence[str], results: Sequence[Result], processor: str
) -> None:
    """Replaces the section of the running Python, and the column of this processor."""
    text = document.read_text(encoding="utf-8")
    table = [markdown_line(HEADER), RULE, *(markdown_line(one.cells()) for one in results)]
    items = [f"- {line}" for line in heading]
    version = markers("{}.{}".format(*sys.version_info))
    text = replaced(text, version, [*items, "", *table, "", f"{summary(results)}."])
    column = {
        one.row.name: f"{one.ratio:.2f}" for one in results if WHOLE_ARRAYS.search(one.row.name)
    }
    ratios = columns(text) | {processor: column}
    document.write_text(replaced(text, PROCESSORS, side_by_side(ratios)), encoding="utf-8")
