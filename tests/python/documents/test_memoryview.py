"""Every row of docs/memoryview.md is true: it is run on memoryview and on consume.

A line of a table that is not a row of a known kind fails, so that none is overlooked.
"""

import ast
import importlib.util
import re
import sys

import consumer
import pytest

from support.paths import DOCS

TEXT = (DOCS / "memoryview.md").read_text("utf-8")
PRELUDE = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL).group(1)

SAME = ["what", "code", "result"]
MORE = ["what", "code", "memoryview", "ConsumerArray"]
DIFFERENT = [*MORE, "why"]

CODE = re.compile(r"`[^`]+`(?:, then `[^`]+`)*(?: \((?P<needs>3\.\d+|NumPy)\))?")
RESULT = re.compile(r"(?:`(?P<old>[^`]+)` \(until (?P<last>3\.\d+)\), )?`(?P<now>[^`]+)`")


def version(text):
    return tuple(int(part) for part in text.split("."))


class Row:
    """One row: its pieces of code, and what each of the two makes of them."""

    def __init__(self, header, cells):
        assert len(cells) == len(header), cells
        code = CODE.fullmatch(cells[1])
        assert code, f"no code: {cells[1]}"
        self.pieces = re.findall(r"`([^`]+)`", cells[1])
        self.needs = code["needs"]
        results = [RESULT.fullmatch(cell) for cell in cells[2:4]]
        assert all(results), f"no results: {cells[2:]}"
        assert header == SAME or cells[2] != cells[3], f"not different: {cells}"
        assert all(cells), f"something is left out: {cells}"
        self.memoryview, self.consumer = results[0], results[-1]

    def skip(self):
        if self.needs == "NumPy":
            if importlib.util.find_spec("numpy") is None:
                pytest.skip("needs NumPy")
        elif self.needs and sys.version_info < version(self.needs):
            pytest.skip(f"from Python {self.needs} on")


def rows():
    """The rows, each with its section and line; a line that cannot be parsed is an error."""
    section, header, found = "", None, []
    for number, line in enumerate(TEXT.splitlines(), 1):
        if line.startswith("## "):
            section = line[3:]
        if not line.startswith("|"):
            assert "|" not in line, f"line {number}: a table that does not start with a bar"
            header = None
            continue
        assert line.endswith("|"), f"line {number}: a row that does not end"
        cells = [cell.strip() for cell in line[1:-1].split("|")]
        if header is None:
            assert cells in (SAME, MORE, DIFFERENT), f"line {number}: a table of another kind"
            header = cells
        elif cells != ["---"] * len(header):
            found.append((section, number, Row(header, cells)))
    return found


ROWS = rows()


def run(pieces, view, view_class):
    """The last value of the code, or the class of its error; and the names it used."""
    names = {"view": view, "View": view_class}
    exec(PRELUDE, names)  # the document's own text, as all that follows
    value = None
    try:
        for piece in pieces:
            body = ast.parse(piece).body
            last = body.pop() if isinstance(body[-1], ast.Expr) else None
            exec(compile(ast.Module(body, []), piece, "exec"), names)
            value = None
            if last is not None:
                value = eval(compile(ast.Expression(last.value), piece, "eval"), names)
    except Exception as error:
        return type(error), names
    return value, names


def check(row, result, view, view_class):
    row.skip()
    outcome, names = run(row.pieces, view, view_class)
    is_old = result["last"] and sys.version_info[:2] <= version(result["last"])
    expected = eval(result["old"] if is_old else result["now"], names)
    assert (repr(outcome), type(outcome)) == (repr(expected), type(expected))
    assert outcome == expected
    # The functions among the names make a cycle of them all. Before 3.13, collecting a memoryview
    # with an exported buffer makes CPython use freed memory: drop what was created last first.
    del outcome, expected
    while names:
        names.popitem()


IDS = [f"{number}: {row.pieces[-1]}" for _section, number, row in ROWS]


@pytest.mark.parametrize("row", [row for *_where, row in ROWS], ids=IDS)
def test_row_is_true_of_memoryview(row):
    check(row, row.memoryview, memoryview, memoryview)


@pytest.mark.parametrize("row", [row for *_where, row in ROWS], ids=IDS)
def test_row_is_true_of_consume(row):
    check(row, row.consumer, consumer.consume, consumer.ConsumerArray)


def code_of(*sections):
    assert {section for section, *_rest in ROWS} >= set(sections)
    return "\n".join(
        piece for section, _number, row in ROWS if section in sections for piece in row.pieces
    )


# The syntax that calls the methods that are not called by name.
SYNTAX = {
    "__buffer__": r"\.__buffer__\(",
    "__class_getitem__": r"\bView\[",
    "__contains__": r"\d in \w",
    "__delitem__": r"del v\[",
    "__enter__": r"with v",
    "__eq__": r" == ",
    "__exit__": r"__exit__",
    "__getitem__": r"v\[0\]",
    "__hash__": r"hash\(",
    "__iter__": r"iter\(",
    "__len__": r"len\(",
    "__ne__": r" != ",
    "__release_buffer__": r"b\.release\(\)",
    "__repr__": r"repr\(",
    "__setitem__": r"v\[0\] =",
    "__sizeof__": r"getsizeof\(",
    "__lt__": r" < ",
    "__new__": r"View\(",
    "__reduce_ex__": r"pickle\.dumps\(",
    "__format__": r"format\(",
    "__str__": r"str\(",
}


def test_everything_of_memoryview_is_in_a_row():
    code = code_of("What is the same", "What is more", "What differs")
    own = {name for name in dir(memoryview) if name not in dir(object)} | SYNTAX.keys()
    assert len(own) > 35
    missing = [name for name in own if not re.search(SYNTAX.get(name, rf"\.{name}\b"), code)]
    assert missing == []


def test_everything_beyond_memoryview_is_in_a_row():
    code = code_of("What is more")
    more = set(dir(consumer.ConsumerArray)) - set(dir(memoryview))
    missing = [name for name in more if not re.search(SYNTAX.get(name, rf"\.{name}\b"), code)]
    # What memoryview can do without methods of these names, what every class has, and what is only
    # for the report.
    without = {"__reversed__", "__copy__", "__deepcopy__", "__module__", "_repr_pretty_"}
    assert set(missing) <= without | {"_record"}


@pytest.mark.parametrize(
    "line",
    [
        "| a | `1` | 1 |",
        "| a | 1 | `1` |",
        "| a | `1` | `1`",
        "a | `1` | `1` |",
        "| a | `1` |",
        "| a | `1` (3) | `1` |",
        "|  | `1` | `1` |",
    ],
)
def test_no_row_goes_unseen(line, monkeypatch):
    table = f"| what | code | result |\n|---|---|---|\n{line}\n"
    monkeypatch.setattr(sys.modules[__name__], "TEXT", table)
    with pytest.raises(AssertionError):
        rows()
