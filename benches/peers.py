"""How fast the module is next to its peers, at the same work.

    python benches/peers.py [--quick] [--only PATTERN] [--markdown] [--write DOCUMENT]

The peers are memoryview, array, bytes, struct and, where they are installed, NumPy, pyarrow and
polars. peers_measure.py says how it is measured. The rows of the table are in peers_calls.py and
peers_bulk.py, what they work on in peers_objects.py.
"""

import argparse
import gc
import os
import platform
import re
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import consumer
from peers_bulk import BULK
from peers_calls import CALLS
from peers_measure import FULL, PACKAGES, QUICK, Effort, Result, Row, measure

HEADER = ["operation", "ours", "best peer", "theirs", "ratio", "target", ""]
RULE = "|---|---:|---|---:|---:|---:|---|"


def rows() -> Iterator[Row]:
    """The whole table, whatever is installed."""
    for group in (*CALLS, *BULK):
        yield from group()


# What it was measured on.


def processor() -> str:
    try:
        cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    name = re.search(r"model name\s*: (.*)", cpuinfo)
    return name[1] if name else platform.processor()


def installed() -> int:
    """The bytes of the package."""
    package = Path(consumer.__file__).parent
    files = (file for file in package.rglob("*") if "__pycache__" not in file.parts)
    return sum(file.stat().st_size for file in files if file.is_file())


def environment(effort: Effort) -> list[str]:
    flags = sysconfig.get_config_var("CONFIG_ARGS") or ""
    optimized = "PGO" if "--enable-optimizations" in flags else "no PGO"
    linked = "LTO" if "--with-lto" in flags else "no LTO"
    versions = [
        f"{name} {module.__version__}" if module is not None else f"no {name}"
        for name, module in PACKAGES.items()
    ]
    return [
        f"{processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        f"{platform.python_implementation()} {platform.python_version()} ({optimized}, {linked}), "
        f"consumer {consumer.__version__} ({installed() / 1e6:.1f} MB installed), "
        f"{', '.join(versions)}",
        f"up to {effort.turns} turns of {effort.shortest * 1e3:g} ms or more",
    ]


# How it is printed.


def plain_line(cells: list[str]) -> str:
    widths = (29, 10, 22, 10, 6, 6, 6)
    right = (1, 3, 4, 5)
    padded = (
        cell.rjust(width) if place in right else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()


def markdown_line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def summary(results: list[Result]) -> str:
    marks = [result.mark for result in results]
    met, behind, missed = (marks.count(mark) for mark in ("", "behind", "MISSED"))
    return f"{len(results)} rows: {met} reach their target, {behind} behind, {missed} MISSED"


def markers(version: str) -> tuple[str, str]:
    """What a document has around its section of a version of Python."""
    return f"<!-- measured on Python {version} -->", f"<!-- end of Python {version} -->"


def write(document: Path, lines: list[str]) -> None:
    """Replaces the section of the running Python."""
    start, end = markers("{}.{}".format(*sys.version_info))
    before, found, rest = document.read_text(encoding="utf-8").partition(start)
    _old, ended, after = rest.partition(end)
    if not found or not ended:
        raise SystemExit(f"{document} has no lines {start} and {end}")
    section = "\n".join([start, "", *lines, "", end])
    document.write_text(before + section + after, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter turns")
    parser.add_argument("--only", metavar="PATTERN", default="", help="rows that it is found in")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument(
        "--write", metavar="DOCUMENT", type=Path, help="put the table into its section, too"
    )
    arguments = parser.parse_args()
    if arguments.write and arguments.only:
        parser.error("a document has all rows: no --only with --write")
    effort = QUICK if arguments.quick else FULL
    format_line = markdown_line if arguments.markdown else plain_line

    heading = environment(effort)
    print("\n".join(heading), end="\n\n")
    print(format_line(HEADER), *[RULE] * arguments.markdown, sep="\n")
    results: list[Result] = []
    gc.disable()
    for row in rows():
        if row.here() and re.search(arguments.only, row.name):
            results.append(measure(row, effort))
            print(format_line(results[-1].cells()), flush=True)
    print(f"\n{summary(results)}")
    if arguments.write:
        table = [markdown_line(HEADER), RULE, *(markdown_line(one.cells()) for one in results)]
        items = [f"- {line}" for line in heading]
        write(arguments.write, [*items, "", *table, "", f"{summary(results)}."])


if __name__ == "__main__":
    main()
