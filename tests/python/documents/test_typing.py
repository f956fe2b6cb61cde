"""What is written for type checkers is true at run time."""

import subprocess
import sys
import typing

import consumer
import pytest

from support.paths import ROOT
from support.programs import run_python


@pytest.mark.parametrize("name", ["project.py", "check_types.py"])
def test_what_is_type_checked_runs(name):
    if name == "check_types.py":
        pytest.importorskip("numpy")
        pytest.importorskip("typing_extensions")
    run_python("-W", "error", ROOT / "tests" / "typing" / name)


def test_the_tables_of_formats_are_those_of_the_module():
    command = [sys.executable, str(ROOT / "tests" / "tools" / "format_types.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_aliases_for_annotations_are_there_at_run_time():
    from consumer import typing as types

    def function(data: types.Consumable, form: types.FormatLike) -> types.IntFormat: ...

    hints = typing.get_type_hints(function)
    assert "<I" in typing.get_args(hints["return"])
    assert str in typing.get_args(hints["form"])
    for name in types.__all__:
        assert getattr(types, name) is not None


def test_views_are_generic_in_elements_and_items():
    alias = consumer.ConsumerArray[int, consumer.ConsumerArray[int]]
    assert alias.__origin__ is consumer.ConsumerArray
    assert alias.__args__ == (int, consumer.ConsumerArray[int])
