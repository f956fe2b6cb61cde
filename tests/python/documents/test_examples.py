"""Each example runs without a warning, and prints what it is meant to show."""

import importlib.util
from pathlib import Path

import pytest

from support.paths import EXAMPLES
from support.programs import run_python

NUMPY = importlib.util.find_spec("numpy") is not None

EXPECTED = {
    "tutorial.py": ["[ 1 2 3 4 5 ]", "array('i', [10, 2, 3, 4, 50])", "[ 10 2 3 4 50 ]"],
    "demo.py": [
        "[ 1 2 3 4 5 ]",
        "[ [ 1 2 3 ]\n                             [ 4 5 6 ] ]",
        "big-endian       [ 1 2 3 4 ]",
        "(2712847316, 2, 4)",
        "3 records, fields ['seconds', 'micros', 'kept', 'length', 'payload']",
        "(1, 250000, 4, 4, b'pong')",
        "[ b'ping' b'pong' b'ping' ]",
        "[ 0.0 250000.0 500000.0 ], a copy of format 'd'",
        "(0, 7, 4, 4, b'PING')",
        "[ 2 4 6 8 10 ]",
    ],
    "mmap_columns.py": [
        "temperature  1000 values from 20.0 to 26.0",
        "last row [ 99.9 25.0 991.0 ]",
        "corrected [99.9, 99.0, 991.0]",
    ],
    "shared_counter.py": ["words by process: [ 4 4 8 ]", "words in all: 16"],
    "image_rows.py": [
        "RRRRRR\n.GGG..\n.GGG..\n.....B\n",
        "RRRRRR\n.GGG..\n.GGGRR\n....RR\n",
        "bottom-up BGR ends with: 0000ff 0000ff",
    ],
    "swap_endian.py": [
        "numbers [ 1 -2 300000 2147483647 ] of format >i",
        "bytes   00000102 fffffffe 000493e0 7fffffff",
        "equal   True with format i",
    ],
    "wav_peaks.py": [
        "8000 frames, 32000 bytes, format 'h'",
        "left  peak 19888 after 0.005 s",
        "right peak 29832 after 0.995 s",
    ],
}


def run(name: str) -> str:
    done = run_python("-W", "error", EXAMPLES / name, timeout=60)
    assert done.stderr == ""
    return done.stdout


def test_every_example_is_here() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_example(name: str) -> None:
    output = run(name)
    for expected in EXPECTED[name]:
        assert expected in output


def test_tutorial_prints_what_the_tutorial_does() -> None:
    assert run("tutorial.py").splitlines()[0] == "[ 1 2 3 4 5 ]"


def test_demo_is_a_screenful() -> None:
    output = run("demo.py")
    assert len(output.splitlines()) <= 24
    assert max(map(len, output.splitlines())) <= 100
    assert "0x" not in output
    assert ("[ 2.0 5.0 ] ]" in output) == NUMPY
    assert ("[ (1+2j) (3-4j) 5j ]" in output) == NUMPY


def test_demo_does_without_numpy(tmp_path: Path) -> None:
    # A module of the same name that cannot be imported hides the real one.
    (tmp_path / "numpy.py").write_text("raise ImportError", encoding="utf-8")
    code = (
        f"import runpy, sys; sys.path.insert(0, {str(tmp_path)!r});"
        f"demo = runpy.run_path({str(EXAMPLES / 'demo.py')!r}); demo['show_numpy']()"
    )
    done = run_python("-W", "error", "-c", code, timeout=60)
    assert "is not installed: no transpose, no complex numbers" in done.stdout
