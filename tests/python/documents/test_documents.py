"""The examples that users read are correct: in the docstrings, the stub, README and docs."""

import ast
import contextlib
import doctest
import io
import re

import consumer
import pytest

from support.paths import ROOT

MEMBERS = [
    name for name, value in vars(consumer.ConsumerArray).items() if ">>>" in (value.__doc__ or "")
]


def run(text: str, name: str) -> int:
    """Runs the examples of a docstring, and returns how many there are."""
    test = doctest.DocTestParser().get_doctest(text, {}, name, None, None)
    report = io.StringIO()
    results = doctest.DocTestRunner().run(test, out=report.write)
    assert results.failed == 0, report.getvalue()
    return results.attempted


@pytest.mark.parametrize("name", ["", "consume", "ConsumerArray", "ConsumerScalar"])
def test_examples_of_the_module_are_true(name):
    documented = getattr(consumer, name) if name else consumer
    assert run(documented.__doc__, name) > 0


@pytest.mark.parametrize("name", MEMBERS)
def test_examples_of_the_methods_are_true(name):
    assert run(vars(consumer.ConsumerArray)[name].__doc__, name) > 0


def test_everything_public_is_documented():
    for name, value in vars(consumer.ConsumerArray).items():
        if not name.startswith("_"):
            assert value.__doc__, name
    for name in (
        "consume",
        "ConsumerArray",
        "ConsumerScalar",
        "BufferProtocolError",
        "UnhashableError",
    ):
        assert getattr(consumer, name).__doc__, name


def test_examples_of_the_stub_are_true():
    stub = ast.parse((ROOT / "stubs" / "consumer" / "__init__.pyi").read_text(encoding="utf-8"))
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    nodes = [node for node in ast.walk(stub) if isinstance(node, kinds)]
    documents = [(ast.get_docstring(node), getattr(node, "name", "")) for node in nodes]
    assert sum(run(text, name) for text, name in documents if text) > 0


@pytest.mark.parametrize("document", ["README.md", "docs/formats.md"])
def test_examples_of_the_documents_are_true(document):
    """The comment after each print is what it prints."""
    text = (ROOT / document).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    for block in blocks:
        expected = re.findall(r"^ *print\(.*\) +# (.*)$", block, re.MULTILINE)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(block, {})  # the document's own text
        assert printed.getvalue().splitlines() == expected
