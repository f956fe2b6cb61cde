"""Every row of docs/interchange.md is true, where the library that it is about is installed."""

import ast
import builtins
import contextlib
import importlib
import re
import sys

import consumer
import numpy as np
import pytest

from support.paths import DOCS

TEXT = (DOCS / "interchange.md").read_text("utf-8")
PRELUDE = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL).group(1)
ROW = re.compile(r"\| (?P<what>[^|]+) \| `(?P<code>[^`]+)` \| (?P<result>[^|]+) \|")
RESULT = re.compile(r"shares|copies|works|(?P<error>[A-Z]\w+Error): ?(?P<text>.*)")


def rows():
    section, found = "", []
    for number, line in enumerate(TEXT.splitlines(), 1):
        section = line[3:].split(":")[0] if line.startswith("## ") else section
        if not line.startswith("|") or line.startswith(("|---", "| to |", "| from |")):
            continue
        row = ROW.fullmatch(line)
        assert row, f"line {number} is no row: {line}"
        assert RESULT.fullmatch(row["result"]), f"line {number} has no result: {line}"
        found.append(
            pytest.param(section, row["code"], row["result"], id=f"{number}: {row['what']}")
        )
    assert len(found) > 50
    return found


def names_of(code):
    """What a line needs, with the modules that it names."""
    names = {"kept": [], "SWAPPED": ">" if sys.byteorder == "little" else "<"}
    exec(PRELUDE, names)
    tree = ast.parse(code)
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    bound |= {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - bound
    for name in used - set(names) - set(dir(builtins)):
        names[name] = import_or_skip(name)
    for node in ast.walk(tree):
        path = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
        if path.partition(".")[0] in used and re.fullmatch(r"[\w.]+", path):
            # A module in a package is imported by its own name.
            with contextlib.suppress(ImportError):
                importlib.import_module(path)
    return names


def import_or_skip(name):
    if importlib.util.find_spec(name.partition(".")[0]) is None:
        pytest.skip(f"needs {name}")
    return importlib.import_module(name)


def address(thing):
    """Where the first element of what a library has lies."""
    if type(thing).__module__.startswith("nanoarrow"):
        return address(consumer.consume(thing))
    if hasattr(thing, "buffers"):
        # Of pyarrow; the values come last.
        return thing.buffers()[-1].address
    if hasattr(thing, "data_ptr"):
        return thing.data_ptr()
    if hasattr(thing, "unsafe_buffer_pointer"):
        return thing.unsafe_buffer_pointer()
    return np.asarray(thing).__array_interface__["data"][0]


@pytest.mark.parametrize(("section", "code", "result"), rows())
def test_row(section, code, result):
    if "PIL" in code:
        pytest.importorskip("PIL.Image")
    names = names_of(code)
    if "matplotlib" in names:
        names["matplotlib"].use("Agg")
    error = RESULT.fullmatch(result)
    if error["error"]:
        kind = getattr(consumer, error["error"], None) or getattr(builtins, error["error"])
        take = consumer.consume if section == "In" else lambda thing: thing
        with pytest.raises(kind, match=re.escape(error["text"])):
            take(eval(code, names))
        return
    thing = eval(code, names)
    if section == "In":
        view = consumer.consume(thing)
        assert view.obj is not None
        assert view.nbytes > 0
        if result == "shares":
            assert address(view) == address(thing)
        return
    whole = [name for name in ("v", "m", "r", "b") if re.search(rf"\b{name}\b", code)]
    source = address(names[whole[0]])
    if result == "shares":
        assert address(thing) == source
    elif result == "copies" and not isinstance(thing, bytes):
        assert address(thing) != source
