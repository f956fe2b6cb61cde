"""How fast the module is next to its peers, at the same work.

    python benches/peers.py [--quick] [--only PATTERN] [--markdown] [--write DOCUMENT]

The peers are memoryview, array, bytes, struct and, where they are installed, NumPy, pyarrow,
polars, bottleneck and numkong. peers_measure.py says how it is measured. The rows of the table are
in peers_calls.py and peers_bulk.py, further ones in peers_interchange.py, peers_records.py and
peers_summaries.py, what they work on in peers_objects.py.
"""

import argparse
import gc
import os
import platform
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import consumer
from peers_bulk import BULK
from peers_calls import CALLS
from peers_document import HEADER, RULE, markdown_line, summary, write
from peers_interchange import MORE
from peers_measure import FULL, PACKAGES, QUICK, Effort, Result, Row, measure
from peers_records import RECORDS
from peers_summaries import SUMMARIES


def rows(more: bool = False) -> Iterator[Row]:
    """The whole table, whatever is installed; with `more`, what no document has, too."""
    for group in (*CALLS, *BULK, *((*MORE, *RECORDS, *SUMMARIES) if more else ())):
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
    """The bytes of the package; in a source tree there may be extensions of other Pythons."""
    package = Path(consumer.__file__).parent
    own = sysconfig.get_config_var("EXT_SUFFIX")
    return sum(
        file.stat().st_size
        for file in package.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
        if file.suffix not in {".so", ".pyd"} or file.name.endswith(own)
    )


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


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter turns")
    parser.add_argument("--only", metavar="PATTERN", default="", help="rows that it is found in")
    parser.add_argument("--more", action="store_true", help="further rows, not in the document")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument(
        "--write", metavar="DOCUMENT", type=Path, help="put it into its tables, too"
    )
    arguments = parser.parse_args()
    if arguments.write and (arguments.only or arguments.more):
        parser.error("a document has all of its rows: no --only and no --more with --write")
    effort = QUICK if arguments.quick else FULL
    format_line = markdown_line if arguments.markdown else plain_line

    heading = environment(effort)
    print("\n".join(heading), end="\n\n")
    print(format_line(HEADER), *[RULE] * arguments.markdown, sep="\n")
    results: list[Result] = []
    gc.disable()
    for row in rows(arguments.more):
        if row.here() and re.search(arguments.only, row.name):
            results.append(measure(row, effort))
            print(format_line(results[-1].cells()), flush=True)
    print(f"\n{summary(results)}")
    if arguments.write:
        write(arguments.write, heading, results, processor())


if __name__ == "__main__":
    main()
