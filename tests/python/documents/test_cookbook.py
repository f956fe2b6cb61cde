"""The recipes of docs/cookbook.md run as they stand, and print what the comments say."""

import re

import pytest

from support.paths import DOCS
from support.programs import run_python

RECIPE = re.compile(
    r"^## ([^\n]+)\n(?:(?!^## |```).)*?```python\n(.*?)```", re.DOTALL | re.MULTILINE
)
RECIPES = RECIPE.findall((DOCS / "cookbook.md").read_text("utf-8"))
OPTIONAL = {"dask", "msgpack", "numpy"}


def expected(recipe):
    """What a recipe says that it prints: at the ends of its lines, or in lines that follow."""
    lines = []
    follows = False
    for line in recipe.splitlines():
        printed = re.match(r" *print\(.*?\)(?: +# (.*))?$", line)
        further = re.fullmatch(r" +# (.*)", line)
        if printed and printed[1] is not None:
            lines.append(printed[1])
        elif follows and further:
            lines.append(further[1])
        follows = bool((printed and printed[1] is None) or (follows and further))
    return lines


def test_there_are_enough_recipes():
    assert len(RECIPES) >= 25


@pytest.mark.parametrize(("title", "recipe"), RECIPES, ids=[title for title, _ in RECIPES])
def test_recipe(title, recipe, tmp_path):
    for package in OPTIONAL & set(re.findall(r"^import (\w+)", recipe, re.MULTILINE)):
        pytest.importorskip(package)
    program = tmp_path / "recipe.py"
    program.write_text(recipe, encoding="utf-8")
    done = run_python("-X", "utf8", "-W", "error", program, timeout=120)
    assert done.stdout.splitlines() == expected(recipe), title
    assert done.stderr == ""
